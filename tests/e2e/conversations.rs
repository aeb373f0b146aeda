//! Each conversation has a document. The user asks by code actions, and the server answers by edits of the document.

use serde_json::{Value, json};

use crate::support::paths::uri_of;
use crate::support::peer::{Gate, Script};
use crate::support::profiles::{self, Apply, Profile};
use crate::world::{FUNCTION, SOURCE, URI, World, listed, titles, with};

const SEND: &str = "Send the question";

/// An answer in a conversation.
fn answer(text: &str) -> Script {
    Script::stream().text(text).data(&end())
}

fn end() -> String {
    let sources = json!([{ "type": "knowledge_source", "id": "01KS", "name": "Shop guide" }]);
    json!({ "stop_reason": "stop", "conversation_id": "01CONVERSATION", "source": sources, "tokens": { "input": 1, "output": 1 } })
        .to_string()
}

fn that_show_and_edit() -> impl Iterator<Item = Profile> {
    profiles::all()
        .into_iter()
        .filter(|it| it.declares("/window/showDocument/support") && it.declares("/workspace/applyEdit"))
}

/// Opens a conversation about the function from the menu, and returns its URI.
async fn open(world: &World) -> String {
    let range = world.editor.range_of(URI, FUNCTION);
    let reply = world.editor.choose(URI, &range, "Ask StackSpot AI").await;
    assert!(reply["jobId"].is_string(), "{reply}");
    let shown = world.editor.wait_for_method("window/showDocument").await;
    assert_eq!(shown["takeFocus"], true);
    let uri = shown["uri"].as_str().unwrap().to_owned();
    world.editor.wait_until("the document", |state| state.documents.contains_key(&uri).then_some(())).await;
    // Neovim refuses a cursor behind the last line break.
    let text = world.editor.text(&uri);
    assert!(text.ends_with("-->\n\n"), "no line for the question: {text:?}");
    let last = json!({ "line": text.lines().count() - 1, "character": 0 });
    assert_eq!(shown["selection"]["start"], last, "the cursor is where the question goes");
    uri
}

async fn ask(world: &World, uri: &str, question: &str) {
    world.editor.type_at(uri, &world.editor.end_of(uri), question);
    choose(world, uri, SEND).await;
}

async fn choose(world: &World, uri: &str, title: &str) -> Value {
    let end = world.editor.end_of(uri);
    world.editor.choose(uri, &json!({ "start": end, "end": end }), title).await
}

/// The entries of the menu at the end of the conversation.
async fn menu(world: &World, uri: &str) -> Vec<String> {
    let end = world.editor.end_of(uri);
    titles(&world.editor.code_actions(uri, &json!({ "start": end, "end": end })).await)
}

/// Waits until the user can write the next question.
async fn answered(world: &World, uri: &str, questions: usize) -> String {
    let text = world.editor.wait_for_text(uri, |text| text.matches("<!-- question").count() == questions).await;
    world.wait_for_no_jobs().await;
    world.editor.edits();
    text
}

#[tokio::test]
async fn a_conversation_is_held_in_a_document_without_any_plug_in() {
    for profile in that_show_and_edit() {
        let world = World::open(profile).await;
        let uri = open(&world).await;
        let begun = world.editor.text(&uri);
        assert!(
            begun.contains(&format!("```python\n{FUNCTION}\n```\n")) && begun.contains("cart.py, lines 3–7"),
            "{begun}"
        );
        assert!(world.peer.chats().is_empty(), "nothing is asked yet");
        assert!(!menu(&world, &uri).await.iter().any(|title| title.starts_with(SEND)), "there is no question yet");

        let chat = world.peer.expect_chat(answer("It adds *prices*."));
        ask(&world, &uri, "What is this?\n").await;
        let body = chat.arrived().await.json();
        let prompt = body["user_prompt"].as_str().unwrap();
        assert!(prompt.contains(&listed(3, FUNCTION)) && prompt.contains("What is this?"), "{prompt}");
        assert!(body.get("conversation_id").is_none());
        let text = answered(&world, &uri, 2).await;
        let (_, said) = text.split_once("What is this?\n\n## StackSpot AI <!-- answer").expect(&text);
        assert!(
            said.contains("-->\n\nIt adds *prices*.\n\n*sources: Shop guide · agent 01TESTAGENT · first word"),
            "{text}"
        );

        // The next question continues the conversation, which already contains the code.
        let chat = world.peer.expect_chat(answer("In cents."));
        ask(&world, &uri, "In which unit?").await;
        let body = chat.arrived().await.json();
        assert_eq!(body["conversation_id"], "01CONVERSATION");
        let prompt = body["user_prompt"].as_str().unwrap();
        assert!(
            prompt.contains("In which unit?") && !prompt.contains("sum = 0") && !prompt.contains("What is this?"),
            "{prompt}"
        );
        let text = answered(&world, &uri, 3).await;
        assert!(text.find("It adds") < text.find("In which unit?") && text.contains("In cents."), "{text}");

        // The user retries the last question. The new answer replaces the old one.
        world.peer.expect_chat(answer("In euros."));
        choose(&world, &uri, "last answer again").await;
        world.editor.wait_for_text(&uri, |text| text.contains("In euros.\n\n*")).await;
        let text = answered(&world, &uri, 3).await;
        assert!(!text.contains("In cents.") && text.contains("It adds") && text.ends_with("-->\n\n"), "{text}");
        assert_eq!(world.editor.text(URI), SOURCE, "the code is not touched");
        world.editor.messages();
        world.finish().await;
    }
}

#[tokio::test]
async fn first_question_of_a_conversation_can_be_retried_by_its_id() {
    let world = World::open(profiles::vscode()).await;
    let uri = open(&world).await;
    world.peer.expect_chat(answer("It adds prices."));
    world.editor.type_at(&uri, &world.editor.end_of(&uri), "What is this?");
    let job = choose(&world, &uri, SEND).await;
    answered(&world, &uri, 2).await;

    let chat = world.peer.expect_chat(answer("It adds up."));
    let again = world.editor.execute("stackspot-lsp.retry", json!([{ "jobId": job["jobId"] }])).await;
    assert!(again["jobId"].is_string() && again != job, "{again}");
    let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
    assert!(prompt.contains(&listed(3, FUNCTION)) && prompt.contains("What is this?"), "{prompt}");
    assert!(world.shown_answer().await.contains("It adds up."));
    world.editor.messages();
    world.finish().await;
}

#[tokio::test]
async fn line_links_in_a_conversation_are_not_sent_to_the_agent() {
    let world = World::open(profiles::vscode().options(json!({ "conversation": { "enabled": false } }))).await;
    let uri = open(&world).await;
    world.peer.expect_chat(answer("L4 starts at zero."));
    ask(&world, &uri, "What is this?").await;
    let text = answered(&world, &uri, 2).await;
    assert!(text.contains(&format!("\n[L4](<{URI}#L4>) starts at zero.\n")), "{text}");

    // The agent has no memory. Therefore the prompt contains the earlier turns, as they were said.
    let chat = world.peer.expect_chat(answer("L5 does."));
    ask(&world, &uri, "What adds?").await;
    let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
    assert!(prompt.contains("You:\nL4 starts at zero.\n") && !prompt.contains("file://"), "{prompt}");
    assert!(prompt.contains(&listed(3, FUNCTION)) && prompt.contains("write L471"), "{prompt}");
    let text = answered(&world, &uri, 3).await;
    assert!(text.contains(&format!("\n[L5](<{URI}#L5>) does.\n")), "{text}");
    world.editor.messages();
    world.finish().await;
}

#[tokio::test]
async fn the_answer_grows_while_the_user_writes_in_the_same_document() {
    for profile in that_show_and_edit() {
        let world = World::open(profile).await;
        let uri = open(&world).await;
        let gate = Gate::default();
        world.peer.expect_chat(Script::stream().text("It adds\r").gate(&gate).text("\nprices.").data(&end()));
        ask(&world, &uri, "What is this?").await;
        world.editor.wait_for_text(&uri, |text| text.contains("-->\n\nIt adds")).await;
        assert!(!menu(&world, &uri).await.iter().any(|title| title.starts_with(SEND)), "one question at a time");
        // The user already writes the next question, and corrects the last one.
        world.editor.type_at(&uri, &world.editor.end_of(&uri), "\n\nAnd then?");
        world.editor.replace(&uri, "What is", "What on earth is");
        gate.open();
        let text = answered(&world, &uri, 2).await;
        let (before, next) = text.rsplit_once("<!-- question").unwrap();
        assert!(before.contains("What on earth is this?") && before.contains("It adds\nprices.\n\n*"), "{text}");
        assert!(next.trim_end().ends_with("And then?"), "{text}");
        world.editor.messages();
        world.finish().await;
    }
}

#[tokio::test]
async fn refused_edit_of_an_answer_is_sent_later_with_the_rest() {
    let world = World::open(profiles::vscode().treats_stale(Apply::Refuse)).await;
    let uri = open(&world).await;
    world.peer.expect_chat(answer("It adds prices."));
    let at = world.editor.text(&uri).find("cart.py, lines").unwrap();
    (0..2).for_each(|_| world.editor.will_type_before_edit(&uri, at, "x"));
    ask(&world, &uri, "What is this?").await;
    let text = answered(&world, &uri, 2).await;
    assert_eq!((text.matches("It adds prices.").count(), text.matches("<!-- answer").count()), (1, 1), "{text}");
    world.finish().await;
}

#[tokio::test]
async fn answer_is_shown_when_conversation_cannot_be_edited() {
    let world = World::open(profiles::vscode().applies(Apply::Refuse)).await;
    let uri = open(&world).await;
    let begun = world.editor.text(&uri);
    let chat = world.peer.expect_chat(answer("It adds prices."));
    ask(&world, &uri, "What is this?").await;
    chat.sent().await;
    world.wait_for_no_jobs().await;
    tokio::time::pause();
    let shown = world.editor.wait_for_method("window/showDocument").await;
    tokio::time::resume();
    let answer = world.whole_answer(shown["uri"].as_str().unwrap()).await;
    assert!(answer.contains("It adds prices."), "{answer}");
    assert_eq!(world.editor.text(&uri), format!("{begun}What is this?"));
    world.editor.edits();
    world.finish().await;
}

/// The path of a conversation, from the message that names it.
async fn named(world: &World) -> String {
    world.editor.execute("stackspot-lsp.run", json!([world.params("ask")])).await;
    let (_, message) = world.message().await;
    let path = message.strip_prefix("Open ").and_then(|rest| rest.split_once(" and write")).expect(&message).0;
    path.to_owned()
}

#[tokio::test]
async fn question_stays_and_can_be_sent_later_when_queue_is_full() {
    let options = json!({ "limits": { "concurrentJobs": 1 } });
    let world = World::open(profiles::neovim().options(options)).await;
    let uri = open(&world).await;
    let gate = Gate::default();
    let chat = world.peer.expect_chat(Script::stream().gate(&gate).text("one").end());
    let run = || world.editor.start_request("stackspot-lsp/run", world.params("explain"));
    let first = run();
    chat.arrived().await;
    let waiting: Vec<i64> = (0..1000).map(|_| run()).collect();
    world.editor.messages();

    ask(&world, &uri, "What is this?\n").await;
    let (_, said) = world.message().await;
    assert!(said.contains("Not sent: 1000 jobs wait already. Cancel those"), "{said}");
    let text = world.editor.text(&uri);
    assert!(text.ends_with("What is this?\n") && !text.contains("<!-- answer"), "{text}");
    assert_eq!(world.peer.chats().len(), 1);
    let jobs = world.editor.execute("stackspot-lsp.status", Value::Null).await["jobs"].as_array().unwrap().len();
    assert_eq!(jobs, 1001, "none was made for it");

    world.editor.execute("stackspot-lsp.cancel", Value::Null).await;
    for request in waiting.into_iter().chain([first]) {
        assert_eq!(world.editor.response(request).await.unwrap_err()["code"], -32800);
    }
    world.wait_for_no_running_jobs().await;
    let chat = world.peer.expect_chat(answer("It adds prices."));
    choose(&world, &uri, SEND).await;
    assert!(chat.arrived().await.json()["user_prompt"].as_str().unwrap().contains("What is this?"));
    answered(&world, &uri, 2).await;
    world.editor.messages();
    world.finish().await;
}

/// Kakoune ends each text with a line break. Therefore an edit of the last line leaves one more line break.
#[tokio::test]
async fn answer_is_written_once_when_editor_adds_a_line_break() {
    let world = World::open(profiles::kakoune()).await;
    let path = named(&world).await;
    let uri = uri_of(&path);
    world.editor.open(&uri, "markdown", &std::fs::read_to_string(&path).unwrap());
    let gate = Gate::default();
    world.peer.expect_chat(Script::stream().text("It adds prices,").gate(&gate).text(" all of them.").data(&end()));
    ask(&world, &uri, "What is this?\n").await;
    world.editor.wait_for_text(&uri, |text| text.contains("-->\n\nIt adds prices,")).await;
    gate.open();
    let text = answered(&world, &uri, 2).await;
    let (_, said) = text.split_once("What is this?\n\n## StackSpot AI <!-- answer").expect(&text);
    assert!(said.contains("-->\n\nIt adds prices, all of them.\n\n*"), "{text}");
    assert_eq!(text.matches("<!-- answer").count(), 1, "{text}");
    world.editor.messages();
    world.finish().await;
}

#[tokio::test]
async fn editor_without_show_document_gets_the_conversation_path() {
    let world = World::open(profiles::neovim_0_7()).await;
    let path = &*named(&world).await;
    assert!(std::fs::read_to_string(path).unwrap().contains(FUNCTION));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let path = std::path::Path::new(path);
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(path), mode(path.parent().unwrap())), (0o600, 0o700));
    }
    // The user opens the file, and continues the conversation.
    let uri = uri_of(path);
    world.editor.open(&uri, "markdown", &std::fs::read_to_string(path).unwrap());
    world.peer.expect_chat(answer("It adds prices."));
    ask(&world, &uri, "What is this?").await;
    assert!(answered(&world, &uri, 2).await.contains("It adds prices."));
    world.editor.messages();
    world.finish().await;
}

#[tokio::test]
async fn ask_without_instruction_sends_nothing_to_the_agent() {
    let world = World::open(profiles::vscode()).await;
    let chat = world.peer.expect_chat(answer("In cents."));
    let result = world.run(with(world.params("ask"), "instruction", json!("In which unit?"))).await.unwrap();
    assert_eq!((&result["outcome"], &result["answer"]), (&json!("answered"), &json!("In cents.")));
    let body = chat.arrived().await.json();
    assert!(body["user_prompt"].as_str().unwrap().contains("In which unit?"));

    let result = world.run(world.params("ask")).await.unwrap();
    assert_eq!((&result["outcome"], &result["answer"]), (&json!("answered"), &json!("")));
    assert_eq!((world.editor.shown_documents().len(), world.peer.chats().len()), (1, 1));
    world.finish().await;
}

#[tokio::test]
async fn code_block_of_an_answer_is_inserted_at_the_selection() {
    for profile in that_show_and_edit() {
        let world = World::open(profile).await;
        let uri = open(&world).await;
        world.peer.expect_chat(answer("So:\n\n```python\ndef total(items):\n    return sum(items)\n```\n\nor not"));
        ask(&world, &uri, "Shorter?").await;
        answered(&world, &uri, 2).await;
        // The server follows the selection while the user types elsewhere.
        world.editor.replace(URI, "# The cart", "# More.\n# The cart");
        let cursor = world.editor.range_of(&uri, "return sum(items)");
        world.editor.choose(&uri, &cursor, "Insert the code block").await;
        let text = world.editor.wait_for_text(URI, |text| text.contains("return sum(items)")).await;
        let expected = SOURCE
            .replace(FUNCTION, "def total(items):\n    return sum(items)")
            .replace("# The cart", "# More.\n# The cart");
        assert_eq!((text, world.editor.undo_steps(URI)), (expected, 1), "{}", world.profile.name);
        world.editor.edits();
        world.editor.messages();
        world.finish().await;
    }
}

#[tokio::test]
async fn inserted_block_waits_in_the_file_that_was_renamed_meanwhile() {
    let world = World::open(profiles::vscode()).await;
    let uri = open(&world).await;
    world.peer.expect_chat(answer("So:\n\n```python\ndef total(items):\n    return sum(items)\n```\n"));
    ask(&world, &uri, "Shorter?").await;
    answered(&world, &uri, 2).await;
    let position = world.editor.range_of(&uri, "return sum(items)")["start"].clone();
    let step = json!({ "textDocument": { "uri": uri }, "step": "insert", "position": position });
    let params = json!({ "command": "stackspot-lsp.conversation", "arguments": [step] });
    let inserted = world.editor.start_request("workspace/executeCommand", params);
    let other = file_uri!("/home/ana/shop/basket.py");
    world.editor.close(URI);
    world.editor.open(other, "python", SOURCE);
    assert!(world.editor.response(inserted).await.unwrap()["jobId"].is_string());
    world.wait_for_state("proposed").await;
    // The edit is on disk before the user is told about it.
    world.editor.wait_for_method("window/showMessage").await;
    let menu = titles(&world.editor.code_actions(other, &world.editor.range_of(other, FUNCTION)).await);
    assert!(menu.iter().any(|title| title.starts_with("Apply")), "{menu:?}");
    world.editor.messages();
    world.finish().await;
}

#[tokio::test]
async fn conversation_of_an_earlier_session_can_be_continued() {
    let world = World::open(profiles::vscode()).await;
    let uri = open(&world).await;
    world.peer.expect_chat(answer("It adds prices."));
    ask(&world, &uri, "What is this?").await;
    let text = answered(&world, &uri, 2).await;
    world.finish().await;

    let world = World::start(profiles::vscode()).await;
    // The document is in the state directory of this session. Therefore the server knows that it is a conversation.
    let place = world.home.path().join("state/stackspot-lsp/conversations/again.md");
    let again = uri_of(&place);
    world.editor.open(&again, "markdown", &text);
    let chat = world.peer.expect_chat(answer("In cents."));
    ask(&world, &again, "In which unit?").await;
    assert_eq!(chat.arrived().await.json()["conversation_id"], "01CONVERSATION");
    answered(&world, &again, 3).await;

    // If conversations are disabled, the prompt contains the code and the earlier turns.
    world.change_settings("01OTHER", json!({ "conversation": { "enabled": false } })).await;
    let chat = world.peer.expect_chat(answer("No."));
    ask(&world, &again, "Is it safe?").await;
    let body = chat.arrived().await.json();
    let prompt = body["user_prompt"].as_str().unwrap();
    assert!(body.get("conversation_id").is_none(), "{body}");
    for told in [&*listed(3, FUNCTION), "What is this?", "It adds prices.", "In cents.", "Is it safe?"] {
        assert!(prompt.contains(told), "{told}: {prompt}");
    }
    answered(&world, &again, 4).await;

    // The same text elsewhere is an ordinary document.
    let elsewhere = file_uri!("/home/ana/notes.md");
    world.editor.open(elsewhere, "markdown", &text);
    assert!(!menu(&world, elsewhere).await.iter().any(|title| title.contains("New conversation")));
    world.finish().await;
}

#[tokio::test]
async fn waiting_edit_can_be_shown_as_a_diff() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        world.peer.expect_chat(Script::stream().text(crate::world::BETTER).end());
        let result = world.run(with(world.params("refactor"), "apply", json!("review"))).await.unwrap();
        world.editor.replace(URI, "# The cart", "# More.\n# The cart");
        let range = world.editor.range_of(URI, FUNCTION);
        let all = titles(&world.editor.code_actions(URI, &range).await);
        assert!(
            all[0].starts_with("Apply") && all[1].starts_with("Preview") && all[2].starts_with("Discard"),
            "{all:?}"
        );
        world.editor.choose(URI, &range, "Preview").await;
        let diff = world.shown_answer().await;
        let expected = "diff --git a/cart.py b/cart.py\n--- a/cart.py\n+++ b/cart.py\n@@ -2,10 +2,7 @@\n # The cart of the shop.\n \n def total(items):\n-    sum = 0\n-    for item in items:\n-        sum = sum + item.price\n-    return sum\n+    return sum(item.price for item in items)\n \n \n def greet(name):\n";
        assert_eq!(diff, expected, "{}", world.profile.name);
        let waiting = world.editor.execute("stackspot-lsp.proposal", json!([{ "jobId": result["jobId"] }])).await;
        assert_eq!(waiting["reason"], result["reason"]);
        assert!(world.editor.text(URI).contains("sum = 0"), "nothing is changed by looking");
        world.editor.apply_edit(&waiting["edit"]);
        let expected = crate::world::refactored().replace("# The cart", "# More.\n# The cart");
        assert_eq!(world.editor.text(URI), expected, "{}", world.profile.name);
        world.editor.execute("stackspot-lsp.discard", json!([{ "jobId": result["jobId"] }])).await;
        for command in ["stackspot-lsp.showEdit", "stackspot-lsp.proposal"] {
            let argument = json!([{ "jobId": result["jobId"] }]);
            assert_eq!(world.editor.try_execute(command, argument).await.unwrap_err()["code"], -32602, "{command}");
        }
        world.finish().await;
    }
}
