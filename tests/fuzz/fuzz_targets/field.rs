//! Headers: a field is a piece of the header, an address a piece of its field, a boundary what stands in the quotes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use recapito_pec::fuzzing::mailbox;
use recapito_pec::message::{Fields, Media};

fuzz_target!(|header: &[u8]| {
    let mut from = header.as_ptr() as usize;
    for field in Fields::new(header).iter() {
        let (name, value) = (field.name.as_ptr_range(), field.value.as_ptr_range());
        assert!(from <= name.start as usize && name.end < value.start, "in their order");
        from = value.end as usize;
        assert!(from <= header.as_ptr_range().end as usize, "inside the header");
        assert!(!field.unfolded().contains(&b'\n'));

        let _ = (field.date(), field.word());
        assert!(field.text().len() <= 64 << 10, "a subject is not blown up");
        let addresses: usize = field.addresses().iter().map(|address| address.as_str().len()).sum();
        assert!(addresses <= 256 << 10, "nor is a list");
        check_media(field.value);
    }
    check_media(header);
    check_mailbox(header);
});

fn check_media(value: &[u8]) {
    let media = Media::parse(value);
    assert_eq!(media, Media::parse(value));
    assert!(!media.name.bytes().any(|byte| byte.is_ascii_uppercase() || byte.is_ascii_whitespace()));
    if let Some(boundary) = media.single("boundary") {
        assert!(media.has("boundary") && media.first("boundary") == Some(boundary));
        let mut bytes = value.iter();
        let is_there = boundary.iter().all(|byte| bytes.any(|other| other == byte));
        assert!(is_there, "taken from the value, byte after byte");
    }
}

fn check_mailbox(value: &[u8]) {
    let Some(address) = mailbox(value) else { return };
    let address = address.as_str().as_bytes();
    assert!(address.iter().all(u8::is_ascii_graphic));
    assert_eq!(address.iter().filter(|byte| **byte == b'@').count(), 1);
    assert!(value.windows(address.len()).any(|window| window == address), "it stands in the field");
    // What a reader who only looks for brackets would take.
    let is_plain = !value.iter().any(|byte| matches!(byte, b'(' | b'"'));
    if let Some(open) = value.iter().position(|byte| *byte == b'<').filter(|_| is_plain) {
        let bracketed = value[open + 1..].split(|byte| *byte == b'>').next().unwrap_or_default();
        assert_eq!(bracketed.trim_ascii(), address, "the address in brackets");
    }
}
