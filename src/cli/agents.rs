//! `agents`: lists the agents that the credential can see.

use std::io::{self, IsTerminal};

use serde_json::{Value, json};

use super::shell::{Failure, Output, Shell, print_message};
use crate::agents_api::Agent;
use crate::display::plain_line;
use crate::i18n::{Language, message};
use crate::job::{JobError, limits, without_nulls};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print them as a JSON array of { id, name, slug? }
    #[arg(long)]
    json: bool,
    /// Ask the built-in sandbox: no account, no network
    #[arg(long)]
    sandbox: bool,
}

pub(super) async fn run(args: Args, language: Language) -> Result<(), Failure> {
    let shell = Shell::open(args.sandbox, language)?;
    let api = shell.service.api().await?;
    let listed = api.agents(limits(&shell.settings)).await;
    shell.tell_connection_warnings();
    let agents = listed.map_err(JobError::from)?;
    if agents.is_empty() && !args.json {
        print_message(&message!("agents-none"), language);
    }
    let text = if args.json { as_json(&agents) } else { as_lines(&agents, io::stdout().is_terminal()) };
    Ok(Output::new().write(&text).await?)
}

fn as_json(agents: &[Agent]) -> String {
    let row = |agent: &Agent| without_nulls(json!({ "id": agent.id, "name": agent.name, "slug": agent.slug }));
    format!("{}\n", agents.iter().map(row).collect::<Value>())
}

/// One line per agent: id, name, slug. In columns for people, separated by tabs for programs.
fn as_lines(agents: &[Agent], in_columns: bool) -> String {
    let rows: Vec<[String; 3]> = agents
        .iter()
        .map(|agent| {
            [plain_line(&agent.id), plain_line(&agent.name), plain_line(agent.slug.as_deref().unwrap_or_default())]
        })
        .collect();
    let width =
        |column: fn(&[String; 3]) -> &String| rows.iter().map(|row| column(row).chars().count()).max().unwrap_or(0);
    let (ids, names) = (width(|[id, ..]| id), width(|[_, name, _]| name));
    let line = |[id, name, slug]: &[String; 3]| match in_columns {
        true => format!("{}\n", format!("{id:ids$}  {name:names$}  {slug}").trim_end()),
        false => format!("{id}\t{name}\t{slug}\n"),
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_get_columns_and_programs_get_tabs() {
        let agent = |id: &str, name: &str, slug: Option<&str>| Agent {
            id: id.into(),
            name: name.into(),
            slug: slug.map(str::to_owned),
        };
        let agents = [agent("01A", "Revisão\x1b[2J", Some("revisao")), agent("01BCD", "Docs", None)];
        assert_eq!(as_lines(&agents, false), "01A\tRevisão�[2J\trevisao\n01BCD\tDocs\t\n");
        assert_eq!(as_lines(&agents, true), "01A    Revisão�[2J  revisao\n01BCD  Docs\n");
    }
}
