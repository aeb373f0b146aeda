//! However an answer's bytes are cut into chunks, its events are the same, and each event's data is read without a panic.
#![no_main]

use bytes::Bytes;
use futures::executor::block_on;
use futures::{StreamExt, stream};
use libfuzzer_sys::fuzz_target;
use stackspot_lsp::testing::agents_api::parse_event;
use stackspot_lsp::testing::agents_api::sse::{Event, SseError, events};

fuzz_target!(|input: (&[u8], Vec<u8>)| {
    let (bytes, cuts) = input;
    let whole = read(&[bytes]);
    let mut rest = bytes;
    let mut pieces = Vec::new();
    for cut in cuts {
        let (head, tail) = rest.split_at(usize::from(cut).min(rest.len()));
        pieces.push(head);
        rest = tail;
    }
    pieces.push(rest);
    assert_eq!(read(&pieces), whole);
    for event in whole.iter().flatten() {
        let _ = parse_event(event);
    }
});

fn read(chunks: &[&[u8]]) -> Vec<Result<Event, SseError<String>>> {
    let chunks: Vec<Result<Bytes, String>> = chunks.iter().map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    block_on(events(stream::iter(chunks)).collect())
}
