//! The text answers of the scripted agent, in English and Portuguese.

use super::change::count;
use super::facts::Facts;
use super::prompt::Prompt;
use crate::display;
use crate::sandbox::state::Upload;

/// The position of a prompt in its conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct AgentTurn {
    /// The number of the turn, from 1.
    pub(in crate::sandbox) number: usize,
    /// The topic of the previous turn, in a few words.
    pub(in crate::sandbox) previous: Option<String>,
    /// The name of the editor that asks, from its `clientInfo`.
    pub(in crate::sandbox) client: Option<String>,
}

/// The answer to a prompt that requests text.
pub(super) fn answer(prompt: &Prompt, facts: &Facts, turn: &AgentTurn, files: &[Upload]) -> String {
    let mut text = match (prompt.action.as_str(), prompt.selection.is_some()) {
        ("explain", true) => explain(prompt, facts, turn.client.as_deref()),
        _ => general(prompt, facts),
    };
    if !files.is_empty() {
        text.push_str("\n\n");
        text.push_str(&received(prompt, files));
    }
    if turn.number > 1 {
        text.push_str("\n\n");
        text.push_str(&recalled(prompt, turn));
    }
    text
}

fn received(prompt: &Prompt, files: &[Upload]) -> String {
    let named = files.iter().map(|file| format!("`{}` ({} bytes)", file.file_name, file.size.unwrap_or_default()));
    format!("{}: {}.", prompt.say("Files received", "Arquivos recebidos"), named.collect::<Vec<_>>().join(", "))
}

fn recalled(prompt: &Prompt, turn: &AgentTurn) -> String {
    let here = if prompt.in_portuguese {
        format!("Este é o turno {} desta conversa", turn.number)
    } else {
        format!("This is turn {} of this conversation", turn.number)
    };
    match &turn.previous {
        Some(previous) => {
            let before = prompt.say("before it you asked", "antes você pediu");
            format!("{here}; {before}: \"{previous}\".")
        }
        None => format!("{here}."),
    }
}

fn explain(prompt: &Prompt, facts: &Facts, client: Option<&str>) -> String {
    let (longest, length) = facts.longest;
    let longest = match prompt.first_line {
        Some(first) => format!("L{}", first + longest - 1),
        None if prompt.in_portuguese => format!("a de número {longest} da seleção"),
        None => format!("number {longest} of the selection"),
    };
    let language = match prompt.language.as_str() {
        "" => prompt.say("a language that was not named", "uma linguagem não informada"),
        language => language,
    };
    let (place, way) = (location(prompt), way_to_an_account(prompt, client));
    let functions = listed(&facts.functions, prompt.say("none in sight", "nenhuma à vista"));
    let types = listed(&facts.types, prompt.say("none in sight", "nenhum à vista"));
    let markers = markers(prompt, facts);
    let Facts { blank_lines: blank, comment_lines: comments, .. } = facts;
    if prompt.in_portuguese {
        let length = if length == 1 { "1 caractere".into() } else { format!("{length} caracteres") };
        format!(
            "## O que o agente do sandbox recebeu\n\nEste é o **sandbox** do StackSpot: um agente com roteiro fixo, que não \
             entende código, mas conta o que vê. A seleção{place} está em **{language}** e tem **{}**, das quais {blank} em \
             branco e {comments} só de comentário.\n\n\
             - **Funções:** {functions}\n- **Tipos e módulos:** {types}\n\
             - **Linha mais longa:** {longest}, com {length}.\n- **Pendências:** {markers}\n\n\
             A resposta chega palavra por palavra, como a de um agente de verdade: cancelar a tarefa fecha a conexão na hora, e \
             uma nova pergunta continua a mesma conversa. Para receber explicações de verdade, {way}.",
            count(facts.lines, "linha"),
        )
    } else {
        format!(
            "## What the sandbox agent received\n\nThis is the StackSpot **sandbox**: a scripted agent that does not understand \
             code, but reports what it can see. The selection{place} is **{language}** and has **{}**, {blank} of them blank and \
             {comments} nothing but comment.\n\n\
             - **Functions:** {functions}\n- **Types and modules:** {types}\n\
             - **Longest line:** {longest}, with {}.\n- **Open ends:** {markers}\n\n\
             The answer arrives word by word, as a real agent's does: cancelling the job closes the connection at once, and a \
             follow-up question continues the same conversation. For real explanations, {way}.",
            count(facts.lines, "line"),
            count(length, "character"),
        )
    }
}

/// The steps in this editor to use a real agent.
fn way_to_an_account<'a>(prompt: &'a Prompt, client: Option<&str>) -> &'a str {
    let client = client.unwrap_or_default().to_lowercase();
    let vs_codes = ["visual studio code", "code - oss", "vscodium", "code-server", "cursor", "windsurf"];
    if vs_codes.iter().any(|name| client.starts_with(name)) {
        prompt.say(
            "run *StackSpot AI: Sign In…* and *StackSpot AI: Choose Agent…* from the command palette, then *StackSpot AI: \
             Leave the Sandbox*",
            "execute *StackSpot AI: Entrar…* e *StackSpot AI: Escolher agente…* na paleta de comandos e depois *StackSpot \
             AI: Sair do sandbox*",
        )
    } else if client == "neovim" {
        prompt.say(
            "sign in with `:StackSpot login`, take `--sandbox` out of the server's `cmd`, and restart Neovim; `:StackSpot \
             agent` chooses an agent. Without the plug-in, run `stackspot-lsp login` in a terminal",
            "entre com `:StackSpot login`, tire `--sandbox` do `cmd` do servidor e reinicie o Neovim; `:StackSpot agent` \
             escolhe um agente. Sem o plug-in, execute `stackspot-lsp login` em um terminal",
        )
    } else {
        prompt.say(
            "sign in with `stackspot-lsp login` in a terminal, choose an agent with `stackspot-lsp agents`, take `--sandbox` \
             out of the command that starts the server, and start your editor anew",
            "entre com `stackspot-lsp login` em um terminal, escolha um agente com `stackspot-lsp agents`, tire `--sandbox` \
             do comando que inicia o servidor e abra o editor de novo",
        )
    }
}

fn general(prompt: &Prompt, facts: &Facts) -> String {
    let asked = match shortened(&prompt.instruction, 120) {
        asked if asked.is_empty() => prompt.say("You wrote no question.", "Você não escreveu uma pergunta.").to_owned(),
        asked => format!("{}: \"{asked}\".", prompt.say("You asked", "Você pediu")),
    };
    let seen = match prompt.selection {
        Some(_) => {
            let came = prompt.say("With it came a selection of", "Junto veio uma seleção de");
            format!(" {came} {}{}.", count(facts.lines, prompt.say("line", "linha")), location(prompt))
        }
        None => String::new(),
    };
    if prompt.in_portuguese {
        format!(
            "Aqui fala o agente do sandbox do StackSpot, que tem um roteiro fixo. {asked}{seen} Um agente de verdade \
             responderia com conhecimento; este só mostra que a pergunta chegou inteira."
        )
    } else {
        format!(
            "This is the StackSpot sandbox agent, which follows a script. {asked}{seen} A real agent would answer with \
             knowledge; this one only shows that the question arrived whole."
        )
    }
}

fn location(prompt: &Prompt) -> String {
    match prompt.file.as_str() {
        "" => String::new(),
        file => format!(" {} `{file}`", prompt.say("from", "de")),
    }
}

fn listed(names: &[String], none: &str) -> String {
    let shown: Vec<String> = names.iter().take(6).map(|name| format!("`{name}`")).collect();
    match (shown.is_empty(), names.len().saturating_sub(shown.len())) {
        (true, _) => none.to_owned(),
        (false, 0) => shown.join(", "),
        (false, more) => format!("{} (+{more})", shown.join(", ")),
    }
}

fn markers(prompt: &Prompt, facts: &Facts) -> String {
    let numbers = facts.markers.iter().take(6);
    let noun = prompt.say("line", "linha");
    let numbers: Vec<String> = match prompt.first_line {
        Some(first) => numbers.map(|number| format!("L{}", first + number - 1)).collect(),
        None => numbers.map(usize::to_string).collect(),
    };
    match numbers.as_slice() {
        [] => prompt.say("none marked with TODO or FIXME", "nenhuma marcada com TODO ou FIXME").to_owned(),
        many if prompt.first_line.is_some() => many.join(", "),
        [one] => format!("{noun} {one}"),
        many => format!("{noun}s {}", many.join(", ")),
    }
}

/// The first line with text, cut to at most `limit` characters.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    display::shortened(line, limit).into_owned()
}
