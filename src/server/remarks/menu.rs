//! The actions for a remark, in the menu and in the lenses of its lines.

use serde_json::{Value, json};

use super::publish::diagnostic;
use crate::actions::{ASK, FIX, QUICK_FIX, REVIEW};
use crate::display::shortened;
use crate::documents::{DocumentUri, Range, Snapshot};
use crate::i18n::{Message, message};
use crate::job::HEAD;
use crate::server::session::{LocatedRemark, Session};
use crate::server::wire::{Argument, CodeActionParams, Command, Item, KIND_PREFIX, RunArgument, lens};

/// How much of a remark a menu shows, in characters.
const TITLE_CHARS: usize = 80;

/// How much of a remark a lens shows, in characters.
const LENS_CHARS: usize = 60;

/// The actions for the remarks on the lines of a range.
pub(crate) fn menu(session: &Session, params: &CodeActionParams) -> Vec<Item> {
    let document = DocumentUri::parse(&params.text_document.uri);
    let range = params.range;
    let lines = session.documents.snapshot(document.as_str()).ok().map(|today| whole_lines(&today, range));
    if !lines.is_some_and(|lines| session.remarks.have_some_at(&document, &lines)) {
        return Vec::new();
    }
    let all = session.remarks.located(&document);
    let here: Vec<&LocatedRemark> = all.iter().filter(|located| touches(located, range)).collect();
    let Some(first) = here.first() else { return Vec::new() };
    let (catalogue, mut items) = (session.catalogue(), Vec::new());
    let entry = |located: &LocatedRemark, title: Message, command: Command, argument: Argument| {
        let problems = vec![as_sent(session, params, located)];
        Item { problems, ..Item::new(session.title(&title), QUICK_FIX.into(), command, argument) }
    };
    let item = |located: &LocatedRemark, title: Message, command: Command, argument: Value| {
        entry(located, title, command, Argument::Other(argument))
    };
    let run = |located: &LocatedRemark, title: Message, action| {
        entry(located, title, Command::Run, Argument::Run(run_argument(session, params, located, action)))
    };
    for located in &here {
        let said = shortened(&located.remark.message, TITLE_CHARS).into_owned();
        let argument = json!({ "jobId": located.job.id, "remark": located.remark.id });
        if located.place.fix.is_some() {
            let title = message!("remark-apply", said = said);
            items.push(item(located, title, Command::Apply, argument));
            continue;
        }
        if located.place.doubtful_fix.is_some() {
            let title = message!("remark-look", said = said.clone());
            items.push(item(located, title, Command::Apply, argument));
        }
        if catalogue.find(FIX).is_some() {
            items.push(run(located, message!("remark-fix", said = said), FIX));
        }
    }
    // The entry for all fixes is about the job of the first remark here.
    let safe = all.iter().filter(|it| it.job.id == first.job.id && it.place.fix.is_some()).count();
    if safe > 1 {
        let argument = json!({ "jobId": first.job.id, "remarks": "safe" });
        let title = message!("remark-apply-safe", count = safe);
        items.push(item(first, title, Command::Apply, argument));
    }
    for located in &here {
        let said = shortened(&located.remark.message, TITLE_CHARS).into_owned();
        let argument = json!({ "jobId": located.job.id, "remark": located.remark.id });
        let title =
            if here.len() == 1 { message!("remark-dismiss") } else { message!("remark-dismiss-one", said = said) };
        items.push(Item { by_agent: false, ..item(located, title, Command::Discard, argument) });
    }
    let whole = json!({ "textDocument": { "uri": params.text_document.uri } });
    let dismiss_all = item(first, message!("remark-dismiss-all"), Command::Discard, whole);
    items.push(Item { by_agent: false, ..dismiss_all });
    if catalogue.find(ASK).is_some() {
        items.push(run(first, message!("remark-ask"), ASK));
    }
    items
}

/// The bytes of all lines of a range.
fn whole_lines(today: &Snapshot, range: Range) -> std::ops::Range<usize> {
    let byte = |line: u32| today.text.try_line_to_byte(line as usize).unwrap_or(today.text.len_bytes());
    byte(range.start.line)..byte(range.end.line.saturating_add(1))
}

fn touches(located: &LocatedRemark, range: Range) -> bool {
    let own = located.place.range();
    own.start.line <= range.end.line && range.start.line <= own.end.line
}

/// The diagnostic of a remark as the client sent it, so that the client recognises it.
fn as_sent(session: &Session, params: &CodeActionParams, located: &LocatedRemark) -> Value {
    let is_it = |sent: &&Value| {
        sent.pointer("/data/jobId").and_then(Value::as_str) == Some(&located.job.id)
            && sent.pointer("/data/remark").and_then(Value::as_u64) == u64::try_from(located.remark.id).ok()
    };
    let sent = params.context.problems().iter().find(is_it).cloned();
    sent.unwrap_or_else(|| diagnostic(session, located))
}

/// A run about the lines of a remark. It contains the remark as the one problem that the user chose.
fn run_argument(
    session: &Session,
    params: &CodeActionParams,
    located: &LocatedRemark,
    action: &'static str,
) -> RunArgument {
    let snapshot = &located.place.snapshot;
    let range = snapshot.range(located.place.bytes.clone());
    let argument = RunArgument::new(action.into(), &params.text_document.uri, snapshot.version, range);
    RunArgument { diagnostics: vec![diagnostic(session, located)], ..argument }
}

/// The entries that review a whole document, or its changes. They have kinds of the server's own: some editors run the
/// kinds below `source` each time that a file is saved, and each review costs money.
pub(crate) fn review_file(session: &Session, uri: &str, snapshot: &Snapshot) -> Vec<Item> {
    if session.catalogue().find(REVIEW).is_none() {
        return Vec::new();
    }
    let item = |title: Message, name: &str, changed_since: Option<&'static str>| {
        let range = snapshot.range(0..snapshot.text.len_bytes());
        let argument = RunArgument::new(REVIEW.into(), uri, snapshot.version, range);
        let argument = Argument::Run(RunArgument { changed_since, ..argument });
        let kind = format!("{KIND_PREFIX}.{REVIEW}.{name}").into();
        Item::new(session.title(&title), kind, Command::Run, argument)
    };
    let mut items = vec![item(message!("remark-review-file"), "file", None)];
    if session.work_trees.have(&snapshot.uri) {
        items.push(item(message!("remark-review-changed"), "changed", Some(HEAD)));
    }
    items
}

/// The lenses above the lines of remarks.
pub(crate) fn lenses(session: &Session, document: &DocumentUri) -> Vec<Value> {
    let of_remark = |located: &LocatedRemark| {
        let snapshot = &located.place.snapshot;
        let start = located.place.bytes.start;
        let range = snapshot.range(start..start);
        let argument = json!({ "jobId": located.job.id, "remark": located.remark.id });
        let said = shortened(&located.remark.message, LENS_CHARS).into_owned();
        let apply = match (&located.place.fix, &located.place.doubtful_fix) {
            (Some(_), _) => Some((message!("remark-apply", said = said), Command::Apply)),
            (None, Some(_)) => Some((message!("remark-look", said = said), Command::Apply)),
            (None, None) => None,
        };
        let both = apply.into_iter().chain([(message!("remark-dismiss"), Command::Discard)]);
        both.map(|(title, command)| lens(range, session.title(&title), command, &argument)).collect::<Vec<_>>()
    };
    session.remarks.located(document).iter().flat_map(of_remark).collect()
}
