//! The commands of a shell user.

use std::path::Path;
use std::process::Stdio;

use ropey::Rope;
use stackspot_lsp::testing::syntax::{Syntax, syntax_errors, worker};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::time::timeout;

use crate::child::{Home, PATIENCE};

#[tokio::test]
async fn the_version_is_one_line() {
    for flag in ["--version", "-V"] {
        let run = Home::new().run(&[flag]).await;
        assert_eq!(run.stdout, format!("stackspot-lsp {}\n", env!("CARGO_PKG_VERSION")));
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    }
}

#[tokio::test]
async fn help_names_the_commands_and_the_variables() {
    let run = Home::new().run(&["--help"]).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    for taught in [
        "Usage: stackspot-lsp",
        "--sandbox",
        "--stdio",
        "--clientProcessId",
        "stackspot-lsp demo",
        "sandbox",
        "STACKSPOT_REALM",
        "STACKSPOT_CLIENT_ID",
        "STACKSPOT_CLIENT_SECRET",
        "STACKSPOT_AGENT_ID",
        "HTTPS_PROXY",
        "STACKSPOT_CA_BUNDLE",
        "STACKSPOT_LSP_LOG",
        "Exit codes: 0 done, 1 failed",
    ] {
        assert!(run.stdout.contains(taught), "the help does not speak of {taught}:\n{}", run.stdout);
    }
    for line in run.stdout.lines() {
        assert!(line.chars().count() <= 120, "too long for a terminal: {line}");
    }
    let short = Home::new().run(&["-h"]).await;
    assert_eq!(short.code, Some(0));
    assert!(short.stdout.contains("demo") && short.stdout.lines().count() < run.stdout.lines().count());
}

#[tokio::test]
async fn wrong_usage_ends_with_2_and_an_error_on_stderr() {
    for (arguments, named) in [
        (&["--no-such-flag"][..], "--no-such-flag"),
        (&["no-such-command"], "no-such-command"),
        (&["sandbox", "--port", "many"], "many"),
        (&["sandbox", "--port", "65536"], "65536"),
        (&["--clientProcessId=me"], "me"),
        (&["--sandbox", "demo"], "demo"),
    ] {
        let run = Home::new().run(arguments).await;
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(run.stderr.contains(named), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains("--help") || run.stderr.contains("Usage:"), "{arguments:?}: {}", run.stderr);
    }
}

#[tokio::test]
async fn the_schema_is_json_and_knows_the_settings() {
    let run = Home::new().run(&["schema"]).await;
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let schema: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(schema["properties"]["retry"]["properties"]["maxAttempts"]["default"], 3);
}

#[tokio::test]
async fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let run = Home::new().run(&["completions", shell]).await;
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        for word in ["stackspot-lsp", "run", "write", "demo"] {
            assert!(run.stdout.contains(word), "{shell} is not told of {word}");
        }
    }
    let run = Home::new().run(&["completions", "tcsh"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.contains("bash") && run.stderr.contains("fish"), "{}", run.stderr);
}

/// No machine of the project has PowerShell. Therefore the test checks the script with the program's own grammar.
#[tokio::test]
async fn the_completions_of_powershell_are_powershell() {
    worker::parse_with(Path::new(env!("CARGO_BIN_EXE_stackspot-lsp")));
    let script = Home::new().run(&["completions", "powershell"]).await.stdout;
    assert!(script.lines().count() > 100, "{script}");
    assert_eq!(syntax_errors(&Rope::from_str(&script), Syntax::PowerShell), Some(Vec::new()));
    let broken = script.replacen("Register-ArgumentCompleter", "} Register-ArgumentCompleter", 1);
    assert_ne!(syntax_errors(&Rope::from_str(&broken), Syntax::PowerShell), Some(Vec::new()));
}

#[tokio::test]
async fn the_demo_shows_a_whole_session() {
    // The demo must not use the credential of this environment. Its endpoints do not exist.
    let home =
        Home::new().with("STACKSPOT_TOKEN", "not-for-a-demo").with("STACKSPOT_INFERENCE_URL", "http://127.0.0.1:9");
    let run = home.run(&["demo"]).await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let steps: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with(|it: char| it.is_ascii_digit())).collect();
    let numbers: Vec<&str> = steps.iter().filter_map(|line| line.split('.').next()).collect();
    assert_eq!(numbers, ["1", "2", "3", "4", "5", "6"], "{}", run.stdout);
    for shown in ["Explain", "Refactor", "tokens]", "--- inventory.py", "+++ inventory.py", "outcome: applied"] {
        assert!(run.stdout.contains(shown), "the demo does not show {shown}:\n{}", run.stdout);
    }
    let (review, last) = run.stdout.split_once("5.").unwrap().1.split_once("6.").unwrap();
    assert!(review.contains("╰ ") && review.contains("\n+    # TODO(team): prices in other currencies"), "{review}");
    assert!(last.to_lowercase().contains("cancel"), "{last}");
    assert_eq!(run.stderr, "");
}

#[tokio::test]
async fn demo_ends_quietly_when_its_reader_closes_the_pipe() {
    let mut demo = Home::new().command(&["demo"]).stdin(Stdio::null()).spawn().unwrap();
    let mut output = BufReader::new(demo.stdout.take().unwrap());
    let mut line = String::new();
    timeout(PATIENCE, output.read_line(&mut line)).await.expect("the demo begins").unwrap();
    drop(output);
    let status = timeout(PATIENCE, demo.wait()).await.expect("the demo ends").unwrap();
    let mut errors = String::new();
    demo.stderr.take().unwrap().read_to_string(&mut errors).await.unwrap();
    // A part of the output is missing. Therefore this is not a success. The reader closed the pipe, and knows why.
    assert_eq!((status.code(), errors.as_str()), (Some(1), ""));
}
