//! The formats of remarks, for people and programs.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Format, Reviewed, sarif};
use crate::cli::shell::workspace_edit;
use crate::display::plain_line;
use crate::i18n::Language;
use crate::job::{self, JobRemark};

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
        "fingerprint": fingerprint(reviewed, remark),
        "severity": severity,
        "location": { "path": reviewed.file, "lines": { "begin": remark.lines.0, "end": remark.lines.1 } },
    })
}

/// Distinguishes a remark from all others, and does not change if its lines move. (FNV-1a: every version of every
/// program gives the same value.)
pub(super) fn fingerprint(reviewed: &Reviewed, remark: &JobRemark) -> String {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let parts = [&*reviewed.job.action.id, &reviewed.file, remark.about(), &remark.message];
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    format!("{:032x}", bytes.fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME)))
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
