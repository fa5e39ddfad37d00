//! A registry on the loopback that serves one layout, and does to each request what the test says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use workloads::image::registry::{Reference, RegistryOptions, fetch};
use workloads::image::{Digest, Image};

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// With its query.
    pub(crate) path: String,
    pub(crate) range: Option<u64>,
    pub(crate) authorization: Option<String>,
    /// How often this path was asked for before.
    pub(crate) before: usize,
}

impl Asked {
    pub(crate) fn is_blob(&self) -> bool {
        self.path.contains("/blobs/")
    }
}

/// What becomes of it.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// What a registry answers.
    Usual,
    /// This status, these headers, this body.
    Say(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The usual answer, but the connection ends after so many bytes of its body.
    Cut(usize),
    /// After so many bytes nothing more comes, until the client goes away.
    Stall(usize),
    /// With one bit turned.
    Flip,
    /// Without an end, and without a length.
    Endless,
    /// As if ranges were not known.
    Whole,
    /// It promises, and sends, so many bytes more.
    Longer(usize),
    /// A range other than the one that was asked for.
    WrongRange,
    /// The usual answer with this header, in place of that of its digest.
    With(&'static str, String),
}

type Behaviour = dyn Fn(&Asked) -> Reply + Send + Sync;

/// See the module text. It ends with the test's process.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(crate) fn start(
        layout: &Path,
        behaviour: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            log: Arc::default(),
        };
        let (layout, log) = (layout.to_owned(), Arc::clone(&server.log));
        let behaviour: Arc<Behaviour> = Arc::new(behaviour);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let one = Connection {
                    layout: layout.clone(),
                    log: Arc::clone(&log),
                    behaviour: Arc::clone(&behaviour),
                };
                // A client that goes away is what some tests are about.
                std::thread::spawn(move || drop(one.serve(stream)));
            }
        });
        server
    }

    pub(crate) fn reference(&self) -> Reference {
        let text = format!("docker://{}/some/image:1", self.address);
        text.parse().unwrap()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }

    /// Fetches the image into `dir`, which must be whole or not there afterwards, and nothing beside it.
    pub(crate) fn fetch(&self, options: &RegistryOptions, dir: &Path) -> drivers::Result<Image> {
        let fetched = fetch(&self.reference(), options, &dir.join("fetched"));
        let mut left: Vec<_> = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.retain(|name| name != "fetched" || fetched.is_err());
        assert!(left.is_empty(), "{left:?}");
        fetched
    }

    /// The same, where it must fail; the message, which is one line and names the image.
    pub(crate) fn refuse(&self, options: &RegistryOptions) -> drivers::Error {
        let dir = tempfile::tempdir().unwrap();
        let error = self.fetch(options, dir.path()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&self.reference().to_string()), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        error
    }
}

struct Connection {
    layout: PathBuf,
    log: Arc<Mutex<Vec<Asked>>>,
    behaviour: Arc<Behaviour>,
}

impl Connection {
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let Some(asked) = self.read(&mut stream)? else {
            return Ok(());
        };
        match (self.behaviour)(&asked) {
            Reply::Say(status, headers, body) => {
                let headers: Vec<String> = headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}"))
                    .collect();
                say(&mut stream, status, &headers, Some(body.len()))?;
                stream.write_all(&body)
            }
            reply => self.usual(&mut stream, &asked, &reply),
        }
    }

    fn read(&self, stream: &mut TcpStream) -> std::io::Result<Option<Asked>> {
        let mut lines = BufReader::new(stream).lines();
        let Some(first) = lines.next().transpose()? else {
            return Ok(None);
        };
        let mut asked = Asked {
            path: first.split(' ').nth(1).unwrap_or_default().to_owned(),
            range: None,
            authorization: None,
            before: 0,
        };
        for line in lines {
            let line = line?;
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "range" => {
                    asked.range = value
                        .strip_prefix("bytes=")
                        .and_then(|range| range.strip_suffix('-'))
                        .and_then(|from| from.parse().ok());
                }
                "authorization" => asked.authorization = Some(value.to_owned()),
                _ => {}
            }
        }
        let mut log = self.log.lock().unwrap();
        asked.before = log.iter().filter(|other| other.path == asked.path).count();
        log.push(asked.clone());
        Ok(Some(asked))
    }

    fn usual(&self, stream: &mut TcpStream, asked: &Asked, reply: &Reply) -> std::io::Result<()> {
        let Some((mut body, media_type)) = self.content(&asked.path) else {
            return say(stream, 404, &[], Some(0));
        };
        let digest = asked
            .path
            .contains("/manifests/")
            .then(|| format!("Docker-Content-Digest: {}", Digest::of(&body)));
        if matches!(reply, Reply::Flip) {
            let middle = body.len() / 2;
            body[middle] ^= 1;
        }
        let mut headers = vec![format!("Content-Type: {media_type}")];
        match reply {
            Reply::With(name, value) => headers.push(format!("{name}: {value}")),
            _ => headers.extend(digest),
        }
        let mut status = 200;
        let from = asked
            .range
            .filter(|_| !matches!(reply, Reply::Whole))
            .map(|from| usize::try_from(from).unwrap());
        if let Some(from) = from {
            let said = if matches!(reply, Reply::WrongRange) {
                from - 1
            } else {
                from
            };
            headers.push(format!(
                "Content-Range: bytes {said}-{}/{}",
                body.len() - 1,
                body.len()
            ));
            body.drain(..said);
            status = 206;
        }
        match *reply {
            Reply::Endless => {
                say(stream, status, &headers, None)?;
                stream.write_all(&body)?;
                // Until the client has had enough.
                loop {
                    stream.write_all(&[0; 4096])?;
                }
            }
            Reply::Cut(n) => {
                say(stream, status, &headers, Some(body.len()))?;
                stream.write_all(&body[..n.min(body.len())])
            }
            Reply::Stall(n) => {
                say(stream, status, &headers, Some(body.len()))?;
                stream.write_all(&body[..n.min(body.len())])?;
                stream.read(&mut [0]).map(drop)
            }
            Reply::Longer(n) => {
                body.extend(vec![0; n]);
                say(stream, status, &headers, Some(body.len()))?;
                stream.write_all(&body)
            }
            _ => {
                say(stream, status, &headers, Some(body.len()))?;
                stream.write_all(&body)
            }
        }
    }

    /// What lies at a path of the distribution API, and of which type it is.
    fn content(&self, path: &str) -> Option<(Vec<u8>, String)> {
        if path == "/v2/" {
            return Some((b"{}".to_vec(), "application/json".to_owned()));
        }
        let (_, name) = path.rsplit_once('/')?;
        let index = std::fs::read(self.layout.join("index.json")).unwrap();
        let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
        let manifest = &index["manifests"][0];
        let (digest, media_type) = if path.contains("/manifests/") {
            let digest = match name.parse::<Digest>() {
                Ok(digest) => digest.to_string(),
                Err(_) => manifest["digest"].as_str()?.to_owned(),
            };
            (digest, manifest["mediaType"].as_str()?.to_owned())
        } else {
            (name.to_owned(), "application/octet-stream".to_owned())
        };
        let hex = digest.strip_prefix("sha256:")?;
        let body = std::fs::read(self.layout.join("blobs/sha256").join(hex)).ok()?;
        Some((body, media_type))
    }
}

fn say(
    stream: &mut TcpStream,
    status: u16,
    headers: &[String],
    length: Option<usize>,
) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    if let Some(length) = length {
        text.push_str("Content-Length: ");
        text.push_str(&length.to_string());
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes())
}
