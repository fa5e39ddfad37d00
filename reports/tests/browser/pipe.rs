//! Chromium at the other end of a pipe. Its debugging protocol needs no socket: with `--remote-debugging-pipe` it reads
//! JSON messages on descriptor 3 and writes them on 4, each ended by a NUL byte.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// How long an answer may take on a machine with much else to do; no test rests on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

const FLAGS: [&str; 13] = [
    "--headless=new",
    "--remote-debugging-pipe",
    // Root has no sandbox; the pages are our own.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
];

/// A running browser; it ends when this is dropped.
pub(crate) struct Browser {
    child: Child,
    commands: Option<ChildStdin>,
    messages: Receiver<Value>,
    events: VecDeque<Value>,
    sent: u64,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub(crate) fn start(program: &Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let log = std::fs::File::create(profile.path().join("log")).unwrap();
        // The shell is the shortest way to give a child descriptors 3 and 4.
        let script = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >&2"#;
        #[expect(
            clippy::disallowed_methods,
            reason = "a test's own child, ended by the guard"
        )]
        let mut child = Command::new("/bin/sh")
            .args(["-c", script])
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let commands = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            while matches!(output.read_until(0, &mut bytes), Ok(1..)) {
                let message = serde_json::from_slice(bytes.strip_suffix(&[0]).unwrap_or(&bytes));
                bytes.clear();
                if message.is_ok_and(|message: Value| sender.send(message).is_err()) {
                    break;
                }
            }
        });
        Self {
            child,
            commands,
            messages,
            events: VecDeque::new(),
            sent: 0,
            _profile: profile,
        }
    }

    /// Whether it still answers: a test may have met a crash.
    pub(crate) fn lives(&mut self) -> bool {
        self.call(None, "Browser.getVersion", json!({})).is_ok()
    }

    /// Sends a command and waits for its answer; what happens meanwhile is kept.
    pub(crate) fn call(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<Value, String> {
        self.sent += 1;
        let mut command = json!({ "id": self.sent, "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        let mut text = command.to_string();
        text.push('\0');
        let pipe = self.commands.as_mut().ok_or("the pipe is closed")?;
        pipe.write_all(text.as_bytes())
            .and_then(|()| pipe.flush())
            .map_err(|e| format!("{method}: {e}"))?;
        loop {
            let mut message = self.receive(method)?;
            if message["id"] != json!(self.sent) {
                self.events.push_back(message);
            } else if message["error"].is_null() {
                return Ok(message["result"].take());
            } else {
                return Err(format!("{method}: {}", message["error"]));
            }
        }
    }

    /// Waits for an event that came since the session began, and takes it out.
    pub(crate) fn event(&mut self, wanted: impl Fn(&Value) -> bool) -> Result<Value, String> {
        let mut seen = 0;
        loop {
            while seen < self.events.len() {
                if wanted(&self.events[seen]) {
                    return Ok(self.events.remove(seen).unwrap());
                }
                seen += 1;
            }
            let message = self.receive("an event")?;
            self.events.push_back(message);
        }
    }

    /// What happened in a session so far and was not taken.
    pub(crate) fn events(&self, session: &str) -> impl Iterator<Item = &Value> {
        let events = self.events.iter();
        events.filter(move |event| event["sessionId"] == session)
    }

    /// Forgets what happened.
    pub(crate) fn forget(&mut self) {
        self.events.clear();
    }

    fn receive(&self, what: &str) -> Result<Value, String> {
        let message = self.messages.recv_timeout(PATIENCE);
        message.map_err(|e| format!("waiting for {what}: {e}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.call(None, "Browser.close", json!({})));
        // Its end is the end of the messages; without the pipe it would end as well.
        self.commands = None;
        while self.messages.recv_timeout(PATIENCE).is_ok() {}
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
