//! A property test of remarks from stream to fix, on random answers: out of order, in pieces, cut off, with wrong
//! numbers and different blanks, while the user types. A fix changes the line that the agent meant, or there is no fix.

use std::ops::Range;
use std::sync::Arc;

use super::remark_place::JobRemark;
use crate::actions::line_end;
use crate::documents::{ContentChange, DocumentStore, Position, PositionEncoding, Range as DocumentRange, Snapshot};
use crate::edit::{Granularity, smallest_changes};
use crate::job::{DestinationState, Replacement};
use crate::remarks::laws::{DRIFT, cases, quoted, text};
use crate::remarks::{Remark, RemarkLines, RemarkReader, locate_remark};

/// How many answers are tested; the variable `REMARK_CASES` overrides it.
const CASES: u64 = 3_000;

const URI: &str = "file:///shop/orders.go";

/// The user's text: each line with its number in the sent text, and whether the user changed it.
struct Typed {
    lines: Vec<(Option<usize>, String)>,
    documents: DocumentStore,
    version: i32,
}

impl Typed {
    fn text(&self) -> String {
        self.lines.iter().map(|(_, line)| format!("{line}\n")).collect()
    }

    /// Inserts, deletes or changes a line, and reports it like an editor.
    fn types(&mut self, lot: &mut fastrand::Rng) {
        let at = lot.usize(..self.lines.len());
        let start = Position { line: u32::try_from(at).unwrap(), character: 0 };
        let next = Position { line: start.line + 1, character: 0 };
        let (range, new) = match lot.u8(..4) {
            0 if self.lines.len() > 5 => {
                self.lines.remove(at);
                (start..next, String::new())
            }
            1 => {
                let (_, line) = &mut self.lines[at];
                let end = Position { character: u32::try_from(line.len()).unwrap(), ..start };
                line.push_str(" // typed");
                self.lines[at].0 = None;
                (end..end, " // typed".to_owned())
            }
            _ => {
                let line = text(lot).swap_remove(0);
                self.lines.insert(at, (None, line.clone()));
                (start..start, format!("{line}\n"))
            }
        };
        self.version += 1;
        let range = Some(DocumentRange { start: range.start, end: range.end });
        self.documents.change(URI, self.version, &[ContentChange { range, text: new }]).unwrap();
    }
}

/// Lines with remarks, never adjacent, and what an agent writes about them, out of order.
fn remarks(lines: &[String], lot: &mut fastrand::Rng) -> Vec<String> {
    let mut about: Vec<usize> = (0..lines.len()).filter(|line| !lines[*line].trim().is_empty()).collect();
    lot.shuffle(&mut about);
    about.truncate(lot.usize(1..5));
    let one = |line: usize, lot: &mut fastrand::Rng| {
        let number = (line as i64 + 1 + lot.i64(-DRIFT..=DRIFT)).max(1);
        let at = quoted(&lines[line], number, lot);
        let opening = format!("<remark lines=\"{number}\" severity=\"warning\">");
        format!("{opening}\n<at>{at}</at>\n<say>{line}</say>\n<new>\nsettled({line})\n</new>\n</remark>\nAnd so on.\n")
    };
    about.into_iter().map(|line| one(line, lot)).collect()
}

/// The remark at its lines, with its fix if it has one.
fn remark_at(documents: &DocumentStore, sent: &Snapshot, at: &Range<usize>, remark: Remark) -> JobRemark {
    let bytes = sent.text.line_to_byte(at.start)..line_end(&sent.text, at.end - 1);
    let new = remark.new_text.clone().unwrap();
    let changes = smallest_changes(&sent.slice(bytes.clone()), &new, bytes.start, Granularity::Line);
    let (snapshot, destination_state) = (sent.clone(), DestinationState::Open);
    let fix = Replacement { snapshot, destination_state, bytes: bytes.clone(), text: new, changes, imports: None };
    JobRemark::at(documents, sent, bytes, (1, true, remark), (Some(fix), None), Granularity::Line).unwrap()
}

#[test]
fn fix_changes_only_its_line_despite_split_answers_and_typing() {
    let (mut fixes, mut untouched) = (0_u32, 0_u32);
    for seed in 0..cases(CASES) {
        let lot = &mut fastrand::Rng::with_seed(seed);
        let lines = text(lot);
        let documents = DocumentStore::new(PositionEncoding::Utf16);
        let typed = lines.iter().enumerate().map(|(number, line)| (Some(number), line.clone())).collect();
        let mut user = Typed { lines: typed, documents, version: 1 };
        let sent_text = user.text();
        user.documents.open(URI, "go", 1, &sent_text);
        let sent = user.documents.snapshot(URI).unwrap();

        let mut answer = remarks(&lines, lot).concat();
        if lot.u8(..4) == 0 {
            answer.truncate(lot.usize(..answer.len()));
        }
        let mut reader = RemarkReader::default();
        let mut placed: Vec<(usize, Arc<JobRemark>)> = Vec::new();
        let mut rest = answer.as_str();
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(lot.usize(1..=40).min(rest.len()));
            rest = behind;
            for remark in reader.push(piece) {
                let meant: usize = remark.message.parse().unwrap();
                if let Some(RemarkLines { lines: at, is_certain: true }) =
                    locate_remark(&sent_text, 0..lines.len(), &remark)
                {
                    assert_eq!(at, meant..meant + 1, "seed {seed}");
                    placed.push((meant, Arc::new(remark_at(&user.documents, &sent, &at, remark))));
                }
            }
            if lot.u8(..8) == 0 {
                user.types(lot);
            }
        }
        for (meant, remark) in &placed {
            let fix = remark.current_place().and_then(|place| place.fix);
            let now = user.lines.iter().position(|(number, _)| *number == Some(*meant));
            untouched += u32::from(now.is_some());
            let Some(fix) = fix else { continue };
            fixes += 1;
            let at = now.unwrap_or_else(|| panic!("seed {seed}: line {meant} is gone, and its fix is not"));
            let mut wanted: Vec<String> = user.lines.iter().map(|(_, line)| line.clone()).collect();
            wanted[at] = format!("settled({meant})");
            assert_eq!(fix.rebased().result().to_string(), wanted.join("\n") + "\n", "seed {seed}, line {meant}");
        }
    }
    println!("{untouched} lines are as they were, {fixes} have their fix");
    assert!(u64::from(fixes) > cases(CASES) / 2 && f64::from(fixes) >= 0.95 * f64::from(untouched));
}
