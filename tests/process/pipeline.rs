//! The recipe of docs/ci-cd.md, unchanged, on the sandbox. A scripted peer acts as GitLab and GitHub.

#![cfg(unix)] // sh

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::child::{Home, Run, ended};
use crate::support::peer::{Peer, Script};

const RECIPE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/review-merge-request.sh");

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=Ana", "-c", "user.email=ana@example.com"]).args(arguments);
    let output = git.current_dir(folder).env("HOME", folder).output().expect("git is installed");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with `main`, and a branch `discount` that changes price.py.
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
async fn review_is_printed_when_it_runs_outside_of_ci() {
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
async fn incomplete_review_fails_the_job_and_nothing_is_posted() {
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

/// The YAML blocks of docs/ci-cd.md.
fn recipes() -> Vec<Value> {
    let page = include_str!("../../docs/ci-cd.md");
    let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(|block| serde_saphyr::from_str(block).unwrap_or_else(|error| panic!("{error}: {block}"))).collect()
}

/// Runs the lines of a recipe as its platform does, on a branch next to `main`.
async fn played(home: &Home, lines: &[&str], variables: &[(&str, String)]) -> Run {
    let program = Path::new(env!("CARGO_BIN_EXE_stackspot-lsp")).parent().unwrap().display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = tokio::process::Command::new("bash");
    shell.args(["-e", "-o", "pipefail", "-c", &lines.join("\n")]).current_dir(home.folder.path()).env_clear();
    shell.env("PATH", format!("{program}:{path}")).env("HOME", home.folder.path());
    shell.envs(variables.iter().map(|(name, value)| (name, value)));
    ended(shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()).await
}

/// The checkout of a platform for a merge request into `main`, with the page's script next to it.
fn checkout() -> Home {
    let home = repository(DISCOUNT);
    git(home.folder.path(), &["update-ref", "refs/remotes/origin/main", "main"]);
    std::fs::copy(RECIPE, home.folder.path().join("review-merge-request.sh")).unwrap();
    home
}

/// An agent that remarks on [`DISCOUNT`].
async fn reviewer() -> Peer {
    let agent = Peer::start().await;
    let remark = "<remark lines=\"2\" severity=\"error\">\n<at>return item.price / 2</at>\n\
        <say>Half a price is no whole number of cents.</say>\n</remark>\n";
    agent.answer_by_default(Script::stream().text(remark).end());
    agent
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_jobs_of_the_page_post_their_review() {
    let jobs = recipes();
    let platform = Peer::start().await;
    let sandbox = ("STACKSPOT_ASK_FLAGS", "--sandbox".to_owned());
    let note = platform.expect("/projects/7/merge_requests/12/notes", Script::status(201));
    let gitlab = [
        sandbox.clone(),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main".to_owned()),
        ("CI_API_V4_URL", platform.base_url()),
        ("CI_PROJECT_ID", "7".to_owned()),
        ("CI_MERGE_REQUEST_IID", "12".to_owned()),
        ("GITLAB_TOKEN", "glpat-of-the-test".to_owned()),
    ];
    let run = played(&checkout(), &texts(&jobs[0]["review"]["script"]), &gitlab).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(note.arrived().await.json()["body"].as_str().unwrap().starts_with("### Review by"));

    let comment = platform.expect("/repos/acme/shop/issues/12/comments", Script::status(201));
    let step = &jobs[1]["jobs"]["review"]["steps"][1];
    let wanted = ["PULL_REQUEST", "GITHUB_TOKEN", "STACKSPOT_REALM", "STACKSPOT_CLIENT_ID", "STACKSPOT_CLIENT_SECRET"];
    assert!(wanted.iter().all(|name| step["env"][name].as_str().is_some_and(|it| it.starts_with("${{"))), "{step}");
    let github = [
        sandbox,
        ("GITHUB_BASE_REF", "main".to_owned()),
        ("GITHUB_API_URL", platform.base_url()),
        ("GITHUB_REPOSITORY", "acme/shop".to_owned()),
        ("PULL_REQUEST", "12".to_owned()),
        ("GITHUB_TOKEN", "token-of-the-test".to_owned()),
    ];
    let run = played(&checkout(), &[step["run"].as_str().unwrap()], &github).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(comment.arrived().await.json()["body"].as_str().unwrap().starts_with("### Review by"));
}

#[tokio::test]
async fn gitlab_gets_a_report_with_remarks_at_the_changed_lines() {
    let (jobs, agent, home) = (recipes(), reviewer().await, checkout());
    let base = Command::new("git").args(["rev-parse", "main"]).current_dir(home.folder.path()).output().unwrap();
    let mut variables = agent.environment();
    variables.push(("CI_MERGE_REQUEST_DIFF_BASE_SHA", String::from_utf8(base.stdout).unwrap().trim().to_owned()));
    let job = &jobs[2]["remarks"];
    let run = played(&home, &texts(&job["script"]), &variables).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{}", run.stderr);
    let artifact = job["artifacts"]["reports"]["codequality"].as_str().unwrap();
    let report = std::fs::read_to_string(home.folder.path().join(artifact)).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let issues = report.as_array().unwrap();
    assert_eq!(issues.len(), 1, "{report}");
    // GitLab's code quality report requires these for each issue.
    for name in ["description", "check_name", "fingerprint"] {
        assert!(issues[0][name].as_str().is_some_and(|it| !it.is_empty()), "{name}: {report}");
    }
    let grades = ["info", "minor", "major", "critical", "blocker"];
    assert!(grades.contains(&issues[0]["severity"].as_str().unwrap()), "{report}");
    let location = &issues[0]["location"];
    assert_eq!((&location["path"], &location["lines"]["begin"]), (&"price.py".into(), &2.into()), "{report}");
}

#[tokio::test]
async fn github_gets_annotations_and_the_job_fails_on_errors() {
    let (jobs, agent, home) = (recipes(), reviewer().await, checkout());
    let mut variables = agent.environment();
    variables.push(("GITHUB_BASE_REF", "main".to_owned()));
    let run = played(&home, &[jobs[3][0]["run"].as_str().unwrap()], &variables).await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let expected =
        "::error file=price.py,line=2,endLine=2,title=StackSpot AI::Half a price is no whole number of cents.\n";
    assert_eq!(run.stdout, expected, "{}", run.stderr);
    agent.answer_by_default(Script::stream().text("<none/>").end());
    let run = played(&home, &[jobs[3][0]["run"].as_str().unwrap()], &variables).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{}", run.stderr);
}
