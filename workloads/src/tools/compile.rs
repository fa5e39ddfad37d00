//! A small C project, compiled and linked.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use drivers::Result;
use drivers::error::Attempt as _;

use super::program::Program;
use crate::cell::Cell;
use crate::made::wrong;

fn name(number: u32) -> String {
    format!("part{number}.c")
}

/// The files of the project: warm before it is compiled.
pub(super) fn names(sources: u32) -> Vec<PathBuf> {
    (0..sources)
        .map(|number| name(number).into())
        .chain(["parts.h".into(), "main.c".into()])
        .collect()
}

/// Writes the project.
pub(super) fn fill(dir: &Path, sources: u32) -> Result<()> {
    let write = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::write(&path, text).attempt("write", &path)
    };
    let (mut header, mut main) = (String::new(), String::new());
    // Writing to a string cannot fail.
    let _ = writeln!(
        main,
        "#include \"parts.h\"\nint main(void) {{\n  int sum = 0;"
    );
    for number in 0..sources {
        let _ = writeln!(header, "int part{number}(int);");
        let _ = writeln!(main, "  sum += part{number}({number});");
        let mut part = "#include \"parts.h\"\n".to_owned();
        for function in 0..100 {
            let _ = writeln!(
                part,
                "static int f{function}(int x) {{ int s = x; for (int i = 0; i < x; i++) s += i * {function}; return s; }}"
            );
        }
        let _ = writeln!(part, "int part{number}(int x) {{ return f0(x) + f99(x); }}");
        write(&name(number), &part)?;
    }
    let _ = writeln!(main, "  return sum < 0;\n}}");
    write("parts.h", &header)?;
    write("main.c", &main)
}

/// Times the compiler: an object for each source, then the program.
pub(super) fn run(cell: &mut Cell<'_>, cc: &Program, dir: &Path, sources: u32) -> Result<()> {
    let paths: Vec<PathBuf> = names(sources)
        .into_iter()
        .filter(|name| name.extension().is_some_and(|extension| extension == "c"))
        .map(|name| dir.join(name))
        .collect();
    let objects: Vec<PathBuf> = paths.iter().map(|path| path.with_extension("o")).collect();
    let program = dir.join("program");
    let environment = cell.environment;
    cell.recorder.time_until_durable(
        "compile",
        || {
            for (source, object) in paths.iter().zip(&objects) {
                let line = ["-w", "-O1", "-c", "-o"].map(OsStr::new);
                let line = [&line[..], &[object.as_os_str(), source.as_os_str()]].concat();
                cc.run(dir, &line)?;
            }
            let mut line = vec![OsStr::new("-o"), program.as_os_str()];
            line.extend(objects.iter().map(|object| object.as_os_str()));
            cc.run(dir, &line).map(drop)
        },
        || environment.sync(),
    )?;
    let content = std::fs::read(&program).attempt("read", &program)?;
    if objects.iter().all(|object| object.exists()) && content.starts_with(b"\x7fELF") {
        return Ok(());
    }
    Err(wrong(&program, "the compiler did not leave a program"))
}
