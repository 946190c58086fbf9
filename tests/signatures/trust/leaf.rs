//! The signer's certificate: what it is for, under which policy, for which address.

use recapito_pec::Reason;

use crate::authority::{Authority, EMAIL, POLICY_AUTHORITY, POLICY_PROVIDER, provider};
use crate::case::{Case, refused, trusted};
use crate::certificate::{
    Identity, Mark, Template, addresses, authority, extension, key_usage, policies, purposes,
};
use crate::cms::SignerInfo;
use crate::der::{octets, sequence, tagged};
use crate::envelope::{ADDRESS, content, sealed};

/// All of them.
pub(super) fn cases(of: &Authority) -> Vec<Case> {
    let raw = |extensions: &[&[u8]]| {
        let extensions = extensions.iter().map(|extension| extension.to_vec()).collect();
        signed_by(of, &of.provider_with(&Template { extensions, ..provider(&of.provider.key) }))
    };
    let (usage, purpose, policy) =
        (&key_usage(0x80)[..], &purposes(&[EMAIL])[..], &policies(&[POLICY_PROVIDER])[..]);
    let address = &addresses(&[ADDRESS])[..];
    let with_usage = |octet| raw(&[&key_usage(octet), purpose, policy, address]);
    let with_purposes = |kinds: &[&str]| raw(&[usage, &purposes(kinds), policy, address]);
    let with_policies = |kinds: &[&str]| raw(&[usage, purpose, &policies(kinds), address]);
    let for_addresses = |all: &[&str]| raw(&[usage, purpose, policy, &addresses(all)]);
    let and = |more: &[u8]| raw(&[usage, purpose, policy, address, more]);
    let directory = extension("2.5.29.17", Mark::Plain, &sequence(&[&tagged(4, &[&of.provider.name])]));
    let policies_critical =
        extension("2.5.29.32", Mark::Critical, &sequence(&[&sequence(&[&crate::der::oid(POLICY_PROVIDER)])]));

    vec![
        refused("no extended key usage", Reason::WrongPurpose, raw(&[usage, policy, address])),
        refused(
            "extended key usage for servers",
            Reason::WrongPurpose,
            with_purposes(&["1.3.6.1.5.5.7.3.1"]),
        ),
        refused("any extended key usage", Reason::WrongPurpose, with_purposes(&["2.5.29.37.0"])),
        trusted("extended key usages, e-mail among them", with_purposes(&["1.3.6.1.5.5.7.3.2", EMAIL])),
        refused("key usage: non-repudiation only", Reason::WrongPurpose, with_usage(0x40)),
        refused("key usage: encipherment only", Reason::WrongPurpose, with_usage(0x20)),
        refused("key usage: certificates only", Reason::WrongPurpose, with_usage(0x04)),
        trusted("key usage: signature and non-repudiation", with_usage(0xc0)),
        refused("no policy", Reason::WrongPolicy, raw(&[usage, purpose, address])),
        refused("the authority's policy only", Reason::WrongPolicy, with_policies(&[POLICY_AUTHORITY])),
        refused("any policy", Reason::WrongPolicy, with_policies(&["2.5.29.32.0"])),
        refused("a policy below the provider's", Reason::WrongPolicy, with_policies(&["1.3.76.16.3.1.1.1"])),
        trusted("the provider's policy among others", with_policies(&["2.23.140.1.5.2.2", POLICY_PROVIDER])),
        trusted("policies critical", raw(&[usage, purpose, &policies_critical, address])),
        refused("no policy and no purpose", Reason::WrongPolicy, raw(&[usage, address])),
        refused("another address", Reason::FromNotSigner, for_addresses(&["altro@pec.example.test"])),
        refused("no address", Reason::FromNotSigner, raw(&[usage, purpose, policy])),
        refused("a name and no address", Reason::FromNotSigner, raw(&[usage, purpose, policy, &directory])),
        trusted("several addresses, the first in From", for_addresses(&[ADDRESS, "altro@pec.example.test"])),
        trusted("several addresses, the last in From", for_addresses(&["altro@pec.example.test", ADDRESS])),
        trusted("an address in capitals", for_addresses(&["Posta-Certificata@PEC.EXAMPLE.TEST"])),
        refused("the signer may issue certificates", Reason::SignerIsAuthority, and(&authority(None))),
        refused("the authority itself signs", Reason::SignerIsAuthority, signed_by(of, &of.pec)),
        refused("the root itself signs", Reason::SignerIsAuthority, signed_by(of, &of.root)),
        refused(
            "an unknown critical extension",
            Reason::UnknownExtension,
            and(&extension("1.2.3.4", Mark::Critical, &octets(b"x"))),
        ),
        refused("a policy twice", Reason::CertificateMissing, and(policy)),
        refused("key usage twice", Reason::CertificateMissing, and(usage)),
        refused("addresses twice", Reason::CertificateMissing, and(address)),
    ]
}

/// The usual message, signed with this certificate; the authority's is enclosed.
pub(super) fn signed_by(of: &Authority, signer: &Identity) -> Vec<u8> {
    let content = content();
    sealed(&content, &of.p7s_by(&SignerInfo::of(signer), &content))
}
