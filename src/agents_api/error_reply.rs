//! Maps an error reply to an [`ApiError`] by its status, code and text.

use std::time::Duration;

use serde_json::Value;

use super::error::{ApiError, Operation, RetryHint};
use super::frame::{self, FrameError, flatten};
use crate::display;
use crate::i18n::{Message, message};

/// The content of an error reply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorBody {
    pub(crate) code: Option<String>,
    /// Plain text of limited length; empty if the body was empty.
    pub(crate) details: String,
    /// The body was a web page. The services return no pages, so a proxy or network between sent it.
    pub(crate) is_page: bool,
}

/// The longest text of a service that is shown, in characters.
const MAX_DETAILS: usize = 300;

/// Reads the body of an error reply: `{type, code, details}`, an OAuth error, HTML of a gateway, or nothing.
pub(crate) fn read_body(body: &str) -> ErrorBody {
    match serde_json::from_str::<Value>(body.trim_start_matches('\u{feff}').trim()) {
        Ok(Value::Object(object)) => {
            let bare_error = object.get("error").and_then(frame::said);
            let code = frame::code(&object).or_else(|| bare_error.clone());
            let details = frame::details(&object).or_else(|| object.get("type").and_then(frame::said));
            // If the reply contains only a code, it is not repeated as text.
            let details = details.filter(|details| Some(details) != bare_error.as_ref() || code != bare_error);
            ErrorBody {
                code: code.map(|code| tidy(&code)),
                details: tidy(&details.unwrap_or_default()),
                is_page: false,
            }
        }
        // A list of errors at the top level. Usually it is a member.
        Ok(Value::Array(list)) if list.first().is_some_and(Value::is_object) => {
            read_body(&serde_json::json!({ "errors": list }).to_string())
        }
        Ok(value) => ErrorBody { code: None, details: tidy(&flatten(&value)), is_page: false },
        Err(_) => ErrorBody { code: None, details: tidy(body), is_page: looks_like_html(body) },
    }
}

/// Reads the error of a store: `<Error><Code>…</Code><Message>…</Message></Error>`, else as [`read_body`] does.
pub(super) fn read_store_error(body: &str) -> ErrorBody {
    let element = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        let (text, _) = rest.split_once(&format!("</{name}>"))?;
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
        Some(tidy(&entities.iter().fold(text.to_owned(), |text, (entity, sign)| text.replace(entity, sign))))
    };
    match element("Code") {
        Some(code) => ErrorBody { code: Some(code), details: element("Message").unwrap_or_default(), is_page: false },
        None => read_body(body),
    }
}

/// One line of plain text: for HTML only its title, without control characters, of limited length.
pub(crate) fn tidy(text: &str) -> String {
    let plain = if looks_like_html(text) {
        html_title(text).unwrap_or_else(|| "a web page".to_owned())
    } else {
        text.to_owned()
    };
    let words = plain.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    display::shortened(&line, MAX_DETAILS).into_owned()
}

pub(super) fn looks_like_html(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(256).collect::<String>().to_ascii_lowercase();
    start.starts_with("<!doctype")
        || start.starts_with("<html")
        || start.starts_with("<?xml")
        || start.contains("<html")
}

fn html_title(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let from = lower.find("<title")?;
    let from = from + lower.get(from..)?.find('>')? + 1;
    let to = from + lower.get(from..)?.find('<')?;
    let title = text.get(from..to)?.trim();
    (!title.is_empty()).then(|| title.to_owned())
}

/// The meaning of an error status of the chat endpoint.
pub(super) fn of_chat(
    host: &str,
    agent: &str,
    status: u16,
    said: ErrorBody,
    retry_after: Option<Duration>,
) -> ApiError {
    if let Some(intermediary_error) = intermediary_error(host, status, &said) {
        return intermediary_error;
    }
    let ErrorBody { code, details, .. } = said;
    match status {
        _ if is_too_large(code.as_deref()) || status == 413 => too_large(Some(status), code, &details),
        401 => {
            let problem = message!("api-token-refused", host = host.to_owned());
            ApiError::credentials(problem, message!("api-token-refused-remedy"), status, code)
        }
        402 => ApiError::Quota { status: Some(status), code, details },
        403 | 429 if is_quota(code.as_deref(), &details) => ApiError::Quota { status: Some(status), code, details },
        400..=499 if is_quota(code.as_deref(), "") => ApiError::Quota { status: Some(status), code, details },
        403 => ApiError::Forbidden { agent: agent.to_owned(), status, code, details },
        407 => {
            let problem = message!("api-proxy-password", host = host.to_owned());
            of_network(problem, message!("api-proxy-password-remedy"), status)
        }
        429 => ApiError::RateLimited { retry_after, status: Some(status), code, is_sign_in: false },
        _ => ApiError::Server { host: host.to_owned(), status: Some(status), code, details },
    }
}

/// Replies that are not from the service: a network requires a sign-in, or a page of a proxy that blocked the request.
pub(super) fn intermediary_error(host: &str, status: u16, said: &ErrorBody) -> Option<ApiError> {
    let host = host.to_owned();
    match status {
        511 => {
            let problem = message!("api-network-sign-in", host = host);
            Some(of_network(problem, message!("api-network-sign-in-remedy"), status))
        }
        400 | 403 | 405 | 406 | 418 | 451 | 501 if said.is_page => {
            let problem = message!("api-blocked", host = host, status = status, title = &said.details);
            Some(ApiError::protocol(problem, message!("api-blocked-remedy"), status))
        }
        _ => None,
    }
}

/// The network requires a sign-in of the user. A retry does not help.
fn of_network(problem: Message, remedy: Message, status: u16) -> ApiError {
    ApiError::Network { problem, remedy, status: Some(status), retry_hint: RetryHint::Never }
}

/// The meaning of an error status of another endpoint.
pub(super) fn of_call(
    host: &str,
    task: Operation,
    status: u16,
    said: ErrorBody,
    retry_after: Option<Duration>,
) -> ApiError {
    if let Some(intermediary_error) = intermediary_error(host, status, &said) {
        return intermediary_error;
    }
    match status {
        401 | 402 | 407 | 429 => of_chat(host, "", status, said, retry_after),
        _ => ApiError::Rejected { host: host.to_owned(), task, status, code: said.code, details: said.details },
    }
}

/// The meaning of an error in a stream, or in a reply with status 200.
pub(super) fn of_frame(host: &str, error: FrameError) -> ApiError {
    let code = error.code.map(|code| tidy(&code)).filter(|code| !code.is_empty());
    if is_too_large(code.as_deref()) {
        return too_large(None, code, &error.details);
    }
    if is_rate_limit(code.as_deref()) {
        return ApiError::RateLimited { retry_after: None, status: None, code, is_sign_in: false };
    }
    if is_quota(code.as_deref(), "") {
        return ApiError::Quota { status: None, code, details: tidy(&error.details) };
    }
    ApiError::Server { host: host.to_owned(), status: None, code, details: tidy(&error.details) }
}

fn is_too_large(code: Option<&str>) -> bool {
    code.is_some_and(|code| code.starts_with("INFERENCE_6001"))
}

fn is_rate_limit(code: Option<&str>) -> bool {
    code.is_some_and(|code| code.contains("RATE_LIMIT"))
}

/// A 429 means a spent quota if its text mentions credits or a quota. The rate limit has its own code.
fn is_quota(code: Option<&str>, details: &str) -> bool {
    let text = format!("{} {details}", code.unwrap_or_default()).to_lowercase();
    let speaks_of_quota = ["credit", "crédit", "quota", "saldo"].iter().any(|word| text.contains(word))
        || text.split(|c: char| !c.is_alphabetic()).any(|word| word == "cota" || word == "cotas");
    speaks_of_quota && !is_rate_limit(code)
}

/// "… limit of 272000 tokens. Your messages resulted in 300123 …"
fn too_large(status: Option<u16>, code: Option<String>, details: &str) -> ApiError {
    let limit = number_after(details, "limit of").or_else(|| number_after(details, "maximum context length is"));
    let tokens = number_after(details, "resulted in");
    ApiError::PromptTooLarge { tokens, limit, status, code }
}

fn number_after(text: &str, phrase: &str) -> Option<u64> {
    let (_, rest) = text.split_once(phrase)?;
    let number = rest.trim_start().chars().take_while(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | '_'));
    number.filter(char::is_ascii_digit).collect::<String>().parse().ok()
}
