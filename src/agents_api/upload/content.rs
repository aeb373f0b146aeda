//! The bytes of a file to upload, and whether an agent can use them.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::{UploadContent, UploadFile, problem};
use crate::agents_api::error::{ApiError, FileProblem, MAX_UPLOAD_BYTES};
use crate::files;

/// A checked file that can be sent. Its length is fixed now; bytes that are appended later are not sent.
pub(super) struct Content {
    pub(super) length: u64,
    source: Source,
}

enum Source {
    File(File),
    Bytes(Bytes),
}

/// How many bytes of a file are read at once.
const PIECE: usize = 64 << 10;

/// How many bytes are read to detect the type of a file.
const START: usize = 1024;

/// Opens a file, and rejects unsuitable ones.
pub(super) async fn open(file: &UploadFile) -> Result<Content, ApiError> {
    let refuse = |what| problem(&file.name, what);
    let unreadable = |error: io::Error| refuse(FileProblem::Unreadable(error.to_string()));
    let (length, start, source) = match &file.content {
        UploadContent::Bytes(bytes) => {
            let start = bytes.slice(..bytes.len().min(START));
            (bytes.len() as u64, start, Source::Bytes(bytes.clone()))
        }
        UploadContent::Path(path) => {
            if !tokio::fs::metadata(path).await.map_err(unreadable)?.is_file() {
                return Err(refuse(FileProblem::NoFile));
            }
            // The file may have become a pipe. Opening a pipe waits for its writer.
            let path = path.clone();
            let opened = tokio::task::spawn_blocking(move || files::open(&path)).await;
            let mut opened = File::from_std(opened.map_err(io::Error::other).flatten().map_err(unreadable)?);
            let length = opened.metadata().await.map_err(unreadable)?.len();
            let mut start = Vec::with_capacity(START);
            (&mut opened).take(START as u64).read_to_end(&mut start).await.map_err(unreadable)?;
            opened.rewind().await.map_err(unreadable)?;
            (length, Bytes::from(start), Source::File(opened))
        }
    };
    match length {
        0 => Err(refuse(FileProblem::Empty)),
        bytes if bytes > MAX_UPLOAD_BYTES => Err(refuse(FileProblem::TooLarge { bytes })),
        _ => match unsuitable(&file.name, &start) {
            Some(what) => Err(refuse(what)),
            None => Ok(Content { length, source }),
        },
    }
}

impl Content {
    /// The next piece; `None` after the last.
    pub(super) async fn next(&mut self, sent: u64) -> io::Result<Option<Bytes>> {
        let left = self.length.saturating_sub(sent);
        match &mut self.source {
            _ if left == 0 => Ok(None),
            Source::Bytes(bytes) => Ok(Some(bytes.split_to(bytes.len().min(PIECE)))),
            Source::File(file) => {
                let mut piece = BytesMut::with_capacity(PIECE);
                match file.take(left.min(PIECE as u64)).read_buf(&mut piece).await? {
                    0 => Err(io::ErrorKind::UnexpectedEof.into()),
                    _ => Ok(Some(piece.freeze())),
                }
            }
        }
    }
}

/// Detects programs and archives by their first bytes. Office documents are archives too, so a zip is judged by its
/// name.
fn unsuitable(name: &str, start: &[u8]) -> Option<FileProblem> {
    use FileProblem::{Archive, Program};
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let is_binary = start.contains(&0);
    match start {
        [0x7f, b'E', b'L', b'F', ..] => Some(Program),
        [b'M', b'Z', ..] if is_binary => Some(Program),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => Some(Program),
        [0xca, 0xfe, 0xba, 0xbe, ..] | [0x00, b'a', b's', b'm', ..] => Some(Program),
        [0x1f, 0x8b, ..] | [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] => Some(Archive),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Archive),
        [b'7', b'z', 0xbc, 0xaf, ..] | [b'R', b'a', b'r', b'!', 0x1a, ..] => Some(Archive),
        [b'P', b'K', 3, 4, ..] if matches!(&*ending, "" | "zip" | "jar" | "war" | "apk" | "whl" | "nupkg") => {
            Some(Archive)
        }
        _ if start.get(257..262) == Some(b"ustar") => Some(Archive),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_archives_are_told_from_texts_and_documents() {
        let mut tar = vec![b'x'; 512];
        tar.splice(257..262, *b"ustar");
        for (name, start, refused) in [
            ("tool", b"\x7fELF\x02\x01".as_slice(), Some(FileProblem::Program)),
            ("tool.exe", b"MZ\x90\x00\x03", Some(FileProblem::Program)),
            ("notes.txt", b"MZ is how it begins", None),
            ("tool", b"\xcf\xfa\xed\xfe\x07", Some(FileProblem::Program)),
            ("Main.class", b"\xca\xfe\xba\xbe\0\0", Some(FileProblem::Program)),
            ("all.zip", b"PK\x03\x04\x14", Some(FileProblem::Archive)),
            ("report.docx", b"PK\x03\x04\x14", None),
            ("all.tar.gz", b"\x1f\x8b\x08", Some(FileProblem::Archive)),
            ("all.tar", &tar, Some(FileProblem::Archive)),
            ("page.pdf", b"%PDF-1.7\n\0", None),
            ("picture.png", b"\x89PNG\r\n\x1a\n", None),
            ("main.rs", b"fn main() {}", None),
            ("one byte", b"P", None),
        ] {
            assert_eq!(unsuitable(name, start), refused, "{name}");
        }
    }
}
