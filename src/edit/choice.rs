//! Chooses the block of code that is the new version of the range, if a reply has several.

use std::collections::HashSet;

use super::extract::Original;
use super::lines::lines;
use super::outline::Outline;
use super::prose::{self, distinctive_lines, share_of};
use super::word_list::WordList;
use crate::languages;

/// A block that may be the new version.
pub(crate) struct Candidate<'a> {
    /// The language of its fence, in lower case. Empty if the fence has no language.
    pub(crate) language: String,
    pub(crate) code: &'a str,
}

/// The chosen block.
pub(crate) struct Chosen {
    /// Its number among the candidates.
    pub(crate) number: usize,
    /// Whether all other blocks are excluded.
    pub(crate) is_certain: bool,
}

/// The fence languages of shell commands.
pub(super) static SHELLS: WordList =
    WordList::of("bash sh shell zsh console shellsession shellscript powershell fish cmd bat");

/// Further ones, if the reply has several blocks.
static MORE_SHELLS: WordList = WordList::of("shell-session pwsh ps1 terminal");

/// The fence languages of program output, patches and prose.
static NO_CODE: WordList = WordList::of("text txt plaintext output log diff patch udiff none mermaid");

/// The candidate that is the new version of the range, if there is one.
pub(crate) fn choose(candidates: &[Candidate<'_>], original: &Original<'_>) -> Option<Chosen> {
    let is_shell = |name: &str| SHELLS.has(name) || MORE_SHELLS.has(name);
    let id = original.language_id.to_lowercase();
    let old = OriginalOutline::of(original);
    let mut left: Vec<(usize, Measure)> = Vec::new();
    for (number, candidate) in candidates.iter().enumerate() {
        let language = candidate.language.as_str();
        let is_other = is_shell(language) && !is_shell(&id) || NO_CODE.has(language) && id != language;
        if !is_other && !old.is(candidate.code) && !candidate.code.trim().is_empty() {
            left.push((number, old.measure(candidate.code)));
        }
    }
    // If some blocks have the document's language, blocks of other languages are not the new version.
    let is_named =
        |number: usize| candidates.get(number).is_some_and(|candidate| languages::is_called(&id, &candidate.language));
    if left.iter().any(|(number, _)| is_named(*number)) {
        let is_unnamed = |number: usize| candidates.get(number).is_some_and(|candidate| candidate.language.is_empty());
        left.retain(|(number, _)| is_named(*number) || is_unnamed(*number));
    }
    if let [(number, measure)] = left.as_slice() {
        // Only one block is left. If it shares nothing with the range, it may be an example.
        return Some(Chosen { number: *number, is_certain: measure.share > 0.0 || old.words.is_empty() });
    }
    let best = best(&left)?;
    let (_, measure) = left.iter().find(|(number, _)| *number == best)?;
    // A usage example defines nothing that the range defines, and its lines are different.
    let is_example = |other: &Measure| other.defined == 0 && other.likeness <= 0.2 && !other.is_definition;
    let defines_all = old.names.is_empty() || measure.defined == old.names.len();
    let are_examples = left.iter().filter(|(number, _)| *number != best).all(|(_, other)| is_example(other));
    // If the range defines nothing, the shared words decide.
    let is_far = |other: &Measure| other.share <= 0.25 && measure.share >= 0.4 && other.share * 2.0 < measure.share;
    let are_far = left.iter().filter(|(number, _)| *number != best).all(|(_, other)| is_far(other));
    let is_certain = defines_all && are_examples && (measure.defined > 0 || measure.likeness >= 0.6 || are_far);
    Some(Chosen { number: best, is_certain })
}

/// The block that defines what the range defines; otherwise the only similar one.
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

/// How similar a block is to the range.
struct Measure {
    /// The number of the range's definitions in the block.
    defined: usize,
    /// Whether it begins with its own definition.
    is_definition: bool,
    /// The share of its lines that the range contains.
    likeness: f64,
    /// The share of the range's words that it contains.
    share: f64,
}

/// The parts of the range that are compared with blocks.
struct OriginalOutline<'a> {
    language_id: &'a str,
    names: HashSet<String>,
    lines: HashSet<&'a str>,
    words: HashSet<&'a str>,
    all: Vec<&'a str>,
}

impl<'a> OriginalOutline<'a> {
    fn of(original: &Original<'a>) -> Self {
        Self {
            language_id: original.language_id,
            names: names(original.text, original.language_id),
            lines: distinctive_lines(original.text).collect(),
            words: words(original.text).collect(),
            all: solid(original.text).collect(),
        }
    }

    /// Whether `code` equals the current text.
    fn is(&self, code: &str) -> bool {
        solid(code).eq(self.all.iter().copied())
    }

    fn measure(&self, code: &str) -> Measure {
        let own = names(code, self.language_id);
        let has: HashSet<&str> = words(code).collect();
        Measure {
            defined: own.intersection(&self.names).count(),
            is_definition: !own.is_empty(),
            likeness: share_of(distinctive_lines(code), |line| self.lines.contains(line)),
            share: share_of(&self.words, |word| has.contains(word)),
        }
    }
}

fn names(text: &str, language_id: &str) -> HashSet<String> {
    Outline::of(text, language_id).definitions.into_iter().map(|definition| definition.name).collect()
}

/// The lines that are not blank, without surrounding white space.
fn solid(text: &str) -> impl Iterator<Item = &str> {
    lines(text).map(|line| line.content.trim()).filter(|line| !line.is_empty())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    prose::words(text).filter(|word| word.len() >= 2)
}
