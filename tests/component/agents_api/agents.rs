//! The agents of an account, and the agent that a name selects.

use serde_json::{Value, json};
use stackspot_lsp::testing::agents_api::{AgentsApi, ErrorKind};

use super::{api, impatient, quick};
use crate::support::peer::{Gate, Peer, Script};

const OLDER: &str = "/v1/agents?visibility=personal";

fn page(number: u32) -> String {
    format!("/v4/agents?page={number}&size=100&visibility_list=personal")
}

fn agents(numbers: std::ops::Range<u32>) -> Value {
    numbers.map(|number| json!({"id": format!("01A{number:03}"), "name": format!("Agent {number}")})).collect()
}

async fn ids(api: &AgentsApi) -> Vec<String> {
    api.agents(quick()).await.unwrap().iter().map(|agent| agent.id.clone()).collect()
}

#[tokio::test]
async fn the_agents_of_the_account_are_listed() {
    let peer = Peer::start().await;
    let listed = json!([
        {"id": "01A", "name": "Reviewer", "slug": "reviewer", "avatar": null},
        {"id": "01B", "slug": "only-a-slug"},
        {"id": "01C", "name": ""},
        {"id": "01A", "name": "Again"},
        {"name": "without an id"},
        7,
    ]);
    peer.expect(OLDER, Script::reply(&listed));
    let api = api(&peer);
    assert_eq!(api.known_agents(), None);
    let agents = api.agents(quick()).await.unwrap();
    let rows: Vec<_> = agents.iter().map(|it| (&*it.id, &*it.name, it.slug.as_deref())).collect();
    assert_eq!(
        rows,
        [("01A", "Reviewer", Some("reviewer")), ("01B", "only-a-slug", Some("only-a-slug")), ("01C", "01C", None)]
    );
    assert_eq!(api.known_agents().unwrap(), agents);
    let request = peer.requests().pop().unwrap();
    assert_eq!((request.method.as_str(), request.header("authorization")), ("GET", Some("Bearer token-1")));
    assert!(request.body.is_empty());
}

#[tokio::test]
async fn newer_agent_list_is_read_when_older_one_is_missing() {
    for gone in [Script::status(404), Script::status(410), Script::reply(&json!({"total": 1})), Script::status(200)] {
        let peer = Peer::start().await;
        peer.expect(OLDER, gone);
        peer.expect(&page(0), Script::reply(&json!({"items": agents(0..100)})));
        peer.expect(&page(1), Script::reply(&json!({"items": agents(100..130)})));
        assert_eq!(ids(&api(&peer)).await.len(), 130);
    }
}

#[tokio::test]
async fn agent_list_pages_may_start_at_one() {
    let peer = Peer::start().await;
    peer.expect(OLDER, Script::status(404));
    peer.expect(&page(0), Script::status(422));
    peer.expect(&page(1), Script::reply(&json!({"items": agents(0..100)})));
    peer.expect(&page(2), Script::reply(&json!({"items": []})));
    assert_eq!(ids(&api(&peer)).await.len(), 100);

    // A service that treats page 0 as page 1.
    peer.expect(OLDER, Script::status(404));
    peer.expect(&page(0), Script::reply(&json!({"items": agents(0..100)})));
    peer.expect(&page(1), Script::reply(&json!({"items": agents(0..100)})));
    peer.expect(&page(2), Script::reply(&json!({"items": agents(100..101)})));
    assert_eq!(ids(&api(&peer)).await.len(), 101);
}

#[tokio::test]
async fn agent_list_ends_when_service_repeats_the_same_page() {
    let peer = Peer::start().await;
    peer.expect(OLDER, Script::status(404));
    for number in 0..3 {
        peer.expect(&page(number), Script::reply(&json!({"items": agents(0..100)})));
    }
    assert_eq!(ids(&api(&peer)).await.len(), 100);
}

#[tokio::test]
async fn failed_agent_list_is_reported_with_its_error_kind() {
    for (replies, kind) in [
        (vec![(OLDER.to_owned(), Script::status(403))], ErrorKind::Forbidden),
        (vec![(OLDER.to_owned(), Script::status(404)), (page(0), Script::status(404))], ErrorKind::Server),
        (vec![(OLDER.to_owned(), Script::status(404)), (page(0), Script::reply(&json!(7)))], ErrorKind::Protocol),
        (vec![(OLDER.to_owned(), Script::status(500))], ErrorKind::Server),
        (vec![(OLDER.to_owned(), Script::status(302).header("location", "/x"))], ErrorKind::Protocol),
        (vec![(OLDER.to_owned(), Script::raw().reset())], ErrorKind::Network),
    ] {
        let peer = Peer::start().await;
        for (path, reply) in replies {
            peer.expect(&path, reply);
        }
        let error = api(&peer).agents(impatient(9_000, 9_000)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(peer.requests().iter().all(|request| request.path != "/x"));
    }
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_an_id_never() {
    let peer = Peer::start().await;
    let gate = Gate::default();
    let listed = json!([
        {"id": "01HEX5R4G0000000000000000A", "name": "Code Reviewer", "slug": "code-reviewer"},
        {"id": "fenced", "name": "Fenced"},
    ]);
    let list = peer.expect(OLDER, Script::reply(&listed).held_by(&gate));
    let api = api(&peer);
    let look_up = async |name: &'static str| api.agent_id(name, quick()).await.unwrap();
    assert_eq!(look_up("01HEX5R4G0000000000000000B").await, "01HEX5R4G0000000000000000B");
    assert_eq!(look_up("").await, "");
    assert!(peer.requests().is_empty(), "an id needs no list");
    let opening = async {
        list.arrived().await;
        gate.open();
    };
    let (first, second, ()) = tokio::join!(look_up("code-reviewer"), look_up("code REVIEWER"), opening);
    assert_eq!([&*first, &*second], ["01HEX5R4G0000000000000000A"; 2]);
    assert_eq!(look_up("fenced").await, "fenced");
    assert_eq!(look_up("nobody").await, "nobody", "the service has the last word");
    assert_eq!(peer.requests().len(), 2, "a token and one list");
}

#[tokio::test]
async fn agent_name_is_used_as_id_when_service_has_no_list() {
    let not_there = || vec![(OLDER.to_owned(), Script::status(404)), (page(0), Script::status(404))];
    let no_list = || vec![(OLDER.to_owned(), Script::status(404)), (page(0), Script::reply(&json!(7)))];
    for replies in [vec![(OLDER.to_owned(), Script::status(403))], not_there(), no_list()] {
        let peer = Peer::start().await;
        let asked = replies.len();
        for (path, reply) in replies {
            peer.expect(&path, reply);
        }
        let api = api(&peer);
        for _ in 0..3 {
            assert_eq!(api.agent_id("reviewer", quick()).await.unwrap(), "reviewer");
        }
        assert_eq!(peer.requests().len(), asked + 1, "a token, and the list once");
    }
}

#[tokio::test]
async fn agent_id_works_but_name_fails_when_list_is_unavailable() {
    for (reply, kind) in [(Script::raw().reset(), ErrorKind::Network), (Script::status(503), ErrorKind::Server)] {
        let peer = Peer::start().await;
        peer.expect(OLDER, reply);
        let api = api(&peer);
        for _ in 0..3 {
            assert_eq!(api.agent_id("reviewer", impatient(9_000, 9_000)).await.unwrap_err().kind(), kind);
        }
        assert_eq!(peer.requests().len(), 2, "who asks again at once is told the same without a request");
        for id in ["01HEX5R4G0000000000000000B", "6f9619ff-8b86-d011-b42d-00c04fc964ff"] {
            assert_eq!(api.agent_id(id, quick()).await.unwrap(), id);
        }
    }
}

#[tokio::test]
async fn agent_name_matches_id_then_slug_then_name_then_any_case() {
    let peer = Peer::start().await;
    let listed = json!([
        {"id": "first", "name": "Review"},
        {"id": "second", "name": "review"},
        {"id": "third", "name": "first", "slug": "tests"},
        {"id": "fourth", "name": "tests", "slug": "second"},
        {"id": "fifth", "name": "Twin"},
        {"id": "sixth", "name": "TWIN"},
        {"id": "seventh", "name": "Écrire"},
        {"id": "eighth", "name": "same", "slug": "a"},
        {"id": "ninth", "name": "same", "slug": "b"},
    ]);
    peer.expect(OLDER, Script::reply(&listed));
    let api = api(&peer);
    for (name, meant) in [
        ("review", "second"),
        ("Review", "first"),
        ("first", "first"),
        ("second", "second"),
        ("tests", "third"),
        ("Tests", "fourth"),
        ("Twin", "fifth"),
        ("éCRIRE", "seventh"),
        ("a", "eighth"),
    ] {
        assert_eq!(api.agent_id(name, quick()).await.unwrap(), meant, "{name}");
    }
    for (name, ids) in [("twin", ["fifth", "sixth"]), ("REVIEW", ["first", "second"]), ("same", ["eighth", "ninth"])] {
        let refused = api.agent_id(name, quick()).await.unwrap_err().to_string();
        assert!(ids.iter().all(|id| refused.contains(id)), "{name} fits two, and both are named: {refused}");
    }
}
