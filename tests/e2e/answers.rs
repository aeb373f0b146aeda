//! Answers open at their first words, grow, name their sources, and can be continued.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::editor_state::Side;
use crate::support::paths::{path_of, uri_of};
use crate::support::patience::until;
use crate::support::peer::{Gate, Script, sse_text};
use crate::support::profiles::{self, Profile};
use crate::world::{AGENT, ERROR, FUNCTION, SOURCE, URI, World, titles, with};

fn that_show_documents() -> impl Iterator<Item = Profile> {
    profiles::all().into_iter().filter(|it| it.declares("/window/showDocument/support"))
}

/// The last event of an answer.
fn end() -> String {
    let sources = json!([{ "type": "knowledge_source", "id": "01KS", "name": "Shop guide", "document_score": 0.873 }]);
    let tokens = json!({ "input": 7, "output": 3 });
    json!({ "stop_reason": "stop", "conversation_id": "01CONVERSATION", "source": sources, "tokens": tokens })
        .to_string()
}

/// Starts a job by command, and returns its id.
async fn start(world: &World, params: Value) -> String {
    world.editor.execute("stackspot-lsp.run", json!([params])).await["jobId"].as_str().unwrap().to_owned()
}

/// The document that the server opened for an answer, without taking the focus.
async fn opened(world: &World) -> String {
    let shown = world.editor.wait_for_method("window/showDocument").await;
    assert_eq!(shown["takeFocus"], false, "{}", world.profile.name);
    shown["uri"].as_str().unwrap().to_owned()
}

/// The content of a virtual document, as the server returns it.
async fn content(world: &World, uri: &str) -> Result<Value, Value> {
    world.editor.request("workspace/textDocumentContent", json!({ "uri": uri })).await
}

/// Waits until a file is as wanted, because the server writes it with a delay. Returns its text.
async fn file(path: &Path, mut wanted: impl FnMut(&str) -> bool) -> String {
    until("the file of an answer", || std::fs::read_to_string(path).ok().filter(|text| wanted(text))).await
}

#[tokio::test]
async fn an_answer_opens_at_its_first_words_and_grows_until_it_ends() {
    for profile in that_show_documents() {
        let world = World::open(profile).await;
        let World { editor, peer, profile, .. } = &world;
        let gate = Gate::default();
        peer.expect_chat(Script::stream().text("It adds\r\n\r\n").gate(&gate).text("the prices.").data(&end()));
        let job = start(&world, with(world.params("explain"), "instruction", json!("How?\nIn short."))).await;
        let uri = opened(&world).await;
        let first = editor.wait_for_text(&uri, |text| text.contains("It adds")).await;
        let asked =
            format!("# Explain with StackSpot AI: cart.py, lines 3–7\n\n<{URI}>\n\n\n> How?\n> In short.\n\nIt adds\n");
        assert!(first.starts_with(&asked), "{}: {first}", profile.name);
        assert!(!first.contains("prices"), "{first}");
        gate.open();
        let text = editor.wait_for_text(&uri, |text| text.contains("-->")).await;
        let (answer, below) = text.strip_prefix(&asked).and_then(|rest| rest.split_once("\n\n---\n\n")).expect(&text);
        assert_eq!(answer, "\nthe prices.", "{}: {text}", profile.name);
        for known in ["*first word after ", "7 → 3 tokens", "agent 01TESTAGENT", "conversation 01CONVERSATION*"] {
            assert!(below.contains(known), "{known}: {below}");
        }
        assert!(below.contains("\nSources of knowledge:\n\n- Shop guide (0.87)\n"), "{below}");

        let path = world.answer_file("explain", &job);
        if world.has_virtual_documents() {
            assert_eq!(uri, format!("stackspot-lsp:/answers/{}", World::answer_name("explain", &job)));
            assert_eq!(world.count("workspace/applyEdit"), 0);
            assert!(world.count("workspace/textDocumentContent/refresh") > 0);
        } else {
            assert_eq!(path_of(&uri), path);
            let edits = editor.edits();
            let changed = edits.iter().flat_map(|it| it["edit"]["documentChanges"].as_array().unwrap());
            let changed: Vec<&Value> = changed.map(|change| &change["textDocument"]["uri"]).collect();
            assert!(!changed.is_empty() && changed.iter().all(|it| **it == *uri), "{edits:#?}");
            assert!(edits.iter().all(|it| it.get("label").is_none()), "some editors print the label of each edit");
            // The editor has the document open. The server writes the file after the editor closes it without saving.
            editor.close(&uri);
        }
        assert_eq!(file(&path, |text| text.contains("-->")).await, text, "{}", profile.name);
        assert_owner_only(&path);
        assert_eq!((editor.text(URI), editor.version(URI)), (SOURCE.to_owned(), 1), "the code is not touched");
        assert_eq!(world.count("window/showDocument"), 1, "it is opened once");
        world.finish().await;
    }
}

/// Answers contain the user's code. Therefore only the owner may read them.
fn assert_owner_only(path: &Path) {
    #[cfg(not(unix))]
    let _ = path;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(path), mode(path.parent().unwrap())), (0o600, 0o700));
    }
}

#[tokio::test]
async fn answer_surface_setting_works_as_far_as_editor_supports_it() {
    for profile in profiles::all() {
        for surface in ["auto", "virtual", "file", "message"] {
            let world = World::open(profile.clone().options(json!({ "answer": { "surface": surface } }))).await;
            world.peer.expect_chat(Script::stream().text("It adds.").end());
            start(&world, world.params("explain")).await;
            let text = if surface == "message" || !world.shows_documents() {
                assert_eq!(world.count("window/showDocument"), 0);
                world.message().await.1
            } else {
                let uri = opened(&world).await;
                let is_virtual = world.has_virtual_documents() && surface != "file";
                assert_eq!(uri.starts_with("stackspot-lsp:"), is_virtual, "{} {surface}: {uri}", world.profile.name);
                world.whole_answer(&uri).await
            };
            assert!(text.contains("It adds."), "{text}");
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn answer_is_a_message_when_editor_does_not_open_it() {
    for profile in that_show_documents() {
        let world = World::open(profile.refuses("window/showDocument")).await;
        world.peer.expect_chat(Script::stream().text("It adds.").end());
        let job = start(&world, world.params("explain")).await;
        assert_eq!(world.message().await.1, "It adds.");
        file(&world.answer_file("explain", &job), |text| text.contains("It adds.")).await;
        world.editor.shown_documents();
        world.finish().await;
    }
}

#[tokio::test]
async fn partial_answer_is_marked_and_offers_to_ask_again() {
    for profile in that_show_documents() {
        let world = World::open(profile).await;
        let gate = Gate::default();
        world.peer.expect_chat(Script::stream().text("```python\nx = 1").gate(&gate).cut());
        let job = start(&world, world.params("explain")).await;
        let uri = opened(&world).await;
        world.editor.wait_for_text(&uri, |text| text.contains("x = 1")).await;
        // The editor has confirmed that it shows the answer.
        world.wait_for_state("streaming").await;
        gate.open();
        let (kind, message) = world.message().await;
        assert!(kind == ERROR && !message.contains("showAnswer"), "the answer can be seen: {message}");
        let text = world.editor.wait_for_text(&uri, |text| text.contains("incomplete")).await;
        assert!(text.contains("x = 1\n```\n\n---\n\n**incomplete: "), "{text}");
        assert!(text.contains("Choose “Ask again”"), "{text}");

        let start_of_text = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
        let menu = world.editor.code_actions(&uri, &start_of_text).await;
        assert_eq!(titles(&menu), ["Ask again", "Continue in a conversation"], "{}", world.profile.name);
        world.peer.expect_chat(Script::stream().text("A whole one.").end());
        let again = world.editor.run(&menu, "Ask again").await["jobId"].as_str().unwrap().to_owned();
        assert_ne!(again, job);
        let text = world.whole_answer(&opened(&world).await).await;
        assert!(text.contains("A whole one.") && !text.contains("incomplete"), "{text}");
        world.finish().await;
    }
}

#[tokio::test]
async fn answer_can_be_continued_in_a_conversation() {
    for profile in that_show_documents().filter(|it| it.declares("/workspace/applyEdit")) {
        let world = World::open(profile).await;
        let gate = Gate::default();
        world.peer.expect_chat(Script::stream().text("It adds ").gate(&gate).text("prices.").data(&end()));
        start(&world, world.params("explain")).await;
        let uri = opened(&world).await;
        let start_of_text = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
        let menu = titles(&world.editor.code_actions(&uri, &start_of_text).await);
        assert_eq!(menu, ["Cancel “Explain with StackSpot AI”"], "as long as it comes in");
        gate.open();
        world.whole_answer(&uri).await;
        world.wait_for_no_jobs().await;

        world.editor.choose(&uri, &start_of_text, "Continue in a conversation").await;
        let shown = world.editor.wait_for_method("window/showDocument").await;
        assert_eq!(shown["takeFocus"], true, "the user asked for it");
        let talk = shown["uri"].as_str().unwrap().to_owned();
        let text = world.editor.wait_for_text(&talk, |text| text.contains("<!-- question")).await;
        for part in [
            &*format!("```python\n{FUNCTION}\n```"),
            "-->\n\nExplain with StackSpot AI\n\n## StackSpot AI <!-- answer",
            "\n\nIt adds prices.\n\n## You",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let end = world.editor.end_of(&talk);
        world.editor.type_at(&talk, &end, "In which unit?");
        let chat = world.peer.expect_chat(Script::stream().text("In cents.").data(&self::end()));
        let end = world.editor.end_of(&talk);
        world.editor.choose(&talk, &json!({ "start": end, "end": end }), "Send the question").await;
        let body = chat.arrived().await.json();
        assert_eq!(body["conversation_id"], "01CONVERSATION");
        assert!(!body["user_prompt"].as_str().unwrap().contains("It adds prices."), "the service remembers it");
        assert!(chat.arrived().await.path.contains(AGENT));
        world
            .editor
            .wait_for_text(&talk, |text| text.contains("In cents.") && text.matches("## You").count() == 3)
            .await;
        world.wait_for_no_jobs().await;
        world.editor.edits();
        world.editor.messages();
        world.finish().await;
    }
}

#[tokio::test]
async fn answer_of_earlier_session_can_be_read_and_continued() {
    let world = World::open(profiles::vscode()).await;
    world.peer.expect_chat(Script::stream().text("It adds prices.").data(&end()));
    let job = start(&world, world.params("explain")).await;
    opened(&world).await;
    let text = file(&world.answer_file("explain", &job), |text| text.contains("-->")).await;
    world.finish().await;

    let world = World::start(profiles::vscode()).await;
    std::fs::create_dir_all(world.answers()).unwrap();
    std::fs::write(world.answer_file("explain", &job), &text).unwrap();
    let uri = format!("stackspot-lsp:/answers/{}", World::answer_name("explain", &job));
    assert_eq!(content(&world, &uri).await.unwrap(), json!({ "text": text }));
    for gone in [
        "stackspot-lsp:/answers/explain-01NONE.md",
        "stackspot-lsp:/answers/..",
        "stackspot-lsp:",
        file_uri!("/etc/passwd"),
    ] {
        assert_eq!(content(&world, gone).await.unwrap_err()["code"], -32602, "{gone}");
    }
    let uri = uri_of(world.answer_file("explain", &job));
    world.editor.open(&uri, "markdown", &text);
    let start_of_text = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } });
    world.editor.choose(&uri, &start_of_text, "Continue in a conversation").await;
    let shown = world.editor.wait_for_method("window/showDocument").await;
    let talk = shown["uri"].as_str().unwrap();
    let begun = world.editor.wait_for_text(talk, |text| text.contains("<!-- question")).await;
    assert!(begun.contains("It adds prices.") && begun.contains("\"conversationId\":\"01CONVERSATION\""), "{begun}");
    world.finish().await;
}

#[tokio::test]
async fn text_that_user_saved_in_an_answer_is_not_overwritten() {
    let world = World::open(profiles::neovim()).await;
    world.peer.expect_chat(Script::stream().text("It adds prices.").end());
    let job = start(&world, world.params("explain")).await;
    let uri = opened(&world).await;
    world.whole_answer(&uri).await;
    world.wait_for_no_jobs().await;
    let path = world.answer_file("explain", &job);
    std::fs::write(&path, "My notes.").unwrap();
    world.editor.close(&uri);
    world.editor.execute("stackspot-lsp.showAnswer", json!([{ "jobId": job }])).await;
    assert_eq!(world.editor.wait_for_method("window/showDocument").await["takeFocus"], true);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "My notes.");
    world.finish().await;
}

#[tokio::test]
async fn open_unsaved_answer_is_written_to_its_file_at_shutdown() {
    let world = World::open(profiles::neovim()).await;
    world.peer.expect_chat(Script::stream().text("It adds prices.").end());
    let job = start(&world, world.params("explain")).await;
    world.whole_answer(&opened(&world).await).await;
    world.wait_for_no_jobs().await;
    let path = world.answer_file("explain", &job);
    assert!(!std::fs::read_to_string(&path).unwrap().contains("-->"), "it is the editor's as long as it is open");
    world.editor.request("shutdown", Value::Null).await.unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().contains("It adds prices.\n\n---\n"));
    world.editor.exit().await;
}

#[tokio::test]
async fn reply_without_code_is_shown_as_answer_with_a_reason() {
    for profile in that_show_documents() {
        let world = World::open(profile).await;
        world.peer.expect_chat(Script::stream().text("I would rather not touch this code.").end());
        start(&world, world.params("refactor")).await;
        let text = world.whole_answer(&opened(&world).await).await;
        assert!(text.contains("I would rather not"), "{text}");
        assert!(world.message().await.1.contains("changed nothing"));
        world.finish().await;
    }
}

/// An answer of one megabyte, in words and lines as agents write them.
fn megabyte() -> (String, Script) {
    let line = |number: usize| format!("Line {number} says that `total` adds the prices of its items.\n");
    let lines: Vec<String> = (0..18_000).map(line).collect();
    let frames: Vec<String> = lines.iter().map(|line| sse_text(line)).collect();
    let script = frames.chunks(64).fold(Script::stream(), |script, frames| script.bytes(frames.concat()));
    (lines.concat(), script.end())
}

#[tokio::test]
async fn megabyte_answer_costs_at_most_six_times_its_size() {
    for (profile, surface, limit) in
        [(profiles::vscode(), "virtual", 6.0), (profiles::neovim(), "file", 4.0), (profiles::helix(), "message", 2.0)]
    {
        let world = World::open(profile.options(json!({ "answer": { "surface": surface } }))).await;
        let (answer, script) = megabyte();
        assert!(answer.len() > 1_000_000);
        world.peer.expect_chat(script);
        let before = world.editor.log().len();
        let job = start(&world, world.params("explain")).await;
        let path = world.answer_file("explain", &job);
        if surface == "message" {
            assert!(world.message().await.1.contains("The whole answer is in "));
        } else {
            let uri = opened(&world).await;
            world.editor.wait_for_text(&uri, |text| text.contains("-->")).await;
            world.wait_for_no_jobs().await;
            if surface == "file" {
                world.editor.close(&uri);
            }
        }
        let written = file(&path, |text| text.contains("-->")).await.len();
        let bytes = |side: Side| -> usize {
            let log = world.editor.log();
            let sent = log[before..].iter().filter(|(of, _)| *of == side);
            sent.map(|(_, message)| message.to_string().len() + "Content-Length: 1000000\r\n\r\n".len()).sum()
        };
        let (sent, received) = (bytes(Side::Server), bytes(Side::Client));
        let times = (sent + received + written) as f64 / answer.len() as f64;
        println!("{surface}: {sent} bytes to the client, {received} from it, {written} to the disk: {times:.2} ×");
        assert!(times <= limit, "{surface}: {times:.2} × the answer");
        world.finish().await;
    }
}
