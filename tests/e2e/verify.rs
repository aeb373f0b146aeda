//! What an editor says of an edit is not believed; the text alone is.
//!
//! Where a story waits for the five seconds after which an edit counts as not made, the clock is paused. That is sound
//! because it happens only when the service has finished its answer: nothing but timers of this process is awaited then.

use serde_json::{Value, json};

use crate::support::peer::Script;
use crate::support::profiles::{self, Apply, Profile};
use crate::world::{BETTER, SOURCE, URI, World, refactored};

fn that_apply() -> impl Iterator<Item = Profile> {
    profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit"))
}

/// A refactoring in this editor, with the clock paused from the moment in which the edit is asked for.
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
async fn an_edit_that_the_text_does_not_show_is_kept_and_not_sent_again() {
    // The editor's way, the reason, and whether it is found out only after five seconds.
    let cases = [
        (Apply::Refuse, "refused the edit", false),
        (Apply::Error, "the edit is for another version", false),
        (Apply::ClaimApplied, "the text did not change", true),
        (Apply::Ignore, "the text did not change", true),
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
async fn an_edit_refused_because_the_user_typed_is_sent_again_for_the_new_text() {
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

        // The user stops typing, and has it applied.
        world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": result["jobId"] }])).await;
        let text = world.editor.wait_for_text(URI, |text| text.contains(BETTER)).await;
        assert_eq!(text, format!("{}{}", "# typed\n".repeat(3), refactored()));
        assert_eq!(world.editor.edits().len(), 4);
        world.finish().await;
    }
}

#[tokio::test]
async fn typing_inside_in_the_last_moment_wins_over_the_edit() {
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
async fn an_edit_that_neovim_dropped_and_claims_to_have_made_is_kept() {
    for profile in that_apply() {
        let world = World::open(profile.treats_stale(Apply::ClaimApplied)).await;
        world.editor.will_type_before_edit(URI, 0, "# typed\n");
        let result = refactor(&world).await;
        assert_eq!(result["outcome"], "proposed", "{}: {result}", world.profile.name);
        assert_eq!(world.editor.text(URI), format!("# typed\n{SOURCE}"), "{}", world.profile.name);
        assert_eq!(world.editor.edits().len(), 1);
        world.finish().await;
    }
}

#[tokio::test]
async fn an_edit_that_the_editor_moves_over_what_was_typed_counts_as_applied() {
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
async fn by_command_a_refusal_is_said_once_with_what_to_do_next() {
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
