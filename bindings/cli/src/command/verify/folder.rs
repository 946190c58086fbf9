//! The messages in a folder and below, found by their names or first lines.
//!
//! Hidden files are passed by, links are not followed, and what does not begin like a message is counted and said.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::language::say;
use crate::output::Output;

/// The messages in a folder and below, by name; hidden files and what does not begin like a message are passed by.
pub(super) fn messages_in(folder: &Path, output: &mut Output) -> Result<Vec<PathBuf>, Failure> {
    let (mut messages, mut others) = (Vec::new(), 0_usize);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| Failure::file(&folder, &error))? {
            let entry = entry.map_err(|error| Failure::file(&folder, &error))?;
            let (path, kind) = (entry.path(), entry.file_type());
            let kind = kind.map_err(|error| Failure::file(&path, &error))?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            // Links are not followed: they may lead round in a circle.
            match kind {
                kind if kind.is_dir() => folders.push(path),
                kind if !kind.is_file() => {}
                _ if looks_like_message(&path).map_err(|error| Failure::file(&path, &error))? => {
                    messages.push(path);
                }
                _ => others += 1,
            }
        }
    }
    messages.sort();
    if others > 0 {
        output.remark(&say!("{others} file non sono messaggi", "{others} files are no messages"));
    }
    Ok(messages)
}

/// Whether a file is named `.eml`, or its first line is a header field.
fn looks_like_message(path: &Path) -> io::Result<bool> {
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("eml")) {
        return Ok(true);
    }
    let mut line = Vec::new();
    BufReader::new(File::open(path)?).take(1000).read_until(b'\n', &mut line)?;
    let name: Vec<u8> = line.iter().copied().take_while(|byte| *byte != b':').collect();
    let graphic = name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    Ok(!name.is_empty() && name.len() < line.len() && graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_messages_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &str| fs::write(folder.path().join(name), content).unwrap();
        fs::create_dir(folder.path().join("cur")).unwrap();
        write("cur/1543.M1P2.host:2,S", "Return-Path: <a@example.test>\n\n");
        write("b.EML", "no header at all");
        write("notes.md", "# notes: none\n");
        write("scan.pdf", "%PDF-1.4\n");
        write(".hidden.eml", "From: a@example.test\n\n");
        write("empty", "");
        let mut output = Output::new(&crate::option::Common::quiet());
        let found = messages_in(folder.path(), &mut output).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.strip_prefix(folder.path()).unwrap()).collect();
        assert_eq!(names, [Path::new("b.EML"), Path::new("cur/1543.M1P2.host:2,S")]);
    }
}
