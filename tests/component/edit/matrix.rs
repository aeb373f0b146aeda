//! One correct reply in many languages and in the many forms that models use. The test counts the outcomes. The table
//! is in `docs/edits.md`; `UPDATE_MATRIX=1 cargo test --test component matrix` rewrites it.

mod samples;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ropey::Rope;
use stackspot_lsp::testing::edit::{CheckedEdit, Granularity, Plan, Purpose, check_edit, plan, unbalanced};

use self::samples::{SAMPLES, Sample};

/// The outcome of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The server applies the right text without a question.
    Exact,
    /// The server proposes the right text to the user.
    Proposed,
    /// The server applies nothing, or proposes another text to the user.
    Held,
    /// The server applies another text without a question.
    Wrong,
}

struct Shape {
    name: &'static str,
    reply: fn(&Sample) -> String,
}

const fn shape(name: &'static str, reply: fn(&Sample) -> String) -> Shape {
    Shape { name, reply }
}

/// The shapes of the neutral matrix.
const NEUTRAL: &[Shape] = &[
    shape("raw", |s| s.new.into()),
    shape("raw, no final newline", |s| s.new.trim_end().into()),
    shape("one fence", |s| fenced(s.fence, s.new)),
    shape("lead-in, fence", |s| format!("Here is the improved version:\n\n{}", fenced(s.fence, s.new))),
    shape("lead-in, fence, bullets", |s| {
        let bullets = "- **Shorter**: it says less twice.\n- **Safer**: nothing is left open.\n";
        format!("Aqui está a versão nova:\n\n{}\nWhat I changed:\n\n{bullets}", fenced(s.fence, s.new))
    }),
    shape("lead-in, raw", |s| format!("Here is the new version:\n\n{}", s.new)),
    shape("fence, dedented", |s| fenced(s.fence, &dedented(s.new))),
    shape("first line without its indentation", |s| s.new.trim_start().into()),
    shape("thoughts, raw", |s| format!("<think>\nHm, how about this?\n</think>\n\n{}", s.new)),
    shape("thoughts that nothing opens, raw", |s| {
        format!("Hm. It can be shorter, so I make it so.\n</think>\n\n{}", s.new)
    }),
    shape("raw, then a line of talk", |s| format!("{}\nLet me know whether you would like anything else.\n", s.new)),
    shape("fence, then a fence with an example", |s| {
        format!("{}\nExample:\n\n{}", fenced(s.fence, s.new), fenced(s.fence, s.example))
    }),
    shape("before, after", |s| {
        format!("**Before:**\n\n{}\n**After:**\n\n{}", fenced(s.fence, s.old), fenced(s.fence, s.new))
    }),
];

/// One block in a reply with much text around it.
const TALKATIVE: &[Shape] = &[
    shape("greeting, block, summary", |s| {
        format!(
            "Sure! I looked at it closely.\n\nIt did more than it had to.\n\n{}\n### Summary\n\n1. It is shorter.\n2. It reads better.\n\nWould you like tests for it?\n",
            fenced(s.fence, s.new)
        )
    }),
    shape("analysis with code words, block", |s| {
        format!(
            "The selection calls `foo()` twice; `bar` is never used.\n\n> Note: nothing else changes.\n\n{}",
            fenced(s.fence, s.new)
        )
    }),
    shape("Portuguese, block, offer", |s| {
        format!(
            "Claro! Segue o trecho revisado:\n\n{}\n**Mudanças:**\n- Menos repetição\n- Nomes mantidos\n\nSe quiser, posso escrever os testes.\n",
            fenced(s.fence, s.new)
        )
    }),
    shape("headings, block in the middle", |s| {
        format!(
            "## Problem\n\nToo long.\n\n## Solution\n\n{}\n## Why\n\nIt is easier to read now.\n",
            fenced(s.fence, s.new)
        )
    }),
    shape("block under a file's name, remark", |s| {
        format!("**`src/example`**\n\n{}\n*Nothing outside of it has to change.*\n", fenced(s.fence, s.new))
    }),
];

/// Several blocks, of which one is the answer.
const SEVERAL: &[Shape] = &[
    shape("block, then commands", |s| format!("{}\nThen run:\n\n```bash\nmake test\n```\n", fenced(s.fence, s.new))),
    shape("output, then block", |s| {
        format!("It printed this:\n\n```text\nerror: 3\n```\n\nSo:\n\n{}", fenced(s.fence, s.new))
    }),
    shape("before, after, example", |s| {
        let [old, new, example] = [s.old, s.new, s.example].map(|code| fenced(s.fence, code));
        format!("Before:\n\n{old}\nAfter:\n\n{new}\nExample:\n\n{example}")
    }),
    shape("example, then block", |s| {
        format!("It is used so:\n\n{}\nThe new version:\n\n{}", fenced(s.fence, s.example), fenced(s.fence, s.new))
    }),
    shape("block twice", |s| format!("{}\nOnce more, whole:\n\n{}", fenced(s.fence, s.new), fenced(s.fence, s.new))),
];

/// Edit blocks in their dialects, and patches.
const EDIT_BLOCKS: &[Shape] = &[
    shape("SEARCH/REPLACE", |s| block("<<<<<<< SEARCH", s, ">>>>>>> REPLACE")),
    shape("SEARCH/REPLACE in a fence", |s| fenced(s.fence, &block("<<<<<<< SEARCH", s, ">>>>>>> REPLACE"))),
    shape("ORIGINAL/UPDATED", |s| block("<<<<<<< ORIGINAL", s, ">>>>>>> UPDATED")),
    shape("HEAD", |s| block("<<<<<<< HEAD", s, ">>>>>>> new")),
    shape("------- SEARCH", |s| block("------- SEARCH", s, "+++++++ REPLACE")),
    shape("SEARCH/REPLACE under a file's name", |s| {
        format!(
            "I change one place.\n\nsrc/example\n```\n{}```\n\nDone.\n",
            block("<<<<<<< SEARCH", s, ">>>>>>> REPLACE")
        )
    }),
    shape("unified diff", |s| format!("--- a/file\n+++ b/file\n@@ -1,3 +1,3 @@\n{}", signed(s))),
    shape("unified diff in a fence", |s| fenced("diff", &format!("@@ -1 +1 @@\n{}", signed(s)))),
    shape("fenced as diff, no heads", |s| fenced("diff", &signed(s))),
    shape("*** Begin Patch", |s| format!("*** Begin Patch\n*** Update File: file\n@@\n{}*** End Patch\n", signed(s))),
];

fn fenced(info: &str, code: &str) -> String {
    format!("```{info}\n{code}```\n")
}

fn block(open: &str, sample: &Sample, close: &str) -> String {
    format!("{open}\n{}=======\n{}{close}\n", sample.old, sample.new)
}

fn signed(sample: &Sample) -> String {
    let signed = |sign: char, text: &str| -> String { text.lines().map(|line| format!("{sign}{line}\n")).collect() };
    signed('-', sample.old) + &signed('+', sample.new)
}

fn dedented(code: &str) -> String {
    let depth =
        code.lines().filter(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start().len()).min();
    code.lines().map(|line| format!("{}\n", line.get(depth.unwrap_or_default()..).unwrap_or_default())).collect()
}

fn end(sample: &Sample, reply: &str) -> End {
    let document = Rope::from_str(&[sample.before, sample.old, sample.after].concat());
    let range = sample.before.len()..sample.before.len() + sample.old.len();
    let planned = plan(&document, range.clone(), sample.language, Purpose::Refactor, reply, Granularity::Line);
    let Plan::Replace { text, guess, issue: placed, .. } = planned else { return End::Held };
    let judged = CheckedEdit {
        document: &document,
        range,
        new: &text,
        language_id: sample.language,
        purpose: Purpose::Refactor,
    };
    let waits = guess.is_some() || placed.is_some() || check_edit(&judged).is_some() || unbalanced(&judged).is_some();
    match (text == sample.new, waits) {
        (true, false) => End::Exact,
        (true, true) => End::Proposed,
        (false, true) => End::Held,
        (false, false) => End::Wrong,
    }
}

/// The number of replies with this outcome.
#[derive(Default)]
struct Count {
    ends: Vec<End>,
    odd: String,
}

impl Count {
    fn of(shapes: &[Shape], table: &mut String) -> Self {
        let mut all = Self::default();
        for shape in shapes {
            let mut row = Self::default();
            for sample in SAMPLES {
                let reply = (shape.reply)(sample);
                let end = end(sample, &reply);
                row.ends.push(end);
                if end != End::Exact {
                    writeln!(all.odd, "{end:?}: {}, {}\n{reply}", shape.name, sample.language).unwrap();
                }
            }
            writeln!(table, "| {} | {} |", shape.name, row.cells()).unwrap();
            all.ends.extend(row.ends);
        }
        writeln!(table, "| **together** | {} |", all.cells()).unwrap();
        all
    }

    fn number(&self, end: End) -> usize {
        self.ends.iter().filter(|other| **other == end).count()
    }

    fn share(&self, ends: &[End]) -> f64 {
        ends.iter().map(|end| self.number(*end)).sum::<usize>() as f64 / self.ends.len() as f64
    }

    fn cells(&self) -> String {
        let [exact, proposed, held, wrong] =
            [End::Exact, End::Proposed, End::Held, End::Wrong].map(|end| self.number(end));
        format!("{exact} | {proposed} | {held} | {wrong}")
    }
}

const START: &str = "<!-- matrix -->\n";
const STOP: &str = "<!-- end of matrix -->\n";

#[test]
fn page_counts_replies_read_in_every_shape_and_language() {
    assert_eq!((SAMPLES.len(), NEUTRAL.len()), (19, 13));
    let head =
        |title: &str| format!("\n| {title} | applied | proposed | held | wrong |\n| --- | --: | --: | --: | --: |\n");
    let mut table = head("one good reply, 19 languages");
    let neutral = Count::of(NEUTRAL, &mut table);
    table += &head("one block in a talkative reply");
    let talkative = Count::of(TALKATIVE, &mut table);
    table += &head("several blocks, one is meant");
    let several = Count::of(SEVERAL, &mut table);
    table += &head("edit blocks and patches");
    let blocks = Count::of(EDIT_BLOCKS, &mut table);
    table.push('\n');

    let odd = || [&neutral, &talkative, &several, &blocks].map(|count| count.odd.clone()).concat();
    for count in [&neutral, &talkative, &several, &blocks] {
        assert_eq!(count.number(End::Wrong), 0, "{table}\n{}", odd());
    }
    assert!(neutral.share(&[End::Exact]) >= 0.97, "{table}\n{}", odd());
    assert!(talkative.share(&[End::Exact]) >= 0.98, "{table}\n{}", odd());
    assert!(several.share(&[End::Exact, End::Proposed]) >= 0.85, "{table}\n{}", odd());
    assert!(blocks.share(&[End::Exact, End::Proposed]) >= 0.85, "{table}\n{}", odd());

    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/edits.md");
    let text = fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once(START).expect("the page has the table's place");
    let (told, after) = rest.split_once(STOP).expect("the place ends");
    if std::env::var_os("UPDATE_MATRIX").is_some() {
        println!("{}", odd());
        fs::write(&page, [before, START, &table, STOP, after].concat()).unwrap();
    } else {
        assert_eq!(told, table, "docs/edits.md says otherwise; UPDATE_MATRIX=1 writes it anew");
    }
}
