//! The protocol between the two processes: each frame is a length and that number of bytes.
//!
//! The worker sends [`HELLO`] when it is ready. A question is two frames: the question as JSON, and the text. The
//! answer is one frame of JSON.

use std::io::{self, Read, Write};

/// The first frame of a worker of this version. The server sends no question to another program.
pub(super) const HELLO: &str = concat!("stackspot-lsp ", env!("CARGO_PKG_VERSION"), " parses");

/// The maximum length of a frame, in bytes. A text that is parsed is shorter.
const MOST_BYTES: usize = 32 << 20;

/// Writes a frame. Its bytes come in pieces, with a total length of `len`.
///
/// # Errors
/// Returns the errors of the stream, and an error if `len` exceeds the limit.
pub(super) fn write<'a>(to: &mut impl Write, len: usize, pieces: impl Iterator<Item = &'a [u8]>) -> io::Result<()> {
    let len = u32::try_from(len).ok().filter(|_| len <= MOST_BYTES).ok_or_else(too_long)?;
    to.write_all(&len.to_le_bytes())?;
    for piece in pieces {
        to.write_all(piece)?;
    }
    to.flush()
}

/// Reads a frame. Returns `None` if the stream ends before it. Memory grows only with the received bytes.
///
/// # Errors
/// Returns the errors of the stream, an end inside a frame, and a length over the limit.
pub(super) fn read_frame(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut len = [0; 4];
    let first = loop {
        match from.read(&mut len) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            first => break first?,
        }
    };
    if first == 0 {
        return Ok(None);
    }
    from.read_exact(len.get_mut(first..).unwrap_or_default())?;
    let len = usize::try_from(u32::from_le_bytes(len)).ok().filter(|len| *len <= MOST_BYTES).ok_or_else(too_long)?;
    let mut bytes = Vec::new();
    from.take(len as u64).read_to_end(&mut bytes)?;
    if bytes.len() < len { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(Some(bytes)) }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a frame is longer than any text that is parsed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pieces: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, pieces.iter().map(|piece| piece.len()).sum(), pieces.iter().copied()).unwrap();
        bytes
    }

    #[test]
    fn frame_in_pieces_is_read_as_one() {
        let both = [written(&[b"ab", b"", b"c"]), written(&[])].concat();
        let mut stream = &*both;
        assert_eq!(read_frame(&mut stream).unwrap().as_deref(), Some(&b"abc"[..]));
        assert_eq!(read_frame(&mut stream).unwrap().as_deref(), Some(&b""[..]));
        assert_eq!(read_frame(&mut stream).unwrap(), None);
    }

    #[test]
    fn cut_frame_is_an_error() {
        let whole = written(&[b"abc"]);
        for end in 1..whole.len() {
            assert!(read_frame(&mut &whole[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn length_over_the_bound_is_refused_without_allocation() {
        let error = read_frame(&mut &[0xff, 0xff, 0xff, 0x7f, b'a'][..]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(write(&mut Vec::new(), MOST_BYTES + 1, std::iter::empty()).is_err());
    }
}
