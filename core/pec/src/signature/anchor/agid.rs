//! AgID CA1: the authority for PEC providers since October 2017.
//!
//! Actalis has certified its one key nine times. The issues differ in their validity and in the hosts for which the
//! authority may certify addresses; the directory names they permit are those of the same providers, and are not kept.
//! Read from the certificates that AgID publishes and that messages enclose.

use const_oid::db::rfc4519::{
    COMMON_NAME, COUNTRY_NAME, LOCALITY_NAME, ORGANIZATION_NAME, ORGANIZATIONAL_UNIT_NAME,
};
use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

use super::{Anchor, Era, Issue, Role};
use crate::signature::key::PublicKey;
use crate::signature::name::{DistinguishedName, NameConstraints};

/// The anchor.
pub(super) fn anchor() -> Anchor {
    let issues = ISSUES.iter().map(|(from, to, hosts)| Issue {
        from: *from,
        to: *to,
        names: NameConstraints::mailboxes_at(HOSTS.iter().chain(hosts.iter().copied().flatten()).copied()),
    });
    Anchor {
        name: "AgID CA1".to_owned(),
        subject: DistinguishedName::new(SUBJECT),
        key: PublicKey::rsa(&KEY),
        issues: issues.collect(),
        path_length: Some(0),
        role: Role::Pec(Era::Agid),
    }
}

const SUBJECT: [(ObjectIdentifier, &str); 5] = [
    (COUNTRY_NAME, "IT"),
    (LOCALITY_NAME, "Roma"),
    (ORGANIZATION_NAME, "Agenzia per l'Italia Digitale"),
    (ORGANIZATIONAL_UNIT_NAME, "Area Soluzioni per la Pubblica Amministrazione"),
    (COMMON_NAME, "AgID CA1"),
];

/// Each issue: from, to, and the hosts it permits beside [`HOSTS`].
const ISSUES: [(Timestamp, Timestamp, &[&[&str]]); 9] = [
    (at(1_507_814_993), at(1_823_347_793), &[&TO_2019]), // 2017-10-12 to 2027-10-12
    (at(1_522_844_462), at(1_838_377_262), &[&TO_2019, &FROM_2018]), // 2018-04-04 to 2028-04-03
    (at(1_560_412_127), at(1_875_944_927), &[&FROM_2018, &FROM_2019]), // 2019-06-13 to 2029-06-12
    (at(1_580_368_787), at(1_895_901_587), &[&FROM_2018, &FROM_2019, &FROM_2020]), // 2020-01-30 to 2030-01-29
    (at(1_582_106_312), at(1_897_639_112), &[&FROM_2018, &FROM_2019, &FROM_2020]), // 2020-02-19 to 2030-02-18
    (at(1_602_569_410), at(1_916_306_522), &[&FROM_2018, &FROM_2019, &FROM_2020]), // 2020-10-13 to 2030-09-22
    (at(1_624_346_861), at(1_916_306_522), &[&FROM_2018, &FROM_2019, &FROM_2020]), // 2021-06-22 to 2030-09-22
    (at(1_632_205_858), at(1_916_306_522), &[&FROM_2018, &FROM_2019, &FROM_2020, &FROM_2021]), // 2021-09-21
    (at(1_740_063_460), at(1_916_306_522), &[&FROM_2018, &FROM_2019, &FROM_2020, &FROM_2021, &FROM_2025]), // 2025-02-20
];

const fn at(unix_seconds: i64) -> Timestamp {
    Timestamp::constant(unix_seconds, 0)
}

/// The hosts that every issue permits.
const HOSTS: [&str; 26] = [
    "agid.gov.it",
    "cert.informatica.aci.it",
    "cert.interno.it",
    "emarche.it",
    "fastweb-pec.it",
    "gestorepec.unina.it",
    "kmailer.it",
    "legalmail.it",
    "pcert.sogei.it",
    "pec-email.com",
    "pec.actalis.it",
    "pec.ancitel.it",
    "pec.aruba.it",
    "pec.basilicatanet.it",
    "pec.postecert.it",
    "pec.posteitaliane.it",
    "pec.rupar.puglia.it",
    "postacert.cedacri.it",
    "postacert.it.net",
    "postacertificata.notariato.it",
    "postecert.it",
    "sicurezzapostale.it",
    "telecompost.it",
    "trustedmail.intesa.it",
    "twtcert.it",
    "zucchettipec.it",
];
const TO_2019: [&str; 1] = ["pec.numera.it"];
const FROM_2018: [&str; 2] = ["cert.intesa.it", "certmail.kpnqwest.it"];
const FROM_2019: [&str; 5] = [
    "certmail.irideos.it",
    "pec.bill4me.it",
    "pec.notartel.it",
    "pro.sicurezzapostale.it",
    "pupec.informatica.aci.it",
];
const FROM_2020: [&str; 1] = ["miapec.it"];
const FROM_2021: [&str; 1] = ["ig-trustmail.com"];
const FROM_2025: [&str; 2] = ["pec.reevo.eu", "postecertifica.it"];

/// RSAPublicKey, 2048 bits; the key of every issue.
#[rustfmt::skip]
const KEY: [u8; 270] = [
    0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00, 0xd5, 0x36, 0x9f, 0x45, 0xeb, 0x8b, 0xcc,
    0x1e, 0xa4, 0x8d, 0x80, 0x6a, 0xbc, 0xc9, 0x54, 0x6e, 0x44, 0xf7, 0xf9, 0x10, 0xa5, 0x78, 0x6e,
    0x2d, 0xb5, 0xf7, 0xb1, 0x08, 0x0d, 0xd1, 0x18, 0xd3, 0x7e, 0x1b, 0xcf, 0x07, 0xd7, 0xf0, 0x5d,
    0x1a, 0xdf, 0xbd, 0xaa, 0xf9, 0xba, 0x9b, 0x16, 0x1a, 0xfc, 0x0f, 0xb9, 0x40, 0x76, 0x67, 0x70,
    0x36, 0x8e, 0xc7, 0x83, 0x6b, 0x58, 0x5b, 0xbc, 0x77, 0x9e, 0x7e, 0x49, 0x1f, 0x8c, 0xa4, 0xff,
    0x52, 0x45, 0x22, 0x76, 0xa6, 0x44, 0x2a, 0x9a, 0xdb, 0xd7, 0xbe, 0xad, 0xff, 0x32, 0x68, 0x35,
    0x52, 0x3b, 0x96, 0x04, 0x42, 0x8e, 0x3c, 0xfd, 0xd0, 0x1c, 0x95, 0x8d, 0x41, 0xc8, 0x16, 0xec,
    0x10, 0x50, 0x73, 0x95, 0x31, 0xb7, 0xc7, 0xc9, 0xe0, 0x56, 0xa5, 0x34, 0x2b, 0xcd, 0x8b, 0x31,
    0x9e, 0x87, 0xd1, 0x29, 0x17, 0xa9, 0xdd, 0x91, 0x12, 0x2e, 0x58, 0x4a, 0x6a, 0x59, 0xf8, 0xff,
    0xcf, 0xeb, 0x48, 0x80, 0xb1, 0x9c, 0x3f, 0x0a, 0xa5, 0xe4, 0xd0, 0xe3, 0x54, 0x27, 0xf1, 0x56,
    0x29, 0x8f, 0x44, 0x55, 0xd0, 0xd5, 0x34, 0xfa, 0x4f, 0x55, 0x81, 0x1f, 0x42, 0xfc, 0xae, 0x33,
    0x5f, 0x5c, 0xf8, 0x02, 0x89, 0xcc, 0x7a, 0x67, 0x11, 0x3f, 0xff, 0x01, 0xd5, 0x71, 0x72, 0x8e,
    0x4d, 0x8b, 0x6a, 0xa5, 0x17, 0x1e, 0xdf, 0x0b, 0x07, 0x0e, 0x96, 0x6f, 0xe3, 0x98, 0x3b, 0xe9,
    0xfd, 0xad, 0x72, 0x93, 0xf2, 0x90, 0xf2, 0xaf, 0xdf, 0xf3, 0x77, 0xe9, 0x12, 0x27, 0x1c, 0x48,
    0xda, 0x0b, 0xe8, 0xa3, 0x27, 0xbb, 0x5e, 0xdd, 0xf1, 0x24, 0x6a, 0x8e, 0x0e, 0x4a, 0x59, 0xae,
    0xed, 0xd0, 0xdc, 0x66, 0xf9, 0x73, 0xc4, 0xf6, 0x51, 0x9d, 0xa6, 0x9c, 0xa6, 0x70, 0x39, 0xc8,
    0x8d, 0xe2, 0x9f, 0xf9, 0xb5, 0xc3, 0x9a, 0x0b, 0x57, 0x02, 0x03, 0x01, 0x00, 0x01,
];
