//! Uploads of the files that a prompt file names, from the shell.

use serde_json::json;

use crate::child::Home;
use crate::support::peer::{Peer, Script};

const CHECK: &str = "---\nfiles: docs/*.md\n---\nCheck it.\n";

fn shop(peer: &Peer) -> Home {
    let home = Home::new().with_all(peer.environment());
    home.file("shop/.git/HEAD", "ref: refs/heads/main\n");
    home.file("shop/.stackspot/actions/check.md", CHECK);
    home.file("shop/price.py", "x = 1\n");
    home.file("shop/docs/adr.md", "# Decision\n");
    home
}

#[tokio::test]
async fn run_uploads_the_files_of_its_prompt_file() {
    let peer = Peer::start().await;
    let home = shop(&peer);
    let url = format!("{}/store", peer.base_url());
    let ticket = json!({ "id": "01UP", "url": url, "form": { "key": "k" } }).to_string();
    peer.expect("/v2/file-upload/form", Script::status(201).header("content-type", "application/json").bytes(ticket));
    peer.expect("/store", Script::status(204));
    let run = home.run_in("shop", &["run", "check", "price.py", "--allow-uploads"]).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert_eq!(peer.chats()[0].json()["upload_ids"], json!(["01UP"]));
}

#[tokio::test]
async fn a_dry_run_lists_the_files_and_sends_nothing() {
    let peer = Peer::start().await;
    let run = shop(&peer).run_in("shop", &["run", "check", "price.py", "--dry-run"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stderr.starts_with("This file would be uploaded: docs/adr.md\n"), "{}", run.stderr);
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn run_does_not_upload_a_file_with_a_secret() {
    let peer = Peer::start().await;
    let home = shop(&peer);
    home.file("shop/docs/keys.md", format!("token: ghp_{}\n", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"));
    let run = home.run_in("shop", &["run", "check", "price.py"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.contains("docs/keys.md") && run.stderr.contains("GitHub"), "{}", run.stderr);
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn a_dry_run_says_what_the_guard_finds() {
    let peer = Peer::start().await;
    let home = shop(&peer);
    let token = format!("token: ghp_{}\n", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5");
    home.file("shop/docs/keys.md", &token);
    let run = home.run_in("shop", &["run", "check", "price.py", "--dry-run"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(
        run.stderr.contains("finds: ") && run.stderr.contains("keys.md") && run.stderr.contains("GitHub"),
        "{run:?}"
    );
    home.file("shop/price.py", format!("# {token}"));
    let run = home.run_in("shop", &["run", "review", "price.py", "--dry-run"]).await;
    assert!(run.stderr.contains("finds: line 1 of price.py contains what looks like a GitHub token"), "{}", run.stderr);
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn run_without_terminal_uploads_nothing_and_names_the_flag() {
    let peer = Peer::start().await;
    let run = shop(&peer).run_in("shop", &["run", "check", "price.py"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.contains("docs/adr.md (11 B)") && run.stderr.contains("--allow-uploads"), "{}", run.stderr);
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn ask_without_terminal_does_not_upload_unknown_file_types() {
    let peer = Peer::start().await;
    let home = shop(&peer);
    home.file("shop/shop.db", "SQLite format 3\0\u{10}\0");
    let run = home.run_in("shop", &["ask", "What is in it?", "--file", "shop.db"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.contains("shop.db is neither text nor a known kind of document"), "{}", run.stderr);
    assert!(peer.requests().is_empty());
}
