//! Certification data: valid files, what breaks the DTD, and what is made to break a reader.

use super::*;

const VALID: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<postacert tipo="avvenuta-consegna" errore="nessuno">
  <intestazione>
    <mittente>anna@pec.example.test</mittente>
    <destinatari tipo="certificato">ufficio@pec.example.it</destinatari>
    <destinatari tipo="esterno">bruno@example.it</destinatari>
    <risposte></risposte>
    <oggetto>Perch&#233; &lt;no&gt;</oggetto>
  </intestazione>
  <dati>
    <gestore-emittente>Prova S.p.A.</gestore-emittente>
    <data zona="+0200"><giorno>02/06/2024</giorno><ora>00:30:00</ora></data>
    <identificativo>opec1.20240602@pec.example.test</identificativo>
    <msgid>&lt;1@client.example.test&gt;</msgid>
    <ricevuta tipo="completa"/>
    <consegna>ufficio@pec.example.it</consegna>
  </dati>
</postacert>"#;

/// The data of `VALID` after a replacement.
fn changed(from: &str, to: &str) -> CertificationData {
    assert!(VALID.contains(from), "{from}");
    CertificationData::parse(VALID.replace(from, to).as_bytes())
}

#[test]
fn reads_every_field() {
    let data = CertificationData::parse(VALID.as_bytes());
    let expected = CertificationData {
        tipo: "avvenuta-consegna".into(),
        error: "nessuno".into(),
        sender: Some(Address::new("anna@pec.example.test")),
        recipients: vec![
            Recipient { address: Address::new("ufficio@pec.example.it"), certified: true },
            Recipient { address: Address::new("bruno@example.it"), certified: false },
        ],
        subject: Some("Perché <no>".into()),
        provider: Some("Prova S.p.A.".into()),
        time: Some(CertifiedTime {
            instant: "2024-06-01T22:30:00Z".parse().unwrap(),
            offset: Offset::constant(2),
        }),
        envelope: Some("opec1.20240602@pec.example.test".into()),
        reference: Some("<1@client.example.test>".into()),
        receipt: Some(ReceiptType::Complete),
        recipient: Some(Address::new("ufficio@pec.example.it")),
        ..CertificationData::default()
    };
    assert_eq!(data, expected);
}

#[test]
fn reads_what_other_kinds_carry() {
    let consegna = "<consegna>ufficio@pec.example.it</consegna>";
    let received = "<ricezione>a@example.test</ricezione><ricezione>b@example.test</ricezione>";
    let data = changed(consegna, &format!("{received}<errore-esteso>5.1.1 - no</errore-esteso>"));
    assert_eq!(data.received_for, ["a@example.test", "b@example.test"].map(Address::new));
    assert_eq!(data.error_text.as_deref(), Some("5.1.1 - no"));
    assert_eq!(data.recipient, None);
    assert_eq!(data.problems, [""; 0]);
}

#[test]
fn times_keep_the_offset_as_written() {
    let hour = "<ora>00:30:00</ora>";
    let zone = "+0200";
    let check = |from, to: &str, expected: Option<&str>| {
        let data = changed(from, to);
        assert_eq!(data.time.map(|time| time.to_string()).as_deref(), expected, "{to}");
        assert_eq!(data.problems.is_empty(), expected.is_some(), "{to}");
    };
    check(zone, "+0000", Some("2024-06-02T00:30:00+00:00"));
    check(zone, "-0530", Some("2024-06-02T00:30:00-05:30"));
    check(hour, "<ora>23:59:60</ora>", Some("2024-06-03T00:00:00+02:00"));
    for zone_to in ["0200", "+2", "+02:00", "+0261", "++200", "+9900", "", "CEST"] {
        check(zone, zone_to, None);
    }
    for hour_to in ["24:00:00", "00:30", "0:0:61", "00:30:+1", "-1:30:00", "99999:0:0", ""] {
        check(hour, &format!("<ora>{hour_to}</ora>"), None);
    }
    check("02/06/2024", "31/06/2024", None);
    check("02/06/2024", "2024-06-02", None);
}

#[test]
fn says_what_breaks_the_dtd_and_reads_on() {
    for (from, to) in [
        ("tipo=\"avvenuta-consegna\"", "tipo=\"mancata-consegna\""),
        ("tipo=\"avvenuta-consegna\"", ""),
        ("errore=\"nessuno\"", "errore=\"boh\""),
        ("tipo=\"esterno\"", "tipo=\"interno\""),
        ("tipo=\"completa\"", "tipo=\"lunga\""),
        ("zona=\"+0200\"", ""),
        ("<risposte></risposte>", ""),
        ("<risposte></risposte>", "<risposte></risposte>a"),
        ("<risposte></risposte>", "<risposte></risposte><risposte></risposte>"),
        ("<risposte></risposte>", "<risposte><b/></risposte>"),
        ("<intestazione>", "<intestazione><oggetto>x</oggetto>"),
        ("<ricevuta tipo=\"completa\"/>", "<ricevuta tipo=\"completa\"/><altro/>"),
    ] {
        let data = changed(from, to);
        assert!(!data.problems.is_empty(), "{from} -> {to}");
        assert_eq!(data.envelope.as_deref(), Some("opec1.20240602@pec.example.test"), "{from} -> {to}");
    }
    assert_eq!(changed("errore=\"nessuno\"", "").error, "nessuno");
    assert_eq!(changed("avvenuta-consegna", "mancata-consegna").tipo, "mancata-consegna");
}

#[test]
fn tolerates_what_providers_write() {
    let valid = CertificationData::parse(VALID.as_bytes());
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    let doctype = "<!DOCTYPE postacert SYSTEM \"http://dtd.example.test/daticert.dtd\">";
    let style = "<?xml-stylesheet type=\"text/xsl\" href=\"http://xsl.example.test/d.xsl\"?>";
    let latin = VALID.replace("UTF-8", "ISO-8859-1").replace("&#233;", "\u{1}");
    let latin: Vec<_> = latin.bytes().map(|byte| if byte == 1 { 0xE9 } else { byte }).collect();
    for bytes in [
        format!("{VALID}\n\r\n").into_bytes(),
        format!("{VALID}\0\0").into_bytes(),
        format!("\u{feff}{VALID}").into_bytes(),
        format!("\r\n{VALID}").into_bytes(),
        VALID.replace("&lt;1@client", "&lt;1@\r\n client").into_bytes(),
        VALID.replace('\n', "\r\n").into_bytes(),
        VALID.replace(declaration, "").trim_start().into(),
        VALID.replace(declaration, &format!("{declaration}{style}{doctype}")).into_bytes(),
        latin,
    ] {
        assert_eq!(CertificationData::parse(&bytes), valid, "{:?}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn a_character_that_cannot_be_read_costs_that_character_only() {
    let valid = CertificationData::parse(VALID.as_bytes());
    for bytes in [&b"\xE9"[..], b"\x1A", b"\0", b"\xEF\xBF\xBF"] {
        let (before, after) = VALID.split_once("&#233;").unwrap();
        let data = CertificationData::parse(&[before.as_bytes(), bytes, after.as_bytes()].concat());
        assert_eq!(data.problems, ["characters that cannot be read"], "{bytes:?}");
        let subject = Some("Perch\u{FFFD} <no>".into());
        assert_eq!(data, CertificationData { subject, problems: data.problems.clone(), ..valid.clone() });
    }
    // One that the provider replaced itself is as good as any other.
    assert_eq!(changed("&#233;", "\u{FFFD}").problems, [""; 0]);
}

#[test]
fn a_subject_may_say_anything() {
    let long = "x > y's \"z\" = '' ".repeat(500);
    for subject in ["xmlns ".repeat(50), long] {
        let data = changed("Perch&#233; &lt;no&gt;", &subject);
        assert_eq!(data.subject.as_deref(), Some(subject.trim()));
        assert_eq!(data.problems, [""; 0]);
    }
}

#[test]
fn refuses_what_is_no_certification_data() {
    let bomb = |body: &str| format!("<!DOCTYPE postacert [<!ENTITY a \"{}\">]>{body}", "x".repeat(100_000));
    let deep = |open: &str, close: &str, times| open.repeat(times) + &close.repeat(times);
    let attributes: String = (0..100_000).map(|i| format!(" a{i}=''")).collect();
    for xml in [
        String::new(),
        "<".into(),
        "<postacert>".into(),
        format!("{VALID} and more"),
        format!("{VALID}{VALID}"),
        " ".repeat(2 * 1024 * 1024),
        bomb(&format!("<postacert>{}</postacert>", "&a;".repeat(100_000))),
        deep("<a xmlns:b='c'>", "</a>", 40_000),
        deep("<a>", "</a>", 140_000),
        format!("<postacert{attributes}/>"),
        format!("<postacert b='>'{attributes}/>"),
    ] {
        let data = CertificationData::parse(xml.as_bytes());
        assert_eq!(data.problems.len(), 1);
        let nothing = CertificationData { error: "nessuno".into(), ..CertificationData::default() };
        assert_eq!(CertificationData { problems: Vec::new(), ..data }, nothing);
    }
    assert!(!CertificationData::parse(b"<a>\xff</a>").problems.is_empty());
    assert!(!CertificationData::parse(deep("<a>", "</a>", 40_000).as_bytes()).problems.is_empty());
}
