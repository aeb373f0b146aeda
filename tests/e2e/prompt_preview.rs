//! The user can see a prompt before the server sends it.

use serde_json::{Value, json};

use crate::shop::Shop;
use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{FUNCTION, URI, World, titles, with};

const TITLE: &str = "Show what would be sent to StackSpot AI";

#[tokio::test]
async fn preview_shows_the_exact_prompt_and_sends_nothing() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let range = world.editor.range_of(URI, FUNCTION);
        let menu = titles(&world.editor.code_actions(URI, &range).await);
        assert_eq!(menu.last().map(String::as_str), Some(TITLE), "{}: {menu:?}", world.profile.name);
        world.editor.choose(URI, &range, TITLE).await;
        let shown = world.shown_answer().await;
        assert!(shown.starts_with("# What would be sent to StackSpot AI\n\nNothing was sent."), "{shown}");
        assert!(shown.contains("- action: Explain with StackSpot AI (`explain`)\n"), "{shown}");
        assert!(shown.contains("\n| lines around the selection | "), "{shown}");
        // The menu only opened the connection, which sends nothing of the text.
        let sent = world.peer.requests();
        assert!(sent.iter().all(|request| request.method == "HEAD" || request.is_token()), "{sent:?}");

        let chat = world.peer.expect_chat(Script::stream().text("It adds up.").end());
        world.run(world.params("explain")).await.unwrap();
        let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
        assert!(shown.contains(&format!("```text\n{prompt}```\n")), "{shown}");
        world.finish().await;
    }
}

#[tokio::test]
async fn preview_is_about_problems_and_not_in_automatic_menus() {
    let world = World::open(profiles::vscode()).await;
    let range = world.editor.range_of(URI, "sum + item");
    let problem = json!({ "range": range, "message": "odd" });
    let menu = |kind: u32| json!({ "diagnostics": [problem], "triggerKind": kind });
    let bulb = titles(&world.editor.code_actions_in(URI, &range, menu(2)).await);
    assert!(!bulb.iter().any(|title| title == TITLE), "{bulb:?}");
    let asked = world.editor.code_actions_in(URI, &range, menu(1)).await;
    world.editor.run(&asked, TITLE).await;
    let shown = world.shown_answer().await;
    assert!(shown.contains("(`fix`)") && shown.contains("line 6 `sum = sum + item.price`: odd"), "{shown}");
    world.finish().await;
}

#[tokio::test]
async fn preview_shows_prompt_of_a_plug_in_with_guard_findings() {
    let world = World::start(profiles::vscode()).await;
    let token = format!("{}{}", "ghp_", "Zq3VxT8mLw2RkY7bNc5HdJ9sPf4GaE6uUi1o");
    world.editor.open(URI, "python", &format!("def push():\n    login(\"{token}\")\n"));
    let params = with(world.params_on("edit", "login"), "instruction", json!("use the keyring"));
    assert_eq!(world.editor.execute("stackspot-lsp.showPrompt", json!([{ "run": params }])).await, Value::Null);
    let shown = world.shown_answer().await;
    assert!(shown.contains("| instruction | ") && shown.contains("use the keyring"), "{shown}");
    assert!(
        shown.contains("the guard against secrets finds: line 2 of cart.py contains what looks like a GitHub token"),
        "{shown}"
    );
    let unknown = world
        .editor
        .try_execute("stackspot-lsp.showPrompt", json!([{ "run": world.params_on("dance", "login") }]))
        .await;
    assert_eq!(unknown.unwrap_err()["code"], -32602);
    world.finish().await;
}

#[tokio::test]
async fn preview_document_can_show_the_prompts_of_other_actions() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::create_dir_all(folder.path().join("shop")).unwrap();
    std::fs::write(folder.path().join("shop/notes.txt"), "A note.").unwrap();
    let files = [
        ("check.md", "---\nfiles: notes.txt\n---\nCheck {{ path }} against the notes: {{ selection }}\n"),
        ("for-go.md", "---\nlanguages: [go]\n---\nCheck {{ path }}\n"),
    ];
    let shop = Shop::in_folder(folder, profiles::vscode(), &files, |_| {}).await;
    let editor = &shop.world.editor;
    editor.execute("stackspot-lsp.actions", Value::Null).await;
    let range = editor.range_of(&shop.uri, FUNCTION);
    let asked = titles(&shop.menu().await);
    editor.choose(&shop.uri, &range, TITLE).await;
    let start = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
    let mut seen = Vec::new();
    for (title, holds) in [
        ("Show what “Refactor", "(`refactor`)"),
        ("Show what “Check (check.md)", "- file to upload: `notes.txt`\n"),
        ("Show what “Explain", "(`explain`)"),
    ] {
        let preview = editor.wait_for_method("window/showDocument").await["uri"].as_str().unwrap().to_owned();
        shop.world.whole_answer(&preview).await;
        let menu = editor.code_actions(&preview, &start).await;
        seen.push(titles(&menu));
        editor.run(&menu, title).await;
        let shown = editor.wait_until("the next preview", |state| {
            let all = state.documents.keys().filter(|uri| uri.contains("/previews/") && **uri != preview);
            all.filter_map(|uri| state.text(uri)).find(|text| text.contains(holds))
        });
        let shown = shown.await;
        assert!(shown.contains("cart.py") && shown.contains("def total(items):"), "{shown}");
    }
    editor.wait_for_method("window/showDocument").await;
    assert!(asked.len() > 4, "{asked:?}");
    // The list has every action of the menu except the shown one, and no action for other languages.
    assert!(seen[0].iter().any(|it| it.contains("Check (check.md)")), "{seen:?}");
    assert!(!seen[0].iter().any(|it| it.contains("Explain") || it.contains("for-go")), "{seen:?}");
    assert!(seen[1].iter().any(|it| it.contains("Explain")) && !seen[1].iter().any(|it| it.contains("Refactor")));
    let sent = shop.world.peer.requests();
    assert!(sent.iter().all(|request| request.method == "HEAD" || request.is_token()), "{sent:?}");
    shop.world.finish().await;
}
