//! The whole session is in the user's language.

use serde_json::{Value, json};

use crate::support::peer::Script;
use crate::support::profiles::{self, Profile};
use crate::world::{BETTER, FUNCTION, SOURCE, URI, World, titles, with};

/// One session for each way to choose Portuguese.
async fn in_portuguese() -> Vec<World> {
    let silent = |profile: Profile| profile.with("/locale", Value::Null);
    vec![
        opened(silent(profiles::vscode()).with("/locale", json!("pt-br")), |_| {}).await,
        opened(silent(profiles::vscode()).settings(json!({ "language": "pt-BR" })), |_| {}).await,
        opened(silent(profiles::neovim()).options(json!({ "language": "pt-BR" })), |_| {}).await,
        opened(silent(profiles::helix()), |variables| variables.push(("LANG", "pt_BR.UTF-8".to_owned()))).await,
    ]
}

/// A session in English on a machine in Portuguese.
async fn in_english() -> World {
    let profile = profiles::vscode().with("/locale", json!("en-US"));
    opened(profile, |variables| variables.push(("LANG", "pt_BR.UTF-8".to_owned()))).await
}

async fn opened(profile: Profile, adapt: impl FnOnce(&mut Vec<(&'static str, String)>)) -> World {
    let world = World::start_with(profile, adapt).await;
    world.editor.open(URI, "python", SOURCE);
    world
}

async fn menu(world: &World) -> Vec<String> {
    titles(&world.editor.code_actions(URI, &world.editor.range_of(URI, FUNCTION)).await)
}

#[tokio::test]
async fn the_menu_the_progress_and_the_answer_speak_portuguese() {
    for world in in_portuguese().await {
        let shown = menu(&world).await;
        for title in ["Explicar", "Refatorar", "Corrigir problemas aqui", "Documentar", "Revisar"] {
            let title = format!("{title} com StackSpot AI");
            assert!(shown.contains(&title), "{}: no {title} in {shown:?}", world.profile.name);
        }
        assert!(!shown.iter().any(|title| title.contains("with")), "{shown:?}");

        world.editor.choose(URI, &world.editor.range_of(URI, FUNCTION), "Explicar").await;
        let answer = world.shown_answer().await;
        assert!(answer.starts_with("# Explicar com StackSpot AI: cart.py, linhas 3–7\n"), "{answer}");
        assert!(answer.contains("s no total"), "{answer}");
        let progress = world.ended_progress().await;
        assert_eq!(progress.title(), "Explicar com StackSpot AI · cart.py");
        let end = progress.end().unwrap();
        assert!(end.starts_with("respondido: primeira palavra após 0,"), "{end}");
        world.finish().await;
    }
}

#[tokio::test]
async fn session_uses_english_when_the_editor_uses_english() {
    let world = in_english().await;
    let shown = menu(&world).await;
    assert!(shown.contains(&"Fix problems here with StackSpot AI".to_owned()), "{shown:?}");
    world.editor.choose(URI, &world.editor.range_of(URI, FUNCTION), "Explain").await;
    let answer = world.shown_answer().await;
    assert!(answer.starts_with("# Explain with StackSpot AI: cart.py, lines 3–7\n"), "{answer}");
    let end = world.ended_progress().await;
    assert!(end.end().unwrap().starts_with("answered: first word after 0."), "{end:?}");
    world.finish().await;
}

#[tokio::test]
async fn reason_for_a_held_job_or_edit_is_in_portuguese() {
    for world in in_portuguese().await {
        let blank = file_uri!("/home/ana/shop/blank.py");
        world.editor.open(blank, "python", "\n\n");
        let document = json!({ "uri": blank, "version": 1 });
        let start = json!({ "line": 0, "character": 0 });
        let params =
            json!({ "action": "explain", "textDocument": document, "range": { "start": start, "end": start } });
        let refused = world.run(params).await.unwrap_err();
        assert_eq!(refused["message"], "Só há espaço em branco nesse trecho. Selecione algum código e tente de novo.");

        world.peer.expect_chat(Script::stream().text(BETTER).end());
        let result = world.run(with(world.params("refactor"), "apply", json!("review"))).await.unwrap();
        assert_eq!(result["reason"], "A edição aguarda a sua revisão.", "{result}");
        let shown = menu(&world).await;
        assert!(shown.contains(&"Aplicar “Refatorar com StackSpot AI” (linhas 3–7)".to_owned()), "{shown:?}");
        world.finish().await;
    }
}

#[tokio::test]
async fn the_question_of_the_guard_is_put_and_answered_in_portuguese() {
    for world in in_portuguese().await {
        let uri = file_uri!("/home/ana/shop/.env");
        world.editor.open(uri, "plaintext", "MODE=1\n");
        world.editor.will_answer(Some("Enviar"));
        let document = json!({ "uri": uri, "version": 1 });
        let range = world.editor.range_of(uri, "MODE=1");
        world.run(json!({ "action": "explain", "textDocument": document, "range": range })).await.unwrap();
        let question = world.editor.messages().join("\n");
        assert!(
            question.contains("pelo nome, .env é") && question.contains("Enviar ao agente “01TESTAGENT”?"),
            "{question}"
        );
        world.finish().await;
    }
}

#[tokio::test]
async fn service_errors_are_shown_in_portuguese() {
    for world in in_portuguese().await {
        world.peer.expect_chat(Script::status(403));
        let error = world.run(world.params("explain")).await.unwrap_err();
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("O agente \"01TESTAGENT\" não existe ou não está compartilhado"), "{message}");
        assert!(message.contains("Verifique o id do agente"), "{message}");

        // The server keeps the received text, and says so.
        world.peer.expect_chat(Script::stream().text("Era uma vez"));
        let error = world.run(world.params("explain")).await.unwrap_err();
        assert!(error["message"].as_str().unwrap().starts_with("A resposta foi interrompida antes do fim"), "{error}");

        let unopened = json!({ "uri": URI, "version": 99 });
        let error = world.run(with(world.params("explain"), "textDocument", unopened)).await.unwrap_err();
        assert_eq!(error["data"]["kind"], "outOfSync", "{error}");
        assert!(error["message"].as_str().unwrap().contains("não é mais conhecida"), "{error}");
        world.finish().await;
    }
}

#[tokio::test]
async fn settings_errors_are_shown_in_portuguese() {
    let settings = json!({ "language": "pt-BR", "timeouts": { "idelMs": 5 } });
    let world = World::start(profiles::vscode().settings(settings)).await;
    let (_, message) = world.message().await;
    let expected = "a configuração \"timeouts.idelMs\" de stackspot-lsp é desconhecida e foi ignorada; você quis dizer";
    assert!(message.starts_with(expected), "{message}");
    world.finish().await;
}

#[tokio::test]
async fn missing_credential_is_reported_in_portuguese() {
    let profile = profiles::neovim().options(json!({ "language": "pt-BR", "agent": "01A" }));
    let world = opened(profile, |variables| variables.retain(|(name, _)| !name.starts_with("STACKSPOT_CLIENT"))).await;
    let error = world.run(world.params("explain")).await.unwrap_err();
    assert_eq!(error["data"]["kind"], "credentials", "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("Você não entrou") && message.contains("Falta: "), "{message}");
    world.finish().await;
}
