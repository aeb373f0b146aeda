//! The formats of remarks, for people and programs.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::reviewed::Reviewed;
use super::sarif;
use crate::cli::shell::workspace_edit;
use crate::display::plain_line;
use crate::i18n::Language;
use crate::job::{self, JobRemark};

/// How remarks are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli::run) enum Format {
    /// A line each: FILE:LINE:COLUMN: severity: what it says
    Text,
    /// One RunResult a file
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// A report of GitLab's code quality
    Gitlab,
    /// Annotations of a GitHub workflow
    Github,
}

/// All remarks, in a format.
pub(super) fn written(format: Format, all: &[Reviewed], language: Language) -> String {
    match format {
        Format::Text => all.iter().map(text).collect(),
        Format::Json => all.iter().map(|reviewed| format!("{}\n", run_result(reviewed, language))).collect(),
        Format::Sarif => format!("{:#}\n", sarif::report(all)),
        Format::Gitlab => format!("{:#}\n", Value::Array(issues(all))),
        Format::Github => each(all, github).concat(),
    }
}

fn each<T>(all: &[Reviewed], row: fn(&Reviewed, &JobRemark) -> T) -> Vec<T> {
    all.iter().flat_map(|it| it.remarks.iter().map(|remark| row(it, remark))).collect()
}

fn text(reviewed: &Reviewed) -> String {
    if !reviewed.is_read() {
        // It is not a list of remarks, but the user paid for it.
        let answer = reviewed.ended.finished.answer.text.trim_end();
        return if answer.is_empty() { String::new() } else { format!("{answer}\n") };
    }
    let line = |remark: &Arc<JobRemark>| {
        let at = remark.sent_range().start;
        let file = plain_line(&reviewed.file);
        let (severity, said) = (remark.severity.name(), plain_line(&remark.message));
        format!("{file}:{}:{}: {severity}: {said}\n", at.line + 1, at.character + 1)
    };
    reviewed.remarks.iter().map(line).collect()
}

/// `RunResult`, with its remarks and its file.
fn run_result(reviewed: &Reviewed, language: Language) -> Value {
    let mut result = job::run_result(&reviewed.job, &reviewed.ended.finished, None, None, language);
    let rows = reviewed.remarks.iter().map(|remark| {
        let edit = remark.sent_fix().map(|it| workspace_edit(&it.snapshot, &it.changes));
        job::remark_row(remark, remark.sent_range(), edit)
    });
    if let Some(fields) = result.as_object_mut() {
        fields.insert("file".to_owned(), reviewed.file.clone().into());
        fields.insert("remarks".to_owned(), rows.collect());
    }
    result
}

/// The issues of GitLab's code quality. Each needs its own fingerprint: if the same remark is made about equal lines,
/// the second one contains its number.
fn issues(all: &[Reviewed]) -> Vec<Value> {
    let mut issues = each(all, gitlab);
    let mut seen: HashMap<String, usize> = HashMap::new();
    for issue in &mut issues {
        let Some(fingerprint) = issue.get_mut("fingerprint") else { continue };
        let known = fingerprint.as_str().unwrap_or_default().to_owned();
        let count = seen.entry(known.clone()).or_default();
        *count += 1;
        if *count > 1 {
            *fingerprint = format!("{known}-{count}").into();
        }
    }
    issues
}

/// An issue of GitLab's code quality.
fn gitlab(reviewed: &Reviewed, remark: &JobRemark) -> Value {
    let severity = match remark.severity.number() {
        1 => "critical",
        2 => "major",
        3 => "minor",
        _ => "info",
    };
    json!({
        "description": plain_line(&remark.message),
        "check_name": format!("stackspot-lsp.{}", reviewed.job.action.id),
        "fingerprint": sarif::fingerprint(reviewed, remark),
        "severity": severity,
        "location": { "path": reviewed.file, "lines": { "begin": remark.lines.0, "end": remark.lines.1 } },
    })
}

/// A command for the runner of a GitHub workflow.
fn github(reviewed: &Reviewed, remark: &JobRemark) -> String {
    let kind = match remark.severity.number() {
        1 => "error",
        2 => "warning",
        _ => "notice",
    };
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let (file, (first, last)) = (property(&reviewed.file), remark.lines);
    let said = data(&plain_line(&remark.message));
    format!("::{kind} file={file},line={first},endLine={last},title=StackSpot AI::{said}\n")
}
