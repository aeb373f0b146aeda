//! One question from all that was found, and the memory of its answer.

use std::fs;
use std::path::Path;

use stackspot_lsp::guard::{Consents, assess};
use stackspot_lsp::i18n::Language;

fn token(end: &str) -> String {
    format!("{}{}{end}", "ghp_", "R4nd0mL00k1ngChars9Zx8Wv7Ut6Sr5Qp")
}

#[test]
fn nothing_suspicious_is_no_question() {
    assert_eq!(assess(Some(Path::new("/w/src/main.rs")), "fn main() {}", &[]), None);
    assert_eq!(assess(None, "", &[]), None);
}

#[test]
fn the_question_names_the_gravest_reason_first_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".gitignore"), ".env\n").unwrap();
    let roots = [folder.path().to_owned()];
    let prompt = format!("one\nTOKEN={}\n", token("0000"));
    let suspicion = assess(Some(&folder.path().join(".env")), &prompt, &roots).unwrap();

    let reasons: Vec<String> = suspicion.reasons.iter().map(|reason| reason.message().text(Language::En)).collect();
    assert_eq!(
        reasons,
        [
            "line 2 of the prompt holds what looks like a GitHub token",
            ".env is an environment file by its name",
            ".env is ignored by git",
        ]
    );
    assert_eq!(
        suspicion.question().text(Language::En),
        "Send this to the agent? Beware: line 2 of the prompt holds what looks like a GitHub token; .env is an environment file \
         by its name; .env is ignored by git."
    );
    assert!(!format!("{suspicion:?}").contains(&token("0000")));
}

#[test]
fn what_the_user_listed_comes_before_what_the_name_says() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".stackspotignore"), "*.pem\n").unwrap();
    let suspicion = assess(Some(&folder.path().join("a.pem")), "text", &[folder.path().to_owned()]).unwrap();
    assert_eq!(suspicion.reasons[0].message().text(Language::En), "a.pem is listed in .stackspotignore");
}

#[test]
fn many_reasons_make_a_question_of_one_line_all_the_same() {
    let prompt: String = (0..1000).map(|line| format!("{}\n", token(&format!("{line:04}")))).collect();
    let question = assess(None, &prompt, &[]).unwrap().question().text(Language::En);
    assert!(question.len() < 500 && question.contains("and 60 more"), "{question}");
}

#[test]
fn an_answer_counts_for_the_same_secret_in_the_same_file_wherever_it_moves() {
    let (here, there) = (Path::new("/w/a.rs"), Path::new("/w/b.rs"));
    let both = format!("{}\n{}", token("0000"), token("1111"));
    let first = assess(Some(here), &both, &[]).unwrap();
    let mut consents = Consents::default();
    assert!(!consents.cover(&first));
    consents.remember(&first);
    assert!(consents.cover(&first));

    let moved = assess(Some(here), &format!("\n\n{}", token("1111")), &[]).unwrap();
    assert!(consents.cover(&moved), "one of the two, on another line");
    let new = assess(Some(here), &token("2222"), &[]).unwrap();
    assert!(!consents.cover(&new), "another secret");
    let elsewhere = assess(Some(there), &both, &[]).unwrap();
    assert!(!consents.cover(&elsewhere), "another file");
    assert_ne!(first.fingerprint(), elsewhere.fingerprint());
    assert_eq!(first.fingerprint(), assess(Some(here), &format!("\n{both}"), &[]).unwrap().fingerprint());
}
