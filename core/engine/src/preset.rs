//! The servers of the known PEC providers, so that an address is enough to add an account.
//!
//! Facts collected from providers' guides, with how sure each is; none of them is asked over the network. All use
//! implicit TLS, IMAP on port 993 and SMTP on port 465 (RFC 8314).

/// One provider's servers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Preset {
    /// The provider's name, lower case; what a user may choose it by.
    pub name: &'static str,
    /// IMAP server.
    pub imap: &'static str,
    /// SMTP submission server.
    pub smtp: &'static str,
    /// What to log in with.
    pub login: Login,
    /// How well the servers are known.
    pub sureness: Sureness,
    /// Domains whose addresses are this provider's.
    domains: &'static [&'static str],
}

/// What a provider's servers want as login name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Login {
    /// The address.
    Address,
    /// The address, with a password made for mail programs where two-factor login is on; it lapses after 90 days.
    AddressWithProgramPassword,
    /// Not known; most likely the address.
    Unknown,
    /// A user id, not the address.
    UserId,
}

/// How well a fact is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sureness {
    /// The provider's own guide, or two sources that agree.
    Good,
    /// One source, an old one, or sources that differ.
    Poor,
}

/// The port of IMAP with implicit TLS.
pub const IMAP_PORT: u16 = 993;
/// The port of submission with implicit TLS.
pub const SMTP_PORT: u16 = 465;

/// The preset for an address, by its domain. Companies' own domains are hosted by any provider: then none fits.
pub fn for_address(address: &recapito_pec::Address) -> Option<&'static Preset> {
    let domain = address.domain()?.to_lowercase();
    PRESETS.iter().find(|preset| preset.domains.contains(&domain.as_str()))
}

/// The preset of this name.
pub fn named(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name.eq_ignore_ascii_case(name))
}

/// Every preset, by name.
pub const PRESETS: [Preset; 10] = [
    Preset {
        name: "actalis",
        imap: "imap.pec.actalis.it",
        smtp: "smtp.pec.actalis.it",
        login: Login::Unknown,
        sureness: Sureness::Poor,
        domains: &["pec.actalis.it"],
    },
    Preset {
        name: "aruba",
        imap: "imaps.pec.aruba.it",
        smtp: "smtps.pec.aruba.it",
        login: Login::AddressWithProgramPassword,
        sureness: Sureness::Good,
        domains: &["arubapec.it", "pec.aruba.it", "pec.it"],
    },
    Preset {
        name: "intesi",
        imap: "imap.ig-trustmail.com",
        smtp: "smtp.ig-trustmail.com",
        login: Login::Unknown,
        sureness: Sureness::Poor,
        domains: &["ig-trustmail.com"],
    },
    Preset {
        name: "legalmail",
        imap: "mbox.cert.legalmail.it",
        smtp: "sendm.cert.legalmail.it",
        login: Login::UserId,
        sureness: Sureness::Good,
        domains: &["cert.legalmail.it", "legalmail.it"],
    },
    Preset {
        name: "libero",
        imap: "mail.postacert.it.net",
        smtp: "mail.postacert.it.net",
        login: Login::Unknown,
        sureness: Sureness::Poor,
        domains: &["postacert.it.net"],
    },
    Preset {
        name: "namirial",
        imap: "imaps.sicurezzapostale.it",
        smtp: "smtps.sicurezzapostale.it",
        login: Login::Address,
        sureness: Sureness::Good,
        domains: &["sicurezzapostale.it"],
    },
    Preset {
        name: "poste",
        imap: "mail.postecert.it",
        smtp: "mail.postecert.it",
        login: Login::Address,
        sureness: Sureness::Poor,
        domains: &["postecert.it"],
    },
    Preset {
        name: "postel",
        imap: "mail.postecertifica.it",
        smtp: "mail.postecertifica.it",
        login: Login::AddressWithProgramPassword,
        sureness: Sureness::Poor,
        domains: &["postecertifica.it"],
    },
    Preset {
        name: "register",
        imap: "imap.pec-email.com",
        smtp: "smtp.pec-email.com",
        login: Login::Unknown,
        sureness: Sureness::Poor,
        domains: &["pec-email.com"],
    },
    Preset {
        name: "tim",
        imap: "mail.telecompost.it",
        smtp: "smtp.telecompost.it",
        login: Login::Unknown,
        sureness: Sureness::Poor,
        domains: &["telecompost.it"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_by_the_domain_of_an_address_whatever_its_case() {
        let preset = for_address(&recapito_pec::Address::new("studio@PEC.it")).unwrap();
        assert_eq!(preset.name, "aruba");
        assert_eq!(for_address(&recapito_pec::Address::new("studio@example.test")), None);
        assert_eq!(for_address(&recapito_pec::Address::new("no domain")), None);
    }

    #[test]
    fn every_name_and_domain_leads_to_one_preset() {
        for preset in &PRESETS {
            assert_eq!(named(preset.name), Some(preset));
            for domain in preset.domains {
                let holders = PRESETS.iter().filter(|other| other.domains.contains(domain)).count();
                assert_eq!(holders, 1, "{domain}");
            }
        }
    }
}
