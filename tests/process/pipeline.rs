//! The recipe of docs/ci-cd.md, as it stands, on the sandbox; a scripted peer plays GitLab and GitHub.

#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Stdio};

use crate::child::{Home, Run, ended};
use crate::support::peer::{Peer, Script};

const RECIPE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/review-merge-request.sh");

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=Ana", "-c", "user.email=ana@example.com"]).args(arguments);
    let output = git.current_dir(folder).env("HOME", folder).output().expect("git is installed");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A branch `discount` that changes price.py, beside `main`.
fn repository(change: &str) -> Home {
    let home = Home::new();
    let folder = home.folder.path().to_owned();
    home.file("price.py", "def price(item):\n    return item.price\n");
    git(&folder, &["init", "-q", "-b", "main"]);
    git(&folder, &["add", "price.py"]);
    git(&folder, &["commit", "-q", "-m", "Prices"]);
    git(&folder, &["checkout", "-q", "-b", "discount"]);
    home.file("price.py", change);
    git(&folder, &["commit", "-q", "-a", "--allow-empty", "-m", "Discounts"]);
    home
}

async fn review(home: &Home, variables: &[(&str, String)]) -> Run {
    let program = Path::new(env!("CARGO_BIN_EXE_stackspot-lsp")).parent().unwrap().display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut recipe = tokio::process::Command::new(RECIPE);
    recipe.arg("main").current_dir(home.folder.path()).env_clear();
    recipe.env("PATH", format!("{program}:{path}")).env("HOME", home.folder.path());
    recipe.env("STACKSPOT_ASK_FLAGS", "--sandbox").envs(variables.iter().map(|(name, value)| (name, value)));
    ended(recipe.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()).await
}

const DISCOUNT: &str = "def price(item):\n    return item.price / 2\n";

#[tokio::test]
async fn a_review_becomes_a_note_of_the_merge_request() {
    let gitlab = Peer::start().await;
    let note = gitlab.expect("/api/v4/projects/7/merge_requests/12/notes", Script::status(201));
    let variables = [
        ("CI_API_V4_URL", format!("{}/api/v4", gitlab.base_url())),
        ("CI_PROJECT_ID", "7".to_owned()),
        ("CI_MERGE_REQUEST_IID", "12".to_owned()),
        ("GITLAB_TOKEN", "glpat-of-the-test".to_owned()),
    ];
    let run = review(&repository(DISCOUNT), &variables).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let request = note.arrived().await;
    assert_eq!((request.method.as_str(), request.header("private-token")), ("POST", Some("glpat-of-the-test")));
    let body = request.json()["body"].as_str().unwrap().to_owned();
    assert!(body.starts_with("### Review by") && body.to_lowercase().contains("sandbox"), "{body}");
    assert!(!format!("{}{}", run.stdout, run.stderr).contains("glpat-of-the-test"), "{run:?}");
}

#[tokio::test]
async fn a_review_becomes_a_comment_of_the_pull_request() {
    let github = Peer::start().await;
    let comment = github.expect("/repos/acme/shop/issues/12/comments", Script::status(201));
    let variables = [
        ("GITHUB_API_URL", github.base_url()),
        ("GITHUB_REPOSITORY", "acme/shop".to_owned()),
        ("PULL_REQUEST", "12".to_owned()),
        ("GITHUB_TOKEN", "token-of-the-test".to_owned()),
    ];
    let run = review(&repository(DISCOUNT), &variables).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(comment.arrived().await.header("authorization"), Some("Bearer token-of-the-test"));
}

#[tokio::test]
async fn by_hand_the_review_is_printed_and_without_a_change_there_is_none() {
    let run = review(&repository(DISCOUNT), &[]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.starts_with("### Review by"), "{}", run.stdout);
    let run = review(&repository("def price(item):\n    return item.price\n"), &[]).await;
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "", "Nothing to review.\n"));
}

#[tokio::test]
async fn a_diff_with_a_secret_fails_the_job_and_nothing_is_posted() {
    let gitlab = Peer::start().await;
    let variables = [
        ("CI_API_V4_URL", gitlab.base_url()),
        ("CI_PROJECT_ID", "7".to_owned()),
        ("CI_MERGE_REQUEST_IID", "12".to_owned()),
        ("GITLAB_TOKEN", "glpat-of-the-test".to_owned()),
    ];
    let change = format!("token = \"ghp_{}\"\n", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5");
    let run = review(&repository(&change), &variables).await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("Not sent"), "{}", run.stderr);
    assert_eq!(gitlab.requests().len(), 0);
}

#[tokio::test]
async fn a_review_that_is_not_whole_fails_the_job_and_nothing_is_posted() {
    let gitlab = Peer::start().await;
    let agent = Peer::start().await;
    let mut variables = agent.environment();
    variables.extend([
        ("STACKSPOT_ASK_FLAGS", String::new()),
        ("CI_API_V4_URL", gitlab.base_url()),
        ("CI_PROJECT_ID", "7".to_owned()),
        ("CI_MERGE_REQUEST_IID", "12".to_owned()),
        ("GITLAB_TOKEN", "glpat-of-the-test".to_owned()),
    ]);
    let (half, end) = ("data: {\"message\":\"1. The price\"}\n\n", "data: {\"message\":\"\",\"stop_reason\":");
    let answers = [
        Script::stream().bytes(format!("{half}{end}\"incomplete\"}}\n\n")),
        Script::stream().bytes(format!("{end}\"stop\"}}\n\n")),
        Script::stream().text("1. The price").cut(),
        Script::stream().bytes(format!("{half}data: {{\"message\":\" is ha\n\n{end}\"stop\"}}\n\n")),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        agent.expect_chat(answer);
        let run = review(&repository(DISCOUNT), &variables).await;
        assert_eq!(run.code, Some(1), "{number}: {run:?}");
        assert!(run.stderr.contains("stackspot-lsp: "), "{number}: {run:?}");
        assert_eq!(gitlab.requests().len(), 0, "{number}");
    }
}
