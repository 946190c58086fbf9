//! A genuine receipt as small as one can be: a key on P-256, one enclosed certificate, few words.

use crate::case::NOW;
use crate::openssl;
use crate::oracle::sample::Sample;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};

/// Makes it with OpenSSL, or says that the test is skipped.
pub(super) fn small() -> Option<Sample> {
    if !openssl::is_here() {
        return None;
    }
    let key = KeyPair::generate().expect("randomness");
    let authority = authority().self_signed(&key).expect("a certificate");
    let signer_key = KeyPair::generate().expect("randomness");
    let params = self::authority();
    let signer =
        provider().signed_by(&signer_key, &Issuer::from_params(&params, &key)).expect("a certificate");

    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("content"), CONTENT).expect("a file");
    std::fs::write(file("signer.pem"), signer.pem()).expect("a file");
    std::fs::write(file("key.pem"), signer_key.serialize_pem()).expect("a file");
    let arguments =
        "cms -sign -binary -nosmimecap -outform DER -md sha256 -in content -signer signer.pem -inkey key.pem";
    let signed = openssl::run(folder.path(), &arguments.split(' ').collect::<Vec<_>>(), b"");
    let text = STANDARD.encode(signed);
    let lines: String =
        text.as_bytes().chunks(76).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect();
    let raw = format!(
        "From: {ADDRESS}\r\nTo: a@b.test\r\nSubject: ACCETTAZIONE: x\r\nX-Ricevuta: accettazione\r\n\
         Content-Type: multipart/signed; boundary=S;\r\n protocol=\"application/pkcs7-signature\"; micalg=sha-256\r\n\r\n\
         --S\r\n{CONTENT}\r\n--S\r\n\
         Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         {lines}--S--\r\n"
    );
    Some(Sample {
        name: "small receipt".to_owned(),
        raw: raw.into_bytes(),
        authority: Some(authority.pem()),
        // OpenSSL signs at the time of its clock: that must lie before.
        now: NOW.parse().expect("a time"),
    })
}

fn authority() -> CertificateParams {
    let mut params = named("CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.custom_extensions = vec![policy(&[0x2b, 0x4c, 0x10, 3, 1])];
    params
}

fn provider() -> CertificateParams {
    let mut params = named("P");
    params.subject_alt_names = vec![SanType::Rfc822Name(ADDRESS.try_into().expect("an address"))];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
    params.custom_extensions = vec![policy(&[0x2b, 0x4c, 0x10, 3, 1, 1])];
    params
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    params
}

/// Certificate policies with one policy, whose identifier has this content: SEQUENCE { SEQUENCE { OID } }.
fn policy(oid: &[u8]) -> CustomExtension {
    let mut content = oid.to_vec();
    for tag in [0x06, 0x30, 0x30] {
        let len = u8::try_from(content.len()).expect("short");
        content.splice(0..0, [tag, len]);
    }
    CustomExtension::from_oid_content(&[2, 5, 29, 32], content)
}

const ADDRESS: &str = "posta-certificata@pec.test";

/// What is signed; the line end before the delimiter is not part of it.
const CONTENT: &str = "Content-Type: multipart/mixed; boundary=M\r\n\r\n\
    --M\r\n\r\nAccettata\r\n\
    --M\r\nContent-Type: application/xml; name=daticert.xml\r\n\r\n\
    <postacert tipo=\"accettazione\" errore=\"nessuno\"><intestazione><mittente>a@b.test</mittente>\
    <destinatari>c@d.test</destinatari><risposte>a@b.test</risposte><oggetto>x</oggetto></intestazione>\
    <dati><gestore-emittente>P</gestore-emittente><data zona=\"+0100\"><giorno>02/03/2026</giorno>\
    <ora>11:20:30</ora></data><identificativo>1@pec.test</identificativo><msgid>&lt;1@b.test&gt;</msgid></dati></postacert>\r\n\
    --M--\r\n";
