//! From bytes to bodies: the `Content-Length` framing of LSP, decoded without I/O, so that chunk sizes do not matter.
//!
//! The decoder always continues. After a header section without a usable length it searches for the next
//! `Content-Length:` in the stream. It skips a body over the limit byte by byte and never stores it.

use thiserror::Error;

/// The longest body that is read, in bytes. A document of 50 MB still fits when JSON doubles it.
pub(crate) const MAX_BODY_BYTES: usize = 128 << 20;

/// The longest header section, in bytes. Real ones have less than a hundred.
const MAX_HEAD_BYTES: usize = 8 << 10;

/// The memory reserved for a body before its bytes arrive, in bytes. Until then the length is only a claim.
const MAX_RESERVE_BYTES: usize = 8 << 20;

/// A length that exceeds the limit by this factor is a corrupt number. Such a body is not skipped.
const IMPLAUSIBLE_FACTOR: u64 = 64;

const LENGTH_NAME: &[u8] = b"content-length";
const LENGTH_MARK: &[u8] = b"content-length:";

/// The result of the decoder: a body, or the reason why a message could not be read.
pub type Frame = Result<Vec<u8>, FrameError>;

/// Why there is no body. The decoder continues after each of these errors.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    /// The header section ended without a `Content-Length`.
    #[error("a message came without a Content-Length header; skipped to the next one")]
    MissingLength,
    /// `Content-Length` is not a plausible number of bytes, or the message has two different ones.
    #[error("a message came with an unusable Content-Length header; skipped to the next one")]
    BadLength,
    /// The header section did not end within its limit.
    #[error("the headers of a message exceed {MAX_HEAD_BYTES} bytes; skipped to the next Content-Length")]
    LongHead,
    /// The body is longer than the limit. The decoder skips it.
    #[error("a message of {length} bytes exceeds the limit of {limit} bytes and was skipped")]
    LongBody {
        /// Bytes announced.
        length: u64,
        /// Bytes allowed.
        limit: usize,
    },
}

/// Splits a stream of bytes into bodies. It stores only one unfinished body or header section.
#[derive(Debug)]
pub struct Decoder {
    max_body: usize,
    state: DecoderState,
}

impl Decoder {
    /// A decoder that skips bodies over `max_body` bytes.
    pub fn new(max_body: usize) -> Self {
        Self { max_body, state: DecoderState::Head(Head::default()) }
    }

    /// Consumes `input` up to the end of the next frame. Returns `None` if it consumed all and needs more bytes.
    pub fn decode(&mut self, input: &mut &[u8]) -> Option<Frame> {
        loop {
            let (next, found) = match &mut self.state {
                DecoderState::Head(head) => head.read(input, self.max_body)?,
                DecoderState::Body { body, missing } => {
                    let taken = take(input, *missing);
                    body.extend_from_slice(taken);
                    *missing -= taken.len();
                    if *missing > 0 {
                        return None;
                    }
                    (DecoderState::Head(Head::default()), Some(Ok(std::mem::take(body))))
                }
                DecoderState::Skip { missing } => {
                    let taken = take(input, usize::try_from(*missing).unwrap_or(usize::MAX));
                    *missing -= taken.len() as u64;
                    if *missing > 0 {
                        return None;
                    }
                    (DecoderState::Head(Head::default()), None)
                }
                DecoderState::Search { tail } => (DecoderState::Head(search(tail, input)?), None),
            };
            self.state = next;
            if found.is_some() {
                return found;
            }
        }
    }
}

#[derive(Debug)]
enum DecoderState {
    Head(Head),
    Body {
        body: Vec<u8>,
        missing: usize,
    },
    Skip {
        missing: u64,
    },
    /// Searching for `Content-Length:`. `tail` contains the last bytes, which may be its start.
    Search {
        tail: Vec<u8>,
    },
}

#[derive(Debug, Default)]
struct Head {
    line: Vec<u8>,
    size: usize,
    has_lines: bool,
    length: Length,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Length {
    #[default]
    Missing,
    Known(u64),
    Bad,
}

/// The next state of the decoder, and the frame that it found, if any.
type Step = (DecoderState, Option<Frame>);

/// Skips a message that cannot be read.
fn skipped(error: FrameError) -> Step {
    (DecoderState::Search { tail: Vec::new() }, Some(Err(error)))
}

impl Head {
    /// Reads header lines up to the empty line. Lines may end with LF alone.
    fn read(&mut self, input: &mut &[u8], max_body: usize) -> Option<Step> {
        while !input.is_empty() {
            let room = MAX_HEAD_BYTES.saturating_sub(self.size);
            if room == 0 {
                return Some(skipped(FrameError::LongHead));
            }
            let line_end = input.iter().take(room).position(|&byte| byte == b'\n');
            let taken = take(input, line_end.map_or(room, |at| at + 1));
            self.size += taken.len();
            self.line.extend_from_slice(taken);
            if line_end.is_none() {
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = line.trim_ascii();
            if !line.is_empty() {
                self.has_lines = true;
                self.note(line);
            } else if self.has_lines {
                return Some(self.end(max_body));
            } else {
                // Empty lines between messages have no meaning, and there may be many.
                self.size = 0;
            }
        }
        None
    }

    fn note(&mut self, line: &[u8]) {
        let Some(value) = length_value(line) else { return };
        let length = match parse_length(value) {
            Some(length) => Length::Known(length),
            None => Length::Bad,
        };
        self.length = if self.length == Length::Missing || self.length == length { length } else { Length::Bad };
    }

    fn end(&self, max_body: usize) -> Step {
        match self.length {
            Length::Missing => skipped(FrameError::MissingLength),
            Length::Bad => skipped(FrameError::BadLength),
            Length::Known(length) => match usize::try_from(length) {
                Ok(0) => (DecoderState::Head(Self::default()), Some(Ok(Vec::new()))),
                Ok(missing) if missing <= max_body => {
                    (DecoderState::Body { body: Vec::with_capacity(missing.min(MAX_RESERVE_BYTES)), missing }, None)
                }
                _ if length / IMPLAUSIBLE_FACTOR > max_body as u64 => skipped(FrameError::BadLength),
                _ => {
                    let error = FrameError::LongBody { length, limit: max_body };
                    (DecoderState::Skip { missing: length }, Some(Err(error)))
                }
            },
        }
    }
}

/// The value of a `Content-Length` line. The rest of a message with a wrong length may precede the name, as in
/// `}Content-Length: 5`. But a longer name with the same end (`X-Content-Length`) is another header.
fn length_value(line: &[u8]) -> Option<&[u8]> {
    line.iter().enumerate().filter(|(_, byte)| **byte == b':').find_map(|(colon, _)| {
        let (name, rest) = line.split_at_checked(colon)?;
        let name = name.trim_ascii_end();
        let (before, name) = name.split_at_checked(name.len().checked_sub(LENGTH_NAME.len())?)?;
        let stands_alone = before.last().is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-');
        (name.eq_ignore_ascii_case(LENGTH_NAME) && stands_alone).then(|| rest.get(1..).unwrap_or_default())
    })
}

fn parse_length(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value.trim_ascii()).ok()?;
    // `parse` alone would accept a leading plus.
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// Drops bytes up to the next `Content-Length:`, which starts the next header section.
fn search(tail: &mut Vec<u8>, input: &mut &[u8]) -> Option<Head> {
    while let Some((&byte, rest)) = input.split_first() {
        *input = rest;
        if tail.len() == LENGTH_MARK.len() {
            tail.remove(0);
        }
        tail.push(byte);
        if tail.eq_ignore_ascii_case(LENGTH_MARK) {
            let line = std::mem::take(tail);
            return Some(Head { size: line.len(), line, ..Head::default() });
        }
    }
    None
}

fn take<'a>(input: &mut &'a [u8], most: usize) -> &'a [u8] {
    let (taken, rest) = input.split_at_checked(most).unwrap_or((input, &[]));
    *input = rest;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(chunks: &[&[u8]]) -> Vec<Frame> {
        let mut decoder = Decoder::new(64);
        let mut frames = Vec::new();
        for chunk in chunks {
            let mut input = *chunk;
            while let Some(frame) = decoder.decode(&mut input) {
                frames.push(frame);
            }
            assert!(input.is_empty(), "bytes were left over: {input:?}");
        }
        frames
    }

    fn body(text: &str) -> Frame {
        Ok(text.into())
    }

    #[test]
    fn headers_come_in_any_case_with_strangers_and_either_line_end() {
        let stream = b"\r\n\ncontent-length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n{}\
                       CONTENT-LENGTH:3\n\n[1]no colon here\r\nContent-Length : 1\r\n\r\n7";
        assert_eq!(decode(&[stream]), [body("{}"), body("[1]"), body("7")]);
    }

    #[test]
    fn a_missing_or_unusable_length_costs_that_message_alone() {
        for (head, error) in [
            ("Foo: bar", FrameError::MissingLength),
            ("X-Content-Length: 2", FrameError::MissingLength),
            ("Content-Length: two", FrameError::BadLength),
            ("Content-Length: -2", FrameError::BadLength),
            ("Content-Length: +2", FrameError::BadLength),
            ("Content-Length:", FrameError::BadLength),
            ("Content-Length: 99999999999999999999999", FrameError::BadLength),
            ("Content-Length: 999999999999", FrameError::BadLength),
            ("Content-Length: 2\r\nContent-Length: 3", FrameError::BadLength),
        ] {
            let stream = format!("{head}\r\n\r\n{{\"lost\":1}}Content-Length: 4\r\n\r\ngood");
            assert_eq!(decode(&[stream.as_bytes()]), [Err(error), body("good")], "{head}");
        }
        assert_eq!(decode(&[b"Content-Length: 2\r\ncontent-length: 2\r\n\r\nok"]), [body("ok")]);
    }

    #[test]
    fn a_length_that_is_too_short_costs_that_message_alone() {
        let stream = b"Content-Length: 3\r\n\r\n{\"a\":1}Content-Length: 4\r\n\r\ngood";
        assert_eq!(decode(&[stream]), [body("{\"a"), body("good")]);
    }

    #[test]
    fn body_over_the_limit_is_skipped_without_buffering() {
        let mut decoder = Decoder::new(64);
        let mut input: &[u8] = b"Content-Length: 1000\r\n\r\n";
        assert_eq!(decoder.decode(&mut input), Some(Err(FrameError::LongBody { length: 1000, limit: 64 })));
        let long = "Content-Length: 1\r\n\r\n".repeat(50);
        let mut input = &long.as_bytes()[..1000];
        assert_eq!(decoder.decode(&mut input), None);
        assert!(matches!(decoder.state, DecoderState::Head(_)), "{:?}", decoder.state);
        let mut input: &[u8] = b"Content-Length: 64\r\n\r\n";
        assert_eq!(decoder.decode(&mut input), None);
        let whole = [b'x'; 64];
        assert_eq!(decoder.decode(&mut &whole[..]), Some(Ok(whole.to_vec())));
    }

    #[test]
    fn a_megabyte_of_header_without_a_line_end_is_bounded() {
        let mut decoder = Decoder::new(64);
        let long = vec![b'a'; 1 << 20];
        let mut input = &long[..];
        assert_eq!(decoder.decode(&mut input), Some(Err(FrameError::LongHead)));
        assert_eq!(decoder.decode(&mut input), None);
        let DecoderState::Search { tail } = &decoder.state else { panic!("{:?}", decoder.state) };
        assert!(tail.capacity() < 100 && input.is_empty());
        let mut input: &[u8] = b"\nContent-Length: 2\r\n\r\nok";
        assert_eq!(decoder.decode(&mut input), Some(Ok(b"ok".to_vec())));
    }

    proptest! {
        #[test]
        fn chunking_never_changes_what_is_decoded(
            pieces in prop::collection::vec(piece(), 1..8),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let stream = pieces.concat();
            let whole = decode(&[&stream]);
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
            at.extend([0, stream.len()]);
            at.sort_unstable();
            let chunks: Vec<&[u8]> = at.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
            prop_assert_eq!(&decode(&chunks), &whole);
            prop_assert_eq!(decode(&stream.chunks(1).collect::<Vec<_>>()), whole);
        }
    }

    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let good = "[ -~é\r\n]{0,40}".prop_map(|text| format!("Content-Length: {}\r\n\r\n{text}", text.len()).into());
        let odd = prop_oneof![
            Just("Content-Length: x\r\n\r\n"),
            Just("Content-Length: 100\n\n"),
            Just("Foo: bar\n\n"),
            Just("\r\n"),
            Just("content-lengthContent-Length: 1\r\n\r\n"),
        ];
        prop_oneof![3 => good, 1 => odd.prop_map(Vec::from), 1 => prop::collection::vec(any::<u8>(), 0..30)]
    }
}
