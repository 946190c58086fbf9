//! The `openssl` command, asked about many messages, on as many processors as there are.

use std::path::Path;
use std::process::Command;
use std::thread;

use recapito_tests::skip::skip;

use crate::oracle::sample::Sample;

/// What OpenSSL says of a message, its signer's certificate left aside.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Whether the signature fits the content.
    pub(crate) fits: bool,
    /// What was signed, with the line ends that were signed.
    pub(crate) content: Vec<u8>,
    /// The certificates that the message encloses, PEM.
    pub(crate) certificates: String,
    /// The signers' certificates, PEM; only where it fits.
    pub(crate) signer: String,
    /// Its words, where it does not fit.
    pub(crate) words: String,
}

/// Asks about each message; `None`, after having said so, where there is no OpenSSL.
pub(crate) fn ask(samples: &[Sample]) -> Option<Vec<Answer>> {
    if Command::new("openssl").arg("version").output().is_err() {
        skip("openssl is missing");
        return None;
    }
    let share = samples.len().div_ceil(thread::available_parallelism().map_or(1, usize::from)).max(1);
    let answers = thread::scope(|scope| {
        let shares: Vec<_> = samples
            .chunks(share)
            .map(|samples| {
                scope.spawn(|| {
                    let folder = tempfile::tempdir().expect("a folder");
                    samples.iter().map(|sample| ask_one(&sample.raw, folder.path())).collect::<Vec<_>>()
                })
            })
            .collect();
        shares.into_iter().flat_map(|share| share.join().expect("OpenSSL answers")).collect()
    });
    Some(answers)
}

fn ask_one(raw: &[u8], folder: &Path) -> Answer {
    let file = |name: &str| folder.join(name);
    std::fs::write(file("message.eml"), raw).expect("a file");
    for name in ["content", "certificates.pem", "signer.pem"] {
        // Left over from the message before.
        let _ = std::fs::remove_file(file(name));
    }
    let output = Command::new("openssl")
        .args(["cms", "-verify", "-noverify", "-in", "message.eml"])
        .args(["-out", "content", "-certsout", "certificates.pem", "-signer", "signer.pem"])
        .current_dir(folder)
        .output()
        .expect("OpenSSL runs");
    let text = |name| std::fs::read_to_string(file(name)).unwrap_or_default();
    Answer {
        fits: output.status.success(),
        content: std::fs::read(file("content")).unwrap_or_default(),
        certificates: text("certificates.pem"),
        signer: text("signer.pem"),
        words: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
