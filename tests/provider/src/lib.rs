//! A PEC provider in a library.

mod authority;
mod ber;
mod brief;
mod certdata;
mod certificate;
mod clock;
mod dispatch;
mod forgery;
mod formality;
mod house;
mod key;
mod letter;
mod mailbox;
mod notice;
mod office;
mod plan;
mod script;
mod signature;
mod smtp;
mod workshop;

pub use authority::{Authority, Signer};
pub use clock::{VirtualClock, hours};
pub use dispatch::{Dispatch, Receipt, Recipient};
pub use forgery::Forgery;
pub use house::{Build, House, Placement, Style};
pub use mailbox::Mailbox;
pub use notice::{Delay, Failure, Notice, Refusal};
pub use office::{Office, Settings};
pub use script::{Behaviour, Ending, Mishap, Script, Silence};
pub use signature::{Digest, Encoding};
pub use smtp::{PostOffice, Reply, Submission};
pub use workshop::Workshop;
