//! Actions from prompt files of the workspace or of the user.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::shop::{Shop, is_titled};
use crate::support::paths::uri_of;
use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{BETTER, ERROR, FUNCTION, WARNING, refactored, refused, titles};

const LOOK: &str = "\
---
title: Look for holes
---
Look for holes in {{ path }}:
<selection>
{{ selection }}
</selection>
";

const SHORTER: &str = "\
---
title: Make it shorter
result: replace
languages: [python]
---
Make this shorter:
<selection>
{{ selection }}
</selection>
";

#[tokio::test]
async fn a_prompt_file_is_an_action_in_every_editor() {
    for profile in profiles::all() {
        let shop = Shop::with(profile, &[("look-for-holes.md", LOOK)]).await;
        let menu = shop.menu().await;
        let item =
            menu.iter().find(|item| item["title"] == "Look for holes (look-for-holes.md)").expect("it is in the menu");
        if item["command"].is_object() {
            assert_eq!(item["kind"], "stackspot-lsp.look-for-holes");
        }
        let sent = shop.prompt_of(shop.params("look-for-holes")).await;
        let prompt = sent["user_prompt"].as_str().unwrap();
        assert!(prompt.contains("Look for holes in cart.py:\n<selection>\n") && prompt.contains(FUNCTION), "{prompt}");
        assert!(prompt.contains("\nResult: answer\n"), "{prompt}");
        let actions = shop.world.editor.execute("stackspot-lsp.actions", Value::Null).await;
        assert!(actions.as_array().unwrap().iter().any(|it| it["action"] == "look-for-holes"), "{actions}");
        shop.world.finish().await;
    }
}

#[tokio::test]
async fn prompt_file_named_discard_does_not_come_first() {
    for profile in [profiles::vscode(), profiles::helix()] {
        let shop = Shop::with(profile, &[("discard.md", LOOK)]).await;
        let menu = shop.menu().await;
        let found = menu.iter().position(|item| item["title"] == "Look for holes (discard.md)").unwrap();
        assert_eq!(
            (&menu[found]["kind"], &menu[found]["isPreferred"]),
            (&json!("stackspot-lsp.discard"), &Value::Null)
        );
        shop.world.finish().await;
    }
}

#[tokio::test]
async fn prompt_file_code_replaces_selection_as_one_undo_step() {
    for profile in [profiles::vscode(), profiles::neovim(), profiles::eglot()] {
        let shop = Shop::with(profile, &[("shorter.md", SHORTER)]).await;
        let menu = shop.menu().await;
        shop.world.peer.expect_chat(Script::stream().text(&format!("```python\n{BETTER}\n```")).end());
        shop.world.editor.run(&menu, "Make it shorter (shorter.md)").await;
        shop.world.editor.wait_for_text(&shop.uri, |text| text == refactored()).await;
        assert_eq!(shop.world.editor.undo_steps(&shop.uri), 1);
        shop.world.editor.edits();
        shop.world.finish().await;
    }
}

#[tokio::test]
async fn row_of_an_action_says_what_its_result_is() {
    let swap = "---\ntitle: Swap\nkind: stackspot-lsp.swap\nresult: replace\n---\nSwap:\n{{ selection }}\n";
    let beside = "---\nresult: file\nlanguages: [go]\n---\nWrite it beside:\n{{ selection }}\n";
    let options = json!({ "language": "pt-BR", "actions": { "fix": { "title": "Conserta" } } });
    let shop = Shop::with(profiles::vscode().options(options), &[("swap.md", swap), ("beside.md", beside)]).await;
    let named = [
        ("explain", "Explicar", "answer"),
        ("refactor", "Refatorar", "replace"),
        ("fix", "Conserta", "replace"),
        ("test", "Escrever testes", "file"),
        ("suggest", "Sugerir refatorações", "remarks"),
        ("swap", "Swap (swap.md)", "replace"),
        ("beside", "Beside (beside.md)", "file"),
    ];
    for (action, short_title, result) in named {
        let rows = shop.world.editor.execute("stackspot-lsp.actions", json!([{ "action": action }])).await;
        let [row] = rows.as_array().unwrap().as_slice() else { panic!("the row of {action} alone: {rows}") };
        assert_eq!((&row["action"], &row["shortTitle"]), (&json!(action), &json!(short_title)));
        assert_eq!(row["result"], result, "{row}");
    }
    let unknown = shop.world.editor.execute("stackspot-lsp.actions", json!([{ "action": "dance" }])).await;
    assert_eq!(unknown, json!([]));
    shop.world.finish().await;
}

#[tokio::test]
async fn prompt_file_is_hidden_in_documents_of_other_languages() {
    let files = [("shorter.md", SHORTER), ("look.md", LOOK)];
    let shop = Shop::with(profiles::vscode(), &files).await;
    let readme = shop.uri.replace("cart.py", "README.md");
    shop.world.editor.open(&readme, "markdown", "# The shop\n");
    let range = shop.world.editor.range_of(&readme, "The shop");
    shop.menu_with("Look for holes", true).await;
    let in_markdown = titles(&shop.world.editor.code_actions(&readme, &range).await);
    assert!(
        in_markdown.contains(&"Look for holes (look.md)".into())
            && !in_markdown.contains(&"Make it shorter (shorter.md)".into())
    );
    let listed = async |uri: &str| {
        let argument = json!([{ "textDocument": { "uri": uri } }]);
        let actions = shop.world.editor.execute("stackspot-lsp.actions", argument).await;
        actions.as_array().unwrap().iter().any(|it| it["action"] == "shorter")
    };
    assert!(listed(&shop.uri).await && !listed(&readme).await);
    shop.world.finish().await;
}

#[tokio::test]
async fn prompt_files_are_updated_when_editor_watches_files() {
    let shop = Shop::with(profiles::vscode(), &[]).await;
    let watches = |registrations: &[Value]| {
        let watched = registrations.iter().find(|it| it["method"] == "workspace/didChangeWatchedFiles")?;
        Some(watched["registerOptions"]["watchers"].clone())
    };
    let watchers = shop.world.editor.wait_until("a registration", |state| watches(&state.registrations)).await;
    let base = uri_of(shop.world.home.path().join("config/stackspot-lsp/actions"));
    assert_eq!(watchers[0], json!({ "globPattern": "**/.stackspot/actions/*.md" }));
    assert_eq!(watchers[3], json!({ "globPattern": { "baseUri": base, "pattern": "*.md" } }));

    shop.write_and_tell("look.md", LOOK);
    shop.menu_with("Look for holes", true).await;
    shop.write_and_tell("look.md", &LOOK.replace("Look for holes\n", "Look again\n"));
    shop.menu_with("Look again", true).await;
    fs::remove_dir_all(shop.folder.path().join("shop/.stackspot")).unwrap();
    let folder = shop.uri.replace("cart.py", ".stackspot");
    let gone = json!({ "changes": [{ "uri": folder, "type": 3 }] });
    shop.world.editor.notify("workspace/didChangeWatchedFiles", gone);
    shop.menu_with("Look again", false).await;
    shop.world.finish().await;
}

#[tokio::test]
async fn saved_prompt_file_is_used_at_once_in_every_editor() {
    for profile in profiles::all() {
        let shop = Shop::with(profile, &[("look.md", LOOK)]).await;
        // The clock is paused, so that only the save can cause a new read.
        tokio::time::pause();
        shop.menu_with("Look for holes", true).await;
        let changed = LOOK.replace("Look for holes\n", "Look again\n");
        shop.write("look.md", &changed);
        shop.world.editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": shop.uri_of("look.md") } }));
        shop.menu_with("Look again", true).await;
        tokio::time::resume();
        shop.world.finish().await;
    }
}

#[tokio::test]
async fn menu_reads_prompt_files_each_second_without_a_watcher() {
    for profile in [profiles::neovim(), profiles::eglot(), profiles::lsp_mode(), profiles::minimal()] {
        let shop = Shop::with(profile, &[]).await;
        tokio::time::pause();
        shop.menu_with("Look for holes", false).await;
        shop.write("look.md", LOOK);
        tokio::time::advance(Duration::from_secs(1)).await;
        shop.menu_with("Look for holes", true).await;
        // This also works for the user's own files. The save of any document causes a new read.
        let personal = shop.world.home.path().join("config/stackspot-lsp/actions");
        fs::create_dir_all(&personal).unwrap();
        fs::write(personal.join("mine.md"), "Mine.").unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
        shop.world.editor.notify("textDocument/didSave", json!({ "textDocument": { "uri": shop.uri } }));
        shop.menu_with("Mine", true).await;
        tokio::time::resume();
        shop.world.finish().await;
    }
}

#[tokio::test]
async fn prompt_files_follow_added_and_removed_workspace_folders() {
    let shop = Shop::with(profiles::vscode(), &[]).await;
    let other = TempDir::new().unwrap();
    fs::create_dir_all(other.path().join(".stackspot/actions")).unwrap();
    fs::write(other.path().join(".stackspot/actions/look.md"), LOOK).unwrap();
    let folder = json!({ "uri": uri_of(other.path()), "name": "other" });
    let change = |added: &Value, removed: &Value| json!({ "event": { "added": added, "removed": removed } });
    let method = "workspace/didChangeWorkspaceFolders";
    shop.world.editor.notify(method, change(&json!([folder]), &json!([])));
    shop.menu_with("Look for holes", true).await;
    shop.world.editor.notify(method, change(&json!([]), &json!([folder])));
    shop.menu_with("Look for holes", false).await;
    shop.world.finish().await;
}

#[tokio::test]
async fn broken_prompt_file_is_named_once_and_others_still_work() {
    for profile in [profiles::vscode(), profiles::neovim(), profiles::minimal()] {
        let broken = "---\ntitle: Broken\n---\n\nLook at {{ selecton }}.\n";
        let shop = Shop::with(profile, &[("broken.md", broken), ("look.md", LOOK)]).await;
        let said = shop.world.message().await;
        let expected = "The prompt file .stackspot/actions/broken.md has a problem. It is left out. Line 5: there is no variable \
                        “selecton”; did you mean “selection”?.";
        assert_eq!(said, (WARNING, expected.to_owned()));
        let menu = titles(&shop.menu().await);
        assert!(menu.contains(&"Look for holes (look.md)".into()) && !menu.contains(&"Broken (broken.md)".into()));

        // Other files change. This one stays the same, then has another mistake, and then is correct.
        shop.write_and_tell("look.md", &LOOK.replace("Look for holes\n", "Look again\n"));
        shop.menu_with("Look again", true).await;
        shop.write_and_tell("broken.md", "---\nkind: source.fixAll\n---\nLook.\n");
        let (kind, message) = shop.world.message().await;
        assert!(kind == WARNING && message.contains("Line 2: the kind “source.fixAll” is not allowed"), "{message}");
        shop.write_and_tell("broken.md", "---\ntitle: Mended\n---\nLook.\n");
        shop.menu_with("Mended", true).await;
        assert_eq!(shop.world.count("window/showMessage"), 2);
        shop.world.finish().await;
    }
}

#[tokio::test]
async fn many_broken_files_are_all_named() {
    let names: Vec<String> = (1..=7).map(|number| format!("broken-{number}.md")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "{% if %}")).collect();
    let shop = Shop::with(profiles::vscode(), &files).await;
    for name in &names[..4] {
        let (_, message) = shop.world.message().await;
        assert!(message.contains(name) && message.contains("Line 1"), "{message}");
    }
    let (_, message) = shop.world.message().await;
    assert!(message.starts_with("3 more") && names[4..].iter().all(|name| message.contains(name)), "{message}");
    shop.world.finish().await;
}

#[tokio::test]
async fn an_unknown_key_is_named_and_the_action_works() {
    let shop = Shop::with(profiles::helix(), &[("look.md", "---\ntitel: x\n---\nLook.")]).await;
    let (_, message) = shop.world.message().await;
    assert!(message.contains("works all the same") && message.contains("did you mean “title”"), "{message}");
    shop.menu_with("Look", true).await;
    shop.world.finish().await;
}

#[tokio::test]
async fn instructions_are_required_or_have_a_default() {
    let files = [
        ("wish.md", "---\ninstruction: true\n---\n{{ instruction }}: {{ selection }}"),
        ("tone.md", "---\ninstruction: politely\n---\nSay it {{ instruction }}."),
    ];
    let shop = Shop::with(profiles::vscode(), &files).await;
    let menu = titles(&shop.menu().await);
    assert!(menu.contains(&"Tone (tone.md)".into()) && !menu.contains(&"Wish (wish.md)".into()), "{menu:?}");
    let actions = shop.world.editor.execute("stackspot-lsp.actions", Value::Null).await;
    let wish = actions.as_array().unwrap().iter().find(|it| it["action"] == "wish").unwrap().clone();
    assert_eq!(wish["needsInstruction"], true);
    let error = shop.world.run(shop.params("wish")).await.unwrap_err();
    assert!(error["code"] == -32602 && error["message"].as_str().unwrap().contains("instruction"), "{error}");
    let sent = shop.prompt_of(shop.params("tone")).await;
    assert!(sent["user_prompt"].as_str().unwrap().contains("Say it politely."), "{sent}");
    let mut params = shop.params("tone");
    params["instruction"] = json!("loudly");
    assert!(shop.prompt_of(params).await["user_prompt"].as_str().unwrap().contains("Say it loudly."));
    shop.world.finish().await;
}

#[tokio::test]
async fn settings_override_a_prompt_file_too() {
    let settings =
        json!({ "actions": { "look": { "title": "Olhe", "agent": "01MINE" }, "shorter": { "enabled": false } } });
    let files = [("look.md", &*LOOK.replace("---\nLook", "agent: 01THEIRS\n---\nLook")), ("shorter.md", SHORTER)];
    let shop = Shop::with(profiles::vscode().options(settings), &files).await;
    let menu = titles(&shop.menu().await);
    assert!(
        menu.contains(&"Olhe (look.md)".into()) && !menu.contains(&"Make it shorter (shorter.md)".into()),
        "{menu:?}"
    );
    let chat = shop.world.peer.expect_chat(Script::stream().text("Fine.").end());
    shop.world.run(shop.params("look")).await.unwrap();
    assert!(chat.arrived().await.path.contains("01MINE"));
    shop.world.finish().await;
}

#[tokio::test]
async fn failing_template_is_an_error_with_line_and_is_not_sent() {
    let within = |inner: String, _| format!("{{% for line in file | lines %}}{inner}{{% endfor %}}");
    let endless = (0..8).fold(String::from("{% set x = selection %}"), within);
    let files = [
        ("fails.md", "Look:\n{{ diagnostics[0].message }}"),
        ("endless.md", &*endless),
        ("large.md", "{% for a in file|lines %}{{ file }}{{ file }}{{ file }}{{ file }}{% endfor %}"),
    ];
    let options = json!({ "context": { "maxChars": 4000 } });
    let shop = Shop::with(profiles::vscode().options(options), &files).await;
    let message = refused(shop.world.run(shop.params("fails")).await, "refused");
    assert!(
        message.starts_with("The prompt file .stackspot/actions/fails.md could not be used: line 2: "),
        "{message}"
    );
    let message = refused(shop.world.run(shop.params("endless")).await, "refused");
    assert!(message.contains("endless.md") && message.contains("too many steps"), "{message}");
    let message = refused(shop.world.run(shop.params("large")).await, "promptTooLarge");
    assert!(message.contains("large.md") && message.contains("context.maxChars"), "{message}");
    assert_eq!(shop.world.peer.chats().len(), 0);
    // After a command, the editor gets one message.
    shop.world.editor.execute("stackspot-lsp.run", json!([shop.params("fails")])).await;
    assert_eq!(shop.world.message().await.0, ERROR);
    shop.world.finish().await;
}

/// The example files of the documentation: name and text.
fn examples() -> Vec<(String, String)> {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/prompt-files.md")).unwrap();
    let parts = page.split("<!-- example: ").skip(1).map(|part| part.split_once(" -->\n```markdown\n").unwrap());
    parts.map(|(name, rest)| (name.to_owned(), rest.split_once("```\n").unwrap().0.to_owned())).collect()
}

#[tokio::test]
async fn the_examples_of_the_documentation_work() {
    let examples = examples();
    assert_eq!(examples.len(), 4);
    let files: Vec<(&str, &str)> = examples.iter().map(|(name, text)| (&**name, &**text)).collect();
    let shop = Shop::with(profiles::vscode(), &files).await;
    let menu = titles(&shop.menu().await);
    for title in
        ["Explain it to a newcomer", "Check against our decisions", "Mend the types", "Suggest a commit message"]
    {
        assert!(menu.iter().any(|it| is_titled(it, title)), "{title} is missing in {menu:?}");
    }
    let prompt_of = async |action, diagnostics: Value| {
        let mut params = shop.params(action);
        params["diagnostics"] = diagnostics;
        params["apply"] = json!("review");
        shop.prompt_of(params).await["user_prompt"].as_str().unwrap().to_owned()
    };
    let explain = prompt_of("explain-to-me", json!([])).await;
    assert!(
        explain.contains("Explain this python code") && explain.contains("<selection lines=\"3-7\">\n3| def total"),
        "{explain}"
    );
    let mend = prompt_of("mend-types", json!([])).await;
    assert!(mend.contains("\n\nAdd the types") && !mend.contains("Mend what"), "{mend}");
    let problem = json!({ "range": shop.params("")["range"], "message": "not a number", "code": "arg-type" });
    let mend = prompt_of("mend-types", json!([problem])).await;
    assert!(mend.contains("nothing else:\n- ") && mend.contains("not a number"), "{mend}");
    let commit = prompt_of("commit-message", json!([])).await;
    assert!(
        commit.contains("messages, in the imperative, at most 60 characters, for a change of cart.py. The code"),
        "{commit}"
    );
    shop.world.editor.messages();
    shop.world.finish().await;
}

#[tokio::test]
async fn the_branch_is_named_without_running_git() {
    let shop = Shop::with(profiles::vscode(), &[("branch.md", "On {{ branch }}: {{ selection }}")]).await;
    fs::create_dir_all(shop.folder.path().join("shop/.git")).unwrap();
    fs::write(shop.folder.path().join("shop/.git/HEAD"), "ref: refs/heads/feature/cart\n").unwrap();
    let sent = shop.prompt_of(shop.params("branch")).await;
    assert!(sent["user_prompt"].as_str().unwrap().contains("On feature/cart: def total"), "{sent}");
    shop.world.finish().await;
}
