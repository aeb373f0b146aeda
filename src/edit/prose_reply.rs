//! Replies for prose: the reply is the text, unless it only holds the text.

use super::extract::{NoCode, Original, blank_behind, content, is_fenced_itself};
use super::fences::{self, Block, fence};
use super::languages;
use super::lines::{Line, join, lines};
use super::prose::{self, Known, Look};

/// The text in a reply for a language of prose, or for a range that reads as prose.
pub(crate) fn from_prose(text: &str, original: &Original<'_>, tagged: bool) -> Result<String, NoCode> {
    let all: Vec<Line<'_>> = lines(text).collect();
    let in_markdown = languages::is_markdown(original.language_id);
    let is_markdown_block = |block: &Block<'_>| languages::is_markdown(&block.language());
    let blocks = fences::blocks(&all, is_markdown_block);
    let original_has_fences = lines(original.text).any(|line| fence(line.content).is_some());
    if let Some(first) = blocks.first().filter(|first| !is_fenced_itself(original.text, first)) {
        let (head, _) = all.split_at(first.open.min(all.len()));
        let is_first = head.iter().all(Line::is_blank);
        let is_all = is_first && blank_behind(&all, first.end(all.len()).saturating_sub(1));
        let is_only = blocks.len() == 1;
        let is_answer = if in_markdown {
            is_only
                && (is_markdown_block(first) && !original_has_markdown_fence(original.text)
                    || is_all && first.fence.info.is_empty())
        } else {
            let is_named = first.language() == original.language_id.to_lowercase();
            let leads_over = is_first || is_named || is_lead_in(head) || announces(head, original);
            is_only && !original_has_fences && leads_over
        };
        if is_answer {
            return Ok(content(&all, first));
        }
        let are_versions = blocks.len() > 1
            && if in_markdown { blocks.iter().all(is_markdown_block) } else { is_first || is_lead_in(head) };
        if are_versions && !original_has_fences {
            return Err(NoCode::Several { count: blocks.len() });
        }
    }
    if !tagged && refuses(text) && !refuses(original.text) && prose::shared_words(text, original.text) < 0.5 {
        return Err(NoCode::OnlyProse);
    }
    let lead = all.iter().take_while(|line| !line.is_blank()).count();
    let (head, rest) = all.split_at(lead);
    let original_leads_in = lines(original.text).next().is_some_and(|line| is_lead_in(&[line]));
    if !tagged && lead == 1 && is_lead_in(head) && !original_leads_in && rest.iter().any(|line| !line.is_blank()) {
        return Ok(join(rest));
    }
    Ok(join(&all))
}

/// Whether `head` only leads over to what follows: a few lines that the original does not have, with a colon at the end.
fn announces(head: &[Line<'_>], original: &Original<'_>) -> bool {
    let known = Known::of(original.text);
    let lines: Vec<&Line<'_>> = head.iter().filter(|line| !line.is_blank()).collect();
    let is_short = (1..=3).contains(&lines.len());
    let is_talk = lines.iter().all(|line| !known.has(line.content) && prose::shape(line.content) != Look::Code);
    is_short && is_talk && lines.last().is_some_and(|line| line.content.trim_end().ends_with(':'))
}

fn original_has_markdown_fence(original: &str) -> bool {
    lines(original).filter_map(|line| fence(line.content)).any(|f| languages::is_markdown(&f.info.to_lowercase()))
}

/// Whether `head` announces a new version of the text: "Here is the revised paragraph:".
fn is_lead_in(head: &[Line<'_>]) -> bool {
    const STARTS: &[&str] = &[
        "here is",
        "here's",
        "here’s",
        "sure",
        "certainly",
        "of course",
        "absolutely",
        "okay",
        "ok,",
        "below is",
        "aqui está",
        "aqui vai",
        "claro",
        "certamente",
        "com certeza",
        "segue",
        "eis ",
        "abaixo",
    ];
    const NEWS: &[&str] = &[
        "revised",
        "improved",
        "rewritten",
        "updated",
        "corrected",
        "edited",
        "version",
        "polished",
        "fixed",
        "refactored",
        "message",
        "versão",
        "revisad",
        "melhorad",
        "reescrit",
        "atualizad",
        "corrigid",
        "refatorad",
        "mensagem",
    ];
    let Some(line) = head.iter().find(|line| !line.is_blank()) else { return false };
    let text = line.content.trim().to_lowercase();
    text.ends_with(':')
        && STARTS.iter().any(|start| text.starts_with(start))
        && NEWS.iter().any(|word| text.contains(word))
}

fn refuses(text: &str) -> bool {
    const STARTS: &[&str] = &[
        "i'm sorry",
        "i’m sorry",
        "i am sorry",
        "sorry, ",
        "i cannot",
        "i can't",
        "i can’t",
        "i'm unable",
        "i’m unable",
        "i am unable",
        "as an ai",
        "unfortunately, i ",
        "desculpe",
        "lamento",
        "sinto muito",
        "não posso",
        "infelizmente, não",
    ];
    let start: String = text.trim_start().chars().take(24).collect::<String>().to_lowercase();
    STARTS.iter().any(|refusal| start.starts_with(refusal))
}
