//! Which of several blocks of code in a reply is the new version of the range.

use std::collections::HashSet;

use super::extract::Original;
use super::lines::lines;
use super::outline::Outline;
use super::prose::{self, share_of, telling_lines};
use super::word_list::WordList;
use crate::languages;

/// A block that could be meant.
pub(crate) struct Candidate<'a> {
    /// The language that its fence names, in lower case; empty where there is none.
    pub(crate) language: String,
    pub(crate) code: &'a str,
}

/// The block that is meant.
pub(crate) struct Chosen {
    /// Its number among the candidates.
    pub(crate) number: usize,
    /// Whether the others could not be meant.
    pub(crate) is_certain: bool,
}

/// What commands for a shell are fenced as.
pub(super) static SHELLS: WordList =
    WordList::of("bash sh shell zsh console shellsession shellscript powershell fish cmd bat");

/// The same, where a block is one of several.
static MORE_SHELLS: WordList = WordList::of("shell-session pwsh ps1 terminal");

/// What a program prints, patches, and prose.
static NO_CODE: WordList = WordList::of("text txt plaintext output log diff patch udiff none mermaid");

/// Which of `candidates` is the new version of the range, where one is.
pub(crate) fn choose(candidates: &[Candidate<'_>], original: &Original<'_>) -> Option<Chosen> {
    let is_shell = |name: &str| SHELLS.has(name) || MORE_SHELLS.has(name);
    let id = original.language_id.to_lowercase();
    let old = Old::of(original);
    let mut left: Vec<(usize, Measure)> = Vec::new();
    for (number, candidate) in candidates.iter().enumerate() {
        let language = candidate.language.as_str();
        let is_other = is_shell(language) && !is_shell(&id) || NO_CODE.has(language) && id != language;
        if !is_other && !old.is(candidate.code) && !candidate.code.trim().is_empty() {
            left.push((number, old.measure(candidate.code)));
        }
    }
    // Where blocks are fenced as the language of the document, those of others are none of its text.
    let is_named =
        |number: usize| candidates.get(number).is_some_and(|candidate| languages::is_called(&id, &candidate.language));
    if left.iter().any(|(number, _)| is_named(*number)) {
        let is_unnamed = |number: usize| candidates.get(number).is_some_and(|candidate| candidate.language.is_empty());
        left.retain(|(number, _)| is_named(*number) || is_unnamed(*number));
    }
    if let [(number, measure)] = left.as_slice() {
        // What the others were taken for leaves the only one, but one that has nothing of the range may be an example.
        return Some(Chosen { number: *number, is_certain: measure.share > 0.0 || old.words.is_empty() });
    }
    let best = best(&left)?;
    let (_, measure) = left.iter().find(|(number, _)| *number == best)?;
    // An example of use defines nothing of what is defined there and looks like none of it.
    let is_example = |other: &Measure| other.defined == 0 && other.likeness <= 0.2 && !other.is_definition;
    let defines_all = old.names.is_empty() || measure.defined == old.names.len();
    let are_examples = left.iter().filter(|(number, _)| *number != best).all(|(_, other)| is_example(other));
    // Where the range defines nothing, the words that both have tell the same.
    let is_far = |other: &Measure| other.share <= 0.25 && measure.share >= 0.4 && other.share * 2.0 < measure.share;
    let are_far = left.iter().filter(|(number, _)| *number != best).all(|(_, other)| is_far(other));
    let is_certain = defines_all && are_examples && (measure.defined > 0 || measure.likeness >= 0.6 || are_far);
    Some(Chosen { number: best, is_certain })
}

/// The one that defines what the range defines, else the one that is alike while no other is.
fn best(left: &[(usize, Measure)]) -> Option<usize> {
    let most = left.iter().map(|(_, measure)| measure.defined).max()?;
    if most > 0 {
        let mut defining = left.iter().filter(|(_, measure)| measure.defined == most);
        if let (Some((number, _)), None) = (defining.next(), defining.next()) {
            return Some(*number);
        }
    }
    let mut by_likeness: Vec<&(usize, Measure)> = left.iter().collect();
    by_likeness.sort_by(|(_, a), (_, b)| b.likeness.max(b.share).total_cmp(&a.likeness.max(a.share)));
    let ((number, first), (_, second)) = (by_likeness.first()?, by_likeness.get(1)?);
    let (first, second) = (first.likeness.max(first.share), second.likeness.max(second.share));
    (first >= 0.6 && second <= 0.2 || first >= 0.3 && second <= first / 4.0).then_some(*number)
}

/// How a block stands to the range.
struct Measure {
    /// How many of the range's definitions it has.
    defined: usize,
    /// Whether it begins with a definition of its own.
    is_definition: bool,
    /// The share of its lines that the range has.
    likeness: f64,
    /// The share of the range's words that it has.
    share: f64,
}

/// The range, as far as blocks are compared with it.
struct Old<'a> {
    language_id: &'a str,
    names: HashSet<String>,
    lines: HashSet<&'a str>,
    words: HashSet<&'a str>,
    all: Vec<&'a str>,
}

impl<'a> Old<'a> {
    fn of(original: &Original<'a>) -> Self {
        Self {
            language_id: original.language_id,
            names: names(original.text, original.language_id),
            lines: telling_lines(original.text).collect(),
            words: words(original.text).collect(),
            all: solid(original.text).collect(),
        }
    }

    /// Whether `code` is what stands there already.
    fn is(&self, code: &str) -> bool {
        solid(code).eq(self.all.iter().copied())
    }

    fn measure(&self, code: &str) -> Measure {
        let own = names(code, self.language_id);
        let has: HashSet<&str> = words(code).collect();
        Measure {
            defined: own.intersection(&self.names).count(),
            is_definition: !own.is_empty(),
            likeness: share_of(telling_lines(code), |line| self.lines.contains(line)),
            share: share_of(&self.words, |word| has.contains(word)),
        }
    }
}

fn names(text: &str, language_id: &str) -> HashSet<String> {
    Outline::of(text, language_id).definitions.into_iter().map(|definition| definition.name).collect()
}

/// The lines that are not blank, without the white space around them.
fn solid(text: &str) -> impl Iterator<Item = &str> {
    lines(text).map(|line| line.content.trim()).filter(|line| !line.is_empty())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    prose::words(text).filter(|word| word.len() >= 2)
}
