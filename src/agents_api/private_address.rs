//! Detects addresses of this machine, or of a network that the internet cannot reach.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Whether a URL certainly leads to this machine, in any spelling. Other machines cannot see this traffic.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.').eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => {
            address.is_loopback() || address.to_ipv4_mapped().is_some_and(|inner| inner.is_loopback())
        }
        None => false,
    }
}

/// Whether a URL names this machine or a private network: the reserved names and addresses. An internet name may also
/// lead there, but only its resolver knows.
pub(super) fn is_private_address(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => is_private_v4(address),
        Some(Host::Ipv6(address)) => is_private_v6(address),
        None => false,
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    // 0/8 is "this network", and 100.64/10 belongs to providers (shared address space).
    let is_shared = first == 0 || first == 100 && second & 0xc0 == 64;
    is_shared || address.is_loopback() || address.is_private() || address.is_link_local() || address.is_broadcast()
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let [first, .., last_but_one, last] = address.segments();
    let [a, b] = last_but_one.to_be_bytes();
    let [c, d] = last.to_be_bytes();
    // An IPv4 address inside an IPv6 address: mapped (::ffff:0:0/96), compatible (::/96), or translated (64:ff9b::/96).
    let holds_v4 = matches!(address.segments(), [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..]);
    address.is_loopback()
        || holds_v4 && is_private_v4(Ipv4Addr::new(a, b, c, d))
        || first & 0xfe00 == 0xfc00
        || first & 0xffc0 == 0xfe80
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hosts whose URL passes the test.
    fn hosts(hosts: &str, holds: fn(&Url) -> bool) -> Vec<&str> {
        let url = |host: &str| Url::parse(&format!("https://{host}:8443/store")).unwrap();
        hosts.split(' ').filter(|host| holds(&url(host))).collect()
    }

    #[test]
    fn this_machine_is_known_under_every_spelling() {
        let spellings = "localhost LocalHost. 127.0.0.1 127.0.0.1. 127.1 0x7f.1 0177.0.0.1 2130706433 127.255.255.254 \
            [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1]";
        assert_eq!(hosts(spellings, is_loopback).join(" "), spellings);
        assert_eq!(hosts(spellings, is_private_address).join(" "), spellings);
    }

    #[test]
    fn private_networks_are_inward_and_no_loopback() {
        let networks = "0.0.0.0 0 [::] 10.1.2.3 172.16.0.1 192.168.0.10 0xc0a80001 169.254.169.254 100.64.0.1 [fd12::1] \
            [fe80::1] [::ffff:10.0.0.1] [::10.0.0.1] [64:ff9b::c0a8:1] app.localhost app.localhost.";
        assert_eq!(hosts(networks, is_private_address).join(" "), networks);
        assert_eq!(hosts(networks, is_loopback), Vec::<&str>::new());
    }

    #[test]
    fn what_is_on_the_internet_is_neither() {
        let outside = "store.example localhost.example notlocalhost 8.8.8.8 172.32.0.1 100.128.0.1 [2001:db8::1] [::ffff:8.8.8.8]";
        assert_eq!(hosts(outside, is_private_address), Vec::<&str>::new());
        assert_eq!(hosts(outside, is_loopback), Vec::<&str>::new());
    }
}
