//! daticert.xml, the certification data of a message (dati di certificazione, RFC 6109 §4.4).
//!
//! This is the part of a provider's message that machines read. Layout, indentation and the order of the
//! elements are those of the files that real providers send; the DTD is the annex's.

use jiff::Zoned;

use crate::dispatch::{Receipt, Recipient};

/// What one daticert.xml says.
#[derive(Clone, Debug)]
pub(crate) struct Certdata<'a> {
    /// `tipo`: what kind of message this is.
    pub(crate) kind: &'a str,
    /// `errore`.
    pub(crate) error: &'a str,
    pub(crate) sender: &'a str,
    pub(crate) recipients: &'a [Recipient],
    pub(crate) reply_to: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) time: &'a Zoned,
    /// The envelope's Message-ID, bare.
    pub(crate) identifier: &'a str,
    /// The client's Message-ID, with angle brackets.
    pub(crate) reference: Option<&'a str>,
    pub(crate) receipt: Option<Receipt>,
    /// `consegna`: the one recipient a receipt speaks of.
    pub(crate) recipient: Option<&'a str>,
    /// `ricezione`: the recipients a provider took in charge.
    pub(crate) received: &'a [&'a str],
    pub(crate) error_text: Option<&'a str>,
}

impl Certdata<'_> {
    /// The file, UTF-8, lines ended by LF.
    pub(crate) fn to_xml(&self) -> String {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let mut line = |depth: usize, text: String| {
            xml.push_str(&"    ".repeat(depth));
            xml.push_str(&text);
            xml.push('\n');
        };
        line(0, format!("<postacert tipo=\"{}\" errore=\"{}\">", self.kind, self.error));
        line(1, "<intestazione>".to_owned());
        line(2, element("mittente", self.sender));
        for recipient in self.recipients {
            let kind = if recipient.certified { "certificato" } else { "esterno" };
            let address = escape(&recipient.address);
            line(2, format!("<destinatari tipo=\"{kind}\">{address}</destinatari>"));
        }
        line(2, element("risposte", self.reply_to));
        line(2, element("oggetto", self.subject));
        line(1, "</intestazione>".to_owned());
        line(1, "<dati>".to_owned());
        line(2, element("gestore-emittente", self.provider));
        line(2, format!("<data zona=\"{}\">", self.time.strftime("%z")));
        line(3, element("giorno", &self.time.strftime("%d/%m/%Y").to_string()));
        line(3, element("ora", &self.time.strftime("%H:%M:%S").to_string()));
        line(2, "</data>".to_owned());
        line(2, element("identificativo", self.identifier));
        if let Some(reference) = self.reference {
            line(2, element("msgid", reference));
        }
        if let Some(receipt) = self.receipt {
            line(2, format!("<ricevuta tipo=\"{}\" />", receipt.word()));
        }
        if let Some(recipient) = self.recipient {
            line(2, element("consegna", recipient));
        }
        for recipient in self.received {
            line(2, element("ricezione", recipient));
        }
        if let Some(text) = self.error_text {
            line(2, element("errore-esteso", text));
        }
        line(1, "</dati>".to_owned());
        line(0, "</postacert>".to_owned());
        xml
    }
}

fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// Text as XML and HTML want it. Characters that XML 1.0 forbids are left out.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' => escaped.push(character),
            '\u{0}'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => escaped.push(character),
        }
    }
    escaped
}
