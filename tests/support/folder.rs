//! Folders for the files of stories.

use std::{path::Path, sync::LazyLock};

use tempfile::TempDir;

/// A folder in memory, if there is enough space. The program waits for the disk with each file that it stores.
/// Thousands of test folders would wait in turn, for files that are deleted after the test.
static MEMORY: LazyLock<Option<&Path>> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    if has_room(memory) { Some(memory) } else { None }
});

/// Containers provide 64 MB by default, which is too little.
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

/// A folder for files that are not executed. It is deleted with the value.
pub fn in_memory() -> TempDir {
    match *MEMORY {
        Some(memory) => tempfile::tempdir_in(memory).unwrap(),
        None => tempfile::tempdir().unwrap(),
    }
}
