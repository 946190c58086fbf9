//! Finding the parts of 30 MB of MIME, against a search for `\n--` over the same bytes; beside it two other readers.

use std::hint::black_box;
use std::time::Duration;

use mail_parser::MessageParser;
use memchr::memmem::Finder;
use recapito_pec::message::Message;

use crate::Outcome;
use crate::input::Input;
use crate::peer::Workbench;
use crate::receipt::spent;
use crate::table::{Row, Target};

pub(crate) fn rows(input: &Input, _: &Workbench) -> Outcome<Vec<Row>> {
    let raw = &input.large.raw[..];
    let finder = Finder::new(b"\n--");
    let ours = || drop(black_box(Message::parse(black_box(raw))));
    let memmem = || finder.find_iter(black_box(raw)).for_each(|found| _ = black_box(found));
    let mail_parser = || drop(black_box(MessageParser::default().parse(black_box(raw))));
    let mailparse = || drop(black_box(mailparse::parse_mail(black_box(raw))));
    let readers: [&dyn Fn(); 4] = [&ours, &memmem, &mail_parser, &mailparse];
    let mut least = [Duration::MAX; 4];
    for _ in 0..ROUNDS {
        for (least, reader) in least.iter_mut().zip(readers) {
            *least = spent(reader).min(*least);
        }
    }
    let [ours, memmem, mail_parser, mailparse] = least;
    Ok(vec![
        Row::slower("MIME scan, 30 MB; memmem for \\n--", ours, memmem, Target::AtMost(3.0)),
        Row::slower(
            "  for comparison: mail-parser, which decodes too; memmem",
            mail_parser,
            memmem,
            Target::None,
        ),
        Row::slower("  for comparison: mailparse; memmem", mailparse, memmem, Target::None),
    ])
}

const ROUNDS: u32 = 15;
