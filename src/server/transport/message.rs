//! From a body to a message: a request or notification for the service, a reply for the outbox, or neither.

use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::{Value, error::Category};
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request};

/// A message from the client.
#[derive(Debug)]
pub(super) enum Message {
    /// A request or a notification.
    Call(Request),
    /// The client's answer to a request of the server.
    Reply { id: Id, answer: Result<Value, Rejection> },
    /// An answer with neither result nor error. Some clients send it instead of `null`.
    EmptyReply { id: Id },
}

/// The `error` member of a reply.
#[derive(Debug, Deserialize)]
pub(super) struct Rejection {
    #[serde(default)]
    pub(super) code: i64,
    #[serde(default)]
    pub(super) message: String,
}

/// Parses a body, and frees it: the message owns its data. Errors: the error to answer, with the id if known.
pub(super) fn parse(body: Vec<u8>) -> Result<Message, (Id, Error)> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        // serde would read an array as the fields of a struct. Therefore other JSON is rejected first.
        let error = match serde_json::from_slice::<serde::de::IgnoredAny>(&body) {
            Ok(_) if body.trim_ascii_start().first() == Some(&b'[') => {
                invalid_request("LSP has no batches: send each message in its own frame")
            }
            Ok(_) => invalid_request("a message is a JSON object"),
            Err(error) => parse_error(&error),
        };
        return Err((Id::Null, error));
    }
    match serde_json::from_slice::<Object>(&body) {
        Ok(object) => classify(object),
        Err(error) if error.classify() == Category::Data => Err((Id::Null, invalid_request(error))),
        Err(error) => Err((Id::Null, parse_error(&error))),
    }
}

/// The members of any JSON-RPC message, not yet checked. A member that is `null` is `Some(Value::Null)`.
#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    jsonrpc: Value,
    #[serde(default, deserialize_with = "present")]
    id: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    method: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    params: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    result: Option<Value>,
    #[serde(default)]
    error: Value,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn classify(object: Object) -> Result<Message, (Id, Error)> {
    let id = match object.id {
        None => None,
        Some(Value::String(text)) => Some(Id::String(text)),
        Some(Value::Number(number)) if number.is_i64() => number.as_i64().map(Id::Number),
        Some(_) => return Err((Id::Null, invalid_request("the id of a message is an integer or a string"))),
    };
    let invalid = |id: Option<Id>, reason: &str| Err((id.unwrap_or(Id::Null), invalid_request(reason)));
    if object.jsonrpc != "2.0" {
        return invalid(id, "a message has the member \"jsonrpc\": \"2.0\"");
    }
    match (object.method, id) {
        (Some(Value::String(method)), id) => {
            let call = Request::build(method);
            let call = if let Some(params) = object.params { call.params(params) } else { call };
            Ok(Message::Call(if let Some(id) = id { call.id(id) } else { call }.finish()))
        }
        (Some(_), id) => invalid(id, "the method of a message is a string"),
        (None, Some(id)) if !object.error.is_null() => {
            let rejection = serde_json::from_value(object.error);
            let rejection = rejection.unwrap_or_else(|_| Rejection { code: 0, message: String::new() });
            Ok(Message::Reply { id, answer: Err(rejection) })
        }
        (None, Some(id)) => Ok(match object.result {
            Some(result) => Message::Reply { id, answer: Ok(result) },
            None => Message::EmptyReply { id },
        }),
        (None, None) => invalid(None, "a message has a method, or an id and a result"),
    }
}

fn parse_error(error: &serde_json::Error) -> Error {
    Error { code: ErrorCode::ParseError, message: format!("not JSON: {error}").into(), data: None }
}

/// The error for a message that cannot be used, with the `reason`.
pub(super) fn invalid_request(reason: impl fmt::Display) -> Error {
    Error { code: ErrorCode::InvalidRequest, message: format!("not a request: {reason}").into(), data: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_body_is_too_odd_to_be_judged(body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            r#"\{("(jsonrpc|id|method|params|result|error)":("2\.0"|null|7|-1\.5|\[\]|\{\}|"x"),?){0,5}\}"#.prop_map(Vec::from),
            (1_usize..5000).prop_map(|depth| [b"{\"params\":".repeat(depth), b"1".to_vec()].concat()),
        ]) {
            let is_object = body.trim_ascii_start().first() == Some(&b'{');
            match parse(body) {
                Err((_, error)) => prop_assert!([-32700, -32600].contains(&error.code.code()), "{error}"),
                Ok(_) => prop_assert!(is_object),
            }
        }
    }

    #[test]
    fn members_that_are_null_are_told_from_those_that_are_missing() {
        let parse = |text: &str| parse(text.as_bytes().to_vec()).unwrap();
        let Message::Call(call) = parse(r#"{"jsonrpc":"2.0","method":"x","params":null}"#) else { panic!() };
        assert_eq!((call.params(), call.id()), (Some(&Value::Null), None));
        let Message::Call(call) = parse(r#"{"jsonrpc":"2.0","method":"x","id":"a"}"#) else { panic!() };
        assert_eq!((call.params(), call.id()), (None, Some(&Id::String("a".to_owned()))));
        let reply = parse(r#"{"jsonrpc":"2.0","id":1,"result":null}"#);
        assert!(matches!(reply, Message::Reply { answer: Ok(Value::Null), .. }), "{reply:?}");
        let reply = parse(r#"{"jsonrpc":"2.0","id":1}"#);
        assert!(matches!(reply, Message::EmptyReply { id: Id::Number(1) }), "{reply:?}");
    }
}
