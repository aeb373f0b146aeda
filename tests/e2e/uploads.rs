//! Files that a prompt file asks for go to the service before its question does.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use crate::prompt_files::{Shop, refused};
use crate::support::peer::{Exchange, Gate, Peer, Script};
use crate::support::profiles;
use crate::world::World;

const CHECK: &str = "---\nfiles: [docs/*.md, notes.txt]\n---\nCheck it against the files.\n";

/// A workspace with a prompt file `check`, and with these files.
async fn shop(prompt_file: &str, files: &[(&str, &[u8])]) -> Shop {
    let folder = TempDir::new().unwrap();
    for (name, content) in files {
        let path = folder.path().join("shop").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    Shop::in_folder(folder, profiles::vscode(), &[("check.md", prompt_file)], |_| {}).await
}

fn expect_upload(peer: &Peer, id: &str, stored: Script) -> [Exchange; 2] {
    let ticket = json!({ "id": id, "url": format!("{}/store/{id}", peer.base_url()), "form": { "key": id } });
    let form = Script::status(201).header("content-type", "application/json").bytes(ticket.to_string());
    [peer.expect("/v2/file-upload/form", form), peer.expect(&format!("/store/{id}"), stored)]
}

#[tokio::test]
async fn the_files_that_a_prompt_file_names_go_before_its_question() {
    let shop = shop(CHECK, &[("docs/adr.md", b"# Decision"), ("notes.txt", b"A note.")]).await;
    let peer = &shop.world.peer;
    let [asked, stored] = expect_upload(peer, "01UP1", Script::status(204));
    let [asked_again, _] = expect_upload(peer, "01UP2", Script::status(204));
    let sent = shop.prompt_of(shop.params("check")).await;
    assert_eq!(sent["upload_ids"], json!(["01UP1", "01UP2"]));
    assert_eq!(asked.arrived().await.json()["file_name"], "adr.md");
    assert_eq!(asked_again.arrived().await.json()["file_name"], "notes.txt");
    let stored = stored.arrived().await;
    assert!(String::from_utf8_lossy(&stored.body).contains("# Decision"));
    assert_eq!(stored.header("authorization"), None, "the store is not told the bearer");
    shop.world.finish().await;
}

#[tokio::test]
async fn a_large_upload_tells_how_far_it_is_and_can_be_cancelled() {
    let report = "---\nfiles: report.pdf\n---\nSum the report up.\n";
    let content = vec![b'.'; 3_500_000];
    let shop = shop(report, &[("report.pdf", &content)]).await;
    let World { peer, editor, .. } = &shop.world;
    let never = Gate::default();
    let [_, stored] = expect_upload(peer, "01UP", Script::status(204).held_by(&never));
    let started = editor.execute("stackspot-lsp.run", json!([shop.params("check")])).await;
    editor
        .wait_until("the size in the progress", |state| {
            let all = state.progress();
            let mut messages = all.iter().flat_map(|it| &it.events).filter_map(|event| event["message"].as_str());
            messages.any(|it| it.starts_with("uploading report.pdf, ") && it.ends_with(" of 3 MB")).then_some(())
        })
        .await;
    let status = editor.execute("stackspot-lsp.status", json!([])).await;
    assert_eq!(status["jobs"][0]["state"], "uploading");
    // There is a connection to close.
    stored.arrived().await;
    editor.execute("stackspot-lsp.cancel", json!([{ "jobId": started["jobId"] }])).await;
    stored.closed().await;
    shop.world.wait_for_no_jobs().await;
    assert!(peer.chats().is_empty(), "nothing was asked");
    shop.world.finish().await;
}

#[tokio::test]
async fn what_must_not_or_cannot_be_uploaded_is_refused_before_anything_is_sent() {
    let key = format!("key: ghp_{}\n", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5");
    let files: [(&str, &[u8]); 6] = [
        (".env", b"A=1\n"),
        ("key.txt", key.as_bytes()),
        ("out/report.txt", b"made\n"),
        (".gitignore", b"out/\n"),
        ("tool", b"\x7fELF\x02\x01\x01"),
        ("empty.md", b""),
    ];
    for (name, said) in [
        (".env", "environment file"),
        ("key.txt", "GitHub"),
        ("out/report.txt", "ignored by git"),
        ("tool", "is a program"),
        ("empty.md", "is empty"),
        ("absent.md", "cannot be read"),
        ("*.rs", "no file of the workspace fits"),
    ] {
        let shop = shop(&format!("---\nfiles: \"{name}\"\n---\nCheck.\n"), &files).await;
        let message = refused(shop.world.run(shop.params("check")).await, "refused");
        assert!(message.contains(said) && message.contains(name) && !message.contains("aB3dE5"), "{name}: {message}");
        assert!(shop.world.peer.requests().is_empty(), "{name}: not even a token was asked for");
        assert_eq!(shop.world.count("window/showMessageRequest"), 0, "{name}: nobody is asked to agree");
        shop.world.finish().await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_out_of_the_workspace_is_not_uploaded() {
    let shop = shop("---\nfiles: notes.txt\n---\nCheck.\n", &[]).await;
    fs::write(shop.folder.path().join("private.txt"), "mine").unwrap();
    std::os::unix::fs::symlink("../private.txt", shop.folder.path().join("shop/notes.txt")).unwrap();
    let message = refused(shop.world.run(shop.params("check")).await, "refused");
    assert!(message.contains("outside of the workspace"), "{message}");
    assert!(shop.world.peer.requests().is_empty());
    shop.world.finish().await;
}

#[tokio::test]
async fn with_the_guard_off_the_user_decides_what_is_uploaded() {
    let folder = TempDir::new().unwrap();
    fs::create_dir_all(folder.path().join("shop")).unwrap();
    fs::write(folder.path().join("shop/.env"), "A=1\n").unwrap();
    let config = folder.path().join("own/stackspot-lsp");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "secrets.guard = \"off\"\n").unwrap();
    let own = folder.path().join("own").to_str().unwrap().to_owned();
    let files = [("check.md", "---\nfiles: .env\n---\nCheck.\n")];
    let shop = Shop::in_folder(folder, profiles::vscode(), &files, |all| {
        all.retain(|(name, _)| *name != "XDG_CONFIG_HOME");
        all.push(("XDG_CONFIG_HOME", own));
    })
    .await;
    expect_upload(&shop.world.peer, "01UP", Script::status(204));
    assert_eq!(shop.prompt_of(shop.params("check")).await["upload_ids"], json!(["01UP"]));
    shop.world.finish().await;
}
