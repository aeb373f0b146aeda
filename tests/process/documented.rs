//! The commands of the pages for users. They run unchanged, in order, with a new home, against the sandbox.
//!
//! If a block cannot run here, a hidden comment says so. `tests/support/pages.rs` lists these comments.

#![cfg(unix)] // sh

use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use stackspot_lsp::testing::sandbox::{Pacing, Sandbox, SandboxOptions};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::child::{Home, PATIENCE, ended};
use crate::pages::{self, Block};

/// The pages with commands for users. The other pages are for contributors. Their commands build,
/// test and measure the project.
fn pages_for_users() -> Vec<PathBuf> {
    let of_users = |page: &PathBuf| {
        let name = pages::name(page);
        name.starts_with("README") || name.starts_with("docs/") || name.starts_with("editors/")
    };
    pages::pages().into_iter().filter(of_users).collect()
}

#[tokio::test]
async fn every_documented_command_works() {
    // The pages run at the same time, because each page has its own home and sandbox.
    let runs = futures::future::join_all(pages_for_users().iter().map(|page| async { run_page(page).await })).await;
    let failures: Vec<&str> = runs.iter().flat_map(|run| &run.failures).map(String::as_str).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(runs.iter().map(|run| run.passed).sum::<usize>() >= 8, "blocks were run");
}

#[derive(Default)]
struct PageRun {
    passed: usize,
    failures: Vec<String>,
}

async fn run_page(page: &Path) -> PageRun {
    let mut run = PageRun::default();
    let blocks = pages::blocks(page);
    if !blocks.iter().any(Block::is_shell) {
        return run;
    }
    let project = Project::new().await;
    let mut serving = Vec::new();
    for block in blocks {
        if let Some(file) = block.note("file") {
            project.home.file(&format!("shop/{file}"), format!("{}\n", block.text));
        }
        if !block.is_shell() || is_run_elsewhere(&block) {
            continue;
        }
        let outcome = if block.note("run") == Some("in the background") {
            project.serve(&block).await.map(|child| serving.push(child))
        } else {
            project.run(&block).await
        };
        match outcome {
            Ok(()) => run.passed += 1,
            Err(problem) => run.failures.push(problem),
        }
    }
    run
}

/// Whether CI runs the block separately, or the block has a reason why it cannot run.
fn is_run_elsewhere(block: &Block) -> bool {
    let stage = |name: &str| pages::read(".ci/run").contains(&format!("readme_command {name})"));
    block.note("not run").is_some_and(|why| why.len() > 8) || block.note("ci").is_some_and(stage)
}

/// A user with a project, and a sandbox instead of the service.
struct Project {
    home: Home,
    sandbox: Sandbox,
    /// Replaces the port on the pages, which may be in use on this machine.
    port: u16,
}

impl Project {
    async fn new() -> Self {
        let options = SandboxOptions { pacing: Pacing::Immediate, ..SandboxOptions::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let home = Home::new();
        let methods = (0..10)
            .map(|n| format!("    def price_{n}(self):\n        price = self.base + {n}\n        return price\n"));
        let source = format!("class Prices:\n    base = 0\n\n{}", methods.collect::<Vec<_>>().join("\n"));
        home.file("shop/src/price.py", &source);
        home.file("shop/docs/adr.md", "# Prices are in cents\n");
        home.file("shop/long-answer.md", "word ".repeat(100));
        // A user has a password manager. The test does not use the keyring of the user who runs it.
        let pass = home.file("tools/pass", "#!/bin/sh\necho the-secret-of-a-test\n");
        std::fs::set_permissions(pass, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let home = home.with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let project = Self { home, sandbox, port };
        for name in ["editors", "packaging"] {
            std::os::unix::fs::symlink(pages::root().join(name), project.folder().join(name)).unwrap();
        }
        let history = "git init -q -b main && git add src && git -c user.name=Ana -c user.email=ana@example.com commit -q -m Prices";
        let change = "echo '# Checked.' >> src/price.py && git add src && echo '# Twice.' >> src/price.py";
        let run = ended(project.shell(&format!("{history} && {change}")).spawn().unwrap()).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        project
    }

    fn folder(&self) -> PathBuf {
        self.home.folder.path().join("shop")
    }

    /// A shell like the one in CI: it stops at the first command that fails.
    fn shell(&self, script: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_stackspot-lsp")).parent().unwrap().display();
        let tools = self.home.folder.path().join("tools");
        let path = format!("{program}:{}:{}", tools.display(), std::env::var("PATH").unwrap_or_default());
        let mut shell = self.home.command_of("bash");
        let base_url = self.sandbox.base_url();
        for service in ["IDM", "INFERENCE", "DATA", "AGENTS"] {
            shell.env(format!("STACKSPOT_{service}_URL"), &base_url);
        }
        let credential = [("REALM", "acme"), ("CLIENT_ID", "ana"), ("CLIENT_SECRET", "s"), ("AGENT_ID", "01REVIEWER")];
        shell.envs(credential.map(|(name, value)| (format!("STACKSPOT_{name}"), value)));
        shell.args(["-euo", "pipefail", "-c", script]).env("PATH", path).current_dir(self.folder());
        shell.stdin(Stdio::null());
        shell
    }

    fn script(&self, block: &Block) -> Result<String, String> {
        match block.language.as_str() {
            "sh" | "bash" => Ok(block.text.replace("8080", &self.port.to_string())),
            other => Err(format!(
                "{}: no {other} here. Mark the block with a line `<!-- not run: WHY -->` above it.",
                block.place
            )),
        }
    }

    async fn run(&self, block: &Block) -> Result<(), String> {
        let script = self.script(block)?;
        let child = self.shell(&script).process_group(0).spawn().unwrap();
        let group = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)).unwrap();
        let output = timeout(PATIENCE, child.wait_with_output()).await;
        // Ends the processes that a failed script left behind.
        let _ = kill_process_group(group, Signal::KILL);
        let said = match output {
            Ok(Ok(output)) if output.status.success() => return Ok(()),
            Ok(Ok(output)) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                format!("{}\nstdout: {}\nstderr: {}", output.status, text(&output.stdout), text(&output.stderr))
            }
            other => format!("it does not end: {other:?}"),
        };
        Err(format!(
            "{}: this does not work as it stands. Mend it, or say why it cannot be run here in a line \
             `<!-- not run: WHY -->` above it.\n{script}\n{said}",
            block.place
        ))
    }

    /// Starts a serving command, and waits for its first line.
    async fn serve(&self, block: &Block) -> Result<Child, String> {
        let mut child = self.shell(&format!("exec {}", self.script(block)?)).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = timeout(PATIENCE, lines.next_line()).await;
        match first {
            Ok(Ok(Some(_))) => Ok(child),
            other => Err(format!("{}: it says nothing: {other:?}", block.place)),
        }
    }
}
