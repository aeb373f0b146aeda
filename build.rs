//! Links the program so that it starts quickly; `docs/performance.md` has the figures and what was traded.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/start.ld");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_{name}")).unwrap_or_default();
    let is_static = target("TARGET_FEATURE").split(',').any(|feature| feature == "crt-static");
    // The tables of the grammars hold 38,000 addresses, which the loader of a position-independent program would have to
    // write before its first instruction. Elsewhere the linkers have no such flag, or no such loader.
    if target("TARGET_OS") == "linux" && target("TARGET_ENV") == "gnu" && !is_static {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        // What runs at the start stands together, or its pages are everywhere in 18 MB of code. Other linkers than Rust's own
        // and that of GNU may not know such a script.
        if target("TARGET_ARCH") == "x86_64"
            && std::env::var("PROFILE").is_ok_and(|it| it == "release")
            && !names_a_linker()
        {
            let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
            println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/src/start.ld");
            // What unwinds after a panic is a shared library of its own otherwise, to be found and mapped at each start.
            if finds_library("libgcc_eh.a") {
                println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
            }
        }
    }
}

/// Whether the C compiler, which links, has this library.
fn finds_library(name: &str) -> bool {
    let found = std::process::Command::new("cc").arg(format!("-print-file-name={name}")).output();
    // One that it does not know is named without a folder.
    found.is_ok_and(|found| found.stdout.starts_with(b"/"))
}

/// Whether whoever builds chose a linker.
fn names_a_linker() -> bool {
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    std::env::var_os("RUSTC_LINKER").is_some() || flags.contains("linker") || flags.contains("fuse-ld")
}
