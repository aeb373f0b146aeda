//! Positions against a naive model that walks the text character by character.

use crate::documents::encoding::{RangeError, position};
use crate::documents::{Position, PositionEncoding, Range, offset, range_to_bytes};
use proptest::prelude::*;
use ropey::Rope;

pub(super) const ENCODINGS: [PositionEncoding; 3] =
    [PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32];

/// Text in which all that can go wrong is frequent: wide characters, all line breaks, and what only looks like one.
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
fn a_character_past_the_line_is_its_end_and_a_line_past_the_text_is_the_texts_end() {
    let text = Rope::from_str("ab\r\nc\rd\n");
    for encoding in ENCODINGS {
        let at = |line, character| offset(encoding, &text, Position::new(line, character));
        assert_eq!([at(0, 2), at(0, 3), at(0, u32::MAX)], [2, 2, 2]);
        assert_eq!([at(1, 1), at(1, 9)], [5, 5]);
        assert_eq!([at(2, 1), at(2, 9)], [7, 7]);
        assert_eq!([at(3, 0), at(3, 9), at(4, 0), at(u32::MAX, u32::MAX)], [8, 8, 8, 8]);
        assert_eq!(offset(encoding, &Rope::new(), Position::new(0, 7)), 0);
    }
}

#[test]
fn inside_a_character_rounds_down() {
    let text = Rope::from_str("é😀x");
    let utf16 = |character| offset(PositionEncoding::Utf16, &text, Position::new(0, character));
    assert_eq!([utf16(0), utf16(1), utf16(2), utf16(3), utf16(4), utf16(5)], [0, 2, 2, 6, 7, 7]);
    let utf8 = |character| offset(PositionEncoding::Utf8, &text, Position::new(0, character));
    assert_eq!([utf8(1), utf8(2), utf8(3), utf8(5), utf8(6), utf8(7)], [0, 2, 2, 2, 6, 7]);
    let utf32 = |character| offset(PositionEncoding::Utf32, &text, Position::new(0, character));
    assert_eq!([utf32(0), utf32(1), utf32(2), utf32(3)], [0, 2, 6, 7]);
    assert_eq!(position(PositionEncoding::Utf16, &text, 4), Position::new(0, 1));
}

#[test]
fn between_cr_and_lf_is_before_both() {
    let text = Rope::from_str("a\r\nb");
    for encoding in ENCODINGS {
        assert_eq!(position(encoding, &text, 2), Position::new(0, 1));
        assert_eq!(position(encoding, &text, 3), Position::new(1, 0));
        assert_eq!(position(encoding, &text, 99), Position::new(1, 1));
    }
}

#[test]
fn what_only_looks_like_a_line_break_is_none() {
    let text = Rope::from_str("a\u{85}b\u{2028}c\u{2029}d\u{b}e\u{c}f");
    let end = position(PositionEncoding::Utf32, &text, text.len_bytes());
    assert_eq!(end, Position::new(0, 11));
}

#[test]
fn a_range_that_starts_after_its_end_is_refused() {
    let text = Rope::from_str("ab\ncd");
    let backwards = Range::new(Position::new(1, 0), Position::new(0, 1));
    let refused = range_to_bytes(PositionEncoding::Utf16, &text, backwards);
    assert_eq!(refused, Err(RangeError(backwards)));
    // Also where both ends come out as the same place.
    let beyond = Range::new(Position::new(0, 9), Position::new(0, 8));
    assert_eq!(range_to_bytes(PositionEncoding::Utf16, &text, beyond), Err(RangeError(beyond)));
    let message = RangeError(backwards).to_string();
    assert!(message.contains("line 1, character 0") && message.contains("line 0, character 1"), "{message}");
}

proptest! {
    #[test]
    fn every_position_is_where_the_naive_model_says(text in text(0..60), line in 0_u32..20, character in 0_u32..30) {
        let rope = Rope::from_str(&text);
        let wanted = Position::new(line, character);
        for encoding in ENCODINGS {
            prop_assert_eq!(offset(encoding, &rope, wanted), naive_offset(encoding, &text, wanted));
        }
    }

    #[test]
    fn every_byte_is_where_the_naive_model_says_and_comes_back(text in text(0..60)) {
        let rope = Rope::from_str(&text);
        for encoding in ENCODINGS {
            for byte in 0..=text.len() {
                let found = position(encoding, &rope, byte);
                prop_assert_eq!(found, naive_position(encoding, &text, byte), "{:?} {}", encoding, byte);
                let in_line_break = byte > 0 && text.as_bytes()[byte - 1] == b'\r' && text.as_bytes().get(byte) == Some(&b'\n');
                let rounded = if in_line_break { byte - 1 } else { text.floor_char_boundary(byte) };
                prop_assert_eq!(offset(encoding, &rope, found), rounded);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Long enough to spread over many chunks, so that line breaks and characters meet their seams.
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
