use tempfile::TempDir;

use super::*;
use crate::i18n::Language;

struct World {
    _folder: TempDir,
    workspace: PathBuf,
    config: PathBuf,
}

impl World {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let (workspace, config) = (folder.path().join("shop"), folder.path().join("config"));
        fs::create_dir_all(workspace.join(".stackspot/actions")).unwrap();
        fs::create_dir_all(config.join("actions")).unwrap();
        Self { _folder: folder, workspace, config }
    }

    fn with(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.workspace.join(".stackspot/actions").join(name), text).unwrap();
        self
    }

    fn with_personal(self, name: &str, text: &str) -> Self {
        fs::write(self.config.join("actions").join(name), text).unwrap();
        self
    }

    fn places(&self) -> [PromptFolder; 2] {
        [PromptFolder::personal(&self.config), PromptFolder::of_workspace(&self.workspace)]
    }

    fn load(&self) -> Loaded {
        load(&self.places(), None).unwrap()
    }

    #[cfg(unix)]
    fn load_of_workspace(&self) -> Loaded {
        load(&[PromptFolder::of_workspace(&self.workspace)], None).unwrap()
    }

    /// The problems, as messages.
    fn complaints(&self) -> Vec<String> {
        let reports = self.load().reports;
        reports.iter().map(|report| format!("{}: {}", report.shown, report.problem)).collect()
    }
}

fn ids(loaded: &Loaded) -> Vec<&str> {
    loaded.files.keys().map(String::as_str).collect()
}

#[test]
fn a_file_is_an_action_by_its_name() {
    let front_matter = "---\ntitle: Better names\nresult: replace\nlanguages: rust\nagent: namer\n---\n";
    let world = World::new()
        .with("look-for-holes.md", "Look at {{ selection }}.")
        .with("names.md", format!("{front_matter}Find better names.\n"));
    let loaded = world.load();
    assert_eq!((ids(&loaded), &loaded.reports), (vec!["look-for-holes", "names"], &vec![]));
    let (holes, names) = (&loaded.files["look-for-holes"], &loaded.files["names"]);
    assert_eq!((&*holes.kind, &*names.kind), ("stackspot-lsp.look-for-holes", "refactor.rewrite"));
    assert_eq!((holes.result, names.result), (ActionResult::Answer, ActionResult::Replace));
    assert_eq!(names.agent.as_deref(), Some("namer"));
    let file = names.file.as_ref().unwrap();
    assert_eq!((&*file.shown, &file.languages), (".stackspot/actions/names.md", &vec!["rust".to_owned()]));
}

#[test]
fn front_matter_decides_when_a_menu_shows_it() {
    for (front_matter, offered) in [
        ("instruction: true", MenuRule::NeedsInstruction),
        ("kind: quickfix\nresult: replace", MenuRule::WithDiagnostics),
        ("instruction: politely", MenuRule::Always),
    ] {
        let world = World::new().with("x.md", format!("---\n{front_matter}\n---\nx"));
        assert_eq!(world.load().files["x"].offered, offered, "{front_matter}");
    }
}

#[test]
fn a_broken_file_is_named_and_leaves_the_others_working() {
    let world = World::new()
        .with("a.md", "fine")
        .with("b.md", "---\ntitle: x\n---\n\n{{ selecton }}")
        .with("c.md", "---\ncolour: red\n---\nfine")
        .with("d.md", "---\ntitle: x\n---\n \n")
        .with("e.md", b"one\ntwo \xff\n")
        .with("f.md", vec![b'x'; 300 << 10])
        .with("g h.md", "fine")
        .with("explain.md", "fine")
        .with("z.md", "fine");
    assert_eq!(ids(&world.load()), ["a", "c", "z"]);
    assert_eq!(
        world.complaints(),
        [
            ".stackspot/actions/b.md: line 5: there is no variable “selecton”; did you mean “selection”?",
            ".stackspot/actions/c.md: line 2: there is no key “colour”",
            ".stackspot/actions/d.md: there is no prompt in it",
            ".stackspot/actions/e.md: line 2: it is not written in UTF-8",
            ".stackspot/actions/explain.md: its name is that of a built-in action; rename the file",
            ".stackspot/actions/f.md: it is larger than 256 KiB",
            ".stackspot/actions/g h.md: its name may have letters, digits, “-” and “_” alone, 64 at most",
        ]
    );
}

#[test]
fn other_files_and_windows_encodings_do_no_harm() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let world = World::new()
        .with("readme.md", "{{ for people }}")
        .with(".#draft.md", "{{")
        .with("notes.txt", "{{")
        .with("bom.md", "\u{feff}---\r\ntitle: With a mark\r\n---\r\nA\r\nprompt\r\n")
        .with("utf16.md", utf16("\u{feff}---\r\ntitle: Revisão\r\n---\r\nA\r\nprompt\r\n"));
    let loaded = world.load();
    assert_eq!((ids(&loaded), &loaded.reports), (vec!["bom", "utf16"], &vec![]));
    assert_eq!(loaded.files["bom"].title, Message::verbatim("With a mark (bom.md)"));
    assert_eq!(loaded.files["utf16"].title, Message::verbatim("Revisão (utf16.md)"));
}

#[test]
fn a_file_of_the_workspace_hides_the_users_own() {
    let world = World::new().with("x.md", "theirs").with_personal("x.md", "mine").with_personal("y.md", "mine");
    let loaded = world.load();
    assert_eq!(ids(&loaded), ["x", "y"]);
    let owner = |id: &str| loaded.files[id].file.as_ref().unwrap().owner.clone();
    assert_eq!(
        (owner("x"), owner("y")),
        (PromptFileOwner::Workspace(world.workspace.clone()), PromptFileOwner::Personal)
    );
}

#[cfg(unix)] // symlink
#[test]
fn links_out_of_the_workspace_are_not_followed() {
    use std::os::unix::fs::symlink;

    let world = World::new().with_personal("secret.md", "mine");
    let actions = world.workspace.join(".stackspot/actions");
    fs::write(world.workspace.join("inside.txt"), "fine").unwrap();
    symlink(world.workspace.join("inside.txt"), actions.join("inside.md")).unwrap();
    symlink(world.config.join("actions/secret.md"), actions.join("outside.md")).unwrap();
    symlink(world.workspace.join("nowhere"), actions.join("nowhere.md")).unwrap();
    let loaded = world.load_of_workspace();
    assert_eq!(ids(&loaded), ["inside"]);
    let reasons: Vec<_> = loaded.reports.iter().map(|report| report.problem.to_string()).collect();
    assert!(
        matches!(&reasons[..], [nowhere, outside] if nowhere.starts_with("it cannot be read") && outside.contains("outside")),
        "{reasons:?}"
    );

    // The whole folder may be a link, too. Links that the user creates are the user's decision.
    fs::remove_dir_all(&actions).unwrap();
    symlink(world.config.join("actions"), &actions).unwrap();
    let loaded = world.load_of_workspace();
    assert_eq!((loaded.files.len(), loaded.reports.len()), (0, 1));
    symlink(world.workspace.join("inside.txt"), world.config.join("actions/linked.md")).unwrap();
    assert_eq!(ids(&load(&[PromptFolder::personal(&world.config)], None).unwrap()), ["linked", "secret"]);
}

#[cfg(unix)] // symlink
#[test]
fn link_to_a_file_of_secrets_is_refused_as_a_prompt() {
    use std::os::unix::fs::symlink;

    let world = World::new();
    let actions = world.workspace.join(".stackspot/actions");
    fs::create_dir_all(world.workspace.join("plans")).unwrap();
    fs::create_dir_all(world.workspace.join(".aws")).unwrap();
    for (name, text) in [
        (".netrc", "PIN4711"),
        ("deploy.key", "PIN4711"),
        ("plans/next.txt", "PIN4711"),
        (".aws/notes.md", "PIN4711"),
        (".stackspotignore", "plans/\n"),
        ("plain.txt", "Look for holes"),
    ] {
        fs::write(world.workspace.join(name), text).unwrap();
    }
    for (name, target) in [("a", ".netrc"), ("b", "deploy.key"), ("c", "plans/next.txt"), ("d", "plain.txt")] {
        symlink(format!("../../{target}"), actions.join(format!("{name}.md"))).unwrap();
    }
    let loaded = world.load_of_workspace();
    assert_eq!((ids(&loaded), loaded.reports.len()), (vec!["d"], 3));
    let is_guarded = |report: &Report| report.problem == Problem::of_file(message!("prompt-problem-guarded"));
    assert!(loaded.reports.iter().all(is_guarded), "{:?}", loaded.reports);
    fs::remove_dir_all(&actions).unwrap();
    symlink("../.aws", &actions).unwrap();
    let loaded = world.load_of_workspace();
    assert_eq!((loaded.files.len(), loaded.reports.len()), (0, 1));
}

#[test]
fn workspace_title_is_one_visible_line_with_its_file_name() {
    for (title, shown) in [
        ("Explain", "Explain (x.md)"),
        ("Apply “Refactor”", "Apply “Refactor” (x.md)"),
        ("\"Cancel\\u001b[2J\\u0007\\nSend\"", "Cancel [2J Send (x.md)"),
        ("\"\\u202egnidaer\\u2066\\u200b\\u3164\\u115f\\ufe00\"", "gnidaer (x.md)"),
        ("\"a\\u2028b\\u2029c\\u0085d\"", "abc d (x.md)"),
    ] {
        let world = World::new().with("x.md", &*format!("---\ntitle: {title}\n---\nA prompt"));
        let loaded = world.load();
        assert_eq!(loaded.files["x"].title, Message::verbatim(shown), "{title}");
    }
    let world = World::new().with("x.md", &*format!("---\ntitle: {}\n---\nA prompt", "word ".repeat(900)));
    let title = world.load().files["x"].title.text(Language::En);
    assert!(title.chars().count() <= 80 + " (x.md)".len() && title.ends_with(" (x.md)"), "{title}");
}

#[test]
fn nothing_is_read_again_before_something_changed() {
    let world = World::new().with("a.md", "one");
    let first = world.load().fingerprint;
    assert!(load(&world.places(), Some(first)).is_none());
    let world = world.with("a.md", "longer");
    let second = load(&world.places(), Some(first)).unwrap().fingerprint;
    let world = world.with_personal("b.md", "one");
    let third = load(&world.places(), Some(second)).unwrap();
    assert_eq!(ids(&third), ["a", "b"]);
    fs::remove_dir_all(world.workspace.join(".stackspot")).unwrap();
    assert_eq!(ids(&load(&world.places(), Some(third.fingerprint)).unwrap()), ["b"]);
}
