//! The bytes of a file to check: in pieces, or whole where they are compared with others.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use jiff::Timestamp;
use recapito_pec::verification::ReadAgain;
use recapito_pec::{Anchors, Verification, Verifier};

use crate::failure::Failure;
use crate::language::say;

/// What a file is, or standard input for `-`. It is read in pieces, so that its size does not matter.
pub(super) fn verification(path: &Path, anchors: &Anchors) -> Result<Verification, Failure> {
    let failed = |error| Failure::file(path, &error);
    let verifier = Verifier::new(anchors, Timestamp::now());
    if is_stdin(path) {
        return read_once(io::stdin().lock(), verifier).map_err(failed);
    }
    let mut file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    // A pipe given by name: `verify <(fetch-it)`.
    if !about.is_file() {
        return read_once(file, verifier).map_err(failed);
    }
    let piece = usize::try_from(about.len().saturating_add(1)).map_or(PIECE, |len| len.min(PIECE));
    match read(&mut file, piece, verifier).map_err(failed)? {
        Ok(verification) => Ok(verification),
        Err(_) => {
            file.rewind().map_err(failed)?;
            read_once(file, Verifier::new(anchors, Timestamp::now())).map_err(failed)
        }
    }
}

/// All bytes of a file, or of standard input for `-`.
pub(super) fn whole(path: &Path) -> Result<Vec<u8>, Failure> {
    let source: io::Result<Box<dyn Read>> = match is_stdin(path) {
        true => Ok(Box::new(io::stdin())),
        false => File::open(path).map(|file| Box::new(file) as Box<dyn Read>),
    };
    let mut bytes = Vec::new();
    source
        .and_then(|source| source.take(LARGEST.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| Failure::file(path, &error))?;
    if bytes.len() as u64 > LARGEST {
        let (file, limit) = (path.display(), LARGEST >> 20);
        return Err(Failure::usage(say!(
            "{file}: più di {limit} MB, nessun messaggio PEC è così grande",
            "{file}: over {limit} MB, no PEC message is that large"
        )));
    }
    Ok(bytes)
}

pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads what cannot be read twice, or need not be.
fn read_once(source: impl Read, verifier: Verifier<'_>) -> io::Result<Verification> {
    let read = read(source, PIECE, verifier.taking_every_digest())?;
    Ok(read.unwrap_or_else(ReadAgain::without_reading))
}

fn read(
    mut source: impl Read,
    piece: usize,
    mut verifier: Verifier<'_>,
) -> io::Result<Result<Verification, ReadAgain>> {
    let mut piece = vec![0; piece];
    loop {
        match source.read(&mut piece) {
            Ok(0) => return Ok(verifier.finish()),
            Ok(len) => verifier.update(piece.get(..len).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Stays in the processor's cache while it is looked at.
const PIECE: usize = 64 << 10;
/// Providers take at most 100 MB, which base64 makes 137.
const LARGEST: u64 = 256 << 20;
