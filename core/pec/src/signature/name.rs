//! Names in certificates, and the constraints an authority is under as to whom it may name (RFC 5280 §4.2.1.10).
//!
//! Compared are e-mail addresses and directory names, the two forms that PEC's authorities constrain. A name of any
//! other form is within no permitted subtree and within every excluded one of its form: what cannot be compared is
//! not admitted.

use der::asn1::ObjectIdentifier;
use der::{Any, Tag, Tagged};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::pkix::constraints::name::{GeneralSubtrees, NameConstraints as Encoded};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

/// A distinguished name: its relative names in order, compared without regard to case and to runs of spaces, and
/// whatever string type the certificate uses (RFC 5280 §7.1).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct DistinguishedName(Vec<RelativeName>);

/// One attribute or, seldom, several.
type RelativeName = Vec<(ObjectIdentifier, AttributeValue)>;

#[derive(Clone, Debug, Eq, PartialEq)]
enum AttributeValue {
    /// Of a type that is not compared as text: its DER tag and content.
    Other(Tag, Vec<u8>),
    Text(String),
}

impl DistinguishedName {
    /// A name of one attribute after the other, the country first.
    pub(super) fn new<'a>(attributes: impl IntoIterator<Item = (ObjectIdentifier, &'a str)>) -> Self {
        let relative = |(kind, text)| vec![(kind, AttributeValue::text(text))];
        Self(attributes.into_iter().map(relative).collect())
    }

    /// Reads a certificate's name. Not by way of RFC 4514's text: x509-cert 0.3.0 (November 2026) looks through a list
    /// of all known identifiers for each attribute, which would take longer than the signatures.
    pub(super) fn read(name: &Name) -> Self {
        let attribute = |one: &AttributeTypeAndValue| (one.oid, AttributeValue::read(&one.value));
        Self(name.iter_rdn().map(|relative| relative.iter().map(attribute).collect()).collect())
    }

    fn is_within(&self, base: &Self) -> bool {
        self.0.starts_with(&base.0)
    }
}

impl AttributeValue {
    fn read(value: &Any) -> Self {
        let text = match value.tag() {
            Tag::Ia5String | Tag::PrintableString | Tag::TeletexString | Tag::Utf8String => {
                str::from_utf8(value.value()).ok()
            }
            _ => None,
        };
        text.map_or_else(|| Self::Other(value.tag(), value.value().to_vec()), Self::text)
    }

    fn text(text: &str) -> Self {
        Self::Text(text.to_lowercase().split_ascii_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// A name or, in a constraint, the base of a subtree of names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum AlternativeName {
    /// directoryName.
    Directory(DistinguishedName),
    /// rfc822Name: an address; in a constraint also a host, or a domain with a dot before it.
    Mailbox(String),
    /// Any other form, by its tag in GeneralName.
    Other(u8),
}

impl AlternativeName {
    /// Reads one GeneralName.
    pub(super) fn read(name: &GeneralName) -> Self {
        match name {
            GeneralName::DirectoryName(name) => Self::Directory(DistinguishedName::read(name)),
            GeneralName::Rfc822Name(text) => Self::Mailbox(text.as_str().to_owned()),
            GeneralName::OtherName(_) => Self::Other(0),
            GeneralName::DnsName(_) => Self::Other(2),
            GeneralName::EdiPartyName(_) => Self::Other(5),
            GeneralName::UniformResourceIdentifier(_) => Self::Other(6),
            GeneralName::IpAddress(_) => Self::Other(7),
            GeneralName::RegisteredId(_) => Self::Other(8),
        }
    }

    fn has_form_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Directory(_), Self::Directory(_)) | (Self::Mailbox(_), Self::Mailbox(_)) => true,
            (Self::Other(form), Self::Other(other)) => form == other,
            _ => false,
        }
    }

    /// Whether this name is in the subtree; `None` where the two cannot be compared.
    fn is_within(&self, base: &Self) -> Option<bool> {
        match (self, base) {
            (Self::Directory(name), Self::Directory(base)) => Some(name.is_within(base)),
            (Self::Mailbox(address), Self::Mailbox(base)) => is_mailbox_within(address, base),
            _ => None,
        }
    }
}

/// What an authority may name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct NameConstraints {
    permitted: Vec<AlternativeName>,
    excluded: Vec<AlternativeName>,
}

impl NameConstraints {
    /// Addresses at these hosts, and no others; names of other forms are free.
    pub(super) fn mailboxes_at<'a>(hosts: impl IntoIterator<Item = &'a str>) -> Self {
        let permitted = hosts.into_iter().map(|host| AlternativeName::Mailbox(host.to_owned())).collect();
        Self { permitted, excluded: Vec::new() }
    }

    /// Reads a certificate's extension. `minimum` and `maximum` are not used (RFC 5280 §4.2.1.10).
    pub(super) fn read(extension: &Encoded) -> Self {
        let bases = |subtrees: &Option<GeneralSubtrees>| {
            subtrees.iter().flatten().map(|subtree| AlternativeName::read(&subtree.base)).collect()
        };
        Self {
            permitted: bases(&extension.permitted_subtrees),
            excluded: bases(&extension.excluded_subtrees),
        }
    }

    /// Whether a certificate may carry this name: not excluded, and permitted where its form is constrained.
    pub(super) fn admit(&self, name: &AlternativeName) -> bool {
        let bases = |list| Iterator::filter(<[_]>::iter(list), |base| name.has_form_of(base));
        let excluded = bases(&self.excluded).any(|base| name.is_within(base) != Some(false));
        let mut permitted = bases(&self.permitted).peekable();
        !excluded && (permitted.peek().is_none() || permitted.any(|base| name.is_within(base) == Some(true)))
    }

    #[cfg(test)]
    pub(super) fn mailboxes(&self) -> std::collections::BTreeSet<&str> {
        fn mailbox(name: &AlternativeName) -> Option<&str> {
            match name {
                AlternativeName::Mailbox(base) => Some(base),
                _ => None,
            }
        }
        self.permitted.iter().filter_map(mailbox).collect()
    }
}

/// `None` for what is not an address: with no `@` or two of them, no two programs would read it alike.
fn is_mailbox_within(address: &str, base: &str) -> Option<bool> {
    let (_, host) = address.split_once('@').filter(|(_, host)| !host.contains('@'))?;
    if base.contains('@') {
        return Some(address.eq_ignore_ascii_case(base));
    }
    Some(match base.strip_prefix('.') {
        Some(_) => host.len() > base.len() && host.to_ascii_lowercase().ends_with(&base.to_ascii_lowercase()),
        None => base.is_empty() || host.eq_ignore_ascii_case(base),
    })
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc4519::{COMMON_NAME, COUNTRY_NAME, ORGANIZATION_NAME};

    use super::*;

    #[test]
    fn mailboxes_by_address_host_and_domain() {
        let cases = [
            ("a@pec.example.test", "pec.example.test", Some(true)),
            ("a@PEC.Example.test", "pec.example.TEST", Some(true)),
            ("a@sub.pec.example.test", "pec.example.test", Some(false)),
            ("a@notpec.example.test", "pec.example.test", Some(false)),
            ("a@pec.example.test", ".example.test", Some(true)),
            ("a@example.test", ".example.test", Some(false)),
            ("a@.example.test", ".example.test", Some(false)),
            ("a@pec.example.test", "a@pec.example.test", Some(true)),
            ("b@pec.example.test", "a@pec.example.test", Some(false)),
            ("a@evil.test@pec.example.test", "pec.example.test", None),
            ("pec.example.test", "pec.example.test", None),
            ("a@pec.example.test", "", Some(true)),
        ];
        for (address, base, expected) in cases {
            assert_eq!(is_mailbox_within(address, base), expected, "{address} in {base}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_not_admitted() {
        let mailbox = AlternativeName::Mailbox("a@pec.example.test".to_owned());
        let hosts = NameConstraints::mailboxes_at(["pec.example.test"]);
        assert!(hosts.admit(&mailbox));
        assert!(hosts.admit(&AlternativeName::Other(2)));

        let permitted = NameConstraints { permitted: vec![AlternativeName::Other(2)], ..Default::default() };
        assert!(permitted.admit(&mailbox));
        assert!(!permitted.admit(&AlternativeName::Other(2)));

        let excluded = NameConstraints { excluded: vec![AlternativeName::Other(2)], ..Default::default() };
        assert!(excluded.admit(&AlternativeName::Other(7)));
        assert!(!excluded.admit(&AlternativeName::Other(2)));
    }

    #[test]
    fn directory_names_are_within_their_prefix() {
        let name = |values: &[&'static str]| {
            let kinds = [COUNTRY_NAME, ORGANIZATION_NAME, COMMON_NAME];
            DistinguishedName::new(kinds.into_iter().zip(values.iter().copied()))
        };
        let whole = name(&["IT", "Example  S.p.A. ", "PEC"]);
        assert_eq!(whole, name(&["it", "example s.p.a.", "pec"]));
        assert!(whole.is_within(&name(&["IT", "Example S.p.A."])));
        assert!(!whole.is_within(&name(&["IT", "Example"])));
        assert!(!name(&["IT"]).is_within(&whole));
        assert_ne!(DistinguishedName::new([(COMMON_NAME, "IT")]), name(&["IT"]));
    }

    #[test]
    fn text_is_compared_whatever_its_string_type() {
        let value = |tag, bytes: &[u8]| AttributeValue::read(&Any::new(tag, bytes).unwrap());
        for tag in [Tag::Ia5String, Tag::PrintableString, Tag::TeletexString, Tag::Utf8String] {
            assert_eq!(value(tag, b"Example"), AttributeValue::text("example"));
        }
        assert_ne!(value(Tag::OctetString, b"example"), AttributeValue::text("example"));
        assert_ne!(value(Tag::TeletexString, b"\xe0"), value(Tag::TeletexString, b"\xe8"));
    }
}
