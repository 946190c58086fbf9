//! The PLAIN mechanism (RFC 4616), which SMTP and IMAP share.

/// The login and password of a PLAIN message, `[authzid] NUL authcid NUL passwd`.
///
/// `None` if it is malformed, or asks to act for somebody other than the login, which nobody here may.
pub(crate) fn plain(message: &[u8]) -> Option<(&str, &str)> {
    let mut parts = std::str::from_utf8(message).ok()?.split('\0');
    let (identity, login, password) = (parts.next()?, parts.next()?, parts.next()?);
    let complete = parts.next().is_none() && !login.is_empty() && !password.is_empty();
    (complete && (identity.is_empty() || identity == login)).then_some((login, password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_takes_one_identity_only() {
        assert_eq!(plain(b"\0anna\0secret"), Some(("anna", "secret")));
        assert_eq!(plain(b"anna\0anna\0secret"), Some(("anna", "secret")));
        for bad in
            [&b""[..], b"anna", b"\0anna", b"\0anna\0", b"\0\0secret", b"bruno\0anna\0secret", b"\0a\0b\0c"]
        {
            assert_eq!(plain(bad), None, "{bad:?}");
        }
    }
}
