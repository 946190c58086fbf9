//! Certification data: XML made to grow while it is read.

use recapito_pec::Verdict;

use crate::{MB, defuse, message};

#[test]
fn xml_that_grows() {
    // As much as is read at all, and more.
    for size in [MB - 1_000, 8 * MB] {
        for (open, piece) in [
            ("<postacert>", "<a>"),
            ("<postacert>", "<a/>"),
            ("<postacert>", "<a></a>"),
            ("<postacert>", "&lt;"),
            ("<postacert>", "&#x41;"),
            ("<postacert>", "<![CDATA[a]]>"),
            ("<postacert>", "<!---->"),
            ("<postacert>", "<?a b?>"),
            ("<postacert>", "\n"),
            ("<postacert>", "]]"),
            ("<postacert>", "<"),
            ("<postacert>", "="),
            ("<postacert><dati>", "<a xmlns=\"b\">"),
            ("<postacert><dati>", "<a xmlns:c=\"b\">"),
            ("<postacert><intestazione>", "<destinatari>a@example.test</destinatari>"),
            ("<postacert><intestazione>", "<destinatari>"),
            ("<postacert><dati>", "<ricezione><destinatari>a</destinatari></ricezione>"),
            ("<postacert><dati>", "<msgid>"),
            ("<postacert ", "a=\"b\" "),
            ("<postacert a=\"", "b"),
            ("<postacert a='", "\""),
            ("<!DOCTYPE p [", "<!ENTITY a \"b\">"),
            ("<!DOCTYPE p [", "<!ELEMENT a ANY>"),
            ("<?xml version=\"1.0\" encoding=\"utf-16\"?>", "<a>"),
            ("<?xml version=\"1.0\" encoding=\"iso-2022-jp\"?><postacert>", "\x1b$B"),
            ("<?xml version=\"1.0\" encoding=\"", "x"),
        ] {
            let name = format!("{size}: {open}{piece}");
            let found =
                defuse(&name, size, |size| certified(&format!("{open}{}", piece.repeat(size / piece.len()))));
            assert_eq!(found.verdict, Verdict::Absent);
            assert!(found.certdata.is_some_and(|data| !data.problems.is_empty()), "{name}");
        }
    }
}

#[test]
fn entities_within_entities() {
    let mut entities = "<!ENTITY a0 \"lol\">".to_owned();
    for level in 1..30 {
        let inner = format!("&a{};", level - 1).repeat(10);
        entities.push_str(&format!("<!ENTITY a{level} \"{inner}\">"));
    }
    let xml = format!("<!DOCTYPE postacert [{entities}]><postacert><dati>&a29;</dati></postacert>");
    defuse("a billion laughs", 1, |_| certified(&xml));
}

fn certified(xml: &str) -> Vec<u8> {
    let part = "--M\r\nContent-Type: application/xml; name=daticert.xml\r\n\r\n";
    message("multipart/mixed; boundary=M", format!("{part}{xml}\r\n--M--\r\n"))
}
