//! The account's limit of requests a minute, which all processes of a user share. Two clients represent two processes:
//! they share a file, and the system's lock on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use stackspot_lsp::testing::agents_api::{AgentsApi, Chat, ChatEvent, Credential, Limits};
use tempfile::TempDir;

use super::{Story, hello, impatient, quick};
use crate::support::peer::{Peer, Script};

fn process(peer: &Peer, state: &Path) -> Arc<AgentsApi> {
    let mut connection = peer.connection();
    connection.state_dir = Some(state.to_owned());
    AgentsApi::new(connection)
}

fn at_most(requests_per_minute: u32) -> Limits {
    Limits { requests_per_minute, ..quick() }
}

/// The only file for the limit.
fn file(state: &Path) -> PathBuf {
    let mut files = fs::read_dir(state.join("limits")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none(), "one file for a credential");
    file
}

/// How long a chat waits for the limit. Returns `None` if it continues at once.
async fn wait_of(chat: &mut Chat) -> Option<Duration> {
    loop {
        match chat.next().await.unwrap().unwrap() {
            ChatEvent::RateLimited { wait } => return Some(wait),
            ChatEvent::Waiting => return None,
            _ => {}
        }
    }
}

fn millis(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH).unwrap().as_millis()
}

#[tokio::test]
async fn processes_with_the_same_credential_share_the_limit() {
    let (peer, state) = (Peer::start().await, TempDir::new().unwrap());
    let [first, second] = [process(&peer, state.path()), process(&peer, state.path())];
    Story::of(first.chat(hello(), at_most(2))).await.end();
    Story::of(second.chat(hello(), at_most(2))).await.end();
    for api in [&first, &second] {
        let wait = wait_of(&mut api.chat(hello(), at_most(2))).await.expect("the limit is reached");
        assert!(wait > Duration::from_secs(30) && wait <= Duration::from_secs(60), "{wait:?}");
    }
    assert_eq!(peer.chats().len(), 2);

    // The file shows a time one minute later.
    let file = file(state.path());
    let text = fs::read_to_string(&file).unwrap();
    let earlier: String = text.lines().map(|line| format!("{}\n", line.parse::<u64>().unwrap() - 60_000)).collect();
    fs::write(&file, earlier).unwrap();
    Story::of(second.chat(hello(), at_most(2))).await.end();
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 1, "what is over is not kept");
}

#[tokio::test]
async fn other_credential_has_own_limit_and_no_secret_is_written() {
    let (peer, state) = (Peer::start().await, TempDir::new().unwrap());
    let mut connection = peer.connection();
    connection.state_dir = Some(state.path().to_owned());
    Story::of(AgentsApi::new(connection.clone()).chat(hello(), at_most(1))).await.end();
    let Credential::ClientSecret { client_id, .. } = &mut connection.credential else { unreachable!() };
    *client_id = "another".into();
    Story::of(AgentsApi::new(connection.clone()).chat(hello(), at_most(1))).await.end();
    connection.credential = Credential::Token("ready-made".to_owned().into());
    Story::of(AgentsApi::new(connection).chat(hello(), at_most(1))).await.end();
    let files: Vec<_> = fs::read_dir(state.path().join("limits")).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(files.len(), 3);
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(name.len() == 16 && name.bytes().all(|it| it.is_ascii_hexdigit()), "{name}");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.bytes().all(|it| it.is_ascii_digit() || it == b'\n'), "{text}");
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777, 0o600);
    }
}

#[tokio::test]
async fn rate_limit_from_service_applies_to_all_processes() {
    let (peer, state) = (Peer::start().await, TempDir::new().unwrap());
    let [first, second] = [process(&peer, state.path()), process(&peer, state.path())];
    peer.expect_chat(Script::status(429).header("retry-after", "30"));
    let mut refused = first.chat(hello(), quick());
    while !matches!(refused.next().await.unwrap().unwrap(), ChatEvent::RateLimited { .. }) {}
    let wait = wait_of(&mut second.chat(hello(), quick())).await.expect("nobody asks now");
    assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(33), "{wait:?}");

    // A wait longer than every timeout blocks no request: the service answers each one.
    fs::remove_file(file(state.path())).unwrap();
    peer.expect_chat(Script::status(429).header("retry-after", "3600"));
    Story::of(first.chat(hello(), quick())).await.error();
    Story::of(second.chat(hello(), quick())).await.end();
}

#[tokio::test]
async fn rate_limit_of_a_short_request_applies_to_all_processes() {
    let (peer, state) = (Peer::start().await, TempDir::new().unwrap());
    let [first, second] = [process(&peer, state.path()), process(&peer, state.path())];
    peer.expect("/v1/agents", Script::status(429).header("retry-after", "30"));
    first.agents(impatient(9_000, 9_000)).await.unwrap_err();
    let wait = wait_of(&mut second.chat(hello(), quick())).await.expect("nobody asks now");
    assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(33), "{wait:?}");
}

#[tokio::test]
async fn rate_limit_of_the_sign_in_or_another_host_delays_no_chat() {
    let (peer, elsewhere, state) = (Peer::start().await, Peer::start().await, TempDir::new().unwrap());
    let mut connection = peer.connection();
    connection.state_dir = Some(state.path().to_owned());
    connection.endpoints.agents = elsewhere.base_url().parse().unwrap();
    let [signing_in, listing, chatting] = [(); 3].map(|()| AgentsApi::new(connection.clone()));
    let limited = || Script::status(429).header("retry-after", "30");
    peer.expect_token(limited());
    Story::of(signing_in.chat(hello(), impatient(9_000, 9_000))).await.error();
    elsewhere.expect("/v1/agents", limited());
    listing.agents(impatient(9_000, 9_000)).await.unwrap_err();
    assert_eq!(wait_of(&mut chatting.chat(hello(), quick())).await, None);
}

#[tokio::test]
async fn chat_is_sent_when_the_limit_file_is_corrupt() {
    let (peer, state) = (Peer::start().await, TempDir::new().unwrap());
    let api = process(&peer, state.path());
    Story::of(api.chat(hello(), at_most(1))).await.end();
    let file = file(state.path());
    let next_year = millis(SystemTime::now() + Duration::from_secs(365 * 86_400));
    for text in [
        Vec::new(),
        b"\xff\xfe\0garbage\n\n-1\n".to_vec(),
        format!("closed {next_year}\n{next_year}\n").into_bytes(),
        b"1\n2\n3\n".to_vec(),
        vec![b'7'; 3 << 20],
    ] {
        fs::write(&file, &text).unwrap();
        assert_eq!(wait_of(&mut api.chat(hello(), at_most(1))).await, None, "{} bytes", text.len());
        let kept = fs::read_to_string(&file).unwrap();
        assert_eq!(kept.lines().count(), 1, "the file is whole again");
    }
    // The clock was set back by half a minute, and a process died in the middle of a line.
    fs::write(&file, format!("{}\n16", millis(SystemTime::now() + Duration::from_secs(30)))).unwrap();
    let wait = wait_of(&mut api.chat(hello(), at_most(1))).await.unwrap();
    assert!(wait > Duration::from_secs(80) && wait <= Duration::from_secs(90), "{wait:?}");
}

#[tokio::test]
async fn each_process_counts_alone_when_limit_file_is_unusable() {
    let (peer, state) = (Peer::start().await, TempDir::new().unwrap());
    let in_the_way = state.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let apart = [process(&peer, &in_the_way), process(&peer, &in_the_way)];
    for api in &apart {
        Story::of(api.chat(hello(), at_most(1))).await.end();
        assert!(wait_of(&mut api.chat(hello(), at_most(1))).await.is_some(), "it counts for itself");
    }

    // A process was stopped while it held the lock.
    let api = process(&peer, state.path());
    Story::of(api.chat(hello(), at_most(9))).await.end();
    let held = fs::File::open(file(state.path())).unwrap();
    held.lock().unwrap();
    Story::of(api.chat(hello(), at_most(9))).await.end();
    assert_eq!(fs::read_to_string(file(state.path())).unwrap().lines().count(), 1);
    drop(held);
    Story::of(api.chat(hello(), at_most(9))).await.end();
    assert_eq!(fs::read_to_string(file(state.path())).unwrap().lines().count(), 2);
}

#[tokio::test]
async fn parallel_chats_do_not_exceed_the_shared_limit() {
    let (peer, state) = (Peer::start().await, TempDir::new().unwrap());
    let apis: Vec<_> = (0..4).map(|_| process(&peer, state.path())).collect();
    let waits = apis.iter().cycle().take(40).map(|api| {
        let mut chat = api.chat(hello(), at_most(10));
        async move { wait_of(&mut chat).await }
    });
    let waits = futures::future::join_all(waits).await;
    assert_eq!(waits.iter().filter(|wait| wait.is_none()).count(), 10);
}

#[tokio::test]
async fn limit_file_is_deleted_when_it_is_a_day_old() {
    let (peer, state) = (Peer::start().await, TempDir::new().unwrap());
    let limits = state.path().join("limits");
    fs::create_dir(&limits).unwrap();
    let put = |name: &str, days: u64| {
        let file = fs::File::create(limits.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(days * 86_400 + 60)).unwrap();
    };
    put("00000000000000aa", 1);
    put("00000000000000bb", 0);
    put("not-ours", 9);
    Story::of(process(&peer, state.path()).chat(hello(), quick())).await.end();
    let exists = |name: &str| limits.join(name).exists();
    assert!(!exists("00000000000000aa") && exists("00000000000000bb") && exists("not-ours"));
}
