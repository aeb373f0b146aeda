//! However the client's bytes are cut into chunks, the frames are the same, and a good frame behind any rubbish that ends a
//! header section is still found.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stackspot_lsp::testing::server::transport::{Decoder, Frame};

const MAX_BODY: usize = 1 << 10;

fuzz_target!(|input: (&[u8], Vec<u8>)| {
    let (bytes, cuts) = input;
    let whole = decode([bytes]);
    assert_eq!(decode(pieces(bytes, &cuts)), whole);
    assert!(whole.iter().flatten().all(|body| body.len() <= MAX_BODY));

    let framed: Vec<u8> = [format!("Content-Length: {}\r\n\r\n", bytes.len()).as_bytes(), bytes].concat();
    if bytes.len() <= MAX_BODY {
        assert_eq!(decode([framed.as_slice()]), [Ok(bytes.to_vec())]);
    }
});

fn decode<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Frame> {
    let mut decoder = Decoder::new(MAX_BODY);
    let mut frames = Vec::new();
    for mut chunk in chunks {
        while !chunk.is_empty() {
            frames.extend(decoder.decode(&mut chunk));
        }
    }
    frames
}

fn pieces<'a>(mut bytes: &'a [u8], cuts: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for cut in cuts {
        let (head, rest) = bytes.split_at(usize::from(*cut).min(bytes.len()));
        pieces.push(head);
        bytes = rest;
    }
    pieces.push(bytes);
    pieces
}
