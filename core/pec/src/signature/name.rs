//! Names in certificates, and the constraints an authority is under as to whom it may name (RFC 5280 §4.2.1.10).
//!
//! Compared are e-mail addresses and directory names, the two forms that PEC's authorities constrain. A name of any
//! other form is within no permitted subtree and within every excluded one of its form: what cannot be compared is
//! not admitted.

use const_oid::db::rfc4519::{COMMON_NAME, ORGANIZATION_NAME};
use der::asn1::ObjectIdentifier;

use super::element::{Element, Elements, Malformed, OBJECT_IDENTIFIER, SEQUENCE, SET, context};

/// A distinguished name as it stands in a certificate. It is read only where it has to be: most are compared with a copy
/// of themselves.
#[derive(Clone, Copy, Debug)]
pub(super) struct EncodedName<'a>(&'a [u8]);

impl<'a> EncodedName<'a> {
    /// The next element, which is a Name.
    pub(super) fn take(elements: &mut Elements<'a>) -> Result<Self, Malformed> {
        elements.expect(SEQUENCE).map(|name| Self(name.content))
    }

    /// What it says.
    pub(super) fn read(self) -> Result<DistinguishedName, Malformed> {
        self.relative_names().collect::<Result<_, _>>().map(DistinguishedName)
    }

    /// Whether the two are the same name; read no further than they agree.
    pub(super) fn is(self, other: EncodedName<'_>) -> bool {
        if self.0 == other.0 {
            return true;
        }
        let (mut names, mut others) = (self.relative_names(), other.relative_names());
        loop {
            match (names.next(), others.next()) {
                (None, None) => return true,
                (Some(Ok(one)), Some(Ok(other))) if one == other => (),
                _ => return false,
            }
        }
    }

    fn relative_names(self) -> impl Iterator<Item = Result<RelativeName, Malformed>> + use<'a> {
        Elements(self.0).map(|set| attributes(set?)?.map(AttributeValue::of).collect())
    }

    /// For people: common name, else organisation, else nothing.
    pub(super) fn title(self) -> String {
        let text = |wanted| {
            let sets = Elements(self.0).filter_map(|set| attributes(set.ok()?).ok());
            let mut all = sets.flatten().flatten();
            all.find_map(|(kind, value)| text(value).filter(|_| kind == wanted))
        };
        text(COMMON_NAME).or_else(|| text(ORGANIZATION_NAME)).unwrap_or_default()
    }
}

/// The attributes of a relative name: of which kind, and the value.
fn attributes<'a>(
    set: Element<'a>,
) -> Result<impl Iterator<Item = Result<(ObjectIdentifier, Element<'a>), Malformed>>, Malformed> {
    if set.tag != SET {
        return Err(Malformed);
    }
    Ok(set.children().map(|attribute| {
        let mut fields = attribute?.children();
        let kind = fields.expect(OBJECT_IDENTIFIER)?.content;
        Ok((ObjectIdentifier::from_bytes(kind).map_err(|_| Malformed)?, fields.any()?))
    }))
}

/// The text of a DirectoryString (RFC 5280 §4.1.2.4), or of an IA5String.
fn text(value: Element<'_>) -> Option<String> {
    match value.tag {
        IA5_STRING | PRINTABLE_STRING | UTF8_STRING => str::from_utf8(value.content).ok().map(str::to_owned),
        TELETEX_STRING => Some(value.content.iter().copied().map(char::from).collect()),
        BMP_STRING => {
            let units = value.content.as_chunks::<2>().0.iter().copied().map(u16::from_be_bytes);
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}

/// A distinguished name: its relative names in order, compared without regard to case and to runs of spaces, and
/// whatever string type the certificate uses (RFC 5280 §7.1).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct DistinguishedName(Vec<RelativeName>);

/// One attribute or, seldom, several.
type RelativeName = Vec<(ObjectIdentifier, AttributeValue)>;

#[derive(Clone, Debug, Eq, PartialEq)]
enum AttributeValue {
    /// Of a type that is not compared as text: its tag and content.
    Other(u8, Vec<u8>),
    Text(String),
}

impl DistinguishedName {
    /// A name of one attribute after the other, the country first.
    pub(super) fn new<'a>(attributes: impl IntoIterator<Item = (ObjectIdentifier, &'a str)>) -> Self {
        let relative = |(kind, text)| vec![(kind, AttributeValue::text(text))];
        Self(attributes.into_iter().map(relative).collect())
    }

    fn is_within(&self, base: &Self) -> bool {
        self.0.starts_with(&base.0)
    }
}

impl AttributeValue {
    fn of(
        attribute: Result<(ObjectIdentifier, Element<'_>), Malformed>,
    ) -> Result<(ObjectIdentifier, Self), Malformed> {
        attribute.map(|(kind, value)| (kind, Self::read(value.tag, value.content)))
    }

    fn read(tag: u8, content: &[u8]) -> Self {
        let text = match tag {
            IA5_STRING | PRINTABLE_STRING | TELETEX_STRING | UTF8_STRING => str::from_utf8(content).ok(),
            _ => None,
        };
        text.map_or_else(|| Self::Other(tag, content.to_vec()), Self::text)
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
    pub(super) fn read(name: Element<'_>) -> Result<Self, Malformed> {
        match name.tag {
            RFC822_NAME if name.content.is_ascii() => {
                String::from_utf8(name.content.to_vec()).map(Self::Mailbox).map_err(|_| Malformed)
            }
            RFC822_NAME => Err(Malformed),
            DIRECTORY_NAME => EncodedName::take(&mut name.children())?.read().map(Self::Directory),
            other => Ok(Self::Other(other & FORM)),
        }
    }

    /// Reads GeneralNames, of which there may only be so many.
    pub(super) fn read_all(names: Elements<'_>) -> Result<Vec<Self>, Malformed> {
        let names = names.take_at_most(MAX_NAMES)?;
        names.into_iter().map(Self::read).collect()
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
    pub(super) fn read(mut extension: Elements<'_>) -> Result<Self, Malformed> {
        let mut constraints = extension.expect(SEQUENCE)?.children();
        let mut bases = |tag| {
            let subtrees =
                constraints.optional(tag)?.map(|subtrees| subtrees.children().take_at_most(MAX_NAMES));
            let subtrees = subtrees.transpose()?.unwrap_or_default().into_iter();
            subtrees
                .map(|subtree| AlternativeName::read(subtree.children().any()?))
                .collect::<Result<_, Malformed>>()
        };
        Ok(Self { permitted: bases(context(0))?, excluded: bases(context(1))? })
    }

    /// Whether a certificate may carry this name: not excluded, and permitted where its form is constrained.
    pub(super) fn admit(&self, name: &AlternativeName) -> bool {
        let bases = |list| Iterator::filter(<[_]>::iter(list), |base| name.has_form_of(base));
        let excluded = bases(&self.excluded).any(|base| name.is_within(base) != Some(false));
        let mut permitted = bases(&self.permitted).peekable();
        !excluded && (permitted.peek().is_none() || permitted.any(|base| name.is_within(base) == Some(true)))
    }

    /// Whether a certificate may carry all these names.
    pub(super) fn admit_all(&self, names: &[AlternativeName]) -> bool {
        names.iter().all(|name| self.admit(name))
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

const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const TELETEX_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;
const BMP_STRING: u8 = 0x1e;
/// GeneralName's `[1]` and `[4]`.
const RFC822_NAME: u8 = 0x81;
const DIRECTORY_NAME: u8 = 0xa4;
/// The number in a context-specific tag.
const FORM: u8 = 0x1f;
/// AgID CA1 has 111 constraints, a provider one address. Every name is compared with every constraint.
const MAX_NAMES: usize = 1_000;

#[cfg(test)]
mod tests {
    use const_oid::db::rfc4519::COUNTRY_NAME;

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
        let value = AttributeValue::read;
        for tag in [IA5_STRING, PRINTABLE_STRING, TELETEX_STRING, UTF8_STRING] {
            assert_eq!(value(tag, b"Example"), AttributeValue::text("example"));
        }
        assert_ne!(value(0x04, b"example"), AttributeValue::text("example"));
        assert_ne!(value(TELETEX_STRING, b"\xe0"), value(TELETEX_STRING, b"\xe8"));
    }
}
