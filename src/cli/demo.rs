//! A whole editor session in the terminal: a real LSP client in the process drives the real server on the sandbox.

#![allow(clippy::indexing_slicing, reason = "reading a `Value` by key gives null where there is nothing")]

mod editor;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use similar::TextDiff;

use self::editor::{Editor, Event};
use super::model::ModelArgs;
use crate::config::Environment;
use crate::server::{ServeOptions, serve};

const URI: &str = "file:///demo/inventory.py";

const SOURCE: &str = "\
\"\"\"What is on the shelves.\"\"\"

def total_price(items, discount=0):
    total = 0
    for item in items:
        if item.price is not None:
            if item.count > 0:
                total = total + item.price * item.count
    return total - total * discount / 100
";

/// The lines of the function in [`SOURCE`]: what the session selects.
const FUNCTION: std::ops::Range<u32> = 2..9;

/// Runs the session; what it shows goes to stdout.
pub(super) async fn run(model: ModelArgs) -> ExitCode {
    match session(model).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stackspot-lsp: the demo broke off: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn session(model: ModelArgs) -> io::Result<()> {
    let (client, server) = tokio::io::duplex(64 << 10);
    let (input, output) = tokio::io::split(server);
    // The environment stays outside: a demo needs no account and must not find one.
    let environment = Environment::from_pairs(std::iter::empty::<(String, String)>());
    let sandbox = model.sandbox(&Environment::from_process());
    let model_url = sandbox.model.as_ref().map(|model| model.url.clone());
    let options = ServeOptions { sandbox: Some(sandbox), ..ServeOptions::of(environment) };
    let server = tokio::spawn(serve(input, output, options));

    let mut editor = Editor::connect(client).await?;
    say("1", "An editor starts the server and opens inventory.py")?;
    editor.open(URI, "python", SOURCE).await?;
    show(&numbered(SOURCE))?;

    say("2", "The developer selects the function; these are its code actions")?;
    let actions = editor.code_actions(URI, FUNCTION).await?;
    for action in &actions {
        show(&format!("     · {}\n", action["title"].as_str().unwrap_or_default()))?;
    }

    say("3", "“Explain”: the answer streams in as it is written")?;
    let explain = argument_of(&actions, "explain")?;
    let run = editor.run(&explain).await?;
    show("     ")?;
    let result = loop {
        match editor.event().await? {
            Event::Delta(delta) => show(&delta.replace('\n', "\n     "))?,
            Event::Response { id, result } if id == run => break result.map_err(io::Error::other)?,
            _ => {}
        }
    };
    let usage = &result["usage"];
    show(&format!(
        "\n     [first word after {} ms, {} → {} tokens]\n",
        usage["firstTokenMs"], usage["inputTokens"], usage["outputTokens"]
    ))?;

    say("4", "“Refactor”: the answer becomes one edit, here as a diff")?;
    let before = editor.text();
    let run = editor.run(&argument_of(&actions, "refactor")?).await?;
    let result = loop {
        match editor.event().await? {
            Event::Response { id, result } if id == run => break result.map_err(io::Error::other)?,
            _ => {}
        }
    };
    let after = editor.text();
    let diff = TextDiff::from_lines(&before, &after);
    show(&diff.unified_diff().context_radius(1).header("inventory.py", "inventory.py").to_string())?;
    let outcome = result["outcome"].as_str().unwrap_or_default();
    let more = match result["reason"].as_str() {
        Some(reason) => format!(": {reason}"),
        None if after == before => String::new(),
        None => "; one step to undo".to_owned(),
    };
    show(&format!("     [outcome: {outcome}{more}]\n"))?;

    say("5", "“Explain” again, cancelled in the middle: the stream closes at once")?;
    let run = editor.run(&explain).await?;
    show("     ")?;
    let mut words = 0;
    let ending = loop {
        match editor.event().await? {
            Event::Delta(delta) => {
                show(&delta.replace('\n', "\n     "))?;
                words += 1;
                if words == 8 {
                    editor.cancel(run).await?;
                }
            }
            Event::Response { id, result } if id == run => break result,
            _ => {}
        }
    };
    show(&format!(
        "\n     [{}]\n",
        ending.err().unwrap_or_else(|| "it was done before it could be cancelled".to_owned())
    ))?;

    editor.shut_down().await?;
    let ended = tokio::time::timeout(Duration::from_secs(5), server).await;
    if !matches!(ended, Ok(Ok(crate::server::transport::ExitStatus::Clean))) {
        return Err(io::Error::other("the server did not end as it should"));
    }
    let answered = model_url.map_or_else(String::new, |url| format!(", answered by the model at {url}"));
    show(&format!(
        "\nThat was the real server on its sandbox{answered}. To have it in your editor, see the README: \
         `stackspot-lsp --sandbox`.\n"
    ))
}

/// The `RunParams` that the code action of this name carries.
fn argument_of(actions: &[Value], action: &str) -> io::Result<Value> {
    actions
        .iter()
        .find_map(|it| it.pointer("/command/arguments/0").filter(|argument| argument["action"] == json!(action)))
        .cloned()
        .ok_or_else(|| io::Error::other(format!("the server offers no action \"{action}\"")))
}

fn say(number: &str, text: &str) -> io::Result<()> {
    show(&format!("\n{number}.  {text}\n\n"))
}

fn numbered(text: &str) -> String {
    text.lines().enumerate().map(|(at, line)| format!("     {:>2} │ {line}\n", at + 1)).collect()
}

/// Writes to stdout at once, since the answer is to be seen as it comes.
fn show(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
