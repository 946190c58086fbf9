//! The structure of a message: parts lie inside their parents and apart from each other, and a message inside is
//! cut as it would be alone.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use recapito_fuzz::{mutate_lines, pieces};
use recapito_pec::fuzzing::parse_in_pieces;
use recapito_pec::message::{Message, Part};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate_lines(data, size, max_size, seed)
});

fuzz_target!(|raw: &[u8]| {
    let message = Message::parse(raw);
    assert_eq!(
        outline(message.root()),
        outline(parse_in_pieces(raw, pieces(raw)).root()),
        "however it arrives"
    );
    assert_eq!(message.root().range(), 0..raw.len());
    assert!(message.parts().count() <= 2_000);

    for part in message.parts() {
        assert!(part.range().start <= part.body_range().start && part.range().end == part.body_range().end);
        let mut from = part.body_range().start;
        for child in part.children() {
            assert!(
                from <= child.range().start && child.range().end <= part.body_range().end,
                "in its parent"
            );
            assert_eq!(child.parent().map(Part::range), Some(part.range()));
            from = child.range().end;
        }
        let decoded = part.decode(1 << 20);
        assert!(decoded.bytes.len() <= part.body().len(), "no encoding makes less of more");
        assert_eq!(part.encoding().decoded_len(part.body()), decoded.bytes.len());
        let text = part.text(1 << 20);
        assert!(text.is_none_or(|text| text.len() <= 1 << 20));
        let _ = (part.number(), part.name(), part.attachments());
    }

    let is_cut = message.parts().any(|part| part.problems().iter().any(|problem| problem.is_limit()));
    for part in message.parts().filter(|part| part.is_message() && !is_cut) {
        assert_eq!(outline(Message::parse(part.raw()).root()), outline(part), "cut as if it were alone");
    }
});

/// Everything about the structure, places counted from the part's beginning.
fn outline(part: Part<'_>) -> Vec<String> {
    let start = part.range().start;
    let line = |part: Part<'_>| {
        let (range, body) = (part.range(), part.body_range());
        let places = [range.start - start, body.start - start, range.end - start];
        format!("{places:?} {} {:?} {:?}", part.media(), part.encoding(), part.problems())
    };
    part.walk().map(line).collect()
}
