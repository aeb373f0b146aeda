//! The output of a template, which ends at its budget.

use std::io;

/// Accepts a limited number of characters. Further text is dropped, and ends the rendering.
pub(super) struct BoundedText {
    bytes: Vec<u8>,
    chars_left: usize,
    pub(super) is_overfull: bool,
}

impl BoundedText {
    pub(super) fn new(max_chars: usize) -> Self {
        Self { bytes: Vec::new(), chars_left: max_chars, is_overfull: false }
    }

    pub(super) fn into_text(self) -> String {
        // The engine writes whole strings, therefore no bytes are replaced.
        String::from_utf8(self.bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

impl io::Write for BoundedText {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        let continues_a_char = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
        let chars = more.iter().filter(|byte| !continues_a_char(byte)).count();
        match self.chars_left.checked_sub(chars) {
            Some(left) => self.chars_left = left,
            None => self.is_overfull = true,
        }
        if self.is_overfull {
            return Err(io::Error::other("the prompt is full"));
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
