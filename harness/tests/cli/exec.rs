//! `layerbench exec`.

use crate::session::Session;

#[test]
fn exec_hands_over_the_root_and_the_exit_status() {
    let session = Session::new();
    for driver in ["vfs", "overlay2"] {
        session.expect(
            0,
            &[
                "exec",
                "--driver",
                driver,
                "--image",
                "tiny",
                "--",
                "sh",
                "-c",
                "test -x $LAYERBENCH_ROOT/bin/true && echo x > $LAYERBENCH_ROOT/new",
            ],
        );
        session.expect(3, &["exec", "--driver", driver, "--", "sh", "-c", "exit 3"]);
        session.expect(
            143,
            &[
                "exec",
                "--driver",
                driver,
                "--",
                "sh",
                "-c",
                "kill -TERM $$",
            ],
        );
        let absent = ["exec", "--driver", driver, "--", "/nonexistent/program"];
        let (_, err) = session.expect(66, &absent);
        assert!(err.contains("a program of the host"), "{err}");
        session.assert_clean();
    }
}
