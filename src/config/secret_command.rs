//! `client_secret_command`: a program of the user's choice, usually a password manager, prints the secret.

use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use tokio::process::Command;

use super::wrapping::unwrapped;
use crate::i18n::{Message, message};

/// How long the program may take, including a fingerprint prompt.
const LIMIT: Duration = Duration::from_secs(10);

/// Our credentials. The command does not get them.
const WITHHELD: &[&str] =
    &["STACKSPOT_CLIENT_SECRET", "STACKSPOT_CLIENT_KEY", "STACKSPOT_TOKEN", "STACKSPOT_MODEL_API_KEY"];

/// The command of the user file. No other source is allowed: a workspace or an editor must not decide what runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretCommand {
    /// One line for the user's shell (`sh -c`, or `cmd /C` on Windows).
    Shell(String),
    /// A program and its arguments, without a shell.
    Program {
        /// The program.
        program: String,
        /// Its arguments.
        arguments: Vec<String>,
    },
}

/// Runs the command and uses the first line of its stdout as the secret. The command gets no stdin and none of our
/// secrets. It is killed after 10 seconds, or when the caller stops waiting. Fails if the command does not start, is
/// too slow, fails, or prints nothing. Errors never repeat its stdout.
pub(crate) async fn resolve_secret_command(command: &SecretCommand) -> Result<SecretString, Message> {
    let mut process = match command {
        SecretCommand::Shell(line) => shell(line),
        SecretCommand::Program { program, arguments } => {
            let mut process = Command::new(program);
            process.args(arguments);
            process
        }
    };
    process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    for name in WITHHELD {
        process.env_remove(name);
    }
    let not_started = |error: std::io::Error| message!("secret-command-start", reason = error.to_string());
    let child = process.spawn().map_err(not_started)?;
    let ended = tokio::time::timeout(LIMIT, child.wait_with_output()).await;
    let ended = ended.map_err(|_| message!("secret-command-timeout", seconds = LIMIT.as_secs()))?;
    let output = ended.map_err(not_started)?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let first = stderr.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it said nothing");
        let said: String = first.trim_end_matches('.').chars().take(200).collect();
        return Err(message!("secret-command-failed", status = output.status.to_string(), stderr = said));
    }
    let stdout = Zeroizing::new(output.stdout);
    let stdout = std::str::from_utf8(&stdout).map_err(|_| message!("secret-command-empty"))?;
    // Password managers on Windows print a byte order mark first. Lists of variables have quotes around their values.
    match stdout.lines().next().map(|line| unwrapped(line).0) {
        Some(secret) if !secret.is_empty() => Ok(SecretString::from(secret.into_owned())),
        _ => Err(message!("secret-command-empty")),
    }
}

/// The user's line, in their shell.
fn shell(line: &str) -> Command {
    #[cfg(windows)]
    {
        let mut process = Command::new("cmd");
        // `cmd` takes all between the first and the last quote literally. A quote after a backslash is still a quote.
        process.arg("/D").arg("/S").arg("/C").raw_arg(format!("\"{line}\""));
        process
    }
    #[cfg(not(windows))]
    {
        let mut process = Command::new("sh");
        process.arg("-c").arg(line);
        process
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::i18n::Language;

    /// A command line for the shell of this system.
    fn shell(unix: &str, windows: &str) -> SecretCommand {
        SecretCommand::Shell(if cfg!(windows) { windows } else { unix }.to_owned())
    }

    async fn error_text(command: &SecretCommand) -> String {
        resolve_secret_command(command).await.unwrap_err().text(Language::En)
    }

    #[tokio::test]
    async fn the_first_line_of_stdout_is_the_secret() {
        let line = shell("printf 's3cret\\nuser: ana\\n'", "echo s3cret& echo user: ana");
        assert_eq!(resolve_secret_command(&line).await.unwrap().expose_secret(), "s3cret");
        let (program, arguments, said) = if cfg!(windows) {
            ("cmd", ["/C", "echo", "%%"].as_slice(), "%%")
        } else {
            ("printf", ["$HOME"].as_slice(), "$HOME")
        };
        let arguments = arguments.iter().map(|&it| it.to_owned()).collect();
        let program = SecretCommand::Program { program: program.into(), arguments };
        assert_eq!(resolve_secret_command(&program).await.unwrap().expose_secret(), said);
    }

    #[tokio::test]
    async fn a_line_has_its_quotes_as_the_shell_of_the_system_has_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("of the company.txt");
        std::fs::write(&file, "s3cret\r\n").unwrap();
        let path = file.to_str().unwrap();
        let line = shell(&format!("cat \"{path}\""), &format!("type \"{path}\" && echo \"and more\""));
        assert_eq!(resolve_secret_command(&line).await.unwrap().expose_secret(), "s3cret");
    }

    #[tokio::test]
    async fn secret_command_error_never_shows_its_output() {
        let line = shell(
            "echo s3cret; echo 'the vault is locked' >&2; exit 3",
            "echo s3cret& (echo the vault is locked)>&2& exit 3",
        );
        let text = error_text(&line).await;
        assert!(text.contains("the vault is locked") && text.contains('3') && !text.contains("s3cret"), "{text}");
        assert!(error_text(&shell("true", "rem")).await.contains("printed no secret"));
        let absent = SecretCommand::Program { program: "/no/such/program".into(), arguments: Vec::new() };
        assert!(error_text(&absent).await.contains("did not start"));
    }
}
