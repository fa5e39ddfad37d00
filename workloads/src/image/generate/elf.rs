//! `/bin/true`, byte by byte: a static ELF executable of one segment whose only act is exit(0). It lets a workload start
//! a real process inside a generated root that has no libraries.

use crate::image::platform::Platform;

const HEADER: u64 = 64;
const SEGMENT: u64 = 56;
const BASE: u64 = 0x40_0000;

/// mov eax, 60; xor edi, edi; syscall.
const X86_64: &[u8] = &[0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05];
/// mov x0, #0; mov x8, #93; svc #0.
const AARCH64: &[u8] = &[
    0x00, 0x00, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4,
];

/// The program for an architecture in Go's spelling; `None` for one we have no code for.
pub(super) fn exit_zero(architecture: &str) -> Option<Vec<u8>> {
    let (machine, code): (u16, &[u8]) = match architecture {
        "amd64" => (62, X86_64),
        "arm64" => (183, AARCH64),
        _ => return None,
    };
    let size = HEADER + SEGMENT + code.len() as u64;
    let mut elf = Vec::new();
    // Identification: 64 bits, little endian, version 1, System V.
    elf.extend_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    half(&mut elf, 2); // executable
    half(&mut elf, machine);
    word(&mut elf, 1);
    long(&mut elf, BASE + HEADER + SEGMENT); // entry point: right behind the headers
    long(&mut elf, HEADER); // segments
    long(&mut elf, 0); // no sections
    word(&mut elf, 0);
    for value in [64, 56, 1, 64, 0, 0] {
        half(&mut elf, value);
    }
    // The one segment: the whole file, readable and executable, in pages of 64 KiB (the largest arm64 has).
    word(&mut elf, 1);
    word(&mut elf, 5);
    for value in [0, BASE, BASE, size, size, 0x1_0000] {
        long(&mut elf, value);
    }
    elf.extend_from_slice(code);
    Some(elf)
}

/// The program for this host; `None` where we have no code for it.
pub(crate) fn for_this_host() -> Option<Vec<u8>> {
    exit_zero(&Platform::host().architecture)
}

fn half(elf: &mut Vec<u8>, value: u16) {
    elf.extend_from_slice(&value.to_le_bytes());
}

fn word(elf: &mut Vec<u8>, value: u32) {
    elf.extend_from_slice(&value.to_le_bytes());
}

fn long(elf: &mut Vec<u8>, value: u64) {
    elf.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_kernel_runs_it() {
        let host = crate::image::Platform::host().architecture;
        let Some(elf) = exit_zero(&host) else {
            assert!(!["amd64", "arm64"].contains(&host.as_str()));
            return;
        };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("true");
        std::fs::write(&path, elf).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let limit = std::time::Duration::from_secs(10);
        // A fork of another test may hold the file open for writing for a moment: ETXTBSY is asked again, in bounds.
        for attempt in 0..1000 {
            match drivers::sys::command::output(&path, &[], limit) {
                Ok(output) => {
                    assert_eq!(output.status.code(), Some(0), "attempt {attempt}");
                    return;
                }
                Err(error) if error.kind() == drivers::ErrorKind::InUse => {
                    std::thread::yield_now();
                }
                Err(error) => panic!("{error}"),
            }
        }
        panic!("busy for ever");
    }
}
