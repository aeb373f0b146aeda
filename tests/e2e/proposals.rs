//! Waiting edits: the user keeps or replaces the text typed meanwhile. Several edits can wait at the same time.

use serde_json::{Value, json};

use crate::support::peer::Script;
use crate::support::profiles::{self, Apply, Profile};
use crate::world::{BETTER, FUNCTION, SOURCE, URI, WARNING, World, refactored, titles, with};

fn that_apply() -> impl Iterator<Item = Profile> {
    profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit"))
}

/// The function, if the agent changes only one line of it.
fn counted() -> String {
    FUNCTION.replace("sum + item.price", "sum + item.price * item.count")
}

/// Proposes an edit of a part of the text, and returns the id of its job.
async fn proposed(world: &World, needle: &str, reply: &str) -> Value {
    world.peer.expect_chat(Script::stream().text(reply).end());
    let params = with(world.params_on("refactor", needle), "apply", json!("review"));
    let result = world.run(params).await.unwrap();
    assert_eq!(result["outcome"], "proposed", "{}: {result}", world.profile.name);
    result["jobId"].clone()
}

async fn menu(world: &World) -> Vec<String> {
    let range = world.editor.range_of(URI, "greet");
    titles(&world.editor.code_actions(URI, &range).await)
}

#[tokio::test]
async fn edit_is_merged_with_what_user_typed_in_its_range() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        proposed(&world, FUNCTION, &counted()).await;
        world.editor.replace(URI, "sum = 0", "sum = 0.0");
        world.editor.replace(URI, "# The cart", "# A cart");
        let titles = menu(&world).await;
        let label = "Apply “Refactor with StackSpot AI” for lines 3–7";
        assert!(titles[0].starts_with(&format!("{label}, merged with your changes")), "{titles:?}");
        assert!(titles[1].starts_with(&format!("{label}, in place of your changes")), "{titles:?}");
        assert!(titles[3].starts_with("Discard"), "{titles:?}");

        world.editor.choose(URI, &world.editor.range_of(URI, "greet"), "merged").await;
        let both = SOURCE.replace(FUNCTION, &counted()).replace("sum = 0", "sum = 0.0").replace("# The", "# A");
        assert_eq!(world.editor.wait_for_text(URI, |text| text.contains("count")).await, both);
        let edits = world.editor.edits();
        assert_eq!((edits.len(), world.editor.undo_steps(URI)), (1, 1));
        assert!(!edits[0].to_string().contains("0.0"), "what the user typed is not sent back: {}", edits[0]);
        assert!(menu(&world).await.iter().all(|title| !title.starts_with("Apply")));
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_can_replace_what_the_user_typed() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        proposed(&world, FUNCTION, BETTER).await;
        world.editor.replace(URI, "sum = 0", "sum = 0.0");
        world.editor.choose(URI, &world.editor.range_of(URI, "greet"), "in place of").await;
        assert_eq!(world.editor.wait_for_text(URI, |text| text.contains(BETTER)).await, refactored());
        assert_eq!((world.editor.edits().len(), world.editor.undo_steps(URI)), (1, 1));
        world.finish().await;
    }
}

#[tokio::test]
async fn apply_with_both_merge_and_replace_is_refused() {
    let world = World::open(profiles::vscode()).await;
    let job = proposed(&world, FUNCTION, BETTER).await;
    let argument = json!([{ "jobId": job, "merge": true, "replace": true }]);
    let error = world.editor.try_execute("stackspot-lsp.apply", argument).await.unwrap_err();
    assert!(error["code"] == -32602 && error["message"].as_str().unwrap().contains("merge"), "{error}");
    world.finish().await;
}

#[tokio::test]
async fn merge_and_replace_are_the_same_without_typing() {
    for way in ["merge", "replace"] {
        let world = World::open(profiles::helix()).await;
        let job = proposed(&world, FUNCTION, BETTER).await;
        world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": job, way: true }])).await;
        assert_eq!(world.editor.wait_for_text(URI, |text| text != SOURCE).await, refactored());
        world.editor.edits();
        world.finish().await;
    }
}

#[tokio::test]
async fn merged_edit_is_not_applied_when_user_types_after_choice() {
    // Zed applies the edit anyway, around the typed text. kak-lsp applies it at the old place of the code.
    let makes_it = [Apply::Rebase, Apply::Blind];
    for profile in that_apply().filter(|profile| !makes_it.contains(&profile.behaviour.stale)) {
        let world = World::open(profile).await;
        proposed(&world, FUNCTION, &counted()).await;
        world.editor.replace(URI, "sum = 0", "sum = 0.0");
        let at = world.editor.text(URI).find("item.price").unwrap();
        world.editor.will_type_before_edit(URI, at, "old_");
        world.editor.choose(URI, &world.editor.range_of(URI, "greet"), "merged").await;
        world.editor.wait_for_method("workspace/applyEdit").await;
        tokio::time::pause();
        let (kind, message) = world.message().await;
        tokio::time::resume();
        assert_eq!(kind, WARNING, "{}: {message}", world.profile.name);
        let typed = SOURCE.replace("sum = 0", "sum = 0.0").replace("item.price", "old_item.price");
        assert_eq!(world.editor.text(URI), typed, "{}", world.profile.name);
        let titles = menu(&world).await;
        assert!(titles[0].starts_with("Preview") && titles[1].ends_with("in place of your changes"), "{titles:?}");
        world.finish().await;
    }
}

const GREETING: &str = "def greet(name):\n    print(\"hi \" + name)";
const FRIENDLIER: &str = "def greet(name):\n    print(f\"hello {name}\")";

#[tokio::test]
async fn waiting_edits_move_when_another_edit_is_applied() {
    for profile in that_apply() {
        for first_is_above in [true, false] {
            let world = World::open(profile.clone()).await;
            let above = proposed(&world, FUNCTION, BETTER).await;
            let below = proposed(&world, GREETING, FRIENDLIER).await;
            let label = |lines| move |title: &String| title.starts_with("Apply") && title.contains(lines);
            let titles = menu(&world).await;
            assert!(titles.iter().any(label("lines 3–7")) && titles.iter().any(label("lines 10–11")), "{titles:?}");
            let order = if first_is_above { [&above, &below] } else { [&below, &above] };
            for job in order {
                let before = world.editor.text(URI);
                world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": job }])).await;
                world.editor.wait_for_text(URI, |text| text != before).await;
            }
            let expected = refactored().replace(GREETING, FRIENDLIER);
            assert_eq!(world.editor.text(URI), expected, "{}", world.profile.name);
            assert_eq!(world.editor.edits().len(), 2);
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn an_edit_inside_of_another_ones_range_counts_as_typed_there() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        let outer = proposed(&world, FUNCTION, &counted()).await;
        let inner = proposed(&world, "sum = 0", "sum = 0.0").await;
        world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": inner }])).await;
        world.editor.wait_for_text(URI, |text| text.contains("0.0")).await;
        let titles = menu(&world).await;
        assert!(titles[0].contains("lines 3–7, merged with your changes"), "{titles:?}");
        world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": outer, "merge": true }])).await;
        let text = world.editor.wait_for_text(URI, |text| text.contains("count")).await;
        assert_eq!(text, SOURCE.replace(FUNCTION, &counted()).replace("sum = 0", "sum = 0.0"));
        assert_eq!(world.editor.edits().len(), 2);
        world.finish().await;
    }
}

#[tokio::test]
async fn inner_edit_is_not_applied_after_the_edit_around_it() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        let inner = proposed(&world, "sum + item.price", "item.price + sum").await;
        let outer = proposed(&world, FUNCTION, BETTER).await;
        world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": outer }])).await;
        assert_eq!(world.editor.wait_for_text(URI, |text| text != SOURCE).await, refactored());
        // The text that it would replace is deleted. Therefore the menu offers no replacement.
        assert!(menu(&world).await.iter().all(|title| !title.contains("your changes")), "{:?}", menu(&world).await);
        world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": inner }])).await;
        let (kind, message) = world.message().await;
        assert!(kind == WARNING && message.contains("You typed in it"), "{message}");
        assert_eq!((world.editor.text(URI), world.editor.edits().len()), (refactored(), 1));
        world.editor.execute("stackspot-lsp.discard", json!([{ "jobId": inner }])).await;
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_finds_its_text_when_it_was_cut_and_pasted() {
    let cut: fn(&World) = |world| world.editor.replace(URI, FUNCTION, "");
    let cut_with_its_surroundings: fn(&World) =
        |world| world.editor.replace(URI, &SOURCE[..SOURCE.find("def greet").unwrap()], "");
    for profile in that_apply() {
        for cut in [cut, cut_with_its_surroundings] {
            let world = World::open(profile.clone()).await;
            let job = proposed(&world, FUNCTION, BETTER).await;
            cut(&world);
            world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": job, "replace": true }])).await;
            let (kind, message) = world.message().await;
            assert!(kind == WARNING && message.contains("You typed in it"), "{message}");

            world.editor.replace(URI, "(\"hi \" + name)\n", &format!("(\"hi \" + name)\n\n\n{FUNCTION}\n"));
            let text = world.editor.text(URI);
            world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": job }])).await;
            let expected = text.replace(FUNCTION, BETTER);
            assert_eq!(world.editor.wait_for_text(URI, |now| now != text).await, expected, "{}", profile.name);
            assert_eq!(world.editor.edits().len(), 1);
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn diff_names_a_file_with_blanks_as_git_does() {
    let uri = file_uri!("/home/ana/shop/my%20cart.py");
    let world = World::open(profiles::neovim()).await;
    world.editor.open(uri, "python", SOURCE);
    world.peer.expect_chat(Script::stream().text(BETTER).end());
    let document = json!({ "uri": uri, "version": world.editor.version(uri) });
    let params = with(with(world.params("refactor"), "apply", json!("review")), "textDocument", document);
    world.run(params).await.unwrap();
    world.editor.choose(uri, &world.editor.range_of(uri, FUNCTION), "Preview").await;
    let diff = world.shown_answer().await;
    let named = "diff --git a/my cart.py b/my cart.py\n--- a/my cart.py\t\n+++ b/my cart.py\t\n@@";
    assert!(diff.starts_with(named), "{diff}");
    world.finish().await;
}
