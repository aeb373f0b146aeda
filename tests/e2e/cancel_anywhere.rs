//! Each way to cancel works in each state of a job. The socket closes at once, the progress ends once, no edit is made.

use serde_json::{Value, json};

use crate::support::patience;
use crate::support::peer::{Exchange, Script};
use crate::support::profiles::{self, Apply};
use crate::world::{BETTER, FUNCTION, SOURCE, URI, World, with};

/// The state of the job when it is cancelled.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    /// The server asks the user about a possible secret in the prompt.
    Asking,
    /// Other jobs use all the places.
    Queued,
    /// Another job edits the same lines.
    Behind,
    /// The limit of questions per minute is reached.
    OwnLimit,
    /// The service said that the account's limit is reached.
    ServiceLimit,
    Retrying,
    /// The token was requested, but has not arrived.
    Connecting,
    Waiting,
    Streaming,
    /// The edit was sent, but the editor does not answer.
    Applying,
}

const STAGES: [Stage; 10] = [
    Stage::Asking,
    Stage::Queued,
    Stage::Behind,
    Stage::OwnLimit,
    Stage::ServiceLimit,
    Stage::Retrying,
    Stage::Connecting,
    Stage::Waiting,
    Stage::Streaming,
    Stage::Applying,
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Route {
    FirstAction,
    Command,
    Progress,
    Request,
    ProgressOfTheRequest,
    Shutdown,
}

const ROUTES: [Route; 6] =
    [Route::FirstAction, Route::Command, Route::Progress, Route::Request, Route::ProgressOfTheRequest, Route::Shutdown];

struct Scene {
    world: World,
    /// The sockets that must be closed in the end.
    sockets: Vec<Exchange>,
    /// Other jobs, which the same cancel may end.
    others: Vec<i64>,
}

impl Stage {
    /// `state` in the status.
    fn state(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Queued | Self::Behind => "queued",
            Self::OwnLimit | Self::ServiceLimit => "rateLimited",
            Self::Retrying => "retrying",
            Self::Connecting => "connecting",
            Self::Waiting => "waiting",
            Self::Streaming => "streaming",
            Self::Applying => "applying",
        }
    }

    /// A session in which the next job reaches this stage and stays there.
    async fn scene(self) -> Scene {
        let limits = match self {
            Self::Queued => json!({ "concurrentJobs": 1 }),
            Self::OwnLimit => json!({ "requestsPerMinute": 1 }),
            _ => json!({}),
        };
        let profile =
            profiles::vscode().options(json!({ "limits": limits })).never_answers("window/showMessageRequest");
        let world = World::open(if self == Self::Applying { profile.applies(Apply::Ignore) } else { profile }).await;
        let (mut sockets, mut others) = (Vec::new(), Vec::new());
        let chat = |script| world.peer.expect_chat(script);
        match self {
            Self::Asking => {
                let token = format!("{}{}", "ghp_", "Zq3VxT8mLw2RkY7bNc5HdJ9sPf4GaE6uUi1o");
                world.editor.replace(URI, "hi ", &token);
            }
            Self::Queued | Self::Behind => {
                let (other, socket) = world.ask("refactor", Script::stream().text("def").stall()).await;
                others.push(other);
                sockets.push(socket);
            }
            Self::OwnLimit => {
                world.run(world.params("explain")).await.unwrap();
            }
            Self::ServiceLimit => drop(chat(Script::error(429, "LIMIT", "slow down").header("retry-after", "60"))),
            Self::Retrying => drop(chat(Script::error(503, "TIRED", "later").header("retry-after", "60"))),
            Self::Connecting => sockets.push(world.peer.expect_token(Script::raw().stall())),
            Self::Waiting => sockets.push(chat(Script::stream().stall())),
            Self::Streaming => sockets.push(chat(Script::stream().text("def").stall())),
            Self::Applying => drop(chat(Script::stream().text(BETTER).end())),
        }
        Scene { world, sockets, others }
    }

    /// The part of the text that the job is about.
    fn needle(self) -> &'static str {
        if self == Self::Asking { "def greet(name):" } else { FUNCTION }
    }
}

async fn wait_for_state_of_the_last(world: &World, state: &str) -> String {
    loop {
        let status = world.editor.execute("stackspot-lsp.status", Value::Null).await;
        let last = status["jobs"].as_array().unwrap().last().cloned().unwrap_or_default();
        if last["state"] == state {
            return last["jobId"].as_str().unwrap().to_owned();
        }
        patience::a_moment().await;
    }
}

#[tokio::test]
async fn every_way_to_cancel_works_at_every_stage() {
    for stage in STAGES {
        for route in ROUTES {
            cancelled(stage, route).await;
        }
    }
}

async fn cancelled(stage: Stage, route: Route) {
    let story = format!("{route:?} while {stage:?}");
    let Scene { world, sockets, others } = stage.scene().await;
    let before = world.editor.text(URI);
    let params = world.params_on("refactor", stage.needle());
    let request = match route {
        Route::Request | Route::ProgressOfTheRequest => {
            let params = with(params, "workDoneToken", json!("work"));
            Some(world.editor.start_request("stackspot-lsp/run", params))
        }
        _ => {
            world.editor.execute("stackspot-lsp.run", json!([params])).await;
            None
        }
    };
    let job = wait_for_state_of_the_last(&world, stage.state()).await;
    if stage == Stage::Applying {
        world.editor.wait_for_method("workspace/applyEdit").await;
    }
    if stage == Stage::Asking {
        world.editor.wait_for_method("window/showMessageRequest").await;
    }
    // All these sockets are open now, because a job that is cancelled too early sends nothing.
    for socket in &sockets {
        socket.arrived().await;
    }
    let token = if request.is_some() { json!("work") } else { json!(format!("stackspot-lsp/{job}")) };
    let mut shutdown = None;
    match route {
        Route::FirstAction => {
            let range = world.editor.range_of(URI, stage.needle());
            let actions = world.editor.code_actions(URI, &range).await;
            assert!(actions[0]["title"].as_str().unwrap().starts_with("Cancel"), "{story}: {actions:?}");
            world.editor.run(&actions, "Cancel").await;
        }
        Route::Command => {
            let reply = world.editor.execute("stackspot-lsp.cancel", json!([{ "jobId": job }])).await;
            assert_eq!(reply, json!({ "cancelled": 1 }), "{story}");
        }
        Route::Progress | Route::ProgressOfTheRequest => world.editor.cancel_progress(&token),
        Route::Request => world.editor.cancel(request.unwrap()),
        Route::Shutdown => shutdown = Some(world.editor.start_request("shutdown", Value::Null)),
    }
    if let Some(request) = request {
        assert_eq!(world.editor.response(request).await.unwrap_err()["code"], -32800, "{story}");
    }
    let ended = world
        .editor
        .wait_until(&story, |state| {
            let progress = state.progress().into_iter().find(|progress| progress.token == token)?;
            progress.end().map(str::to_owned)
        })
        .await;
    assert_eq!(ended, "cancelled", "{story}");
    // The editor fails the story on a second end, on a message, and on an edit that no test read.
    if shutdown.is_none() {
        world.editor.execute("stackspot-lsp.cancel", Value::Null).await;
        world.wait_for_no_jobs().await;
    }
    for other in others {
        assert_eq!(world.editor.response(other).await.unwrap_err()["code"], -32800, "{story}");
    }
    for socket in sockets {
        socket.closed().await;
    }
    assert_eq!(world.editor.text(URI), before, "{story}");
    assert!(before.len() >= SOURCE.len());
    match shutdown {
        None => world.finish().await,
        Some(shutdown) => {
            world.editor.response(shutdown).await.unwrap();
            let World { editor, peer: _peer, .. } = world;
            editor.exit().await;
        }
    }
}
