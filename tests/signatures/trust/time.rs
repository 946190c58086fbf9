//! When it was signed: everything is checked at the signing time, and that must be plausible.

use recapito_pec::{Note, Reason};

use super::leaf::signed_by;
use crate::authority::{Authority, provider};
use crate::case::{Case, refused, trusted};
use crate::certificate::Template;
use crate::cms::SignerInfo;
use crate::envelope::{
    ORIGINAL, TEXT, certdata, content, daticert, mixed, postacert, sealed, swap, swap_first,
};

/// All of them.
pub(super) fn cases(of: &Authority) -> Vec<Case> {
    let valid =
        |from, to| signed_by(of, &of.provider_with(&Template { from, to, ..provider(&of.provider.key) }));
    let (long_ago, long_after) = ("20230101000000Z", "20480101000000Z");
    let at = |time| {
        let content = content();
        sealed(&content, &of.p7s_by(&SignerInfo { time, ..SignerInfo::of(&of.provider) }, &content))
    };
    let untimed_by = |from, to| {
        let signer = of.provider_with(&Template { from, to, ..provider(&of.provider.key) });
        let content = content();
        sealed(&content, &of.p7s_by(&SignerInfo { time: None, ..SignerInfo::of(&signer) }, &content))
    };
    let untimed = |parts: &[&[u8]]| {
        let content = mixed(parts);
        sealed(&content, &of.p7s_by(&SignerInfo { time: None, ..SignerInfo::of(&of.provider) }, &content))
    };
    let anomaly = untimed(&[TEXT, &postacert(ORIGINAL)]);
    let anomaly = swap_first(&anomaly, "X-Ricevuta: avvenuta-consegna", "X-Trasporto: errore");
    let undated = swap(&certdata("avvenuta-consegna"), "01/06/2024", "31/02/2024");
    let differs: &[Note] = &[Note::TimeDiffers];
    vec![
        refused(
            "signed a second before the certificate was valid",
            Reason::NotValidThen,
            valid("20240601120001Z", long_after),
        ),
        trusted("signed in the first second of the certificate", valid("20240601120000Z", long_after)),
        trusted("signed in the last second of the certificate", valid(long_ago, "20240601120000Z"))
            .noting(&[Note::SignerExpiredSince]),
        refused(
            "signed a second after the certificate had expired",
            Reason::NotValidThen,
            valid(long_ago, "20240601115959Z"),
        ),
        trusted("the certificate has expired since", valid(long_ago, "20260101000000Z"))
            .noting(&[Note::SignerExpiredSince]),
        trusted("the certificate has not expired yet", valid(long_ago, "20260101000000Z"))
            .seen_at("2025-12-31T23:59:59Z"),
        refused("signed before the root was valid", Reason::NotValidThen, at(Some("20101231235959Z"))),
        refused(
            "a certificate that was never valid",
            Reason::NotValidThen,
            valid("20250101000000Z", "20230101000000Z"),
        ),
        trusted("a signing time a second before the certified one", at(Some("20240601115959Z"))),
        trusted("a signing time a second after the certified one", at(Some("20240601120001Z"))),
        trusted("a signing time two seconds before the certified one", at(Some("20240601115958Z")))
            .noting(differs),
        trusted("a signing time two seconds after the certified one", at(Some("20240601120002Z")))
            .noting(differs),
        trusted("a signing time a year after the certified one", at(Some("20250601120000Z"))).noting(differs),
        trusted(
            "no signing time, the certificate valid at the certified one",
            untimed_by("20240601120000Z", long_after),
        ),
        refused(
            "no signing time, the certificate not valid at the certified one",
            Reason::NotValidThen,
            untimed_by("20240601120001Z", long_after),
        ),
        refused("no signing time and no certified one", Reason::TimeMissing, anomaly),
        refused(
            "no signing time and an impossible certified one",
            Reason::TimeMissing,
            untimed(&[TEXT, &daticert(&undated)]),
        ),
        trusted("seen five minutes before it was signed", at(Some("20240601120000Z")))
            .seen_at("2024-06-01T11:55:00Z"),
    ]
}
