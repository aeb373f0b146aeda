//! Cases that only users of Windows have.

#![cfg(windows)]

use std::fs::OpenOptions;
use std::os::windows::fs::OpenOptionsExt;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::child::{Home, Server, ended};
use crate::run::{CHEAPER, PRICE, assert_ended, home};
use crate::support::paths::uri_of;
use crate::support::peer::{CLIENT_ID, CLIENT_SECRET, Peer, REALM, Request, Script};

fn prompt(peer: &Peer) -> String {
    peer.chats().last().unwrap().json()["user_prompt"].as_str().unwrap().to_owned()
}

/// The program's path with its drive, because the path from cargo may lack the drive.
pub fn program() -> String {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().unwrap().parent().unwrap().join("stackspot-lsp.exe");
    assert!(program.is_file(), "{}", program.display());
    program.to_str().unwrap().to_owned()
}

/// The response to `explain` on the first two lines of a document.
async fn explain(server: &mut Server, id: i64, uri: &str) -> Value {
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 2, "character": 0 } });
    let params = json!({ "action": "explain", "textDocument": { "uri": uri }, "range": range });
    server.request(id, "stackspot-lsp/run", params).await;
    server.response(id).await
}

#[tokio::test]
async fn every_spelling_of_a_drive_means_the_same_document() {
    let peer = Peer::start().await;
    let home = Home::new().with_all(peer.environment());
    home.file("Área de trabalho/loja (nova)/AGENTS.md", "Money is in cents.\r\n");
    let path = home.file("Área de trabalho/loja (nova)/src/preço.py", PRICE);
    let mut server = home.spawn(&[]);
    let folder = uri_of(home.folder.path().join("Área de trabalho/loja (nova)")).replace("file:///c:", "file:///C%3A");
    let folders = json!([{ "uri": folder, "name": "loja" }]);
    let params = json!({ "capabilities": {}, "processId": null, "workspaceFolders": folders });
    server.request(0, "initialize", params).await;
    server.response(0).await;
    server.notify("initialized", json!({})).await;
    // First the spelling of VS Code, then that of others.
    let plain = uri_of(&path);
    let drive = &plain["file:///".len()..=("file:///".len())];
    let of_code = plain.replace(&format!("file:///{drive}:"), &format!("file:///{drive}%3A"));
    server.open(&of_code, "python", PRICE).await;
    let upper = drive.to_ascii_uppercase();
    let spelled = [
        of_code.clone(),
        plain.clone(),
        plain.replace(&format!("file:///{drive}:"), &format!("file:///{upper}:")),
        plain.replace(&format!("file:///{drive}:"), &format!("file:/{upper}:")),
        plain.replace(&format!("file:///{drive}:"), &format!("file://{upper}:")),
    ];
    for (id, uri) in (1..).zip(&spelled) {
        let response = explain(&mut server, id, uri).await;
        assert_eq!(response["result"]["outcome"], "answered", "{uri}: {response}");
        let prompt = prompt(&peer);
        assert!(prompt.contains("src/preço.py") && prompt.contains("Money is in cents."), "{uri}: {prompt}");
        assert!(!prompt.contains('\\') && !prompt.contains("trabalho"), "no home directory goes out: {prompt}");
    }
    server.shut_down().await;
}

#[tokio::test]
async fn a_file_of_the_shell_is_found_by_every_way_to_write_its_path() {
    let peer = Peer::start().await;
    let home = home(&peer).await;
    home.file("Área/preço novo.py", PRICE);
    let folder = home.folder.path().to_str().unwrap().to_owned();
    let paths = [
        r"Área\preço novo.py".to_owned(),
        "Área/preço novo.py".to_owned(),
        r".\shop\..\Área\preço novo.py".to_owned(),
        format!(r"{folder}\Área\preço novo.py"),
        format!("{}/Área/preço novo.py", folder.replace('\\', "/")),
        format!(r"\\?\{folder}\Área\preço novo.py"),
    ];
    for path in &paths {
        let run = home.run(&["run", "explain", path]).await;
        assert_ended(&run, 0);
        assert_eq!(run.stdout, "An answer by default.\n", "{path}");
    }
    assert_eq!(peer.chats().len(), paths.len());
}

#[tokio::test]
async fn a_path_longer_than_the_systems_old_limit_is_read_and_written() {
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text(CHEAPER).end());
    let home = home(&peer).await;
    // The old limit was 259 characters. Wine supports file names up to 264.
    let above = home.folder.path().to_str().unwrap();
    let deep = format!(r"{above}\{}", "deep".repeat(63).split_at(262 - above.len() - r"\\price.py".len()).0);
    std::fs::create_dir_all(format!(r"\\?\{deep}")).unwrap();
    let path = format!(r"\\?\{deep}\price.py");
    assert_eq!(path.len(), 266);
    std::fs::write(&path, PRICE).unwrap();
    let run = home.run(&["run", "refactor", &format!("{path}:3"), "--write"]).await;
    assert_ended(&run, 0);
    assert!(std::fs::read_to_string(&path).unwrap().contains("item.price / 2"));
}

#[tokio::test]
async fn the_users_file_is_in_appdata_and_answers_are_in_localappdata() {
    let peer = Peer::start().await;
    let home = home(&peer).await;
    let below = |name: &str| home.folder.path().join(name);
    std::fs::create_dir_all(below("Roaming/stackspot-lsp")).unwrap();
    std::fs::write(below("Roaming/stackspot-lsp/config.toml"), "\u{feff}agent = \"01FROMAPPDATA\"\r\n").unwrap();
    let mut command = home.command(&["run", "explain", "shop/price.py"]);
    for name in ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "STACKSPOT_AGENT_ID"] {
        command.env_remove(name);
    }
    // The system does not distinguish upper and lower case in the names of variables.
    command.env("AppData", below("Roaming")).env("LocalAppData", below("Local"));
    command.current_dir(home.folder.path()).stdin(Stdio::null());
    assert_ended(&ended(command.spawn().unwrap()).await, 0);
    assert!(peer.chats()[0].path.contains("01FROMAPPDATA"), "{}", peer.chats()[0].path);
    assert!(below("Local/stackspot-lsp").is_dir());
}

#[tokio::test]
async fn file_locked_by_another_program_is_not_written() {
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text(CHEAPER).end());
    let home = home(&peer).await;
    let path = home.folder.path().join("shop/price.py");
    // Word opens a document like this: other programs may only read it.
    const READ: u32 = 1;
    let held = OpenOptions::new().read(true).write(true).share_mode(READ).open(&path).unwrap();
    let run = home.run(&["run", "refactor", "shop/price.py:3", "--write"]).await;
    assert_ended(&run, 1);
    drop(held);
    assert!(!run.stderr.is_empty());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), PRICE);
    let left: Vec<_> = std::fs::read_dir(home.folder.path().join("shop")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing else is left there: {left:?}");
}

#[tokio::test]
async fn accents_in_a_pipe_are_utf8_with_every_code_page() {
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text("Não há ação: é só um preço.").end());
    let home = home(&peer).await.with("LANG", "pt_BR.UTF-8");
    for code_page in ["850", "1252", "65001"] {
        let mut command = home.command_of("cmd");
        command.raw_arg(format!("/D /C chcp {code_page} >nul & \"{}\" ask Por-que", program()));
        command.stdin(Stdio::null()).current_dir(home.folder.path());
        let run = ended(command.spawn().unwrap()).await;
        assert_eq!((run.code, run.stdout.trim_end()), (Some(0), "Não há ação: é só um preço."), "{}", run.stderr);
    }
}

#[tokio::test]
async fn cmd_sees_the_exit_codes() {
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text("Fine.").end());
    let home = home(&peer).await;
    for (arguments, code) in [("ask Why", 0), ("run explain missing.py", 1), ("no-such-command", 2)] {
        let mut command = home.command_of("cmd");
        command.raw_arg(format!("/D /V:ON /C echo begins & \"{}\" {arguments} & echo code !errorlevel!", program()));
        command.stdin(Stdio::null()).current_dir(home.folder.path());
        let run = ended(command.spawn().unwrap()).await;
        assert!(run.stdout.trim_end().ends_with(&format!("code {code}")), "{arguments}: {run:?}");
    }
}

#[tokio::test]
async fn an_answer_goes_through_a_pipe_of_cmd() {
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text("First.\nSecond.\n").end());
    let home = home(&peer).await;
    let mut command = home.command_of("cmd");
    command.raw_arg(format!("/D /C \"{}\" ask Why | findstr Second", program()));
    command.stdin(Stdio::null()).current_dir(home.folder.path());
    let run = ended(command.spawn().unwrap()).await;
    assert_eq!((run.code, run.stdout.trim_end()), (Some(0), "Second."), "{}", run.stderr);
}

#[tokio::test]
async fn document_on_a_share_or_in_wsl_is_sent_by_its_name() {
    let peer = Peer::start().await;
    let home = Home::new().with_all(peer.environment());
    let mut server = home.serve(&[]).await;
    let spelled = [
        "file://wsl%24/Ubuntu/home/ana/shop/price.py",
        "file://wsl.localhost/Ubuntu/home/ana/shop/price.py",
        "file://files.example/shop/price.py",
        "file:////files.example/shop/price.py",
    ];
    for (id, uri) in (1..).zip(spelled) {
        server.open(uri, "python", PRICE).await;
        let response = explain(&mut server, id, uri).await;
        assert_eq!(response["result"]["outcome"], "answered", "{uri}: {response}");
        let prompt = prompt(&peer);
        assert!(prompt.contains("price.py") && !prompt.contains("ana"), "{uri}: {prompt}");
    }
    server.shut_down().await;
}

#[tokio::test]
#[ignore = "powershell"]
async fn the_secret_may_come_from_powershell() {
    let peer = Peer::start().await;
    let without_secret = peer.environment().into_iter().filter(|(name, _)| *name != "STACKSPOT_CLIENT_SECRET");
    let asked = "powershell -NoProfile -Command \"'of the ' + 'vault'\"";
    let home = Home::new().with_all(without_secret).with_config(&format!("client_secret_command = '''{asked}'''\n"));
    assert_ended(&home.run(&["ask", "Why?"]).await, 0);
    let token = peer.requests().into_iter().rfind(Request::is_token).unwrap();
    assert_eq!(token.form("client_secret").as_deref(), Some("of the vault"));
}

/// The test writes into the user's credential store. Therefore it runs only on machines without a real user.
#[tokio::test]
async fn login_uses_the_credential_manager_until_logout() {
    if std::env::var_os("STACKSPOT_TEST_CREDENTIAL_MANAGER").is_none() {
        return;
    }
    let peer = Peer::start().await;
    let is_address = |(name, _): &(&str, String)| name.ends_with("_URL") || *name == "STACKSPOT_AGENT_ID";
    let home = Home::new().with_all(peer.environment().into_iter().filter(is_address));
    let profile = home.folder.path().to_owned();
    let home = home.with("USERPROFILE", profile);
    let login = home.pipe(&["login", "--realm", REALM, "--client-id", CLIENT_ID], format!("{CLIENT_SECRET}\r\n")).await;
    assert_eq!((login.code, login.stdout.as_str()), (Some(0), ""), "{}", login.stderr);
    assert!(!home.folder.path().join(".config/stackspot-lsp/credential.json").exists(), "{}", login.stderr);
    assert_ended(&home.run(&["ask", "Who am I?"]).await, 0);
    let token = peer.requests().into_iter().rfind(Request::is_token).unwrap();
    assert_eq!(token.form("client_secret").as_deref(), Some(CLIENT_SECRET));
    assert_ended(&home.run(&["logout"]).await, 0);
    assert_eq!(home.run(&["ask", "Who am I?"]).await.code, Some(1));
}
