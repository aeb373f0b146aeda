//! The server understands the text: the definition around a point, comments with instructions, and broken answers.

use serde_json::json;

use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::{URI, World, titles};

const SHOP: &str = "\
import math

class Cart:
    def total(self, tax):
        net = sum(self.prices)

        return net + net * tax

    def clear(self):
        self.prices = []
";

const TOTAL: &str = "    def total(self, tax):\n        net = sum(self.prices)\n\n        return net + net * tax\n";

async fn shop(profile: crate::support::profiles::Profile) -> World {
    let world = World::start(profile).await;
    world.editor.open(URI, "python", SHOP);
    world
}

/// The code of a prompt, without line numbers.
fn selection_in(prompt: &str) -> String {
    let (_, rest) = prompt.rsplit_once("<selection").unwrap();
    let (_, rest) = rest.split_once(">\n").unwrap();
    let code = |line: &str| match line.split_once("| ") {
        Some((number, code)) if number.parse::<usize>().is_ok() => code.to_owned(),
        _ => line.to_owned(),
    };
    rest.split_once("\n</selection>").unwrap().0.lines().map(code).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_cursor_means_the_method_around_it_across_its_blank_lines() {
    for profile in profiles::all() {
        let world = shop(profile).await;
        let at_a_symbol = world.params_on("explain", "prices");
        let mut at_a_place = world.params_on("explain", "net + net");
        at_a_place["range"]["end"] = at_a_place["range"]["start"].clone();
        // If the editor sends a cursor as an empty range, a range of one word is a selection.
        let symbol = (!world.profile.sends_cursors_as_empty_ranges()).then_some(at_a_symbol);
        for params in symbol.into_iter().chain([at_a_place]) {
            let chat = world.peer.expect_chat(Script::stream().text("It adds the tax.").end());
            world.run(params).await.unwrap();
            let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
            assert_eq!(selection_in(&prompt).trim(), TOTAL.trim(), "{}", world.profile.name);
        }
        world.finish().await;
    }
}

#[tokio::test]
async fn instruction_comment_is_an_action_and_edit_removes_it() {
    for profile in [profiles::vscode(), profiles::neovim(), profiles::eglot()] {
        let world = World::start(profile).await;
        let asking = SHOP.replace("    def total", "    # @stackspot round to cents\n    def total");
        world.editor.open(URI, "python", &asking);
        let range = world.editor.range_of(URI, TOTAL);
        let actions = world.editor.code_actions(URI, &range).await;
        assert_eq!(titles(&actions)[0], "StackSpot: round to cents", "{}", world.profile.name);

        let better = TOTAL.replace("net + net * tax", "round(net + net * tax, 2)");
        let chat = world.peer.expect_chat(Script::stream().text(&better).end());
        world.editor.run(&actions, "StackSpot: round to cents").await;
        let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
        assert!(prompt.contains("round to cents") && !selection_in(&prompt).contains("@stackspot"), "{prompt}");
        let expected = SHOP.replace(TOTAL, &better);
        world.editor.wait_for_text(URI, |text| text == expected).await;
        assert_eq!(world.editor.undo_steps(URI), 1);
        world.editor.edits();
        world.finish().await;
    }
}

#[tokio::test]
async fn edit_with_a_syntax_error_waits_for_the_user() {
    let world = shop(profiles::vscode()).await;
    let broken = "    def total(self, tax:\n        return net +\n";
    world.peer.expect_chat(Script::stream().text(&format!("```python\n{broken}```")).end());
    let result = world.run(world.params_on("refactor", TOTAL)).await.unwrap();
    assert_eq!(result["outcome"], "proposed", "{result}");
    assert!(result["reason"].as_str().unwrap().contains("syntax error into line"), "{result}");
    assert_eq!((world.editor.text(URI).as_str(), world.count("workspace/applyEdit")), (SHOP, 0));

    // The user may decide otherwise.
    world.editor.execute("stackspot-lsp.apply", json!([{ "jobId": result["jobId"] }])).await;
    let expected = SHOP.replace(TOTAL, broken);
    world.editor.wait_for_text(URI, |text| text == expected).await;
    world.editor.edits();
    world.finish().await;
}
