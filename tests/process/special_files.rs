//! Special files, endless files, and files that other users can read. None of them blocks a job or is sent.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use crate::child::Home;
use crate::secrets_guard::Shop;

fn pipe(path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let _ = std::fs::remove_file(path);
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}

/// Each path that a job reads is a file that never ends: in the workspace, in git and in the state folder.
#[tokio::test]
async fn pipe_or_device_in_the_workspace_does_not_block_a_job() {
    const PATHS: [&str; 14] = [
        "AGENTS.md",
        ".stackspot/rules.md",
        ".gitignore",
        ".ignore",
        ".stackspotignore",
        "docs/.gitignore",
        "docs/.stackspotignore",
        ".git/info/exclude",
        ".git/commondir",
        ".git/HEAD",
        ".git/config",
        "test_cart.py",
        "tests/test_all.py",
        ".stackspot/actions/other.md",
    ];
    for device in [None, Some("/dev/zero"), Some("/dev/tty")] {
        let shop = Shop::new().await;
        shop.file("cart.py", "def total(items):\n    return sum(items)\n");
        shop.file("docs/adr.md", "# Decision\n");
        shop.file(".stackspot/actions/check.md", "---\nfiles: docs/*.md\n---\nCheck {{ branch }}: {{ file }}\n");
        let root = shop.home.folder.path().join("shop");
        for path in PATHS {
            match device {
                None => pipe(&root.join(path)),
                Some(device) => {
                    let _ = std::fs::remove_file(root.join(path));
                    shop.link(path, device);
                }
            }
        }
        for arguments in [
            &["run", "explain", "cart.py"][..],
            &["run", "test", "cart.py:1"],
            &["run", "check", "cart.py", "--allow-uploads", "--dry-run"],
        ] {
            // This test checks only that the command ends. Its output depends on the files that it could not read.
            let run = shop.run(arguments).await;
            let may_fail = arguments.contains(&"test");
            assert!(run.code == Some(0) || may_fail && run.code == Some(1), "{device:?} {arguments:?}: {}", run.stderr);
        }
        for name in ["AGENTS.md", "test_cart.py"] {
            for arguments in [&["run", "explain", name][..], &["ask", "Why?", "--file", name]] {
                let run = shop.run(arguments).await;
                assert_eq!(run.code, Some(1), "{device:?} {arguments:?}: {}", run.stderr);
                assert!(run.stderr.contains("not a regular file"), "{device:?} {arguments:?}: {}", run.stderr);
            }
        }
    }
    let shop = Shop::new().await;
    shop.file("cart.py", "x = 1\n");
    let git = shop.home.folder.path().join("shop/.git");
    std::fs::remove_dir_all(&git).unwrap();
    pipe(&git);
    assert!(shop.prompts_of(&["run", "explain", "cart.py"]).await.contains("x = 1"), "where .git itself is a pipe");
}

#[tokio::test]
async fn pipe_in_place_of_a_user_file_does_not_block_a_job() {
    let shop = Shop::new().await;
    shop.file("cart.py", "x = 1\n");
    let own = shop.home.folder.path().to_owned();
    for file in ["rules.md", "actions/mine.md", "credential.json"] {
        pipe(&own.join(".config/stackspot-lsp").join(file));
    }
    for file in ["confirmed-agents.json", "confirmed-uploads.json", "limits/0123456789abcdef"] {
        pipe(&own.join("state/stackspot-lsp").join(file));
    }
    assert!(shop.prompts_of(&["run", "explain", "cart.py"]).await.contains("x = 1"));
    let mut server = shop.home.serve(&["--stdio"]).await;
    server.request(1, "shutdown", json!(null)).await;
    server.response(1).await;

    pipe(&own.join(".config/stackspot-lsp/config.toml"));
    let run = shop.run(&["doctor"]).await;
    assert!(run.stdout.contains("not a regular file") || run.stderr.contains("no regular file"), "{run:?}");
    let run = shop.run(&["run", "explain", "cart.py"]).await;
    assert!(run.code != Some(0) && run.stderr.contains("not a regular file"), "{run:?}");
    let bundle = own.join("roots.pem");
    pipe(&bundle);
    std::fs::remove_file(own.join(".config/stackspot-lsp/config.toml")).unwrap();
    let home = Home::new().with_all(shop.peer.environment()).with("STACKSPOT_CA_BUNDLE", bundle.as_os_str());
    let home = home.with("STACKSPOT_INFERENCE_URL", "https://127.0.0.1:9");
    home.file("cart.py", "x = 1\n");
    let run = home.run(&["run", "explain", "cart.py"]).await;
    assert!(run.code != Some(0) && run.stderr.contains("not a regular file"), "{run:?}");
}

#[tokio::test]
async fn credential_file_open_to_others_is_closed_and_reported() {
    let shop = Shop::new().await;
    shop.file("cart.py", "x = 1\n");
    let kept = json!({ "realm": "acme", "client_id": "id", "client_secret": "s3cret" }).to_string();
    let path = shop.home.file(".config/stackspot-lsp/credential.json", kept);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let run = shop.run(&["run", "explain", "cart.py"]).await;
    assert!(
        run.stderr.contains("credential.json was open to other users") && !run.stderr.contains("s3cret"),
        "{run:?}"
    );
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let run = shop.run(&["run", "explain", "cart.py"]).await;
    assert!(!run.stderr.contains("credential.json"), "it is said once: {run:?}");
}

/// Only the user can read the files of the program, even if their folders existed with open permissions.
#[tokio::test]
async fn state_files_are_private_even_in_existing_open_folders() {
    let shop = Shop::new().await;
    shop.file("cart.py", "x = 1\n");
    let state = shop.home.folder.path().join("state/stackspot-lsp");
    for folder in ["answers", "limits", "waiting", "conversations", "previews"] {
        std::fs::create_dir_all(state.join(folder)).unwrap();
        std::fs::set_permissions(state.join(folder), std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o777)).unwrap();
    let log = shop.home.file("trace.log", "");
    std::fs::set_permissions(&log, std::fs::Permissions::from_mode(0o666)).unwrap();
    let home = Home::new().with_all(shop.peer.environment());
    let home = home.with("XDG_STATE_HOME", shop.home.folder.path().join("state"));
    let home = home.with("STACKSPOT_LSP_LOG", "trace").with("STACKSPOT_LSP_LOG_FILE", log.as_os_str());
    home.file("cart.py", "x = 1\n");
    let run = home.run(&["run", "explain", "cart.py"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&state), mode(&log)), (0o700, 0o600));
    let mut files = 0;
    for entry in std::fs::read_dir(state.join("limits")).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
        files += 1;
    }
    assert_eq!(files, 1);
}
