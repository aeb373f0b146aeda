//! The server connects to the agents while the user still looks at the menu.

use serde_json::{Value, json};

use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{FUNCTION, SOURCE, URI, World};

/// Method and path of each request so far.
fn requests(world: &World) -> Vec<String> {
    world.peer.requests().iter().map(|request| format!("{} {}", request.method, request.path)).collect()
}

async fn menu(world: &World, trigger_kind: Value) -> Vec<Value> {
    let range = world.editor.range_of(URI, FUNCTION);
    let context = json!({ "diagnostics": [], "triggerKind": trigger_kind });
    world.editor.code_actions_in(URI, &range, context).await
}

#[tokio::test]
async fn opened_menu_prepares_connection_without_sending_text() {
    let world = World::open(profiles::vscode()).await;
    let head = world.peer.expect("/", Script::status(404));
    assert!(!menu(&world, json!(1)).await.is_empty());
    head.sent().await;
    world.peer.connections_open(2).await;
    for request in world.peer.requests() {
        assert!(request.is_token() || request.body.is_empty(), "{request:?}");
        assert!(!String::from_utf8_lossy(&request.body).contains("total"));
    }
    let before = requests(&world);
    assert_eq!(before.len(), 2, "{before:?}");
    menu(&world, json!(1)).await;
    world.run(world.params("explain")).await.unwrap();
    let [.., chat] =
        requests(&world).try_into().map(|all: [String; 3]| all).expect("the question alone came after them");
    assert!(chat.starts_with("POST /v1/agent/"), "{chat}");
    world.peer.connections_open(2).await;
    world.finish().await;
}

#[tokio::test]
async fn actions_command_prepares_the_connection_as_well() {
    let world = World::open(profiles::vscode()).await;
    let head = world.peer.expect("/", Script::status(404));
    world.editor.execute("stackspot-lsp.actions", json!([{ "textDocument": { "uri": URI } }])).await;
    head.sent().await;
    world.finish().await;
}

#[tokio::test]
async fn connection_is_not_prepared_without_a_user_action() {
    let world = World::open(profiles::vscode()).await;
    // The light bulb, a client without a trigger kind, and a menu of other kinds, as for a save.
    menu(&world, json!(2)).await;
    menu(&world, Value::Null).await;
    let range = world.editor.range_of(URI, FUNCTION);
    let organize = json!({ "diagnostics": [], "only": ["source.organizeImports"], "triggerKind": 1 });
    world.editor.code_actions_in(URI, &range, organize).await;
    world.editor.execute("stackspot-lsp.actions", json!([])).await;
    // Any connection that they had caused would have come before the question.
    world.run(world.params("explain")).await.unwrap();
    assert_eq!(requests(&world).len(), 2, "a token and the question: {:?}", requests(&world));
    world.finish().await;
}

#[tokio::test]
async fn connection_is_not_prepared_when_warm_setting_is_off() {
    let world = World::open(profiles::vscode()).await;
    world.change_settings("01A", json!({ "connection": { "warm": false } })).await;
    menu(&world, json!(1)).await;
    world.run(world.params("explain")).await.unwrap();
    assert!(
        world.peer.chats().len() == 1 && !requests(&world).contains(&"HEAD /".to_owned()),
        "{:?}",
        requests(&world)
    );
    world.finish().await;
}

#[tokio::test]
async fn secret_command_is_not_run_when_a_menu_opens() {
    let home = tempfile::TempDir::new().unwrap();
    let (config, ran) = (home.path().join("config/stackspot-lsp"), home.path().join("ran"));
    std::fs::create_dir_all(&config).unwrap();
    let touch = if cfg!(windows) { "type nul >" } else { "touch" };
    let command = format!("client_secret_command = '{touch} \"{}\"'\n", ran.display());
    std::fs::write(config.join("config.toml"), command).unwrap();
    let world = World::start_in(home, profiles::vscode(), |variables| {
        variables.retain(|(name, _)| *name != "STACKSPOT_CLIENT_SECRET");
    });
    let world = world.await;
    world.editor.open(URI, "python", SOURCE);
    assert!(!menu(&world, json!(1)).await.is_empty());
    world.editor.execute("stackspot-lsp.status", Value::Null).await;
    assert!(!ran.exists() && world.peer.requests().is_empty());
    world.finish().await;
}
