//! Files that the guard finds by their names, and by the rules that ignore them.

use std::fs;
use std::path::{Path, PathBuf};

use stackspot_lsp::testing::guard::{IgnoredBy, guarded_name, ignored};
use stackspot_lsp::testing::i18n::Language;

#[test]
fn secret_files_are_recognized_by_their_name() {
    for name in [
        ".env",
        ".env.local",
        ".env.example",
        ".envrc",
        ".ENV",
        "prod.env",
        "prod.env.bak",
        "app.envrc",
        "id_rsa",
        "id_ed25519",
        "id_ecdsa",
        "id_dsa",
        "ID_RSA",
        "id_rsa.old",
        "id_ed25519_work",
        "server.pem",
        "tls.key",
        "a.p12",
        "a.pfx",
        "a.PFX",
        "store.jks",
        "debug.keystore",
        "ca.crt",
        ".npmrc",
        ".pypirc",
        ".netrc",
        "_netrc",
        "credentials",
        "credentials.json",
        "Credentials.toml",
        "credentials-prod.yml",
        "credentials.rs",
        "secrets.yaml",
        "secrets.toml",
        ".git-credentials",
        ".htpasswd",
        "prod.tfvars",
        "kubeconfig",
        "client_secret_1.json",
        "vault.kdbx",
    ] {
        assert!(guarded_name(Path::new(name)).is_some(), "{name} alone");
        assert!(guarded_name(&Path::new("/home/me/work").join(name)).is_some(), "{name} in a folder");
    }
    for path in ["/home/me/.kube/config", "/home/me/.docker/config.json", "/root/.aws/config", ".aws/sso/cache/a1.json"]
    {
        assert!(guarded_name(Path::new(path)).is_some(), "{path}");
    }
    for (path, what) in [("/w/.env", "an environment file"), ("/w/id_rsa", "a private key")] {
        assert_eq!(guarded_name(Path::new(path)).unwrap().text(Language::En), what);
    }
}

#[test]
fn ordinary_file_names_are_not_recognized_as_secret() {
    for path in [
        "main.rs",
        "environment.ts",
        "app.environment.ts",
        "env.rs",
        "env.ts",
        "vite-env.d.ts",
        "environments/prod.ts",
        "id_rsa.pub",
        "id_rsa2.go",
        "keys.rs",
        "key.ts",
        "monkey.go",
        "token.rs",
        "tokens.css",
        "secret.rs",
        "secrets/mod.rs",
        "password.py",
        "credential.rs",
        "config.json",
        "config",
        "docker/config.json",
        "keyboard.key.ts",
        "pem.rs",
        "Cargo.lock",
        "package.json",
        "/",
        "",
        "..",
    ] {
        assert_eq!(guarded_name(Path::new(path)), None, "{path}");
    }
}

/// A folder with the files given as (path, content).
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let temporary = tempfile::tempdir().unwrap();
    let root = temporary.path().canonicalize().unwrap();
    for (path, content) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    (temporary, root)
}

const GIT: Option<IgnoredBy> = Some(IgnoredBy::GitIgnore);
const STACKSPOT: Option<IgnoredBy> = Some(IgnoredBy::StackspotIgnore);

#[test]
fn rules_count_from_the_top_down_and_the_nearer_ones_win() {
    let (_kept, root) = folder(&[
        (".git/HEAD", ""),
        (".git/info/exclude", "*.local\n"),
        (".gitignore", "*.log\nbuild/\n/only-here.txt\nlogs/*\n!logs/keep.me\n"),
        ("sub/.gitignore", "!important.log\nnotes.md\n"),
        (".stackspotignore", "legal/\n*.sql\n!schema.sql\n"),
        ("sub/.stackspotignore", "# nothing but a comment\n\n"),
    ]);
    let roots = [root.clone()];
    for (path, expected) in [
        ("a.log", GIT),
        ("sub/deep/a.log", GIT),
        ("sub/important.log", None),
        ("important.log", GIT),
        ("build/main.rs", GIT),
        ("sub/build/deep/main.rs", GIT),
        ("builds/main.rs", None),
        ("only-here.txt", GIT),
        ("sub/only-here.txt", None),
        ("notes.md", None),
        ("sub/notes.md", GIT),
        ("logs/a.txt", GIT),
        ("logs/keep.me", None),
        ("x.local", GIT),
        ("src/main.rs", None),
        ("legal/contract.rs", STACKSPOT),
        ("sub/legal/a.rs", STACKSPOT),
        ("dump.sql", STACKSPOT),
        ("sub/schema.sql", None),
        ("sub/../src/main.rs", None),
        ("sub/../a.log", GIT),
    ] {
        assert_eq!(ignored(&root.join(path), &roots), expected, "{path}");
    }
}

#[test]
fn file_in_ignored_folder_stays_ignored_despite_later_rules() {
    let (_kept, root) =
        folder(&[(".git/HEAD", ""), (".gitignore", "vendor/\n!vendor/ours.rs\n"), ("vendor/.gitignore", "!*\n")]);
    assert_eq!(ignored(&root.join("vendor/ours.rs"), &[]), GIT);
}

#[test]
fn a_part_of_a_repository_obeys_the_rules_of_the_whole() {
    let (_kept, root) = folder(&[
        (".git/HEAD", ""),
        (".gitignore", "*.gen.rs\n"),
        (".stackspotignore", "*.draft\n"),
        ("crates/app/src/main.rs", ""),
    ]);
    let roots = [root.join("crates/app")];
    assert_eq!(ignored(&root.join("crates/app/src/a.gen.rs"), &roots), GIT);
    assert_eq!(ignored(&root.join("crates/app/src/a.draft"), &roots), STACKSPOT);
    assert_eq!(ignored(&root.join("crates/app/src/main.rs"), &roots), None);
}

#[test]
fn git_rules_end_at_a_repository_but_stackspotignore_is_shared() {
    let (_kept, root) = folder(&[
        (".gitignore", "*.rs\n"),
        (".stackspotignore", "one/private/\n"),
        ("one/.git/HEAD", ""),
        ("two/.git/HEAD", ""),
        ("two/.gitignore", "*.md\n"),
    ]);
    let roots = [root.clone()];
    assert_eq!(ignored(&root.join("one/main.rs"), &roots), None, "a repository ends where .git is");
    assert_eq!(ignored(&root.join("one/private/main.rs"), &roots), STACKSPOT);
    assert_eq!(ignored(&root.join("one/a.md"), &roots), None);
    assert_eq!(ignored(&root.join("two/a.md"), &roots), GIT);
    assert_eq!(ignored(&root.join("loose.rs"), &roots), GIT, "without a repository the workspace's rules count");
}

#[test]
fn a_further_work_tree_shares_the_excludes_of_its_repository() {
    let (_kept, root) = folder(&[
        ("main/.git/HEAD", ""),
        ("main/.git/info/exclude", "*.scratch\n"),
        ("main/.git/worktrees/other/commondir", "../..\n"),
        ("other/.git", "gitdir: ../main/.git/worktrees/other\n"),
    ]);
    assert_eq!(ignored(&root.join("other/a.scratch"), &[]), GIT);
    assert_eq!(ignored(&root.join("other/a.rs"), &[]), None);
}

#[test]
fn unreadable_or_invalid_ignore_rules_are_skipped() {
    let (_kept, root) = folder(&[
        (".git/HEAD", ""),
        (".gitignore/is-a-folder", ""),
        ("sub/.gitignore", "\u{feff}first.rs\n[z-\n{a,b\n*.tmp\n"),
    ]);
    assert_eq!(ignored(&root.join("main.rs"), &[]), None);
    assert_eq!(ignored(&root.join("sub/a.tmp"), &[]), GIT);
    assert_eq!(ignored(&root.join("sub/first.rs"), &[]), GIT);
    assert_eq!(ignored(Path::new(""), &[]), None);
    assert_eq!(ignored(Path::new("relative/../../x.rs"), &[]), None);
}
