//! The disk, the clock and the means of the machine, as a server on a bad one has them.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::client::Client;
use crate::faults::{finished, held, start};
use crate::support::peer::{Gate, Script};
use crate::world::{FUNCTION, SOURCE, URI, World, command, options, refactored};

/// Kills whatever a process has started; how many.
pub(crate) fn kill_children(parent: u32) -> usize {
    let mut killed = 0;
    for task in std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten() {
        let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|pid| rustix::process::Pid::from_raw(pid.parse().ok()?)) {
            killed += usize::from(rustix::process::kill_process(child, rustix::process::Signal::KILL).is_ok());
        }
    }
    killed
}

pub(crate) enum Folder {
    ReadOnly,
    IsAFile,
    Full,
    Removed,
}

pub(crate) async fn folder(fault: Folder) -> Vec<String> {
    let world = match fault {
        // Nobody makes folders there, root included.
        Folder::ReadOnly => World::start_as(|home| home.with("XDG_STATE_HOME", "/sys/kernel")).await,
        Folder::IsAFile => {
            World::start_as(|home| {
                home.file("state", "no folder");
                home
            })
            .await
        }
        // No file can grow, as on a disk that is full.
        Folder::Full => World::start_within("--fsize=0").await,
        Folder::Removed => World::start().await,
    };
    let link = world.link();
    let gate = Gate::default();
    let chat = world.peer.expect_chat(Script::stream().text("It adds ").gate(&gate).text("prices.").end());
    let params = json!({ "command": "stackspot-lsp.run", "arguments": [link.run_params("explain", URI, FUNCTION)] });
    link.ask("workspace/executeCommand", params).await;
    chat.arrived().await;
    if let Folder::Removed = fault {
        while !Path::new(&world.state_folder()).exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        std::fs::remove_dir_all(world.state_folder()).unwrap();
    }
    gate.open();
    // Wherever the answer was to be kept, the user sees it.
    link.wait("the answer", |state| state.counts.get("window/showMessage").map(|_| ())).await;
    let result = world.run("refactor").await;
    assert_eq!((&result["outcome"], link.text(URI)), (&json!("applied"), refactored()), "{result}");
    world.ends_well("answer shown, edit applied").await
}

pub(crate) async fn two_servers() -> Vec<String> {
    let world = World::start().await;
    let other = Client::start(command(&world.home, &[]), options()).await;
    other.link.open(URI, "python", SOURCE);
    let (mut ids, mut others) = (Vec::new(), Vec::new());
    world.peer.answer_by_default(Script::stream().text("It adds prices.").end());
    for _ in 0..60 {
        ids.push(start(world.link(), "explain"));
        others.push(start(&other.link, "explain"));
    }
    for (id, link) in ids.iter().map(|id| (id, world.link())).chain(others.iter().map(|id| (id, &other.link))) {
        assert_eq!(finished(link, *id).await, "answered");
    }
    let ended = other.shut_down().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    // The other one may still be writing; what is left behind stays.
    let gone = async {
        while !left_behind(&world.state_folder()).is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), gone).await;
    assert!(waited.is_ok(), "left behind: {:?}", left_behind(&world.state_folder()));
    world.ends_well("120 jobs answered, no temporary file left").await
}

/// Temporary files below a folder.
pub(crate) fn left_behind(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            found.extend(left_behind(&entry.path()));
        } else if name.starts_with(".new-") || name.starts_with(".tmp") {
            found.push(name);
        }
    }
    found
}

pub(crate) async fn clock() -> Vec<String> {
    const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    assert!(Path::new(LIBRARY).exists(), "install Debian's package libfaketime");
    let dial = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(dial.path(), "+0").unwrap();
    let world = World::start_as(|home| {
        home.with("LD_PRELOAD", LIBRARY)
            .with("FAKETIME_TIMESTAMP_FILE", dial.path())
            .with("FAKETIME_NO_CACHE", "1")
            .with("DONT_FAKE_MONOTONIC", "1")
    })
    .await;
    let link = world.link();
    for jump in ["+400d", "-400d", "@1990-01-01 00:00:00", "@2100-01-01 00:00:00", "+0"] {
        link.close(URI);
        link.open(URI, "python", SOURCE);
        let (gate, chat) = held(&world);
        let job = start(link, "refactor");
        chat.arrived().await;
        std::fs::write(dial.path(), jump).unwrap();
        gate.open();
        assert_eq!((finished(link, job).await, link.text(URI)), ("applied".to_owned(), refactored()), "{jump}");
    }
    world.ends_well("five edits applied, from 1990 to 2100").await
}

pub(crate) async fn limited(limit: &str) -> Vec<String> {
    let world = World::start_within(limit).await;
    let link = world.link();
    let ids: Vec<i64> = (0..64).map(|_| start(link, "explain")).collect();
    let mut answered = 0;
    for id in ids {
        let end = finished(link, id).await;
        assert!(end == "answered" || end == "error -32803", "nobody cancelled: {end}");
        answered += usize::from(end == "answered");
    }
    assert!(answered > 0);
    world.ends_well(format!("{answered} of 64 questions answered, the rest told as errors")).await
}
