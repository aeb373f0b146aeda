//! A workspace with prompt files, for the stories about them.

use std::path::PathBuf;
use std::{fs, io, thread};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::paths::uri_of;
use crate::support::patience;
use crate::support::peer::Script;
use crate::support::profiles::Profile;
use crate::world::{FUNCTION, SOURCE, World, titles};

/// A workspace with prompt files, and an open document in it.
pub struct Shop {
    pub world: World,
    pub folder: TempDir,
    pub uri: String,
}

/// Whether a menu entry has this title. A workspace's entry also names its file.
pub fn is_titled(shown: &str, title: &str) -> bool {
    shown == title || shown.strip_prefix(title).is_some_and(|mark| mark.starts_with(" (") && mark.ends_with(".md)"))
}

impl Shop {
    /// Starts the server with these files.
    pub async fn with(profile: Profile, files: &[(&str, &str)]) -> Self {
        Self::in_folder(TempDir::new().unwrap(), profile, files, |_| {}).await
    }

    pub async fn in_folder(
        folder: TempDir,
        profile: Profile,
        files: &[(&str, &str)],
        adapt: impl FnOnce(&mut Vec<(&'static str, String)>),
    ) -> Self {
        fs::create_dir_all(folder.path().join("shop/.stackspot/actions")).unwrap();
        for (name, text) in files {
            fs::write(folder.path().join("shop/.stackspot/actions").join(name), text).unwrap();
        }
        let root = uri_of(folder.path().join("shop"));
        let uri = format!("{root}/cart.py");
        let world = World::start_with(profile.folder(&root), adapt).await;
        world.editor.open(&uri, "python", SOURCE);
        Self { world, folder, uri }
    }

    pub fn path_of(&self, name: &str) -> PathBuf {
        self.folder.path().join("shop/.stackspot/actions").join(name)
    }

    pub fn uri_of(&self, name: &str) -> String {
        uri_of(self.path_of(name))
    }

    /// Replaces a file as a whole, as editors do, because the server would report a half-written file.
    pub fn write(&self, name: &str, text: &str) {
        let written = self.folder.path().join("written");
        fs::write(&written, text).unwrap();
        // Windows refuses to replace a file while the server reads it. Editors try again, too.
        while let Err(error) = fs::rename(&written, self.path_of(name)) {
            assert!(cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied, "{error}");
            thread::yield_now();
        }
    }

    /// Changes a file, and the editor that watches it notifies the server.
    pub fn write_and_tell(&self, name: &str, text: &str) {
        self.write(name, text);
        let params = json!({ "changes": [{ "uri": self.uri_of(name), "type": 2 }] });
        self.world.editor.notify("workspace/didChangeWatchedFiles", params);
    }

    /// The menu on the function, after the server has read the files. The command waits for them.
    pub async fn menu(&self) -> Vec<Value> {
        self.world.editor.execute("stackspot-lsp.actions", Value::Null).await;
        self.menu_at_once().await
    }

    /// The menu on the function, without a wait.
    pub async fn menu_at_once(&self) -> Vec<Value> {
        let range = self.world.editor.range_of(&self.uri, FUNCTION);
        self.world.editor.code_actions(&self.uri, &range).await
    }

    /// The actions that the editor requests by itself, to show a light bulb.
    pub async fn bulb(&self) -> Vec<Value> {
        let range = self.world.editor.range_of(&self.uri, "sum");
        let range = json!({ "start": range["start"], "end": range["start"] });
        self.world.editor.code_actions_in(&self.uri, &range, json!({ "diagnostics": [], "triggerKind": 2 })).await
    }

    /// The menu, as soon as it has an action of this title, or no longer has it.
    pub async fn menu_with(&self, title: &str, is_there: bool) -> Vec<Value> {
        loop {
            let menu = self.menu().await;
            if titles(&menu).iter().any(|it| is_titled(it, title)) == is_there {
                return menu;
            }
            patience::a_moment().await;
        }
    }

    pub fn params(&self, action: &str) -> Value {
        let range = self.world.editor.range_of(&self.uri, FUNCTION);
        json!({ "action": action, "textDocument": { "uri": self.uri, "version": 1 }, "range": range })
    }

    /// Runs an action by request, and returns the body that the agent received.
    pub async fn prompt_of(&self, params: Value) -> Value {
        let chat = self.world.peer.expect_chat(Script::stream().text("Fine.").end());
        self.world.run(params).await.unwrap();
        chat.arrived().await.json()
    }
}
