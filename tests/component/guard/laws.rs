//! Laws that are true for every text.

use proptest::prelude::*;
use stackspot_lsp::testing::guard::{MAX_FINDINGS, find_secrets};

/// Pieces that the scanners search for, and pieces that make them continue without an end.
fn piece() -> impl Strategy<Value = String> {
    let leads = [
        "key=\"",
        "token: '",
        "secret=",
        "password",
        "://",
        "a:b@",
        "eyJ",
        "eyJhbGciOiJIUzI1NiJ9.",
        "ghp_",
        "sk-",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "-----END ",
        "-----",
        "Bearer ",
        "Basic ",
        "AKIA",
        "\\n",
        "\"",
        "'",
        "`",
        "\\",
        "=",
        ":",
        ">",
        "</",
        ".",
        "\r",
        "\n",
        "\r\n",
        "é",
        "🦀",
        "\u{0}",
        "\t",
        " ",
        "12345678:AA",
        "AccountKey=",
        "$",
        "%",
        "(",
        "[",
    ];
    prop_oneof![
        5 => prop::sample::select(leads.to_vec()).prop_map(str::to_owned),
        2 => "[A-Za-z0-9+/=_-]{1,70}",
        1 => ".{0,20}",
    ]
}

#[test]
fn placeholder_word_counts_only_at_the_start_of_a_token() {
    let with = |body: &str| find_secrets(&format!("{}{body}", "ghp_")).len();
    assert_eq!(with("Aa0A00aAAaaA00aAAaAaaaAaA0aabCByour1"), 1);
    assert_eq!(with("your0A00aAAaaA00aAAaAaaaAaA0aabCBqrst"), 0);
}

proptest! {
    #[test]
    fn any_text_is_read_to_its_end_without_panic(pieces in prop::collection::vec(piece(), 0..60)) {
        let text = pieces.concat();
        let lines = text.replace("\r\n", "\n").replace('\r', "\n").split('\n').count();
        let findings = find_secrets(&text);
        prop_assert!(findings.len() <= MAX_FINDINGS);
        prop_assert!(findings.iter().all(|finding| (1..=lines).contains(&finding.line)));
        prop_assert!(findings.is_sorted_by_key(|finding| finding.line));
    }

    #[test]
    fn token_is_found_between_any_other_lines(
        before in prop::collection::vec("[a-z ={}();]{0,40}", 0..20),
        after in prop::collection::vec("[a-z ={}();]{0,40}", 0..20),
        body in "[A-Z][a-z][0-9][A-Za-z0-9]{33}",
    ) {
        let token = format!("{}{body}", "ghp_");
        let text = [before.clone(), vec![token.clone()], after].concat().join("\n");
        let findings = find_secrets(&text);
        let expected = (std::collections::HashSet::<char>::from_iter(body.chars()).len() > 10).then_some(before.len() + 1);
        let found = findings.iter().any(|finding| finding.kind.to_string() == "a GitHub token" && Some(finding.line) == expected);
        prop_assert!(expected.is_none() || found);
    }
}

/// The guard finishes quickly even for texts of the maximum prompt size that mislead a scanner again and again. The
/// test reads no clock, because a scanner that is not linear would need minutes for these texts.
#[test]
fn secret_scan_ends_soon_for_hostile_text() {
    for lead in [
        "eyJ",
        "eyJa.",
        "eyJhbGciOiJIUzI1NiJ9.",
        "sk-",
        "ghs_.",
        "ghs_",
        "key=\"",
        "key='",
        "key=",
        "token:",
        "token ",
        "a://",
        "a://b:",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "Bearer ",
        "\\nsk-",
        "password=key",
        "key",
        "1",
        "A",
        "secret(",
        "\r",
        "\n",
        "x@",
        "AccountKey=",
        "token=a(",
        "token: a ",
    ] {
        let text = lead.repeat(60_000 / lead.len());
        assert!(find_secrets(&text).len() <= MAX_FINDINGS, "{lead}");
    }
}
