//! Certificates and revocation lists: what is read stands in the bytes literally, and once read is read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use recapito_pec::fuzzing::{certificate, revocation_list};

fuzz_target!(|der: &[u8]| {
    let read = certificate(der);
    assert_eq!(read, certificate(der), "the same each time");
    assert_eq!(revocation_list(der), revocation_list(der));

    let Some(read) = read else { return };
    assert!(holds(der, &read.serial), "the serial number is not invented");
    for address in read.addresses {
        assert!(holds(der, address.as_bytes()), "an address is not invented");
    }
    assert_eq!(certificate(&der[..der.len() - 1]), None, "all of it is needed");
});

fn holds(bytes: &[u8], piece: &[u8]) -> bool {
    piece.is_empty() || bytes.windows(piece.len()).any(|window| window == piece)
}
