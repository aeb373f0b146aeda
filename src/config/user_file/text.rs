//! The text of the user's file, and the errors about it.

use std::ops::Range;
use std::path::Path;

use secrecy::zeroize::Zeroizing;

use crate::i18n::{Message, message};

/// The largest user file that is read, in bytes.
const LONGEST_FILE: u64 = 4 << 20;

/// The text of the user file at `path`, which may hold a secret; `None` if the file does not exist.
pub(super) fn read_text(path: &Path) -> Result<Option<Zeroizing<String>>, Message> {
    match crate::files::read_text(path, LONGEST_FILE) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(message!("user-file-unreadable", path = path.display().to_string(), reason = error.to_string()))
        }
    }
}

/// The TOML parser's error about `text`. It never contains the line, which may hold a secret.
pub(super) fn syntax(path: &Path, text: &str, span: Option<Range<usize>>, reason: &str) -> Message {
    let line = span.map_or(1, |span| line_at(text, span.start));
    message!("user-file-syntax", path = path.display().to_string(), line = line, reason = reason.to_owned())
}

/// The line of the byte `offset`, from 1.
pub(super) fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
