//! Remarks at their lines: the user sees, applies and dismisses them in each editor. They move with their lines.

use serde_json::{Value, json};

use crate::support::peer::Script;
use crate::support::profiles::{self, Profile};
use crate::world::{SOURCE, URI, World, titles, with};

/// Two remarks with a fix, and one without. The line number of the second is wrong by two.
const REVIEW: &str = "Let me see.\n\n\
<remark lines=\"4\" severity=\"warning\">\n<at>sum = 0</at>\n<say>The name hides the built-in. Call it result.</say>\n\
<new>\n    sum = 0.0\n</new>\n</remark>\n\
<remark lines=\"9\" severity=\"error\">\n<at>print(\"hi \" + name)</at>\n<say>A name that is no text raises. Format it.</say>\n\
<new>\n    print(f\"hi {name}\")\n</new>\n</remark>\n\
<remark lines=\"5-6\" severity=\"hint\">\n<at>for item in items:</at>\n<say>An empty cart is never told.</say>\n</remark>\n";

fn whole_file(world: &World, action: &str) -> Value {
    let end = world.editor.end_of(URI);
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": end });
    with(world.params(action), "range", range)
}

/// A review of the whole file, run to its end.
async fn reviewed(world: &World, reply: &str) -> Value {
    world.peer.expect_chat(Script::stream().text(reply).end());
    world.run(whole_file(world, "review")).await.unwrap()
}

/// The latest diagnostics of the file, once there are `count`.
async fn diagnostics(world: &World, count: usize) -> Vec<Value> {
    let latest = world.editor.wait_until("diagnostics", |state| {
        let latest = state.take_all(&["textDocument/publishDiagnostics"]).pop()?;
        latest["diagnostics"].as_array().filter(|all| all.len() == count).cloned()
    });
    latest.await
}

fn line(diagnostic: &Value) -> u64 {
    diagnostic["range"]["start"]["line"].as_u64().unwrap()
}

async fn menu(world: &World, at: &str) -> Vec<String> {
    titles(&world.editor.code_actions(URI, &world.editor.range_of(URI, at)).await)
}

fn that_show_diagnostics() -> impl Iterator<Item = Profile> {
    profiles::all().into_iter().filter(|profile| {
        profile.declares("/textDocument/publishDiagnostics") && profile.declares("/workspace/applyEdit")
    })
}

#[tokio::test]
async fn each_remark_is_shown_at_its_line_in_every_editor() {
    for profile in that_show_diagnostics() {
        let world = World::open(profile).await;
        let result = reviewed(&world, REVIEW).await;
        assert_eq!(result["outcome"], "answered", "{result}");
        assert_eq!(result["answer"], REVIEW);
        let rows = result["remarks"].as_array().unwrap();
        assert_eq!(rows.len(), 3, "{}: {result}", world.profile.name);
        assert_eq!(rows.iter().filter(|row| row["edit"].is_object()).count(), 2);
        let all = diagnostics(&world, 3).await;
        let told: Vec<_> = all
            .iter()
            .map(|it| (line(it), it["severity"].as_u64().unwrap(), it["message"].as_str().unwrap()))
            .collect();
        let expected = [
            (3, 2, "The name hides the built-in. Call it result."),
            (4, 4, "An empty cart is never told."),
            (10, 1, "A name that is no text raises. Format it."),
        ];
        assert_eq!(told, expected, "{}", world.profile.name);
        for diagnostic in &all {
            assert_eq!(diagnostic["source"], "StackSpot AI");
            assert_eq!(diagnostic["data"]["jobId"], result["jobId"]);
        }
        assert_eq!(all[0]["range"]["start"]["character"], 4, "without the indentation");
        world.finish().await;
    }
}

#[tokio::test]
async fn complete_remark_is_shown_at_once_and_kept_after_a_cancel() {
    let world = World::open(profiles::vscode()).await;
    let (first, rest) = REVIEW.split_at(REVIEW.find("<remark lines=\"9\"").unwrap());
    let begun = &rest[..rest.len() / 3];
    let chat = world.peer.expect_chat(Script::stream().text(first).text(begun).stall());
    let params = with(whole_file(&world, "review"), "partialResultToken", json!("parts"));
    let request = world.editor.start_request("stackspot-lsp/run", params);
    let all = diagnostics(&world, 1).await;
    assert_eq!(line(&all[0]), 3);
    let told = world.editor.wait_until("a remark", |state| {
        state.partial_results(&json!("parts")).into_iter().find(|value| value.get("remark").is_some())
    });
    let row = told.await["remark"].clone();
    assert_eq!((&row["id"], &row["severity"]), (&json!(1), &json!(2)), "{row}");
    world.editor.cancel(request);
    chat.closed().await;
    let error = world.editor.response(request).await.unwrap_err();
    assert_eq!(error["code"], -32800);
    assert!(menu(&world, "sum = 0").await.iter().any(|title| title.starts_with("Apply: The name")));
    world.finish().await;
}

#[tokio::test]
async fn plug_in_gets_remarks_as_markdown_with_links() {
    let world = World::open(profiles::vscode()).await;
    world.peer.expect_chat(Script::stream().text(REVIEW).end());
    let params = with(whole_file(&world, "review"), "partialResultToken", json!("parts"));
    let result = world.run(with(params, "answerMarkdown", json!(true))).await.unwrap();
    let shown = result["answerMarkdown"].as_str().unwrap();
    assert!(shown.contains("- **error** [L11](<") && !shown.contains("<remark"), "{shown}");
    let parts = world.editor.partial_results(&json!("parts"));
    let join = |name: &str| parts.iter().filter_map(|part| part[name].as_str()).collect::<String>();
    assert_eq!((join("delta").as_str(), join("markdown").as_str()), (REVIEW, shown));
    diagnostics(&world, 3).await;
    world.finish().await;
}

#[tokio::test]
async fn fix_removes_its_remark_and_undo_restores_it() {
    for profile in that_show_diagnostics() {
        let world = World::open(profile).await;
        reviewed(&world, REVIEW).await;
        diagnostics(&world, 3).await;
        // The remark moved with its line when the user typed above.
        world.editor.replace(URI, "# The cart", "# More.\n# The cart");
        let range = world.editor.range_of(URI, "print(\"hi \" + name)");
        let actions = world.editor.code_actions(URI, &range).await;
        if world.profile.declares("/textDocument/codeAction/codeActionLiteralSupport") {
            let apply = actions.iter().find(|it| it["title"].as_str().unwrap().starts_with("Apply: A name")).unwrap();
            assert_eq!(apply["kind"], "quickfix");
            assert_eq!(apply["diagnostics"][0]["source"], "StackSpot AI");
            assert!(apply.get("isPreferred").is_none());
        }
        world.editor.run(&actions, "Apply: A name").await;
        world.editor.wait_for_text(URI, |text| text.contains("print(f\"hi {name}\")")).await;
        let left = diagnostics(&world, 2).await;
        assert!(left.iter().all(|it| line(it) < 10));
        assert_eq!(world.editor.edits().len(), 1);

        world.editor.replace(URI, "print(f\"hi {name}\")", "print(\"hi \" + name)");
        diagnostics(&world, 3).await;
        assert!(menu(&world, "print(").await.iter().any(|title| title.starts_with("Apply: A name")));
        world.finish().await;
    }
}

#[tokio::test]
async fn longer_fix_removes_its_remark_until_undo() {
    let world = World::open(profiles::vscode()).await;
    let reply = "<remark lines=\"10\" severity=\"warning\">\n<at>print(\"hi \" + name)</at>\n<say>Nobody may be named.</say>\n\
                 <new>\n    if not name:\n        return\n    print(\"hi \" + name)\n</new>\n</remark>\n";
    reviewed(&world, reply).await;
    diagnostics(&world, 1).await;
    world.editor.choose(URI, &world.editor.range_of(URI, "print("), "Apply: Nobody may be named.").await;
    world.editor.wait_for_text(URI, |text| text.contains("    if not name:\n        return\n    print(")).await;
    assert_eq!(world.editor.edits().len(), 1);
    diagnostics(&world, 0).await;
    world.editor.replace(URI, "    if not name:\n        return\n", "");
    diagnostics(&world, 1).await;
    assert!(menu(&world, "print(").await.iter().any(|title| title.starts_with("Apply: Nobody")));
    world.finish().await;
}

#[tokio::test]
async fn all_safe_suggestions_are_one_edit() {
    let world = World::open(profiles::vscode()).await;
    reviewed(&world, REVIEW).await;
    world.editor.choose(URI, &world.editor.range_of(URI, "sum = 0"), "Apply all safe suggestions (2)").await;
    let expected = SOURCE.replace("sum = 0", "sum = 0.0").replace("\"hi \" + name", "f\"hi {name}\"");
    world.editor.wait_for_text(URI, |text| text == expected).await;
    assert_eq!((world.editor.edits().len(), world.editor.undo_steps(URI)), (1, 1));
    let left = diagnostics(&world, 1).await;
    assert_eq!(left[0]["severity"], 4);
    world.finish().await;
}

#[tokio::test]
async fn typing_in_its_lines_takes_the_fix_first_and_then_the_remark() {
    let world = World::open(profiles::neovim()).await;
    let job = reviewed(&world, REVIEW).await["jobId"].clone();
    diagnostics(&world, 3).await;
    world.editor.replace(URI, "sum = 0\n", "sum = 01\n");
    let titles = menu(&world, "sum = 01").await;
    assert!(!titles.iter().any(|title| title.starts_with("Apply: The name")), "{titles:?}");
    assert!(titles.iter().any(|title| title == "Dismiss"), "{titles:?}");
    world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": job, "remark": 1 }])).await;
    let (_, message) = world.message().await;
    assert!(message.contains("no suggestion"), "{message}");
    world.editor.replace(URI, "    sum = 01\n", "    start_of_all = None\n");
    diagnostics(&world, 2).await;
    assert!(!menu(&world, "start_of_all").await.iter().any(|title| title == "Dismiss"));
    world.finish().await;
}

#[tokio::test]
async fn one_remark_or_all_remarks_can_be_dismissed() {
    let world = World::open(profiles::helix()).await;
    reviewed(&world, REVIEW).await;
    diagnostics(&world, 3).await;
    world.editor.choose(URI, &world.editor.range_of(URI, "sum = 0"), "Dismiss").await;
    diagnostics(&world, 2).await;
    assert!(!menu(&world, "sum = 0").await.iter().any(|title| title.starts_with("Apply")));
    world.editor.choose(URI, &world.editor.range_of(URI, "print("), "Dismiss all").await;
    diagnostics(&world, 0).await;
    world.finish().await;
}

#[tokio::test]
async fn remarks_are_cleared_on_close_and_restored_on_reopen() {
    let world = World::open(profiles::vscode()).await;
    reviewed(&world, REVIEW).await;
    diagnostics(&world, 3).await;
    let text = world.editor.text(URI);
    world.editor.close(URI);
    diagnostics(&world, 0).await;
    world.editor.open(URI, "python", &text);
    diagnostics(&world, 3).await;
    world.editor.choose(URI, &world.editor.range_of(URI, "sum = 0"), "Apply: The name").await;
    world.editor.wait_for_text(URI, |text| text.contains("sum = 0.0")).await;
    diagnostics(&world, 2).await;
    world.editor.edits();
    world.editor.close(URI);
    diagnostics(&world, 0).await;
    world.editor.open(URI, "python", &format!("# Another file.\n{text}"));
    assert!(!menu(&world, "sum = 0").await.iter().any(|title| title.contains("Dismiss")));
    world.finish().await;
}

#[tokio::test]
async fn new_review_of_the_same_lines_clears_old_remarks() {
    let world = World::open(profiles::vscode()).await;
    reviewed(&world, REVIEW).await;
    diagnostics(&world, 3).await;
    world.peer.expect_chat(Script::stream().text("<none/>").end());
    let range = world.editor.range_of(URI, "print(\"hi \" + name)");
    let params = with(whole_file(&world, "review"), "range", range);
    world.editor.execute("stackspot-lsp.run", json!([params])).await;
    let left = diagnostics(&world, 2).await;
    assert!(left.iter().all(|it| line(it) < 9), "{left:?}");
    let (_, message) = world.message().await;
    assert!(message.contains("nothing to remark"), "{message}");
    let result = reviewed(&world, "<none/>").await;
    assert_eq!((&result["outcome"], &result["remarks"]), (&json!("answered"), &json!([])));
    diagnostics(&world, 0).await;
    world.finish().await;
}

#[tokio::test]
async fn our_remark_is_sent_only_when_user_asks_to_fix_it() {
    let world = World::open(profiles::vscode()).await;
    reviewed(&world, REVIEW).await;
    let all = diagnostics(&world, 3).await;
    let theirs = json!({ "range": all[1]["range"], "message": "odd loop", "source": "pylint" });
    let range = world.editor.range_of(URI, "for item in items:");
    let context = json!({ "diagnostics": [all[1], theirs] });
    let actions = world.editor.code_actions_in(URI, &range, context).await;
    let fix = actions.iter().find(|it| it["kind"] == "quickfix" && it["title"] == "Fix with StackSpot AI").unwrap();
    assert_eq!(fix["diagnostics"], json!([theirs]));
    let script = || Script::stream().text("<unchanged>It is fine.</unchanged>").end();
    let chat = world.peer.expect_chat(script());
    world.editor.run(&actions, "Fix with StackSpot AI").await;
    let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
    assert!(prompt.contains("odd loop") && !prompt.contains("empty cart"), "{prompt}");
    world.message().await;
    let chat = world.peer.expect_chat(script());
    world.editor.run(&actions, "Have this fixed: An empty cart").await;
    let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
    assert!(prompt.contains("empty cart is never told"), "{prompt}");
    world.message().await;
    world.finish().await;
}

#[tokio::test]
async fn doubted_or_invalid_fix_is_not_offered_as_an_edit() {
    let world = World::open(profiles::vscode()).await;
    let reply = "<remark lines=\"7\" severity=\"error\"><at>return sum</at><say>Return a copy of it.</say><new>\n    return (sum\n</new></remark>\n\
        <remark lines=\"3-7\" severity=\"warning\"><at>def total(items):</at><say>Make the total shorter.</say><new>\nx\n</new></remark>\n\
        <remark lines=\"11\" severity=\"warning\"><at>nothing of this is there</at><say>The print of name is wrong.</say><new>\n    pass\n</new></remark>\n\
        <remark lines=\"4\" severity=\"hint\"><at>sum = 0</at><say>Just so.</say><new>\n    sum = 0\n</new></remark>";
    let result = reviewed(&world, reply).await;
    let rows = result["remarks"].as_array().unwrap();
    assert_eq!(rows.len(), 3, "what changes nothing is no remark: {result}");
    assert!(rows.iter().all(|row| row.get("edit").is_none()), "{result}");
    let all = diagnostics(&world, 3).await;
    assert!(all[2]["message"].as_str().unwrap().contains("another line"), "{all:?}");
    world.finish().await;
}

/// One remark whose new text would remove a function.
const DOUBTED: &str = "<remark lines=\"3-7\" severity=\"warning\"><at>def total(items):</at><say>Make the total shorter.</say><new>\nx\n</new></remark>";

#[tokio::test]
async fn doubted_fix_is_shown_and_waits_for_apply_or_discard() {
    for discards in [true, false] {
        let world = World::open(profiles::vscode()).await;
        let result = reviewed(&world, DOUBTED).await;
        diagnostics(&world, 1).await;
        assert!(result["remarks"][0].get("edit").is_none(), "{result}");
        let before = world.editor.text(URI);
        let look = "Look at the suggestion: Make the total shorter.";
        assert!(menu(&world, "def total").await.contains(&look.to_owned()));
        world.editor.choose(URI, &world.editor.range_of(URI, "def total"), look).await;
        let (_, why) = world.message().await;
        assert!(why.contains("waits to be applied or discarded. It would leave nothing but “x”"), "{why}");
        let shown = world.shown_answer().await;
        assert!(shown.contains("-def total(items):") && shown.contains("+x"), "{shown}");
        assert_eq!(world.editor.text(URI), before, "looking changes nothing");
        let titles = menu(&world, "def total").await;
        assert!(titles.iter().any(|title| title.starts_with("Apply “Review with")), "{titles:?}");
        let wanted = if discards { "Discard “Review with" } else { "Apply “Review with" };
        let title = titles.into_iter().find(|title| title.starts_with(wanted)).unwrap();
        world.editor.choose(URI, &world.editor.range_of(URI, "def total"), &title).await;
        if discards {
            let titles = menu(&world, "def total").await;
            assert!(titles.contains(&look.to_owned()), "the remark stays: {titles:?}");
            assert!(!titles.iter().any(|title| title.starts_with("Apply “Review with")), "{titles:?}");
            assert_eq!(world.editor.text(URI), before);
        } else {
            world.editor.wait_for_text(URI, |text| !text.contains("def total")).await;
            assert_eq!(world.editor.edits().len(), 1);
            diagnostics(&world, 0).await;
        }
        world.finish().await;
    }
}

#[tokio::test]
async fn doubted_fix_shown_twice_waits_only_once() {
    let world = World::open(profiles::vscode()).await;
    let result = reviewed(&world, DOUBTED).await;
    diagnostics(&world, 1).await;
    let argument = json!([{ "jobId": result["jobId"], "remark": 1 }]);
    for _ in 0..2 {
        world.editor.execute("stackspot-lsp.apply", argument.clone()).await;
        world.message().await;
        world.shown_answer().await;
    }
    let titles = menu(&world, "def total").await;
    assert_eq!(titles.iter().filter(|title| title.starts_with("Apply “Review with")).count(), 1, "{titles:?}");
    world.finish().await;
}

#[tokio::test]
async fn remarks_are_in_a_document_when_diagnostics_are_off() {
    let document_alone = profiles::vscode().options(json!({ "remarks": { "surface": "document" } }));
    for profile in [profiles::minimal(), document_alone] {
        let world = World::open(profile).await;
        world.peer.expect_chat(Script::stream().text(REVIEW).end());
        world.editor.execute("stackspot-lsp.run", json!([whole_file(&world, "review")])).await;
        let shown = world.shown_answer().await;
        assert!(!shown.contains("<remark"), "{shown}");
        if world.profile.name == "minimal" {
            assert!(shown.contains("- warning L4: The name hides"), "{shown}");
        } else {
            assert!(shown.contains(&format!("- **warning** [L4](<{URI}#L4>): The name hides")), "{shown}");
            assert!(shown.contains("- **error** [L11]("), "{shown}");
        }
        world.finish().await;
    }
}

#[tokio::test]
async fn client_with_pull_diagnostics_gets_the_remarks() {
    let profile = profiles::minimal()
        .with("/capabilities/textDocument", json!({ "diagnostic": { "dynamicRegistration": false } }))
        .with("/capabilities/workspace", json!({ "diagnostics": { "refreshSupport": true } }));
    let world = World::open(profile).await;
    assert!(world.editor.server_capabilities()["diagnosticProvider"].is_object());
    reviewed(&world, REVIEW).await;
    world.editor.wait_for_method("workspace/diagnostic/refresh").await;
    let params = json!({ "textDocument": { "uri": URI } });
    let report = world.editor.request("textDocument/diagnostic", params).await.unwrap();
    assert_eq!(report["kind"], "full");
    assert_eq!(report["items"].as_array().unwrap().len(), 3);
    world.finish().await;
}

#[tokio::test]
async fn review_in_words_or_in_another_form_is_read() {
    let world = World::open(profiles::vscode()).await;
    world.peer.expect_chat(Script::stream().text("This is fine, but I would rename `sum`.").end());
    world.editor.execute("stackspot-lsp.run", json!([whole_file(&world, "review")])).await;
    assert!(world.shown_answer().await.contains("I would rename `sum`."));
    let other = "1. Line 4: `sum = 0.0` hides.\n\nThe greeting fails.\n<<<<<<< SEARCH\n    print(\"hi \" + name)\n=======\n    print(f\"hi {name}\")\n>>>>>>> REPLACE\n";
    let result = reviewed(&world, other).await;
    let rows = result["remarks"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{result}");
    diagnostics(&world, 1).await;
    assert!(rows[0]["edit"].is_object(), "{result}");
    world.finish().await;
}

#[tokio::test]
async fn large_file_is_reviewed_in_pieces_with_line_numbers() {
    let profile = profiles::vscode().options(json!({ "context": { "maxChars": 6_000 } }));
    let world = World::start(profile).await;
    let function = |n: usize| format!("def f{n}(x):\n    # what it does\n    return x + {n}\n\n\n");
    let text: String = (0..200).map(function).collect();
    world.editor.open(URI, "python", &text);
    let answer = |n: usize| {
        let line = 5 * n + 1;
        format!("<remark lines=\"{line}\" severity=\"hint\"><at>def f{n}(x):</at><say>Name it.</say></remark>")
    };
    let end = world.editor.end_of(URI);
    let params = json!({ "action": "review", "textDocument": { "uri": URI },
        "range": { "start": { "line": 0, "character": 0 }, "end": end } });
    world.peer.answer_by_default(Script::stream().text(&answer(0)).text(&answer(199)).end());
    let result = world.run(params).await.unwrap();
    let prompts: Vec<String> =
        world.peer.chats().iter().map(|chat| chat.json()["user_prompt"].as_str().unwrap().to_owned()).collect();
    assert!(prompts.len() > 2 && prompts.iter().all(|it| it.chars().count() <= 6_000), "{}", prompts.len());
    assert!(prompts[0].contains("\n1| def f0(x):\n2|     # what it does\n"), "{}", prompts[0]);
    assert!(prompts.last().unwrap().contains("996| def f199(x):\n"));
    let lines: Vec<_> =
        result["remarks"].as_array().unwrap().iter().map(|row| row["range"]["start"]["line"].clone()).collect();
    assert_eq!(lines, [0, 995], "each piece speaks about its own lines: {result}");
    diagnostics(&world, 2).await;
    world.finish().await;
}
