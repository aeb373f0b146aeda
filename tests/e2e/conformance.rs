//! The same stories in each editor, and their results for the user: the tables of `docs/editors.md`.
//!
//! Each cell comes from the messages that the server sent. The marks come from `tests/editors/confirmed.json`.
//! That file names the stories that the runners of real editors confirm. After a change, run
//! `UPDATE_CONFORMANCE=1 cargo test --test e2e conformance`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use futures::future::{BoxFuture, join_all};
use serde_json::{Value, json};

use crate::menu_order;
use crate::support::editor_state::Side;
use crate::support::peer::{Gate, Script};
use crate::support::profiles::{self, Profile};
use crate::world::{BETTER, SOURCE, URI, World, refactored, with};

/// A story: the name of its mark, the head of its column, and what happens in it.
struct Story {
    name: &'static str,
    head: &'static str,
    tell: fn(Profile) -> BoxFuture<'static, String>,
}

macro_rules! stories {
    ($($name:ident: $head:literal,)*) => {
        vec![$(Story { name: stringify!($name), head: $head, tell: |profile| Box::pin($name(profile)) }),*]
    };
}

fn tables() -> Vec<(&'static str, Vec<Story>)> {
    let answers = stories! {
        explain: "Explain opens as",
        recall: "Hover recalls it",
        conversation: "Ask opens",
        progress: "The wait shows as",
        cancel: "Cancel is in",
        error: "An error is",
        secret: "What seems secret is",
    };
    let edits = stories! {
        encoding: "Positions count",
        refactor: "An edit is",
        typing_elsewhere: "Typing elsewhere",
        typing_inside: "Typing inside",
        apply: "A waiting edit is applied by",
        discard: "and discarded by",
    };
    let menu = stories! {
        menu: "the menu in code",
        menu_at_a_problem: "at a problem",
        menu_with_an_edit: "where an edit waits",
        menu_with_a_job: "while a job runs",
    };
    vec![("Answers", answers), ("Edits", edits), ("First entries of the menu", menu)]
}

/// The messages of the server so far, as method and params.
fn heard(world: &World) -> Vec<(String, Value)> {
    let log = world.editor.log().into_iter().filter(|(side, _)| *side == Side::Server);
    log.filter_map(|(_, message)| Some((message["method"].as_str()?.to_owned(), message["params"].clone()))).collect()
}

/// Reads everything that was shown, and ends the story.
async fn end(world: World) {
    world.editor.execute("stackspot-lsp.cancel", Value::Null).await;
    world.wait_for_no_running_jobs().await;
    for job in world.editor.execute("stackspot-lsp.status", Value::Null).await["jobs"].as_array().unwrap() {
        world.editor.execute("stackspot-lsp.discard", json!([{ "jobId": job["jobId"] }])).await;
    }
    world.editor.messages();
    world.editor.shown_documents();
    world.editor.edits();
    world.finish().await;
}

/// The first thing that the user sees of an answer.
async fn shown(world: &World) -> String {
    let is_shown =
        |message: &Value| matches!(message["method"].as_str(), Some("window/showDocument" | "window/showMessage"));
    let first = world.editor.wait_for(is_shown).await;
    match first["params"]["uri"].as_str() {
        Some(uri) if uri.starts_with("file:") => "file",
        Some(_) => "virtual document",
        None => "message",
    }
    .to_owned()
}

async fn explained(profile: Profile) -> (World, String) {
    let world = World::open(profile).await;
    world.peer.answer_by_default(Script::stream().text("It adds the prices of all items.").end());
    world.editor.choose(URI, &world.editor.range_of(URI, "def total"), "Explain").await;
    let surface = shown(&world).await;
    world.wait_for_no_jobs().await;
    (world, surface)
}

async fn explain(profile: Profile) -> String {
    let (world, surface) = explained(profile).await;
    end(world).await;
    surface
}

async fn recall(profile: Profile) -> String {
    let (world, _) = explained(profile).await;
    // A job registers methods at its end. The registration arrives before the reply to the next request.
    world.editor.execute("stackspot-lsp.status", Value::Null).await;
    let registered = world.editor.registrations().iter().any(|it| it["method"] == "textDocument/hover");
    let is_static = world.editor.server_capabilities()["hoverProvider"] != Value::Null;
    let cell = if registered || is_static {
        let position = world.editor.range_of(URI, "total")["start"].clone();
        let params = json!({ "textDocument": { "uri": URI }, "position": position });
        let hover = world.editor.request("textDocument/hover", params).await.unwrap();
        assert!(hover.to_string().contains("It adds the prices"), "{}: {hover}", world.profile.name);
        "yes"
    } else {
        "no"
    };
    end(world).await;
    cell.to_owned()
}

async fn conversation(profile: Profile) -> String {
    let world = World::open(profile).await;
    world.editor.choose(URI, &world.editor.range_of(URI, "def total"), "Ask").await;
    let surface = match shown(&world).await.as_str() {
        "message" => "a file, named in a message".to_owned(),
        surface => format!("a {surface}"),
    };
    assert_eq!(world.peer.chats().len(), 0, "nothing is asked yet");
    end(world).await;
    surface
}

async fn progress(profile: Profile) -> String {
    let world = World::open(profile).await;
    world.peer.answer_by_default(Script::stream().text(BETTER).end());
    world.editor.execute("stackspot-lsp.run", json!([world.params("refactor")])).await;
    if world.shows_progress() {
        let progress = world.ended_progress().await;
        assert!(progress.events.iter().any(|event| event["kind"] == "report"), "{progress:?}");
    }
    world.wait_for_no_running_jobs().await;
    if !world.profile.behaviour.tells_the_end {
        world.editor.wait_for_method("window/showMessage").await;
    }
    let said = heard(&world).iter().any(|(method, _)| method == "window/showMessage");
    let cell = match (world.shows_progress(), said) {
        (true, false) => "progress",
        (true, true) => "progress without text, then a message",
        (false, _) => "a message at the end",
    };
    end(world).await;
    cell.to_owned()
}

async fn cancel(profile: Profile) -> String {
    let by_progress = profile.behaviour.sends_progress_cancel;
    for route in [false, true].into_iter().filter(|by_progress_now| !by_progress_now || by_progress) {
        let world = World::open(profile.clone()).await;
        let chat = world.peer.expect_chat(Script::stream().text("It").stall());
        let range = world.editor.range_of(URI, "def total");
        let job = world.editor.choose(URI, &range, "Explain").await["jobId"].as_str().unwrap().to_owned();
        chat.arrived().await;
        world.wait_for_state("streaming").await;
        if route {
            world.editor.cancel_progress(&json!(format!("stackspot-lsp/{job}")));
        } else {
            let actions = world.editor.code_actions(URI, &range).await;
            assert!(actions[0]["title"].as_str().unwrap().starts_with("Cancel"), "{actions:?}");
            world.editor.run(&actions, "Cancel").await;
        }
        chat.closed().await;
        world.wait_for_no_jobs().await;
        end(world).await;
    }
    if by_progress { "the menu and the progress" } else { "the menu" }.to_owned()
}

async fn error(profile: Profile) -> String {
    let world = World::open(profile).await;
    world.peer.answer_by_default(Script::error(403, "FORBIDDEN", "no"));
    world.editor.choose(URI, &world.editor.range_of(URI, "def total"), "Explain").await;
    world.editor.wait_for_method("window/showMessage").await;
    world.wait_for_no_jobs().await;
    let count = heard(&world).iter().filter(|(method, _)| method == "window/showMessage").count();
    end(world).await;
    if count == 1 { "one message".to_owned() } else { format!("{count} messages") }
}

async fn secret(profile: Profile) -> String {
    let world = World::start(profile).await;
    let token = format!("{}{}", "ghp_", "Zq3VxT8mLw2RkY7bNc5HdJ9sPf4GaE6uUi1o");
    world.editor.open(URI, "python", &format!("def push():\n    login(\"{token}\")\n"));
    world.editor.will_answer(Some("Cancel"));
    let error = world.run(world.params_on("explain", "login")).await.unwrap_err();
    assert_eq!((&error["data"]["kind"], world.peer.chats().len()), (&json!("refused"), 0));
    let asked = heard(&world).iter().filter(|(method, _)| method == "window/showMessageRequest").count();
    end(world).await;
    assert_eq!(asked, 1);
    "asked about".to_owned()
}

async fn encoding(profile: Profile) -> String {
    let world = World::open(profile).await;
    let encoding = world.editor.server_capabilities()["positionEncoding"].as_str().unwrap().to_uppercase();
    end(world).await;
    encoding
}

async fn refactor(profile: Profile) -> String {
    let world = World::open(profile).await;
    world.peer.answer_by_default(Script::stream().text(BETTER).end());
    world.editor.execute("stackspot-lsp.run", json!([world.params("refactor")])).await;
    let cell = if world.applies() {
        assert_eq!(world.editor.wait_for_text(URI, |text| text != SOURCE).await, refactored());
        assert_eq!(world.editor.undo_steps(URI), 1);
        let edits = world.editor.edits();
        let version = edits[0].pointer("/edit/documentChanges/0/textDocument/version");
        if version.is_some_and(Value::is_i64) { "one step to undo, of a version" } else { "one step to undo" }
    } else {
        world.editor.wait_for_method("window/showMessage").await;
        "kept as a proposal"
    };
    world.wait_for_no_running_jobs().await;
    end(world).await;
    cell.to_owned()
}

/// Makes an edit while the user types. Returns `None` if the editor applies no edits.
async fn edited_while(profile: Profile, needle: &str, typed: &str) -> Option<(String, String)> {
    if !profile.declares("/workspace/applyEdit") {
        return None;
    }
    let world = World::open(profile).await;
    let gate = Gate::default();
    let (request, _) = world.ask("refactor", Script::stream().gate(&gate).text(BETTER).end()).await;
    world.editor.replace(URI, needle, typed);
    gate.open();
    let result = world.editor.response(request).await.unwrap();
    let ended = (result["outcome"].as_str().unwrap().to_owned(), world.editor.text(URI));
    end(world).await;
    Some(ended)
}

async fn typing_elsewhere(profile: Profile) -> String {
    let Some((outcome, text)) = edited_while(profile, "# The cart", "# Here is\n# the cart").await else {
        return "–".to_owned();
    };
    assert_eq!((outcome.as_str(), text), ("applied", refactored().replace("# The cart", "# Here is\n# the cart")));
    "moves the edit along".to_owned()
}

async fn typing_inside(profile: Profile) -> String {
    let Some((outcome, text)) = edited_while(profile, "sum = 0", "sum = 0.0").await else { return "–".to_owned() };
    assert_eq!((outcome.as_str(), text), ("proposed", SOURCE.replace("sum = 0", "sum = 0.0")));
    "keeps it as a proposal".to_owned()
}

/// Chooses an entry for a waiting edit by its beginning. Returns whether the server can edit, the text, and the jobs.
async fn decided(profile: Profile, title: &str) -> (bool, String, usize) {
    let world = World::open(profile).await;
    world.peer.answer_by_default(Script::stream().text(BETTER).end());
    world.run(with(world.params("refactor"), "apply", json!("review"))).await.unwrap();
    let range = world.editor.range_of(URI, "def greet");
    let actions = world.editor.code_actions(URI, &range).await;
    world.editor.run(&actions, title).await;
    let applies = world.applies();
    if title.starts_with("Apply") && applies {
        world.editor.wait_for_text(URI, |text| text != SOURCE).await;
    } else if title.starts_with("Apply") {
        world.editor.wait_for_method("window/showMessage").await;
    }
    let status = world.editor.execute("stackspot-lsp.status", Value::Null).await;
    let ended = (applies, world.editor.text(URI), status["jobs"].as_array().unwrap().len());
    end(world).await;
    ended
}

async fn apply(profile: Profile) -> String {
    match decided(profile, "Apply").await {
        (true, text, _) => {
            assert_eq!(text, refactored());
            "the menu".to_owned()
        }
        (false, text, waiting) => {
            assert_eq!((text.as_str(), waiting), (SOURCE, 1));
            "the user's own hand".to_owned()
        }
    }
}

async fn discard(profile: Profile) -> String {
    let (_, text, waiting) = decided(profile, "Discard").await;
    assert_eq!((text.as_str(), waiting), (SOURCE, 0));
    "the menu".to_owned()
}

/// The server's first entry in the function's menu, in the order of the editor. The name of the action is removed.
async fn first_entry(world: World, problems: Value) -> String {
    let titles = menu_order::menu(&world, problems).await;
    let first = titles.iter().find(|title| *title != menu_order::OF_ANOTHER).unwrap().clone();
    end(world).await;
    format!("*{}*", first.split([' ', '…']).next().unwrap())
}

async fn menu(profile: Profile) -> String {
    first_entry(World::open(profile).await, json!([])).await
}

async fn menu_at_a_problem(profile: Profile) -> String {
    let world = World::open(profile).await;
    let problems = json!([menu_order::problem(&world)]);
    first_entry(world, problems).await
}

async fn menu_with_an_edit(profile: Profile) -> String {
    let world = World::open(profile).await;
    world.peer.answer_by_default(Script::stream().text(BETTER).end());
    world.run(with(world.params("refactor"), "apply", json!("review"))).await.unwrap();
    let problems = json!([menu_order::problem(&world)]);
    first_entry(world, problems).await
}

async fn menu_with_a_job(profile: Profile) -> String {
    let world = World::open(profile).await;
    let chat = world.peer.expect_chat(Script::stream().text("It").stall());
    world.editor.execute("stackspot-lsp.run", json!([world.params("explain")])).await;
    chat.arrived().await;
    world.wait_for_state("streaming").await;
    let problems = json!([menu_order::problem(&world)]);
    first_entry(world, problems).await
}

/// The name of an editor on the page.
fn shown_name(profile: &Profile) -> String {
    match profile.name {
        "vscode-1.139" => "VS Code 1.139",
        "neovim-0.12" => "Neovim 0.12",
        "neovim-0.11" => "Neovim 0.11",
        "neovim-0.10" => "Neovim 0.10",
        "neovim-0.7" => "Neovim 0.7",
        "neovim-nightly" => "Neovim nightly",
        "helix-25.07" => "Helix 25.07",
        "eglot-1.17" => "Emacs, eglot 1.17",
        "lsp-mode-9.0" => "Emacs, lsp-mode 9.0",
        "zed" => "Zed",
        "kak-lsp" => "Kakoune, kak-lsp",
        "minimal" => "a client that declares nothing",
        other => other,
    }
    .to_owned()
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// `{ client: { story: [file of the runner, name of the story in it] } }`.
type Confirmed = BTreeMap<String, BTreeMap<String, (String, String)>>;

fn confirmed() -> Confirmed {
    let text = std::fs::read_to_string(root("tests/editors/confirmed.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

const BEGIN: &str = "<!-- conformance: begin -->";
const END: &str = "<!-- conformance: end -->";

#[tokio::test]
async fn page_matches_the_abilities_of_each_editor() {
    let confirmed = confirmed();
    let mut page = String::new();
    for (heading, stories) in tables() {
        page += &format!("\n### {heading}\n\n|");
        stories.iter().for_each(|story| page += &format!(" | {}", story.head));
        page += " |\n| ---";
        stories.iter().for_each(|_| page += " | ---");
        page += " |\n";
        for profile in profiles::all() {
            page += &format!("| {}", shown_name(&profile));
            // The stories run at the same time, because most of them contain a wait.
            let cells = join_all(stories.iter().map(|story| (story.tell)(profile.clone()))).await;
            for (story, cell) in stories.iter().zip(cells) {
                let mark = confirmed.get(profile.name).is_some_and(|it| it.contains_key(story.name));
                page += &format!(" | {cell}{}", if mark { " ✓" } else { "" });
            }
            page += " |\n";
        }
    }
    let path = root("docs/editors.md");
    let before = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = before.split_once(BEGIN).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    let after = format!("{head}{BEGIN}\n{page}\n{END}{tail}");
    if std::env::var_os("UPDATE_CONFORMANCE").is_some() {
        std::fs::write(&path, &after).unwrap();
    }
    let stale = "docs/editors.md is stale: UPDATE_CONFORMANCE=1 cargo test --test e2e conformance";
    assert_eq!(std::fs::read_to_string(&path).unwrap(), after, "{stale}");
}

#[test]
fn every_mark_on_the_page_has_a_story_of_a_real_editor() {
    let known: Vec<&str> = tables().iter().flat_map(|(_, stories)| stories.iter().map(|it| it.name)).collect();
    let clients: Vec<&str> = profiles::all().iter().map(|profile| profile.name).collect();
    let mut count = 0;
    for (client, stories) in confirmed() {
        assert!(clients.contains(&client.as_str()), "no editor is called {client}");
        for (name, (file, story)) in stories {
            assert!(known.contains(&name.as_str()), "no story is called {name}");
            let runner = std::fs::read_to_string(root(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(runner.contains(&story), "{file} tells no story \"{story}\"");
            count += 1;
        }
    }
    assert!(count > 20, "{count} marks");
}
