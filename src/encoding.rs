//! From bytes to the text that a user sees. The server checks and sends this text, because a scanner of bytes finds no
//! words in UTF-16.

/// How many of the first bytes are read to detect UTF-16 without a byte order mark.
const SAMPLE: usize = 4096;

/// The text of `bytes`: UTF-8, UTF-16 in either byte order (by its mark or the places of its NULs), else Latin-1, where
/// every byte is a letter. A byte order mark is removed. `None` if the bytes are not text: programs, pictures.
pub(crate) fn decode(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => return without_nul(rest),
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return None,
        [0xff, 0xfe, rest @ ..] => return utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return utf16(rest, u16::from_be_bytes),
        _ => {}
    }
    if !bytes.contains(&0) {
        return without_nul(bytes);
    }
    let sample = bytes.get(..bytes.len().min(SAMPLE)).unwrap_or_default();
    let nuls = |first: usize| sample.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, pairs) = (nuls(0), nuls(1), sample.len() / 2);
    // Latin letters have a NUL in the upper half of a UTF-16 unit, and none in the lower half.
    let tells = |upper: usize, lower: usize| upper * 10 >= pairs * 4 && lower * 20 <= pairs;
    if tells(odd, even) {
        utf16(bytes, u16::from_le_bytes)
    } else if tells(even, odd) {
        utf16(bytes, u16::from_be_bytes)
    } else {
        None
    }
}

/// Whether `bytes` begin like a document or a picture that agents read. The server cannot search it for secrets, so the
/// sender decides.
pub(crate) fn is_document_or_picture(bytes: &[u8]) -> bool {
    // An archive counts as an office document or a book here. Other archives are refused as uploads.
    const STARTS: [&[u8]; 9] = [
        b"%PDF-",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF8",
        b"II*\0",
        b"MM\0*",
        b"PK\x03\x04",
        b"{\\rtf",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ];
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    is_webp || STARTS.iter().any(|start| bytes.starts_with(start))
}

fn without_nul(bytes: &[u8]) -> Option<String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (!text.contains('\0')).then(|| text.to_owned());
    }
    // If a file is read up to a limit, it may end inside a character.
    let whole = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    if bytes.len() - whole < 4 && whole > 0 {
        return std::str::from_utf8(bytes.get(..whole)?).ok().filter(|text| !text.contains('\0')).map(str::to_owned);
    }
    let is_text = |byte: &u8| *byte >= 0x20 && *byte != 0x7f || b"\t\n\r\x0c\x1b".contains(byte);
    let odd = bytes.iter().filter(|byte| !is_text(byte)).count();
    (odd == 0).then(|| bytes.iter().copied().map(char::from).collect())
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units = bytes.as_chunks::<2>().0.iter().copied().map(unit);
    let text: Option<String> = char::decode_utf16(units).map(Result::ok).collect();
    text.filter(|text| !text.contains('\0')).map(|text| text.trim_start_matches('\u{feff}').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16_of(text: &str, bytes: fn(u16) -> [u8; 2], mark: bool) -> Vec<u8> {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(bytes).collect()
    }

    #[test]
    fn a_text_is_the_same_in_every_encoding() {
        let text = "senha = \"x\" # não é código 🦀\r\n";
        for mark in [true, false] {
            assert_eq!(decode(&utf16_of(text, u16::to_le_bytes, mark)).as_deref(), Some(text), "LE, {mark}");
            assert_eq!(decode(&utf16_of(text, u16::to_be_bytes, mark)).as_deref(), Some(text), "BE, {mark}");
        }
        assert_eq!(decode(text.as_bytes()).as_deref(), Some(text));
        assert_eq!(decode(&[b"\xef\xbb\xbf", text.as_bytes()].concat()).as_deref(), Some(text));
        assert_eq!(decode(b"caf\xe9 = 1 # longer than a letter").as_deref(), Some("café = 1 # longer than a letter"));
        assert_eq!(decode("caf\u{e9}".as_bytes().split_last().unwrap().1).as_deref(), Some("caf"), "cut by a bound");
        assert_eq!(decode(b"").as_deref(), Some(""));
    }

    #[test]
    fn binary_data_has_no_encoding() {
        let program = [b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0\x01\0\0\0".as_slice(), &[0; 40]].concat();
        for bytes in
            [program.as_slice(), b"text\0with a NUL in the middle of it", b"\x89PNG\r\n\x1a\n\xff\x01", b"\0\0\0\0"]
        {
            assert_eq!(decode(bytes), None, "{bytes:?}");
        }
        assert!(is_document_or_picture(b"%PDF-1.7\n\0") && is_document_or_picture(b"RIFF\0\0\0\0WEBPVP8 "));
        assert!(!is_document_or_picture(&program) && !is_document_or_picture(b"SQLite format 3\0"));
    }
}
