//! Recognises instructions that are questions. The agent answers them, and nothing is edited.

use super::{ASK, Action, ActionResult, Catalogue, EDIT};

/// Ways to ask for a change in the form of a question.
const REQUESTS: &str = "can you|could you|would you|will you|can we|could we|please|shall we|você pode|voce pode|pode |poderia|\
                        podes|você poderia|puedes|podrías|podrias|por favor";

/// Words in such a request that ask for an explanation.
const WORDS_WANTED: &str = "explain|tell|say why|describe|explicar|explique|dizer|me diga|descrever|decir|contar";

/// The start of a question, with or without a question mark.
const QUESTIONS: &str = "why |what is|what does|what are|what do |how does|how is|how do |who |when does|explain |por que |\
                         por quê|porque |o que |como funciona|qual |quais |quem |explique |explica |por qué|qué |cómo |cuál ";

/// The action for `instruction`: an *edit* with a question becomes an answer in words.
pub(crate) fn as_asked(action: Action, instruction: Option<&str>, catalogue: &Catalogue) -> Action {
    if action.id != EDIT || action.file.is_some() || !instruction.is_some_and(is_question) {
        return action;
    }
    match catalogue.find(ASK) {
        Some(ask) => Action { result: ActionResult::Answer, prompt: ask.prompt, ..action },
        None => action,
    }
}

fn is_question(instruction: &str) -> bool {
    let words = instruction.trim().trim_matches(['"', '\'', '«', '»']).to_lowercase();
    let words = words.trim_start_matches('¿').trim();
    let begins_with = |phrases: &str| phrases.split('|').any(|start| words.starts_with(start));
    if begins_with(REQUESTS) {
        return WORDS_WANTED.split('|').any(|wanted| words.contains(wanted));
    }
    words.ends_with('?') || begins_with(QUESTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_requests_are_distinguished() {
        for question in [
            "Is this thread-safe?",
            "why is there a lock",
            "Por que isto é assim?",
            "como funciona isso",
            "¿Qué hace esto?",
            "Can you explain this?",
            "what does xs hold",
            "É seguro?",
        ] {
            assert!(is_question(question), "{question}");
        }
        for request in [
            "return early",
            "Can you make this async?",
            "Could you rename x to y?",
            "você pode simplificar?",
            "use what is there",
            "document why it locks",
            "please add a check",
        ] {
            assert!(!is_question(request), "{request}");
        }
    }
}
