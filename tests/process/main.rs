//! The program as editors, shells and scripts use it: a child process with a clean environment.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    unreachable_pub
)]

#[path = "../support/pages.rs"]
#[cfg_attr(windows, allow(dead_code))] // Blocks of a shell are not run there.
mod pages;
#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod ask;
mod audit;
mod child;
mod commands;
#[cfg(windows)]
mod console;
mod docs;
mod doctor;
mod documented;
mod exit_codes;
mod languages;
mod large;
mod limits;
mod log;
mod login;
mod output;
mod pipeline;
mod process_exit;
mod proxies;
mod remarks;
mod run;
mod run_write;
mod sandbox;
mod secrets_guard;
#[cfg(unix)] // fifo
mod special_files;
mod stories;
mod terminal;
mod tls;
mod uploads;
mod windows;
