//! Whole sessions with the released program. Each message is checked against LSP and the client's capabilities.

use serde_json::json;

use crate::child::{Home, as_server};
use crate::support::editor::Editor;
use crate::support::profiles::{self, Profile};

const URI: &str = file_uri!("/shop/inventory.py");
const SOURCE: &str = "\
import sys

def total_price(items, discount=0):
    total = 0
    for item in items:
        if item.price is not None:
            total = total + item.price * item.count
    return total - total * discount / 100

print(total_price([]))
";

#[tokio::test]
async fn a_newcomer_explains_and_refactors_on_the_sandbox() {
    let profiles = [profiles::vscode(), profiles::neovim(), profiles::helix(), profiles::eglot()];
    // The sessions run at the same time, because the sandbox writes at the reading speed of a person.
    futures::future::join_all(profiles.map(explain_and_refactor)).await;
}

async fn explain_and_refactor(profile: Profile) {
    let name = profile.name;
    let home = Home::new();
    let editor = Editor::start(profile, as_server(home.command(&["--sandbox", "--stdio"]))).await;
    editor.open(URI, "python", SOURCE);
    let function = editor.range_of(URI, SOURCE.split("\n\n").nth(1).unwrap());

    let actions = editor.code_actions(URI, &function).await;
    // The entries for the context of the next question ask no agent.
    let asks = actions.iter().filter(|action| action["command"]["command"] != "stackspot-lsp.context");
    let titles: Vec<&str> = asks.filter_map(|action| action["title"].as_str()).collect();
    assert!(titles.iter().all(|title| title.contains("sandbox")), "{name}: marked as a sandbox: {titles:?}");

    let params = &action(&actions, "explain")["command"]["arguments"][0];
    let result = editor.request("stackspot-lsp/run", params.clone()).await.unwrap();
    assert_eq!(result["outcome"], "answered", "{name}");
    assert!(result["answer"].as_str().unwrap().contains("total_price"), "{name}: {result}");

    let params = &action(&actions, "refactor")["command"]["arguments"][0];
    let result = editor.request("stackspot-lsp/run", params.clone()).await.unwrap();
    assert_eq!(result["outcome"], "applied", "{name}: {result}");
    let text = editor.text(URI);
    assert_ne!(text, SOURCE, "{name}");
    assert!(text.starts_with("import sys\n\n") && text.ends_with("\n\nprint(total_price([]))\n"), "{name}: {text}");
    assert_eq!(editor.undo_steps(URI), 1, "{name}");

    editor.messages();
    editor.shown_documents();
    editor.edits();
    editor.finish().await;
}

#[tokio::test]
async fn first_job_without_a_credential_names_the_settings() {
    let home = Home::new();
    let editor = Editor::start(profiles::vscode(), as_server(home.command(&[]))).await;
    editor.open(URI, "python", SOURCE);
    let function = editor.range_of(URI, "total = 0");
    let actions = editor.code_actions(URI, &function).await;
    let params = action(&actions, "explain")["command"]["arguments"][0].clone();
    let error = editor.request("stackspot-lsp/run", params).await.unwrap_err();
    assert_eq!((&error["code"], &error["data"]["kind"]), (&json!(-32803), &json!("credentials")), "{error}");
    assert!(error["message"].as_str().unwrap().contains("STACKSPOT_"), "it names what to set: {error}");
    editor.messages();
    editor.finish().await;
}

fn action<'a>(actions: &'a [serde_json::Value], id: &str) -> &'a serde_json::Value {
    let named = |action: &&serde_json::Value| action["command"]["arguments"][0]["action"] == json!(id);
    actions.iter().find(named).unwrap_or_else(|| panic!("no action {id} in {actions:?}"))
}
