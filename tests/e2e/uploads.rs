//! A prompt file names files. After the user agrees, the server uploads them before it sends the question.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use crate::shop::Shop;
use crate::support::peer::{Exchange, Gate, Peer, Script};
use crate::support::profiles;
use crate::world::{World, refused};

const CHECK: &str = "---\nfiles: [docs/*.md, notes.txt]\n---\nCheck it against the files.\n";

/// A workspace with the prompt file `check`, and with these files.
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
async fn files_of_a_prompt_file_are_uploaded_before_its_question() {
    let shop = shop(CHECK, &[("docs/adr.md", b"# Decision"), ("notes.txt", b"A note.")]).await;
    let peer = &shop.world.peer;
    let [asked, stored] = expect_upload(peer, "01UP1", Script::status(204));
    let [asked_again, _] = expect_upload(peer, "01UP2", Script::status(204));
    shop.world.editor.will_answer(Some("Upload"));
    let sent = shop.prompt_of(shop.params("check")).await;
    assert_eq!(sent["upload_ids"], json!(["01UP1", "01UP2"]));
    shop.world.editor.messages();
    assert_eq!(asked.arrived().await.json()["file_name"], "adr.md");
    assert_eq!(asked_again.arrived().await.json()["file_name"], "notes.txt");
    let stored = stored.arrived().await;
    assert!(String::from_utf8_lossy(&stored.body).contains("# Decision"));
    assert_eq!(stored.header("authorization"), None, "the store is not told the bearer");
    shop.world.finish().await;
}

#[tokio::test]
async fn preview_says_that_an_upload_would_be_held_back() {
    let token = format!("token: ghp_{}\n", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5");
    let shop = shop(CHECK, &[("docs/adr.md", token.as_bytes()), ("notes.txt", b"A note.")]).await;
    let World { peer, editor, .. } = &shop.world;
    editor.execute("stackspot-lsp.actions", json!(null)).await;
    editor.execute("stackspot-lsp.showPrompt", json!([{ "run": shop.params("check") }])).await;
    let shown = shop.world.shown_answer().await;
    assert!(shown.contains("- the guard against secrets finds: ") && shown.contains("GitHub"), "{shown}");
    assert!(peer.requests().is_empty());
    shop.world.finish().await;
}

#[tokio::test]
async fn large_upload_shows_its_progress_and_can_be_cancelled() {
    let report = "---\nfiles: report.pdf\n---\nSum the report up.\n";
    let content = vec![b'.'; 3_500_000];
    let shop = shop(report, &[("report.pdf", &content)]).await;
    let World { peer, editor, .. } = &shop.world;
    let never = Gate::default();
    let [_, stored] = expect_upload(peer, "01UP", Script::status(204).held_by(&never));
    editor.will_answer(Some("Upload"));
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
    // The connection is open, so that the cancel can close it.
    stored.arrived().await;
    editor.execute("stackspot-lsp.cancel", json!([{ "jobId": started["jobId"] }])).await;
    stored.closed().await;
    shop.world.wait_for_no_jobs().await;
    assert!(peer.chats().is_empty(), "nothing was asked");
    editor.messages();
    shop.world.finish().await;
}

#[tokio::test]
async fn forbidden_or_invalid_upload_is_refused_before_any_request() {
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

#[cfg(unix)] // symlink
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
async fn user_decides_about_guarded_upload_when_guard_is_off() {
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
    shop.world.editor.will_answer(Some("Upload"));
    assert_eq!(shop.prompt_of(shop.params("check")).await["upload_ids"], json!(["01UP"]));
    shop.world.editor.messages();
    shop.world.finish().await;
}

#[tokio::test]
async fn each_list_of_uploads_is_confirmed_once() {
    let folder = TempDir::new().unwrap();
    for (name, content) in [("docs/adr.md", "# Decision"), ("notes.txt", "A note.")] {
        let path = folder.path().join("shop").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let state = folder.path().join("state").to_str().unwrap().to_owned();
    let same_state = |all: &mut Vec<(&'static str, String)>| all.push(("XDG_STATE_HOME", state.clone()));
    let shop = Shop::in_folder(folder, profiles::vscode(), &[("check.md", CHECK)], same_state).await;
    for id in ["01UP1", "01UP2", "01UP3", "01UP4"] {
        expect_upload(&shop.world.peer, id, Script::status(204));
    }
    shop.world.peer.answer_by_default(Script::stream().text("Fine.").end());
    shop.world.editor.will_answer(Some("Upload"));
    for _ in 0..2 {
        shop.world.run(shop.params("check")).await.unwrap();
    }
    let questions = shop.world.editor.messages();
    assert_eq!(questions.len(), 1, "the same list is not asked about twice: {questions:?}");
    for part in ["check.md", "docs/adr.md (10 B)", "notes.txt (7 B)", "agent “"] {
        assert!(questions[0].contains(part), "{part}: {questions:?}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = shop.folder.path().join("state/stackspot-lsp/confirmed-uploads.json");
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let Shop { world, folder, .. } = shop;
    world.finish().await;

    // The next session does not ask again. It asks if one more file matches the pattern.
    let shop = Shop::in_folder(folder, profiles::vscode(), &[("check.md", CHECK)], same_state).await;
    for id in ["01UP5", "01UP6"] {
        expect_upload(&shop.world.peer, id, Script::status(204));
    }
    shop.world.peer.answer_by_default(Script::stream().text("Fine.").end());
    shop.world.run(shop.params("check")).await.unwrap();
    assert_eq!(shop.world.editor.messages(), Vec::<String>::new());
    fs::write(shop.folder.path().join("shop/docs/customers.md"), "Ana").unwrap();
    let before = shop.world.peer.requests().len();
    shop.world.editor.will_answer(Some("Cancel"));
    let message = refused(shop.world.run(shop.params("check")).await, "refused");
    assert!(message.contains("docs/customers.md") && message.contains("did not agree"), "{message}");
    assert_eq!(shop.world.peer.requests().len(), before, "nothing was sent");
    assert!(shop.world.editor.messages()[0].contains("3 files"));
    shop.world.finish().await;
}

#[tokio::test]
async fn binary_upload_is_marked_and_refused_when_guard_refuses() {
    let files: [(&str, &[u8]); 2] =
        [("shop.db", b"SQLite format 3\0\x10\0\x01\x01\0\x40"), ("page.pdf", b"%PDF-1.7\n\0\xff")];
    let shop = shop("---\nfiles: [shop.db, page.pdf]\n---\nCheck.\n", &files).await;
    shop.world.editor.will_answer(None);
    let message = refused(shop.world.run(shop.params("check")).await, "refused");
    assert!(message.contains("shop.db (22 B, neither text nor") && message.contains("page.pdf (11 B)"), "{message}");
    shop.world.editor.messages();
    shop.world.editor.change_settings(json!({ "secrets": { "guard": "refuse" } }));
    shop.world.editor.will_answer(Some("Upload"));
    let message = refused(shop.world.run(shop.params("check")).await, "refused");
    assert!(message.contains("shop.db is neither text nor"), "{message}");
    assert!(shop.world.peer.requests().is_empty());
    shop.world.editor.messages();
    shop.world.finish().await;
}
