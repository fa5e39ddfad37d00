use super::*;

const LIMIT: Duration = Duration::from_secs(20);

fn shell(script: &str) -> InRoot {
    InRoot::new(Path::new("/"), "/bin/sh").args(["-c", script])
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn a_program_sees_the_root_as_its_own_and_gets_only_its_environment() {
    let script = "test \"$MARK\" = yes && test -z \"$HOME\" && test \"$PWD\" = / && exit 7";
    if is_root() {
        let status = shell(script).env("MARK", "yes").status(LIMIT);
        assert_eq!(status.unwrap().code(), Some(7));
        let ended = shell(script).env("MARK", "yes").run(LIMIT).unwrap();
        assert_eq!(ended.status.code(), Some(7));
    }
}

#[test]
fn what_is_not_in_the_root_is_not_found_and_what_hangs_is_killed() {
    if !is_root() {
        return;
    }
    let empty = tempfile::tempdir().unwrap();
    let absent = || InRoot::new(empty.path(), "/bin/sh");
    for error in [
        absent().status(LIMIT).unwrap_err(),
        absent().run(LIMIT).unwrap_err(),
        shell("true").dir("/no/such/dir").run(LIMIT).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
    let moment = Duration::from_millis(50);
    let late = shell("exec sleep 60").status(moment).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TimedOut);
    // How long a shell takes to say a word is the machine's affair: it gets more time until it does.
    let told = [100, 1000, 20_000].into_iter().any(|limit| {
        let waiting = shell("echo waiting; exec sleep 60");
        let late = waiting.run(Duration::from_millis(limit)).unwrap_err();
        assert_eq!(late.kind(), ErrorKind::TimedOut);
        late.to_string().contains("waiting")
    });
    assert!(told, "its last words are not told");
}

#[test]
fn output_input_directory_and_user_are_as_told() {
    if !is_root() {
        return;
    }
    let mut input = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut input, b"from outside\n").unwrap();
    std::io::Seek::rewind(&mut input).unwrap();
    let script = "cat; pwd >&2; id -u; id -G; echo process $$; exit 3";
    let ended = shell(script)
        .dir("/usr/bin")
        .user(65534, 65534)
        .stdin(input)
        .run(LIMIT)
        .unwrap();
    assert_eq!(
        ended.output,
        "from outside\n/usr/bin\n65534\n65534\nprocess 1\n"
    );
    assert!(ended.first_output.unwrap() <= ended.took);
    let error = ended.require_success().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Daemon);
    assert!(error.to_string().contains("process 1"), "{error}");
    let named = InRoot::new(Path::new("/"), "true").run(LIMIT).unwrap();
    named.require_success().unwrap();
    assert_eq!((named.first_output, named.output.as_str()), (None, ""));
}

#[test]
fn a_server_gets_ready_is_joined_and_is_stopped_with_all_it_started() {
    if !is_root() {
        return;
    }
    // One that leaves its session, as daemons do, and one that prints far more than a pipe holds.
    // Its line is told from that of another run of this test by the number.
    let number = format!("61.{}", std::process::id());
    let script = format!(
        "setsid sleep {number} & seq 100000; trap 'echo bye; exit 4' TERM; \
         echo 'now ready.'; while :; do sleep 0.1; done"
    );
    let server = shell(&script).start().unwrap();
    assert_eq!(server.first_line(LIMIT).unwrap(), "1");
    assert!(server.ready("ready", LIMIT).unwrap() >= server.first_output().unwrap());
    assert!(!server.ended_within(Duration::ZERO));
    let beside = shell("kill -0 1 && echo $$").beside(&server).unwrap();
    let beside = beside.run(LIMIT).unwrap();
    beside.require_success().unwrap();
    assert_ne!(beside.output.trim(), "1");
    let pid = server.pid();
    let ended = server.stop(Signal::TERM, LIMIT).unwrap();
    assert_eq!(ended.status.code(), Some(4));
    assert!(ended.output.ends_with("bye\n"));
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    let left = std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline"));
        line.is_ok_and(|line| line == format!("sleep\0{number}\0").as_bytes())
    });
    assert!(!left, "what it started in the background is still there");
}

#[test]
fn one_that_ends_early_or_never_gets_ready_is_quoted() {
    if !is_root() {
        return;
    }
    let server = shell("echo no space left; exit 1").start().unwrap();
    let error = server.ready("ready", LIMIT).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Daemon);
    assert!(error.to_string().contains("no space left"), "{error}");
    let silent = shell("exit 0").start().unwrap();
    let error = silent.first_line(LIMIT).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Daemon);
    let deaf = shell("trap '' TERM; echo up; while :; do sleep 0.1; done");
    let deaf = deaf.start().unwrap();
    deaf.ready("up", LIMIT).unwrap();
    let late = deaf.ready("ready", Duration::from_millis(50)).unwrap_err();
    assert!(late.to_string().contains("up"), "{late}");
    // Without a handler it dies of TERM, though it is process 1 of its namespace.
    let plain = shell("echo up; exec sleep 60").start().unwrap();
    plain.ready("up", LIMIT).unwrap();
    plain.stop(Signal::TERM, LIMIT).unwrap();
    let pid = deaf.pid();
    drop(deaf);
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
}
