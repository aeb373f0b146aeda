use proptest::prelude::*;
use serde_json::json;

use super::*;

fn frame(value: &Value) -> Frame {
    parse_frame("message", &value.to_string()).unwrap()
}

#[test]
fn text_in_any_type_is_shown() {
    for (message, text) in [
        (json!("Olá"), Some("Olá")),
        (json!(null), None),
        (json!(""), None),
        (json!([]), None),
        (json!({}), None),
        (json!(7), Some("7")),
        (json!(["a", " b"]), Some("a b")),
        (json!({"text": "hello"}), Some("hello")),
        (json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), Some("ab")),
        (json!({"role": "assistant", "content": [{"text": "deep"}]}), Some("deep")),
        (json!({"summary": "x"}), Some("{\"summary\":\"x\"}")),
        (json!({"text": "a", "code": "b"}), Some("{\"code\":\"b\",\"text\":\"a\"}")),
    ] {
        assert_eq!(frame(&json!({"message": message})).text.as_deref(), text, "{message}");
    }
    assert_eq!(frame(&json!({})), Frame::default());
}

#[test]
fn only_a_word_ends_an_answer() {
    let nothings = json!([0, 1, false, true, "", "  ", "null", "NULL", "None", [], {}, null]);
    for nothing in nothings.as_array().unwrap() {
        let frame = frame(&json!({"message": "one ", "stop_reason": nothing}));
        assert_eq!((frame.stop_reason, frame.ends), (None, false), "{nothing}");
    }
    assert_eq!(frame(&json!({"stop_reason": "stop"})).stop_reason.as_deref(), Some("stop"));
}

#[test]
fn invalid_id_is_ignored() {
    for nothing in [json!("null"), json!(""), json!(" "), json!(null), json!({})] {
        let value = json!({"message": "a", "conversation_id": nothing, "message_id": nothing, "source": [{"id": nothing}],
                           "tools_id": [nothing], "upload_ids": [nothing], "knowledge_source_id": [nothing]});
        let event = Event { name: "message".into(), data: value.to_string().into() };
        for frame in [frame(&value), parse_event(&event).unwrap()] {
            assert_eq!((frame.conversation_id, frame.message_id), (None, None), "{nothing}");
            assert_eq!(frame.sources.iter().find_map(|source| source.id.clone()), None);
            assert_eq!([frame.tool_ids, frame.upload_ids, frame.knowledge_source_ids].concat(), Vec::<String>::new());
        }
    }
}

#[test]
fn what_is_nearly_json_is_read() {
    for (data, text) in [
        (r#"{"message":"x != \'\'"}"#, "x != ''"),
        (r#"{"message":"a\qb"}"#, "aqb"),
        ("{\"message\":\"a\u{c}b\tc\"}", "a\u{c}b\tc"),
        ("{\"message\":\"a\nb\"}", "a\nb"),
        (r#"{"message":"a","source":[],}"#, "a"),
        (r#"{"message":"a","document_score":NaN,"b":-Infinity}"#, "a"),
        (r#"{'message': 'it\'s "x"', 'stop_reason': None, 'ok': True}"#, "it's \"x\""),
        (r#"{"message":"None of it","score":NaN}"#, "None of it"),
        (r#"{"message":"a","message":"b",}"#, "b"),
        (r#"{"message":"\ud83d\udc4d \u00e9",}"#, "👍 é"),
    ] {
        let frame = parse_frame("message", data).unwrap();
        assert_eq!((frame.text.as_deref(), frame.is_lost), (Some(text), false), "{data}");
    }
}

#[test]
fn cut_frame_gives_the_text_received_and_is_marked_lost() {
    for (data, text) in [
        (r#"{"message":"def f(x):"#, Some("def f(x):")),
        (r#"{"message":"a","stop_rea"#, Some("a")),
        (r#"{"message":"a", what, "b":1}"#, None),
        (r#"{"message":"a","b":1, what}"#, Some("a")),
        (r#"{"message":"a","source":[{"id":"b""#, Some("a")),
        (r#"{"message": def"#, None),
        ("{", None),
        ("{{{{", None),
        (r#"{"message":"a"} {"message":"b"}"#, None),
    ] {
        let frame = parse_frame("message", data).unwrap();
        assert_eq!((frame.text.as_deref(), frame.is_lost), (text, true), "{data}");
    }
    let deep = format!("{{\"message\":{}", "[".repeat(1_000_000));
    assert!(parse_frame("message", &deep).unwrap().is_lost);
}

#[test]
fn frames_of_a_gateway_are_read() {
    let choices = json!([{"message": {"role": "assistant", "content": "all"}, "finish_reason": "length"}]);
    let reply = frame(&json!({"choices": choices, "usage": {"prompt_tokens": 3, "completion_tokens": 1}}));
    assert_eq!((reply.text.as_deref(), reply.stop_reason.as_deref()), (Some("all"), Some("length")));
    assert_eq!(reply.tokens, Tokens { input: Some(3), output: Some(1) });
}

#[test]
fn tokens_have_old_and_new_names_and_many_types() {
    for (tokens, input, output) in [
        (json!({"input": 749, "output": 5}), Some(749), Some(5)),
        (json!({"user": 4, "enrichment": 3, "output": 5}), Some(7), Some(5)),
        (json!({"user": "4", "enrichment": null, "output": "5"}), Some(4), Some(5)),
        (json!({"input": null, "user": 1, "enrichment": 2}), Some(3), None),
        (json!({"input": 9, "user": 1, "enrichment": 2}), Some(9), None),
        (json!({"input": 7.0, "output": -1}), Some(7), None),
        (json!({"input": "many", "output": {}}), None, None),
        (json!(null), None, None),
        (json!("7"), None, None),
        (json!([7]), None, None),
    ] {
        assert_eq!(frame(&json!({"tokens": tokens})).tokens, Tokens { input, output }, "{tokens}");
    }
}

#[test]
fn ids_come_in_many_shapes() {
    for (ids, expected) in [
        (json!(["a", "b"]), vec!["a", "b"]),
        (json!("a"), vec!["a"]),
        (json!([7, null, "", {"id": "c"}]), vec!["7", "c"]),
        (json!({"id": "c"}), vec!["c"]),
        (json!({}), vec![]),
        (json!(null), vec![]),
    ] {
        let frame = frame(&json!({"knowledge_source_id": ids, "tools_id": ids, "upload_ids": ids}));
        for list in [frame.knowledge_source_ids, frame.tool_ids, frame.upload_ids] {
            assert_eq!(list, expected, "{ids}");
        }
    }
    assert_eq!(frame(&json!({"upload_ids": {"01U": "file"}})).upload_ids, ["01U"]);
}

#[test]
fn sources_come_in_many_shapes() {
    let frame = frame(&json!({
        "source": [{"type": "ks", "name": "N", "slug": "s", "document_score": 0.5, "document_id": "D", "id": "I"},
                   {"document_type": "pdf", "id": "I", "document_score": "high"}, "plain", null, "", {}],
        "cross_account_source": {"type": "ks", "name": "other"},
    }));
    assert_eq!(
        serde_json::to_value(frame.sources).unwrap(),
        json!([{"kind": "ks", "id": "D", "name": "N", "slug": "s", "score": 0.5}, {"kind": "pdf", "id": "I"},
               {"kind": "source", "name": "plain"}, {"kind": "source"}, {"kind": "ks", "name": "other"}])
    );
}

#[test]
fn an_error_is_told_from_an_answer() {
    for answer in [
        json!({"message": "a", "code": "c", "details": "d"}),
        json!({"message": "a", "error": "LLM timeout"}),
        json!({"type": "T", "message": "a"}),
        json!({"error": null, "tokens": {}}),
        json!({"error": "", "stop_reason": "stop"}),
        json!({"error": false}),
        json!({"details": "d"}),
    ] {
        assert_eq!(frame(&answer).error, None, "{answer}");
    }
    for (error, code, details) in [
        (json!({"message": "", "type": "T", "code": "C", "details": "D"}), Some("C"), "D"),
        (json!({"message": "", "error": "LLM timeout", "stop_reason": null}), None, "LLM timeout"),
        (
            json!({"message": "", "stop_reason": "incomplete", "code": "C1", "details": "gave up"}),
            Some("C1"),
            "gave up",
        ),
        (json!({"errors": [{"message": "archived", "code": "X1"}, {"message": "too"}]}), Some("X1"), "archived, too"),
        (json!({"error": {"code": "E", "message": "m"}}), Some("E"), "m"),
        (json!({"fault": {"faultstring": "expired", "detail": {"errorcode": "oauth"}}}), None, "expired"),
        (json!({"title": "Bad Gateway"}), None, "Bad Gateway"),
        (json!({"Message": "limit"}), None, "limit"),
        (json!({"msg": "no", "code": 7, "type": "x"}), Some("7"), "no"),
    ] {
        let read = frame(&error);
        assert_eq!(
            (read.error, read.text),
            (Some(FrameError { code: code.map(str::to_owned), details: details.into() }), None),
            "{error}"
        );
    }
    let beside = frame(&json!({"message": "a", "code": "c", "details": "d"}));
    assert_eq!(beside.complaint.map(|told| told.in_a_line()).as_deref(), Some("c: d"));
    let beside = frame(&json!({"message": "text of the answer", "stop_reason": "stop", "error": "LLM timeout"}));
    assert_eq!(beside.complaint.map(|told| told.details).as_deref(), Some("LLM timeout"));
}

#[test]
fn lone_surrogates_are_kept_at_ends_and_replaced_elsewhere() {
    let parse = |data: &str| parse_frame("message", data).unwrap();
    let high = parse(r#"{"message":"a\ud83d"}"#);
    assert_eq!((high.text.as_deref(), high.leading_half, high.trailing_half), (Some("a"), None, Some(0xD83D)));
    let low = parse(r#"{"message":"\uDC4Db"}"#);
    assert_eq!((low.text.as_deref(), low.leading_half, low.trailing_half), (Some("b"), Some(0xDC4D), None));
    let alone = parse(r#"{"message":"\ud83d"}"#);
    assert_eq!((alone.text, alone.trailing_half), (None, Some(0xD83D)));
    let within = parse(r#"{"message":"a\ud83db\udc4dc \\ud83d \ud83d\udc4d é","message_id":"\ud83d"}"#);
    assert_eq!(within.text.as_deref(), Some("a\u{fffd}b\u{fffd}c \\ud83d 👍 é"));
    assert_eq!(within.message_id.as_deref(), Some("\u{fffd}"));
    assert!(parse(r#"{"message":"\ud83d" broken"#).is_lost);
    assert!(parse(r#"{"message":"\ud8"#).is_lost);
}

/// Escapes single UTF-16 units, like a service that cuts its text by them.
fn escaped(units: &[u16]) -> String {
    let text: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
    format!("{{\"message\":\"{text}\"}}")
}

proptest! {
    #[test]
    fn text_cut_between_any_two_units_is_put_together(text in any::<String>(), cuts in prop::collection::vec(1_usize..4, 0..20)) {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut joiner = SurrogateJoiner::default();
        let (mut joined, mut rest) = (String::new(), units.as_slice());
        for length in cuts.into_iter().chain([usize::MAX]) {
            let (piece, after) = rest.split_at(length.min(rest.len()));
            rest = after;
            joined.push_str(&joiner.push(&mut parse_frame("message", &escaped(piece)).unwrap()));
        }
        joined.extend(joiner.finish());
        prop_assert_eq!(joined, text);
    }

    #[test]
    fn any_text_passes_unchanged(text in any::<String>()) {
        let parsed = frame(&json!({"message": &text}));
        prop_assert_eq!(parsed.text.unwrap_or_default(), text);
        prop_assert_eq!((parsed.leading_half, parsed.trailing_half), (None, None));
    }

    #[test]
    fn nothing_that_may_come_panics(data in "[\\[\\]{}\":,a-z0-9\\\\ud8c\u{10f8ff}]{0,60}", name in "(error|message)") {
        let _ = parse_frame(&name, &data);
        let _ = parse_frame(&name, &format!("{{\"message\":\"{data}\"}}"));
    }
}

/// Random frames with possible values of the service's fields.
fn frames() -> impl Strategy<Value = String> {
    let names = "message message stop_reason tokens message_id conversation_id source upload_ids knowledge_source_id \
        tools_id cross_account_source agent_info type code details error title choices usage mess\\u0061ge";
    let name = prop::sample::select(names.split(' ').collect::<Vec<_>>());
    let values = r#"""|"text"|"Olá"|"a	b"|"Ol\u00e1 \n"|"\ud83d"|"\udc4d!"|"\ud83d\udc4d"|null|7|true
[]|{}| [ ] |["id"]|{"id":"x"}|{"input":7}|"null"|"error"|NaN|'a'|{"a":["\ud83d"]}
[{"delta":{"content":"b"},"finish_reason":"stop"}]"#;
    let value = prop::sample::select(values.split(['|', '\n']).collect::<Vec<_>>());
    let whole = prop::collection::vec((name, value), 0..7).prop_map(|members| {
        let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    });
    (whole, prop::sample::select(vec!["", "", "", " ", "}", "x"])).prop_map(|(whole, rest)| whole + rest)
}

proptest! {
    #[test]
    fn a_frame_read_in_one_pass_is_the_frame_read_at_leisure(data in frames(), name in prop::sample::select(vec!["message", "error"])) {
        let event = Event { name: name.into(), data: data.clone().into() };
        let at_leisure = parse_frame(name, &data);
        if let Some(text) = plain_text(&event) {
            let frame = Frame { text: (!text.is_empty()).then(|| text.into_owned()), ..Frame::default() };
            prop_assert_eq!(Some(frame), at_leisure.clone());
        }
        prop_assert_eq!(parse_event(&event), at_leisure);
    }
}

#[test]
fn most_frames_are_read_in_one_pass() {
    for (data, text) in [
        (r#"{"message":"Olá, mundo"}"#, Some("Olá, mundo")),
        (r#"{"message": "Ol\u00e1 \"\\" , "source" : [] } "#, Some("Olá \"\\")),
        (
            r#"{"upload_ids":{},"knowledge_source_id":[],"source":[],"cross_account_source":[],"tools_id":[],"agent_info":[],"message":"x"}"#,
            Some("x"),
        ),
        (r#"{"message":"x\ny","stop_reason":null,"tokens":null}"#, Some("x\ny")),
        (r#"{"stop_reason":null,"conversation_id":"01C","message_id":"01M","message":"x"}"#, None),
        (r#"{"message":""}"#, Some("")),
        (r#"{"message":"x","stop_reason":"stop"}"#, None),
        (r#"{"message":"x"} {}"#, None),
        (r#"{"message":"x","agent_info":"y"}"#, None),
        (r#"{"message":"\"}"#, None),
        (r#"{"message":"}"#, None),
        (r#"{"message":"\ud83d"}"#, None),
        ("{\"message\":\"x\ty\"}", None),
        (r#"{"message":"x","message":"y"}"#, None),
        (r#"{"message":"x","message":null}"#, None),
        (r#"{"type":"error","message":"x"}"#, None),
        ("{}", None),
        ("{", None),
    ] {
        let event = Event { name: "message".into(), data: data.into() };
        assert_eq!(plain_text(&event).as_deref(), text, "{data}");
    }
    let with_ids = r#"{"stop_reason":null,"conversation_id":"01C","message_id":"01M","message":"x"}"#;
    assert!(fast_path::read_plain_frame(with_ids.as_bytes()).is_some(), "ids are no detour");
}
