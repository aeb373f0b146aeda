//! Settings come from the editor in its own way. The server follows changes, and keeps the last valid settings.

use serde_json::{Value, json};

use crate::support::editor_state::State;
use crate::support::patience;
use crate::support::peer::{Gate, Script};
use crate::support::profiles::{self, Profile};
use crate::world::{AGENT, BETTER, ERROR, SOURCE, URI, WARNING, World, with};

/// The agent that receives the next question.
async fn asked(world: &World) -> String {
    let count = world.peer.chats().len();
    world.run(world.params("explain")).await.unwrap();
    world.peer.chats()[count].path.trim_start_matches("/v1/agent/").trim_end_matches("/chat").to_owned()
}

fn that_answer() -> impl Iterator<Item = Profile> {
    profiles::all().into_iter().filter(|profile| profile.declares("/workspace/configuration"))
}

#[tokio::test]
async fn initialization_options_work_with_or_without_the_section() {
    for profile in profiles::all() {
        for options in [json!({ "agent": "A" }), json!({ "stackspot-lsp": { "agent": "A" } })] {
            // If the server also requests the editor's settings, the reply `null` changes nothing.
            let world = World::open(profile.clone().options(options)).await;
            assert_eq!(asked(&world).await, "A", "{}", world.profile.name);
            if world.profile.declares("/workspace/configuration") {
                world.editor.wait_for_method("workspace/configuration").await;
            }
            assert_eq!(asked(&world).await, "A", "{}", world.profile.name);
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn workspace_configuration_overrides_initialization_options() {
    for profile in that_answer() {
        let settings = json!({ "agent": "B", "knowledge": { "enabled": true, "deepSearch": null } });
        let options = json!({ "agent": "A", "knowledge": { "deepSearch": true } });
        let world = World::open(profile.options(options).settings(settings)).await;
        world.agent_is("B").await;
        assert_eq!(asked(&world).await, "B");
        let body = world.peer.chats()[0].json();
        assert_eq!((&body["stackspot_knowledge"], &body["deep_search_ks"]), (&json!(true), &json!(true)), "{body}");
        world.finish().await;
    }
}

#[tokio::test]
async fn settings_changes_are_used_at_once_pulled_or_pushed() {
    for profile in profiles::all() {
        let world = World::open(profile.options(json!({ "agent": "A" }))).await;
        assert_eq!(asked(&world).await, "A");
        world.editor.change_settings(json!({ "agent": "B" }));
        world.agent_is("B").await;
        assert_eq!(asked(&world).await, "B", "{}", world.profile.name);
        // After the editor removes the setting, the first one is in force again.
        world.editor.change_settings(json!({ "agent": null }));
        world.agent_is("A").await;
        world.finish().await;
    }
}

#[tokio::test]
async fn settings_of_other_servers_are_not_unknown_keys() {
    for profile in that_answer() {
        let world = World::open(profile.options(json!({ "agent": "A" }))).await;
        let theirs = json!({ "settings": { "pylsp": { "plugins": {} } } });
        world.editor.notify("workspace/didChangeConfiguration", theirs);
        // A warning about them would come before the warning about the next settings.
        world.editor.change_settings(json!({ "agnet": "B" }));
        let (kind, message) = world.message().await;
        assert!(kind == WARNING && message.contains("agnet"), "{message}");
        assert_eq!(asked(&world).await, "A", "{}", world.profile.name);
        world.finish().await;
    }
}

#[tokio::test]
async fn settings_changes_are_registered_only_if_editor_offers_it() {
    let is_of_settings = |registration: &&Value| registration["method"] == "workspace/didChangeConfiguration";
    for profile in profiles::all() {
        let offers = profile.declares("/workspace/didChangeConfiguration/dynamicRegistration");
        let world = World::open(profile).await;
        if offers {
            let of_settings = |state: &State| state.registrations.iter().find(is_of_settings).cloned();
            let registration = world.editor.wait_until("a registration", |state| of_settings(state)).await;
            assert_eq!(registration["registerOptions"], json!({ "section": "stackspot-lsp" }));
        } else {
            asked(&world).await;
            assert_eq!(world.editor.registrations().iter().find(is_of_settings), None, "{}", world.profile.name);
        }
        world.finish().await;
    }
}

#[tokio::test]
async fn wrong_setting_type_is_named_once_and_old_settings_stay() {
    for profile in profiles::all() {
        let world = World::open(profile.options(json!({ "agent": "A" }))).await;
        assert_eq!(asked(&world).await, "A");
        let wrong = json!({ "agent": "B", "timeouts": { "idleMs": "soon" } });
        world.editor.change_settings(wrong.clone());
        let (kind, message) = world.message().await;
        assert_eq!(kind, ERROR);
        assert!(
            message.contains("timeouts.idleMs") && message.contains("whole number") && message.contains("soon"),
            "{message}"
        );
        assert_eq!(asked(&world).await, "A", "{}", world.profile.name);
        // The server warns once, even if the editor repeats the settings.
        world.editor.change_settings(wrong);
        world.editor.change_settings(json!({ "agent": "C" }));
        world.agent_is("C").await;
        assert_eq!(world.count("window/showMessage"), 1, "{}", world.profile.name);
        world.finish().await;
    }
}

#[tokio::test]
async fn unknown_setting_gives_a_warning_with_its_name() {
    for profile in profiles::all() {
        let world = World::open(profile.options(json!({ "agent": "A", "edit": { "aply": "review" } }))).await;
        let (kind, message) = world.message().await;
        assert!(kind == WARNING && message.contains("edit.aply") && message.contains("edit.apply"), "{message}");
        assert_eq!(asked(&world).await, "A");
        world.finish().await;
    }
}

#[tokio::test]
async fn credentials_and_endpoints_never_come_from_the_editor() {
    let evil = json!({
        "realm": "evil", "clientId": "evil", "clientSecret": "evil-secret", "endpoints": { "inference": "https://evil.example" },
    });
    for profile in profiles::all() {
        let world = World::open(profile.options(evil.clone()).settings(evil.clone())).await;
        let mut named = Vec::new();
        for _ in 0..4 {
            let (kind, message) = world.message().await;
            assert!(kind == WARNING && !message.contains("evil"), "{message}");
            named.push(message);
        }
        for key in ["\"realm\"", "\"clientId\"", "\"clientSecret\"", "\"endpoints\""] {
            assert!(named.iter().any(|message| message.contains(key)), "{named:?}");
        }
        assert_eq!(asked(&world).await, AGENT);
        let token = world.peer.requests().into_iter().find(|request| request.is_token()).unwrap();
        assert!(token.path.starts_with("/test-realm/"), "{}", token.path);
        world.finish().await;
    }
}

#[tokio::test]
async fn without_streaming_the_plain_reply_is_used() {
    for profile in profiles::all() {
        let world = World::open(profile.options(json!({ "streaming": false }))).await;
        let reply = json!({ "message": BETTER, "stop_reason": "stop", "tokens": { "input": 5, "output": 2 } });
        world.peer.expect_chat(Script::reply(&reply));
        let params = with(world.params("explain"), "partialResultToken", json!("p"));
        let result = world.run(params).await.unwrap();
        assert_eq!(world.peer.chats()[0].json()["streaming"], false);
        assert_eq!((&result["answer"], &result["usage"]["inputTokens"]), (&json!(BETTER), &json!(5)));
        assert_eq!(world.editor.partial_results(&json!("p")), [json!({ "delta": BETTER })]);
        world.finish().await;
    }
}

#[tokio::test]
async fn in_review_every_edit_is_proposed_and_a_request_may_differ() {
    for profile in that_answer() {
        let world = World::open(profile.options(json!({ "edit": { "apply": "review" } }))).await;
        world.peer.answer_by_default(Script::stream().text(BETTER).end());
        let result = world.run(world.params("refactor")).await.unwrap();
        assert_eq!((&result["outcome"], world.count("workspace/applyEdit")), (&json!("proposed"), 0));
        assert!(result["reason"].as_str().unwrap().contains("review"), "{result}");
        assert_eq!(world.editor.text(URI), SOURCE);
        let result = world.run(with(world.params("refactor"), "apply", json!("auto"))).await.unwrap();
        assert_eq!(result["outcome"], "applied", "{result}");
        world.editor.edits();
        world.finish().await;
    }
}

#[tokio::test]
async fn disabled_action_is_hidden_and_custom_title_is_shown() {
    for profile in profiles::all() {
        let actions =
            json!({ "refactor": { "enabled": false }, "explain": { "title": "Explica isso", "prompt": "Explica." } });
        let world = World::open(profile.options(json!({ "actions": actions }))).await;
        let range = world.params("explain")["range"].clone();
        let listed = world.editor.code_actions(URI, &range).await;
        let titles: Vec<&str> = listed.iter().map(|action| action["title"].as_str().unwrap()).collect();
        assert_eq!(titles[0], "Explica isso");
        assert!(titles.iter().all(|title| !title.starts_with("Refactor")), "{titles:?}");
        let error = world.run(world.params("refactor")).await.unwrap_err();
        assert!(error["code"] == -32602 && error["message"].as_str().unwrap().contains("refactor"), "{error}");
        asked(&world).await;
        assert!(world.peer.chats()[0].json()["user_prompt"].as_str().unwrap().contains("Explica."));
        world.finish().await;
    }
}

#[tokio::test]
async fn agent_can_be_named_by_its_key_in_the_settings() {
    for profile in profiles::all() {
        let agents = json!({
            "reviewer": { "id": "01REVIEWER", "versionNumber": 3, "knowledge": true, "extraBody": { "selected_model": "m" } },
            "house": { "id": "01HOUSE" },
        });
        let actions = json!({ "refactor": { "agent": "house" } });
        let options = json!({ "agent": "reviewer", "agents": agents, "actions": actions });
        let world = World::open(profile.options(options)).await;
        assert_eq!(asked(&world).await, "01REVIEWER");
        let body = world.peer.chats()[0].json();
        assert_eq!(body["agent_version_number"], 3);
        assert_eq!((&body["stackspot_knowledge"], &body["selected_model"]), (&json!(true), &json!("m")));
        world.peer.expect_chat(Script::stream().text(SOURCE).end());
        let result = world.run(with(world.params("explain"), "agent", json!("house"))).await.unwrap();
        assert_eq!(result["agent"], "01HOUSE");
        world.run(world.params("refactor")).await.unwrap();
        assert_eq!(world.peer.chats()[2].path, "/v1/agent/01HOUSE/chat");
        world.finish().await;
    }
}

#[tokio::test]
async fn job_over_the_limit_is_queued_and_progress_shows_it() {
    for profile in profiles::all() {
        let world = World::open(profile.options(json!({ "limits": { "concurrentJobs": 1 } }))).await;
        let gate = Gate::default();
        let (first, _) = world.ask("explain", Script::stream().gate(&gate).text("one").end()).await;
        let params = with(world.params("explain"), "workDoneToken", json!("second"));
        let second = world.editor.start_request("stackspot-lsp/run", params);
        let is_queued = |event: &Value| event["message"].as_str().is_some_and(|message| message.contains("queued"));
        world
            .editor
            .wait_until("the queue in the progress", |state| {
                let all = state.progress();
                let second = all.iter().find(|progress| progress.token == "second")?;
                second.events.iter().any(is_queued).then_some(())
            })
            .await;
        assert_eq!(world.peer.chats().len(), 1);
        gate.open();
        assert_eq!(world.editor.response(first).await.unwrap()["answer"], "one");
        assert_eq!(world.editor.response(second).await.unwrap()["outcome"], "answered");
        world.finish().await;
    }
}

#[tokio::test]
async fn lower_job_limit_applies_while_jobs_are_running() {
    let world = World::open(profiles::neovim()).await;
    let gate = Gate::default();
    world.peer.answer_by_default(Script::stream().gate(&gate).text("An answer.").end());
    let start = || world.editor.start_request("stackspot-lsp/run", world.params("explain"));
    let running: Vec<i64> = (0..8).map(|_| start()).collect();
    world.peer.chat_arrived(8).await;
    world.editor.change_settings(json!({ "agent": "B", "limits": { "concurrentJobs": 1 } }));
    world.agent_is("B").await;
    gate.open();
    for request in running {
        world.editor.response(request).await.unwrap();
    }
    let closed = Gate::default();
    world.peer.answer_by_default(Script::stream().gate(&closed).text("An answer.").end());
    let (first, second) = (start(), start());
    world.peer.chat_arrived(9).await;
    // Before both requests queue, they look up the agent of the settings. Either may get the result first.
    let is_queued = async || {
        let status = world.editor.execute("stackspot-lsp.status", Value::Null).await;
        status["jobs"].as_array().unwrap().iter().any(|job| job["state"] == "queued")
    };
    while !is_queued().await {
        patience::a_moment().await;
    }
    assert_eq!(world.peer.chats().len(), 9);
    closed.open();
    for request in [first, second] {
        world.editor.response(request).await.unwrap();
    }
    world.finish().await;
}

#[tokio::test]
async fn answers_are_messages_when_the_user_sets_it() {
    for profile in profiles::all() {
        let world = World::open(profile.options(json!({ "answer": { "surface": "message" } }))).await;
        world.editor.execute("stackspot-lsp.run", json!([world.params("explain")])).await;
        let (_, message) = world.message().await;
        assert!(message.contains("An answer by default."), "{message}");
        assert_eq!(world.count("window/showDocument"), 0);
        world.finish().await;
    }
}

#[tokio::test]
async fn the_agent_answers_in_the_language_of_the_user() {
    let with_locale = |locale: &str| profiles::vscode().with("/locale", json!(locale));
    let cases = [
        (with_locale("pt-br"), "pt-BR"),
        (with_locale("de"), "en"),
        (with_locale("pt-br").options(json!({ "language": "en" })), "en"),
        (profiles::helix().options(json!({ "language": "pt-BR" })), "pt-BR"),
    ];
    for (profile, language) in cases {
        let world = World::open(profile).await;
        asked(&world).await;
        let prompt = world.peer.chats()[0].json()["user_prompt"].as_str().unwrap().to_owned();
        assert!(prompt.contains(&format!("Answer in: {language}\n")), "{prompt}");
        world.finish().await;
    }
}

/// Writes a user file with this text. Only its owner can read it, unless `for_all`.
fn write_user_file(variables: &[(&'static str, String)], text: &str, for_all: bool) {
    let (_, config) = variables.iter().find(|(name, _)| *name == "XDG_CONFIG_HOME").unwrap();
    let folder = std::path::Path::new(config).join("stackspot-lsp");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = if for_all { 0o644 } else { 0o600 };
        std::fs::set_permissions(folder.join("config.toml"), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = for_all;
}

#[tokio::test]
async fn editor_settings_override_the_user_file() {
    for profile in profiles::all() {
        let adapt = |variables: &mut Vec<(&'static str, String)>| {
            variables.retain(|(name, _)| !["STACKSPOT_REALM", "STACKSPOT_AGENT_ID"].contains(name));
            let text = "realm = \"from-the-file\"\nagent = \"FILE\"\nstreaming = false\n[knowledge]\nenabled = true\n";
            write_user_file(variables, text, false);
        };
        let world = World::start_with(profile.options(json!({ "streaming": true })), adapt).await;
        world.editor.open(URI, "python", SOURCE);
        assert_eq!(asked(&world).await, "FILE");
        let body = world.peer.chats()[0].json();
        assert_eq!((&body["streaming"], &body["stackspot_knowledge"]), (&json!(true), &json!(true)), "{body}");
        let token = world.peer.requests().into_iter().find(|request| request.is_token()).unwrap();
        assert!(token.path.starts_with("/from-the-file/"), "{}", token.path);
        world.finish().await;
    }
}

#[tokio::test]
async fn broken_user_file_is_reported_once_and_nothing_is_sent() {
    for profile in profiles::all() {
        let text = "[endpoints]\ninference = \"https://private.example\"\n[broken\n";
        let world = World::start_with(profile, |variables| write_user_file(variables, text, false)).await;
        world.editor.open(URI, "python", SOURCE);
        let (kind, message) = world.message().await;
        assert!(kind == ERROR && message.contains("config.toml:3"), "{message}");
        let error = world.run(world.params("explain")).await.unwrap_err();
        assert_eq!(error["data"]["kind"], "credentials", "{error}");
        assert!(error["message"].as_str().unwrap().contains("config.toml:3"), "{error}");
        assert_eq!(world.peer.requests().len(), 0);
        world.finish().await;
    }
}

#[tokio::test]
async fn readable_secret_and_unknown_key_give_warnings() {
    for profile in profiles::all() {
        let text = "client_secret = \"from-the-file\"\nstreeming = false\n[endpoints]\nidn = \"https://a.example\"\n";
        let world = World::start_with(profile, |variables| write_user_file(variables, text, true)).await;
        // On Windows no other user reads the files below the profile.
        let wanted = if cfg!(unix) {
            ["streeming", "endpoints.idn", "chmod 600"].as_slice()
        } else {
            &["streeming", "endpoints.idn"]
        };
        let mut said = Vec::new();
        for _ in wanted {
            let (kind, message) = world.message().await;
            assert!(kind == WARNING && !message.contains("from-the-file"), "{message}");
            said.push(message);
        }
        for part in wanted {
            assert!(said.iter().any(|message| message.contains(part)), "{part}: {said:?}");
        }
        world.finish().await;
    }
}
