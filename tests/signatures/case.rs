//! A named case: a message, and what has to be said of it. All cases of a run, made once.
//!
//! ```text
//! shape   genuine, in every form that somebody writes or stores: trusted
//! trust   the form is good, one rule about the signer is broken: its verdict and reason
//! attack  made to deceive: never trusted, or trusted for what the provider signed and nothing else
//! ```

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::thread;

use jiff::Timestamp;
use recapito_pec::verification::Verifier;
use recapito_pec::{Anchors, Kind, Note, Reason, Verdict, Verification, verify};

use crate::authority::Authority;
use crate::envelope::GENUINE;
use crate::{attack, shape, trust};

/// A message, and what has to be said of it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// What is special about it.
    pub(crate) name: String,
    /// The file.
    pub(crate) raw: Vec<u8>,
    pub(crate) expected: Verdict,
    pub(crate) reason: Option<Reason>,
    /// What it is, for a trusted message.
    kind: Kind,
    /// Notes besides `no-revocation-data`, which every signature has; not compared for what is not trusted.
    notes: &'static [Note],
    /// Place and verdict of what is found further inside, if the case is about that.
    contains: Option<&'static [(&'static str, Verdict)]>,
    /// When it is looked at.
    pub(crate) now: &'static str,
    pub(crate) anchor: Anchor,
}

/// What the reader trusts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Anchor {
    /// The authority for providers itself.
    Authority,
    /// The root above it.
    Root,
}

/// All cases of a run.
pub(crate) struct Cases {
    pub(crate) shapes: Vec<Case>,
    pub(crate) trust: Vec<Case>,
    pub(crate) attacks: Vec<Case>,
    root: String,
    authority: String,
}

/// The cases, made by the first who asks.
pub(crate) fn cases() -> &'static Cases {
    static CASES: LazyLock<Cases> = LazyLock::new(|| {
        let authority = &Authority::new();
        thread::scope(|scope| {
            let shapes = scope.spawn(|| shape::cases(authority));
            let trust = scope.spawn(|| trust::cases(authority));
            let attacks = scope.spawn(|| attack::cases(authority));
            let made = "the cases can be made";
            Cases {
                shapes: shapes.join().expect(made),
                trust: trust.join().expect(made),
                attacks: attacks.join().expect(made),
                root: authority.root.pem(),
                authority: authority.pec.pem(),
            }
        })
    });
    &CASES
}

impl Cases {
    /// Every case.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Case> {
        self.shapes.iter().chain(&self.trust).chain(&self.attacks)
    }

    /// The certificate that is trusted, PEM.
    pub(crate) fn pem(&self, anchor: Anchor) -> &str {
        match anchor {
            Anchor::Authority => &self.authority,
            Anchor::Root => &self.root,
        }
    }
}

/// A message that is trusted: a delivery receipt, unless said otherwise, with the genuine certification data.
pub(crate) fn trusted(name: impl Into<String>, raw: Vec<u8>) -> Case {
    Case {
        name: name.into(),
        raw,
        expected: Verdict::Trusted,
        reason: None,
        kind: Kind::Delivery,
        notes: &[],
        contains: None,
        now: NOW,
        anchor: Anchor::Root,
    }
}

/// A message that is not trusted, and why.
pub(crate) fn refused(name: impl Into<String>, reason: Reason, raw: Vec<u8>) -> Case {
    Case { expected: reason.verdict(), reason: Some(reason), ..trusted(name, raw) }
}

impl Case {
    /// Of another kind than a delivery receipt.
    pub(crate) fn of_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// With these notes.
    pub(crate) fn noting(self, notes: &'static [Note]) -> Self {
        Self { notes, ..self }
    }

    /// With these messages found further inside.
    pub(crate) fn containing(self, contains: &'static [(&'static str, Verdict)]) -> Self {
        Self { contains: Some(contains), ..self }
    }

    /// Looked at then.
    pub(crate) fn seen_at(self, now: &'static str) -> Self {
        Self { now, ..self }
    }

    /// Looked at by somebody who trusts the authority for providers itself.
    pub(crate) fn trusting_the_authority(self) -> Self {
        Self { anchor: Anchor::Authority, ..self }
    }

    /// What is said of the message, or of its bytes in another form.
    pub(crate) fn verify(&self, raw: &[u8], cases: &Cases) -> Verification {
        verify(raw, &self.anchors(cases), self.now())
    }

    /// What is said of the message if it comes in pieces, all digests being taken.
    pub(crate) fn verify_in_pieces(&self, size: usize, cases: &Cases) -> Verification {
        let anchors = self.anchors(cases);
        let mut verifier = Verifier::new(&anchors, self.now()).taking_every_digest();
        self.raw.chunks(size).for_each(|piece| verifier.update(piece));
        verifier.finish().expect("every digest is there")
    }

    fn anchors(&self, cases: &Cases) -> Anchors {
        Anchors::pec().with_pem(cases.pem(self.anchor).as_bytes()).expect("an authority")
    }

    fn now(&self) -> Timestamp {
        self.now.parse().expect("a time")
    }

    /// What is wrong with what is said of it; nothing if it is as expected.
    pub(crate) fn problem(&self, found: &Verification) -> Option<String> {
        let told = (found.verdict, found.reason);
        if told != (self.expected, self.reason) {
            return Some(format!("{}: {told:?}, not {:?}", self.name, (self.expected, self.reason)));
        }
        let contains: Vec<_> =
            found.contains.iter().map(|inner| (inner.part.as_str(), inner.verification.verdict)).collect();
        if self.contains.is_some_and(|expected| expected != contains) {
            return Some(format!("{}: contains {contains:?}", self.name));
        }
        if self.expected != Verdict::Trusted {
            return None;
        }
        let mut notes = found.notes.clone();
        notes.remove(&Note::NoRevocationData);
        if notes != BTreeSet::from_iter(self.notes.iter().copied()) {
            return Some(format!("{}: notes {notes:?}, not {:?}", self.name, self.notes));
        }
        let certified = found.certdata.as_ref().and_then(|data| data.envelope.as_deref());
        let is_genuine =
            certified == Some(GENUINE) || CERTIFY_NOTHING.contains(&self.kind) && certified.is_none();
        let told = (found.kind, certified);
        (told.0 != self.kind || !is_genuine).then(|| format!("{}: {told:?}, not {:?}", self.name, self.kind))
    }
}

/// Without certification data, or with some that cannot be read, there is no provider's id.
const CERTIFY_NOTHING: [Kind; 2] = [Kind::AnomalyEnvelope, Kind::Ordinary];

/// When a case is looked at: after the signing time that OpenSSL takes from its clock, and before any certificate
/// expires.
pub(crate) const NOW: &str = "2047-01-01T00:00:00Z";
