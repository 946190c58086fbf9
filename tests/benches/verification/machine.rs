//! What the figures were taken on, since they mean nothing without.

use std::fs;
use std::num::NonZero;
use std::process::Command;
use std::thread;

/// Processor, its instructions for digests, cores, load, OpenSSL.
pub(crate) fn described() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = processor.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
    };
    // x86 and Arm each name them in their own way.
    let flags = format!("{} {}", field("flags"), field("Features"));
    let digests =
        if flags.split(' ').any(|flag| matches!(flag, "sha_ni" | "sha2")) { "with" } else { "without" };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let openssl = Command::new("openssl").arg("version").output();
    let openssl = openssl.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!(
        "{} (family {} model {}), {cores} cores, {digests} SHA instructions, load {load}; {}",
        field("model name"),
        field("cpu family"),
        field("model\t"),
        openssl.as_deref().unwrap_or("no openssl"),
    )
}
