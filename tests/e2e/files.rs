//! Answers that go into files, such as tests, and do not replace the selection. The server never overwrites a file.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::paths::uri_of;
use crate::support::peer::Script;
use crate::support::profiles::{self, Apply, Profile};
use crate::world::{FUNCTION, INFO, SOURCE, WARNING, World, titles, with};

const TESTS: &str = "\
from cart import total


def test_an_empty_cart_costs_nothing():
    assert total([]) == 0";

/// A project on the disk, and an editor with a file of it open.
struct Project {
    world: World,
    folder: TempDir,
    uri: String,
}

impl Project {
    /// The editor opens the first of the files. The questions are about it.
    async fn open(profile: Profile, files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let uri_of = |name: &str| uri_of(folder.path().join(name));
        let world = World::start(profile.folder(uri_of("").trim_end_matches('/'))).await;
        let language = if files[0].0.ends_with(".rs") { "rust" } else { "python" };
        let uri = uri_of(files[0].0);
        world.editor.open(&uri, language, files[0].1);
        Self { world, folder, uri }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn uri(&self, name: &str) -> String {
        uri_of(self.path(name))
    }

    fn params(&self, needle: &str) -> Value {
        let editor = &self.world.editor;
        let document = json!({ "uri": self.uri, "version": editor.version(&self.uri) });
        json!({ "action": "test", "textDocument": document, "range": editor.range_of(&self.uri, needle) })
    }

    async fn run(&self, needle: &str, reply: &str) -> Value {
        self.world.peer.expect_chat(Script::stream().text(reply).end());
        self.world.run(self.params(needle)).await.unwrap()
    }

    async fn apply(&self, result: &Value) {
        self.world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": result["jobId"] }])).await;
    }

    /// Waits until the editor shows the document, if it can show documents.
    async fn shown(&self, name: &str) {
        if self.world.shows_documents() {
            let shown = self.world.editor.wait_for_method("window/showDocument").await;
            assert_eq!(shown["uri"], self.uri(name));
        }
    }

    async fn finish(self) {
        self.world.finish().await;
    }
}

fn creates_files(profile: &Profile) -> bool {
    let pointer = "/capabilities/workspace/workspaceEdit/resourceOperations";
    let kinds = profile.initialize.pointer(pointer).and_then(Value::as_array);
    kinds.is_some_and(|kinds| kinds.contains(&json!("create")))
}

fn that_create_files() -> impl Iterator<Item = Profile> {
    profiles::all().into_iter().filter(creates_files)
}

fn that_apply() -> impl Iterator<Item = Profile> {
    profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit"))
}

#[tokio::test]
async fn tests_are_proposed_as_a_new_file_by_the_languages_convention() {
    for profile in that_create_files() {
        let project = Project::open(profile, &[("shop/cart.py", SOURCE), ("tests/__init__.py", "")]).await;
        let editor = &project.world.editor;
        let result = project.run(FUNCTION, &format!("Here they are:\n\n```python\n{TESTS}\n```")).await;
        assert_eq!(result["outcome"], "proposed", "{result}");
        assert_eq!(result["reason"], "It makes the new file tests/shop/test_cart.py.");
        let target = project.uri("tests/shop/test_cart.py");
        let changes = &result["edit"]["documentChanges"];
        let options = json!({ "overwrite": false, "ignoreIfExists": false });
        assert_eq!((&changes[0]["kind"], &changes[0]["uri"]), (&json!("create"), &json!(target)));
        assert_eq!(changes[0]["options"], options);
        assert_eq!(changes[1]["textDocument"], json!({ "uri": target, "version": null }));
        let annotates = project.world.profile.declares("/workspace/workspaceEdit/changeAnnotationSupport");
        assert_eq!(result["edit"].get("changeAnnotations").is_some(), annotates, "{}", project.world.profile.name);
        if annotates {
            let id = changes[0]["annotationId"].as_str().unwrap();
            let annotation = &result["edit"]["changeAnnotations"][id];
            assert_eq!(
                (&annotation["needsConfirmation"], &annotation["description"]),
                (&json!(true), &result["reason"])
            );
            assert_eq!(changes[1]["edits"][0]["annotationId"], id);
        }
        assert_eq!(project.world.count("workspace/applyEdit"), 0, "it waits");

        let range = editor.range_of(&project.uri, "greet");
        let menu = titles(&editor.code_actions(&project.uri, &range).await);
        assert!(menu[0].contains("Apply") && menu[0].contains("into tests/shop/test_cart.py"), "{menu:?}");
        editor.choose(&project.uri, &range, "Apply").await;
        let text = editor.wait_for_text(&target, |text| !text.is_empty()).await;
        assert_eq!(text, format!("{TESTS}\n"));
        project.shown("tests/shop/test_cart.py").await;
        let edit = &editor.edits()[0]["edit"];
        assert!(edit.get("changeAnnotations").is_none(), "who chose Apply is not asked again: {edit}");
        assert_eq!(editor.text(&project.uri), SOURCE);
        project.world.wait_for_no_jobs().await;
        project.finish().await;
    }
}

#[tokio::test]
async fn tests_are_an_answer_when_editor_cannot_create_files() {
    for profile in profiles::all().into_iter().filter(|profile| !creates_files(profile)) {
        let project = Project::open(profile, &[("cart.py", SOURCE)]).await;
        let result = project.run(FUNCTION, TESTS).await;
        assert_eq!((&result["outcome"], result.get("edit")), (&json!("answered"), None), "{result}");
        let reason = result["reason"].as_str().unwrap();
        assert!(reason.contains("cannot create files") && reason.contains("test_cart.py"), "{reason}");
        assert_eq!(result["answer"], TESTS);
        project.finish().await;
    }
}

#[tokio::test]
async fn tests_are_added_to_an_existing_file_open_or_closed() {
    const OTHERS: &str = "def test_one():\n    assert True\n";
    let added = format!("{OTHERS}\n\n{TESTS}\n");
    for profile in that_apply() {
        for is_open in [true, false] {
            let project = Project::open(profile.clone(), &[("cart.py", SOURCE), ("test_cart.py", OTHERS)]).await;
            let editor = &project.world.editor;
            let target = project.uri("test_cart.py");
            if is_open {
                editor.open(&target, "python", OTHERS);
            }
            let chat = project.world.peer.expect_chat(Script::stream().text(TESTS).end());
            let result = project.world.run(project.params(FUNCTION)).await.unwrap();
            assert_eq!(result["reason"], "It adds to test_cart.py.", "{}: {result}", profile.name);
            let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
            assert!(
                prompt.contains("added at the end of test_cart.py") && prompt.contains("def test_one()"),
                "{prompt}"
            );

            project.apply(&result).await;
            assert_eq!(editor.wait_for_text(&target, |text| text != OTHERS).await, added, "{}", profile.name);
            let edits = editor.edits();
            let document = &edits[0]["edit"]["documentChanges"][0]["textDocument"];
            let version = if is_open { json!(1) } else { Value::Null };
            assert_eq!((edits.len(), document), (1, &json!({ "uri": target, "version": version })));
            if !is_open {
                project.shown("test_cart.py").await;
            }
            project.world.wait_for_no_jobs().await;
            project.finish().await;
        }
    }
}

#[tokio::test]
async fn tests_keep_changes_made_to_their_file_meanwhile() {
    for profile in that_create_files() {
        let project = Project::open(profile, &[("cart.py", SOURCE)]).await;
        let result = project.run(FUNCTION, TESTS).await;
        assert_eq!(result["reason"], "It makes the new file test_cart.py.");
        // Another program creates the file, and then changes it.
        for theirs in ["import cart\n", "import cart\n\nX = 1"] {
            fs::write(project.path("test_cart.py"), theirs).unwrap();
        }
        project.apply(&result).await;
        let target = project.uri("test_cart.py");
        let text = project.world.editor.wait_for_text(&target, |text| text.contains("def test")).await;
        let expected = project.world.profile.behaviour.held(&format!("import cart\n\nX = 1\n\n\n{TESTS}"));
        assert_eq!(text, expected);
        assert!(!project.world.editor.edits()[0].to_string().contains("create"));
        project.shown("test_cart.py").await;
        project.world.wait_for_no_jobs().await;
        project.finish().await;
    }
}

#[tokio::test]
async fn file_edit_is_kept_when_editor_does_not_apply_it() {
    let cases = [
        (Apply::Refuse, "refused"),
        (Apply::Error, "refused"),
        (Apply::ClaimApplied, "does not show"),
        (Apply::Ignore, "does not show"),
    ];
    for profile in that_create_files() {
        for (policy, reason) in cases {
            let project = Project::open(profile.clone().applies(policy), &[("cart.py", SOURCE)]).await;
            let result = project.run(FUNCTION, TESTS).await;
            project.apply(&result).await;
            project.world.editor.wait_for_method("workspace/applyEdit").await;
            tokio::time::pause();
            let (kind, message) = project.world.message().await;
            tokio::time::resume();
            assert!(kind == WARNING && message.contains(reason), "{} {policy:?}: {message}", profile.name);
            let range = project.world.editor.range_of(&project.uri, "greet");
            let menu = titles(&project.world.editor.code_actions(&project.uri, &range).await);
            assert!(menu[0].starts_with("Apply"), "{menu:?}");
            project.world.editor.shown_documents();
            project.finish().await;
        }
    }
}

#[tokio::test]
async fn rusts_tests_go_into_the_module_of_the_file_itself() {
    const CODE: &str = "pub fn double(n: u32) -> u32 {\n    n * 2\n}\n";
    const TEST: &str = "#[test]\nfn two_is_four() {\n    assert_eq!(double(2), 4);\n}";
    const MODULE: &str = "\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    #[test]\n    fn two_is_four() {\n        assert_eq!(double(2), 4);\n    }\n}\n";
    let wrapped = format!("#[cfg(test)]\nmod tests {{\n    use super::*;\n\n    {}\n}}", TEST.replace('\n', "\n    "));
    let with_another = MODULE.replace("two_is_four", "another");
    for profile in that_apply() {
        for reply in [TEST, &wrapped] {
            for before in [CODE.to_owned(), format!("{CODE}{with_another}")] {
                let project = Project::open(profile.clone(), &[("src/lib.rs", &before)]).await;
                let result = project.run("n * 2", reply).await;
                assert_eq!(result["reason"], "It adds to src/lib.rs.", "{}: {result}", profile.name);
                // The server follows changes elsewhere in the file.
                project.world.editor.replace(&project.uri, "pub fn", "// Twice.\npub fn");
                project.apply(&result).await;
                let text = project.world.editor.wait_for_text(&project.uri, |text| text.contains("two_is_four")).await;
                let tests = MODULE.split_once("super::*;\n").unwrap().1;
                let expected = if before == CODE {
                    format!("// Twice.\n{CODE}{MODULE}")
                } else {
                    format!("// Twice.\n{CODE}{}{tests}", with_another.strip_suffix("}\n").unwrap())
                };
                assert_eq!(text, expected, "{}", profile.name);
                assert_eq!((project.world.editor.edits().len(), project.world.editor.undo_steps(&project.uri)), (1, 1));
                project.finish().await;
            }
        }
    }
}

#[tokio::test]
async fn message_says_that_a_new_test_file_is_ready() {
    for profile in that_create_files() {
        let project = Project::open(profile, &[("cart.py", SOURCE)]).await;
        project.world.peer.expect_chat(Script::stream().text(TESTS).end());
        let range = project.world.editor.range_of(&project.uri, FUNCTION);
        project.world.editor.choose(&project.uri, &range, "Write tests").await;
        let (kind, message) = project.world.message().await;
        assert!(kind == INFO && message.contains("is ready. It makes the new file test_cart.py."), "{message}");
        assert!(!project.path("test_cart.py").exists());
        project.world.ended_progress().await;
        project.finish().await;
    }
}

const DOCS: (&str, &str) =
    (".stackspot/actions/api-docs.md", "---\nresult: file\n---\nWrite an example of {{ selection }}.\n");
const LOG: (&str, &str) =
    (".stackspot/actions/log.md", "---\nresult: insert\n---\nLog the result of {{ selection }}.\n");

#[tokio::test]
async fn prompt_file_makes_a_new_file_next_to_the_source_each_time() {
    for profile in that_create_files() {
        let project =
            Project::open(profile, &[("shop/cart.py", SOURCE), ("shop/cart.api-docs.py", "# old\n"), DOCS]).await;
        project.world.peer.expect_chat(Script::stream().text("print(total([]))").end());
        let result = project.world.run(with(project.params(FUNCTION), "action", json!("api-docs"))).await.unwrap();
        assert_eq!(result["outcome"], "proposed", "{}: {result}", project.world.profile.name);
        project.apply(&result).await;
        let target = project.uri("shop/cart.api-docs-2.py");
        let text = project.world.editor.wait_for_text(&target, |text| !text.is_empty()).await;
        assert_eq!(text, "print(total([]))\n");
        assert_eq!(fs::read_to_string(project.path("shop/cart.api-docs.py")).unwrap(), "# old\n");
        project.world.editor.edits();
        project.shown("shop/cart.api-docs-2.py").await;
        project.world.wait_for_no_jobs().await;
        project.finish().await;
    }
}

#[tokio::test]
async fn inserted_code_goes_below_the_selection_as_one_edit() {
    for profile in that_apply() {
        let project = Project::open(profile, &[("cart.py", SOURCE), LOG]).await;
        project.world.peer.expect_chat(Script::stream().text("```python\nlog(sum)\n```").end());
        let params = with(project.params("sum = sum + item.price"), "action", json!("log"));
        let result = project.world.run(params).await.unwrap();
        assert_eq!(result["outcome"], "applied", "{}: {result}", project.world.profile.name);
        let line = "        sum = sum + item.price\n";
        let expected = SOURCE.replace(line, &format!("{line}        log(sum)\n"));
        assert_eq!(project.world.editor.text(&project.uri), expected);
        assert_eq!((project.world.editor.edits().len(), project.world.editor.undo_steps(&project.uri)), (1, 1));
        project.finish().await;
    }
}

#[cfg(unix)] // symlink
#[tokio::test]
async fn tests_are_not_written_outside_of_workspace_by_a_link() {
    let elsewhere = TempDir::new().unwrap();
    for profile in that_create_files() {
        let project = Project::open(profile, &[("cart.py", SOURCE)]).await;
        std::os::unix::fs::symlink(elsewhere.path(), project.path("tests")).unwrap();
        let result = project.run(FUNCTION, TESTS).await;
        assert_eq!(result["outcome"], "answered", "{result}");
        assert!(result["reason"].as_str().unwrap().contains("outside of the workspace"), "{result}");
        project.finish().await;
    }
}

#[tokio::test]
async fn new_file_can_be_shown_before_it_is_created() {
    let project = Project::open(profiles::vscode(), &[("cart.py", SOURCE)]).await;
    let result = project.run(FUNCTION, TESTS).await;
    assert_eq!(result["outcome"], "proposed", "{result}");
    project.world.editor.execute("stackspot-lsp.showEdit", json!([{ "jobId": result["jobId"] }])).await;
    let diff = project.world.shown_answer().await;
    assert!(
        diff.contains("new file mode 100644\n--- /dev/null\n+++ b/") && diff.contains("\n+from cart import total\n"),
        "{diff}"
    );
    project.world.editor.execute("stackspot-lsp.discard", json!([{ "jobId": result["jobId"] }])).await;
    project.finish().await;
}
