//! What FETCH says about one message (RFC 3501 sections 6.4.5 and 7.4.2).
//!
//! Only what can be told without understanding MIME: numbers, flags, dates, and stretches of the bytes that
//! were received. The grammar leaves no room for NUL in a literal; as in Dovecot it is sent as 0x80.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::num::NonZeroU32;

use chrono::DateTime;
use imap_codec::imap_types::core::{IString, Literal, NString};
use imap_codec::imap_types::fetch::{
    MacroOrMessageDataItemNames, MessageDataItem, MessageDataItemName, Section,
};
use imap_codec::imap_types::flag::{Flag, FlagFetch};
use imap_codec::imap_types::{IntoStatic, ToStatic};

use super::answer::Answer;
use super::header;
use crate::mailbox::Message;

/// The items asked for, macros spelled out; UID FETCH always tells the UID.
pub(crate) fn plan(
    asked: MacroOrMessageDataItemNames<'static>,
    uid: bool,
) -> Result<Vec<MessageDataItemName<'static>>, Answer> {
    let mut names = match asked {
        MacroOrMessageDataItemNames::Macro(names) => names.expand().iter().map(ToStatic::to_static).collect(),
        MacroOrMessageDataItemNames::MessageDataItemNames(names) => names,
    };
    if !names.iter().all(is_offered) {
        return Err(Answer::no("This server knows no ENVELOPE, BODYSTRUCTURE, BINARY or sections of parts"));
    }
    if uid && !names.contains(&MessageDataItemName::Uid) {
        names.insert(0, MessageDataItemName::Uid);
    }
    Ok(names)
}

/// Whether fetching these items sets `\Seen` (RFC 3501 section 6.4.5: all that show the text without PEEK).
pub(crate) fn reads(names: &[MessageDataItemName<'_>]) -> bool {
    names.iter().any(|name| {
        matches!(
            name,
            MessageDataItemName::BodyExt { peek: false, .. }
                | MessageDataItemName::Rfc822
                | MessageDataItemName::Rfc822Text
        )
    })
}

/// What the response says; the bodies in it are borrowed from the message.
pub(crate) fn items<'a>(message: &'a Message, names: &[MessageDataItemName<'a>]) -> Vec<MessageDataItem<'a>> {
    names.iter().filter_map(|name| item(message, name)).collect()
}

/// The flags as FETCH spells them.
pub(crate) fn flags(flags: &BTreeSet<String>) -> MessageDataItem<'static> {
    let flags = flags.iter().filter_map(|flag| Flag::try_from(flag.as_str()).ok());
    MessageDataItem::Flags(flags.map(|flag| FlagFetch::Flag(flag.into_static())).collect())
}

fn is_offered(name: &MessageDataItemName<'_>) -> bool {
    match name {
        MessageDataItemName::BodyExt { section, .. } => matches!(
            section,
            None | Some(
                Section::Header(None)
                    | Section::HeaderFields(None, _)
                    | Section::HeaderFieldsNot(None, _)
                    | Section::Text(None)
            )
        ),
        MessageDataItemName::Flags
        | MessageDataItemName::InternalDate
        | MessageDataItemName::Rfc822
        | MessageDataItemName::Rfc822Header
        | MessageDataItemName::Rfc822Size
        | MessageDataItemName::Rfc822Text
        | MessageDataItemName::Uid => true,
        _ => false,
    }
}

fn item<'a>(message: &'a Message, name: &MessageDataItemName<'a>) -> Option<MessageDataItem<'a>> {
    let (head, text) = header::split(&message.raw);
    Some(match name {
        MessageDataItemName::BodyExt { section, partial, .. } => MessageDataItem::BodyExt {
            section: section.clone(),
            origin: partial.map(|(origin, _)| origin),
            data: string(part(stretch(message, section.as_ref()), *partial)),
        },
        MessageDataItemName::Flags => flags(&message.flags),
        MessageDataItemName::InternalDate => {
            let seconds = DateTime::from_timestamp(message.received.as_second(), 0)?;
            MessageDataItem::InternalDate(seconds.fixed_offset().try_into().ok()?)
        }
        MessageDataItemName::Rfc822 => MessageDataItem::Rfc822(string(Cow::Borrowed(&message.raw))),
        MessageDataItemName::Rfc822Header => MessageDataItem::Rfc822Header(string(Cow::Borrowed(head))),
        MessageDataItemName::Rfc822Size => {
            MessageDataItem::Rfc822Size(u32::try_from(message.raw.len()).ok()?)
        }
        MessageDataItemName::Rfc822Text => MessageDataItem::Rfc822Text(string(Cow::Borrowed(text))),
        MessageDataItemName::Uid => MessageDataItem::Uid(NonZeroU32::new(message.uid)?),
        _ => return None,
    })
}

/// The bytes of a section: the header ends with its empty line, also when only some fields are asked for.
fn stretch<'a>(message: &'a Message, section: Option<&Section<'_>>) -> Cow<'a, [u8]> {
    let (head, text) = header::split(&message.raw);
    let fields = |wanted: &dyn Fn(&header::Field<'_>) -> bool| {
        let fields = header::fields(head);
        let mut bytes: Vec<u8> =
            fields.iter().filter(|field| wanted(field)).flat_map(|field| field.raw).copied().collect();
        bytes.extend(b"\r\n");
        Cow::Owned(bytes)
    };
    match section {
        Some(Section::Header(_)) => Cow::Borrowed(head),
        Some(Section::HeaderFields(_, names)) => {
            fields(&|field| names.as_ref().iter().any(|name| field.is_named(name.as_ref())))
        }
        Some(Section::HeaderFieldsNot(_, names)) => {
            fields(&|field| !names.as_ref().iter().any(|name| field.is_named(name.as_ref())))
        }
        Some(Section::Text(_)) => Cow::Borrowed(text),
        _ => Cow::Borrowed(&message.raw),
    }
}

/// `<origin.length>`: what lies beyond the end is left out, not an error.
fn part(bytes: Cow<'_, [u8]>, partial: Option<(u32, NonZeroU32)>) -> Cow<'_, [u8]> {
    let Some((origin, length)) = partial else {
        return bytes;
    };
    let start = (origin as usize).min(bytes.len());
    let end = start.saturating_add(length.get() as usize).min(bytes.len());
    match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[start..end]),
        Cow::Owned(bytes) => Cow::Owned(bytes[start..end].to_vec()),
    }
}

fn string(bytes: Cow<'_, [u8]>) -> NString<'_> {
    let clean = if bytes.contains(&0) {
        Cow::Owned(bytes.iter().map(|&byte| if byte == 0 { 0x80 } else { byte }).collect())
    } else {
        bytes
    };
    NString(Some(IString::Literal(Literal::unvalidated(clean))))
}
