//! The binary as a child process. It exchanges frames or bytes, and its environment contains nothing of this machine.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The timeout for events that should happen at once.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A separate home directory, and the environment that points to it.
pub struct Home {
    pub folder: TempDir,
    variables: Vec<(OsString, OsString)>,
}

impl Home {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut home = Self { folder, variables: Vec::new() };
        for (name, below) in [("HOME", ""), ("XDG_CONFIG_HOME", ".config"), ("XDG_STATE_HOME", "state")] {
            let path = home.folder.path().join(below);
            home = home.with(name, path);
        }
        // Windows has no keyring without a profile. With one, it would be the keyring of the user who runs the tests.
        home = home.with("USERPROFILE", "").with("LANG", "C.UTF-8");
        // Without `SystemRoot` Windows opens no socket. Without `PATH` the program does not find git.
        let wanted = if cfg!(windows) { ["SystemRoot", "PATH"].as_slice() } else { &[] };
        home.with_all(wanted.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
    }

    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    pub fn with_all(mut self, variables: impl IntoIterator<Item = (impl Into<OsString>, impl Into<OsString>)>) -> Self {
        self.variables.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Writes the user file.
    pub fn with_config(self, text: &str) -> Self {
        let folder = self.folder.path().join(".config/stackspot-lsp");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.toml"), text).unwrap();
        self
    }

    /// The program as a command, not yet started. All three streams are pipes.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command_of(env!("CARGO_BIN_EXE_stackspot-lsp"));
        command.args(arguments);
        command
    }

    /// Any program in this home, not yet started. All three streams are pipes.
    pub fn command_of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.variables.iter().cloned()).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end, without input, in this home.
    pub async fn run(&self, arguments: &[&str]) -> Run {
        self.run_in("", arguments).await
    }

    /// Runs a command to its end, without input, in a folder below this home.
    pub async fn run_in(&self, folder: &str, arguments: &[&str]) -> Run {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).current_dir(self.folder.path().join(folder));
        ended(command.spawn().unwrap()).await
    }

    /// Runs a command to its end, with this input.
    pub async fn pipe(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Run {
        let mut child = self.command(arguments).current_dir(self.folder.path()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that needs no input may end before it has read it.
        let feed = async { stdin.write_all(input.as_ref()).await.ok().map(|()| drop(stdin)) };
        tokio::join!(feed, ended(child)).1
    }

    /// Writes a file below this home, and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Reads a file below this home.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// Starts a server and initializes it.
    pub async fn serve(&self, arguments: &[&str]) -> Server {
        let mut server = self.spawn(arguments);
        let capabilities = json!({ "window": { "workDoneProgress": true, "showDocument": { "support": true } },
            "textDocument": { "codeAction": { "codeActionLiteralSupport": { "codeActionKind": { "valueSet": [""] } } } } });
        server.request(0, "initialize", json!({ "capabilities": capabilities, "processId": null })).await;
        let reply = server.response(0).await;
        assert_eq!(reply["result"]["serverInfo"]["name"], "stackspot-lsp", "{reply}");
        server.notify("initialized", json!({})).await;
        server
    }

    /// Starts a server and sends it nothing.
    pub fn spawn(&self, arguments: &[&str]) -> Server {
        Server::of(self.command(arguments).spawn().unwrap())
    }
}

/// The result of a command.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Waits for the end of a command.
pub async fn ended(child: Child) -> Run {
    let output = timeout(PATIENCE, child.wait_with_output()).await.expect("the command ends").unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The signals by which a user ends a program in a terminal.
#[cfg(unix)]
pub const INTERRUPTS: [rustix::process::Signal; 2] = [rustix::process::Signal::INT, rustix::process::Signal::TERM];

/// The events by which a console ends its programs: Ctrl-C, Ctrl-Break, the closed window, the end of the session.
#[cfg(windows)]
pub const INTERRUPTS: [u32; 4] = {
    use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT};
    [CTRL_C_EVENT, CTRL_BREAK_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT]
};

/// Sends a signal.
#[cfg(unix)]
pub fn signal(child: &Child, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// Sends a console event to a process. It starts the same thread in it as the system would. A console cannot send an
/// event to a single process, and the console of Wine sends only Ctrl-C.
#[cfg(windows)]
#[allow(unsafe_code, reason = "no crate has a safe name for these calls")]
pub fn signal(child: &Child, event: u32) {
    use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
    use windows_sys::Win32::System::Threading::CreateRemoteThread;
    let name: Vec<u16> = "kernel32.dll\0".encode_utf16().collect();
    // SAFETY: the names end with a zero. The routine takes the event as a number, and has one address in all processes.
    let thread = unsafe {
        let routine = GetProcAddress(GetModuleHandleW(name.as_ptr()), c"CtrlRoutine".as_ptr().cast());
        let routine = std::mem::transmute(routine.expect("the system has the routine"));
        let event = std::ptr::without_provenance(event as usize);
        CreateRemoteThread(
            child.raw_handle().unwrap(),
            std::ptr::null(),
            0,
            Some(routine),
            event,
            0,
            std::ptr::null_mut(),
        )
    };
    assert!(!thread.is_null(), "{}", std::io::Error::last_os_error());
}

/// A server and its streams.
pub struct Server {
    pub child: Child,
    pub input: Option<ChildStdin>,
    pub output: BufReader<ChildStdout>,
    stderr: JoinHandle<String>,
}

impl Server {
    pub fn of(mut child: Child) -> Self {
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut errors = child.stderr.take().unwrap();
        let stderr = tokio::spawn(async move {
            let mut bytes = Vec::new();
            errors.read_to_end(&mut bytes).await.unwrap();
            String::from_utf8(bytes).unwrap()
        });
        Self { child, input, output, stderr }
    }

    pub async fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("the input is open");
        input.write_all(bytes).await.unwrap();
        input.flush().await.unwrap();
    }

    pub async fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await;
    }

    pub async fn request(&mut self, id: i64, method: &str, params: Value) {
        let mut message = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(&message).await;
    }

    pub async fn notify(&mut self, method: &str, params: Value) {
        let mut message = json!({ "jsonrpc": "2.0", "method": method });
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(&message).await;
    }

    pub async fn open(&mut self, uri: &str, language: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document })).await;
    }

    /// The next message, or `None` at the end of the output. Anything except frames fails the test.
    pub async fn next(&mut self) -> Option<Value> {
        timeout(PATIENCE, frame(&mut self.output)).await.expect("a message comes, or the end")
    }

    /// The response to a request. Earlier requests of the server get `null`, and other messages are skipped.
    pub async fn response(&mut self, id: i64) -> Value {
        self.until(|message| message.get("method").is_none() && message["id"] == json!(id)).await
    }

    /// The next wanted message.
    pub async fn until(&mut self, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        loop {
            let message = self.next().await.expect("the server goes on");
            if let (Some(_), Some(id)) = (message.get("method"), message.get("id")) {
                self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": null })).await;
            }
            if wanted(&message) {
                return message;
            }
        }
    }

    /// Shuts the session down as editors do, and expects the exit code 0. Returns the text of stderr.
    pub async fn shut_down(mut self) -> String {
        self.request(9_999, "shutdown", Value::Null).await;
        self.response(9_999).await;
        self.notify("exit", Value::Null).await;
        let (status, stderr) = self.ended().await;
        assert_eq!(status.code(), Some(0), "{stderr}");
        stderr
    }

    /// Waits for the end of the process, and asserts that its whole output consists of frames.
    pub async fn ended(mut self) -> (ExitStatus, String) {
        while self.next().await.is_some() {}
        let status = timeout(PATIENCE, self.child.wait()).await.expect("the process ends").unwrap();
        (status, self.stderr.await.unwrap())
    }
}

/// Reads one message from a stream that contains only frames.
async fn frame(output: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut header = String::new();
    if output.read_line(&mut header).await.unwrap() == 0 {
        return None;
    }
    let length = header.strip_prefix("Content-Length: ").and_then(|rest| rest.strip_suffix("\r\n"));
    let length: usize =
        length.and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("no frame begins so: {header:?}"));
    let mut end = [0; 2];
    output.read_exact(&mut end).await.unwrap();
    assert_eq!(&end, b"\r\n");
    let mut body = vec![0; length];
    output.read_exact(&mut body).await.unwrap();
    Some(serde_json::from_slice(&body).unwrap())
}

/// The program as the server of a scripted [`Editor`](crate::support::editor::Editor).
pub fn as_server(
    command: Command,
) -> impl FnOnce(
    DuplexStream,
    DuplexStream,
) -> futures::future::BoxFuture<'static, stackspot_lsp::testing::server::transport::ExitStatus> {
    as_server_known_to(command, |_| {})
}

/// The same. `known` receives the process id.
pub fn as_server_known_to(
    mut command: Command,
    known: impl FnOnce(u32) + Send + 'static,
) -> impl FnOnce(
    DuplexStream,
    DuplexStream,
) -> futures::future::BoxFuture<'static, stackspot_lsp::testing::server::transport::ExitStatus> {
    use stackspot_lsp::testing::server::transport::ExitStatus as Ended;
    move |mut input, mut output| {
        Box::pin(async move {
            let mut child = command.stderr(Stdio::null()).spawn().unwrap();
            known(child.id().unwrap());
            let (mut to_child, mut from_child) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
            let forward = tokio::spawn(async move { tokio::io::copy(&mut input, &mut to_child).await });
            tokio::io::copy(&mut from_child, &mut output).await.unwrap();
            output.shutdown().await.unwrap();
            let status = child.wait().await.unwrap();
            forward.abort();
            if status.success() { Ended::Clean } else { Ended::Unclean }
        })
    }
}
