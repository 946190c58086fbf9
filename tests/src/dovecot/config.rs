//! The smallest configuration with which Dovecot 2.3 serves a test.
//!
//! Everything lies in the server's own folder. Two things differ from a real server: a wrong password is
//! answered at once, so that tests of it need not wait, and many connections from one address are welcome.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::{Ports, config_file};

/// Whom the server's processes and its mail belong to.
pub(super) enum Owner {
    /// Root starts it: processes run as Dovecot's own users, mail belongs to `mail`.
    Root,
    /// Somebody else starts it: all is theirs, and nothing can be locked into a chroot.
    User {
        /// The user's name.
        name: String,
        /// The name of their group.
        group: String,
    },
}

impl Owner {
    /// The owner that fits whoever runs the test.
    pub(super) fn of_this_process() -> io::Result<Self> {
        if rustix::process::geteuid().is_root() {
            return Ok(Self::Root);
        }
        Ok(Self::User { name: id("-un")?, group: id("-gn")? })
    }
}

/// Writes the configuration into `folder`.
pub(super) fn write(folder: &Path, ports: Ports, owner: &Owner) -> io::Result<()> {
    fs::write(config_file(folder), text(folder, ports, owner))
}

fn text(folder: &Path, Ports { imap, imaps }: Ports, owner: &Owner) -> String {
    let d = folder.display();
    let (mail_user, mail_group, processes) = match owner {
        Owner::Root => ("mail", "mail", String::new()),
        Owner::User { name, group } => (name.as_str(), group.as_str(), unprivileged(name, group)),
    };
    format!(
        "\
base_dir = {d}/run
state_dir = {d}/state
log_path = /dev/stderr
protocols = imap lmtp
listen = 127.0.0.1
ssl = required
ssl_cert = <{d}/tls/server.pem
ssl_key = <{d}/tls/server.key
auth_mechanisms = plain login scram-sha-256
auth_failure_delay = 0
first_valid_uid = 1
first_valid_gid = 1
mail_location = sdbox:~/mail
mail_max_userip_connections = 100
passdb {{
  driver = passwd-file
  args = {d}/users
}}
userdb {{
  driver = static
  args = uid={mail_user} gid={mail_group} home={d}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
namespace inbox {{
  inbox = yes
}}
{processes}"
    )
}

/// What a server started by an ordinary user needs on top.
fn unprivileged(name: &str, group: &str) -> String {
    format!(
        "\
default_internal_user = {name}
default_internal_group = {group}
default_login_user = {name}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
"
    )
}

/// The answer of `id`, which knows users that are in no local file, too.
fn id(option: &str) -> io::Result<String> {
    let output = Command::new("id").arg(option).output()?;
    if !output.status.success() {
        return Err(io::Error::other("this user has no name, and Dovecot wants one"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
