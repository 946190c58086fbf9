//! The certification data (dati di certificazione): daticert.xml as the provider signed it.
//!
//! Read by the DTD of DM 2-11-2005, annex (RFC 6109 §4.4), but best effort: what breaks it is listed in
//! [`CertificationData::problems`] and stops nothing; unknown values are kept as text. A DTD that the file names is
//! never fetched, and a file that declares entities is not read at all.

mod schema;
mod text;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use roxmltree::{Document, Node, ParsingOptions};

use crate::{Address, CertifiedTime};

/// What the provider certifies.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CertificationData {
    /// `postacert/@tipo` as written; [`crate::Kind::from_tipo`] reads it.
    pub tipo: String,
    /// `postacert/@errore`; `nessuno` where it is absent.
    pub error: String,
    /// `<errore-esteso>`: the provider's own words.
    pub error_text: Option<String>,
    /// `<mittente>`: who sent the message.
    pub sender: Option<Address>,
    /// `<destinatari>`: To and Cc, in the provider's order.
    pub recipients: Vec<Recipient>,
    /// `<risposte>`: where answers go; absent where it is empty.
    pub reply_to: Option<String>,
    /// `<oggetto>`.
    pub subject: Option<String>,
    /// `<gestore-emittente>`: the provider that certifies.
    pub provider: Option<String>,
    /// `<data>`: the certified time, with the offset of `zona`.
    pub time: Option<CertifiedTime>,
    /// `<identificativo>`: the provider's id of the envelope, bare.
    pub envelope: Option<String>,
    /// `<msgid>`: the Message-ID that the sender's client submitted, angle brackets kept.
    pub reference: Option<String>,
    /// `<ricevuta>/@tipo`.
    pub receipt: Option<ReceiptType>,
    /// `<consegna>`: the one recipient that a delivery or failure speaks of.
    pub recipient: Option<Address>,
    /// `<ricezione>`: the recipients that a taken-in-charge receipt speaks of.
    pub received_for: Vec<Address>,
    /// What breaks the DTD or could not be read, each in a few words; empty for a valid file.
    pub problems: Vec<&'static str>,
}

impl CertificationData {
    /// Reads the bytes of a daticert.xml, decoded. Never fails: what cannot be read is absent, and
    /// [`Self::problems`] says so.
    pub fn parse(xml: &[u8]) -> Self {
        let unread =
            |problem| Self { error: "nessuno".to_owned(), problems: vec![problem], ..Self::default() };
        let (text, is_replaced) = match text::read(xml) {
            Ok(read) => read,
            Err(problem) => return unread(problem),
        };
        let options = ParsingOptions { allow_dtd: true, nodes_limit: NODES_MAX, ..ParsingOptions::default() };
        let mut data = match Document::parse_with_options(&text, options) {
            Ok(document) => Self::of(document.root_element()),
            Err(_) => return unread("not well-formed XML"),
        };
        data.problems.extend(is_replaced.then_some("characters that cannot be read"));
        data
    }

    fn of(root: Node<'_, '_>) -> Self {
        let (header, data) = (child(root, "intestazione"), child(root, "dati"));
        let in_header = |name| text_of(child(header?, name)?);
        let in_data = |name| text_of(child(data?, name)?);
        // Without white space, as `Field::word` reads the header: some ids come folded.
        let id = |name| Some(in_data(name)?.split_whitespace().collect());
        let recipients = header.into_iter().flat_map(|header| children(header, "destinatari"));
        let received_for = data.into_iter().flat_map(|data| children(data, "ricezione"));
        let time = data.and_then(|data| child(data, "data"));
        let receipt = data.and_then(|data| child(data, "ricevuta")).and_then(|node| node.attribute("tipo"));
        let mut data = Self {
            tipo: root.attribute("tipo").unwrap_or_default().to_owned(),
            error: root.attribute("errore").unwrap_or("nessuno").to_owned(),
            error_text: in_data("errore-esteso"),
            sender: in_header("mittente").as_deref().map(Address::new),
            recipients: recipients.filter_map(Recipient::of).collect(),
            reply_to: in_header("risposte"),
            subject: in_header("oggetto"),
            provider: in_data("gestore-emittente"),
            time: time.and_then(time_of),
            envelope: id("identificativo"),
            reference: id("msgid"),
            receipt: receipt.and_then(ReceiptType::from_tipo),
            recipient: in_data("consegna").as_deref().map(Address::new),
            received_for: received_for.filter_map(text_of).map(|text| Address::new(&text)).collect(),
            problems: schema::problems(root),
        };
        if time.is_some() && data.time.is_none() {
            data.problems.push("the certified time cannot be read");
        }
        data
    }
}

/// A recipient as the provider lists it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recipient {
    /// The address.
    pub address: Address,
    /// `certificato`: a PEC box, which gives a delivery receipt. Otherwise `esterno`, which never does.
    pub certified: bool,
}

impl Recipient {
    fn of(node: Node<'_, '_>) -> Option<Self> {
        let certified = node.attribute("tipo").is_none_or(|tipo| tipo == "certificato");
        Some(Self { address: Address::new(&text_of(node)?), certified })
    }
}

/// How much of the message a delivery receipt carries (RFC 6109 §3.3.2).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ReceiptType {
    /// All of it (completa).
    Complete,
    /// Digests in place of the attachments (breve).
    Brief,
    /// Only the certification data (sintetica).
    Synthetic,
}

impl ReceiptType {
    /// The type that a word of `<ricevuta tipo>`, or of the header X-TipoRicevuta, stands for.
    pub fn from_tipo(tipo: &str) -> Option<Self> {
        match tipo {
            "completa" => Some(Self::Complete),
            "breve" => Some(Self::Brief),
            "sintetica" => Some(Self::Synthetic),
            _ => None,
        }
    }

    /// The word of the command line's contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Brief => "brief",
            Self::Synthetic => "synthetic",
        }
    }
}

/// The instant and the offset of `<data zona>`: `dd/mm/yyyy`, `hh:mm:ss`, `+hhmm` or `-hhmm`.
fn time_of(data: Node<'_, '_>) -> Option<CertifiedTime> {
    let day = text_of(child(data, "giorno")?)?;
    let hour = text_of(child(data, "ora")?)?;
    let [day, month, year] = numbers(&day, '/')?;
    let [hour, minute, second] = numbers(&hour, ':')?;
    let offset = offset_of(data.attribute("zona")?.trim())?;

    let date = Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    // A leap second has no instant of its own: it is the first of the next minute (RFC 6109 §4.4 allows second 60).
    let is_leap = second == 60;
    let second = if is_leap { 59 } else { second };
    let time = Time::new(hour.try_into().ok()?, minute.try_into().ok()?, second.try_into().ok()?, 0).ok()?;
    let instant = offset.to_timestamp(date.to_datetime(time)).ok()?.as_second();
    let instant = Timestamp::from_second(instant.checked_add(i64::from(is_leap))?).ok()?;
    Some(CertifiedTime { instant, offset })
}

fn offset_of(zone: &str) -> Option<Offset> {
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if digits.len() != 4 {
        return None;
    }
    let (hours, minutes) = digits.split_at_checked(2)?;
    let (hours, minutes) = (number(hours)?, number(minutes).filter(|minutes| *minutes < 60)?);
    let seconds = i32::from(hours).checked_mul(60)?.checked_add(i32::from(minutes))?.checked_mul(60)?;
    Offset::from_seconds(seconds.checked_mul(sign)?).ok()
}

fn numbers(text: &str, separator: char) -> Option<[i16; 3]> {
    let numbers: Option<Vec<_>> = text.split(separator).map(number).collect();
    numbers?.try_into().ok()
}

/// Digits only: no sign.
fn number(text: &str) -> Option<i16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn child<'a, 'input>(parent: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    children(parent, name).next()
}

fn children<'a, 'input>(parent: Node<'a, 'input>, name: &str) -> impl Iterator<Item = Node<'a, 'input>> {
    parent.children().filter(move |node| node.has_tag_name(name))
}

/// The text of an element without the white space around it; `None` where nothing is left.
fn text_of(node: Node<'_, '_>) -> Option<String> {
    let text: String = node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Ten times what the largest allowed file, with some thousands of recipients, could need.
const NODES_MAX: u32 = 100_000;

#[cfg(test)]
mod tests;
