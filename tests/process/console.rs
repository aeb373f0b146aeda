//! The console of Windows: questions, typed answers, and how it ends its programs.

use crate::child::Home;
use crate::run::home;
use crate::support::peer::{CLIENT_ID, CLIENT_SECRET, Peer, REALM, Request, Script};
use crate::terminal::system::Console;
use crate::windows::program;

/// A command below a home, in a new console.
fn console(home: &Home, arguments: &[&str]) -> Console {
    let mut command = home.command(arguments);
    command.current_dir(home.folder.path());
    Console::of(command, None)
}

#[tokio::test]
async fn login_asks_on_the_console_and_hides_the_secret() {
    let peer = Peer::start().await;
    let is_address = |(name, _): &(&str, String)| name.ends_with("_URL") || *name == "STACKSPOT_AGENT_ID";
    let home = Home::new().with_all(peer.environment().into_iter().filter(is_address));
    let mut console = console(&home, &["login"]);
    for (asked, typed) in [("Realm", REALM), ("lient", CLIENT_ID), ("ecret", CLIENT_SECRET)] {
        console.shows(asked).await;
        console.types(&format!("{typed}\n"));
    }
    let (code, seen) = console.ended().await;
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains(REALM) && !seen.contains(CLIENT_SECRET), "{seen}");
    let token = peer.requests().into_iter().rfind(Request::is_token).unwrap();
    assert_eq!(token.form("client_secret").as_deref(), Some(CLIENT_SECRET));
}

#[tokio::test]
async fn accents_are_right_on_a_console_of_each_code_page() {
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text("Não há ação: é só um preço.").end());
    let home = home(&peer).await;
    for code_page in ["850", "1252", "65001"] {
        let mut command = home.command_of("cmd");
        command.args(["/D", "/C", "chcp", code_page, "&", &program(), "ask", "Por-que"]);
        let (code, seen) = Console::of(command, None).ended().await;
        assert!(code == Some(0) && seen.contains("Não há ação: é só um preço."), "{code_page}: {seen}");
    }
}
