//! Certification data: no more comes out than went in, whatever the XML.

#![no_main]

use libfuzzer_sys::fuzz_target;
use recapito_pec::CertificationData;

fuzz_target!(|xml: &[u8]| {
    let data = CertificationData::parse(xml);
    assert_eq!(data, CertificationData::parse(xml), "the same each time");

    let texts =
        [&data.error_text, &data.reply_to, &data.subject, &data.provider, &data.envelope, &data.reference];
    let texts = texts.into_iter().flatten().map(String::len);
    let addresses = data.recipients.iter().map(|recipient| &recipient.address).chain(&data.received_for);
    let addresses =
        addresses.chain(&data.sender).chain(&data.recipient).map(|address| address.as_str().len());
    let sum: usize = texts.chain(addresses).chain([data.tipo.len(), data.error.len()]).sum();
    // A byte that cannot be read becomes the three of U+FFFD; the values lie side by side in the file, or one in
    // another where its structure is broken.
    assert!(sum <= 16 + 3 * 10 * xml.len(), "{sum} bytes from {}", xml.len());

    let marked = [b"\xef\xbb\xbf", xml].concat();
    if !xml.starts_with(b"\xef\xbb\xbf") && marked.len() < 1 << 20 {
        assert_eq!(data, CertificationData::parse(&marked), "a byte order mark says nothing");
    }
});
