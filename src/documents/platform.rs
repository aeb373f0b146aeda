//! All differences between platforms in file paths.

use std::path::{Path, PathBuf};

/// How a platform writes a file path: `/home/me/x`, or `C:\x` and `\\server\share\x`. It is a value, so that tests
/// cover each style on every platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum PathStyle {
    Unix,
    Windows,
}

impl PathStyle {
    pub(super) const HOST: Self = if cfg!(windows) { Self::Windows } else { Self::Unix };
}

/// The host and the path with slashes of the `file:` URI for `path`.
pub(super) fn uri_parts(path: &Path, style: PathStyle) -> (Vec<u8>, Vec<u8>) {
    let bytes = path_bytes(path);
    if style == PathStyle::Unix {
        return (Vec::new(), rooted(bytes));
    }
    let slashed: Vec<u8> = bytes.into_iter().map(|byte| if byte == b'\\' { b'/' } else { byte }).collect();
    // The prefix of an extended-length path is for system calls; it is not part of the name.
    let (is_network, rest) = if let Some(rest) = strip_prefix_ignoring_case(&slashed, b"//?/unc/") {
        (true, rest)
    } else if let Some(rest) = slashed.strip_prefix(b"//?/") {
        (false, rest)
    } else if let Some(rest) = slashed.strip_prefix(b"//") {
        (true, rest)
    } else {
        (false, slashed.as_slice())
    };
    if !is_network {
        return (Vec::new(), rooted(rest.to_vec()));
    }
    let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
    let (host, path) = rest.split_at_checked(end).unwrap_or((rest, b""));
    (host.to_vec(), rooted(path.to_vec()))
}

/// The file path of a `file:` URI with this `host` (empty: this machine) and `path`, both decoded. `None` if this style
/// of path cannot express it.
pub(super) fn file_path(host: &[u8], path: Vec<u8>, style: PathStyle) -> Option<PathBuf> {
    if path.contains(&0) {
        return None;
    }
    match style {
        PathStyle::Unix => (host.is_empty() && path.starts_with(b"/")).then(|| path_from_bytes(path))?,
        PathStyle::Windows => {
            let backslashed = path.into_iter().map(|byte| if byte == b'/' { b'\\' } else { byte });
            if !host.is_empty() {
                return path_from_bytes(b"\\\\".iter().chain(host).copied().chain(backslashed).collect());
            }
            let mut local: Vec<u8> = backslashed.skip(1).collect();
            match local.as_slice() {
                [letter, b':'] if letter.is_ascii_alphabetic() => local.push(b'\\'),
                [letter, b':', b'\\', ..] if letter.is_ascii_alphabetic() => {}
                _ => return None,
            }
            path_from_bytes(local)
        }
    }
}

fn rooted(mut path: Vec<u8>) -> Vec<u8> {
    if path.first() != Some(&b'/') {
        path.insert(0, b'/');
    }
    path
}

fn strip_prefix_ignoring_case<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(unix)]
fn path_bytes(path: &Path) -> Vec<u8> {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec()
}

#[cfg(not(unix))]
fn path_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

#[cfg(unix)]
fn path_from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    Some(PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes)))
}

#[cfg(not(unix))]
fn path_from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}
