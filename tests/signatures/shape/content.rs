//! What is signed, in other forms: the certification data, the original, providers' further parts.

use recapito_pec::Kind;

use crate::authority::Authority;
use crate::case::{Case, trusted};
use crate::envelope::{
    ORIGINAL, TEXT, base64, certdata, daticert, mixed, multipart, part, postacert, swap, swap_first,
};

/// All of them.
pub(super) fn cases(of: &Authority) -> Vec<Case> {
    let xml = certdata("avvenuta-consegna");
    let data = daticert(&xml);
    let original = postacert(ORIGINAL);
    let case = |name: &str, parts: &[&[u8]]| trusted(name, of.seal(&mixed(parts)));
    let mut cases = Vec::new();
    for width in [1, 4, 60, 64, 76, 77, 10_000] {
        let data = part(DATICERT, base64(&xml, width));
        cases.push(case(&format!("daticert.xml, base64 in lines of {width}"), &[TEXT, &data, &original]));
    }
    let blanks = base64(&xml, 20).replace("\r\n", " \t\r\n\r\n ");
    let stray = base64(&[&xml[..], b"\n\r\n"].concat(), 76);
    let padded = base64(&xml, 76).trim_end().trim_end_matches('=').to_owned();
    for (name, body) in
        [("with blanks", &blanks), ("with stray line ends inside", &stray), ("without padding", &padded)]
    {
        cases.push(case(&format!("daticert.xml, base64 {name}"), &[TEXT, &part(DATICERT, body), &original]));
    }
    let crlf = swap(&xml, "\n", "\r\n");
    let quoted = swap(&swap(&crlf, "=", "=3D"), "<dati>", "=\r\n<dati>=  \r\n");
    let quoted_part = |header: &str| part(&swap_text(header, "base64", "quoted-printable"), &quoted);
    let bare = "Content-Type: application/xml; name=daticert.xml\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=daticert.xml\r\n";
    let unnamed_type = "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=\"daticert.xml\"\r\n";
    let no_disposition =
        "Content-Type: application/xml; name=\"daticert.xml\"\r\nContent-Transfer-Encoding: base64\r\n";
    let folded = "content-type:\r\n application/xml;\r\n\tname=\"daticert.xml\"\r\nCONTENT-TRANSFER-ENCODING:\r\n base64\r\n\
        content-disposition: inline;\r\n filename=\"daticert.xml\"\r\n";
    let commented = "Content-Type: application/xml (x); name=\"daticert.xml\"\r\nContent-Transfer-Encoding: BASE64 (y)\r\n";
    let body = base64(&xml, 76);
    let of_html = multipart("Content-Type: multipart/alternative; boundary=\"alt\"\r\n", "alt", &[
        TEXT,
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<p>\xc3\xa8</p>",
    ]);
    let extra = part(
        "Content-Type: application/pdf; name=\"logo.pdf\"\r\nContent-Transfer-Encoding: base64\r\n",
        "JVBERg==\r\n",
    );
    let xml_beside = part("Content-Type: application/xml; name=\"segnatura.xml\"\r\n", "<s/>\r\n");
    let with_bom = [b"\xef\xbb\xbf", &xml[..]].concat();
    let latin = swap(&swap(&xml, "UTF-8", "ISO-8859-1"), "<oggetto>prova", b"<oggetto>citt\xe0");
    cases.extend([
        case("daticert.xml quoted-printable", &[TEXT, &quoted_part(bare), &original]),
        case("daticert.xml quoted-printable, after the original", &[TEXT, &original, &quoted_part(DATICERT)]),
        case(
            "daticert.xml as it is",
            &[TEXT, &part(&swap_text(DATICERT, "base64", "8bit"), &crlf), &original],
        ),
        case(
            "daticert.xml as it is, nothing said",
            &[TEXT, &part("Content-Type: application/xml; name=daticert.xml\r\n", &crlf)],
        ),
        case("daticert.xml after the original", &[TEXT, &original, &data]),
        case("daticert.xml first", &[&data, TEXT, &original]),
        case("daticert.xml alone", &[&data]),
        case("daticert.xml, name without quotes", &[TEXT, &part(bare, &body), &original]),
        case("daticert.xml, a file of no special type", &[TEXT, &part(unnamed_type, &body), &original]),
        case("daticert.xml without disposition", &[TEXT, &part(no_disposition, &body), &original]),
        case("daticert.xml, header folded and in capitals", &[TEXT, &part(folded, &body), &original]),
        case("daticert.xml, comments in its header", &[TEXT, &part(commented, &body), &original]),
        case("daticert.xml with a byte order mark", &[TEXT, &daticert(&with_bom), &original]),
        case("daticert.xml in ISO-8859-1", &[TEXT, &daticert(&latin), &original]),
        case("text and HTML", &[&of_html, &data, &original]),
        case("further parts of the provider's", &[TEXT, &extra, &data, &xml_beside, &original, &extra]),
        case("no original", &[TEXT, &data]),
        case("an original of 8 bits", &[TEXT, &data, &postacert(b"Subject: \xe0\r\n\r\n\xff\xfe\r\n")]),
        case("an original that ends without line end", &[TEXT, &data, &postacert(b"Subject: x\r\n\r\nx")]),
        case("an empty original", &[TEXT, &data, &postacert(b"")]),
        case("an original with NUL", &[TEXT, &data, &postacert(b"Subject: x\r\n\r\na\0b\r\n")]),
        case("an original with bare CR", &[TEXT, &data, &postacert(b"Subject: x\r\n\r\na\rb\r\r\n")]),
        case(
            "an original with dots and From",
            &[TEXT, &data, &postacert(b"Subject: x\r\n\r\n.\r\n..\r\nFrom x\r\n")],
        ),
    ]);
    for (tipo, header, kind) in [
        ("posta-certificata", "X-Trasporto: posta-certificata", Kind::Envelope),
        ("accettazione", "X-Ricevuta: accettazione", Kind::Acceptance),
        ("non-accettazione", "X-Ricevuta: non-accettazione", Kind::Refusal),
        ("presa-in-carico", "X-Ricevuta: presa-in-carico", Kind::TakenInCharge),
        ("errore-consegna", "X-Ricevuta: errore-consegna", Kind::Failure),
        ("preavviso-errore-consegna", "X-Ricevuta: preavviso-errore-consegna", Kind::DelayNotice),
        ("rilevazione-virus", "X-Ricevuta: rilevazione-virus", Kind::VirusNotice),
    ] {
        let raw = of.seal(&mixed(&[TEXT, &daticert(&certdata(tipo))]));
        let raw = swap_first(&raw, "X-Ricevuta: avvenuta-consegna", header);
        cases.push(trusted(format!("kind: {tipo}"), raw).of_kind(kind));
    }
    let anomaly = of.seal(&mixed(&[TEXT, &original]));
    let anomaly = swap_first(&anomaly, "X-Ricevuta: avvenuta-consegna", "X-Trasporto: errore");
    cases.push(trusted("kind: anomaly envelope", anomaly).of_kind(Kind::AnomalyEnvelope));
    cases
}

fn swap_text(header: &str, from: &str, to: &str) -> String {
    String::from_utf8(swap(header.as_bytes(), from, to)).expect("a header")
}

const DATICERT: &str = "Content-Type: application/xml; name=\"daticert.xml\"\r\n\
    Content-Transfer-Encoding: base64\r\nContent-Disposition: inline; filename=\"daticert.xml\"\r\n";
