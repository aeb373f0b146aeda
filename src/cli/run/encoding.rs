//! The encoding of a file's text. Text is written back in the same encoding. Unchanged text keeps every byte.

use std::borrow::Cow;

use crate::encoding;

/// An encoding of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    /// UTF-16, the low byte of a unit first, as Windows writes it.
    Utf16Le,
    /// UTF-16, the high byte of a unit first.
    Utf16Be,
}

impl Encoding {
    /// The encoding of `bytes` and their text, with the byte order mark. Returns `None` if they are not text in these
    /// encodings: programs, pictures, and old code pages.
    pub(super) fn read(bytes: Vec<u8>) -> Option<(Self, String)> {
        if bytes.contains(&0) {
            // The guard against secrets decides what is text. Only text that it checked is sent.
            let judged = encoding::decode(&bytes)?;
            return [Self::Utf16Le, Self::Utf16Be].into_iter().find_map(|encoding| {
                let text = encoding.decode(&bytes)?;
                (text.trim_start_matches('\u{feff}') == judged).then_some((encoding, text))
            });
        }
        let encoding = match bytes.as_slice() {
            [0xff, 0xfe, ..] => Self::Utf16Le,
            [0xfe, 0xff, ..] => Self::Utf16Be,
            _ => return Some((Self::Utf8, String::from_utf8(bytes).ok()?)),
        };
        Some((encoding, encoding.decode(&bytes)?))
    }

    /// The bytes of `text`.
    pub(super) fn write(self, text: &str) -> Cow<'_, [u8]> {
        let bytes = |of_unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(of_unit).collect();
        match self {
            Self::Utf8 => text.as_bytes().into(),
            Self::Utf16Le => Cow::Owned(bytes(u16::to_le_bytes)),
            Self::Utf16Be => Cow::Owned(bytes(u16::to_be_bytes)),
        }
    }

    /// The text. The bytes must be whole units and whole characters.
    fn decode(self, bytes: &[u8]) -> Option<String> {
        let (units, []) = bytes.as_chunks::<2>() else { return None };
        let unit = if self == Self::Utf16Be { u16::from_be_bytes } else { u16::from_le_bytes };
        char::decode_utf16(units.iter().copied().map(unit)).collect::<Result<_, _>>().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoded_text_is_encoded_to_the_same_bytes() {
        for mark in ["", "\u{feff}"] {
            let text = format!("{mark}preço = 1  # 🦀\r\n");
            for encoding in [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be] {
                let bytes = encoding.write(&text).into_owned();
                assert_eq!(Encoding::read(bytes), Some((encoding, text.clone())), "{encoding:?} {mark:?}");
            }
        }
        // Letters of other scripts contain no NUL byte. The byte order mark decides.
        let text = "\u{feff}漢字".to_owned();
        assert_eq!(Encoding::read(Encoding::Utf16Be.write(&text).into_owned()), Some((Encoding::Utf16Be, text)));
        assert_eq!(Encoding::read(Vec::new()), Some((Encoding::Utf8, String::new())));
    }

    #[test]
    fn text_without_exact_round_trip_is_refused() {
        let odd = b"\xff\xfea\0b".as_slice();
        let half_a_pair = b"\xff\xfea\0\x3d\xd8";
        let utf32 = b"\xff\xfe\0\0a\0\0\0";
        let program = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0";
        for bytes in [odd, half_a_pair, utf32, program, b"a\0b in the middle of a text", b"# pre\xe7o\n"] {
            assert_eq!(Encoding::read(bytes.to_vec()), None, "{bytes:?}");
        }
    }
}
