//! A hover over explained code shows the answer again, until the code changes.

use serde_json::{Value, json};

use crate::support::paths::uri_of;
use crate::support::patience::until;
use crate::support::peer::{Gate, Script};
use crate::support::profiles::{self, Profile};
use crate::world::{FUNCTION, SOURCE, URI, World};

fn registers(profile: &Profile) -> bool {
    profile.declares("/textDocument/hover/dynamicRegistration")
}

/// Waits until hovers are registered or unregistered, if the editor allows that.
async fn knows(world: &World, there_are: bool) {
    if registers(&world.profile) {
        let registered = |known: &[Value]| known.iter().any(|it| it["method"] == "textDocument/hover");
        let wanted = |known: &[Value]| (registered(known) == there_are).then_some(());
        world.editor.wait_until("the registration of hovers", |state| wanted(&state.registrations)).await;
    }
}

/// The text of a hover, in any format.
fn said(hover: &Value) -> &str {
    hover.pointer("/contents/value").unwrap_or(&hover["contents"]).as_str().unwrap_or_default()
}

async fn over(world: &World, needle: &str) -> Value {
    let at = world.editor.range_of(URI, needle)["start"].clone();
    world.editor.hover(URI, &at).await
}

#[tokio::test]
async fn hover_shows_an_earlier_answer_until_the_code_changes() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let known = world.editor.registrations();
        assert!(known.iter().all(|it| it["method"] != "textDocument/hover"), "there is nothing to recall yet");
        world.peer.expect_chat(Script::stream().text("It adds the *prices*.").end());
        world.run(world.params("explain")).await.unwrap();
        knows(&world, true).await;

        let hover = over(&world, "sum + item").await;
        assert!(
            said(&hover).starts_with("**Explain with StackSpot AI: cart.py, lines 3–7**\n\nIt adds the *prices*."),
            "{hover}"
        );
        assert_eq!(hover["range"], world.editor.range_of(URI, FUNCTION));
        assert!(over(&world, "greet").await.is_null(), "nobody asked about that");

        // The code moves, but does not change.
        world.editor.replace(URI, "# The cart", "# More.\n# The cart");
        let hover = over(&world, "sum + item").await;
        assert_eq!(hover["range"], world.editor.range_of(URI, FUNCTION), "{}", world.profile.name);

        // The code changes, and the user undoes the change.
        world.editor.replace(URI, "sum + item", "sum - item");
        knows(&world, false).await;
        if !registers(&world.profile) {
            assert!(over(&world, "sum - item").await.is_null());
        }
        world.editor.replace(URI, "sum - item", "sum + item");
        knows(&world, true).await;
        assert!(said(&over(&world, "sum + item").await).contains("*prices*"));
        world.finish().await;
    }
}

#[tokio::test]
async fn hover_shows_answer_when_the_same_code_is_opened_again() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        world.run(world.params("explain")).await.unwrap();
        knows(&world, true).await;
        world.editor.close(URI);
        knows(&world, false).await;
        world.editor.open(URI, "python", SOURCE);
        knows(&world, true).await;
        assert!(said(&over(&world, "sum + item").await).contains("An answer by default."));
        world.editor.close(URI);
        world.editor.open(URI, "python", &SOURCE.replace("sum + item", "sum - item"));
        knows(&world, false).await;
        world.finish().await;
    }
}

#[tokio::test]
async fn hover_shows_the_start_of_a_long_answer_and_a_link() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let long = format!("It begins so.\n\n```python\n{}", "x = 1\n".repeat(2_000));
        world.peer.expect_chat(Script::stream().text(&long).end());
        let reply = world.editor.execute("stackspot-lsp.run", json!([world.params("explain")])).await;
        world.shown_answer().await;
        world.wait_for_no_jobs().await;
        knows(&world, true).await;
        let hover = over(&world, "sum + item").await;
        let words = said(&hover);
        assert!(words.contains("It begins so.") && words.len() < 2_500 && words.contains("…\n```\n\n"), "{words}");
        let file = world.answer_file("explain", reply["jobId"].as_str().unwrap());
        let link = uri_of(file);
        assert!(words.ends_with(&format!("[The whole answer]({link})")), "{}: {words}", world.profile.name);
        world.finish().await;
    }
}

#[tokio::test]
async fn hover_shows_the_latest_answer_but_no_edits() {
    let world = World::open(profiles::eglot()).await;
    assert!(over(&world, "sum + item").await.is_null(), "nothing was asked yet");
    world.run(world.params("explain")).await.unwrap();
    world.peer.expect_chat(Script::stream().text("The second.").end());
    world.run(world.params("review")).await.unwrap();
    assert!(said(&over(&world, "sum + item").await).contains("The second."));
    // The hover recalls an interrupted answer as interrupted. It does not recall an answer without words.
    let gate = Gate::default();
    let (request, chat) = world.ask("explain", Script::stream().text("Half of").gate(&gate).end()).await;
    world.wait_for_state("streaming").await;
    assert!(said(&over(&world, "sum + item").await).contains("The second."), "an answer that comes in is not recalled");
    world.editor.cancel(request);
    chat.closed().await;
    world.wait_for_no_jobs().await;
    let hover = over(&world, "sum + item").await;
    assert!(said(&hover).contains("Half of") && said(&hover).contains("incomplete"), "{hover}");
    world.finish().await;
}

#[tokio::test]
async fn hover_registration_is_not_repeated_when_editor_refuses() {
    let world = World::open(profiles::vscode().refuses("client/registerCapability")).await;
    let hovers = |world: &World| {
        let log = world.editor.log();
        log.iter()
            .filter(|(_, it)| it["method"] == "client/registerCapability" && it.to_string().contains("hover"))
            .count()
    };
    for _ in 0..3 {
        world.run(world.params("explain")).await.unwrap();
        until("a registration", || (hovers(&world) > 0).then_some(())).await;
    }
    assert_eq!(hovers(&world), 1);
    world.finish().await;
}
