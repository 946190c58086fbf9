//! The DTD of daticert.xml (DM 2-11-2005, annex; RFC 6109 §4.4) as a table, and what of it a file breaks.

use roxmltree::Node;
use std::ops::RangeInclusive;

/// The children that an element must have, in order, and how many of each.
type Content = &'static [(&'static str, RangeInclusive<usize>)];

/// Says what breaks the DTD, in the order of the document; empty for a valid file.
pub(super) fn problems(root: Node<'_, '_>) -> Vec<&'static str> {
    let mut problems = Vec::new();
    let mut note = |applies: bool, problem| {
        if applies && !problems.contains(&problem) {
            problems.push(problem);
        }
    };
    note(!root.has_tag_name("postacert"), "the root element is not postacert");
    for node in root.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        let content =
            CONTENT.iter().find(|(parent, _)| *parent == name).map_or(&[][..], |(_, content)| content);
        note(!fits(node, content), "an element is missing, repeated, unknown or out of order");
        note(!content.is_empty() && has_text(node), "text between the elements");
        for (element, attribute, values, default) in ATTRIBUTES {
            let value = node.attribute(*attribute).or(*default).unwrap_or_default();
            note(
                name == *element && !values.contains(&value),
                "an attribute is missing or has an unknown value",
            );
        }
        note(
            name == "data" && !node.has_attribute("zona"),
            "an attribute is missing or has an unknown value",
        );
    }
    problems
}

fn fits(node: Node<'_, '_>, content: Content) -> bool {
    let elements = node.children().filter(Node::is_element);
    let mut names = elements.map(|child| child.tag_name().name()).peekable();
    let in_order = content.iter().all(|(name, occurrence)| {
        let count = std::iter::from_fn(|| names.next_if_eq(name)).count();
        occurrence.contains(&count)
    });
    in_order && names.next().is_none()
}

fn has_text(node: Node<'_, '_>) -> bool {
    let mut texts = node.children().filter_map(|child| child.text().filter(|_| child.is_text()));
    texts.any(|text| !text.trim().is_empty())
}

/// Elements that hold elements; all others hold text only.
const CONTENT: &[(&str, Content)] = &[
    ("postacert", &[("intestazione", ONE), ("dati", ONE)]),
    ("intestazione", &[("mittente", ONE), ("destinatari", SOME), ("risposte", ONE), ("oggetto", OPTIONAL)]),
    (
        "dati",
        &[
            ("gestore-emittente", ONE),
            ("data", ONE),
            ("identificativo", ONE),
            ("msgid", OPTIONAL),
            ("ricevuta", OPTIONAL),
            ("consegna", OPTIONAL),
            ("ricezione", ANY),
            ("errore-esteso", OPTIONAL),
        ],
    ),
    ("data", &[("giorno", ONE), ("ora", ONE)]),
];

const ONE: RangeInclusive<usize> = 1..=1;
const OPTIONAL: RangeInclusive<usize> = 0..=1;
const SOME: RangeInclusive<usize> = 1..=usize::MAX;
const ANY: RangeInclusive<usize> = 0..=usize::MAX;

/// Element, attribute, the closed set of its values, and the default.
const ATTRIBUTES: &[(&str, &str, &[&str], Option<&str>)] = &[
    (
        "postacert",
        "tipo",
        &[
            "accettazione",
            "non-accettazione",
            "presa-in-carico",
            "avvenuta-consegna",
            "posta-certificata",
            "errore-consegna",
            "preavviso-errore-consegna",
            "rilevazione-virus",
        ],
        None,
    ),
    ("postacert", "errore", &["nessuno", "no-dest", "no-dominio", "virus", "altro"], Some("nessuno")),
    ("destinatari", "tipo", &["certificato", "esterno"], Some("certificato")),
    ("ricevuta", "tipo", &["completa", "breve", "sintetica"], None),
];
