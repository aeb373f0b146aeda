//! Links the program so that it starts quickly. `docs/performance.md` contains the figures and the disadvantages.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/start.ld");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_{name}")).unwrap_or_default();
    let is_static = target("TARGET_FEATURE").split(',').any(|feature| feature == "crt-static");
    // The grammar tables contain 38,000 addresses. In a position-independent program, the loader writes all of them
    // before the first instruction. Other targets have no such linker flag, or no such loader.
    if target("TARGET_OS") == "linux" && target("TARGET_ENV") == "gnu" && !is_static {
        println!("cargo::rustc-link-arg-bins=-no-pie");
        // The code that runs at the start is placed together. Otherwise its pages are spread over 18 MB of code. Only
        // Rust's own linker and the GNU linker are known to support such a script.
        if target("TARGET_ARCH") == "x86_64"
            && std::env::var("PROFILE").is_ok_and(|it| it == "release")
            && !names_a_linker()
        {
            let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
            println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/src/start.ld");
            // Otherwise the unwinder is a separate shared library, which the loader must find and map at each start.
            if finds_library("libgcc_eh.a") {
                println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
            }
        }
    }
}

/// Whether the C compiler, which also links, has this library.
fn finds_library(name: &str) -> bool {
    let found = std::process::Command::new("cc").arg(format!("-print-file-name={name}")).output();
    // For an unknown library, the compiler prints the name without a folder.
    found.is_ok_and(|found| found.stdout.starts_with(b"/"))
}

/// Whether the user of the build chose a linker.
fn names_a_linker() -> bool {
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    std::env::var_os("RUSTC_LINKER").is_some() || flags.contains("linker") || flags.contains("fuse-ld")
}
