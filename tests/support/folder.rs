//! Folders that stories write into.

use std::{path::Path, sync::LazyLock};

use tempfile::TempDir;

/// Where a folder needs no disk, and there is room enough: the program waits for the disk with each file that it keeps, and
/// thousands of homes would wait in turn for what does not outlive its test.
static MEMORY: LazyLock<Option<&Path>> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    if has_room(memory) { Some(memory) } else { None }
});

/// Containers give 64 MB there, unless they are told otherwise.
const ROOM: u64 = 1 << 30;

#[cfg(target_os = "linux")]
fn has_room(folder: &Path) -> bool {
    let room = rustix::fs::statvfs(folder).is_ok_and(|it| it.f_bavail.saturating_mul(it.f_frsize) >= ROOM);
    room && tempfile::tempdir_in(folder).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn has_room(_: &Path) -> bool {
    false
}

/// A folder for files that nothing runs, gone with the value.
pub fn in_memory() -> TempDir {
    match *MEMORY {
        Some(memory) => tempfile::tempdir_in(memory).unwrap(),
        None => tempfile::tempdir().unwrap(),
    }
}
