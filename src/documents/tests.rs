//! All spellings of a document are equal; different documents are not.

use crate::documents::DocumentUri;
use crate::documents::platform::PathStyle::{self, Unix, Windows};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

const STYLES: [PathStyle; 2] = [Unix, Windows];

fn spelled(style: PathStyle, uri: &str) -> String {
    DocumentUri::parse_in(style, uri).as_str().to_owned()
}

#[test]
fn all_spellings_of_a_document_are_the_first_one() {
    let drive = ["file:///c:/x", "file:///C:/x", "file:///c%3A/x", "file:///C%3a/x", "file:/C:/x", "file://C:/x"];
    let encoded = ["file:///a/%C3%BC%20(1)@+=.rs", "file:///a/ü (1)@+=.rs", "FILE:///%61/%c3%bc%20%281%29%40%2B%3d.rs"];
    let slashes = ["file:///a/b", "file:///a%2Fb", "file://localhost/a/b", "file://LOCALHOST/a/b", "file:/a/b"];
    let both: [&[&str]; 5] =
        [&drive, &["file:///c:", "file:///C:"], &encoded, &slashes, &["file:///50%25", "file:///50%"]];
    let windows: [&[&str]; 1] = [&["file:///c:/a/b", "file:///C:\\a\\b", "file:///C%3A%5Ca%5cb"]];
    for (style, spellings) in [(Unix, &both[..]), (Windows, &both), (Windows, &windows)] {
        for uri in spellings.iter().copied().flatten() {
            let first = spellings.iter().find(|known| known.contains(uri)).unwrap()[0];
            assert_eq!(spelled(style, uri), first, "{style:?} {uri}");
        }
    }
}

#[test]
fn invalid_and_non_file_uris_are_unchanged() {
    for style in STYLES {
        for uri in [
            "untitled:Untitled-1",
            "vscode-notebook-cell:/home/me/x.ipynb#W0sZmlsZQ%3D%3D",
            "vscode-remote://wsl+ubuntu/home/x",
            "jdt://contents/java.base/List.class?%3Dapp%2F%5C",
            "git:/c:/x?%7B%22ref%22%3A%22%22%7D",
        ] {
            assert_eq!(spelled(style, uri), uri, "{style:?}");
        }
        for text in ["", "no uri", "C:\\x", "c:/x", "/home/me/x", "1a:b", "ä:b", ":x"] {
            assert_eq!(spelled(style, text), text, "{style:?}");
            assert_eq!(DocumentUri::parse_in(style, text).to_file_path_in(style), None, "{style:?} {text}");
        }
    }
}

#[test]
fn two_documents_are_two() {
    for (one, other) in [
        ("vscode-notebook-cell:/x.ipynb#a", "vscode-notebook-cell:/x.ipynb#b"),
        // If the path is not that of a file, an encoded slash may differ from a slash.
        ("x-db:/a%2Fb", "x-db:/a/b"),
        // Letter case matters, except in drive letters.
        ("file:///c:/X", "file:///c:/x"),
        ("file:///A", "file:///a"),
    ] {
        STYLES.iter().for_each(|style| assert_ne!(spelled(*style, one), spelled(*style, other), "{style:?}"));
    }
}

#[test]
fn file_path_is_read_from_any_uri_scheme() {
    for (style, uri, path) in [
        (Unix, "vscode-notebook-cell:/home/me/a%20b.ipynb#W0sZmlsZQ%3D%3D", Some("/home/me/a b.ipynb")),
        (Unix, "git:/home/me/.env?%7B%22ref%22%3A%22HEAD%22%7D", Some("/home/me/.env")),
        (Unix, "vscode-remote://ssh-remote%2Bbox/srv/.env", Some("/srv/.env")),
        (Unix, "fugitive:///home/me/.git//1f0a/prod.key", Some("/home/me/.git//1f0a/prod.key")),
        (Windows, "vscode-notebook-cell:/c%3A/me/x.ipynb#a", Some("c:\\me\\x.ipynb")),
        (Unix, "untitled:Untitled-1", None),
        (Unix, "nothing", None),
    ] {
        let named = DocumentUri::parse_in(style, uri).path_of_any_scheme_in(style);
        assert_eq!(named, path.map(PathBuf::from), "{uri}");
    }
}

#[test]
fn files_have_paths() {
    for (style, uri, path) in [
        (Unix, "file:///home/me/a%20b.rs", Some("/home/me/a b.rs")),
        (Unix, "file:///a/b%23c%3Fd%25", Some("/a/b#c?d%")),
        (Unix, "file:///a/.env?x#y", Some("/a/.env")),
        (Unix, "file://server/share/x", None),
        (Unix, "file:///a%00b", None),
        (Unix, "untitled:Untitled-1", None),
        (Unix, "vscode-notebook-cell:/home/me/x.ipynb#a", None),
        // macOS returns decomposed names; they reach the file system unchanged.
        (Unix, "file:///Users/zoe/cafe%CC%81.rs", Some("/Users/zoe/cafe\u{301}.rs")),
        (Unix, "file:///Users/zoe/caf%C3%A9.rs", Some("/Users/zoe/caf\u{e9}.rs")),
        (Windows, "file:///C%3A/a%20b/c.rs", Some("c:\\a b\\c.rs")),
        (Windows, "file:///c:", Some("c:\\")),
        (Windows, "file://Server/share/x", Some("\\\\server\\share\\x")),
        (Windows, "file:////Server/share/x", Some("\\\\server\\share\\x")),
        (Windows, "file:///home/me/x", None),
        (Windows, "file://wsl$/Ubuntu/home/zoe/x.rs", Some(r"\\wsl$\Ubuntu\home\zoe\x.rs")),
        (Windows, "file://wsl%24/Ubuntu/home/zoe/x.rs", Some(r"\\wsl$\Ubuntu\home\zoe\x.rs")),
        (Windows, "file:////wsl$/Ubuntu/home/zoe/x.rs", Some(r"\\wsl$\Ubuntu\home\zoe\x.rs")),
        (Windows, "file://wsl.localhost/Ubuntu/home/zoe/x.rs", Some(r"\\wsl.localhost\Ubuntu\home\zoe\x.rs")),
    ] {
        let found = DocumentUri::parse_in(style, uri).to_file_path_in(style);
        assert_eq!(found, path.map(PathBuf::from), "{style:?} {uri}");
    }
}

#[test]
fn paths_have_uris() {
    for (style, path, uri) in [
        (Unix, "/home/me/a b#c?d%41.rs", "file:///home/me/a%20b%23c%3Fd%2541.rs"),
        (Unix, "/a\\b", "file:///a%5Cb"),
        (Windows, "C:\\Users\\me\\ü.rs", "file:///c:/Users/me/%C3%BC.rs"),
        (Windows, "\\\\Server\\share\\x", "file://server/share/x"),
        (Windows, r"\\wsl$\Ubuntu\home\zoe\x.rs", "file://wsl$/Ubuntu/home/zoe/x.rs"),
        (Windows, "\\\\?\\C:\\x", "file:///c:/x"),
        (Windows, "\\\\?\\UNC\\server\\share\\x", "file://server/share/x"),
    ] {
        assert_eq!(DocumentUri::from_file_path_in(style, Path::new(path)).as_str(), uri, "{style:?} {path}");
    }
}

#[cfg(unix)] // bytes
#[test]
fn path_with_invalid_unicode_survives() {
    let path: &Path = Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"/a/\xff\xfe.rs"));
    let uri = DocumentUri::from_file_path_in(Unix, path);
    assert_eq!((uri.as_str(), uri.to_file_path_in(Unix).as_deref()), ("file:///a/%FF%FE.rs", Some(path)));
}

fn comes_back(style: PathStyle, path: String) -> Result<(), TestCaseError> {
    let uri = DocumentUri::from_file_path_in(style, Path::new(&path));
    prop_assert_eq!(uri.to_file_path_in(style), Some(PathBuf::from(path)));
    Ok(())
}

proptest! {
    #[test]
    fn the_canonical_spelling_is_its_own(
        style in prop::sample::select(&STYLES),
        uri in r"(file|FILE|untitled|vscode-notebook-cell|x)?:?(//|/|///|////)?([a-cA-C:%#?/\\@\[\] ü😀]|%2[0-9a-fA-F]|%[3-9a-f][0-9A-Fa-f]|localhost|C:){0,12}",
    ) {
        let once = spelled(style, &uri);
        prop_assert_eq!(&once, &spelled(style, &once), "{}", uri);
    }

    #[test]
    fn path_to_uri_round_trip_is_exact(path in r"/([a-zA-Z0-9%#?:;@ .~ü😀\\-]{1,8}/){0,4}[a-z%#?ü😀]{1,8}") {
        prop_assume!(!path.get(1..3).is_some_and(|drive| drive.ends_with(':')));
        comes_back(Unix, path)?;
    }

    #[test]
    fn windows_path_to_uri_round_trip_is_exact(path in r"(c:|\\\\server\\share)(\\[a-zA-Z0-9%#;@ .~ü😀-]{1,8}){1,4}") {
        comes_back(Windows, path)?;
    }
}
