//! A whole editor session in the terminal: a real LSP client in this process uses the real server with the sandbox.

#![allow(clippy::indexing_slicing, reason = "reading a `Value` by key gives null where there is nothing")]

mod editor;

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};
use similar::TextDiff;

use self::editor::{Editor, Event};
use crate::cli::model::ModelArgs;
use crate::cli::shell::Failure;
use crate::config::Environment;
use crate::i18n::{Language, Message, message};
use crate::server::{ServeOptions, serve};
use crate::tasks;

const URI: &str = "file:///demo/inventory.py";

const SOURCE: &str = "\
\"\"\"What is on the shelves.\"\"\"

def total_price(items, discount=0):
    # TODO: prices in other currencies
    total = 0
    for item in items:
        if item.price is not None:
            if item.count > 0:
                total = total + item.price * item.count
    return total - total * discount / 100
";

/// The lines of the function in [`SOURCE`], which the session selects.
const FUNCTION: std::ops::Range<u32> = 2..10;

/// Runs the session. Its output goes to stdout.
pub(super) async fn run(model: ModelArgs, language: Language) -> Result<(), Failure> {
    session(model, language).await.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::BrokenPipe,
        _ => Failure::Error(message!("demo-broke-off", error = error.to_string())),
    })
}

async fn session(model: ModelArgs, language: Language) -> io::Result<()> {
    let say = |number: &str, message: Message| show(&format!("\n{number}.  {}\n\n", message.text(language)));
    let (client, server) = tokio::io::duplex(64 << 10);
    let (input, output) = tokio::io::split(server);
    // The demo gets an empty environment: it needs no account and must not find one.
    let environment = Environment::from_pairs(std::iter::empty::<(String, String)>());
    let sandbox = model.sandbox(&Environment::from_process(), language);
    let model_url = sandbox.model.as_ref().map(|model| model.url.clone());
    let options = ServeOptions { sandbox: Some(sandbox), ..ServeOptions::for_environment(environment) };
    let server = tasks::spawn("the demo's server", serve(input, output, options));

    let mut editor = Editor::connect(client, language.tag()).await?;
    say("1", message!("demo-opens"))?;
    editor.open(URI, "python", SOURCE).await?;
    show(&numbered(SOURCE))?;

    say("2", message!("demo-selects"))?;
    let actions = editor.code_actions(FUNCTION).await?;
    for action in &actions {
        show(&format!("     · {}\n", action["title"].as_str().unwrap_or_default()))?;
    }

    say("3", message!("demo-explains"))?;
    let explain = argument_of(&actions, "explain")?;
    let result = streamed(&mut editor, &explain, None).await?.map_err(io::Error::other)?;
    let usage = &result["usage"];
    let figure = |name: &str| usage[name].to_string();
    let first = Duration::from_millis(usage["firstTokenMs"].as_u64().unwrap_or_default());
    let tokens = message!("usage-tokens", input = figure("inputTokens"), output = figure("outputTokens"));
    let cost = Message::joined(vec![message!("usage-first-word", seconds = first), tokens], ", ");
    show(&format!("\n     [{}]\n", cost.text(language)))?;

    say("4", message!("demo-refactors"))?;
    let before = editor.text();
    let run = editor.run(&argument_of(&actions, "refactor")?).await?;
    let result = editor.response(run).await?;
    let after = editor.text();
    show_diff(&before, &after)?;
    let outcome = result["outcome"].as_str().unwrap_or_default().to_owned();
    let more = match result["reason"].as_str() {
        Some(reason) => message!("demo-outcome-because", outcome = outcome, reason = reason.to_owned()),
        None if after == before => message!("demo-outcome", outcome = outcome),
        None => message!("demo-outcome-applied", outcome = outcome),
    };
    show(&format!("     [{}]\n", more.text(language)))?;

    say("5", message!("demo-reviews"))?;
    review(&mut editor, language).await?;

    say("6", message!("demo-cancels"))?;
    let ending = streamed(&mut editor, &explain, Some(8)).await?;
    show(&format!("\n     [{}]\n", ending.err().unwrap_or_else(|| message!("demo-done-before").text(language))))?;

    editor.shut_down().await?;
    let ended = tokio::time::timeout(Duration::from_secs(5), server).await;
    if !matches!(ended, Ok(Ok(Ok(crate::server::transport::ExitStatus::Clean)))) {
        return Err(io::Error::other("the server did not end as it should"));
    }
    let end = match model_url {
        Some(url) => message!("demo-end-with-model", url = url.to_string()),
        None => message!("demo-end"),
    };
    show(&format!("\n{}\n", end.text(language)))
}

/// Runs an action and shows its answer as it arrives. Cancels it after some pieces. Returns the result or error.
async fn streamed(
    editor: &mut Editor,
    params: &Value,
    cancel_after: Option<usize>,
) -> io::Result<Result<Value, String>> {
    let run = editor.run(params).await?;
    show("     ")?;
    let mut pieces = 0;
    loop {
        match editor.event().await? {
            Event::Delta(delta) => {
                show(&delta.replace('\n', "\n     "))?;
                pieces += 1;
                if Some(pieces) == cancel_after {
                    editor.cancel(run).await?;
                }
            }
            Event::Response { id, result } if id == run => return Ok(result),
            Event::Response { .. } => {}
        }
    }
}

/// How long a fix may take until the text contains it.
const LANDING: Duration = Duration::from_secs(5);

/// Shows the remarks of a review at their lines, and applies the first fix.
async fn review(editor: &mut Editor, language: Language) -> io::Result<()> {
    let actions = editor.code_actions(FUNCTION).await?;
    let run = editor.run(&argument_of(&actions, "review")?).await?;
    let result = editor.response(run).await?;
    let remarks = result["remarks"].as_array().cloned().unwrap_or_default();
    let text = editor.text();
    for remark in &remarks {
        let line = remark.pointer("/range/start/line").and_then(Value::as_u64).unwrap_or_default();
        let code = usize::try_from(line).ok().and_then(|line| text.lines().nth(line)).unwrap_or_default();
        let said = remark["message"].as_str().unwrap_or_default();
        show(&format!("     {:>2} │ {code}\n        ╰ {said}\n", line + 1))?;
    }
    let Some(remark) = remarks.iter().find(|remark| remark["edit"].is_object()) else {
        let outcome = result["outcome"].as_str().unwrap_or_default().to_owned();
        return show(&format!("     [{}]\n", message!("demo-outcome", outcome = outcome).text(language)));
    };
    editor.execute("stackspot-lsp.apply", &json!({ "jobId": result["jobId"], "remark": remark["id"] })).await?;
    if let Ok(landed) = tokio::time::timeout(LANDING, editor.changed_from(&text)).await {
        landed?;
        show_diff(&text, &editor.text())?;
        show(&format!("     [{}]\n", message!("demo-outcome-applied", outcome = "applied").text(language)))?;
    }
    Ok(())
}

fn show_diff(before: &str, after: &str) -> io::Result<()> {
    let diff = TextDiff::from_lines(before, after);
    show(&diff.unified_diff().context_radius(1).header("inventory.py", "inventory.py").to_string())
}

/// The `RunParams` of the code action with this name.
fn argument_of(actions: &[Value], action: &str) -> io::Result<Value> {
    actions
        .iter()
        .find_map(|it| it.pointer("/command/arguments/0").filter(|argument| argument["action"] == json!(action)))
        .cloned()
        .ok_or_else(|| io::Error::other(format!("the server offers no action \"{action}\"")))
}

fn numbered(text: &str) -> String {
    text.lines().enumerate().map(|(at, line)| format!("     {:>2} │ {line}\n", at + 1)).collect()
}

/// Writes to stdout at once, because the user must see the answer as it arrives.
fn show(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
