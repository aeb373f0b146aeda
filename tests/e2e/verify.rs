//! The server does not trust an editor's reply about an edit. It checks the text.
//!
//! Some stories pause the clock during the five seconds after which an edit counts as not applied. This is safe,
//! because the service has finished its answer by then. Only timers of this process are awaited.

use serde_json::{Value, json};

use crate::support::paths::uri_of;
use crate::support::peer::{Gate, Script};
use crate::support::profiles::{self, Apply, Profile};
use crate::world::{BETTER, FUNCTION, SOURCE, URI, World, refactored};

fn that_apply() -> impl Iterator<Item = Profile> {
    profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit"))
}

/// A refactoring in this editor. The clock is paused as soon as the server sends the edit.
async fn refactor(world: &World) -> Value {
    world.peer.expect_chat(Script::stream().text(BETTER).end());
    let request = world.editor.start_request("stackspot-lsp/run", world.params("refactor"));
    world.editor.wait_for_method("workspace/applyEdit").await;
    tokio::time::pause();
    let result = world.editor.response(request).await;
    tokio::time::resume();
    result.unwrap()
}

#[tokio::test]
async fn an_edit_counts_as_applied_when_the_text_shows_it() {
    for profile in that_apply() {
        for policy in [Apply::ReplyThenChange, Apply::ChangeThenReply, Apply::Rebase] {
            let world = World::open(profile.clone().applies(policy)).await;
            let result = refactor(&world).await;
            assert_eq!(result["outcome"], "applied", "{} {policy:?}: {result}", profile.name);
            assert!(result.get("edit").is_none() && result.get("reason").is_none());
            assert_eq!((world.editor.text(URI), world.count("workspace/applyEdit")), (refactored(), 1));
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn edit_that_editor_did_not_apply_is_kept_and_not_sent_again() {
    // How the editor handles the edit, the reason, and whether the server waits five seconds to find out.
    let cases = [
        (Apply::Refuse, "refused the edit", false),
        (Apply::Error, "the edit is for another version", false),
        (Apply::ClaimApplied, "could not be put in while you typed", true),
        (Apply::Ignore, "could not be put in while you typed", true),
    ];
    for profile in that_apply() {
        for (policy, reason, is_late) in cases {
            let world = World::open(profile.clone().applies(policy)).await;
            let started = tokio::time::Instant::now();
            let result = refactor(&world).await;
            let waited = started.elapsed().as_secs_f64();
            assert_eq!(result["outcome"], "proposed", "{} {policy:?}: {result}", profile.name);
            assert!(result["reason"].as_str().unwrap().contains(reason), "{policy:?}: {result}");
            assert!(if is_late { (5.0..8.0).contains(&waited) } else { waited < 5.0 }, "{policy:?}: {waited} s");
            assert_eq!(result["answer"], BETTER);
            assert_eq!((world.editor.text(URI), world.count("workspace/applyEdit")), (SOURCE.into(), 1));
            world.editor.execute("stackspot-lsp.discard", json!([{ "jobId": result["jobId"] }])).await;
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn edit_refused_after_typing_is_sent_again_for_the_new_text() {
    for profile in that_apply() {
        for stale in [Apply::Refuse, Apply::Error] {
            for times in 1..=2 {
                let world = World::open(profile.clone().treats_stale(stale)).await;
                (0..times).for_each(|_| world.editor.will_type_before_edit(URI, 0, "# typed\n"));
                let result = refactor(&world).await;
                assert_eq!(result["outcome"], "applied", "{} {stale:?}: {result}", profile.name);
                let expected = format!("{}{}", "# typed\n".repeat(times), refactored());
                assert_eq!(world.editor.text(URI), expected, "{} {stale:?}", profile.name);
                assert_eq!((world.editor.edits().len(), world.editor.undo_steps(URI)), (times + 1, 1));
                world.finish().await;
            }
        }
    }
}

#[tokio::test]
async fn an_edit_is_sent_three_times_at_most() {
    for profile in that_apply() {
        let world = World::open(profile.treats_stale(Apply::Refuse)).await;
        (0..3).for_each(|_| world.editor.will_type_before_edit(URI, 0, "# typed\n"));
        let result = refactor(&world).await;
        assert_eq!(result["outcome"], "proposed", "{}: {result}", world.profile.name);
        assert!(result["reason"].as_str().unwrap().contains("kept changing"), "{result}");
        assert_eq!(world.editor.edits().len(), 3, "{}", world.profile.name);
        assert_eq!(world.editor.text(URI), format!("{}{SOURCE}", "# typed\n".repeat(3)));

        // The user stops typing, and applies the edit.
        world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": result["jobId"] }])).await;
        let text = world.editor.wait_for_text(URI, |text| text.contains(BETTER)).await;
        assert_eq!(text, format!("{}{}", "# typed\n".repeat(3), refactored()));
        assert_eq!(world.editor.edits().len(), 4);
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_is_not_applied_when_user_types_in_it_at_the_last_moment() {
    for profile in that_apply() {
        for stale in [Apply::Refuse, Apply::Error, Apply::ClaimApplied] {
            let world = World::open(profile.clone().treats_stale(stale)).await;
            let at = SOURCE.find("sum = 0").unwrap() + "sum = 0".len();
            world.editor.will_type_before_edit(URI, at, ".5");
            let result = refactor(&world).await;
            assert_eq!(result["outcome"], "proposed", "{} {stale:?}: {result}", profile.name);
            assert_eq!(world.editor.text(URI), SOURCE.replace("sum = 0", "sum = 0.5"), "{} {stale:?}", profile.name);
            assert_eq!(world.editor.edits().len(), 1, "{} {stale:?}", profile.name);
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn edit_is_sent_again_when_editor_only_claims_to_apply_it() {
    for profile in that_apply() {
        let world = World::open(profile.treats_stale(Apply::ClaimApplied)).await;
        world.editor.will_type_before_edit(URI, 0, "# typed\n");
        let result = refactor(&world).await;
        assert_eq!(result["outcome"], "applied", "{}: {result}", world.profile.name);
        assert_eq!(world.editor.text(URI), format!("# typed\n{}", refactored()), "{}", world.profile.name);
        assert_eq!((world.editor.edits().len(), world.editor.undo_steps(URI)), (2, 1));
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_waits_for_user_after_three_dropped_attempts() {
    for profile in that_apply() {
        let world = World::open(profile.treats_stale(Apply::ClaimApplied)).await;
        (0..4).for_each(|_| world.editor.will_type_before_edit(URI, 0, "# typed\n"));
        let result = refactor(&world).await;
        assert_eq!(result["outcome"], "proposed", "{}: {result}", world.profile.name);
        assert!(result["reason"].as_str().unwrap().contains("kept changing"), "{result}");
        assert_eq!(world.editor.text(URI), format!("{}{SOURCE}", "# typed\n".repeat(3)), "{}", world.profile.name);
        assert_eq!(world.editor.edits().len(), 3, "{}", world.profile.name);
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_counts_as_applied_when_the_editor_formats_it() {
    // The formatter ends the last line, trims, changes the indentation, and moves blanks.
    let ways: [fn(&str) -> String; 4] = [
        |text| format!("{text}\n"),
        |text| text.replace("\n\n\n", "\n\n"),
        |text| text.replace("    return", "\t return"),
        |text| {
            text.replace("# The cart", "#   The cart").replace(" in items", "  in items ").replace("+ name", "+name")
        },
    ];
    for profile in that_apply() {
        for (way, format) in ways.into_iter().enumerate() {
            let world = World::open(profile.clone()).await;
            world.editor.will_format_with_edits(format);
            let started = tokio::time::Instant::now();
            let result = refactor(&world).await;
            assert_eq!(result["outcome"], "applied", "{} way {way}: {result}", profile.name);
            assert!(started.elapsed().as_secs() < 4, "{} way {way}: {:?}", profile.name, started.elapsed());
            assert_eq!(world.editor.text(URI), format(&refactored()));
            assert_eq!(world.editor.edits().len(), 1);
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn edit_rewritten_by_the_editor_is_reported_as_changed() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        world.editor.will_format_with_edits(|text| text.replace("return sum(item", "return builtins.sum(item"));
        let result = refactor(&world).await;
        assert_eq!(result["outcome"], "proposed", "{}: {result}", world.profile.name);
        assert!(result["reason"].as_str().unwrap().contains("changed it at once"), "{result}");
        assert_eq!(world.editor.edits().len(), 1);
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_applied_at_old_lines_is_reported_as_misplaced() {
    for profile in that_apply() {
        let world = World::open(profile.treats_stale(Apply::Blind)).await;
        // The lines are long, so that the old positions also exist in the new text.
        world.editor.will_type_before_edit(URI, 0, &format!("# {}\n", "typed ".repeat(10)).repeat(8));
        let result = refactor(&world).await;
        assert_eq!(result["outcome"], "proposed", "{}: {result}", world.profile.name);
        assert!(result["reason"].as_str().unwrap().contains("at other lines than asked"), "{result}");
        assert_eq!(world.editor.edits().len(), 1, "it is not made once more");
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_is_applied_after_buffer_is_emptied_and_refilled() {
    for profile in that_apply() {
        let world = World::open(profile).await;
        let gate = Gate::default();
        let (request, _) = world.ask("refactor", Script::stream().gate(&gate).text(BETTER).end()).await;
        let text = world.editor.text(URI);
        world.editor.rewrite(URI, "");
        world.editor.rewrite(URI, &format!("# formatted\n{text}"));
        gate.open();
        let result = world.editor.response(request).await.unwrap();
        assert_eq!(result["outcome"], "applied", "{}: {result}", world.profile.name);
        assert_eq!(world.editor.text(URI), format!("# formatted\n{}", refactored()));
        assert_eq!(world.editor.edits().len(), 1);
        world.finish().await;
    }
}

#[tokio::test]
async fn buffer_without_name_and_folder_listing_are_never_edited() {
    let folder = tempfile::TempDir::new().unwrap();
    let listing = uri_of(folder.path());
    for uri in ["file://", "file:///", &listing, &format!("{listing}/")] {
        for profile in that_apply() {
            let world = World::start(profile).await;
            world.editor.open(uri, "python", SOURCE);
            world.peer.expect_chat(Script::stream().text(BETTER).end());
            let range = world.editor.range_of(uri, FUNCTION);
            let document = json!({ "uri": uri, "version": 1 });
            let result = world.run(json!({ "action": "refactor", "textDocument": document, "range": range })).await;
            let result = result.unwrap();
            assert_eq!(result["outcome"], "answered", "{} {uri}: {result}", world.profile.name);
            assert!(result["reason"].as_str().unwrap().contains("no file"), "{result}");
            assert_eq!((world.editor.text(uri), world.count("workspace/applyEdit")), (SOURCE.into(), 0));
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn edit_counts_as_applied_when_editor_moves_it_after_typing() {
    for profile in that_apply() {
        let world = World::open(profile.treats_stale(Apply::Rebase)).await;
        world.editor.will_type_before_edit(URI, 0, "# typed\n");
        let result = refactor(&world).await;
        assert_eq!(result["outcome"], "applied", "{}: {result}", world.profile.name);
        assert_eq!(world.editor.text(URI), format!("# typed\n{}", refactored()), "{}", world.profile.name);
        assert_eq!(world.editor.edits().len(), 1);
        world.finish().await;
    }
}

#[tokio::test]
async fn refused_edit_shows_one_message_with_the_next_steps() {
    for profile in that_apply() {
        let world = World::open(profile.applies(Apply::Refuse)).await;
        world.peer.expect_chat(Script::stream().text(BETTER).end());
        world.editor.execute("stackspot-lsp.run", json!([world.params("refactor")])).await;
        world.editor.wait_for_method("workspace/applyEdit").await;
        tokio::time::pause();
        let (_, message) = world.message().await;
        tokio::time::resume();
        assert!(message.contains("refused") && message.contains("Apply") && message.contains("Discard"), "{message}");
        assert_eq!(world.editor.edits().len(), 1);
        world.ended_progress().await;
        world.finish().await;
    }
}
