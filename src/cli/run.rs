//! `run ACTION FILE[:FIRST[-LAST]]`: one action on a file. An answer is streamed to stdout. An edit becomes a unified
//! diff there, or is written to the file.

mod diff;
mod encoding;
mod file;
mod file_update;
mod findings;
mod location;
mod prompt_files;
mod remarks;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::encoding::Encoding;
pub(super) use self::file::TextFile;
use self::file_update::FileUpdate;
use self::findings::Finding;
use self::location::FileLocation;
use self::remarks::{FailOn, Format};
use super::shell::{
    Ended, Failure, Output, OutputMode, Shell, ShellHost, print_message, run_job, warn, workspace_edit, workspace_of,
};
use crate::actions::context::Diagnostic;
use crate::actions::{self, ASK, Action, ActionResult, Catalogue, Cursor, MenuRule};
use crate::documents::{DocumentStore, DocumentUri, PositionEncoding};
use crate::i18n::{Language, Message, message};
use crate::job::{self, Draft, Finished, Job, OrderFindings, Outcome, Proposal, USER_RULES, Workspace, shown_in};
use crate::languages::id_of_file;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What to do: explain, review, refactor, fix, document, edit, … (an unknown name lists them all)
    action: String,
    /// The file, or some of it: FILE:12 is the function, method or class around line 12; FILE:12-20 are those lines. review
    /// and suggest take several
    #[arg(value_name = "FILE[:FIRST[-LAST]]", required_unless_present_any = ["diff", "sarif"])]
    places: Vec<String>,
    /// Write the edit to the file, instead of printing it as a unified diff
    #[arg(long)]
    write: bool,
    /// Print one RunResult as JSON
    #[arg(long)]
    json: bool,
    /// What you want, in your own words
    #[arg(long, value_name = "TEXT")]
    instruction: Option<String>,
    /// The agent to ask: an id, or a name of the settings or the account
    #[arg(long)]
    agent: Option<String>,
    /// Ask the built-in sandbox: no account, no network
    #[arg(long)]
    sandbox: bool,
    /// The format of the remarks of review and suggest (default: text)
    #[arg(long, value_enum, conflicts_with = "json")]
    format: Option<Format>,
    /// Exit with 1 if review or suggest has a remark of this severity
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// Only the changes since REV (default: HEAD), in the whole repository or in the named files
    #[arg(long, value_name = "REV", num_args = 0..=1, default_missing_value = crate::job::HEAD)]
    diff: Option<String>,
    /// Fix what another tool found, finding by finding (with the action fix)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["places", "diff", "json"])]
    sarif: Option<PathBuf>,
    /// Upload what a prompt file of the workspace names, without asking about it
    #[arg(long)]
    allow_uploads: bool,
    /// Show the prompt and where it would go, and send nothing
    #[arg(long, conflicts_with_all = ["write", "json"])]
    dry_run: bool,
}

/// The question, and its flags.
struct Question<'a> {
    args: &'a Args,
    shell: &'a Shell,
    action: Action,
    instruction: Option<String>,
}

pub(super) async fn run(args: Args, language: Language) -> Result<(), Failure> {
    let shell = Shell::open(args.sandbox, language)?;
    let first = args.places.first().map_or_else(|| FileLocation::parse("."), |place| FileLocation::parse(place));
    let (action, instruction) = action(&shell, &args, &first)?;
    let question = Question { args: &args, shell: &shell, action, instruction };
    if question.action.result == ActionResult::Remarks {
        return match args.sarif {
            Some(_) => Err(Failure::Usage(message!("run-sarif-is-for-fix"))),
            None => remarks::run(&question).await,
        };
    }
    if args.format.is_some() || args.fail_on.is_some() || args.diff.is_some() {
        return Err(Failure::Usage(message!("run-flags-of-remarks", action = &args.action)));
    }
    if let Some(report) = &args.sarif {
        return fix_findings(&question, report).await;
    }
    if args.places.len() > 1 {
        return Err(Failure::Usage(message!("run-one-file", action = &args.action)));
    }
    run_on(&question, &first, Vec::new()).await
}

/// Fixes what another tool found, one finding after the other. If one fix fails, the others are still tried.
async fn fix_findings(question: &Question<'_>, report: &Path) -> Result<(), Failure> {
    let language = question.shell.language;
    if question.action.offered != MenuRule::WithDiagnostics {
        return Err(Failure::Usage(message!("run-sarif-is-for-fix")));
    }
    let (findings, mut last) = (findings::read_sarif(report)?, Ok(()));
    if findings.is_empty() {
        print_message(&message!("run-no-findings"), language);
    }
    let workspace = workspace_of(&std::env::current_dir()?).canonicalize()?;
    for Finding { place, problem } in findings {
        // The report may come from an attacker.
        if place.path.canonicalize().is_ok_and(|file| !file.starts_with(&workspace)) {
            warn(&message!("run-finding-outside", file = place.path.display().to_string()), language);
            last = Err(Failure::AlreadyReported);
            continue;
        }
        print_message(&Message::verbatim(format!("{}: {problem}", place.path.display())), language);
        match run_on(question, &place, vec![problem]).await {
            Ok(()) => {}
            Err(Failure::Error(reason)) => {
                warn(&reason, language);
                last = Err(Failure::AlreadyReported);
            }
            Err(Failure::AlreadyReported) => last = Err(Failure::AlreadyReported),
            Err(failure) => return Err(failure),
        }
    }
    last
}

/// A file that was opened for a question, and the question.
struct Prepared {
    file: TextFile,
    documents: DocumentStore,
    workspace: PathBuf,
    job: Job,
    draft: Draft,
}

fn prepared(question: &Question<'_>, place: &FileLocation, diagnostics: Vec<Diagnostic>) -> Result<Prepared, Failure> {
    let Question { args, shell, action, instruction } = question;
    let file = TextFile::read(&place.path)?;
    let named = args.agent.as_deref().or(action.agent.as_deref());
    let agent = shell.agent(named)?;

    let documents = DocumentStore::new(PositionEncoding::Utf16);
    let uri = DocumentUri::from_file_path(&file.path);
    documents.open(uri.as_str(), id_of_file(&file.path), 1, &file.text);
    let snapshot = documents.snapshot(uri.as_str()).map_err(|error| error.message())?;
    let selection = place.selection(&snapshot.text).map_err(Failure::Usage)?;
    let workspace = workspace_of(&file.path);
    let job = Job::new(action.clone(), uri, Arc::clone(&snapshot.client_uri));
    let draft = Draft {
        added: Vec::new(),
        path: Some(shown_in(&file.path, &[&workspace])),
        workspace: Workspace {
            folders: vec![workspace.clone()],
            user_rules: shell.environment.config_dir().map(|folder| folder.join(USER_RULES)),
            open_documents: Vec::new(),
        },
        answer_language: shell.language.tag(),
        diagnostics,
        changed_since: None,
        conversation_id: None,
        snapshot,
        selection,
        cursor: Cursor::Empty,
        instruction: instruction.clone(),
        agent,
        review: false,
        settings: Arc::clone(&shell.settings),
    };
    Ok(Prepared { file, documents, workspace, job, draft })
}

/// Shows what would be sent, to which address, and what the guard finds in it.
async fn show_order(shell: &Shell, Prepared { documents, job, draft, .. }: Prepared) -> Result<(), Failure> {
    let (language, document) = (shell.language, draft.path.clone());
    let order = draft.into_order(&documents, &job).await?;
    order
        .ask
        .uploads
        .iter()
        .for_each(|file| print_message(&message!("run-would-upload", file = &file.shown), language));
    if let Some(reasons) = OrderFindings::of(&job, &order, document).await?.reasons() {
        print_message(&message!("run-would-find", reasons = reasons), language);
    }
    let agent = &order.ask.request.agent_id;
    let would_go = match shell.service.inference_url() {
        Some(address) => message!("run-would-go", agent = agent, address = address.to_owned()),
        None => message!("run-would-go-to-sandbox", agent = agent),
    };
    print_message(&would_go, language);
    Ok(Output::new().write(&order.prompts().collect::<Vec<_>>().join("\n")).await?)
}

async fn run_on(question: &Question<'_>, place: &FileLocation, diagnostics: Vec<Diagnostic>) -> Result<(), Failure> {
    let Question { args, shell, .. } = question;
    let language = shell.language;
    let prepared = prepared(question, place, diagnostics)?;
    if args.dry_run {
        return show_order(shell, prepared).await;
    }
    let Prepared { file, documents, workspace, job, draft } = prepared;
    let host = ShellHost::new(shell, workspace, &documents, args.write.then_some(&file), args.allow_uploads);
    let is_answer = job.action.result == ActionResult::Answer;
    let shown = match is_answer {
        _ if args.json => OutputMode::Json,
        true => OutputMode::Text,
        false => OutputMode::Nothing,
    };
    let order = draft.into_order(&documents, &job);
    let mut ended = run_job(shell, &job, order, &host, shown).await?;
    if args.json {
        let edit = proposal(&ended.finished).map(|proposal| {
            let edit = proposal.rebased();
            workspace_edit(&edit.snapshot, &edit.changes)
        });
        let is_whole = ended.finished.answer.is_complete();
        let update = proposal(&ended.finished).filter(|_| args.write && is_whole).and_then(FileUpdate::of);
        let written = update.map(|update| update.write(language));
        let mut result = job::run_result(&job, &ended.finished, edit, None, language);
        if let Some(fields) = result.as_object_mut() {
            let reason = match &written {
                Some(Ok(())) => {
                    fields.insert("outcome".to_owned(), Outcome::Applied { lacking: None }.name().into());
                    fields.retain(|name, _| name != "reason" && name != "edit");
                    None
                }
                Some(Err(why)) => Some(why.clone()),
                None => reason(&ended.finished, &host, args.write),
            };
            fields.extend(reason.map(|reason| ("reason".to_owned(), reason.text(language).into())));
        }
        ended.output.write(&format!("{result}\n")).await?;
        if let Some(written) = written {
            ended.tell_usage();
            return Ok(written?);
        }
        return outcome(&ended, &host, args.write, &file);
    }
    if let Some(update) = proposal(&ended.finished).and_then(FileUpdate::of) {
        ended.tell_usage();
        if args.write && ended.finished.answer.is_complete() {
            return Ok(update.write(language)?);
        }
        ended.output.write(&update.diff()).await?;
        return ended.whole();
    }
    if let Some(proposal) = proposal(&ended.finished) {
        let edit = proposal.rebased();
        let after = crate::edit::apply(&file.text, &edit.changes);
        if file.encoding != Encoding::Utf8 {
            warn(&message!("run-diff-of-utf16", file = file.path.display().to_string()), language);
        }
        ended.output.write(&diff::unified(&file.path, Some(&file.text), &after)).await?;
    } else if let (Outcome::Answered { .. }, OutputMode::Nothing) = (&ended.finished.outcome, shown) {
        // The answer contains no edit, but the user paid for it.
        let text = Arc::clone(&ended.finished.answer);
        ended.output.write(&text.text).await?;
        ended.output.end_line().await?;
    }
    outcome(&ended, &host, args.write, &file)
}

/// The action with this name, and its instruction.
fn action(shell: &Shell, args: &Args, place: &FileLocation) -> Result<(Action, Option<String>), Failure> {
    let files = prompt_files::load_prompt_files(shell, &place.path, &args.action);
    let catalogue = Catalogue::new(Arc::clone(&shell.settings)).with_files(files);
    let Some(mut action) = catalogue.find(&args.action) else {
        let known = catalogue.names_like(&args.action);
        let message = message!("run-unknown-action", action = &args.action, known = known);
        return Err(Failure::Usage(message));
    };
    let instruction = args.instruction.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let instruction = instruction.or_else(|| action.own_instruction().map(str::to_owned));
    if args.agent.is_some() {
        action.agent = None;
    }
    // An editor opens a document for the question. The shell has none.
    let needs_words = action.offered == MenuRule::NeedsInstruction || action.id == ASK;
    if needs_words && instruction.is_none() {
        return Err(Failure::Usage(message!("run-needs-words", action = action.id)));
    }
    let action = actions::as_asked(action, instruction.as_deref(), &catalogue);
    Ok((action, instruction))
}

fn proposal(finished: &Finished) -> Option<&Proposal> {
    match &finished.outcome {
        Outcome::Proposed(proposal) => Some(proposal),
        _ => None,
    }
}

/// Why an edit is a proposal, or an answer, in words for a shell. A missing `--write` is not a reason to complain.
fn reason(finished: &Finished, host: &ShellHost<'_>, write: bool) -> Option<Message> {
    match &finished.outcome {
        Outcome::Answered { reason } | Outcome::Unchanged { because: reason } => reason.clone(),
        Outcome::Proposed(_) if host.received_edit() && !write => Some(message!("run-write-it")),
        Outcome::Proposed(proposal) => Some(host.refusal().unwrap_or_else(|| proposal.reason.clone())),
        Outcome::Applied { lacking } => lacking.clone(),
    }
}

/// Says what happened to an edit, and fails if that was not requested.
fn outcome(ended: &Ended, host: &ShellHost<'_>, write: bool, file: &TextFile) -> Result<(), Failure> {
    ended.tell_usage();
    let (name, language) = (file.path.display().to_string(), ended.language);
    match (&ended.finished.outcome, reason(&ended.finished, host, write)) {
        (Outcome::Applied { .. }, _) => print_message(&message!("run-changed", file = name), language),
        (Outcome::Unchanged { .. }, None) => print_message(&message!("run-unchanged", file = name), language),
        (Outcome::Unchanged { .. }, Some(reason)) => {
            print_message(&message!("run-unchanged-because", file = name, reason = reason), language);
        }
        (Outcome::Proposed(_), Some(reason)) if write => {
            return Err(message!("run-not-changed", file = name, reason = reason).into());
        }
        _ if !ended.finished.answer.is_complete() => return ended.whole(),
        (Outcome::Proposed(_), Some(reason)) if !host.received_edit() => warn(&reason, language),
        (Outcome::Answered { .. }, Some(reason)) => return Err(message!("run-no-edit", reason = reason).into()),
        _ => {}
    }
    Ok(())
}
