//! Files and folders as URIs, in the spelling of the platform.

use std::path::{Path, PathBuf};

/// The URI of a document without a file, from a path such as `/shop/cart.py`. On Windows it is below `c:`, because a
/// path begins with a drive.
macro_rules! file_uri {
    ($path:literal) => {
        if cfg!(windows) { concat!("file:///c:", $path) } else { concat!("file://", $path) }
    };
}

/// The URI of a file or a folder, in the form that the program uses.
pub fn uri_of(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    let uri = url::Url::from_file_path(path).unwrap_or_else(|()| panic!("no absolute path: {}", path.display()));
    let mut uri = uri.to_string();
    if cfg!(windows) {
        let drive = "file:///".len();
        uri[drive..=drive].make_ascii_lowercase();
    }
    uri
}

/// A text with `~` instead of a folder, and `/` in the paths below it, also in JSON. The documentation uses this form.
pub fn below_tilde(text: &str, folder: &Path) -> String {
    let folder = folder.to_string_lossy();
    let text = text.replace(&folder.replace('\\', r"\\"), "~").replace(&*folder, "~");
    if !cfg!(windows) {
        return text;
    }
    let mut parts = text.split('~');
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find([' ', '"', '\n', ':', ';', ',']).unwrap_or(part.len());
        let (path, rest) = part.split_at(end);
        shown.push_str(&format!("~{}{rest}", path.replace(r"\\", "/").replace('\\', "/")));
    }
    shown
}

/// The path of a file URI.
pub fn path_of(uri: &str) -> PathBuf {
    url::Url::parse(uri).unwrap().to_file_path().unwrap_or_else(|()| panic!("the URI of no file: {uri}"))
}
