//! The window in a file, for all processes of the user with the same credential.
//!
//! The file has one line for each request of the last minute, its time in milliseconds since 1970. At most one line
//! `closed` has the time until which the service wants no requests. The operating system releases the lock of a process
//! that dies. Other lines are ignored.

use std::fs::{File, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::ExposeSecret;

use super::{WINDOW, Window};
use crate::agents_api::connection::{Connection, Credential};
use crate::agents_api::retry::MAX_RETRY_AFTER;
use crate::files;

pub(super) struct SharedWindow {
    pub(super) path: PathBuf,
}

/// Hexadecimal digits of the file name.
const NAME_DIGITS: usize = 16;

/// The largest limit that is shared. A higher setting means that the user does not care about the account's limit.
const MOST: usize = 10_000;

/// The most bytes that are read of the file.
const MAX_BYTES: u64 = 1 << 20;

/// How many attempts to take the lock, and the time between them. A process that was suspended while it held the lock
/// must not block the others.
const TRIES: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

impl SharedWindow {
    /// `None` for a connection without a credential.
    pub(super) fn new(directory: &Path, connection: &Connection) -> Option<Self> {
        // The hash is equal in every process of this program version. It does not reveal the credential.
        let mut hasher = DefaultHasher::new();
        match &connection.credential {
            Credential::ClientSecret { realm, client_id, .. } => {
                (&connection.endpoints.idm, realm, client_id).hash(&mut hasher);
            }
            Credential::Token(token) => (&connection.endpoints.inference, token.expose_secret()).hash(&mut hasher),
            Credential::Missing(_) => return None,
        }
        Some(Self { path: directory.join("limits").join(format!("{:0NAME_DIGITS$x}", hasher.finish())) })
    }

    /// Takes a place in the window, or returns how long to wait.
    pub(super) fn take_permit(&self, limit: usize) -> io::Result<Result<(), Duration>> {
        if limit > MOST {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "so many requests are not counted together"));
        }
        self.change(|window, now| window.take_permit(limit, now))
    }

    /// Stops all requests for this time.
    pub(super) fn close_for(&self, wait: Duration) -> io::Result<()> {
        self.change(|window, now| window.close_until(now + wait))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Window, Duration) -> T) -> io::Result<T> {
        let mut file = self.open()?;
        lock(&file)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut bytes = Vec::new();
        (&mut file).take(MAX_BYTES).read_to_end(&mut bytes)?;
        let mut window = parse_window(&String::from_utf8_lossy(&bytes), now);
        let result = change(&mut window, now);
        let text = written(&window);
        file.rewind()?;
        // First the new text, then the end is cut. If a process dies in between, the extra lines are ignored.
        file.write_all(text.as_bytes())?;
        file.set_len(text.len() as u64)?;
        Ok(result)
        // Closing the file releases the lock.
    }

    fn open(&self) -> io::Result<File> {
        let mut options = files::private();
        options.read(true);
        let directory = self.path.parent().unwrap_or(Path::new("."));
        // Its folder, and the state folder. They are checked each time, because other processes may have created them.
        let both = [directory.parent().unwrap_or(directory), directory];
        both.into_iter().filter(|folder| folder.is_dir()).try_for_each(files::private_folder)?;
        let file = match files::open_with(&mut options, &self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                both.into_iter().try_for_each(files::private_folder)?;
                sweep(directory);
                files::open_with(options.create(true).truncate(false), &self.path)
            }
            opened => opened,
        }?;
        files::make_private(&file)?;
        Ok(file)
    }
}

/// Removes files of credentials that were unused for a day, because tokens change. Files that cannot be removed stay.
fn sweep(directory: &Path) {
    const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.len() == NAME_DIGITS);
        let modified = entry.metadata().and_then(|data| data.modified()).ok();
        if is_ours && modified.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > A_DAY) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn lock(file: &File) -> io::Result<()> {
    for _ in 1..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_TRIES),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(file.try_lock()?)
}

/// The current window in a file, in times since 1970. If the clock was set back, times are in the future; impossible
/// ones are ignored.
fn parse_window(text: &str, now: Duration) -> Window {
    let mut window = Window::default();
    let millis = |text: &str| text.parse().ok().map(Duration::from_millis);
    for line in text.lines() {
        if let Some(until) = line.strip_prefix("closed ").and_then(millis) {
            window.closed_until = Some(until).filter(|until| *until > now && *until - now <= MAX_RETRY_AFTER * 2);
        } else if let Some(sent) = millis(line)
            && sent <= now + WINDOW
            && now.saturating_sub(sent) < WINDOW
        {
            window.sent.push(sent);
        }
    }
    window.sent.sort_unstable();
    window
}

fn written(window: &Window) -> String {
    let closed = window.closed_until.map(|until| format!("closed {}\n", until.as_millis()));
    closed.into_iter().chain(window.sent.iter().map(|sent| format!("{}\n", sent.as_millis()))).collect()
}
