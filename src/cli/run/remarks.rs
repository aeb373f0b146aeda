//! `run review` and `run suggest`: remarks at their lines, for a person, a pipeline or another tool.

mod formats;
mod reviewed;
mod sarif;

use std::ops::Range;

pub(super) use self::formats::Format;
use self::reviewed::Reviewed;
use super::file::TextFile;
use super::location::FileLocation;
use super::{Args, Prepared, Question, prepared};
use crate::cli::shell::{Failure, Output, OutputMode, ShellHost, print_message, run_job, warn};
use crate::i18n::{Language, Message, message};
use crate::job::{self, Changed, JobRemark, changed, grouped, shown_in, touches};
use crate::remarks::Severity;

/// What makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum FailOn {
    /// A remark that is an error
    Error,
    /// A remark that is an error or a warning
    Warning,
    /// No remark
    None,
}

/// The subject of one run.
struct Subject {
    place: FileLocation,
    /// If only some lines are of interest: the lines that remarks must touch, counted from zero.
    lines: Option<Vec<Range<usize>>>,
}

pub(super) async fn run(question: &Question<'_>) -> Result<(), Failure> {
    let (args, language) = (question.args, question.shell.language);
    let format = args.format.unwrap_or(if args.json { Format::Json } else { Format::Text });
    let subjects = subjects(args).await?;
    if subjects.is_empty() {
        print_message(&message!("run-nothing-changed"), language);
    }
    let mut all = Vec::new();
    let mut failures = Vec::new();
    for subject in subjects {
        match reviewed(question, &subject).await {
            Ok((reviewed, failure)) => {
                failures.extend(failure);
                all.extend(reviewed);
            }
            // The remarks about the other files are still useful.
            Err(failure @ Failure::Error(_)) if args.places.len() != 1 => failures.push(failure),
            Err(failure) => return Err(failure),
        }
    }
    if args.dry_run {
        return failures.into_iter().next().map_or(Ok(()), Err);
    }
    let written = formats::written(format, &all, language);
    Output::new().write(&written).await?;
    let has_gate = args.fail_on.is_some_and(|on| on != FailOn::None);
    for reviewed in &all {
        // A gate must not pass with an answer that the program could not read.
        if !reviewed.is_read() && (format != Format::Text || has_gate) {
            failures.push(message!("run-no-remarks", file = &reviewed.file).into());
        }
        failures.extend(reviewed.ended.whole().err());
    }
    let count: usize = all.iter().map(|reviewed| reviewed.remarks.len()).sum();
    let is_read = !all.is_empty() && all.iter().all(Reviewed::is_read);
    if count == 0 && is_read && failures.is_empty() && format == Format::Text {
        print_message(&message!("run-nothing-to-remark"), language);
    }
    if !args.write {
        let fixes = all.iter().flat_map(|it| &it.remarks).filter(|it| it.sent_fix().is_some()).count();
        if fixes > 0 && format == Format::Text {
            print_message(&message!("run-fixes", count = fixes), language);
        }
    }
    let last = failures.pop();
    for failure in &failures {
        if let Failure::Error(message) = failure {
            warn(message, language);
        }
    }
    last.map_or(Ok(()), Err)?;
    let worst = match args.fail_on.unwrap_or(FailOn::None) {
        FailOn::None => return Ok(()),
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
    };
    let bad = all.iter().flat_map(|it| &it.remarks).filter(|remark| remark.severity <= worst).count();
    if bad > 0 { Err(message!("run-gate", count = bad, severity = worst.name()).into()) } else { Ok(()) }
}

/// The subjects, one after the other. The last lines of a file come first: a fix then moves no lines above it.
async fn subjects(args: &Args) -> Result<Vec<Subject>, Failure> {
    let places: Vec<FileLocation> = args.places.iter().map(|place| FileLocation::parse(place)).collect();
    let Some(revision) = &args.diff else {
        return Ok(places.into_iter().map(|place| Subject { place, lines: None }).collect());
    };
    let folder = std::env::current_dir()?;
    let mut all = Vec::new();
    if places.is_empty() {
        all = changed(&folder, revision, None).await?;
    }
    for place in places {
        let path = std::path::absolute(&place.path)?;
        let folder = path.parent().unwrap_or(&folder);
        all.extend(changed(folder, revision, Some(&path)).await?);
    }
    let of_file = |Changed { path, lines }: Changed| {
        grouped(&lines).into_iter().rev().map(move |group| Subject {
            place: FileLocation::of_lines(path.clone(), group.clone()),
            lines: Some(lines.iter().filter(|it| group.start <= it.start && it.end <= group.end).cloned().collect()),
        })
    };
    Ok(all.into_iter().flat_map(of_file).collect())
}

async fn reviewed(question: &Question<'_>, subject: &Subject) -> Result<(Option<Reviewed>, Option<Failure>), Failure> {
    let Question { args, shell, .. } = question;
    let prepared = prepared(question, &subject.place, Vec::new())?;
    if args.dry_run {
        super::show_order(shell, prepared).await?;
        return Ok((None, None));
    }
    let Prepared { file, documents, workspace, job, draft } = prepared;
    let host = ShellHost::new(shell, workspace.clone(), &documents, args.write.then_some(&file), args.allow_uploads);
    let order = draft.into_order(&documents, &job);
    let ended = run_job(shell, &job, order, &host, OutputMode::Nothing).await?;
    let remarks: Vec<_> = job.remarks().into_iter().filter(|remark| is_wanted(remark, subject)).collect();
    let shown = shown_in(&file.path, &[&workspace]);
    let reviewed = Reviewed { job, ended, file: shown, remarks };
    // The remarks must be about the same text that is written. Therefore they are reported before the write.
    let failure = if args.write { write(&reviewed, &file, &host, shell.language).await } else { None };
    reviewed.ended.tell_usage();
    Ok((Some(reviewed), failure))
}

/// Writes every fix that has a place in the text.
async fn write(reviewed: &Reviewed, file: &TextFile, host: &ShellHost<'_>, language: Language) -> Option<Failure> {
    if !reviewed.remarks.iter().any(|remark| remark.sent_fix().is_some()) {
        return None;
    }
    let name = file.path.display().to_string();
    match job::apply_remarks(&reviewed.job, &reviewed.remarks, host).await {
        Ok(count) => {
            print_message(&message!("run-wrote-fixes", file = name, count = count), language);
            None
        }
        Err(reason) => {
            let reason: Message = host.refusal().unwrap_or(reason);
            Some(message!("run-not-changed", file = name, reason = reason).into())
        }
    }
}

fn is_wanted(remark: &JobRemark, Subject { lines, .. }: &Subject) -> bool {
    let (first, last) = remark.lines;
    lines.as_ref().is_none_or(|lines| touches(lines, &(first - 1..last)))
}
