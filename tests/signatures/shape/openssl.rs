//! Signatures as OpenSSL writes them. Its signing time is that of the run, so that the note about it is always there.

use recapito_pec::Note;
use std::fs;

use crate::authority::Authority;
use crate::case::{Case, trusted};
use crate::certificate::Identity;
use crate::cms::by_openssl;
use crate::envelope::{content, sealed, swap};
use crate::openssl;

/// All of them.
pub(super) fn cases(of: &Authority) -> Vec<Case> {
    let pem = |name: &str, text: String| fs::write(of.folder().join(name), text).expect("a file");
    pem("chain.pem", of.pec.pem() + &of.root.pem());
    pem("second.pem", of.p256.pem());
    let second = of.p256.key.file.clone();
    let two = ["-md", "sha256", "-certfile", "authority.pem", "-signer", "second.pem", "-inkey", &second];

    let mut cases = Vec::new();
    let mut add = |name: String, signer: &Identity, options: &[&str]| {
        let content = content();
        let is_enclosed = options.contains(&"-certfile");
        let options =
            if is_enclosed { options.to_vec() } else { [options, &["-certfile", "authority.pem"]].concat() };
        let sha1 = options.contains(&"sha1");
        let raw = sealed(&content, &by_openssl(signer, &options, &content));
        // Without attributes there is no signing time, and the certified time stands in for it.
        let notes: &[Note] = match (sha1, options.contains(&"-noattr")) {
            (true, true) => &[Note::Sha1Digest],
            (true, false) => &[Note::Sha1Digest, Note::TimeDiffers],
            (false, true) => &[],
            (false, false) => &[Note::TimeDiffers],
        };
        cases.push(trusted(name, raw).noting(notes));
    };

    for digest in ["sha1", "sha224", "sha256", "sha384", "sha512"] {
        for (name, signer) in
            [("RSA-1024", &of.rsa1024), ("RSA-4096", &of.rsa4096), ("P-256", &of.p256), ("P-384", &of.p384)]
        {
            add(format!("OpenSSL: {name}, {digest}"), signer, &["-md", digest]);
            add(format!("OpenSSL: {name}, {digest}, no attributes"), signer, &["-md", digest, "-noattr"]);
        }
        for salt in ["digest", "max", "0", "20"] {
            let salt = format!("rsa_pss_saltlen:{salt}");
            let options = ["-md", digest, "-keyopt", "rsa_padding_mode:pss", "-keyopt", &salt];
            add(format!("OpenSSL: PSS, {digest}, {salt}"), &of.provider, &options);
        }
        let options = ["-md", digest, "-keyopt", "rsa_padding_mode:pss"];
        add(format!("OpenSSL: PSS, {digest}"), &of.provider, &options);
        add(format!("OpenSSL: a key for PSS, {digest}"), &of.pss, &options);
        let options = [&options[..], &["-noattr"]].concat();
        add(format!("OpenSSL: PSS, {digest}, no attributes"), &of.provider, &options);
    }
    let mask = ["-md", "sha256", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_mgf1_md:sha512"];
    add("OpenSSL: PSS with another mask".to_owned(), &of.provider, &mask);
    for (name, options) in [
        ("key identifier", &["-keyid"][..]),
        ("indefinite lengths", &["-stream"]),
        ("indefinite lengths, key identifier", &["-stream", "-keyid"]),
        ("indefinite lengths, content inside", &["-stream", "-nodetach"]),
        ("content inside", &["-nodetach"]),
        ("no capabilities", &["-nosmimecap"]),
        ("CAdES", &["-cades"]),
        ("the root enclosed", &["-certfile", "chain.pem"]),
        ("a receipt asked for", &["-receipt_request_all", "-receipt_request_to", "anna@pec.example.test"]),
        ("two signers", &two),
    ] {
        add(format!("OpenSSL: {name}"), &of.provider, &[&["-md", "sha256"], options].concat());
    }
    let content = content();
    pem("both.pem", of.provider.pem() + &of.pec.pem());
    let options = ["-md", "sha256", "-nocerts", "-certfile", "both.pem"];
    let raw = sealed(&content, &by_openssl(&of.provider, &options, &content));
    cases.push(trusted("OpenSSL: the certificate enclosed by the way", raw).noting(&[Note::TimeDiffers]));
    cases.push(whole_by_openssl(of, &content));
    cases.push(pkcs7_by_openssl(of, &content));
    cases.push(certified_by_openssl(of, &content));
    cases
}

/// OpenSSL's own MIME around it.
fn whole_by_openssl(of: &Authority, content: &[u8]) -> Case {
    let folder = of.folder();
    fs::write(folder.join("own.pem"), of.provider.pem()).expect("a file");
    let options =
        ["cms", "-sign", "-md", "sha256", "-crlfeol", "-signer", "own.pem", "-inkey", &of.provider.key.file];
    let mail = openssl::run(folder, &[&options[..], &["-certfile", "authority.pem"]].concat(), content);
    let mail = swap(&swap(&mail, "\r\n", "\n"), "\n", "\r\n");
    let header = crate::envelope::HEADER.strip_suffix("MIME-Version: 1.0\r\n").expect("OpenSSL writes it");
    trusted("OpenSSL: S/MIME", [header.as_bytes(), &mail].concat()).noting(&[Note::TimeDiffers])
}

/// The older of its two implementations.
fn pkcs7_by_openssl(of: &Authority, content: &[u8]) -> Case {
    fs::write(of.folder().join("pkcs7.pem"), of.provider.pem()).expect("a file");
    let options = [
        "smime",
        "-sign",
        "-binary",
        "-outform",
        "DER",
        "-signer",
        "pkcs7.pem",
        "-inkey",
        &of.provider.key.file,
    ];
    let p7s = openssl::run(of.folder(), &[&options[..], &["-certfile", "authority.pem"]].concat(), content);
    trusted("OpenSSL: PKCS #7", sealed(content, &p7s)).noting(&[Note::TimeDiffers])
}

/// A certificate that OpenSSL wrote, too.
fn certified_by_openssl(of: &Authority, content: &[u8]) -> Case {
    let folder = of.folder();
    let extensions = "keyUsage=critical,digitalSignature\nextendedKeyUsage=emailProtection\n\
        certificatePolicies=1.3.76.16.3.1.1\nsubjectAltName=email:posta-certificata@pec.example.test\n\
        subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
    fs::write(folder.join("leaf.ext"), extensions).expect("a file");
    let key = &of.provider.key.file;
    let request = openssl::run(folder, &["req", "-new", "-key", key, "-subj", "/C=IT/O=Esempio/CN=PEC"], b"");
    let authority = ["-CA", "authority.pem", "-CAkey", &of.pec.key.file, "-set_serial", "4711"];
    let options = ["x509", "-req", "-days", "3650", "-sha256", "-extfile", "leaf.ext", "-outform", "DER"];
    let certificate = openssl::run(folder, &[&options[..], &authority].concat(), &request);
    let signer = Identity { certificate, ..of.provider.clone() };
    let p7s = by_openssl(&signer, &["-md", "sha256", "-certfile", "authority.pem"], content);
    trusted("OpenSSL: the certificate, too", sealed(content, &p7s)).noting(NOW_EXPIRED)
}

/// Its certificate is made on the day of the run, for ten years at most, and looked at later.
const NOW_EXPIRED: &[Note] = &[Note::SignerExpiredSince, Note::TimeDiffers];
