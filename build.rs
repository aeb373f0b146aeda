//! Links the program so that it starts quickly; `docs/performance.md` has the figures and what was traded.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_{name}")).unwrap_or_default();
    let is_static = target("TARGET_FEATURE").split(',').any(|feature| feature == "crt-static");
    // The tables of the grammars hold 38,000 addresses, which the loader of a position-independent program would have to
    // write before its first instruction. Elsewhere the linkers have no such flag, or no such loader.
    if target("TARGET_OS") == "linux" && target("TARGET_ENV") == "gnu" && !is_static {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
