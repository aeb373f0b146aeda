use futures::{StreamExt, stream};
use proptest::prelude::*;

use super::*;

type Outcome = Result<(String, String), SseError<&'static str>>;

/// Name and text of an event.
fn told<E>(outcome: Result<Event, SseError<E>>) -> Result<(String, String), SseError<E>> {
    outcome.map(|event| (event.name.to_string(), event.text().into_owned()))
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// The events of a body that arrives in these chunks.
fn read(chunks: impl IntoIterator<Item = Vec<u8>>) -> Vec<Outcome> {
    let chunks = chunks.into_iter().map(|chunk| Ok(Bytes::from(chunk)));
    block_on(events(stream::iter(chunks)).map(told).collect())
}

fn read_whole(body: impl AsRef<[u8]>) -> Vec<Outcome> {
    read([body.as_ref().to_vec()])
}

fn event(name: &str, data: &str) -> Outcome {
    Ok((name.into(), data.into()))
}

/// The parser of the HTML standard, in a simple form for a whole body. The last event needs no blank line.
fn reference(body: &[u8]) -> Vec<Outcome> {
    let text = String::from_utf8_lossy(body).replace("\r\n", "\n").replace('\r', "\n");
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (mut events, mut name, mut data, mut any_data) = (Vec::new(), String::new(), None::<String>, false);
    let mut others = String::new();
    for line in text.split('\n').chain([""]) {
        if line.is_empty() {
            if let Some(data) = data.take() {
                events.push(event(if name.is_empty() { "message" } else { &name }, &data));
            }
            name.clear();
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                any_data = true;
                data = Some(data.map_or(value.to_owned(), |before| before + "\n" + value));
            }
            "event" => name = value.to_owned(),
            "" | "id" | "retry" => {}
            _ => others = others + line + "\n",
        }
    }
    if !any_data {
        events.push(Err(SseError::NotEvents(others)));
    }
    events
}

#[test]
fn events_as_the_standard_has_them() {
    for (body, expected) in [
        ("data: a\n\n", vec![event("message", "a")]),
        ("data:a\ndata: b\ndata:  c\n\n", vec![event("message", "a\nb\n c")]),
        ("event: error\ndata: a\n\ndata: b\n\n", vec![event("error", "a"), event("message", "b")]),
        ("event: lost\n\ndata: b\n\n", vec![event("message", "b")]),
        (": c\nid: 1\nretry: 5\nother: x\ndatax: y\ndata: a\n\n", vec![event("message", "a")]),
        ("data\n\n", vec![event("message", "")]),
        ("data: a", vec![event("message", "a")]),
        (
            "data: a\r\rdata: b\r\n\r\ndata: c\n\n",
            vec![event("message", "a"), event("message", "b"), event("message", "c")],
        ),
        ("\u{feff}data: a\n\n", vec![event("message", "a")]),
        ("\u{feff}\u{feff}data: a\n\ndata: b\n\n", vec![event("message", "b")]),
        ("data: a\u{2028}b\u{85}c\u{b}d\n\n", vec![event("message", "a\u{2028}b\u{85}c\u{b}d")]),
    ] {
        assert_eq!(read_whole(body), expected, "{body:?}");
        assert_eq!(reference(body.as_bytes()), expected, "the reference is right about {body:?}");
    }
}

#[test]
fn a_body_without_data_is_handed_back() {
    let read = |body: &str| read_whole(body);
    assert_eq!(read(""), [Err(SseError::NotEvents(String::new()))]);
    assert_eq!(read(": ping\n\n"), [Err(SseError::NotEvents(String::new()))]);
    assert_eq!(read("{\n \"a\": 1\n}"), [Err(SseError::NotEvents("{\n \"a\": 1\n}\n".into()))]);
}

#[test]
fn a_body_that_breaks_gives_what_it_had_and_then_the_reason() {
    for body in ["data: a\n\ndata: b", "data: a\n\ndata: b\n"] {
        let chunks = [Ok(Bytes::from(body)), Err("broken"), Ok(Bytes::from("data: never\n\n"))];
        let events: Vec<Outcome> = block_on(events(stream::iter(chunks)).map(told).collect());
        assert_eq!(events, [event("message", "a"), event("message", "b"), Err(SseError::Body("broken"))]);
    }
}

#[test]
fn an_event_is_out_with_its_blank_line_even_when_a_cr_ends_it() {
    let body = stream::iter([Ok::<_, ()>(Bytes::from("data: a\r\r"))]).chain(stream::pending());
    let first = block_on(events(body).map(told).next());
    assert_eq!(first, Some(Ok(("message".into(), "a".into()))));
}

#[test]
fn lines_and_events_are_bounded() {
    let longest = format!("data:{}", "x".repeat(MAX_LINE_BYTES - 5));
    let data = "x".repeat(MAX_LINE_BYTES - 5);
    assert!(read_whole(format!("{longest}\n\n")) == [event("message", &data)], "the longest line is taken");
    for pieces in [1 << 16, usize::MAX] {
        let too_long = format!("{longest}x\n\ndata: more\n\n").into_bytes();
        let chunks = too_long.chunks(pieces).map(<[u8]>::to_vec);
        assert!(read(chunks) == [Err(SseError::LineTooLong)]);
    }
    let line = format!("data: {}\n", "x".repeat(1 << 20));
    let endless = std::iter::once(b"data: a\n\n".to_vec()).chain(std::iter::repeat_n(line.into_bytes(), 40));
    assert!(read(endless) == [event("message", "a"), Err(SseError::EventTooLarge)]);
    let other = format!("{}\n", "x".repeat(1 << 20));
    assert!(read(std::iter::repeat_n(other.into_bytes(), 40)) == [Err(SseError::EventTooLarge)], "nor are others kept");
}

#[test]
fn endless_comments_and_ids_yield_to_other_tasks() {
    let flood = stream::repeat_with(|| Ok::<_, ()>(Bytes::from_static(b": ping\nid: 7\n\n")));
    let mut events = events(flood);
    let mut next = std::pin::pin!(events.next());
    let polled = next.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop()));
    assert!(polled.is_pending(), "a poll of an endless flood comes back");
}

/// Random bodies with elements that the parser distinguishes.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let bit = prop_oneof![
        4 => prop::sample::select(vec!["\n", "\r", "\r\n", "\n\n"]).prop_map(|text| text.as_bytes().to_vec()),
        4 => prop::sample::select(vec!["data: ", "data:", "data", "event: error", "id: 7", ": c", ":", " ", "{\"a\":1}"])
            .prop_map(|text| text.as_bytes().to_vec()),
        2 => prop::sample::select(vec!["é", "👍", "\u{feff}", "\u{2028}", "\0"]).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(bit, 0..24).prop_map(|bits| bits.concat())
}

proptest! {
    #[test]
    fn however_it_is_cut_the_events_are_those_of_the_standard(
        body in bodies(),
        cuts in prop::collection::vec(0_usize..6, 0..80),
    ) {
        let mut chunks = Vec::new();
        let mut rest = body.as_slice();
        for length in cuts {
            let (chunk, after) = rest.split_at(length.min(rest.len()));
            chunks.push(chunk.to_vec());
            rest = after;
        }
        chunks.push(rest.to_vec());
        let expected = reference(&body);
        prop_assert_eq!(read(chunks), expected.clone());
        prop_assert_eq!(read(body.iter().map(|byte| vec![*byte])), expected);
    }

    #[test]
    fn a_single_line_is_the_event_that_the_parser_makes_of_it(
        value in prop::collection::vec(prop_oneof![3 => any::<char>().prop_map(String::from), 1 => Just(" ".to_owned()),
            1 => Just(":".to_owned()), 1 => Just("\u{feff}".to_owned())], 0..12),
        colon in any::<bool>(),
    ) {
        let value = value.concat().replace(['\n', '\r'], "");
        let line = if colon { format!("data:{value}") } else { "data".to_owned() };
        let alone = event_of_line(Bytes::from(line.clone()));
        prop_assert_eq!(Some(alone), event_of_lines(vec![decode(line.as_bytes())]));
    }
}
