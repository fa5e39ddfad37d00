//! Real programs, as data: where an image keeps them, how they are run, and what they say first. And which of them an image
//! has. An image is other people's: nothing in it leads outside its root.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use drivers::error::Attempt as _;
use drivers::sys::rooted::{Ended, InRoot};
use drivers::{Error, ErrorKind, Result};
use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, ResolveFlags, fstat, openat, openat2};
use rustix::io::Errno;

/// A program that an image may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// As results name it: `python3`.
    pub name: &'static str,
    /// What it does here, for people.
    pub about: &'static str,
    /// Where it is looked for, in this order; a `*` stands for a name, the highest version first.
    pub paths: &'static [&'static str],
    /// Its arguments.
    pub args: &'static [&'static str],
    /// A part of its first line of output; `None`: it prints nothing, and has started when it has ended.
    pub says: Option<&'static str>,
    /// Whom it runs as, by the image's own list of users; `None`: root.
    pub user: Option<&'static str>,
    /// It takes a second or more: started once where others are started often.
    pub heavy: bool,
    /// What it leaves behind in the root, to be removed where the root is nobody's container.
    pub leaves: &'static [&'static str],
}

/// The least: an exec and an exit.
pub const TRUE: Program = Program {
    name: "true",
    about: "nothing: one exec, one exit",
    paths: &["/bin/true", "/usr/bin/true"],
    args: &[],
    says: None,
    user: None,
    heavy: false,
    leaves: &[],
};

/// An interpreter with its library of many small files.
pub const PYTHON: Program = Program {
    name: "python3",
    about: "an interpreter starts and prints a word",
    paths: &["/usr/bin/python3", "/usr/local/bin/python3"],
    args: &["-c", "print('ready')"],
    says: Some("ready"),
    user: None,
    heavy: false,
    leaves: &[],
};

/// A server that reads its configuration and opens its logs.
pub const NGINX: Program = Program {
    name: "nginx",
    about: "a web server checks its configuration and opens its logs",
    paths: &["/usr/sbin/nginx", "/usr/local/nginx/sbin/nginx"],
    args: &["-t"],
    says: Some("syntax is ok"),
    user: None,
    heavy: false,
    leaves: &[
        "run/nginx.pid",
        "var/log/nginx/access.log",
        "var/log/nginx/error.log",
    ],
};

/// A database that writes some 40 MB in a thousand files.
pub const INITDB: Program = Program {
    name: "initdb",
    about: "PostgreSQL makes a database cluster in /tmp",
    paths: &["/usr/lib/postgresql/*/bin/initdb", "/usr/local/bin/initdb"],
    args: &["-D", "/tmp/layerbench-initdb", "--no-locale", "-A", "trust"],
    says: Some("files belonging to this database system will be owned by"),
    user: Some("postgres"),
    heavy: true,
    leaves: &["tmp/layerbench-initdb"],
};

/// The programs whose start is measured.
pub const STARTED: &[Program] = &[TRUE, PYTHON, NGINX, INITDB];

/// A program that an image has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub program: Program,
    /// Where, inside the root.
    pub path: PathBuf,
    /// The file that is run in the end, below the root: links are followed.
    pub file: PathBuf,
    /// The user and group it runs as.
    pub user: Option<(u32, u32)>,
}

impl Found {
    /// How long it took to start: until its first output, or, where it prints nothing, until its end.
    ///
    /// # Errors
    /// `Daemon`, with its last words, when it failed or did not say what it should.
    pub fn started(&self, ended: &Ended) -> Result<Duration> {
        ended.require_success()?;
        let Some(says) = self.program.says else {
            return Ok(ended.took);
        };
        match ended.first_output {
            Some(first) if ended.output.contains(says) => Ok(first),
            _ => Err(Error::new(ErrorKind::Daemon, "run")
                .path(&self.path)
                .because(format!(
                    "it did not say {says:?}; it said last: {:?}",
                    ended.last_words()
                ))),
        }
    }

    /// The program, to be run in a root that shows the image it was found in.
    pub fn in_root(&self, root: &Path) -> InRoot {
        let run = InRoot::new(root, &self.path).args(self.program.args);
        match self.user {
            Some((uid, gid)) => run.user(uid, gid),
            None => run,
        }
    }
}

/// Looks for a program in a root.
///
/// # Errors
/// `Unsupported` when it, or the user it runs as, is not there: the reason for a DNF. Otherwise whatever looking gives.
pub fn find(root: &Path, program: Program) -> Result<Found> {
    let missing = |why: String| {
        Error::new(ErrorKind::Unsupported, format!("start {}", program.name))
            .because(why)
            .hint("scripts/debian-image.sh makes an image that has it")
    };
    let Some(path) = first_of(root, program.paths)? else {
        let places = program.paths.join(" or ");
        return Err(missing(format!("the image has no {places}")));
    };
    let user = match program.user {
        None => None,
        Some(name) => Some(
            user(root, name)?.ok_or_else(|| missing(format!("the image has no user {name}")))?,
        ),
    };
    let file = real(root, &path)?
        .ok_or_else(|| missing(format!("the image has no {}", path.display())))?;
    Ok(Found {
        program,
        path,
        file,
        user,
    })
}

/// The first of these paths that is a program in the root; a `*` stands for a name, the highest version first.
///
/// # Errors
/// Whatever looking gives, but for paths that are not there.
pub fn first_of(root: &Path, paths: &[&str]) -> Result<Option<PathBuf>> {
    let top = open_root(root)?;
    for path in paths {
        for path in expand(&top, path)? {
            if is_program(&top, &path)? {
                return Ok(Some(path));
            }
        }
    }
    Ok(None)
}

/// A path of a root with its links followed, relative to the root; `None`: it is not there.
///
/// # Errors
/// Whatever looking gives.
pub fn real(root: &Path, path: &Path) -> Result<Option<PathBuf>> {
    let top = open_root(root)?;
    let Some(file) = inside(&top, path, OFlags::PATH)? else {
        return Ok(None);
    };
    let name = |fd: &OwnedFd| {
        let link = format!("/proc/self/fd/{}", fd.as_raw_fd());
        std::fs::read_link(&link).attempt("read", link)
    };
    let (top, file) = (name(&top)?, name(&file)?);
    Ok(file.strip_prefix(&top).ok().map(Path::to_owned))
}

/// The user and group of this name, by /etc/passwd of the root.
///
/// # Errors
/// Whatever reading gives; a root without that file has no users.
pub fn user(root: &Path, name: &str) -> Result<Option<(u32, u32)>> {
    let op = "read the users in";
    let top = open_root(root)?;
    // NONBLOCK: should it be a fifo, this must not hang.
    let Some(file) = inside(
        &top,
        Path::new("/etc/passwd"),
        OFlags::RDONLY | OFlags::NONBLOCK,
    )?
    else {
        return Ok(None);
    };
    let mut text = Vec::new();
    let mut file = File::from(file).take(1 << 20);
    file.read_to_end(&mut text).attempt(op, root)?;
    Ok(parse_user(&String::from_utf8_lossy(&text), name))
}

/// passwd(5): name, password, uid, gid.
fn parse_user(text: &str, name: &str) -> Option<(u32, u32)> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == name).then_some(())?;
        fields.next()?;
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}

fn open_root(root: &Path) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, root, flags, Mode::empty()).attempt("open the root", root)
}

/// Opens a path of a root; links lead nowhere else. `None`: it is not there.
fn inside(top: &OwnedFd, path: &Path, flags: OFlags) -> Result<Option<OwnedFd>> {
    let flags = flags | OFlags::CLOEXEC;
    match openat2(top, path, flags, Mode::empty(), ResolveFlags::IN_ROOT) {
        Ok(file) => Ok(Some(file)),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
        Err(errno) => Err(Error::io("look, inside the root, for", path, errno)),
    }
}

fn is_program(top: &OwnedFd, path: &Path) -> Result<bool> {
    let Some(file) = inside(top, path, OFlags::PATH)? else {
        return Ok(false);
    };
    let stat = fstat(&file).attempt("look at", path)?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    Ok(kind == FileType::RegularFile && stat.st_mode & 0o111 != 0)
}

/// The paths that a pattern with at most one `*`, a whole name, stands for.
fn expand(top: &OwnedFd, pattern: &str) -> Result<Vec<PathBuf>> {
    let Some((before, after)) = pattern.split_once("/*/") else {
        return Ok(vec![PathBuf::from(pattern)]);
    };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let Some(dir) = inside(top, Path::new(before), flags)? else {
        return Ok(Vec::new());
    };
    let mut names = Vec::new();
    for entry in Dir::read_from(&dir).attempt("list", before)? {
        let entry = entry.attempt("list", before)?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| name != "." && name != "..");
    names.sort_by_key(|name| std::cmp::Reverse((version(name), name.clone())));
    let path = |name: &String| Path::new(before).join(name).join(after);
    Ok(names.iter().map(path).collect())
}

/// `9.6` before `15`.
fn version(name: &str) -> Vec<u32> {
    let numbers = name.split('.').map(str::parse);
    numbers.collect::<Result<_, _>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn program(root: &Path, path: &str) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn programs_are_found_in_the_root_and_nowhere_else() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let found = |program| find(root, program).map(|found| found.path);
        let absent = found(PYTHON).unwrap_err();
        assert_eq!(absent.kind(), ErrorKind::Unsupported);
        assert!(absent.to_string().contains("/usr/bin/python3"), "{absent}");
        // As Debian has it, but for an absolute link, which means the root's own.
        program(root, "usr/bin/python3.11");
        symlink("/usr/bin/python3.11", root.join("usr/bin/python3")).unwrap();
        assert_eq!(found(PYTHON).unwrap(), Path::new("/usr/bin/python3"));
        let file = find(root, PYTHON).unwrap().file;
        assert_eq!(file, Path::new("usr/bin/python3.11"));
        // On the host there is a true, in this root there is none.
        symlink(
            "../../../../../../../../bin/true",
            root.join("usr/bin/true"),
        )
        .unwrap();
        symlink("usr/bin", root.join("bin")).unwrap();
        found(TRUE).unwrap_err();
        for version in ["9.6", "15", "common"] {
            program(root, &format!("usr/lib/postgresql/{version}/bin/initdb"));
        }
        let no_user = find(root, INITDB).unwrap_err();
        assert!(no_user.to_string().contains("postgres"), "{no_user}");
        std::fs::create_dir(root.join("etc")).unwrap();
        std::fs::write(
            root.join("etc/passwd"),
            "root:x:0:0::/:/bin/sh\npostgres:x:101:102:,,,:/:\n",
        )
        .unwrap();
        let initdb = find(root, INITDB).unwrap();
        assert_eq!(initdb.path, Path::new("/usr/lib/postgresql/15/bin/initdb"));
        assert_eq!(initdb.user, Some((101, 102)));
        let text = root.join("usr/sbin/nginx");
        std::fs::create_dir_all(text.parent().unwrap()).unwrap();
        std::fs::write(&text, "not executable").unwrap();
        found(NGINX).unwrap_err();
    }

    #[test]
    fn users_are_whole_lines() {
        let text = "post:x:1:1\npostgres\npostgres:x:abc:2\npostgres:x:7:8:\n";
        assert_eq!(parse_user(text, "postgres"), Some((7, 8)));
        assert_eq!(parse_user(text, "nobody"), None);
        let mut names: Vec<&str> = STARTED.iter().map(|program| program.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), STARTED.len());
    }
}
