//! The path from a signer to an anchor at the signing time, in certval's eyes (RFC 5280 §6).
//!
//! Compared is the boundary between `unknown-signer` and `not-a-provider` or better. What makes a PEC provider is no
//! question for certval: it asks for no policy and no purpose. Nor is revocation, of which a message encloses a list at
//! most. It is given each chain that can be made of the certificates at hand, and finds a path if one of them is valid.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use certval::{
    CertFile, CertVector, CertificationPath, CertificationPathResults, CertificationPathSettings,
    PDVCertificate, PDVTrustAnchorChoice, PkiEnvironment, TaSource, TimeOfInterest,
    enforce_trust_anchor_constraints,
};
use jiff::Timestamp;
use recapito_pec::{Reason, Verdict};
use recapito_tests::corpus::corpus_or_skip;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::openssl::{self, Answer};
use super::sample::Sample;

#[test]
fn certval_agrees_on_paths() {
    let Some(asked) = openssl::asked() else { return };
    let mut agreed = BTreeMap::<_, usize>::new();
    let mut explained = BTreeMap::<_, usize>::new();
    let mut defects = Vec::new();
    for (sample, answer) in asked {
        let found = sample.verify();
        let asked =
            found.verdict >= Verdict::UnknownSigner && found.reason != Some(Reason::CertificateMissing);
        let time =
            found.signed_at.or(found.certdata.as_ref().and_then(|data| data.time).map(|time| time.instant));
        let (true, Some(time)) = (asked && answer.fits, time) else { continue };
        let ours = found.verdict > Verdict::UnknownSigner;
        let theirs = has_path(sample, answer, time);
        if theirs.is_ok() == ours {
            *agreed.entry(ours).or_default() += 1;
        } else if let Some(rule) =
            RULES.iter().find(|rule| rule.explains(sample, found.reason, theirs.is_ok()))
        {
            *explained.entry(rule.name).or_default() += 1;
        } else {
            defects.push(format!("{}: ours {:?}, theirs {theirs:?}", sample.name, found.reason));
        }
    }
    println!(
        "{} messages; agreed that there is a path or not: {agreed:?}; explained: {explained:?}",
        asked.len()
    );
    assert!(agreed.len() == 2, "certval finds a path always or never, and proves nothing: {agreed:?}");
    assert!(
        defects.is_empty(),
        "{} disagreements that no rule explains:\n{}",
        defects.len(),
        defects.join("\n")
    );
}

/// One way in which certval differs.
struct Rule {
    /// Its row in the table.
    name: &'static str,
    test: Test,
}

/// What shows that a rule is the reason of a disagreement.
enum Test {
    /// It is one of these cases, and certval finds no path.
    Case(&'static [&'static str]),
    /// We have this reason, and certval finds a path.
    Reason(Reason),
}

const RULES: &[Rule] = &[
    Rule {
        name: "critical-distribution-points",
        test: Test::Case(&["certificate with where revocation lists are, critical"]),
    },
    Rule {
        name: "loose-certificate",
        test: Test::Case(&[
            "loose: a certificate with a length in too many octets",
            "loose: an authority by another octet than FF",
            "loose: critical by another octet than FF",
            "loose: key usage of more bits than have a name",
        ]),
    },
    Rule {
        name: "pss-digest",
        test: Test::Case(&["certificate signed with PSS and sha1", "certificate signed with PSS and sha224"]),
    },
    Rule { name: "revoked", test: Test::Reason(Reason::Revoked) },
    Rule { name: "signed-in-future", test: Test::Reason(Reason::SignedInFuture) },
];

impl Rule {
    fn explains(&self, sample: &Sample, ours: Option<Reason>, has_path: bool) -> bool {
        match self.test {
            Test::Case(names) => !has_path && names.contains(&sample.name.as_str()),
            Test::Reason(reason) => has_path && ours == Some(reason),
        }
    }
}

/// Whether certval takes some chain from the signer to an anchor for valid; if none, why not.
fn has_path(sample: &Sample, answer: &Answer, time: Timestamp) -> Result<(), String> {
    let (anchors, mut others) = trusted(sample);
    others.extend(certificates(&answer.certificates));
    others.sort();
    others.dedup();
    // What certval cannot read cannot be part of a path.
    let others: Vec<_> =
        others.iter().filter_map(|der| PDVCertificate::try_from(der.as_slice()).ok()).collect();
    let signer = certificates(&answer.signer).pop().ok_or("no signer")?;
    let signer = PDVCertificate::try_from(signer.as_slice()).map_err(|error| error.to_string())?;

    let mut chains = vec![Vec::new()];
    for (place, above) in others.iter().enumerate() {
        chains.push(vec![above.clone()]);
        let below = others.iter().enumerate().filter(|(other, _)| *other != place);
        chains.extend(below.map(|(_, below)| vec![above.clone(), below.clone()]));
    }
    let mut why = "no anchor".to_owned();
    for anchor in &anchors {
        let environment = environment(anchor)?;
        let anchor = PDVTrustAnchorChoice::try_from(anchor.as_slice()).map_err(|error| error.to_string())?;
        for chain in &chains {
            match validate(&environment, &anchor, chain, &signer, time) {
                Ok(()) => return Ok(()),
                Err(found) if found.contains("NameChainingFailure") => {}
                Err(found) => why = found,
            }
        }
    }
    Err(why)
}

/// Has one chain validated; `chain` begins below the anchor.
fn validate(
    environment: &PkiEnvironment,
    anchor: &PDVTrustAnchorChoice,
    chain: &[PDVCertificate],
    signer: &PDVCertificate,
    time: Timestamp,
) -> Result<(), String> {
    let seconds = u64::try_from(time.as_second()).map_err(|error| error.to_string())?;
    let time = TimeOfInterest::from_unix_secs(seconds).map_err(|error| error.to_string())?;
    let mut settings = CertificationPathSettings::new();
    settings.set_time_of_interest(time);
    settings.set_check_revocation_status(false);
    settings.set_enforce_trust_anchor_constraints(true);
    let settings =
        enforce_trust_anchor_constraints(&settings, anchor).map_err(|error| format!("{error:?}"))?;
    let path = CertificationPath::new(anchor.clone(), chain.to_vec(), signer.clone());
    let mut results = CertificationPathResults::new();
    let validated = environment.validate_path(environment, &settings, &path, &mut results);
    validated.map_err(|error| format!("{error:?}"))
}

/// What certval knows: the algorithms, and this anchor.
fn environment(anchor: &[u8]) -> Result<PkiEnvironment, String> {
    let mut anchors = TaSource::new();
    anchors.push(CertFile { filename: String::new(), bytes: anchor.to_vec() });
    anchors.initialize().map_err(|error| format!("{error:?}"))?;
    let mut environment = PkiEnvironment::new();
    environment.populate_5280_pki_environment();
    environment.add_trust_anchor_source(Box::new(anchors));
    Ok(environment)
}

/// The anchors to give to certval, and the authorities that we know besides: the issues of AgID CA1.
fn trusted(sample: &Sample) -> (Ders, Ders) {
    if let Some(pem) = &sample.authority {
        return (certificates(pem), Vec::new());
    }
    static PINNED: OnceLock<(Ders, Ders)> = OnceLock::new();
    let read = || {
        let Some(folder) = corpus_or_skip() else { return Default::default() };
        let read = |name: &str| {
            std::fs::read_to_string(folder.join("trust").join(name)).expect("a file of the corpus")
        };
        let anchors =
            ["Actalis_Authentication_Root_CA.pem", "DigitPA-CA1_issued-by-Baltimore_2011-01-14.pem"];
        (certificates(&anchors.map(read).concat()), certificates(&ISSUES.map(read).concat()))
    };
    PINNED.get_or_init(read).clone()
}

/// The certificates of a PEM text, DER.
fn certificates(pem: &str) -> Ders {
    let found = CertificateDer::pem_slice_iter(pem.as_bytes());
    found.map(|der| der.expect("a certificate in PEM").to_vec()).collect()
}

/// Certificates, DER.
type Ders = Vec<Vec<u8>>;

/// Every issue of AgID CA1.
const ISSUES: [&str; 9] = [
    "AgID-CA1_issued-by-Actalis_2021-09-21.pem",
    "AgID_ca-agid-ca1/AgIDCA1-20200130.pem",
    "AgID_ca-agid-ca1/AgIDCA1-20210622.pem",
    "AgID_ca-agid-ca1/AgIDCA1_20190613.pem",
    "AgID_ca-agid-ca1/AgIDCA1_20200219.pem",
    "AgID_ca-agid-ca1/AgIDCA1_20201013.pem",
    "AgID_ca-agid-ca1/AgID_CA1_20250220.pem",
    "from-messages_AgID_CA1_2017-10-12_1B2EB653.pem",
    "from-messages_AgID_CA1_2018-04-04_ED8F2B70.pem",
];
