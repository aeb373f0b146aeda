//! The agents of the account: the server lists them in the background, and finds them by name.

use serde_json::{Value, json};

use crate::support::patience;
use crate::support::peer::{Gate, Script};
use crate::support::profiles;
use crate::world::World;

const REVIEWER: &str = "01HEX5R4G0000000000000000A";

fn listed() -> Value {
    json!([
        { "id": REVIEWER, "name": "Code Reviewer", "slug": "code-reviewer" },
        { "id": "01HEX5R4G0000000000000000B", "name": "Teacher" },
    ])
}

async fn agents(world: &World) -> Value {
    world.editor.execute("stackspot-lsp.agents", Value::Null).await
}

#[tokio::test]
async fn configured_agents_are_listed_before_account_agents_load() {
    let settings = json!({ "agents": { "mine": { "id": REVIEWER } } });
    let world = World::open(profiles::vscode().options(settings)).await;
    let gate = Gate::default();
    let list = world.peer.expect("/v1/agents", Script::reply(&listed()).held_by(&gate));
    let configured = json!([{ "id": REVIEWER, "name": "mine" }]);
    assert_eq!(agents(&world).await, configured);
    list.arrived().await;
    assert_eq!(agents(&world).await, configured, "nobody waits for the list");
    gate.open();
    let all = json!([
        { "id": REVIEWER, "name": "mine", "slug": "code-reviewer" },
        { "id": "01HEX5R4G0000000000000000B", "name": "Teacher" },
    ]);
    while agents(&world).await != all {
        patience::a_moment().await;
    }
    let lists = world.peer.requests().iter().filter(|request| request.path.starts_with("/v1/agents")).count();
    assert_eq!(lists, 1, "one list, however often it is asked about");
    world.finish().await;
}

#[tokio::test]
async fn failed_agent_list_shows_no_error_to_the_user() {
    let world = World::open(profiles::vscode()).await;
    let list = world.peer.expect("/v1/agents", Script::status(403));
    assert_eq!(agents(&world).await, json!([]));
    list.sent().await;
    assert_eq!(agents(&world).await, json!([]));
    assert_eq!(world.count("window/showMessage"), 0);
    world.finish().await;
}

#[tokio::test]
async fn an_agent_can_be_named_as_the_account_names_it() {
    for name in ["Code Reviewer", "code-reviewer"] {
        let world = World::open(profiles::vscode().options(json!({ "agent": name }))).await;
        world.peer.expect("/v1/agents", Script::reply(&listed()));
        let result = world.run(world.params("explain")).await.unwrap();
        assert_eq!(result["agent"], REVIEWER, "the one that was asked");
        assert_eq!(world.peer.chats()[0].path, format!("/v1/agent/{REVIEWER}/chat"));
        assert_eq!(world.editor.messages().len(), 1, "that settings of the editor chose it");
        world.finish().await;
    }
}
