//! Flags → a command → an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    stackspot_lsp::main()
}
