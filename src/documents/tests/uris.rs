//! One document is one, however it is spelled; and two are two.

use crate::documents::DocumentUri;
use crate::documents::platform::PathStyle;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

const STYLES: [PathStyle; 2] = [PathStyle::Unix, PathStyle::Windows];

#[track_caller]
fn same(style: PathStyle, spellings: &[&str]) {
    for uri in spellings {
        assert_eq!(DocumentUri::parse_in(style, uri).as_str(), spellings[0], "{style:?} {uri}");
    }
}

#[track_caller]
fn file(style: PathStyle, uri: &str, path: Option<&str>) {
    assert_eq!(DocumentUri::parse_in(style, uri).to_file_path_in(style), path.map(PathBuf::from), "{style:?} {uri}");
}

#[test]
fn a_drive_letter_is_one_in_every_spelling() {
    for style in STYLES {
        same(style, &["file:///c:/x", "file:///C:/x", "file:///c%3A/x", "file:///C%3a/x", "file:/C:/x", "file://C:/x"]);
        same(style, &["file:///c:", "file:///C:"]);
    }
    same(PathStyle::Windows, &["file:///c:/a/b", "file:///C:\\a\\b", "file:///C%3A%5Ca%5cb"]);
}

#[test]
fn percent_encoding_is_one_in_every_spelling() {
    for style in STYLES {
        same(
            style,
            &["file:///a/%C3%BC%20(1)@+=.rs", "file:///a/ü (1)@+=.rs", "FILE:///%61/%c3%bc%20%281%29%40%2B%3d.rs"],
        );
        same(style, &["file:///a/b", "file:///a%2Fb", "file://localhost/a/b", "file://LOCALHOST/a/b", "file:/a/b"]);
        same(style, &["file:///50%25", "file:///50%"]);
    }
}

#[test]
fn documents_in_no_file_keep_their_names_apart() {
    for style in STYLES {
        for uri in [
            "untitled:Untitled-1",
            "vscode-notebook-cell:/home/me/x.ipynb#W0sZmlsZQ%3D%3D",
            "vscode-remote://wsl%2Bubuntu/home/x".replace("%2B", "+").as_str(),
            "jdt://contents/java.base/List.class?%3Dapp%2F%5C",
            "git:/c:/x?%7B%22ref%22%3A%22%22%7D",
        ] {
            assert_eq!(DocumentUri::parse_in(style, uri).as_str(), uri);
        }
        let [first, second] = ["vscode-notebook-cell:/x.ipynb#a", "vscode-notebook-cell:/x.ipynb#b"]
            .map(|uri| DocumentUri::parse_in(style, uri));
        assert_ne!(first, second);
        // In a path that is no file's, an encoded slash may mean something else than a slash.
        assert_ne!(DocumentUri::parse_in(style, "x-db:/a%2Fb"), DocumentUri::parse_in(style, "x-db:/a/b"));
    }
}

#[test]
fn case_counts_apart_from_drive_letters() {
    for style in STYLES {
        assert_ne!(DocumentUri::parse_in(style, "file:///c:/X"), DocumentUri::parse_in(style, "file:///c:/x"));
        assert_ne!(DocumentUri::parse_in(style, "file:///A"), DocumentUri::parse_in(style, "file:///a"));
    }
}

#[test]
fn what_is_no_uri_is_kept_verbatim() {
    for style in STYLES {
        for text in ["", "no uri", "C:\\x", "c:/x", "/home/me/x", "1a:b", "ä:b", ":x"] {
            assert_eq!(DocumentUri::parse_in(style, text).as_str(), text);
            assert_eq!(DocumentUri::parse_in(style, text).to_file_path_in(style), None);
        }
    }
}

#[test]
fn what_is_of_a_file_names_its_path_whatever_the_scheme() {
    use PathStyle::{Unix, Windows};
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
    use PathStyle::{Unix, Windows};
    file(Unix, "file:///home/me/a%20b.rs", Some("/home/me/a b.rs"));
    file(Unix, "file:///a/b%23c%3Fd%25", Some("/a/b#c?d%"));
    file(Unix, "file:///a/.env?x#y", Some("/a/.env"));
    file(Unix, "file://server/share/x", None);
    file(Unix, "file:///a%00b", None);
    file(Unix, "untitled:Untitled-1", None);
    file(Unix, "vscode-notebook-cell:/home/me/x.ipynb#a", None);
    file(Windows, "file:///C%3A/a%20b/c.rs", Some("c:\\a b\\c.rs"));
    file(Windows, "file:///c:", Some("c:\\"));
    file(Windows, "file://Server/share/x", Some("\\\\server\\share\\x"));
    file(Windows, "file:////Server/share/x", Some("\\\\server\\share\\x"));
    file(Windows, "file:///home/me/x", None);
    for wsl in
        ["file://wsl$/Ubuntu/home/zoe/x.rs", "file://wsl%24/Ubuntu/home/zoe/x.rs", "file:////wsl$/Ubuntu/home/zoe/x.rs"]
    {
        file(Windows, wsl, Some(r"\\wsl$\Ubuntu\home\zoe\x.rs"));
    }
    file(Windows, "file://wsl.localhost/Ubuntu/home/zoe/x.rs", Some(r"\\wsl.localhost\Ubuntu\home\zoe\x.rs"));
    // macOS gives names in decomposed letters; they reach the file system as they came.
    file(Unix, "file:///Users/zoe/cafe%CC%81.rs", Some("/Users/zoe/cafe\u{301}.rs"));
    file(Unix, "file:///Users/zoe/caf%C3%A9.rs", Some("/Users/zoe/caf\u{e9}.rs"));
}

#[test]
fn paths_have_uris() {
    let uri = |style, path: &str| DocumentUri::from_file_path_in(style, Path::new(path)).as_str().to_owned();
    assert_eq!(uri(PathStyle::Unix, "/home/me/a b#c?d%41.rs"), "file:///home/me/a%20b%23c%3Fd%2541.rs");
    assert_eq!(uri(PathStyle::Unix, "/a\\b"), "file:///a%5Cb");
    assert_eq!(uri(PathStyle::Windows, "C:\\Users\\me\\ü.rs"), "file:///c:/Users/me/%C3%BC.rs");
    assert_eq!(uri(PathStyle::Windows, "\\\\Server\\share\\x"), "file://server/share/x");
    assert_eq!(uri(PathStyle::Windows, r"\\wsl$\Ubuntu\home\zoe\x.rs"), "file://wsl$/Ubuntu/home/zoe/x.rs");
    assert_eq!(uri(PathStyle::Windows, "\\\\?\\C:\\x"), "file:///c:/x");
    assert_eq!(uri(PathStyle::Windows, "\\\\?\\UNC\\server\\share\\x"), "file://server/share/x");
}

#[cfg(unix)] // bytes
#[test]
fn a_path_that_is_no_unicode_survives() {
    let path: PathBuf =
        std::ffi::OsString::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"/a/\xff\xfe.rs"))
            .into();
    let uri = DocumentUri::from_file_path_in(PathStyle::Unix, &path);
    assert_eq!(uri.as_str(), "file:///a/%FF%FE.rs");
    assert_eq!(uri.to_file_path_in(PathStyle::Unix), Some(path));
}

proptest! {
    #[test]
    fn the_canonical_spelling_is_its_own(
        style in prop::sample::select(&STYLES),
        uri in r"(file|FILE|untitled|vscode-notebook-cell|x)?:?(//|/|///|////)?([a-cA-C:%#?/\\@\[\] ü😀]|%2[0-9a-fA-F]|%[3-9a-f][0-9A-Fa-f]|localhost|C:){0,12}",
    ) {
        let once = DocumentUri::parse_in(style, &uri);
        let twice = DocumentUri::parse_in(style, once.as_str());
        prop_assert_eq!(&once, &twice, "{}", uri);
    }

    #[test]
    fn a_path_comes_back_from_its_uri(path in r"/([a-zA-Z0-9%#?:;@ .~ü😀\\-]{1,8}/){0,4}[a-z%#?ü😀]{1,8}") {
        prop_assume!(!path.get(1..3).is_some_and(|drive| drive.ends_with(':')));
        let uri = DocumentUri::from_file_path_in(PathStyle::Unix, Path::new(&path));
        prop_assert_eq!(uri.to_file_path_in(PathStyle::Unix), Some(PathBuf::from(path)));
    }

    #[test]
    fn a_windows_path_comes_back_from_its_uri(path in r"(c:|\\\\server\\share)(\\[a-zA-Z0-9%#;@ .~ü😀-]{1,8}){1,4}") {
        let uri = DocumentUri::from_file_path_in(PathStyle::Windows, Path::new(&path));
        prop_assert_eq!(uri.to_file_path_in(PathStyle::Windows), Some(PathBuf::from(path)));
    }
}
