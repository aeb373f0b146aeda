//! Properties of placing, on random texts: numbers wrong by up to eight lines, repeated lines, quotations with other
//! blanks, with a number before them, or with a part of the line missing.

use super::{Remark, RemarkLines, Severity, locate_remark};

/// The number of random texts. The variable `REMARK_CASES` overrides it.
const CASES: u64 = 20_000;

/// The agent's number is wrong by at most this many lines.
pub(crate) const DRIFT: i64 = 8;

const LINES: [&str; 12] = [
    "}",
    "return nil",
    "if err != nil {",
    "return err",
    "total += price * count",
    "total += price * quantity",
    "log.Println(total)",
    "for _, item := range items {",
    "name := item.Name",
    "",
    "mu.Lock()",
    "defer mu.Unlock()",
];

/// The number of random texts for a property: `by_default`, or the value of the variable.
pub(crate) fn cases(by_default: u64) -> u64 {
    std::env::var("REMARK_CASES").map_or(by_default, |cases| cases.parse().unwrap())
}

/// A text of many equal lines, in which some are made different from all others.
pub(crate) fn text(lot: &mut fastrand::Rng) -> Vec<String> {
    (0..lot.usize(20..90))
        .map(|number| {
            let line = LINES[lot.usize(..LINES.len())];
            let indented = format!("{}{line}", "\t".repeat(lot.usize(0..4)));
            if lot.u8(..4) == 0 { format!("{indented} // step {number}") } else { indented }
        })
        .collect()
}

pub(crate) fn quoted(line: &str, number: i64, lot: &mut fastrand::Rng) -> String {
    match lot.u8(..6) {
        0 => line.trim().to_owned(),
        1 => format!("{number}| {line}"),
        2 => line.replace(' ', "  "),
        3 => line.replace([' ', '\t'], ""),
        4 => {
            let text: Vec<char> = line.trim().chars().collect();
            text.iter().take(text.len() - lot.usize(0..=text.len() / 3)).collect()
        }
        _ => line.to_owned(),
    }
}

#[test]
fn fixes_are_placed_on_their_lines_or_not_at_all() {
    let (mut placeable, mut placed, mut certain) = (0_u32, 0_u32, 0_u32);
    let cases = cases(CASES);
    for seed in 0..cases {
        let lot = &mut fastrand::Rng::with_seed(seed);
        let lines = text(lot);
        let truth = lot.usize(..lines.len());
        if lines[truth].trim().is_empty() {
            continue;
        }
        let count = lot.usize(1..=3).min(lines.len() - truth);
        let number = (truth as i64 + 1 + lot.i64(-DRIFT..=DRIFT)).max(1);
        let quotation = match count {
            2.. if lot.bool() => lines[truth..truth + count].join("\n"),
            _ => quoted(&lines[truth], number, lot),
        };
        let first = usize::try_from(number).unwrap();
        let remark = Remark {
            lines: Some((first, first + count - 1)),
            severity: Severity::Warning,
            quoted: Some(quotation.clone()),
            message: "It is not checked.".into(),
            new_text: Some("check()".into()),
        };
        let found = locate_remark(&lines.join("\n"), 0..lines.len(), &remark);
        if let Some(RemarkLines { lines: at, is_certain: true }) = &found {
            certain += 1;
            assert_eq!(*at, truth..truth + count, "seed {seed}: {quotation:?} at {number} in\n{}", lines.join("\n"));
        }
        let same = |line: &&String| line.split_whitespace().eq(lines[truth].split_whitespace());
        if lines.iter().filter(same).count() == 1 && !quotation.trim().is_empty() {
            placeable += 1;
            placed += u32::from(found.is_some_and(|found| found.lines.start == truth));
        }
    }
    println!("{placeable} can be placed, {placed} are; {certain} may have a fix");
    assert!(u64::from(placeable) > cases / 5 && u64::from(certain) > cases / 5);
    assert!(f64::from(placed) >= 0.95 * f64::from(placeable), "{placed} of {placeable}");
}
