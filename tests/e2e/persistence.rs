//! Paid results are kept. Answers and waiting edits outlive the name of their document, the server and the editor.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::paths::uri_of;
use crate::support::patience::until;
use crate::support::peer::{CLIENT_SECRET, Gate, Script};
use crate::support::profiles::{self, Profile};
use crate::world::{BETTER, FUNCTION, SOURCE, URI, World, refactored, titles, with};

const OTHER: &str = file_uri!("/home/ana/shop/basket.py");

fn that_apply() -> impl Iterator<Item = Profile> {
    profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit"))
}

/// Proposes an edit that waits, and returns the id of its job.
async fn proposed(world: &World) -> Value {
    world.peer.expect_chat(Script::stream().text(BETTER).end());
    let params = with(world.params("refactor"), "apply", json!("review"));
    world.run(params).await.unwrap()["jobId"].clone()
}

async fn menu(world: &World, uri: &str) -> Vec<String> {
    titles(&world.editor.code_actions(uri, &world.editor.range_of(uri, "greet")).await)
}

async fn is_offered(world: &World, uri: &str) -> bool {
    menu(world, uri).await.iter().any(|title| title.starts_with("Apply “Refactor"))
}

/// Waits until an entry of the menu contains a text. The start of the server waits only a moment for the kept edits.
/// On a busy machine they come later.
async fn in_the_menu(world: &World, uri: &str, text: &str) {
    let began = Instant::now();
    loop {
        let menu = menu(world, uri).await;
        if menu.iter().any(|title| title.contains(text)) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{}: {menu:?}", world.profile.name);
    }
}

/// Waits until the menu offers the edit.
async fn offered(world: &World, uri: &str) {
    in_the_menu(world, uri, "Apply “Refactor").await;
}

fn waiting(world: &World) -> Vec<PathBuf> {
    let folder = world.home.path().join("state/stackspot-lsp/waiting");
    fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn waiting_edit_is_applied_to_moved_text_after_a_restart() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        let job = proposed(&world).await;
        let world = world.restarted().await;
        let status = world.editor.execute("stackspot-lsp.status", Value::Null).await;
        assert_eq!(status["jobs"], json!([]), "nothing is offered while its document is not open");
        let today = format!("# Moved on meanwhile.\n{SOURCE}");
        world.editor.open(URI, "python", &today);
        offered(&world, URI).await;
        let status = world.editor.execute("stackspot-lsp.status", Value::Null).await;
        assert_eq!((&status["jobs"][0]["jobId"], &status["jobs"][0]["state"]), (&job, &json!("proposed")));
        world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": job }])).await;
        let text = world.editor.wait_for_text(URI, |text| text.contains(BETTER)).await;
        assert_eq!(text, today.replace(FUNCTION, BETTER));
        world.wait_for_no_jobs().await;
        assert_eq!(world.editor.edits().len(), 1);
        let world = world.restarted().await;
        world.editor.open(URI, "python", &today);
        assert!(!is_offered(&world, URI).await, "what was applied waits no longer");
        assert_eq!(waiting(&world), Vec::<PathBuf>::new());
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_is_offered_after_restart_only_if_its_place_is_certain() {
    let twice = format!("{SOURCE}\n\n{FUNCTION}\n");
    let elsewhere_twice = format!("# One more line.\n{twice}");
    let other = SOURCE.replace("sum = 0", "sum = 1");
    for (text, expected) in [(SOURCE, true), (&*twice, true), (&*elsewhere_twice, false), (&*other, false)] {
        let world = World::open(profiles::neovim()).await;
        let job = proposed(&world).await;
        let world = world.restarted().await;
        world.editor.open(URI, "python", text);
        if expected {
            offered(&world, URI).await;
        }
        assert_eq!(is_offered(&world, URI).await, expected, "{text}");
        // The user can discard it, whatever the text is, and nothing of it is left.
        world.editor.execute("stackspot-lsp.discard", json!([{ "jobId": job }])).await;
        let world = world.restarted().await;
        world.editor.open(URI, "python", SOURCE);
        assert!(!is_offered(&world, URI).await && waiting(&world).is_empty());
        world.finish().await;
    }
}

#[tokio::test]
async fn waiting_edit_and_its_answer_can_be_shown_after_a_restart() {
    for profile in that_apply().filter(|profile| profile.declares("/window/showDocument/support")) {
        let world = World::open(profile).await;
        let job = proposed(&world).await;
        let world = world.restarted().await;
        world.editor.open(URI, "python", SOURCE);
        offered(&world, URI).await;
        world.editor.execute("stackspot-lsp.showEdit", json!([{ "jobId": job }])).await;
        let shown = world.editor.wait_for_method("window/showDocument").await;
        let diff = world.editor.text(shown["uri"].as_str().unwrap());
        assert!(diff.contains("@@ -1,10 +1,7 @@") && diff.contains("-    sum = 0"), "{diff}");
        world.editor.execute("stackspot-lsp.showAnswer", json!([{ "jobId": job }])).await;
        let answer = world.shown_answer().await;
        assert!(answer.contains("return sum(item.price"), "{}: {answer}", world.profile.name);
        world.finish().await;
    }
}

#[tokio::test]
async fn waiting_test_file_is_still_offered_after_a_restart() {
    let folder = tempfile::TempDir::new().unwrap();
    let source = folder.path().join("cart.py");
    fs::write(&source, SOURCE).unwrap();
    let uri = uri_of(&source);
    let mut profile = profiles::vscode();
    profile = profile.folder(&uri_of(folder.path()));
    let world = World::start(profile).await;
    world.editor.open(&uri, "python", SOURCE);
    world.peer.expect_chat(Script::stream().text("def test_total():\n    assert total([]) == 0\n").end());
    let document = json!({ "uri": uri, "version": 1 });
    let range = world.editor.range_of(&uri, FUNCTION);
    let result = world.run(json!({ "action": "test", "textDocument": document, "range": range })).await.unwrap();
    assert_eq!(result["outcome"], "proposed", "{result}");
    let world = world.restarted().await;
    world.editor.open(&uri, "python", SOURCE);
    in_the_menu(&world, &uri, "test_cart.py").await;
    let described = world.editor.execute("stackspot-lsp.proposal", json!([{ "jobId": result["jobId"] }])).await;
    assert!(described["edit"].to_string().contains("assert total([]) == 0"), "{described}");
    world.finish().await;
}

#[tokio::test]
async fn edit_is_offered_in_the_file_that_was_renamed_meanwhile() {
    for profile in that_apply() {
        for (opened_first, is_told) in [(false, false), (true, false), (false, true)] {
            if is_told && !profile.declares("/workspace/fileOperations/didRename") {
                continue;
            }
            let world = World::open(profile.clone()).await;
            let gate = Gate::default();
            let (request, _) = world.ask("refactor", Script::stream().gate(&gate).text(BETTER).end()).await;
            let text = format!("# Another name.\n{SOURCE}");
            if opened_first {
                world.editor.open(OTHER, "python", &text);
                world.editor.close(URI);
            } else {
                world.editor.close(URI);
                if is_told {
                    let files = json!({ "files": [{ "oldUri": URI, "newUri": OTHER }] });
                    world.editor.notify("workspace/didRenameFiles", files);
                }
                world.editor.open(OTHER, "python", &text);
            }
            gate.open();
            let result = world.editor.response(request).await.unwrap();
            assert_eq!(result["outcome"], "proposed", "{result}");
            offered(&world, OTHER).await;
            world.editor.choose(OTHER, &world.editor.range_of(OTHER, "greet"), "Apply").await;
            let text = world.editor.wait_for_text(OTHER, |text| text.contains(BETTER)).await;
            assert_eq!(text, format!("# Another name.\n{}", refactored()));
            world.wait_for_no_jobs().await;
            assert_eq!(world.editor.edits().len(), 1);
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn waiting_edit_follows_its_renamed_file_and_back() {
    let world = World::open(profiles::vscode()).await;
    proposed(&world).await;
    world.editor.close(URI);
    world.editor.open(OTHER, "python", SOURCE);
    offered(&world, OTHER).await;
    world.editor.open(URI, "python", SOURCE);
    assert!(is_offered(&world, URI).await, "its own document comes first");
    assert!(!is_offered(&world, OTHER).await, "it waits in one document at a time");
    world.finish().await;
}

#[tokio::test]
async fn two_servers_can_share_one_state_folder() {
    let world = World::open(profiles::vscode()).await;
    let job = proposed(&world).await;
    let state = world.home.path().join("state").to_str().unwrap().to_owned();
    let second = World::start_with(profiles::neovim(), |variables| {
        variables.retain(|(name, _)| *name != "XDG_STATE_HOME");
        variables.push(("XDG_STATE_HOME", state));
    })
    .await;
    second.editor.open(URI, "python", SOURCE);
    offered(&second, URI).await;
    second.editor.execute("stackspot-lsp.apply", json!([{ "jobId": job }])).await;
    second.editor.wait_for_text(URI, |text| text.contains(BETTER)).await;
    second.wait_for_no_jobs().await;
    assert_eq!(second.editor.edits().len(), 1);
    second.finish().await;
    // In the session that asked for it, the edit still waits, because that text does not contain it.
    offered(&world, URI).await;
    world.editor.execute("stackspot-lsp.discard", json!([{ "jobId": job }])).await;
    assert_eq!(world.editor.text(URI), SOURCE);
    world.finish().await;
}

#[tokio::test]
async fn answer_is_on_disk_while_it_grows_in_every_editor() {
    for surface in ["auto", "file", "message"] {
        // They run at the same time, because each waits until the server writes again.
        join_all(profiles::all().into_iter().map(|profile| is_on_disk_while_it_grows(surface, profile))).await;
    }
}

async fn is_on_disk_while_it_grows(surface: &str, profile: Profile) {
    let world = World::start(profile.options(json!({ "answer": { "surface": surface } }))).await;
    world.editor.open(URI, "python", SOURCE);
    let gate = Gate::default();
    world.peer.expect_chat(Script::stream().text("It adds the prices ").text("of all ").gate(&gate).end());
    let job = world.editor.execute("stackspot-lsp.run", json!([world.params("explain")])).await["jobId"].clone();
    let file = world.answer_file("explain", job.as_str().unwrap());
    let beside = file.with_file_name(format!("whole-{}", file.file_name().unwrap().to_str().unwrap()));
    let holds = |words: &str| {
        let read = |path: &PathBuf| fs::read_to_string(path).unwrap_or_default();
        read(&file).contains(words) || read(&beside).contains(words)
    };
    until("the first words on disk", || holds("It adds the prices of all").then_some(())).await;
    world.editor.execute("stackspot-lsp.cancel", Value::Null).await;
    world.wait_for_no_jobs().await;
    until("the end of the answer on disk", || holds("---").then_some(())).await;
    assert!(holds("It adds the prices of all"), "{} {surface}", world.profile.name);
    drop((world.editor.messages(), world.editor.shown_documents(), world.editor.edits()));
    gate.open();
    world.finish().await;
}

#[tokio::test]
async fn the_answer_of_an_earlier_session_is_shown_again() {
    for profile in profiles::all().into_iter().filter(|profile| profile.declares("/window/showDocument/support")) {
        let world = World::open(profile).await;
        world.peer.expect_chat(Script::stream().text("It adds the prices.").end());
        let job = world.run(world.params("explain")).await.unwrap()["jobId"].clone();
        let world = world.restarted().await;
        for argument in [json!([{ "jobId": job }]), json!([{}])] {
            world.editor.execute("stackspot-lsp.showAnswer", argument).await;
            let shown = world.editor.wait_for_method("window/showDocument").await;
            let answer = world.editor.text(shown["uri"].as_str().unwrap());
            assert!(answer.contains("It adds the prices."), "{}: {answer}", world.profile.name);
        }
        world.finish().await;
    }
}

#[tokio::test]
async fn answer_is_shown_when_its_file_cannot_be_written() {
    for profile in profiles::all() {
        for surface in ["auto", "file"] {
            let profile = profile.clone().options(json!({ "answer": { "surface": surface } }));
            let world = World::start(profile).await;
            world.editor.open(URI, "python", SOURCE);
            // A file has the name of the folder. Therefore a read below it fails with an error other than "not found".
            fs::create_dir_all(world.answers().parent().unwrap()).unwrap();
            fs::write(world.answers(), "").unwrap();
            world.peer.expect_chat(Script::reply(&json!({ "message": "It adds the prices." })));
            world.editor.execute("stackspot-lsp.run", json!([world.params("explain")])).await;
            let is_virtual = world.has_virtual_documents() && surface == "auto";
            let answer = if is_virtual { world.shown_answer().await } else { world.message().await.1 };
            assert!(answer.contains("It adds the prices."), "{} {surface}: {answer}", world.profile.name);
            world.wait_for_no_jobs().await;
            drop(world.editor.shown_documents());
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn endless_answer_is_cut_at_16_mib_and_its_text_is_kept() {
    let world = World::open(profiles::minimal()).await;
    let megabyte = "sum ".repeat(1 << 18);
    for action in ["refactor"] {
        let mut script = Script::stream();
        for _ in 0..17 {
            script = script.text(&megabyte);
        }
        let chat = world.peer.expect_chat(script.for_ever("data: {\"message\": \"more \"}\n\n"));
        let error = world.run(world.params(action)).await.unwrap_err();
        chat.closed().await;
        assert_eq!((&error["code"], &error["data"]["kind"]), (&json!(-32803), &json!("truncated")), "{action}");
        assert!(error["message"].as_str().unwrap().contains("too long"), "{}", error["message"]);
        assert_eq!(error["data"]["partial"].as_str().unwrap().len(), 16 << 20);
        assert_eq!(world.editor.text(URI), SOURCE);
    }
    world.finish().await;
}

/// All files below `folder`, with their contents.
fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found
}

#[tokio::test]
async fn files_of_a_session_contain_no_token_and_no_secret() {
    let world = World::open(profiles::vscode()).await;
    world.peer.expect_chat(Script::stream().text("It adds prices.").end());
    world.run(world.params("explain")).await.unwrap();
    proposed(&world).await;
    let left = files_below(world.home.path());
    assert!(left.iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains("It adds prices.")), "{left:?}");
    for (path, bytes) in left {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("token-1") && !text.contains(CLIENT_SECRET), "{}: {text}", path.display());
    }
    world.finish().await;
}
