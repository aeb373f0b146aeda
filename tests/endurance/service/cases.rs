//! What goes wrong, endpoint by endpoint.

use serde_json::json;

use crate::support::peer::{Peer, Script, sse_text};

/// What the agent makes of the function: two halves, so that a fault has a place between them.
pub const HALVES: [&str; 2] = ["def price(item):\n", "    return item.price / 2\n"];

/// Where it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// The renewal of a token that the service no longer takes.
    Token,
    /// A streamed chat.
    Stream,
    /// A chat in one reply.
    Plain,
    /// The form of an upload.
    Form,
    /// The store behind the form.
    Store,
    /// The list of agents, for an agent that is called by its name.
    Agents,
}

impl Endpoint {
    pub const ALL: [Self; 6] = [Self::Token, Self::Stream, Self::Plain, Self::Form, Self::Store, Self::Agents];

    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Stream => "chat, streamed",
            Self::Plain => "chat, plain",
            Self::Form => "upload, form",
            Self::Store => "upload, file",
            Self::Agents => "agents",
        }
    }

    /// Lets the next request to it be answered so.
    pub fn expect(self, peer: &Peer, script: Script) {
        match self {
            Self::Token => {
                peer.expect_chat(Script::status(401));
                peer.expect_token(script);
            }
            Self::Stream | Self::Plain => drop(peer.expect_chat(script)),
            Self::Form => drop(peer.expect("/v2/file-upload/form", script)),
            Self::Agents => drop(peer.expect("/v1/agents", script)),
            Self::Store => {
                let ticket =
                    json!({ "id": "01UP", "url": format!("{}/store/01UP", peer.base_url()), "form": { "key": "k" } });
                let form = Script::status(201).header("content-type", "application/json").bytes(ticket.to_string());
                peer.expect("/v2/file-upload/form", form);
                peer.expect("/store/01UP", script);
            }
        }
    }

    /// The faults that it can have.
    pub fn faults(self) -> Vec<Fault> {
        let mut faults = of_http();
        match self {
            // The store answers with a status and nothing to read, so whatever is no error is a success.
            Self::Store => faults.retain(|fault| !fault.is_about_the_body),
            Self::Stream => faults.extend(of_streams()),
            Self::Plain => faults.extend(of_plain_replies()),
            // A sign-in is waited for longer than anything else: each kind of silence once. What the service says of an
            // hour is kept to, so that nothing after it could work.
            // A connection that breaks is made once more at once, and then there is nothing to tell.
            Self::Token => {
                faults.retain(|fault| !["half a head, then silence", "429 with an hour to wait"].contains(&fault.name));
                faults.iter_mut().for_each(|fault| fault.outcome = Outcome::Either);
            }
            // Where there is no list, a name may be an id, which is asked then. A list is waited for for a minute.
            Self::Agents => {
                faults.retain(|fault| !fault.name.contains("silence"));
                faults.iter_mut().for_each(|fault| fault.outcome = Outcome::Either);
            }
            Self::Form => {}
        }
        faults
    }
}

/// What the program makes of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is told, and no edit is made.
    Told,
    /// Nothing is lost by it.
    Whole,
    /// One or the other.
    Either,
}

pub struct Fault {
    pub name: &'static str,
    pub script: Script,
    pub outcome: Outcome,
    is_about_the_body: bool,
}

fn fault(name: &'static str, script: Script) -> Fault {
    Fault { name, script, outcome: Outcome::Told, is_about_the_body: false }
}

fn body(name: &'static str, script: Script) -> Fault {
    Fault { is_about_the_body: true, ..fault(name, script) }
}

fn harmless(name: &'static str, script: Script) -> Fault {
    Fault { outcome: Outcome::Whole, ..fault(name, script) }
}

fn page(status: u16, title: &str) -> Script {
    let page = format!("<html><head><title>{title}</title></head><body>{title}</body></html>");
    Script::status(status).header("content-type", "text/html").bytes(page)
}

/// What any server and whatever stands before it can do.
fn of_http() -> Vec<Fault> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let endless = "x".repeat(1000);
    vec![
        fault("closed without a word", Script::raw().cut()),
        fault("reset without a word", Script::raw().reset()),
        fault("no HTTP", Script::raw().bytes("SSH-2.0-OpenSSH_9.6\r\n").cut()),
        fault("silence", Script::raw().stall()),
        fault("half a head, then silence", Script::raw().bytes(head).stall()),
        fault("a head without an end", Script::raw().bytes(head).for_ever(format!("x-long: {endless}\r\n"))),
        fault("400", Script::error(400, "BAD_7", "The request is wrong.")),
        fault("403 of a firewall", page(403, "Request blocked")),
        fault("404", Script::error(404, "GONE_1", "There is no such thing.")),
        fault("407", Script::status(407).header("proxy-authenticate", "NTLM")),
        fault("408", Script::status(408)),
        fault("413", page(413, "Request Entity Too Large")),
        fault("429 that speaks of credits", Script::error(429, "QUOTA", "No credits left in this account.")),
        fault("429 with an hour to wait", Script::status(429).header("retry-after", "3600")),
        fault("500", Script::error(500, "INTERNAL", "The model is gone.")),
        fault("502 of a gateway", page(502, "Bad Gateway")),
        fault("503 with an hour to wait", Script::status(503).header("retry-after", "3600")),
        fault("511", page(511, "Network Authentication Required")),
        fault("a redirect", Script::status(302).header("location", "http://127.0.0.1:1/")),
        fault(
            "an error without an end",
            Script::raw().bytes("HTTP/1.1 500 Oops\r\ncontent-type: text/plain\r\n\r\n").for_ever(endless.clone()),
        ),
        body("a page with 200", page(200, "Sign in to the network")),
        body("200 with nothing", Script::status(200)),
        body("204", Script::status(204)),
        body("200 with half a body, then silence", Script::raw().bytes(format!("{head}\r\n{{\"acc")).stall()),
        body(
            "200 with half a body, cut",
            Script::raw().bytes(format!("{head}content-length: 900\r\n\r\n{{\"acc")).cut(),
        ),
        body("200 with a body without an end", Script::raw().bytes(format!("{head}\r\n")).for_ever(endless)),
        body("200 in gzip", Script::status(200).header("content-encoding", "gzip").bytes(*b"\x1f\x8b\x08\0\0\0\0\0")),
        body("200 with NULs", Script::status(200).header("content-type", "application/json").bytes(vec![0; 4096])),
        body("200 with a list", Script::reply(&json!([]))),
    ]
}

fn ending(reason: &str) -> serde_json::Value {
    json!({ "message": "", "stop_reason": reason })
}

/// What goes wrong in the middle of an answer.
fn of_streams() -> Vec<Fault> {
    let [first, second] = HALVES;
    let begun = || Script::stream().text(first);
    vec![
        harmless("nothing", begun().text(second).end()),
        harmless("in pieces of three bytes", begun().text(second).end().in_pieces_of(3)),
        harmless("comments and [DONE]", begun().bytes(": ping\n\n").text(second).end().bytes("data: [DONE]\n\n")),
        harmless(
            "a number that is none to JSON",
            begun().bytes(format!("data: {{\"score\":NaN,\"message\":{}}}\n\n", json!(second))).end(),
        ),
        harmless("401 once", Script::status(401)),
        fault("403, empty", Script::status(403)),
        fault("closed in the middle", begun().cut()),
        fault("reset in the middle", begun().reset()),
        fault("silence in the middle", begun().stall()),
        fault("empty frames without an end", begun().for_ever(sse_text(""))),
        fault("closed inside of a frame", begun().bytes("data: {\"message\":\"  ret").cut()),
        fault("closed inside of a character", begun().bytes(b"data: {\"message\":\"n\xc3".to_vec()).cut()),
        fault("no last frame", begun().text(second)),
        fault("a frame that cannot be read", begun().bytes("data: {\"message\":\"    x = \n\n").text(second).end()),
        fault("a reason that is not whole", begun().text(second).frame(&ending("max_output_tokens"))),
        fault("a reason that nobody knows", begun().text(second).frame(&ending("blocklist"))),
        fault(
            "an error in a frame",
            begun().frame(&json!({ "type": "error", "code": "M1", "details": "The model broke." })),
        ),
        fault(
            "an error beside the end",
            begun()
                .text(second)
                .frame(&json!({ "message": "", "stop_reason": "stop", "code": "M2", "details": "Half." })),
        ),
        fault("no text", Script::stream().end()),
        fault(
            "deep JSON",
            begun().bytes(format!("data: {{\"message\":{}\n\n", "[".repeat(200_000))).text(second).end(),
        ),
        fault("a line without an end", Script::stream().bytes("data: {\"message\":\"").for_ever("x".repeat(60_000))),
    ]
}

/// What goes wrong in an answer of one object.
fn of_plain_replies() -> Vec<Fault> {
    let text = HALVES.concat();
    vec![
        harmless("nothing", Script::reply(&json!({ "message": text, "stop_reason": "stop" }))),
        harmless("401 once", Script::status(401)),
        fault("403, empty", Script::status(403)),
        fault("a reason that is not whole", Script::reply(&json!({ "message": text, "stop_reason": "length" }))),
        fault("no text", Script::reply(&json!({ "message": "", "stop_reason": "stop" }))),
        fault(
            "an error with 200",
            Script::reply(&json!({ "type": "error", "code": "M1", "details": "The model broke." })),
        ),
    ]
}
