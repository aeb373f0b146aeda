//! SARIF 2.1.0, the format of analysis results that GitHub, GitLab, Azure DevOps and editors read.

use serde_json::{Value, json};

use super::reviewed::Reviewed;
use crate::display::plain_line;
use crate::documents::Range;
use crate::edit::TextChange;
use crate::job::{JobRemark, Replacement, without_nulls};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One SARIF run with every remark.
pub(super) fn report(all: &[Reviewed]) -> Value {
    let mut rules: Vec<&str> = all.iter().map(|reviewed| &*reviewed.job.action.id).collect();
    rules.sort_unstable();
    rules.dedup();
    let rule =
        |id: &str| json!({ "id": id, "shortDescription": { "text": format!("Said by a StackSpot AI agent ({id})") } });
    let rules: Vec<Value> = rules.into_iter().map(rule).collect();
    let of_file = |reviewed: &'_ Reviewed| -> Vec<Value> {
        reviewed.remarks.iter().map(|remark| result(reviewed, remark)).collect()
    };
    let results: Vec<Value> = all.iter().flat_map(of_file).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

fn result(reviewed: &Reviewed, remark: &JobRemark) -> Value {
    let level = match remark.severity.number() {
        1 => "error",
        2 => "warning",
        _ => "note",
    };
    let location = json!({ "uri": uri(&reviewed.file), "uriBaseId": "%SRCROOT%" });
    let fixes = remark.sent_fix().map(|fix| fixes(&location, &fix));
    without_nulls(json!({
        "ruleId": reviewed.job.action.id,
        "level": level,
        "message": { "text": plain_line(&remark.message) },
        "locations": [{ "physicalLocation": { "artifactLocation": location, "region": region(remark.sent_range()) } }],
        "partialFingerprints": { "remark/v1": fingerprint(reviewed, remark) },
        "fixes": fixes,
    }))
}

fn fixes(location: &Value, fix: &Replacement) -> Value {
    let replacement = |change: &TextChange| {
        let deleted = region(fix.snapshot.range(change.range.clone()));
        json!({ "deletedRegion": deleted, "insertedContent": { "text": change.text } })
    };
    let replacements: Vec<Value> = fix.changes.iter().map(replacement).collect();
    json!([{ "artifactChanges": [{ "artifactLocation": location, "replacements": replacements }] }])
}

/// Lines and columns count from one, the end not included.
fn region(range: Range) -> Value {
    json!({
        "startLine": range.start.line + 1,
        "startColumn": range.start.character + 1,
        "endLine": range.end.line + 1,
        "endColumn": range.end.character + 1,
    })
}

/// A path as a relative reference, with reserved characters escaped.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
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
