//! How long the program lasts: its client at its worst, large amounts, hours of use.
//!
//! What is done here takes minutes, so that plain `cargo test` does none of it. Each part is asked for by its name:
//!
//! ```sh
//! cargo test --test endurance -- faults [NAME]
//! cargo test --test endurance -- service [NAME]
//! cargo test --test endurance -- soak [--seconds 180] [--seed 1] [--plot FILE.svg]
//! cargo test --test endurance -- volume [NAME]
//! cargo test --test endurance -- counts
//! ```
//!
//! `--server PATH` takes another build of the program than that of the tests. Linux: it reads `/proc`, and gives limits to the
//! program with `prlimit`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    unreachable_pub
)]

#[cfg(target_os = "linux")]
#[allow(dead_code)]
#[path = "../process/child.rs"]
mod child;
#[cfg(target_os = "linux")]
#[path = "../support/mod.rs"]
mod support;

#[cfg(target_os = "linux")]
mod client;
#[cfg(target_os = "linux")]
mod counts;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(target_os = "linux")]
mod matrix;
#[cfg(target_os = "linux")]
mod plot;
#[cfg(target_os = "linux")]
mod service;
#[cfg(target_os = "linux")]
mod silence;
#[cfg(target_os = "linux")]
mod slots;
#[cfg(target_os = "linux")]
mod soak;
#[cfg(target_os = "linux")]
mod volume;
#[cfg(target_os = "linux")]
mod world;

#[cfg(target_os = "linux")]
use std::process::ExitCode;

/// Elsewhere there is nothing to run.
#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    if let Some(server) = option("--server") {
        world::use_server(server);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let only = arguments.get(1).filter(|name| !name.starts_with("--")).map(String::as_str);
    let is_well = match arguments.first().map(String::as_str) {
        Some("faults") => runtime.block_on(matrix::run(&faults::cases(), only)),
        // A part of the faults, in a network that they made for it.
        Some("silence") => {
            println!("{}", runtime.block_on(silence::silence()).join(" | "));
            true
        }
        Some("counts") => runtime.block_on(counts::run()),
        Some("volume") => runtime.block_on(volume::run(only)),
        Some("service") => runtime.block_on(service::run(only)),
        Some("soak") => {
            let number = |name: &str, default| option(name).map_or(default, |text| text.parse().expect("a number"));
            let plot = option("--plot").map(std::path::PathBuf::from);
            runtime.block_on(soak::run(number("--seconds", 180), number("--seed", 1), plot.as_deref()))
        }
        // `cargo test` calls this program too, with filters for other tests.
        _ => true,
    };
    // Whoever does not answer any more is not waited for.
    runtime.shutdown_background();
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
