//! An agent from a workspace file gets no code before the user agrees.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::shop::Shop;
use crate::support::paths::uri_of;
use crate::support::patience;
use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{AGENT, World, refused};

const FOREIGN: &str = "---\ntitle: Ask theirs\nagent: 01THEIRS\n---\nLook at {{ selection }}.\n";

#[tokio::test]
async fn agent_named_by_a_workspace_is_confirmed_once() {
    for profile in profiles::all() {
        let folder = TempDir::new().unwrap();
        let state = folder.path().join("state").to_str().unwrap().to_owned();
        let same_state =
            |variables: &mut Vec<(&'static str, String)>| variables.push(("XDG_STATE_HOME", state.clone()));
        let shop = Shop::in_folder(folder, profile.clone(), &[("consult.md", FOREIGN)], same_state).await;
        shop.world.peer.answer_by_default(Script::stream().text("Fine.").end());
        shop.world.editor.will_answer(Some("Use this agent"));
        for _ in 0..2 {
            assert_eq!(shop.world.run(shop.params("consult")).await.unwrap()["agent"], "01THEIRS");
        }
        let questions = shop.world.editor.messages();
        assert_eq!(questions.len(), 1, "{}: {questions:?}", profile.name);
        assert!(
            questions[0].contains("01THEIRS") && questions[0].contains(".stackspot/actions/consult.md"),
            "{questions:?}"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = shop.folder.path().join("state/stackspot-lsp/confirmed-agents.json");
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let Shop { world, folder, .. } = shop;
        world.finish().await;

        // The next session does not ask again about this agent. It asks about another agent.
        let other = FOREIGN.replace("01THEIRS", "01OTHER");
        let files = [("consult.md", FOREIGN), ("other.md", &*other)];
        let shop = Shop::in_folder(folder, profile, &files, same_state).await;
        shop.world.peer.answer_by_default(Script::stream().text("Fine.").end());
        shop.world.run(shop.params("consult")).await.unwrap();
        assert_eq!(shop.world.editor.messages().len(), 0);
        shop.world.editor.will_answer(Some("Cancel"));
        let message = refused(shop.world.run(shop.params("other")).await, "refused");
        assert!(message.contains("01OTHER") && message.contains("did not agree"), "{message}");
        shop.world.editor.messages();
        shop.world.finish().await;
    }
}

#[tokio::test]
async fn missing_answer_is_a_refusal_and_nothing_is_sent() {
    let shop = Shop::with(profiles::neovim(), &[("consult.md", FOREIGN)]).await;
    shop.world.editor.will_answer(None);
    refused(shop.world.run(shop.params("consult")).await, "refused");
    assert_eq!((shop.world.peer.chats().len(), shop.world.peer.token_requests()), (0, 0));
    shop.world.editor.messages();
    shop.world.finish().await;
}

/// The user's own settings have two agents.
fn with_agents(variables: &mut Vec<(&'static str, String)>) {
    let (_, config) = variables.iter().find(|(name, _)| *name == "XDG_CONFIG_HOME").unwrap();
    let folder = std::path::Path::new(config).join("stackspot-lsp");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), "agent = \"01DEFAULT\"\n[agents.theirs]\nid = \"01THEIRS\"\n").unwrap();
}

#[tokio::test]
async fn question_names_editor_settings_if_only_those_are_foreign() {
    let profile = profiles::vscode().options(json!({ "extraBody": { "selected_model": "another" } }));
    let shop = Shop::in_folder(TempDir::new().unwrap(), profile, &[("consult.md", FOREIGN)], with_agents).await;
    shop.world.editor.will_answer(Some("Cancel"));
    let message = refused(shop.world.run(shop.params("consult")).await, "refused");
    assert!(message.contains("as the settings of the editor say"), "{message}");
    let questions = shop.world.editor.messages();
    assert!(questions.len() == 1 && questions[0].contains("{\"selected_model\":\"another\"}"), "{questions:?}");
    shop.world.finish().await;
}

#[tokio::test]
async fn users_own_agent_does_not_need_confirmation() {
    let named = FOREIGN.replace("01THEIRS", "theirs");
    let default = FOREIGN.replace("01THEIRS", "01DEFAULT");
    let unknown = FOREIGN.replace("01THEIRS", "01UNKNOWN");
    let files = [("id.md", FOREIGN), ("name.md", &*named), ("default.md", &*default), ("unknown.md", &*unknown)];
    let shop = Shop::in_folder(TempDir::new().unwrap(), profiles::vscode(), &files, with_agents).await;
    let personal = shop.world.home.path().join("config/stackspot-lsp/actions");
    fs::create_dir_all(&personal).unwrap();
    fs::write(personal.join("mine.md"), &unknown).unwrap();
    let told = json!({ "changes": [{ "uri": uri_of(personal.join("mine.md")), "type": 1 }] });
    shop.world.editor.notify("workspace/didChangeWatchedFiles", told);
    while shop.world.editor.execute("stackspot-lsp.actions", Value::Null).await.to_string().matches("\"mine\"").count()
        == 0
    {
        patience::a_moment().await;
    }
    shop.world.peer.answer_by_default(Script::stream().text("Fine.").end());
    for action in ["id", "name", "default", "mine"] {
        shop.world.run(shop.params(action)).await.unwrap();
    }
    // The server does not ask about an agent that the user chose for this run, either.
    let mut params = shop.params("unknown");
    params["agent"] = json!("01CHOSEN");
    assert_eq!(shop.world.run(params).await.unwrap()["agent"], "01CHOSEN");
    shop.world.finish().await;
}

#[tokio::test]
async fn agent_from_editor_settings_is_confirmed_once() {
    let world = World::open(profiles::vscode().options(json!({ "agent": "01STRANGER" }))).await;
    world.editor.will_answer(Some("Cancel"));
    let message = refused(world.run(world.params("explain")).await, "refused");
    assert!(message.contains("01STRANGER") && message.contains("settings of the editor"), "{message}");
    assert_eq!(world.peer.chats().len(), 0);
    world.peer.answer_by_default(Script::stream().text("Fine.").end());
    world.editor.will_answer(Some("Use this agent"));
    for _ in 0..2 {
        world.run(world.params("explain")).await.unwrap();
    }
    let questions = world.editor.messages();
    assert_eq!(questions.len(), 2, "one that was declined, one for both runs: {questions:?}");
    world.finish().await;
}

#[tokio::test]
async fn each_editor_setting_for_agent_or_model_is_confirmed() {
    for (settings, named) in [
        (json!({ "actions": { "explain": { "agent": "01STRANGER" } } }), "01STRANGER"),
        (json!({ "agents": { "team": { "id": "01STRANGER" } }, "agent": "team" }), "01STRANGER"),
        (
            json!({ "agents": { "team": { "id": "01STRANGER" } }, "actions": { "explain": { "agent": "team" } } }),
            "01STRANGER",
        ),
        (json!({ "extraBody": { "selected_model": "theirs" } }), "selected_model"),
        (
            json!({ "agents": { "team": { "id": AGENT, "extraBody": { "forward_to": "theirs" } } }, "agent": "team" }),
            "forward_to",
        ),
    ] {
        let world = World::open(profiles::vscode().options(settings.clone())).await;
        world.editor.will_answer(Some("Cancel"));
        refused(world.run(world.params("explain")).await, "refused");
        assert_eq!(world.peer.chats().len(), 0, "{settings}");
        let questions = world.editor.messages();
        assert!(questions.iter().any(|it| it.contains(named)), "{settings}: {questions:?}");
        world.finish().await;
    }
}

#[tokio::test]
async fn account_agent_from_editor_settings_is_announced_once() {
    for profile in profiles::all() {
        let world = World::open(profile.options(json!({ "agent": "01TEAM" }))).await;
        let listed = json!([{ "id": "01TEAM", "name": "Team" }]);
        world.peer.expect("/v1/agents", Script::reply(&listed));
        world.peer.answer_by_default(Script::stream().text("Fine.").end());
        for _ in 0..2 {
            let result = world.run(world.params("explain")).await.unwrap();
            assert_eq!(result["agent"], "01TEAM");
        }
        let said = world.editor.messages();
        let about: Vec<_> = said.iter().filter(|text| text.contains("01TEAM")).collect();
        assert_eq!(about.len(), 1, "{}: {said:?}", world.profile.name);
        assert!(about[0].contains("settings of the editor"), "{about:?}");
        world.finish().await;
    }
}
