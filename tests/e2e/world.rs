//! The common setup of the stories: an editor, the server and a scripted service.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use stackspot_lsp::testing::config::Environment;
use stackspot_lsp::testing::server::transport::ExitStatus;
use stackspot_lsp::testing::server::{ServeOptions, serve};
use stackspot_lsp::testing::syntax::worker;
use tempfile::TempDir;

use crate::support::editor::Editor;
use crate::support::editor_state::Side;
use crate::support::editor_tokens::Progress;
use crate::support::folder;
use crate::support::patience;
use crate::support::peer::{CLIENT_SECRET, Exchange, Peer, Script};
use crate::support::profiles::Profile;

pub const URI: &str = file_uri!("/home/ana/shop/cart.py");

/// The agent in the environment variables.
pub const AGENT: &str = "01TESTAGENT";

pub const SOURCE: &str = "\
# The cart of the shop.

def total(items):
    sum = 0
    for item in items:
        sum = sum + item.price
    return sum


def greet(name):
    print(\"hi \" + name)
";

/// The selected part of [`SOURCE`].
pub const FUNCTION: &str = "\
def total(items):
    sum = 0
    for item in items:
        sum = sum + item.price
    return sum";

/// The agent's replacement for it.
pub const BETTER: &str = "\
def total(items):
    return sum(item.price for item in items)";

/// The source after the edit.
pub fn refactored() -> String {
    SOURCE.replace(FUNCTION, BETTER)
}

pub struct World {
    pub peer: Peer,
    pub editor: Editor,
    pub profile: Profile,
    pub home: TempDir,
}

impl World {
    /// Starts and initializes the server, without an open document.
    pub async fn start(profile: Profile) -> Self {
        Self::start_with(profile, |_| {}).await
    }

    /// The same with changed environment variables.
    pub async fn start_with(profile: Profile, adapt: impl FnOnce(&mut Vec<(&'static str, String)>)) -> Self {
        Self::start_in(folder::in_memory(), profile, adapt).await
    }

    /// The same in the home of an earlier session.
    pub async fn start_in(
        home: TempDir,
        profile: Profile,
        adapt: impl FnOnce(&mut Vec<(&'static str, String)>),
    ) -> Self {
        watch_the_log();
        // The program parses in a worker process of its own binary. This test binary is not the program.
        worker::parse_with(Path::new(env!("CARGO_BIN_EXE_stackspot-lsp")));
        let peer = Peer::start().await;
        let folder = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
        let mut variables = peer.environment();
        variables.extend([("XDG_STATE_HOME", folder("state")), ("XDG_CONFIG_HOME", folder("config"))]);
        adapt(&mut variables);
        let environment = Environment::from_pairs(variables);
        let options = ServeOptions::for_environment(environment);
        let start = |input, output| async move { serve(input, output, options).await };
        let editor = Editor::start(profile.clone(), start).await;
        Self { peer, editor, profile, home }
    }

    /// The same with [`SOURCE`] open.
    pub async fn open(profile: Profile) -> Self {
        let world = Self::start(profile).await;
        world.editor.open(URI, "python", SOURCE);
        world
    }

    /// The folder of the answers.
    pub fn answers(&self) -> PathBuf {
        self.home.path().join("state/stackspot-lsp/answers")
    }

    /// The `RunParams` of an action on [`FUNCTION`] in the current text.
    pub fn params(&self, action: &str) -> Value {
        self.params_on(action, FUNCTION)
    }

    /// The same for another part of the text.
    pub fn params_on(&self, action: &str, needle: &str) -> Value {
        let document = json!({ "uri": URI, "version": self.editor.version(URI) });
        json!({ "action": action, "textDocument": document, "range": self.editor.range_of(URI, needle) })
    }

    /// Starts `stackspot-lsp/run`, and waits until its question reaches the service.
    pub async fn ask(&self, action: &str, script: Script) -> (i64, Exchange) {
        let chat = self.peer.expect_chat(script);
        let request = self.editor.start_request("stackspot-lsp/run", self.params(action));
        chat.arrived().await;
        (request, chat)
    }

    /// Runs an action by request to its end.
    pub async fn run(&self, params: Value) -> Result<Value, Value> {
        self.editor.request("stackspot-lsp/run", params).await
    }

    /// Waits until the jobs in `stackspot-lsp.status` meet this condition.
    pub async fn wait_for_jobs(&self, are_so: impl Fn(&[Value]) -> bool) {
        self.wait_for_status(|status| status["jobs"].as_array().is_some_and(|jobs| are_so(jobs))).await;
    }

    async fn wait_for_status(&self, is_so: impl Fn(&Value) -> bool) {
        while !is_so(&self.editor.execute("stackspot-lsp.status", Value::Null).await) {
            patience::a_moment().await;
        }
    }

    /// Waits until the only job has this state.
    pub async fn wait_for_state(&self, state: &str) {
        self.wait_for_jobs(|jobs| jobs.first().is_some_and(|job| job["state"] == state)).await;
    }

    /// Waits until no job runs and no edit waits for the user.
    pub async fn wait_for_no_jobs(&self) {
        self.wait_for_jobs(<[Value]>::is_empty).await;
    }

    /// Waits until no job runs. Proposals may wait for the user.
    pub async fn wait_for_no_running_jobs(&self) {
        self.wait_for_jobs(|jobs| jobs.iter().all(|job| job["state"] == "proposed")).await;
    }

    /// Changes the settings, and waits until the server uses them. The new default agent shows that.
    pub async fn change_settings(&self, agent: &str, mut settings: Value) {
        settings["agent"] = json!(agent);
        self.editor.change_settings(settings);
        self.agent_is(agent).await;
    }

    /// Waits until the settings have this default agent.
    pub async fn agent_is(&self, agent: &str) {
        self.wait_for_status(|status| status["agent"] == agent).await;
    }

    /// Waits for the only message to the user, and checks that it names this program.
    pub async fn message(&self) -> (u64, String) {
        let params = self.editor.wait_for_method("window/showMessage").await;
        let text = self.editor.whole(&params);
        let text = text.strip_prefix("StackSpot AI: ").unwrap_or_else(|| panic!("who says this? {text}"));
        (params["type"].as_u64().unwrap(), text.to_owned())
    }

    /// The whole answer as the editor shows it: in the document that the server opened, otherwise in a message.
    pub async fn shown_answer(&self) -> String {
        if !self.shows_documents() {
            return self.message().await.1;
        }
        let shown = self.editor.wait_for_method("window/showDocument").await;
        self.whole_answer(shown["uri"].as_str().unwrap()).await
    }

    /// The document of an answer, after the last change.
    pub async fn whole_answer(&self, uri: &str) -> String {
        let is_whole =
            |text: &str| uri.contains("/previews/") || text.contains("\n---\n") && !text.contains("still coming in");
        self.editor.wait_for_text(uri, is_whole).await
    }

    /// Whether answers are virtual documents.
    pub fn has_virtual_documents(&self) -> bool {
        self.shows_documents() && self.profile.declares("/workspace/textDocumentContent")
    }

    /// The name of the document of an answer about the cart.
    pub fn answer_name(action: &str, job: &str) -> String {
        format!("{action}-cart.py-{}.md", job[job.len() - 4..].to_lowercase())
    }

    /// The path of the file of a job's answer, even if it does not exist.
    pub fn answer_file(&self, action: &str, job: &str) -> PathBuf {
        self.answers().join(Self::answer_name(action, job))
    }

    /// The one progress, once it has ended.
    pub async fn ended_progress(&self) -> Progress {
        let mut all = self.editor.wait_for_ends(1).await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// Whether the editor shows a progress that the server creates.
    pub fn shows_progress(&self) -> bool {
        self.profile.declares("/window/workDoneProgress")
    }

    /// Whether documents can be shown.
    pub fn shows_documents(&self) -> bool {
        self.profile.declares("/window/showDocument/support")
    }

    /// Whether the server can edit.
    pub fn applies(&self) -> bool {
        self.profile.declares("/workspace/applyEdit")
    }

    /// The number of messages of this method that the server sent.
    pub fn count(&self, method: &str) -> usize {
        let log = self.editor.log();
        log.iter().filter(|(side, message)| *side == Side::Server && message["method"] == method).count()
    }

    /// Shuts the server down cleanly, and starts the editor again, without an open document.
    pub async fn restarted(self) -> Self {
        self.editor.finish().await;
        Self::start_in(self.home, self.profile, |_| {}).await
    }

    /// Ends the story: the server shuts down cleanly, and its messages and log contain no secret.
    pub async fn finish(self) {
        for (_, message) in self.editor.log() {
            let heard = message.to_string();
            assert!(!is_secret(heard.as_bytes()), "a secret went to the editor: {heard}");
        }
        self.editor.finish().await;
        assert!(!SECRET_LOGGED.load(Ordering::Relaxed), "a secret went into the log");
    }

    /// Ends the story by a sudden exit of the editor. The connections of these chats close, too.
    pub async fn hang_up(self, chats: &[Exchange]) {
        assert_eq!(self.editor.hang_up().await, ExitStatus::Unclean);
        for chat in chats {
            chat.closed().await;
        }
    }
}

/// `1` is an error, `2` a warning, `3` information.
pub const ERROR: u64 = 1;
pub const WARNING: u64 = 2;
pub const INFO: u64 = 3;

/// Returns the value with this member.
pub fn with(mut value: Value, name: &str, member: Value) -> Value {
    value[name] = member;
    value
}

/// Returns the value without this member.
pub fn without(mut value: Value, name: &str) -> Value {
    value.as_object_mut().unwrap().remove(name);
    value
}

static SECRET_LOGGED: AtomicBool = AtomicBool::new(false);

fn is_secret(text: &[u8]) -> bool {
    [CLIENT_SECRET, "Bearer token-"].iter().any(|secret| memchr::memmem::find(text, secret.as_bytes()).is_some())
}

/// Checks each line that the program logs for secrets.
fn watch_the_log() {
    static START: Once = Once::new();
    START.call_once(|| {
        let log = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(|| Watch);
        log.try_init().expect("the only subscriber");
    });
}

struct Watch;

impl Write for Watch {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if is_secret(line) {
            SECRET_LOGGED.store(true, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Code in a prompt for an answer in words: each line has its number, starting with `first`.
pub fn listed(first: usize, code: &str) -> String {
    let last = first + code.lines().count() - 1;
    let lines = if first == last { first.to_string() } else { format!("{first}-{last}") };
    let listing: String = code.lines().enumerate().map(|(at, line)| format!("{}| {line}\n", first + at)).collect();
    format!("<selection lines=\"{lines}\">\n{listing}</selection>\n")
}

/// The titles of a menu.
pub fn titles(actions: &[Value]) -> Vec<String> {
    actions.iter().map(|action| action["title"].as_str().unwrap().to_owned()).collect()
}

/// The message of a request that failed for a reason of this kind.
pub fn refused(result: Result<Value, Value>, kind: &str) -> String {
    let error = result.unwrap_err();
    assert_eq!((&error["code"], &error["data"]["kind"]), (&json!(-32803), &json!(kind)), "{error}");
    error["message"].as_str().unwrap().to_owned()
}
