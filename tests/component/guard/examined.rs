//! Secrets in realistic files. Their authors had not seen the guard's tables, or wrote them before the guard was
//! improved for them: `examined.txt` and the others. The results are in the table of docs/context.md.
//!
//! Each text is generated several times. A finding counts only on a line with a generated secret.

use stackspot_lsp::testing::guard::find_secrets;

use crate::guard::drawn::{ALNUM, BASE64, Dice, HEX, UPPER, URL};

const EXAMINED: &str = include_str!("examined.txt");
const ELSEWHERE: &str = include_str!("elsewhere.txt");
const FURTHER: &str = include_str!("further.txt");
const TRADES: &str = include_str!("trades.txt");
const PROVIDERS: &str = include_str!("providers.txt");
const EVERYDAY: &str = include_str!("everyday.txt");
const ROUNDS: u64 = 5;
const SIGNED: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789!@#$%^&*(-_=+)";

/// Inserts secrets for `{hex:40}` and similar marks, and returns their lines.
fn drawn(text: &str, dice: &mut Dice) -> (String, Vec<usize>) {
    let (mut made, mut lines) = (String::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('{') {
            made.push_str(before);
            let value = after.split_once('}').and_then(|(what, after)| Some((secret(what, dice)?, after)));
            match value {
                Some((value, after)) => {
                    made.push_str(&value);
                    lines.push(index + 1);
                    rest = after;
                }
                None => {
                    made.push('{');
                    rest = after;
                }
            }
        }
        // A private key is reported at its first line.
        if line.contains("PRIVATE KEY-----") || line.contains("PRIVATE KEY BLOCK") || line.starts_with("Private-Lines:")
        {
            lines.push(index + 1);
        }
        made.push_str(rest);
        made.push('\n');
    }
    (made, lines)
}

fn secret(what: &str, dice: &mut Dice) -> Option<String> {
    if what == "uuid" {
        return Some(dice.uuid());
    }
    let (alphabet, length) = what.split_once(':')?;
    let length = length.parse().ok()?;
    let text = match alphabet {
        "pw" => dice.password(length),
        "hex" => dice.text(length, HEX),
        "HEX" => dice.text(length, HEX).to_uppercase(),
        "a62" => dice.text(length, ALNUM),
        "b64" => dice.text(length, BASE64),
        "b64url" => dice.text(length, URL),
        "up" => dice.text(length, UPPER),
        "digits" => dice.text(length, "0123456789"),
        "sign" => dice.text(length, SIGNED),
        "person" => person(dice),
        "low" => dice.text(length, "abcdefghijklmnopqrstuvwxyz0123456789"),
        "b32" => dice.text(length, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
        "weak" => weak(dice),
        "AGE" => dice.text(length, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
        _ => return None,
    };
    Some(text)
}

/// A password like those that users invent: a word or two, digits, a sign.
fn person(dice: &mut Dice) -> String {
    const WORDS: [&str; 16] = [
        "Verao", "Natal", "Flamengo", "Recife", "summer", "Dragon", "Coffee", "Monday", "Guitar", "orange", "Bahia",
        "Winter", "Falcon", "Jaguar", "Pepper", "tiger",
    ];
    let mut word = || WORDS[dice.next() as usize % WORDS.len()];
    let (first, second) = (word(), word());
    let figures = dice.next() % 9000 + 1000;
    match dice.next() % 5 {
        0 => format!("{first}@{figures}"),
        1 => format!("{first}{figures}!"),
        2 => format!("{first}#{second}{}", figures % 100),
        3 => format!("{}{}", first.replace('a', "4").replace('e', "3"), figures),
        _ => format!("{first}.{second}.{}", figures % 1000),
    }
}

/// A weak password, as users in a hurry choose: a word in lowercase and a year or digits.
fn weak(dice: &mut Dice) -> String {
    const WORDS: [&str; 14] = [
        "senha", "admin", "mudar", "root", "teste", "acesso", "brasil", "postgres", "oracle", "welcome", "flamengo",
        "clave", "janeiro", "Empresa",
    ];
    let word = WORDS[dice.next() as usize % WORDS.len()];
    match dice.next() % 4 {
        0 => format!("{word}{}", 2019 + dice.next() % 7),
        1 => format!("{word}123"),
        2 => format!("{word}@{}", 100 + dice.next() % 900),
        _ => format!("{word}{}", 1000 + dice.next() % 9000),
    }
}

#[test]
fn nine_of_ten_secrets_are_found_in_files_as_people_write_them() {
    let texts = [EXAMINED, ELSEWHERE, FURTHER, TRADES, PROVIDERS, EVERYDAY];
    let sections = texts.iter().flat_map(|texts| texts.split("\n=== ").skip(1));
    let mut kinds: Vec<(&str, u64, u64)> = Vec::new();
    let mut missed: Vec<(u64, String)> = Vec::new();
    for section in sections {
        let (title, text) = section.split_once('\n').unwrap();
        let (kind, _) = title.split_once(" · ").unwrap();
        let index = kinds.iter().position(|(known, ..)| *known == kind).unwrap_or_else(|| {
            kinds.push((kind, 0, 0));
            kinds.len() - 1
        });
        let mut found = 0;
        let mut shown = String::new();
        for round in 1..=ROUNDS {
            let (text, lines) = drawn(text, &mut Dice(0x9e37_79b9_7f4a_7c15 ^ (round << 32)));
            assert!(!lines.is_empty(), "{title} holds nothing to find");
            if find_secrets(&text).iter().any(|finding| lines.contains(&finding.line)) {
                found += 1;
            } else {
                shown = text;
            }
        }
        kinds[index].1 += ROUNDS;
        kinds[index].2 += found;
        if found < ROUNDS {
            missed.push((found, format!("{title}: {found} of {ROUNDS}\n{shown}")));
        }
    }
    kinds.sort_unstable();
    let (all, found) = kinds.iter().fold((0, 0), |(all, found), kind| (all + kind.1, found + kind.2));
    let row =
        |(kind, all, found): &(&str, u64, u64)| format!("| {kind} | {found} of {all} | {} % |", found * 100 / all);
    let rows: Vec<String> = kinds.iter().map(row).collect();
    let table = format!("{}\n| **all** | **{found} of {all}** | **{} %** |", rows.join("\n"), found * 100 / all);
    let missed: Vec<String> = missed.into_iter().map(|(_, text)| text).collect();
    println!("{table}\nmissed:\n{}", missed.join("\n"));
    for (kind, of_kind, found_of_kind) in kinds {
        assert!(found_of_kind * 100 >= of_kind * 75, "{kind}: {found_of_kind} of {of_kind}");
    }
    assert!(found * 100 >= all * 90, "{found} of {all}");
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/context.md")).unwrap();
    assert!(page.contains(&table), "docs/context.md has another table than\n{table}");
}
