//! The same edit adds the imports of the new code to the imports of the document.

use serde_json::Value;

use crate::support::peer::{Gate, Script};
use crate::support::profiles;
use crate::world::{FUNCTION, SOURCE, URI, World};

const REPLY: &str = "<imports>\nimport os\nfrom math import fsum\n</imports>\n<code>\ndef total(items):\n    return \
                     fsum(item.price for item in items)\n</code>\n";

const NEW: &str = "def total(items):\n    return fsum(item.price for item in items)";

async fn refactored_while(world: &World, user: impl FnOnce(&World)) -> Value {
    refactored(world, REPLY, user).await
}

async fn refactored(world: &World, reply: &str, user: impl FnOnce(&World)) -> Value {
    let gate = Gate::default();
    let chat = world.peer.expect_chat(Script::stream().text(&reply[..9]).gate(&gate).text(&reply[9..]).end());
    let request = world.editor.start_request("stackspot-lsp/run", world.params_on("refactor", FUNCTION));
    chat.arrived().await;
    user(world);
    world.editor.execute("stackspot-lsp.status", Value::Null).await;
    gate.open();
    world.editor.response(request).await.unwrap()
}

#[tokio::test]
async fn imports_go_below_existing_ones_when_user_types_above() {
    for profile in profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit")) {
        let world = World::start(profile).await;
        let source = format!("import os\nimport re\n\n{SOURCE}");
        world.editor.open(URI, "python", &source);
        let mut typed = String::new();
        let result = refactored_while(&world, |world| {
            world.editor.replace(URI, "import os", "# typed\nimport os");
            typed = world.editor.text(URI);
        })
        .await;
        assert_eq!(result["outcome"], "applied", "{}: {result}", world.profile.name);
        let expected = typed.replace(FUNCTION, NEW).replace("import re\n", "import re\nfrom math import fsum\n");
        assert_eq!(world.editor.text(URI), expected, "{}", world.profile.name);
        assert_eq!((world.editor.edits().len(), world.editor.undo_steps(URI)), (1, 1), "{}", world.profile.name);
        world.finish().await;
    }
}

#[tokio::test]
async fn first_imports_go_below_shebang_and_module_docstring() {
    for profile in profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit")) {
        let world = World::open(profile).await;
        let mut typed = String::new();
        let result = refactored_while(&world, |world| {
            world.editor.replace(URI, "# The cart", "#!/usr/bin/env python3\n# The cart");
            typed = world.editor.text(URI);
        })
        .await;
        assert_eq!((&result["outcome"], result.get("reason")), (&"applied".into(), None), "{}", world.profile.name);
        let imports = "shop.\n\nimport os\nfrom math import fsum\n\n";
        let expected =
            typed.replace(FUNCTION, NEW).replace("shop.\n\n", imports).replace("fsum\n\ndef", "fsum\n\n\ndef");
        assert_eq!(world.editor.text(URI), expected, "{}", world.profile.name);
        assert_eq!((world.editor.edits().len(), world.editor.undo_steps(URI)), (1, 1), "{}", world.profile.name);
        world.finish().await;
    }
}

#[tokio::test]
async fn imports_are_in_the_new_text_when_file_head_is_selected() {
    for (source, expected) in [
        (format!("{FUNCTION}\n"), format!("import os\nfrom math import fsum\n\n\n{NEW}\n")),
        (
            format!("{FUNCTION}\n").replace('\n', "\r\n"),
            format!("import os\nfrom math import fsum\n\n\n{NEW}\n").replace('\n', "\r\n"),
        ),
    ] {
        let world = World::start(profiles::vscode()).await;
        world.editor.open(URI, "python", &source);
        world.peer.expect_chat(Script::stream().text(REPLY).end());
        let result = world.run(world.params_on("refactor", &source)).await.unwrap();
        assert_eq!(result["outcome"], "applied", "{result}");
        assert_eq!((world.editor.text(URI), world.editor.undo_steps(URI)), (expected, 1));
        world.editor.edits();
        world.finish().await;
    }
}

/// This import must precede all others. Therefore the server cannot be sure of its place.
fn without_a_place() -> String {
    REPLY.replace("import os\n", "from __future__ import annotations\n")
}

#[tokio::test]
async fn imports_without_a_place_are_named_and_the_edit_is_made() {
    let world = World::start(profiles::vscode()).await;
    world.editor.open(URI, "python", SOURCE);
    let result = refactored(&world, &without_a_place(), |_| {}).await;
    assert_eq!(result["outcome"], "applied", "{result}");
    let reason = result["reason"].as_str().unwrap();
    assert!(reason.contains("from __future__ import annotations · from math import fsum"), "{reason}");
    assert_eq!((world.editor.text(URI), world.editor.edits().len()), (SOURCE.replace(FUNCTION, NEW), 1));
    world.finish().await;
}

#[tokio::test]
async fn user_is_told_about_imports_without_a_place() {
    let world = World::start(profiles::vscode()).await;
    world.editor.open(URI, "python", SOURCE);
    world.peer.expect_chat(Script::stream().text(&without_a_place()).end());
    world.editor.execute("stackspot-lsp.run", serde_json::json!([world.params_on("refactor", FUNCTION)])).await;
    let shown = world.editor.wait_for_method("window/showMessage").await["message"].clone();
    assert!(shown.as_str().unwrap().contains("was applied. The new code needs imports"), "{shown}");
    world.editor.messages();
    assert_eq!((world.editor.text(URI), world.editor.edits().len()), (SOURCE.replace(FUNCTION, NEW), 1));
    world.finish().await;
}
