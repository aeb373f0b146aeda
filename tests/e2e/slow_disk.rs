//! A disk that reads the prompt files slowly. The test blocks it, because it uses the only thread for blocking work.

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::shop::Shop;
use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::titles;

const LOOK: (&str, &str) =
    ("look.md", "---\ntitle: Look for holes\n---\nLook for holes in {{ path }}:\n{{ selection }}\n");

/// Runs a story on a disk that answers nothing until the test uses or drops the channel.
fn on_a_slow_disk<F: Future<Output = ()>>(story: impl FnOnce(Sender<()>) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    let (answer, stands_still) = channel();
    runtime.spawn_blocking(move || stands_still.recv());
    runtime.block_on(story(answer));
}

/// Waits until the server has begun the earlier requests. It can answer this command without the disk.
async fn the_server_is_at_it(shop: &Shop) -> Value {
    shop.world.editor.execute("stackspot-lsp.status", Value::Null).await
}

#[test]
fn job_waits_until_its_prompt_file_is_read() {
    on_a_slow_disk(|disk| async move {
        let shop = Shop::with(profiles::vscode(), &[LOOK]).await;
        // The clock is also paused, so that no wait times out on a busy machine.
        tokio::time::pause();
        let mut params = shop.params("look");
        params["textDocument"].as_object_mut().unwrap().remove("version");
        let (by_request, by_command) = (
            shop.world.peer.expect_chat(Script::stream().text("Fine.").end()),
            shop.world.peer.expect_chat(Script::stream().text("Fine.").end()),
        );
        let request = shop.world.editor.start_request("stackspot-lsp/run", params.clone());
        let command = json!({ "command": "stackspot-lsp.run", "arguments": [params] });
        let command = shop.world.editor.start_request("workspace/executeCommand", command);
        the_server_is_at_it(&shop).await;
        shop.world.editor.type_at(&shop.uri, &json!({ "line": 0, "character": 0 }), "# New\n# And more\n");
        the_server_is_at_it(&shop).await;
        tokio::time::resume();
        disk.send(()).unwrap();
        for chat in [by_request, by_command] {
            let prompt = chat.arrived().await.json()["user_prompt"].as_str().unwrap().to_owned();
            assert!(prompt.contains("\nLook for holes in cart.py:\ndef total(items):\n"), "{prompt}");
        }
        shop.world.editor.response(request).await.unwrap();
        assert!(shop.world.editor.response(command).await.unwrap()["jobId"].is_string());
        shop.world.editor.wait_for_method("window/showDocument").await;
        shop.world.wait_for_no_jobs().await;
        shop.world.finish().await;
    });
}

#[test]
fn menu_does_not_wait_for_prompt_files_and_a_message_follows() {
    on_a_slow_disk(|disk| async move {
        let shop = Shop::with(profiles::vscode(), &[LOOK]).await;
        let menu = titles(&shop.menu_at_once().await);
        assert!(menu.len() > 3 && !menu.iter().any(|it| it == "Look for holes (look.md)"), "{menu:?}");
        disk.send(()).unwrap();
        assert_eq!(
            shop.world.message().await,
            (3, "Reading the prompt files took long. Their actions are in the menu now.".to_owned())
        );
        assert!(titles(&shop.menu().await).iter().any(|it| it == "Look for holes (look.md)"));
        shop.world.finish().await;
    });
}

#[test]
fn row_of_a_known_action_does_not_wait_for_prompt_files() {
    on_a_slow_disk(|disk| async move {
        let shop = Shop::with(profiles::vscode(), &[LOOK]).await;
        let row = async |action: &str| {
            let rows = shop.world.editor.execute("stackspot-lsp.actions", json!([{ "action": action }])).await;
            rows[0]["title"].as_str().map(str::to_owned)
        };
        assert_eq!(row("explain").await.as_deref(), Some("Explain with StackSpot AI"));
        disk.send(()).unwrap();
        assert_eq!(row("look").await.as_deref(), Some("Look for holes (look.md)"));
        shop.world.finish().await;
    });
}

#[test]
fn automatic_menus_do_not_announce_prompt_files() {
    on_a_slow_disk(|disk| async move {
        let shop = Shop::with(profiles::vscode(), &[LOOK]).await;
        assert_eq!(titles(&shop.bulb().await), Vec::<String>::new());
        disk.send(()).unwrap();
        assert!(titles(&shop.menu().await).iter().any(|it| it == "Look for holes (look.md)"));
        assert_eq!(shop.world.editor.messages(), Vec::<String>::new());
        shop.world.finish().await;
    });
}

#[test]
fn action_fails_with_a_reason_when_prompt_file_is_not_read() {
    on_a_slow_disk(|disk| async move {
        let shop = Shop::with(profiles::vscode(), &[LOOK]).await;
        tokio::time::pause();
        let run = shop.world.run(shop.params("look"));
        let time = async {
            loop {
                tokio::time::advance(Duration::from_millis(100)).await;
            }
        };
        let error = tokio::select! { error = run => error.unwrap_err(), () = time => unreachable!() };
        assert!(error["message"].as_str().unwrap().ends_with("; the prompt files are still being read"), "{error}");
        tokio::time::resume();
        disk.send(()).unwrap();
        assert_eq!(shop.world.message().await.0, 3);
        shop.world.finish().await;
    });
}
