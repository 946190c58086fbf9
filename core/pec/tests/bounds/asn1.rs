//! Signatures: ASN.1 ten thousand deep, lengths that lie, and certificates that keep whoever follows them busy.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use recapito_pec::{Reason, Verdict};

use crate::authority::{Chain, Identity, provider};
use crate::p7s::{self, attribute, attributes, issuer_and_serial, tlv};
use crate::{MB, defuse, message};

/// As much as is decoded of a signature.
const P7S_MAX: usize = MB - 1_000;
const CONTENT: &str = "Content-Type: text/plain\r\n\r\nciao\r\n";

fn signed(p7s: &[u8]) -> Vec<u8> {
    let head = "Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    let body = format!("--S\r\n{CONTENT}\r\n--S\r\n{head}{}\r\n--S--\r\n", STANDARD.encode(p7s));
    message("multipart/signed; boundary=S", body)
}

#[test]
fn elements_in_elements() {
    for open in [
        b"\x30\x80".as_slice(),
        b"\x31\x80",
        b"\x24\x80",
        b"\xa0\x80",
        b"\x30\x84\x7f\xff\xff\xff",
        b"\x30\x84\x00\x00\x10\x00",
        b"\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x24\x80\x04\x01a",
        b"\x1f\x81\x80\x80",
        b"\x30\xff",
    ] {
        for size in [20_000, P7S_MAX] {
            let found = defuse(&format!("{open:02x?}"), size, |size| signed(&open.repeat(size / open.len())));
            assert_eq!(found.verdict, Verdict::Unreadable, "{open:02x?}");
        }
    }
}

#[test]
fn definite_lengths_all_the_way() {
    // Length by length from the inside: each level holds all of the deeper ones.
    defuse("nested", 60_000, |size| {
        let mut head = Vec::new();
        let mut length = 0usize;
        for _ in 0..size / 6 {
            head.push((length as u32).to_be_bytes());
            length += 6;
        }
        signed(
            &head
                .iter()
                .rev()
                .flat_map(|length| [&[0x30, 0x84], length.as_slice()].concat())
                .collect::<Vec<_>>(),
        )
    });
}

#[test]
fn many_small_elements() {
    for element in [&[0x05, 0x00][..], &[0x30, 0x00], &[0x24, 0x00], &[0x04, 0x01, 0x61], &[0x24, 0x80, 0, 0]]
    {
        for around in [0x30, 0x31, 0x24] {
            defuse(&format!("{around:02x} {element:02x?}"), P7S_MAX, |size| {
                signed(&tlv(around, &[&element.repeat(size / element.len())]))
            });
        }
    }
}

#[test]
fn sets_with_too_much_in_them() {
    let identity = Chain::genuine().provider;
    let certificate = identity.der();
    let signer = p7s::signer(&identity, &attributes(CONTENT.as_bytes()));
    let times = |element: &[u8], size: usize| vec![element.to_vec(); size / element.len()];
    defuse("certificates", P7S_MAX, |size| {
        signed(&p7s::p7s(&times(&certificate, size), std::slice::from_ref(&signer)))
    });
    defuse("signers", P7S_MAX, |size| {
        signed(&p7s::p7s(std::slice::from_ref(&certificate), &times(&signer, size)))
    });
    defuse("revocation lists", P7S_MAX, |size| {
        let lists = times(&certificate, size);
        signed(&p7s::p7s_with_lists(
            std::slice::from_ref(&certificate),
            &lists,
            std::slice::from_ref(&signer),
        ))
    });
    defuse("attributes", P7S_MAX, |size| {
        let more = attribute(&[0x2a, 0x03], &[0x05, 0x00]);
        let mut attributes = attributes(CONTENT.as_bytes());
        attributes.extend(times(&more, size));
        signed(&p7s::p7s(std::slice::from_ref(&certificate), &[p7s::signer(&identity, &attributes)]))
    });
    defuse("one attribute", P7S_MAX, |size| {
        let mut attributes = attributes(CONTENT.as_bytes());
        attributes.push(attribute(&[0x2a, 0x03], &tlv(0x31, &[&[5, 0].repeat(size / 2)])));
        signed(&p7s::p7s(std::slice::from_ref(&certificate), &[p7s::signer(&identity, &attributes)]))
    });
}

#[test]
fn authorities_that_certify_each_other() {
    // Six keys, each certified by each under one name: paths without end.
    let authorities: Vec<_> = (0..6).map(|_| Identity::self_signed(crate::authority::root())).collect();
    let leaf = authorities[0].issue(provider());
    let mut enclosed = vec![leaf.der()];
    for issuer in &authorities {
        let certified =
            authorities.iter().map(|other| issuer.certify(&other.params, &other.key).der().to_vec());
        enclosed.extend(certified);
    }
    enclosed.truncate(32);
    let signer = p7s::signer(&leaf, &attributes(CONTENT.as_bytes()));
    let raw = signed(&p7s::p7s(&enclosed, &vec![signer; 4]));
    let found = defuse("loops", 1, |_| raw.clone());
    assert_eq!((found.verdict, found.reason), (Verdict::UnknownSigner, Some(Reason::NoPath)));
}

#[test]
fn the_largest_keys() {
    let leaf = Chain::genuine().provider;
    let template = Chain::genuine().authority.der();
    let [issuer, _] = issuer_and_serial(&leaf.der());
    for (bytes, exponent) in [(1_024, vec![1, 0, 1]), (1_024, vec![0x7f; 1_024]), (16_000, vec![1, 0, 1])] {
        // The leaf's issuer in name, with a key of the attacker's size; what it signed is never found out for free.
        let authority = |number: u8| {
            let mut modulus = vec![0x7f; bytes];
            modulus[bytes - 2] = number;
            with_rsa_key(&template, &issuer, &modulus, &exponent)
        };
        let mut enclosed = vec![leaf.der()];
        enclosed.extend((0..31).map(authority));
        let signer = p7s::signer(&leaf, &attributes(CONTENT.as_bytes()));
        let raw = signed(&p7s::p7s(&enclosed, &vec![signer; 4]));
        let found = defuse(&format!("{bytes} bytes"), 1, |_| raw.clone());
        let expected = [Some(Reason::NoPath), Some(Reason::TooComplex)];
        assert!(expected.contains(&found.reason), "{bytes} bytes: {:?}", found.reason);
    }
}

/// A certificate with this name as subject and issuer and with another key; its signature is nobody's.
fn with_rsa_key(template: &[u8], name: &[u8], modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    use der::{Decode, Encode};
    let certificate = x509_cert::Certificate::from_der(template).unwrap();
    let tbs = certificate.tbs_certificate();
    let key = tlv(0x30, &[&tlv(0x02, &[&[0], modulus]), &tlv(0x02, &[exponent])]);
    let rsa = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let spki = tlv(0x30, &[&tlv(0x30, &[&tlv(0x06, &[&rsa]), &[5, 0]]), &tlv(0x03, &[&[0], &key])]);
    let extensions = tlv(0xa3, &[&tbs.extensions().unwrap().to_der().unwrap()]);
    let sha256_with_rsa = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
    let algorithm = tlv(0x30, &[&tlv(0x06, &[&sha256_with_rsa]), &[5, 0]]);
    let validity = tbs.validity().to_der().unwrap();
    let serial = tlv(0x02, &[&[modulus[modulus.len() - 2].max(1)]]);
    let tbs =
        tlv(0x30, &[&[0xa0, 3, 2, 1, 2], &serial, &algorithm, name, &validity, name, &spki, &extensions]);
    tlv(0x30, &[&tbs, &algorithm, &tlv(0x03, &[&[0], modulus])])
}

#[test]
fn a_giant_revocation_list() {
    let chain = Chain::genuine();
    let [issuer, _] = issuer_and_serial(&chain.provider.der());
    let ecdsa = tlv(0x30, &[&tlv(0x06, &[p7s::ECDSA_SHA256])]);
    let time = tlv(0x17, &[b"240601120000Z"]);
    let list = |size: usize| {
        let entry = |number: u32| tlv(0x30, &[&tlv(0x02, &[&(number + 0x0100_0000).to_be_bytes()]), &time]);
        let entries: Vec<u8> = (0..size as u32 / 23).flat_map(entry).collect();
        let tbs = tlv(0x30, &[&[2, 1, 1], &ecdsa, &issuer, &time, &tlv(0x30, &[&entries])]);
        tlv(0x30, &[&tbs, &ecdsa, &tlv(0x03, &[&[0, 1]])])
    };
    let signer = p7s::signer(&chain.provider, &attributes(CONTENT.as_bytes()));
    defuse("one list", 700_000, |size| {
        signed(&p7s::p7s_with_lists(&chain.enclosed(), &[list(size)], std::slice::from_ref(&signer)))
    });
}

#[test]
fn names_of_ten_thousand_parts() {
    let identity = Chain::genuine().provider;
    let template = Chain::genuine().authority.der();
    defuse("names", P7S_MAX, |size| {
        let part = tlv(0x31, &[&tlv(0x30, &[&tlv(0x06, &[&[0x55, 4, 3]]), &tlv(0x0c, &[b"a"])])]);
        let name = tlv(0x30, &[&part.repeat(size / part.len() / 2)]);
        let certificate = with_rsa_key(&template, &name, &[0x7f; 128], &[3]);
        let signer = p7s::signer(&identity, &attributes(CONTENT.as_bytes()));
        signed(&p7s::p7s(&[certificate, identity.der()], &[signer]))
    });
}
