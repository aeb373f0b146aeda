//! Positions against a naive model that walks the text character by character.

use proptest::prelude::*;
use ropey::Rope;
use stackspot_lsp::testing::documents::{
    Position, PositionEncoding, Range, RangeError, offset, position, range_to_bytes,
};

pub(super) const ENCODINGS: [PositionEncoding; 3] =
    [PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32];

/// Text with many difficult cases: wide characters, all line breaks, and characters that only look like one.
pub(super) fn text(length: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(vec!["a", "b", " ", "é", "界", "😀", "e\u{301}"]),
        3 => prop::sample::select(vec!["\n", "\r", "\r\n"]),
        1 => prop::sample::select(vec!["\u{85}", "\u{2028}", "\u{2029}", "\u{b}", "\u{c}"]),
    ];
    prop::collection::vec(piece, length).prop_map(|pieces| pieces.concat())
}

/// Each line as the byte where it starts and its characters without the line break.
fn lines(text: &str) -> Vec<(usize, Vec<char>)> {
    let mut lines = vec![(0, vec![])];
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let mut next = at + char.len_utf8();
        match char {
            '\r' | '\n' => {
                if char == '\r' && chars.next_if(|(_, next)| *next == '\n').is_some() {
                    next += 1;
                }
                lines.push((next, vec![]));
            }
            _ => lines.last_mut().unwrap().1.push(char),
        }
    }
    lines
}

fn width(encoding: PositionEncoding, char: char) -> usize {
    match encoding {
        PositionEncoding::Utf8 => char.len_utf8(),
        PositionEncoding::Utf16 => char.len_utf16(),
        PositionEncoding::Utf32 => 1,
    }
}

pub(super) fn naive_offset(encoding: PositionEncoding, text: &str, position: Position) -> usize {
    let lines = lines(text);
    let Some((start, chars)) = lines.get(position.line as usize) else { return text.len() };
    let (mut byte, mut character) = (*start, 0);
    for char in chars {
        character += width(encoding, *char);
        if character > position.character as usize {
            break;
        }
        byte += char.len_utf8();
    }
    byte
}

fn naive_position(encoding: PositionEncoding, text: &str, byte: usize) -> Position {
    let lines = lines(text);
    let line = lines.iter().rposition(|(start, _)| *start <= byte).unwrap();
    let (start, chars) = &lines[line];
    let (mut end, mut character) = (*start, 0);
    for char in chars {
        end += char.len_utf8();
        if end > byte {
            break;
        }
        character += width(encoding, *char);
    }
    Position::new(line.try_into().unwrap(), character.try_into().unwrap())
}

#[test]
fn range_with_start_after_end_is_refused() {
    let text = Rope::from_str("ab\ncd");
    let backwards = Range::new(Position::new(1, 0), Position::new(0, 1));
    let refused = range_to_bytes(PositionEncoding::Utf16, &text, backwards);
    assert_eq!(refused, Err(RangeError(backwards)));
    // The error also applies if both ends map to the same place.
    let beyond = Range::new(Position::new(0, 9), Position::new(0, 8));
    assert_eq!(range_to_bytes(PositionEncoding::Utf16, &text, beyond), Err(RangeError(beyond)));
    let message = RangeError(backwards).to_string();
    assert!(message.contains("line 1, character 0") && message.contains("line 0, character 1"), "{message}");
}

/// Up to `most`, and sometimes far past every line and text.
fn up_to(most: u32) -> impl Strategy<Value = u32> {
    prop_oneof![9 => 0..most, 1 => Just(u32::MAX)]
}

proptest! {
    #[test]
    fn every_position_matches_the_naive_model(text in text(0..60), line in up_to(20), character in up_to(30)) {
        let rope = Rope::from_str(&text);
        let wanted = Position::new(line, character);
        for encoding in ENCODINGS {
            prop_assert_eq!(offset(encoding, &rope, wanted), naive_offset(encoding, &text, wanted));
        }
    }

    #[test]
    fn every_byte_offset_matches_the_naive_model(text in text(0..60)) {
        let rope = Rope::from_str(&text);
        for encoding in ENCODINGS {
            for byte in 0..=text.len() + 2 {
                let found = position(encoding, &rope, byte);
                let in_line_break = byte > 0 && text.get(byte - 1..).is_some_and(|rest| rest.starts_with("\r\n"));
                let rounded = if in_line_break { byte - 1 } else { text.floor_char_boundary(byte) };
                prop_assert_eq!(found, naive_position(encoding, &text, rounded), "{:?} {}", encoding, byte);
                prop_assert_eq!(offset(encoding, &rope, found), rounded);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// The text spans many chunks, so that line breaks and characters cross their boundaries.
    #[test]
    fn long_texts_too(text in text(3000..6000), places in prop::collection::vec((0_u32..1500, 0_u32..12), 8)) {
        let rope = Rope::from_str(&text);
        for encoding in ENCODINGS {
            for (line, character) in &places {
                let wanted = Position::new(*line, *character);
                let byte = offset(encoding, &rope, wanted);
                prop_assert_eq!(byte, naive_offset(encoding, &text, wanted));
                prop_assert_eq!(position(encoding, &rope, byte), naive_position(encoding, &text, byte));
            }
        }
    }
}
