//! The progress says what the job waits for and how long. It changes at most ten times per second.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::peer::{Gate, Script};
use crate::support::profiles::{self, Profile};
use crate::world::{BETTER, ERROR, INFO, URI, World, refactored, with};

/// Asks with the editor's own progress, named `work`.
fn ask(world: &World, action: &str) -> i64 {
    world.editor.start_request("stackspot-lsp/run", with(world.params(action), "workDoneToken", json!("work")))
}

/// The messages of the only progress so far.
fn words(world: &World) -> Vec<String> {
    let all = world.editor.progress();
    let events = all.first().map(|progress| progress.events.clone()).unwrap_or_default();
    events.iter().filter_map(|event| event["message"].as_str().map(str::to_owned)).collect()
}

async fn wait_for_words(world: &World, wanted: &str) {
    let said = |event: &Value| event["message"].as_str().is_some_and(|message| message.contains(wanted));
    let heard = |state: &mut crate::support::editor_state::State| {
        state.progress().iter().any(|progress| progress.events.iter().any(said)).then_some(())
    };
    world.editor.wait_until(wanted, heard).await;
}

/// The same in paused time, which advances faster than real time.
async fn wait_for_words_in_time(world: &World, wanted: &str) {
    tokio::time::pause();
    wait_for_words(world, wanted).await;
    tokio::time::resume();
}

#[tokio::test]
async fn progress_counts_the_seconds_until_the_first_word() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let gate = Gate::default();
        let chat = world.peer.expect_chat(Script::stream().gate(&gate).text("It adds prices.").end());
        let request = ask(&world, "explain");
        chat.arrived().await;
        wait_for_words(&world, "waiting for the first word").await;
        wait_for_words_in_time(&world, "waiting for the first word (3 s)").await;
        let heard = words(&world);
        for seconds in 1..=3 {
            let count = heard.iter().filter(|words| words.contains(&format!("first word ({seconds} s)"))).count();
            assert_eq!(count, 1, "{heard:?}");
        }
        // Enough time passes for another report.
        tokio::time::pause();
        tokio::time::advance(Duration::from_millis(150)).await;
        tokio::time::resume();
        gate.open();
        world.editor.response(request).await.unwrap();
        let heard = words(&world);
        assert!(!heard.iter().any(|words| words.starts_with('0')), "no word is counted before it is there: {heard:?}");
        let end = words(&world).pop().unwrap();
        assert!(end.starts_with("answered: first word after") && end.ends_with("7 → 3 tokens"), "{end}");
        world.finish().await;
    }
}

#[tokio::test]
async fn progress_shows_sign_in_and_agent_lookup() {
    let world = World::open(profiles::vscode()).await;
    let (token, list) = (Gate::default(), Gate::default());
    world.peer.expect_token(Script::token("token-1", 1200).held_by(&token));
    let listed = json!([{ "id": "01REVIEWER", "name": "Reviewer" }]);
    world.peer.expect("/v1/agents", Script::reply(&listed).held_by(&list));
    let params = with(world.params("explain"), "workDoneToken", json!("work"));
    let request = world.editor.start_request("stackspot-lsp/run", with(params, "agent", json!("Reviewer")));
    wait_for_words(&world, "signing in").await;
    token.open();
    wait_for_words_in_time(&world, "looking up the agent").await;
    list.open();
    world.editor.response(request).await.unwrap();
    assert!(world.peer.chats()[0].path.contains("/01REVIEWER/"), "{:?}", world.peer.chats());
    world.finish().await;
}

#[tokio::test]
async fn progress_shows_that_it_waits_for_the_users_answer() {
    let world = World::start(profiles::vscode().never_answers("window/showMessageRequest")).await;
    let token = format!("{}{}", "ghp_", "Zq3VxT8mLw2RkY7bNc5HdJ9sPf4GaE6uUi1o");
    world.editor.open(URI, "python", &format!("def total():\n    login(\"{token}\")\n"));
    let params = with(world.params_on("explain", "login"), "workDoneToken", json!("work"));
    let request = world.editor.start_request("stackspot-lsp/run", params);
    wait_for_words(&world, "waiting for your answer").await;
    world.editor.wait_for_method("window/showMessageRequest").await;
    world.wait_for_state("asking").await;
    world.editor.cancel(request);
    assert_eq!(world.editor.response(request).await.unwrap_err()["code"], -32800);
    assert_eq!((world.peer.chats().len(), world.peer.token_requests()), (0, 0));
    world.finish().await;
}

#[tokio::test]
async fn progress_counts_down_the_wait_for_the_rate_limit() {
    let limit = |profile: Profile| profile.options(json!({ "limits": { "requestsPerMinute": 1 } }));
    for profile in [profiles::vscode(), profiles::helix()] {
        let world = World::open(limit(profile)).await;
        world.run(world.params("explain")).await.unwrap();
        let request = ask(&world, "explain");
        world.wait_for_state("rateLimited").await;
        let of_this = |progress: &crate::support::editor_tokens::Progress| progress.token == "work";
        tokio::time::pause();
        world
            .editor
            .wait_until("three seconds", |state| {
                let progress = state.progress().into_iter().find(of_this)?;
                let seconds: Vec<u64> = progress.events.iter().filter_map(limit_seconds).collect();
                let counts_down = seconds.windows(2).all(|pair| pair[1] + 1 == pair[0]);
                assert!(counts_down && seconds.iter().all(|seconds| (50..=60).contains(seconds)), "{seconds:?}");
                (seconds.len() > 3).then_some(())
            })
            .await;
        tokio::time::resume();
        world.editor.cancel(request);
        assert_eq!(world.editor.response(request).await.unwrap_err()["code"], -32800);
        assert_eq!(world.peer.chats().len(), 1);
        world.finish().await;
    }
}

fn limit_seconds(event: &Value) -> Option<u64> {
    event["message"]
        .as_str()?
        .strip_prefix("waiting for the account's request limit: ")?
        .strip_suffix(" s")?
        .parse()
        .ok()
}

#[tokio::test]
async fn progress_shows_another_attempt_with_its_reason() {
    let world = World::open(profiles::neovim()).await;
    let gate = Gate::default();
    let tired = Script::error(503, "X", "the service is tired").header("retry-after", "2").held_by(&gate);
    let refused = world.peer.expect_chat(tired);
    let chat = world.peer.expect_chat(Script::stream().text("It adds prices.").end());
    let request = ask(&world, "explain");
    refused.arrived().await;
    gate.open();
    // The wait is random, and its report comes up to 0.1 s later. Therefore the first number is 2 or 3.
    wait_for_words(&world, " s, attempt 2: ").await;
    wait_for_words_in_time(&world, "trying again in 1 s, attempt 2: ").await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2)).await;
    tokio::time::resume();
    chat.arrived().await;
    world.editor.response(request).await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn progress_shows_that_the_stream_is_silent() {
    let world = World::open(profiles::vscode()).await;
    let gate = Gate::default();
    let chat = world.peer.expect_chat(Script::stream().text("It adds").gate(&gate).text(" prices.").end());
    let request = ask(&world, "explain");
    chat.arrived().await;
    wait_for_words(&world, "7 characters … It adds").await;
    wait_for_words_in_time(&world, "It adds · nothing new for 4 s").await;
    gate.open();
    world.editor.response(request).await.unwrap();
    world.finish().await;
}

#[tokio::test]
async fn there_are_never_more_than_ten_reports_a_second() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let many: Script = (0..400).fold(Script::stream(), |script, _| script.text("Some words. "));
        let chat = world.peer.expect_chat(many.end());
        let begun = Instant::now();
        let request = ask(&world, "explain");
        chat.arrived().await;
        world.editor.response(request).await.unwrap();
        let tenths = begun.elapsed().as_millis() / 100 + 1;
        let progress = world.ended_progress().await;
        let reports = progress.events.iter().filter(|event| event["kind"] == "report");
        let reports = u128::try_from(reports.count()).unwrap();
        assert!((1..=tenths + 1).contains(&reports), "{reports} reports in {tenths} tenths of a second");
        world.finish().await;
    }
}

/// Some editors show only that a progress exists. For them the server sends the end as a message, unless the end is
/// visible elsewhere. All others have the end in the progress.
#[tokio::test]
async fn one_message_shows_the_end_when_progress_does_not() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        world.peer.answer_by_default(Script::stream().text(BETTER).end());
        world.editor.execute("stackspot-lsp.run", json!([world.params("refactor")])).await;
        if world.applies() {
            world.editor.wait_for_text(URI, |text| text == refactored()).await;
        }
        if !world.profile.behaviour.tells_the_end {
            let (kind, message) = world.message().await;
            let expected = if world.applies() { "“Refactor with StackSpot AI” is done" } else { "was not applied" };
            assert!(kind == INFO && message.contains(expected), "{}: {message}", world.profile.name);
        } else {
            assert!(world.ended_progress().await.end().unwrap().starts_with("applied: "));
        }
        world.wait_for_no_running_jobs().await;
        world.editor.edits();
        // The server also reports a failure once, whether or not the progress shows it.
        world.peer.answer_by_default(Script::error(403, "FORBIDDEN", "no"));
        world.editor.execute("stackspot-lsp.run", json!([world.params_on("explain", "def greet")])).await;
        let (kind, message) = world.message().await;
        assert_eq!(kind, ERROR, "{}: {message}", world.profile.name);
        world.wait_for_no_running_jobs().await;
        // `finish` fails on any further message.
        world.finish().await;
    }
}
