//! The claims of docs/security.md, checked against the tests that it names, and the steps of a release.

use std::collections::BTreeSet;

use crate::pages::{files, read, root};

/// The names of all test functions of the program.
fn test_functions() -> BTreeSet<String> {
    let sources = ["src", "tests"].into_iter().flat_map(|folder| files(&root().join(folder), "rs"));
    let mut names = BTreeSet::new();
    for source in sources {
        let text = read(&source);
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if let Some(rest) = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn ")) {
                if is_test {
                    names.extend(rest.split('(').next().map(str::to_owned));
                }
                is_test = false;
            }
        }
    }
    names
}

/// The names of the editors' stories, of the packaging checks and of the stages of the whole check.
fn told_elsewhere() -> String {
    let folders = ["tests/editors", "editors/vscode/test", "packaging", ".ci"];
    let all = folders.into_iter().flat_map(|folder| files(&root().join(folder), ""));
    let is_text = |path: &std::path::PathBuf| {
        let ending = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
        matches!(ending, "mjs" | "ts" | "py" | "lua" | "sh" | "el") || path.ends_with(".ci/run")
    };
    all.filter(is_text).map(read).collect()
}

#[test]
fn each_claim_of_the_security_page_names_existing_tests() {
    let page = read("docs/security.md");
    let (functions, stories) = (test_functions(), told_elsewhere());
    assert!(functions.len() > 500, "{} tests were found", functions.len());
    // Each word that looks like the name of a test must be one, anywhere on the page.
    let is_named_like_one =
        |it: &&str| it.matches('_').count() > 3 && it.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    for name in page.split('`').skip(1).step_by(2).filter(is_named_like_one) {
        assert!(functions.contains(name), "There is no test {name:?}");
    }
    let (mut in_table, mut claims) = (false, 0);
    for line in page.lines() {
        if !line.starts_with('|') {
            in_table = false;
        } else if line == "| claim | test |" {
            in_table = true;
        } else if in_table && !line.starts_with("| ---") {
            let [claim, tests] = line.trim_matches(['|', ' ']).rsplitn(2, " | ").collect::<Vec<_>>()[..] else {
                panic!("a claim and its tests: {line}")
            };
            let (claim, tests) = (tests, claim);
            let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
            assert!(!names.is_empty(), "which test holds it? {claim}");
            for name in names {
                let is_there = if name.contains(' ') { stories.contains(name) } else { functions.contains(name) };
                assert!(is_there, "{claim} There is no test {name:?}");
            }
            claims += 1;
        }
    }
    assert!(claims > 60, "{claims} claims");
}

/// The jobs of a workflow: their names and their lines.
fn jobs(workflow: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let (_, jobs) = workflow.split_once("\njobs:\n").unwrap();
    for line in jobs.lines() {
        match line.strip_prefix("  ").and_then(|rest| rest.strip_suffix(':')) {
            Some(name) if !name.starts_with(' ') => found.push((name.to_owned(), String::new())),
            _ => {
                if let Some((_, lines)) = found.last_mut() {
                    lines.push_str(line);
                    lines.push('\n');
                }
            }
        }
    }
    found
}

fn workflows() -> Vec<(String, String)> {
    let found = files(&root().join(".github/workflows"), "yml");
    assert!(found.len() >= 3, "{found:?}");
    found.into_iter().map(|path| (path.display().to_string(), read(&path))).collect()
}

/// `rust-toolchain.toml` overrides rustup's default toolchain. Only this variable overrides the file.
#[test]
fn each_workflow_names_the_rust_that_it_builds_with() {
    for (name, text) in workflows() {
        assert!(text.contains("RUSTUP_TOOLCHAIN: '") && !text.contains("rustup default"), "{name}");
    }
}

#[test]
fn every_action_is_pinned_and_no_checkout_keeps_a_credential() {
    let (mut pinned, mut checkouts) = (0, 0);
    for (name, text) in workflows() {
        assert!(text.contains("\npermissions: { contents: read }\n"), "{name}: the least is the default");
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some((_, action)) = line.split_once("uses: ") else { continue };
            let (_, pin) = action.split_once('@').unwrap();
            let (digest, version) = pin.split_once(" # v").unwrap_or_else(|| panic!("{name}: its version: {action}"));
            assert!(digest.len() == 40 && digest.chars().all(|c| c.is_ascii_hexdigit()), "{name}: {action}");
            assert!(version.split('.').count() == 3, "{name}: {action}");
            pinned += 1;
            if action.starts_with("actions/checkout@") {
                assert!(lines[at + 1].contains("persist-credentials: false"), "{name}: {action}");
                checkouts += 1;
            }
        }
    }
    assert!(pinned > 8 && checkouts >= 4, "{pinned} actions, {checkouts} checkouts");
}

#[test]
fn release_job_with_write_access_does_not_run_foreign_code() {
    let mut writers = Vec::new();
    for (name, text) in workflows() {
        for (job, lines) in jobs(&text) {
            if lines.contains(": write") {
                for foreign in ["checkout", "npm", "cargo", "node ", "packaging/", "editors/", "curl", "rustup"] {
                    assert!(!lines.contains(foreign), "{name}, {job}: {foreign}");
                }
                writers.push(job);
            }
        }
    }
    assert_eq!(writers, ["publish"]);
}

#[test]
fn release_is_attested_and_has_checksums_and_an_sbom() {
    let release = read(".github/workflows/release.yml");
    let jobs: std::collections::BTreeMap<String, String> = jobs(&release).into_iter().collect();
    let (package, publish) = (&jobs["package"], &jobs["publish"]);
    for made in ["packaging/sbom.py > \"dist/", "packaging/archive.py --checksums dist"] {
        assert!(package.contains(made), "{made}: {package}");
    }
    let at = |part: &str| publish.find(part).unwrap_or_else(|| panic!("{part}: {publish}"));
    let (checked, attested) = (at("sha256sum --check --strict SHA256SUMS"), at("actions/attest-build-provenance@"));
    assert!(checked < attested && attested < at("gh release create"), "{publish}");
    assert!(publish.contains("subject-checksums: dist/SHA256SUMS"), "all of it is attested: {publish}");
    // An outside contributor cannot start a job that has a credential.
    for (name, text) in workflows() {
        assert!(!text.contains("pull_request_target") && !text.contains("workflow_run"), "{name}");
    }
}

#[test]
fn advisories_are_checked_daily_and_reports_are_private() {
    let advisories = read(".github/workflows/advisories.yml");
    let (_, cron) = advisories.split_once("cron: '").unwrap();
    let fields: Vec<&str> = cron.split('\'').next().unwrap().split(' ').collect();
    assert!(matches!(fields[..], [_, _, "*", "*", "*"]), "each day: {fields:?}");
    for looked_up in ["cargo deny check", "advisories", "npm audit"] {
        assert!(advisories.contains(looked_up), "{looked_up}");
    }
    assert!(read("SECURITY.md").contains("Report a vulnerability"));
}

#[test]
fn program_contains_only_addresses_of_the_service() {
    const SERVICE: [&str; 4] = [
        "idm.stackspot.com",
        "genai-inference-app.stackspot.com",
        "genai-agent-tools-api.stackspot.com",
        "data-integration-api.stackspot.com",
    ];
    // Names of schemas, which no program fetches, and reserved addresses in tests and comments.
    const NAMES: [&str; 2] = ["json-schema.org", "docs.oasis-open.org"];
    let belongs_to_nobody = |host: &str| host.ends_with(".example") || host == "example.com" || host.ends_with(".lan");
    let in_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let mut known = BTreeSet::new();
    for source in files(&root().join("src"), "rs") {
        let text = read(&source);
        for scheme in ["https://", "http://", "wss://"] {
            for (at, _) in text.match_indices(scheme) {
                let rest = &text[at + scheme.len()..];
                let host = rest[..rest.find(|c| !in_host(c)).unwrap_or(rest.len())].trim_end_matches('.');
                let is_address = host.contains(|c: char| c.is_ascii_alphabetic()) && host.contains('.');
                if !is_address || belongs_to_nobody(host) || NAMES.contains(&host) {
                    continue;
                }
                assert!(SERVICE.contains(&host), "{} knows {host}", source.display());
                known.insert(host.to_owned());
            }
        }
    }
    assert_eq!(known.len(), SERVICE.len(), "{known:?}");
}
