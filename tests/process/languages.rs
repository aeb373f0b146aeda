//! The commands in the user's language: from the user file, otherwise from `LANG`. Other programs get the same output.

use serde_json::{Value, json};

use crate::child::Home;
use crate::doctor::{expect_list, healthy, settled};
use crate::support::peer::{Peer, Script};

const BRAZIL: (&str, &str) = ("LANG", "pt_BR.UTF-8");

/// The output of doctor in Portuguese, word for word.
async fn examined(peer: &Peer, home: &Home, code: i32) -> String {
    let run = home.run(&["doctor"]).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(code), ""), "{}", run.stdout);
    peer.forget_unused();
    settled(&run, home, peer)
}

const NOT_CHECKED: &str = "\
pulado  rede          Não verificado, por causa do que falhou acima.
pulado  token         Não verificado, por causa do que falhou acima.
pulado  agente        Não verificado, por causa do que falhou acima.
pulado  latência      Não verificado, por causa do que falhou acima.
";

#[tokio::test]
async fn doctor_finds_all_well_in_portuguese() {
    let (peer, home) = healthy().await;
    let home = home.with(BRAZIL.0, BRAZIL.1);
    expect_list(&peer, "01TESTAGENT");
    let found = "\
ok      configuração  Não há ~/.config/stackspot-lsp/config.toml; valem o ambiente e os valores padrão.
ok      credencial    Client id test-client do realm test-realm.
ok      rede          http://SERVICE responde.
ok      token         A credencial foi aceita.
ok      agente        Reviewer (01TESTAGENT) está entre os agentes da conta; nada foi perguntado a ele.
ok      latência      … ms até haver um token.
";
    assert_eq!(examined(&peer, &home, 0).await, found);

    peer.expect("/v1/agents", Script::status(403));
    peer.expect_chat(Script::stream().text("OK").end());
    let asked = found
        .replace(
            "Reviewer (01TESTAGENT) está entre os agentes da conta; nada foi perguntado a ele.",
            "O agente \"01TESTAGENT\" respondeu a uma pergunta curta (7 → 3 tokens).",
        )
        .replace("até haver um token", "até a primeira palavra do agente");
    assert_eq!(examined(&peer, &home, 0).await, asked);
}

#[tokio::test]
async fn doctor_reports_failures_in_portuguese() {
    let peer = Peer::start().await;
    let home = Home::new().with(BRAZIL.0, BRAZIL.1);
    let missing = "Você não entrou: execute stackspot-lsp login, ou experimente tudo sem uma conta com stackspot-lsp \
                   --sandbox. Falta: o realm (o slug da sua conta): STACKSPOT_REALM, ou `realm`; o client id: STACKSPOT_CLIENT_ID, ou \
                   `client_id`; o client secret: STACKSPOT_CLIENT_SECRET ou STACKSPOT_CLIENT_KEY, ou `client_secret` ou \
                   `client_secret_command`. Cada um pode também ser uma variável no ambiente, ou uma chave no arquivo do \
                   usuário config.toml.";
    let found = format!(
        "ok      configuração  Não há ~/.config/stackspot-lsp/config.toml; valem o ambiente e os valores padrão.\n\
         falhou  credencial    {missing}\n{NOT_CHECKED}"
    );
    assert_eq!(examined(&peer, &home, 1).await, found);

    // A broken file hides its language. The language of the environment remains.
    let home = home.with_config("language = \"en\"\nrealm = \n");
    let found = examined(&peer, &home, 1).await;
    assert!(found.starts_with("falhou  configuração  ~/.config/stackspot-lsp/config.toml:2: "), "{found}");
    assert!(
        found
            .ends_with(&format!("pulado  credencial    Não verificado, por causa do que falhou acima.\n{NOT_CHECKED}"))
    );
}

#[tokio::test]
async fn language_of_the_user_file_overrides_the_environment() {
    let (peer, home) = healthy().await;
    let home = home.with_config("language = \"pt-BR\"\ntimeouts.idelMs = 1000\n");
    expect_list(&peer, "01OTHER");
    let run = home.run(&["doctor", "--no-ask"]).await;
    let found = settled(&run, &home, &peer);
    let settings = "aviso   configuração  a configuração \"timeouts.idelMs\" de config.toml é desconhecida e foi ignorada; \
                    você quis dizer \"timeouts.idleMs\"?\n\
                    ok      configuração  ~/.config/stackspot-lsp/config.toml está em ordem.\n";
    assert!(found.starts_with(settings), "{found}");
    let agent = "aviso   agente        O agente \"01TESTAGENT\" não está entre os 1 que a conta lista. Nada foi perguntado a \
                 ele: tire --no-ask para fazer uma pergunta curta.\n";
    assert!(found.contains(agent), "{found}");

    let (peer, home) = healthy().await;
    expect_list(&peer, "01TESTAGENT");
    let home = home.with(BRAZIL.0, BRAZIL.1).with_config("language = \"en\"\n");
    let run = home.run(&["doctor"]).await;
    assert!(run.stdout.contains("ok       token       The credential was accepted.\n"), "{}", run.stdout);
}

#[tokio::test]
async fn json_output_is_the_same_in_every_language() {
    let mut reports = Vec::new();
    for language in ["C.UTF-8", "pt_BR.UTF-8"] {
        let (peer, home) = healthy().await;
        let home = home.with("LANG", language);
        peer.expect_token(Script::status(401).bytes("{\"error\":\"invalid_client\"}"));
        let run = home.run(&["doctor", "--json"]).await;
        let mut report: Value = serde_json::from_str(&settled(&run, &home, &peer)).unwrap();
        report["checks"].as_array_mut().unwrap().iter_mut().for_each(|it| it["milliseconds"] = json!(null));
        reports.push(report);
        peer.forget_unused();
        let listed = home.run(&["agents", "--json", "--sandbox"]).await;
        reports.push(serde_json::from_str(&listed.stdout).unwrap());
    }
    assert_eq!(reports[..2], reports[2..]);
    assert!(reports[0]["checks"].as_array().unwrap().len() == 6 && !reports[1].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn each_command_speaks_portuguese() {
    let home = Home::new().with(BRAZIL.0, BRAZIL.1).with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    home.file("price.py", "def total(items):\n    return sum(items)\n");
    let sandbox = "[sandbox] Quem responde é um agente roteirizado neste processo: sem conta, sem rede.\n";
    let usage = "\n\nPara saber mais, use '--help'.\n";
    let said = [
        (vec!["logout"], 0, "Nenhuma credencial estava guardada.\n".to_owned()),
        (
            vec!["login"],
            2,
            format!("stackspot-lsp: stdin não é um terminal em que se possa perguntar: passe também --realm.{usage}"),
        ),
        (
            vec!["ask", "--sandbox"],
            2,
            format!(
                "{sandbox}stackspot-lsp: não há o que perguntar. Escreva um prompt, ou passe um pela entrada: stackspot-lsp ask \
                 'O que é …?'{usage}"
            ),
        ),
        (
            vec!["run", "explain", "price.py:9", "--sandbox"],
            2,
            format!("{sandbox}stackspot-lsp: price.py não tem a linha 9: elas são contadas de 1 a 2.{usage}"),
        ),
        (
            vec!["run", "explain", "none.py", "--sandbox"],
            1,
            format!("{sandbox}stackspot-lsp: none.py não pode ser lido ({}).\n", std::io::Error::from_raw_os_error(2)),
        ),
        (
            vec!["run", "refactor", "price.py", "--sandbox", "--write"],
            0,
            format!("{sandbox}{} foi alterado.\n", home.folder.path().join("price.py").display()),
        ),
        (
            vec!["--sandbox", "ask"],
            2,
            "error: --sandbox antes de ask é para o servidor; o que ask aceita vem depois dele\n".to_owned(),
        ),
    ];
    for (arguments, code, words) in said {
        let run = home.run(&arguments).await;
        assert_eq!(run.code, Some(code), "{arguments:?}: {}", run.stderr);
        // After its message, clap prints the usage in English.
        let stderr = run.stderr.split("\n\nUsage:").next().unwrap();
        assert_eq!(stderr.trim_end(), words.trim_end(), "{arguments:?}");
    }
    let run = home.run(&["demo"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for words in
        ["1.  Um editor inicia o servidor", "· Explicar com StackSpot AI [sandbox]\n", "um só passo para desfazer"]
    {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
}
