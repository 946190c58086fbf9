//! RSA keys, made once for all authorities of a process.
//!
//! Making an RSA key takes a second or more in an unoptimised build, and a test suite makes hundreds of
//! authorities. So each role has one key per process: authorities differ in their certificates, processes
//! in their keys. The stranger's key signs what must not verify, and is never shared with another role.

use std::sync::OnceLock;
use std::thread;

use rsa::RsaPrivateKey;
use rsa::rand_core::OsRng;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The self-signed root.
    Root,
    /// The authority below it that certifies PEC providers.
    PecAuthority,
    /// A provider, by its place among the providers; they take turns with two keys.
    Provider(usize),
    /// Whoever is not part of the PEC.
    Stranger,
}

/// The key of a role; the first call makes all of them, in parallel.
pub(crate) fn key(role: Role) -> &'static RsaPrivateKey {
    static KEYS: OnceLock<[RsaPrivateKey; 5]> = OnceLock::new();
    let [root, authority, first, second, stranger] = KEYS.get_or_init(|| {
        thread::scope(|scope| {
            [(); 5].map(|()| scope.spawn(make)).map(|made| made.join().expect("making a key does not panic"))
        })
    });
    match role {
        Role::Root => root,
        Role::PecAuthority => authority,
        Role::Provider(place) if place % 2 == 0 => first,
        Role::Provider(_) => second,
        Role::Stranger => stranger,
    }
}

fn make() -> RsaPrivateKey {
    RsaPrivateKey::new(&mut OsRng, 2048).expect("the system has randomness")
}
