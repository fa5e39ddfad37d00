//! Images that are not there, damaged, or hostile.

use crate::session::{Session, assert_one_line};

#[test]
fn bad_images_are_told_apart_and_leave_nothing() {
    let session = Session::new();
    let exec = |image: &str| {
        vec!["exec", "--driver", "vfs", "--image"]
            .into_iter()
            .chain([image, "--", "true"])
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let check = |code: i32, image: &str| {
        let line = exec(image);
        let (_, err) = session.expect(code, &line.iter().map(String::as_str).collect::<Vec<_>>());
        assert_one_line(&err);
        session.assert_clean();
    };
    check(66, "absent");
    std::fs::write(session.path("garbage"), vec![7_u8; 5000]).unwrap();
    check(65, "garbage");
    session.expect(0, &["image", "generate", "img", "--preset", "tiny"]);
    let blobs = session.path("img/blobs/sha256");
    let largest = std::fs::read_dir(&blobs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .max_by_key(|path| path.metadata().unwrap().len())
        .unwrap();
    let bytes = std::fs::read(&largest).unwrap();
    let mut flipped = bytes.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    std::fs::write(&largest, &flipped).unwrap();
    check(65, "img");
    std::fs::write(&largest, &bytes[..middle]).unwrap();
    check(65, "img");
    std::fs::write(&largest, &bytes).unwrap();
    session.expect(
        0,
        &["exec", "--driver", "vfs", "--image", "img", "--", "true"],
    );
}
