//! One question for all findings, and the memory of its answer.

use std::fs;
use std::path::Path;

use stackspot_lsp::testing::guard::{Consents, Excerpt, OutgoingText, assess, examine};
use stackspot_lsp::testing::i18n::Language;

fn token(end: &str) -> String {
    format!("{}{}{end}", "ghp_", "R4nd0mL00k1ngChars9Zx8Wv7Ut6Sr5Qp")
}

#[test]
fn ordinary_file_gives_no_findings() {
    assert_eq!(assess(Some(Path::new("/w/src/main.rs")), "fn main() {}", &[]), None);
    assert_eq!(assess(None, "", &[]), None);
}

#[test]
fn the_question_names_the_gravest_reason_first_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".gitignore"), ".env\n").unwrap();
    let roots = [folder.path().to_owned()];
    let prompt = format!("one\nTOKEN={}\n", token("0000"));
    let findings = assess(Some(&folder.path().join(".env")), &prompt, &roots).unwrap();

    let reasons: Vec<String> = findings.reasons.iter().map(|reason| reason.message().text(Language::En)).collect();
    assert_eq!(
        reasons,
        [
            "line 2 of the prompt contains what looks like a GitHub token",
            ".env is an environment file by its name",
            ".env is ignored by git",
        ]
    );
    assert_eq!(
        findings.question().text(Language::En),
        "line 2 of the prompt contains what looks like a GitHub token; .env is an environment file by its name; .env is ignored by \
         git. Send it to the agent?"
    );
    assert!(!format!("{findings:?}").contains(&token("0000")));
}

#[test]
fn stackspotignore_reason_comes_before_file_name_reason() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".stackspotignore"), "*.pem\n").unwrap();
    let findings = assess(Some(&folder.path().join("a.pem")), "text", &[folder.path().to_owned()]).unwrap();
    assert_eq!(findings.reasons[0].message().text(Language::En), "a.pem is listed in .stackspotignore");
}

#[test]
fn question_names_agent_and_counts_findings_by_severity() {
    let tokens: String = (0..90).map(|line| format!("{}\n", token(&format!("{line:04}")))).collect();
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    let key = format!("{0}BEGIN PRIVATE KEY{0}\n{body}\n{0}END PRIVATE KEY{0}\n", "-----");
    let prompt = format!("{tokens}{key}password = \"{}{}\"\n", "Vq7#f2m", "Xs!9");
    let material = OutgoingText { prompt, agent: "reviewer".to_owned(), ..OutgoingText::default() };
    let question = examine(&material, |_| None).unwrap().question().text(Language::En);
    let expected = "it contains what looks like a private key (line 91 of the prompt), 90 GitHub tokens (line 1 of the prompt), \
                    a password (line 94 of the prompt). Send it to the agent “reviewer”?";
    assert_eq!(question, expected);
}

#[test]
fn consent_applies_only_to_one_agent() {
    let of = |agent: &str| {
        let (prompt, agent) = (token("0000"), agent.to_owned());
        examine(&OutgoingText { prompt, agent, ..OutgoingText::default() }, |_| None).unwrap()
    };
    let mut consents = Consents::default();
    consents.remember(&of("mine"));
    assert!(consents.covers(&of("mine")) && !consents.covers(&of("theirs")));
}

#[test]
fn cut_secret_is_found_in_the_context_of_its_file() {
    let secret = format!("{}{}", "kX9fQ2mZ7pLr", "T4vWb8NcYd3HsGjA");
    let line = format!("client_secret = \"{secret}\"");
    let excerpt = Excerpt { file: Some("pay.py".into()), first_line: 7, text: format!("import os\n{line}\n") };
    let prompt = format!("<before>\nclient_secret = \n</before>\n<selection>\n\"{secret}\"\n</selection>\n");
    let material = OutgoingText { prompt, excerpts: vec![excerpt], ..OutgoingText::default() };
    let findings = examine(&material, |_| None).unwrap();
    assert_eq!(
        findings.all_reasons().text(Language::En),
        "line 8 of pay.py contains what looks like a secret assigned to `client_secret`"
    );
}

#[test]
fn file_is_checked_by_its_name_and_behind_its_links() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".netrc"), "machine a login b password c\n").unwrap();
    fs::write(folder.path().join("notes.md"), "text\n").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(".netrc", folder.path().join("draft.md")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("notes.md", folder.path().join("id_rsa")).unwrap();
    #[cfg(not(unix))]
    fs::write(folder.path().join("id_rsa"), "text\n").unwrap();
    let about = |name: &str| {
        let reasons = stackspot_lsp::testing::guard::about_file(&folder.path().join(name), &[folder.path().to_owned()]);
        reasons.iter().map(|reason| reason.message().text(Language::En)).collect::<Vec<_>>()
    };
    #[cfg(unix)]
    assert_eq!(about("draft.md"), [".netrc is a list of logins by its name"]);
    assert_eq!(about("id_rsa"), ["id_rsa is a private key by its name"]);
    assert_eq!(about("notes.md"), Vec::<String>::new());
}

#[test]
fn consent_applies_to_the_same_secret_when_it_moves_in_its_file() {
    let (here, there) = (Path::new("/w/a.rs"), Path::new("/w/b.rs"));
    let both = format!("{}\n{}", token("0000"), token("1111"));
    let first = assess(Some(here), &both, &[]).unwrap();
    let mut consents = Consents::default();
    assert!(!consents.covers(&first));
    consents.remember(&first);
    assert!(consents.covers(&first));

    let moved = assess(Some(here), &format!("\n\n{}", token("1111")), &[]).unwrap();
    assert!(consents.covers(&moved), "one of the two, on another line");
    let new = assess(Some(here), &token("2222"), &[]).unwrap();
    assert!(!consents.covers(&new), "another secret");
    let elsewhere = assess(Some(there), &both, &[]).unwrap();
    assert!(!consents.covers(&elsewhere), "another file");
}
