//! Certification data in the wrong place, or more than once: signed all of it, and still not to be guessed about.

use recapito_pec::{Kind, Note, Reason};

use crate::authority::Authority;
use crate::case::{Case, refused, trusted};
use crate::envelope::{
    INNER, ORIGINAL, TEXT, base64, certdata, daticert, forged, mixed, multipart, part, postacert, swap,
    swap_first,
};

/// All of them.
pub(super) fn cases(of: &Authority) -> Vec<Case> {
    [doubled(of), misplaced(of), broken(of)].concat()
}

/// A second one beside the genuine.
fn doubled(of: &Authority) -> Vec<Case> {
    let genuine = daticert(&certdata("avvenuta-consegna"));
    let named = |kind: &str, disposition: &str| {
        let header = format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n{disposition}");
        part(&header, base64(&forged("avvenuta-consegna"), 76))
    };
    let mut cases = Vec::new();
    for (name, second) in [
        (
            "alike",
            named(
                "application/xml; name=\"daticert.xml\"",
                "Content-Disposition: inline; filename=\"daticert.xml\"\r\n",
            ),
        ),
        ("by its type's name only", named("application/xml; name=daticert.xml", "")),
        (
            "by its file name only",
            named("application/xml", "Content-Disposition: inline; filename=daticert.xml\r\n"),
        ),
        ("in capitals", named("application/xml; name=\"DATICERT.XML\"", "")),
        ("with blanks around its name", named("application/xml; name=\" daticert.xml \"", "")),
        (
            "with another file name",
            named(
                "application/xml; name=daticert.xml",
                "Content-Disposition: inline; filename=other.xml\r\n",
            ),
        ),
        (
            "with another type's name",
            named(
                "application/xml; name=other.xml",
                "Content-Disposition: inline; filename=daticert.xml\r\n",
            ),
        ),
        ("of no special type", named("application/octet-stream; name=daticert.xml", "")),
        ("of text", named("text/plain; name=daticert.xml", "")),
        (
            "in another type field",
            named("text/plain\r\nContent-Type: application/xml; name=daticert.xml", ""),
        ),
        ("as a message", named("message/rfc822; name=daticert.xml", "")),
        (
            "by RFC 2231",
            named("application/xml", "Content-Disposition: inline; filename*=utf-8''daticert.xml\r\n"),
        ),
        (
            "by RFC 2231, in two",
            named("application/xml", "Content-Disposition: inline; filename*0=dati; filename*1=cert.xml\r\n"),
        ),
        ("by RFC 2047", named("application/xml; name=\"=?utf-8?B?ZGF0aWNlcnQueG1s?=\"", "")),
    ] {
        for (place, parts) in [("after", [TEXT, &genuine, &second]), ("before", [TEXT, &second, &genuine])] {
            let raw = of.seal(&mixed(&parts));
            cases.push(refused(
                format!("second daticert.xml {place}, {name}"),
                Reason::AmbiguousStructure,
                raw,
            ));
        }
    }
    for (name, second) in [
        ("with a folder", named("application/xml; name=\"x/daticert.xml\"", "")),
        ("almost", named("application/xml; name=\"daticert.xml.xml\"", "")),
    ] {
        cases.push(trusted(
            format!("second daticert.xml {name}"),
            of.seal(&mixed(&[TEXT, &second, &genuine])),
        ));
        let alone = of.seal(&mixed(&[TEXT, &second]));
        cases.push(trusted(format!("only daticert.xml {name}"), alone).of_kind(Kind::Ordinary));
    }
    cases
}

/// One alone, but not directly in the signed mixed.
fn misplaced(of: &Authority) -> Vec<Case> {
    let data = daticert(&certdata("avvenuta-consegna"));
    let nested = |kind: &str| {
        multipart(&format!("Content-Type: multipart/{kind}; boundary=\"N\"\r\n"), "N", &[TEXT, &data])
    };
    let attached = part("Content-Type: message/rfc822\r\n", &data);
    let instead = |kind: &str| {
        swap_first(
            &of.seal(&swap_first(&mixed(&[TEXT, &data]), "multipart/mixed", kind)),
            "X-Ricevuta",
            "X-Ricevuta",
        )
    };
    let ordinary = |name: &str, raw| trusted(name, raw).of_kind(Kind::Ordinary);
    let beside = daticert(&certdata("avvenuta-consegna"));
    vec![
        ordinary("daticert.xml in a mixed of its own", of.seal(&mixed(&[TEXT, &nested("mixed")]))),
        ordinary("daticert.xml in an alternative", of.seal(&mixed(&[TEXT, &nested("alternative")]))),
        ordinary("daticert.xml in a message", of.seal(&mixed(&[TEXT, &attached]))),
        ordinary("daticert.xml in the original", of.seal(&mixed(&[TEXT, &postacert(&data)]))),
        ordinary("daticert.xml in a signed alternative", instead("multipart/alternative")),
        ordinary("daticert.xml in a signed related", instead("multipart/related")),
        ordinary("daticert.xml in a signed digest", instead("multipart/digest")),
        ordinary("daticert.xml is what is signed", of.seal(&data)),
        ordinary("text is what is signed", of.seal(TEXT)),
        ordinary(
            "a message is what is signed",
            of.seal(&part("Content-Type: message/rfc822\r\n", mixed(&[TEXT, &data]))),
        ),
        ordinary(
            "a file is what is signed",
            of.seal(&part(
                "Content-Type: application/octet-stream; name=ricevuta.eml\r\n",
                mixed(&[TEXT, &data]),
            )),
        ),
        trusted(
            "a deeper one beside the genuine",
            of.seal(&mixed(&[&swap(&nested("mixed"), "ZX", "ZX"), &beside])),
        ),
        trusted(
            "an original that brings one",
            of.seal(&mixed(&[TEXT, &beside, &postacert(&data), &postacert(ORIGINAL)])),
        ),
        refused(
            "two types of what is signed",
            Reason::AmbiguousStructure,
            of.seal(&[b"Content-Type: text/plain\r\n", &mixed(&[TEXT, &data])[..]].concat()),
        ),
        refused(
            "what is signed is encoded",
            Reason::AmbiguousStructure,
            of.seal(&[b"Content-Transfer-Encoding: base64\r\n", &mixed(&[TEXT, &data])[..]].concat()),
        ),
        refused(
            "what is signed is closed too early",
            Reason::AmbiguousStructure,
            of.seal(&[&mixed(&[TEXT, &data])[..], format!("--{INNER}\r\n").as_bytes(), &data].concat()),
        ),
        refused(
            "daticert.xml with two types",
            Reason::AmbiguousStructure,
            of.seal(&mixed(&[TEXT, &[b"Content-Type: x/y\r\n", &data[..]].concat()])),
        ),
        refused(
            "daticert.xml with two encodings",
            Reason::AmbiguousStructure,
            of.seal(&mixed(&[TEXT, &[b"Content-Transfer-Encoding: 7bit\r\n", &data[..]].concat()])),
        ),
    ]
}

/// Data that cannot be read certify nothing.
fn broken(of: &Authority) -> Vec<Case> {
    let xml = certdata("avvenuta-consegna");
    let invalid = |name: &str, xml: &[u8]| {
        trusted(name, of.seal(&mixed(&[TEXT, &daticert(xml)])))
            .of_kind(Kind::Ordinary)
            .noting(&[Note::CertdataInvalid, Note::HeaderDiffers])
    };
    let entity = "<!DOCTYPE postacert [<!ENTITY x \"avvenuta-consegna\">]>\n<postacert";
    let external = "<!DOCTYPE postacert SYSTEM \"http://example.test/x.dtd\" [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>\n<postacert";
    vec![
        invalid("daticert.xml: not closed", &swap(&xml, "</postacert>", "")),
        invalid(
            "daticert.xml: two roots",
            &[&xml[..], &xml[xml.iter().position(|byte| *byte == b'\n').expect("a line")..]].concat(),
        ),
        invalid("daticert.xml: entities", &swap(&xml, "<postacert", entity)),
        invalid("daticert.xml: an external entity", &swap(&xml, "<postacert", external)),
        invalid("daticert.xml: an unknown kind", &swap(&xml, "avvenuta-consegna", "mancata-consegna")),
        invalid(
            "daticert.xml: a kind twice",
            &swap(&xml, "<postacert ", "<postacert tipo=\"accettazione\" "),
        ),
        invalid("daticert.xml: empty", b""),
        invalid("daticert.xml: not XML", b"avvenuta-consegna"),
    ]
}
