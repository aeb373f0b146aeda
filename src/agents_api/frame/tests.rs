use proptest::prelude::*;
use serde_json::json;

use super::*;

fn frame(value: &Value) -> Frame {
    parse_frame("message", &value.to_string()).unwrap()
}

#[test]
fn text_is_a_string_and_nothing_else() {
    assert_eq!(frame(&json!({"message": "Olá"})).text.as_deref(), Some("Olá"));
    for message in [json!(null), json!(""), json!(7), json!({"a": 1}), json!(["x"])] {
        assert_eq!(frame(&json!({"message": message})), Frame::default(), "{message}");
    }
    assert_eq!(frame(&json!({})), Frame::default());
}

#[test]
fn a_fat_frame_says_no_more_than_a_thin_one() {
    let fat = json!({"upload_ids": {}, "knowledge_source_id": [], "source": [], "cross_account_source": [],
                     "tools_id": [], "agent_info": [], "message": "Olá"});
    assert_eq!(frame(&fat), frame(&json!({"message": "Olá"})));
}

#[test]
fn what_is_no_object_is_no_frame() {
    for data in ["[DONE]", "", "null", "42", "\"text\"", "[{\"message\":\"a\"}]", "{\"message\":\"a\"", "{} {}"] {
        assert_eq!(parse_frame("message", data), None, "{data}");
    }
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
        json!({"message": "", "type": "T", "code": "C", "details": "D"}),
        json!({"type": "T", "message": "a"}),
        json!({"error": null, "tokens": {}}),
        json!({"error": "", "stop_reason": "stop"}),
        json!({"error": false}),
        json!({"details": "d"}),
    ] {
        assert_eq!(frame(&answer).error, None, "{answer}");
    }
    let error = frame(&json!({"type": "error", "message": "text of the error"}));
    assert_eq!((error.text, error.error.unwrap().details.as_str()), (None, "text of the error"));
    let error = parse_frame("error", "{\"message\":\"m\",\"code\":7}").unwrap().error.unwrap();
    assert_eq!((error.code.as_deref(), error.details.as_str()), (Some("7"), "m"));
    assert_eq!(parse_frame("error", "no json").unwrap().error.unwrap().details, "no json");
}

#[test]
fn lone_surrogates_are_let_through_at_the_ends_and_replaced_elsewhere() {
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
    assert_eq!(parse_frame("message", r#"{"message":"\ud83d" broken"#), None);
    assert_eq!(parse_frame("message", r#"{"message":"\ud8"#), None);
}

/// Escapes UTF-16 units one by one, as a service does that cuts its text by them.
fn escaped(units: &[u16]) -> String {
    let text: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
    format!("{{\"message\":\"{text}\"}}")
}

proptest! {
    #[test]
    fn text_cut_between_any_two_units_is_put_together(text in any::<String>(), cuts in prop::collection::vec(1_usize..4, 0..20)) {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut joiner = Joiner::default();
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

/// Frames of what the fields of the service and its like may hold.
fn frames() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "message",
        "message",
        "stop_reason",
        "tokens",
        "message_id",
        "conversation_id",
        "source",
        "upload_ids",
        "knowledge_source_id",
        "tools_id",
        "cross_account_source",
        "agent_info",
        "type",
        "code",
        "details",
        "error",
        "mess\\u0061ge",
    ]);
    let value = prop::sample::select(vec![
        r#""""#,
        r#""text""#,
        "\"Ol\u{e1}\"",
        "\"a\tb\"",
        r#""Ol\u00e1 \n""#,
        r#""\ud83d""#,
        r#""\udc4d!""#,
        r#""\ud83d\udc4d""#,
        "null",
        "7",
        "true",
        "[]",
        "{}",
        " [ ] ",
        r#"["id"]"#,
        r#"{"id":"x"}"#,
        r#"{"input":7}"#,
        r#""error""#,
        r#"{"a":["\ud83d"]}"#,
    ]);
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
            let frame = Frame { text: (!text.is_empty()).then(|| text.to_owned()), ..Frame::default() };
            prop_assert_eq!(Some(frame), at_leisure.clone());
        }
        prop_assert_eq!(parse_event(&event), at_leisure);
    }
}

#[test]
fn most_frames_are_read_in_one_pass() {
    for data in [
        r#"{"message":"Ol\u00e1"}"#,
        r#"{"upload_ids":{},"knowledge_source_id":[],"source":[],"cross_account_source":[],"tools_id":[],"agent_info":[],"message":"x"}"#,
        r#"{"stop_reason":null,"tokens":null,"conversation_id":"01C","message_id":"01M","message":"x"}"#,
    ] {
        assert!(plain::read(data.as_bytes()).is_some(), "{data}");
    }
    for (data, text) in [
        (r#"{"message":"Olá, mundo"}"#, Some("Olá, mundo")),
        (r#"{"upload_ids":{},"source":[],"stop_reason":null,"tools_id":[],"agent_info":[],"message":"x"}"#, Some("x")),
        (r#"{"message":""}"#, Some("")),
        (r#"{"message":"x","stop_reason":"stop"}"#, None),
        (r#"{"message":"x"} {}"#, None),
        (r#"{"message":"x","agent_info":"y"}"#, None),
        (r#"{"message":"\"}"#, None),
        (r#"{"message":"}"#, None),
        (r#"{"message":"x\ny"}"#, None),
        ("{\"message\":\"x\ty\"}", None),
        (r#"{"message":"x","message":"y"}"#, None),
        (r#"{"type":"error","message":"x"}"#, None),
        ("{}", None),
        ("{", None),
    ] {
        assert_eq!(plain::text(data.as_bytes()), text, "{data}");
    }
}
