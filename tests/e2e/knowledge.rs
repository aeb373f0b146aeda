//! Knowledge sources: settings, agent and action enable them, and the answer names them.

use serde_json::json;

use crate::shop::Shop;
use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::World;

/// The request of an action, as `[stackspot_knowledge, return_ks_in_response, deep_search_ks]`.
async fn asked(shop: &Shop, action: &str) -> [bool; 3] {
    let sent = shop.prompt_of(shop.params(action)).await;
    ["stackspot_knowledge", "return_ks_in_response", "deep_search_ks"].map(|key| sent[key] == json!(true))
}

#[tokio::test]
async fn knowledge_sources_are_on_or_off_by_settings_agent_and_action() {
    let files = [("with.md", "---\nknowledge: true\n---\nLook."), ("without.md", "---\nknowledge: false\n---\nLook.")];
    let shop = Shop::with(profiles::vscode(), &files).await;
    assert_eq!(asked(&shop, "explain").await, [false, true, false]);
    assert_eq!(asked(&shop, "with").await, [true, true, false]);

    shop.world.change_settings("01A", json!({ "knowledge": { "enabled": true } })).await;
    assert_eq!(asked(&shop, "explain").await, [true, true, false]);
    assert_eq!(asked(&shop, "without").await, [false, true, false]);

    // The agent's setting overrides the general one. The action's setting overrides both, and its prompt file.
    let own = json!({
        "knowledge": { "enabled": true },
        "agents": { "house": { "id": "01B", "knowledge": false } },
        "actions": { "review": { "knowledge": true }, "with": { "knowledge": { "enabled": false, "deepSearch": true } } },
    });
    shop.world.change_settings("house", own).await;
    assert_eq!(asked(&shop, "explain").await, [false, true, false]);
    assert_eq!(asked(&shop, "review").await, [true, true, false]);
    assert_eq!(asked(&shop, "with").await, [false, true, true]);
    shop.world.finish().await;
}

#[tokio::test]
async fn knowledge_sources_come_from_action_file_agent_or_settings() {
    let files = [
        ("own.md", "---\nknowledge-sources: [01FILE, 01FILE]\n---\nLook."),
        ("none.md", "---\ntitle: None\n---\nLook."),
    ];
    let shop = Shop::with(profiles::vscode(), &files).await;
    let sources = async |action: &str| {
        let sent = shop.prompt_of(shop.params(action)).await;
        sent.get("knowledge_source_ids").cloned()
    };
    assert_eq!(sources("explain").await, None, "left out where there are none");
    assert_eq!(sources("own").await, Some(json!(["01FILE"])));

    shop.world.change_settings("01A", json!({ "knowledge": { "sources": ["01ALL", " ", "01MORE"] } })).await;
    assert_eq!(sources("explain").await, Some(json!(["01ALL", "01MORE"])));
    assert_eq!(sources("own").await, Some(json!(["01FILE"])));

    let own = json!({
        "knowledge": { "sources": ["01ALL"] },
        "agents": { "house": { "id": "01B", "knowledgeSources": ["01HOUSE"] } },
        "actions": { "review": { "knowledgeSources": ["01REVIEW"] }, "own": { "knowledgeSources": [] } },
    });
    shop.world.change_settings("house", own).await;
    assert_eq!(sources("explain").await, Some(json!(["01HOUSE"])));
    assert_eq!(sources("review").await, Some(json!(["01REVIEW"])));
    assert_eq!(sources("own").await, None, "an empty list goes over others, too");
    assert_eq!(sources("none").await, Some(json!(["01HOUSE"])));
    shop.world.finish().await;
}

#[tokio::test]
async fn sources_of_an_answer_are_shown_and_are_in_its_result() {
    let sources = json!([
        { "type": "knowledge_source", "name": "House *rules*", "slug": "house-rules", "document_score": 0.913, "id": "01KS" },
        { "slug": "glossary" },
    ]);
    for profile in [profiles::vscode(), profiles::neovim()] {
        let world = World::open(profile).await;
        let end = json!({ "message": "", "stop_reason": "stop", "source": sources, "knowledge_source_id": ["01KS"] });
        world.peer.expect_chat(Script::stream().text("So it is.").frame(&end));
        world.editor.execute("stackspot-lsp.run", json!([world.params("explain")])).await;
        let shown = world.shown_answer().await;
        assert!(shown.contains("\nSources of knowledge:\n\n- House rules (0.91)\n- glossary\n"), "{shown}");

        world.peer.expect_chat(Script::stream().text("So it is.").frame(&end));
        let result = world.run(world.params("explain")).await.unwrap();
        assert_eq!(result["knowledgeSourceIds"], json!(["01KS"]));
        let house = &result["sources"][0];
        assert_eq!(
            (&house["name"], &house["score"], &house["id"]),
            (&json!("House *rules*"), &json!(0.913), &json!("01KS"))
        );
        assert_eq!(result["sources"][1]["slug"], "glossary");
        world.finish().await;
    }
}
