//! What the scripted agent says in words, in English and Portuguese.

use super::AgentTurn;
use super::change::count;
use super::facts::Facts;
use super::prompt::Prompt;
use crate::sandbox::state::Upload;

/// The answer to a prompt that asks for words.
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
    let named = named.collect::<Vec<_>>().join(", ");
    if prompt.in_portuguese { format!("Arquivos recebidos: {named}.") } else { format!("Files received: {named}.") }
}

fn recalled(prompt: &Prompt, turn: &AgentTurn) -> String {
    let number = turn.number;
    match (&turn.previous, prompt.in_portuguese) {
        (Some(previous), false) => {
            format!("This is turn {number} of this conversation; before it you asked: \"{previous}\".")
        }
        (Some(previous), true) => format!("Este é o turno {number} desta conversa; antes você pediu: \"{previous}\"."),
        (None, false) => format!("This is turn {number} of this conversation."),
        (None, true) => format!("Este é o turno {number} desta conversa."),
    }
}

fn explain(prompt: &Prompt, facts: &Facts, client: Option<&str>) -> String {
    let (longest, length) = facts.longest;
    let named = |number: usize| match prompt.first_line {
        Some(first) => format!("L{}", first + number - 1),
        None if prompt.in_portuguese => format!("a de número {number} da seleção"),
        None => format!("number {number} of the selection"),
    };
    let language = name_of(&prompt.language, prompt.in_portuguese);
    let place = place(prompt);
    if prompt.in_portuguese {
        format!(
            "## O que o agente do sandbox recebeu\n\nEste é o **sandbox** do StackSpot: um agente com roteiro fixo, que não \
             entende código, mas conta o que vê. A seleção{place} está em **{language}** e tem **{}**, das quais {} em branco \
             e {} só de comentário.\n\n\
             - **Funções:** {}\n- **Tipos e módulos:** {}\n\
             - **Linha mais longa:** {}, com {}.\n- **Pendências:** {}\n\n\
             A resposta chega palavra por palavra, como a de um agente de verdade: cancelar a tarefa fecha a conexão na hora, e \
             uma nova pergunta continua a mesma conversa. Para receber explicações de verdade, {}.",
            count(facts.lines, "linha"),
            facts.blank_lines,
            facts.comment_lines,
            listed(&facts.functions, "nenhuma à vista"),
            listed(&facts.types, "nenhum à vista"),
            named(longest),
            if length == 1 { "1 caractere".into() } else { format!("{length} caracteres") },
            markers(prompt, facts, "linha", "nenhuma marcada com TODO ou FIXME"),
            way_to_an_account(client, true),
        )
    } else {
        format!(
            "## What the sandbox agent received\n\nThis is the StackSpot **sandbox**: a scripted agent that does not understand \
             code, but reports what it can see. The selection{place} is **{language}** and has **{}**, {} of them blank and \
             {} nothing but comment.\n\n\
             - **Functions:** {}\n- **Types and modules:** {}\n\
             - **Longest line:** {}, with {}.\n- **Open ends:** {}\n\n\
             The answer arrives word by word, as a real agent's does: cancelling the job closes the connection at once, and a \
             follow-up question continues the same conversation. For real explanations, {}.",
            count(facts.lines, "line"),
            facts.blank_lines,
            facts.comment_lines,
            listed(&facts.functions, "none in sight"),
            listed(&facts.types, "none in sight"),
            named(longest),
            count(length, "character"),
            markers(prompt, facts, "line", "none marked with TODO or FIXME"),
            way_to_an_account(client, false),
        )
    }
}

/// What to do in this editor to ask a real agent.
fn way_to_an_account(client: Option<&str>, in_portuguese: bool) -> &'static str {
    let client = client.unwrap_or_default().to_lowercase();
    let is_vs_code = ["visual studio code", "code - oss", "vscodium", "code-server", "cursor", "windsurf"];
    match in_portuguese {
        false if is_vs_code.iter().any(|name| client.starts_with(name)) => {
            "run *StackSpot AI: Sign In…* and *StackSpot AI: Choose Agent…* from the command palette, then *StackSpot AI: \
             Leave the Sandbox*"
        }
        true if is_vs_code.iter().any(|name| client.starts_with(name)) => {
            "execute *StackSpot AI: Entrar…* e *StackSpot AI: Escolher agente…* na paleta de comandos e depois *StackSpot \
             AI: Sair do sandbox*"
        }
        false if client == "neovim" => {
            "sign in with `:StackSpot login`, take `--sandbox` out of the server's `cmd`, and restart Neovim; `:StackSpot \
             agent` chooses an agent. Without the plug-in, run `stackspot-lsp login` in a terminal"
        }
        true if client == "neovim" => {
            "entre com `:StackSpot login`, tire `--sandbox` do `cmd` do servidor e reinicie o Neovim; `:StackSpot agent` \
             escolhe um agente. Sem o plug-in, execute `stackspot-lsp login` em um terminal"
        }
        false => {
            "sign in with `stackspot-lsp login` in a terminal, choose an agent with `stackspot-lsp agents`, take `--sandbox` \
             out of the command that starts the server, and start your editor anew"
        }
        true => {
            "entre com `stackspot-lsp login` em um terminal, escolha um agente com `stackspot-lsp agents`, tire `--sandbox` \
             do comando que inicia o servidor e abra o editor de novo"
        }
    }
}

fn general(prompt: &Prompt, facts: &Facts) -> String {
    let asked = shortened(&prompt.instruction, 120);
    let seen = prompt.selection.is_some();
    if prompt.in_portuguese {
        let asked = if asked.is_empty() {
            "Você não escreveu uma pergunta.".into()
        } else {
            format!("Você pediu: \"{asked}\".")
        };
        let lines = count(facts.lines, "linha");
        let seen = if seen { format!(" Junto veio uma seleção de {lines}{}.", place(prompt)) } else { String::new() };
        format!(
            "Aqui fala o agente do sandbox do StackSpot, que tem um roteiro fixo. {asked}{seen} Um agente de verdade \
             responderia com conhecimento; este só mostra que a pergunta chegou inteira."
        )
    } else {
        let asked = if asked.is_empty() { "You wrote no question.".into() } else { format!("You asked: \"{asked}\".") };
        let lines = count(facts.lines, "line");
        let seen = if seen { format!(" With it came a selection of {lines}{}.", place(prompt)) } else { String::new() };
        format!(
            "This is the StackSpot sandbox agent, which follows a script. {asked}{seen} A real agent would answer with \
             knowledge; this one only shows that the question arrived whole."
        )
    }
}

fn place(prompt: &Prompt) -> String {
    match (prompt.file.as_str(), prompt.in_portuguese) {
        ("", _) => String::new(),
        (file, true) => format!(" de `{file}`"),
        (file, false) => format!(" from `{file}`"),
    }
}

fn name_of(language: &str, in_portuguese: bool) -> String {
    match (language, in_portuguese) {
        ("", true) => "uma linguagem não informada".into(),
        ("", false) => "a language that was not named".into(),
        (language, _) => language.to_owned(),
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

fn markers(prompt: &Prompt, facts: &Facts, noun: &str, none: &str) -> String {
    let numbers = facts.markers.iter().take(6);
    let numbers: Vec<String> = match prompt.first_line {
        Some(first) => numbers.map(|number| format!("L{}", first + number - 1)).collect(),
        None => numbers.map(usize::to_string).collect(),
    };
    match numbers.as_slice() {
        many if prompt.first_line.is_some() && !many.is_empty() => many.join(", "),
        [] => none.to_owned(),
        [one] => format!("{noun} {one}"),
        many => format!("{noun}s {}", many.join(", ")),
    }
}

/// The first line with text, and of it at most so many characters.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let short: String = line.chars().take(limit).collect();
    if short.len() < line.len() { format!("{}…", short.trim_end()) } else { short }
}
