//! `ask [PROMPT]`: one prompt to an agent, its answer to stdout.

mod prompt;
mod uploads;

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use tokio::io::AsyncReadExt;

use super::shell::{Failure, OutputMode, Shell, ShellHost, print_message, run_job, workspace_of};
use crate::actions::{ASK, QUESTION};
use crate::documents::{DocumentStore, DocumentUri, PositionEncoding};
use crate::encoding;
use crate::i18n::{Language, message};
use crate::job::{self, Ask, Job, JobError, Order};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Your question. If it is missing or -, it is read from stdin. Otherwise piped text is added as context
    prompt: Option<String>,
    /// Upload a file for the agent to read; may be given several times
    #[arg(long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Continue this conversation
    #[arg(long, value_name = "ID")]
    conversation: Option<String>,
    /// Ask for the whole answer in one reply
    #[arg(long)]
    no_stream: bool,
    /// Print one RunResult as JSON
    #[arg(long)]
    json: bool,
    /// The agent to ask: an id, or a name of the settings or the account
    #[arg(long)]
    agent: Option<String>,
    /// Let the agent use its knowledge sources
    #[arg(long)]
    knowledge: bool,
    /// Ask the built-in sandbox: no account, no network
    #[arg(long)]
    sandbox: bool,
}

pub(super) async fn run(args: Args, language: Language) -> Result<(), Failure> {
    let shell = Shell::open(args.sandbox, language)?;
    let settings = &shell.settings;
    let budget = settings.context.max_chars;
    // A dash means stdin, as in other programs, even if stdin is a terminal.
    let words = args.prompt.as_deref().filter(|words| *words != "-");
    let input = input(budget, args.prompt.is_some() && words.is_none()).await?;
    let prompt = prompt::compose(words, input.as_deref(), budget)?;
    let own = settings.actions.get(ASK).and_then(|own| own.agent.as_deref());
    let agent = shell.agent(args.agent.as_deref().or(own))?;

    let documents = DocumentStore::new(PositionEncoding::Utf16);
    let here = std::env::current_dir().unwrap_or_default();
    let host = ShellHost::new(&shell, workspace_of(&here), &documents, None, false);
    let job = Job::new(QUESTION, DocumentUri::parse(NO_DOCUMENT), NO_DOCUMENT.into());
    let limits = job::limits(settings);
    let order = async {
        // The user agrees to the prompt and the files before anything is sent.
        host.consent_to(&agent.id, &prompt).await?;
        let uploads = uploads::confirm_uploads(&host, &agent.id, &args.files).await?;
        let mut request = job::request(agent, settings, &job.action, prompt, args.conversation.clone());
        request.streaming &= !args.no_stream;
        request.knowledge.enabled |= args.knowledge;
        request.use_conversation |= args.conversation.is_some();
        let ask = Ask { request, uploads, folders: host.roots(), limits, ..Ask::default() };
        Ok::<_, JobError>(Order { ask, target: None })
    };
    let shown = if args.json { OutputMode::Json } else { OutputMode::Text };
    let mut ended = run_job(&shell, &job, order, &host, shown).await?;
    if args.json {
        let result = job::run_result(&job, &ended.finished, None, None, language);
        ended.output.write(&format!("{result}\n")).await?;
    } else {
        // The knowledge sources are not part of the answer.
        for source in ended.finished.answer.sources() {
            print_message(&message!("ask-source", source = source), language);
        }
    }
    ended.tell_usage();
    ended.whole()
}

/// Jobs need a document, but a prompt has none.
const NO_DOCUMENT: &str = "stackspot-lsp:ask";

/// The piped text. Returns `None` if it is empty, or if stdin is a terminal and the user did not ask for it. If it is
/// far too long, only the start is read.
async fn input(budget: usize, from_terminal: bool) -> Result<Option<String>, Failure> {
    if io::stdin().is_terminal() && !from_terminal {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    // A character has at most four bytes. Therefore more bytes than this are too many in any case.
    let most = (budget as u64).saturating_mul(4).saturating_add(1);
    let read = tokio::io::stdin().take(most).read_to_end(&mut bytes).await;
    read.map_err(|error| message!("ask-stdin-unreadable", error = error.to_string()))?;
    let text = encoding::decode(&bytes).ok_or_else(|| message!("ask-stdin-no-text"))?;
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}
