//! Behaviour of single editors, without harm to their users. More of it is in the stories of edits (`verify.rs`),
//! settings (`settings.rs`) and menus (`arguments.rs`).

use serde_json::json;
use stackspot_lsp::testing::config::Settings;

use crate::support::peer::Script;
use crate::support::profiles::{self, Apply};
use crate::world::{AGENT, BETTER, FUNCTION, SOURCE, URI, World, listed, refactored, titles};

#[tokio::test]
async fn kakoune_selection_includes_its_last_character() {
    let cases = [
        (SOURCE.to_owned(), FUNCTION.to_owned(), BETTER.to_owned()),
        // The last character has several bytes, or is the line break.
        ("x = [\"é\", \"ç\"]\n# señal: é\n".to_owned(), "\"é\", \"ç\"]\n# señal: é".to_owned(), "\"e\"]".to_owned()),
        ("a = 1\nb = 2\nc = 3\n".to_owned(), "b = 2\n".to_owned(), "b = 4\n".to_owned()),
        ("a = 1\r\nb = 2\r\nc = 3\r\n".to_owned(), "b = 2\r\n".to_owned(), "b = 4\r\n".to_owned()),
    ];
    for (source, selected, better) in cases {
        let world = World::start(profiles::kakoune()).await;
        world.editor.open(URI, "python", &source);
        world.peer.expect_chat(Script::stream().text(&format!("```python\n{better}\n```\n")).end());
        let range = world.editor.range_of(URI, &selected);
        world.editor.choose(URI, &range, "Refactor").await;
        let text = world.editor.wait_for_text(URI, |text| text != source).await;
        assert_eq!(text, source.replace(&selected, &better));
        let log = world.editor.log();
        let (_, menu) = log.iter().find(|(_, message)| message["method"] == "textDocument/codeAction").unwrap();
        assert_ne!(menu["params"]["range"]["end"], range["end"], "this is what kak-lsp does");
        world.wait_for_no_jobs().await;
        world.editor.edits();
        world.finish().await;
    }
}

#[tokio::test]
async fn kakoune_cursor_means_the_definition_around_it() {
    let world = World::open(profiles::kakoune()).await;
    let mut cursor = world.editor.range_of(URI, "sum = 0");
    cursor["end"] = cursor["start"].clone();
    let chat = world.peer.expect_chat(Script::stream().text(BETTER).end());
    world.editor.choose(URI, &cursor, "Refactor").await;
    let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
    assert!(prompt.contains(&format!("<selection>\n{FUNCTION}\n</selection>")), "{prompt}");
    assert_eq!(world.editor.wait_for_text(URI, |text| text != SOURCE).await, refactored());
    world.wait_for_no_jobs().await;
    world.editor.edits();
    world.finish().await;
}

/// kak-lsp checks no version. If an edit and typing cross each other, the server can only notice it, report no success,
/// and keep the edit.
#[tokio::test]
async fn edit_misplaced_by_kak_lsp_is_not_called_applied() {
    let world = World::open(profiles::kakoune()).await;
    assert_eq!(world.profile.behaviour.stale, Apply::Blind);
    world.editor.will_type_before_edit(URI, 0, "# typed\n");
    let chat = world.peer.expect_chat(Script::stream().text(BETTER).end());
    let request = world.editor.start_request("stackspot-lsp/run", world.params("refactor"));
    chat.sent().await;
    world.editor.wait_for_method("workspace/applyEdit").await;
    tokio::time::pause();
    let result = world.editor.response(request).await.unwrap();
    tokio::time::resume();
    assert_eq!((&result["outcome"], world.count("workspace/applyEdit")), (&json!("proposed"), 1), "{result}");
    assert_eq!(result["answer"], BETTER);
    world.finish().await;
}

#[tokio::test]
async fn cursor_range_of_helix_or_eglot_means_the_function() {
    for (profile, at_point) in [(profiles::helix(), "s"), (profiles::eglot(), "sum"), (profiles::lsp_mode(), "sum")] {
        let world = World::open(profile).await;
        let start = SOURCE.find("sum = 0").unwrap();
        let mut range = world.editor.range_of(URI, "sum = 0");
        range["end"]["character"] = json!(range["start"]["character"].as_u64().unwrap() + at_point.len() as u64);
        assert_eq!(&SOURCE[start..start + at_point.len()], at_point);
        let chat = world.peer.expect_chat(Script::stream().text("It adds prices.").end());
        world.editor.choose(URI, &range, "Explain").await;
        let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
        assert!(prompt.contains(&listed(3, FUNCTION)), "{prompt}");
        assert!(world.shown_answer().await.contains("It adds prices."));
        world.wait_for_no_jobs().await;
        world.finish().await;
    }
}

/// VS Code answers with each setting in the extension's schema. If the user did not set it, the value is the default.
#[tokio::test]
async fn default_settings_of_an_editor_do_not_override_others() {
    let all = serde_json::to_value(Settings::default()).unwrap();
    let options = json!({ "language": "pt-BR" });
    let world = World::open(profiles::vscode().options(options).settings(all)).await;
    world.editor.wait_for_method("workspace/configuration").await;
    let chat = world.peer.expect_chat(Script::stream().text("Soma os preços.").end());
    let result = world.run(world.params("explain")).await.unwrap();
    assert_eq!((&result["agent"], &result["outcome"]), (&json!(AGENT), &json!("answered")));
    chat.arrived().await;
    assert_eq!(world.editor.messages(), Vec::<String>::new(), "nothing is wrong with defaults");
    world.finish().await;
}

/// Neovim and Kakoune send only a server's own diagnostics in a code action request, and this server has none.
#[tokio::test]
async fn fix_is_offered_when_editor_does_not_send_the_problems() {
    for profile in [profiles::neovim(), profiles::neovim_nightly(), profiles::kakoune()] {
        let world = World::open(profile).await;
        let range = world.editor.range_of(URI, FUNCTION);
        let asked = world.editor.code_actions_in(URI, &range, json!({ "diagnostics": [], "triggerKind": 1 })).await;
        assert!(titles(&asked).contains(&"Fix problems here with StackSpot AI".to_owned()), "{:?}", titles(&asked));
        let mut point = range.clone();
        point["end"] = point["start"].clone();
        let bulb = world.editor.code_actions_in(URI, &point, json!({ "diagnostics": [], "triggerKind": 2 })).await;
        assert!(bulb.is_empty(), "the bulb stays dark");
        world.finish().await;
    }
}
