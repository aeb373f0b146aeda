//! A connection that leads nowhere any more, played by rules of routing in a network of its own.

use std::time::Duration;

use crate::world::{World, server};

/// Runs another part of this program where nobody but it sees its network.
pub async fn in_own_network(part: &str) -> Vec<String> {
    let mut unshare = tokio::process::Command::new("unshare");
    unshare.args(["--user", "--map-root-user", "--net", "--"]).arg(std::env::current_exe().unwrap());
    let run = unshare.args([part, "--server", server()]).output().await.expect("unshare runs");
    let [said, errors] = [&run.stdout, &run.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(run.status.success(), "{said}{errors}");
    said.trim().split(" | ").map(str::to_owned).collect()
}

/// A connection that was kept since the last answer leads nowhere, as behind a router that forgot it. The question goes out on
/// another one, once. The cells of the table, in a network of its own.
pub async fn silence() -> Vec<String> {
    network(&["link", "set", "lo", "up"]).await;
    let world = World::start().await;
    let service = world.peer.address().port();
    assert_eq!(world.run("explain").await["outcome"], "answered");
    // By itself the network of the machine is asked first, before any rule.
    network(&["rule", "add", "pref", "10", "lookup", "local"]).await;
    network(&["rule", "del", "pref", "0"]).await;
    let kept = connections(service);
    assert!(!kept.is_empty());
    for port in kept {
        let (from, to) = (port.to_string(), service.to_string());
        network(&["rule", "add", "pref", "1", "ipproto", "tcp", "sport", &from, "dport", &to, "blackhole"]).await;
    }
    let began = std::time::Instant::now();
    let result = world.run("explain").await;
    let took = began.elapsed();
    assert_eq!(result["outcome"], "answered", "{result}");
    assert_eq!(world.peer.chats().len(), 2, "nobody is asked twice");
    // The system alone would look for a quarter of an hour.
    assert!(took < Duration::from_secs(20), "{took:?}");
    world.ends_well(format!("answered on another one after {:.1} s", took.as_secs_f64())).await
}

async fn network(arguments: &[&str]) {
    let run = tokio::process::Command::new("ip").args(arguments).output().await.expect("ip runs");
    assert!(run.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
}

/// The ports at which connections to a port of this machine begin.
fn connections(to: u16) -> Vec<u16> {
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let port = |address: &str| u16::from_str_radix(address.rsplit(':').next().unwrap(), 16).unwrap();
    let rows = table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
    // Those that are established.
    rows.filter(|row| row[3] == "01" && port(row[2]) == to).map(|row| port(row[1])).collect()
}
