//! The rules of the project's structure, as tests.
//!
//! Each rule says why it exists and what to do. A rule that stands in the way is changed here, openly, with
//! its reason; nothing works around it. The rules read text, so they catch the slip, not the ruse: clippy's
//! lists (`clippy.toml` beside a crate) and the crates' own dependencies are the stronger fence.

use std::collections::BTreeMap;
use std::process::Command;

use recapito_tests::corpus::project_root;
use recapito_tests::source::{Source, rust_sources, sources};
use serde_json::Value;

/// What each crate may use of the others. A crate that is not listed fails: its place is to be decided first.
const MAY_USE: &[(&str, &[&str])] = &[
    ("recapito-cli", &["recapito-engine", "recapito-pec", "recapito-provider"]),
    ("recapito-engine", &["recapito-pec"]),
    ("recapito-pec", &[]),
    ("recapito-provider", &[]),
    ("recapito-tests", &["recapito-engine", "recapito-pec", "recapito-provider"]),
];

/// Crates that would bring a socket, a file, a clock or randomness into `core/pec`.
const IMPURE: &[&str] = &[
    "async-imap",
    "async-std",
    "chrono",
    "futures",
    "getrandom",
    "lettre",
    "rand",
    "rusqlite",
    "rustls",
    "tempfile",
    "time",
    "tokio",
    "tokio-rustls",
];

/// What the standard library would bring there.
const IMPURE_STD: &[&str] =
    &["std::fs", "std::net", "std::env", "std::process", "std::thread", "std::os", "::now()"];

/// The layers of the engine, from the bottom: a module may use what lies in a lower layer. Modules that are not
/// named (errors, identities, events) are free to all.
const LAYERS: &[&[&str]] = &[&["imap", "smtp", "store"], &["outbox", "receive"], &["account"], &["client"]];

/// Files that may be longer than 400 lines, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[
    ("core/engine/src/outbox/tests.rs", "one case per fault of a submission, over one harness"),
    ("tests/provider/src/imap/tests.rs", "one dialogue per command, over one harness"),
];

#[test]
fn dependencies_between_crates_point_one_way() {
    let mut violations = Vec::new();
    for (name, dependencies) in own_crates() {
        let Some((_, allowed)) = MAY_USE.iter().find(|(known, _)| *known == name) else {
            violations.push(format!("{name} has no place in MAY_USE"));
            continue;
        };
        // Tests may look at a crate from anywhere, but not so as to share its mistakes.
        let foreign = dependencies
            .iter()
            .filter(|it| it.name.starts_with("recapito-") && !allowed.contains(&it.name.as_str()));
        violations.extend(foreign.map(|it| format!("{name} uses {}", it.name)));
    }
    check(
        "Dependencies point one way, apps -> bindings -> engine -> pec, and the provider uses neither core crate, \
         so that it cannot share their mistakes. Move the code to the side that may use the other.",
        violations,
    );
}

#[test]
fn pec_depends_on_nothing_impure() {
    let crates = own_crates();
    let dependencies = crates.get("recapito-pec").expect("core/pec is a crate of the workspace");
    check(
        "core/pec takes bytes and values and returns values. Take what you need as an argument, or do it in the engine.",
        dependencies
            .iter()
            .filter(|it| !it.only_for_tests && IMPURE.contains(&it.name.as_str()))
            .map(|it| it.name.clone()),
    );
}

#[test]
fn pec_uses_nothing_impure_of_the_standard_library() {
    check(
        "core/pec has no file, socket, clock, environment or thread. Take the value as an argument.",
        occurrences(&rust_sources("core/pec/src/"), IMPURE_STD),
    );
}

#[test]
fn engine_modules_use_only_lower_layers() {
    let mut violations = Vec::new();
    for source in rust_sources("core/engine/src/") {
        let Some(layer) = layer_of(top_module(&source.path)) else { continue };
        for used in used_modules(source.shipped()) {
            let allowed =
                layer_of(&used).is_none_or(|other| other < layer) || used == top_module(&source.path);
            if !allowed {
                violations.push(format!("{} uses crate::{used}", source.path));
            }
        }
    }
    check(
        "Within the engine client -> account -> {receive, outbox} -> {imap, smtp, store}, and those three never know \
         each other: an edge does one kind of I/O and decides nothing. Let the layer above bring the two together.",
        violations,
    );
}

#[test]
fn only_net_dials() {
    let mut elsewhere = rust_sources("core/engine/src/");
    elsewhere.retain(|source| top_module(&source.path) != "net");
    check(
        "Edges take a stream, not a host, so that tests run them over a pipe. Let `net` dial.",
        occurrences(&elsewhere, &["TcpStream", "TcpSocket", "lookup_host", "ToSocketAddrs"]),
    );
}

#[test]
fn the_core_does_not_print() {
    check(
        "The core has no terminal; its words reach people through apps that translate them. Return a value or an \
         event, or use `tracing`.",
        occurrences(&rust_sources("core/"), &["println!", "eprintln!", "print!(", "dbg!("]),
    );
}

#[test]
fn every_file_says_what_it_is() {
    let violations = rust_sources("").into_iter().filter_map(|source| {
        let said = source.text.lines().take_while(|line| line.starts_with("//!")).count();
        // A crate's root is its architecture page and may be longer.
        let most = if source.path.ends_with("/lib.rs") { usize::MAX } else { 15 };
        (!(1..=most).contains(&said)).then(|| format!("{}: {said} lines of //!", source.path))
    });
    check(
        "A file opens with `//!`: what it does, what it deliberately does not, the rule it follows. In a few lines; one \
         is enough where the name says the rest.",
        violations,
    );
}

#[test]
fn files_are_named_after_what_they_hold() {
    const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "manager", "misc", "mod", "util", "utils"];
    let violations = rust_sources("").into_iter().map(|source| source.path).filter(|path| {
        let stem = path.rsplit('/').next().and_then(|name| name.strip_suffix(".rs")).unwrap_or_default();
        stem.split('_').any(|word| EMPTY_NAMES.contains(&word))
    });
    check(
        "A module is one concept with a singular noun, in `foo.rs` and `foo/bar.rs`. Name the concept.",
        violations,
    );
}

#[test]
fn files_are_short_enough_to_read() {
    let mut violations = Vec::new();
    let sources = rust_sources("");
    for source in &sources {
        let lines = source.text.lines().count();
        if lines > 400 && !LONG_FILES.iter().any(|(path, _)| *path == source.path) {
            violations.push(format!("{}: {lines} lines", source.path));
        }
    }
    for (path, _) in LONG_FILES {
        if !sources.iter().any(|source| source.path == *path && source.text.lines().count() > 400) {
            violations.push(format!("{path} needs no exception any more"));
        }
    }
    check(
        "A file of more than 400 lines holds more than one concept. Split it, or give the reason in LONG_FILES.",
        violations,
    );
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    // Put together here, so that this file does not name them either.
    let places = ["work", "root", "home", "Users"].map(|name| format!("/{name}/"));
    let mut violations = Vec::new();
    for source in sources() {
        for (line, number) in source.text.lines().zip(1..) {
            let absolute = |place: &String| {
                line.match_indices(place.as_str()).any(|(at, _)| {
                    !line[..at]
                        .ends_with(|before: char| before.is_alphanumeric() || "._-~/}".contains(before))
                })
            };
            if places.iter().any(absolute) {
                violations.push(format!("{}:{number}", source.path));
            }
        }
    }
    check(
        "The project works wherever it lies. Use a path from the project's root, or a setting.",
        violations,
    );
}

/// Fails with the rule and everything that breaks it.
fn check(rule: &str, violations: impl IntoIterator<Item = String>) {
    let violations: Vec<_> = violations.into_iter().collect();
    assert!(violations.is_empty(), "\n{rule}\nBroken by:\n  {}\n", violations.join("\n  "));
}

/// Where one of the words stands in code.
fn occurrences(sources: &[Source], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for (number, line) in source.code() {
            found.extend(
                words
                    .iter()
                    .filter(|word| line.contains(**word))
                    .map(|word| format!("{}:{number}: {word}", source.path)),
            );
        }
    }
    found
}

/// `imap` for `core/engine/src/imap.rs` and everything in `core/engine/src/imap/`.
fn top_module(path: &str) -> &str {
    let inside = path.split_once("/src/").map_or(path, |(_, inside)| inside);
    inside.split(['/', '.']).next().unwrap_or_default()
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The modules of its own crate that a source names: `crate::a` and each of `use crate::{a::B, c}`.
fn used_modules(text: &str) -> Vec<String> {
    let mut used = Vec::new();
    for (at, path) in text.match_indices("crate::") {
        let rest = text.get(at + path.len()..).unwrap_or_default();
        match rest.strip_prefix('{') {
            Some(group) => used.extend(heads(group)),
            None => used.extend(first_word(rest)),
        }
    }
    used
}

/// The first word of each item of a group of imports, up to the brace that closes it.
fn heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let mut depth = 0_usize;
    let mut item = 0;
    for (at, sign) in group.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                heads.extend(first_word(&group[item..at]));
                item = at + 1;
                if sign == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    heads
}

fn first_word(text: &str) -> Option<String> {
    let word: String =
        text.trim_start().chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// One entry of a crate's Cargo.toml.
struct Dependency {
    name: String,
    only_for_tests: bool,
}

/// The crates of the workspace with what their Cargo.toml names.
fn own_crates() -> BTreeMap<String, Vec<Dependency>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(project_root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo's metadata is JSON");
    let packages = metadata["packages"].as_array().expect("the workspace has packages");
    packages.iter().map(|package| (text(&package["name"]), dependencies(package))).collect()
}

fn dependencies(package: &Value) -> Vec<Dependency> {
    let entries = package["dependencies"].as_array().expect("a package lists its dependencies");
    entries
        .iter()
        .map(|it| Dependency { name: text(&it["name"]), only_for_tests: it["kind"] == "dev" })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a name is a string").to_owned()
}

#[test]
fn used_modules_are_found_in_every_form() {
    let text = "use crate::error::Error;\nuse crate::{\n    event::{Event, Kind},\n    store,\n};\ncrate::imap::x();";
    assert_eq!(used_modules(text), ["error", "event", "store", "imap"]);
}
