//! The man page, `packaging/stackspot-lsp.1`. It is made from the data of `--help`, and is stored as a file. Therefore
//! the binary does not contain the generator.

use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::Cli;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/stackspot-lsp.1");

#[test]
fn man_page_matches_the_commands() {
    let page = page();
    if std::env::var_os("UPDATE_MAN_PAGE").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let kept = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(kept == page, "{PAGE} is out of date: UPDATE_MAN_PAGE=1 cargo test --lib man_page");
    for command in Cli::command().get_subcommands() {
        let heading = format!(".SS \"stackspot-lsp {}\"\n", command.get_name());
        assert!(command.is_hide_set() || page.contains(&heading), "{heading}");
    }
}

fn page() -> String {
    let mut command = Cli::command();
    command.build();
    let man = Man::new(command.clone());
    // Without a date: two builds would differ. `Man` would omit its field.
    let mut page = format!(".TH stackspot-lsp 1 \"\" \"stackspot-lsp {}\"\n", env!("CARGO_PKG_VERSION")).into_bytes();
    man.render_name_section(&mut page).unwrap();
    section(&mut page, "SYNOPSIS", |page| {
        page.text([bold("stackspot-lsp"), roman(" [--stdio] [--sandbox]")]);
        page.control("br", []);
        page.text([bold("stackspot-lsp"), roman(" COMMAND …")]);
    });
    man.render_description_section(&mut page).unwrap();
    man.render_options_section(&mut page).unwrap();
    section(&mut page, "COMMANDS", |_| {});
    for command in command.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help") {
        of_command(&mut page, command.clone());
    }
    let lists = [("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES), ("EXAMPLES", EXAMPLES)];
    for (heading, entries) in lists {
        section(&mut page, heading, |page| entries.iter().for_each(|(term, meaning)| entry(page, term, meaning)));
    }
    section(&mut page, "EXIT STATUS", |page| {
        page.text([roman("0 done; 1 failed, also if the answer is incomplete or the result could not be written; 2 wrong usage. As a \
             server: 0 after shutdown and exit, else 1.")]);
    });
    // Every part begins with the same definition of an apostrophe. A page needs it only once.
    let page = String::from_utf8(page).unwrap();
    format!("{APOSTROPHE}{}", page.replace(APOSTROPHE, ""))
}

const APOSTROPHE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// A command under its own heading: its usage, its purpose, its options.
fn of_command(page: &mut Vec<u8>, mut command: clap::Command) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let usage = command.render_usage().to_string().replacen("Usage: ", "", 1);
    let options = command.get_arguments().any(|argument| argument.get_id() != "help");
    let man = Man::new(command.mut_arg("help", |help| help.hide(true)));
    let mut parts = Vec::new();
    man.render_description_section(&mut parts).unwrap();
    if options {
        man.render_options_section(&mut parts).unwrap();
    }
    // A section of a page of its own is a paragraph here.
    let parts = String::from_utf8(parts).unwrap().replace(".SH DESCRIPTION\n", ".PP\n").replace(".SH OPTIONS\n", "");
    let parts = parts.replace(".br\n\n.br\n", ".sp\n");
    let mut head = Roff::default();
    head.control("SS", [name.as_str()]);
    head.text([bold(usage)]);
    page.extend(head.to_roff().into_bytes());
    page.extend(parts.into_bytes());
}

fn section(page: &mut Vec<u8>, heading: &str, content: impl FnOnce(&mut Roff)) {
    let mut roff = Roff::default();
    roff.control("SH", [heading]);
    content(&mut roff);
    page.extend(roff.render().into_bytes());
}

fn entry(page: &mut Roff, term: &str, meaning: &str) {
    page.control("TP", []);
    page.text([bold(term)]);
    page.text([roman(meaning)]);
}

const ENVIRONMENT: &[(&str, &str)] = &[
    ("STACKSPOT_REALM", "Your account's slug."),
    ("STACKSPOT_CLIENT_ID", "Of a Personal Access Token or a Service Credential."),
    ("STACKSPOT_CLIENT_SECRET, STACKSPOT_CLIENT_KEY", "Its secret, under either name."),
    ("STACKSPOT_TOKEN", "A ready bearer token instead of the three above."),
    ("STACKSPOT_AGENT_ID", "The agent to ask if the settings name none."),
    (
        "STACKSPOT_IDM_URL, STACKSPOT_INFERENCE_URL, STACKSPOT_DATA_URL, STACKSPOT_AGENTS_URL",
        "Other addresses of the service.",
    ),
    ("STACKSPOT_ACCOUNT_ID", "Sent as x-account-id with uploads."),
    ("STACKSPOT_CA_BUNDLE", "A PEM file of further roots, added to the system's."),
    ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "The proxy, and the hosts that do not use it."),
    ("STACKSPOT_LSP_LOG", "What is logged to stderr: error, warn, info, debug or trace."),
    ("STACKSPOT_LSP_LOG_FILE", "A file that also gets the log, next to stderr."),
    ("STACKSPOT_LSP_AUDIT", "A file that gets a line of JSON for each job, without any text."),
    ("STACKSPOT_MODEL_API_KEY", "The key of the server of --model-url, if it requires one."),
];

const FILES: &[(&str, &str)] = &[
    (
        "$XDG_CONFIG_HOME/stackspot-lsp/config.toml",
        "Credential, addresses and settings; ~/.config without the variable.",
    ),
    ("$XDG_CONFIG_HOME/stackspot-lsp/actions/NAME.md", "Your own prompt files, each an action."),
    (".stackspot/actions/NAME.md", "The prompt files of a workspace."),
    (".stackspotignore", "Files of a workspace that are sent only after a question; the syntax is that of .gitignore."),
    ("$XDG_STATE_HOME/stackspot-lsp", "Answers and other stored data; ~/.local/state without the variable."),
];

const EXAMPLES: &[(&str, &str)] = &[
    ("stackspot-lsp demo", "A whole editor session in the terminal, without an account."),
    ("stackspot-lsp run explain src/price.py:12", "Explains the definition around line 12."),
    ("stackspot-lsp run refactor src/price.py | git apply", "An edit of a file, as a diff that git takes."),
    ("git diff | stackspot-lsp ask 'Review this'", "Piped text is added as context."),
    ("stackspot-lsp doctor", "Checks the set-up, and says how to correct each problem."),
];
