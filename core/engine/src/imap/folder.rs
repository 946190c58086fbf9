//! Folders as the server lists them: name, role, whether messages can be in them.
//! RFC 3501 §7.2.2, RFC 6154 (special use).

use async_imap::imap_proto::{MailboxListData, NameAttribute};

use super::reply::unescaped;
use crate::identity::FolderName;

/// A folder of the mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Its name.
    pub name: FolderName,
    /// What separates the levels of names; none where names have no levels.
    pub delimiter: Option<char>,
    /// What the server says it is for.
    pub role: Option<Role>,
    /// Whether it can be opened: some names are only the parents of others.
    pub selectable: bool,
}

/// What a folder is for (RFC 6154 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Every message.
    All,
    /// Messages put aside.
    Archive,
    /// Messages not sent yet.
    Drafts,
    /// Messages marked.
    Flagged,
    /// Unwanted messages.
    Junk,
    /// Messages sent.
    Sent,
    /// Messages to be deleted.
    Trash,
}

impl Folder {
    pub(super) fn from_list(listed: &MailboxListData<'_>) -> Self {
        let attributes = &listed.name_attributes;
        Self {
            name: FolderName::from_wire(unescaped(&listed.name)),
            delimiter: listed.delimiter.as_deref().and_then(|text| unescaped(text).chars().next()),
            role: attributes.iter().find_map(role),
            selectable: !attributes.iter().any(|attribute| match attribute {
                NameAttribute::NoSelect => true,
                NameAttribute::Extension(name) => name.eq_ignore_ascii_case("\\NonExistent"),
                _ => false,
            }),
        }
    }
}

fn role(attribute: &NameAttribute<'_>) -> Option<Role> {
    match attribute {
        NameAttribute::All => Some(Role::All),
        NameAttribute::Archive => Some(Role::Archive),
        NameAttribute::Drafts => Some(Role::Drafts),
        NameAttribute::Flagged => Some(Role::Flagged),
        NameAttribute::Junk => Some(Role::Junk),
        NameAttribute::Sent => Some(Role::Sent),
        NameAttribute::Trash => Some(Role::Trash),
        _ => None,
    }
}
