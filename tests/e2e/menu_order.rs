//! The first entry in the menu of code actions, in the order of each editor. A user can take it by one key.
//! Therefore it sends or overwrites nothing, unless the user came for that.

use serde_json::{Value, json};

use crate::support::peer::Script;
use crate::support::profiles::{self, Profile};
use crate::world::{BETTER, FUNCTION, SOURCE, URI, World, titles, with};

/// The problem that another server reports in the function.
pub fn problem(world: &World) -> Value {
    json!({ "range": world.editor.range_of(URI, "sum + item"), "severity": 2, "source": "linter", "message": "use sum()" })
}

/// The title of the other server's entry.
pub const OF_ANOTHER: &str = "Disable this rule";

/// The code action of the other server for its problem.
fn of_another_server(problem: &Value) -> Value {
    json!({ "title": OF_ANOTHER, "kind": "quickfix", "diagnostics": [problem], "command": {} })
}

/// The position of an entry's kind in the menus that are sorted by kind.
fn group(action: &Value) -> usize {
    let kind = action["kind"].as_str().unwrap_or_default();
    let sorted = ["quickfix", "refactor.extract", "refactor.inline", "refactor.rewrite", "refactor", "source"];
    sorted.iter().position(|known| kind.starts_with(known)).unwrap_or(sorted.len())
}

fn without_problems(action: &Value) -> bool {
    action["diagnostics"].as_array().is_none_or(Vec::is_empty)
}

fn not_preferred(action: &Value) -> bool {
    action["isPreferred"] != true
}

/// The menu as the user sees it, with the entries of this server and of another one, before or after. The orders
/// those of VS Code's `codeActionItem`s, of Helix's `code_action` and of kak-lsp's `editor_code_actions`.
fn seen(profile: &Profile, ours: &[Value], others: &[Value]) -> Vec<Value> {
    let mut all = [others, ours].concat();
    match profile.name {
        "vscode-1.139" | "helix-25.07" => {
            all.sort_by_key(|action| (group(action), without_problems(action), not_preferred(action)));
        }
        "kak-lsp" => {
            all = [ours, others].concat();
            all.sort_by_key(group);
        }
        // In its prompt, `Return` takes the preferred entry.
        "eglot-1.17" => all.sort_by_key(not_preferred),
        _ => all = [ours, others].concat(),
    }
    all
}

/// The titles as the user sees them with the cursor in the function.
pub async fn menu(world: &World, problems: Value) -> Vec<String> {
    let context = json!({ "diagnostics": problems, "triggerKind": 1 });
    let ours = world.editor.code_actions_in(URI, &world.editor.range_of(URI, FUNCTION), context).await;
    let others: Vec<Value> = problems.as_array().unwrap().iter().map(of_another_server).collect();
    titles(&seen(&world.profile, &ours, &others))
}

async fn proposed(world: &World, reply: &str) {
    world.peer.expect_chat(Script::stream().text(reply).end());
    let result = world.run(with(world.params("refactor"), "apply", json!("review"))).await.unwrap();
    assert_eq!(result["outcome"], "proposed", "{}", world.profile.name);
}

#[tokio::test]
async fn fix_is_not_first_without_problems_or_waiting_edits() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let sorts_by_kind = ["vscode", "helix", "kak"].iter().any(|stem| world.profile.name.starts_with(stem));
        let first = if sorts_by_kind { "Refactor" } else { "Explain" };
        let titles = menu(&world, json!([])).await;
        assert!(titles[0].starts_with(first), "{}: {titles:?}", world.profile.name);
        assert!(titles.iter().any(|title| title.starts_with("Fix problems here")), "{titles:?}");

        let actions = world.editor.code_actions(URI, &world.editor.range_of(URI, FUNCTION)).await;
        assert!(actions.iter().all(|action| action["kind"] != "quickfix" && action.get("isPreferred").is_none()));
        world.finish().await;
    }
}

#[tokio::test]
async fn fix_is_our_first_action_at_a_problem_but_not_preferred() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        let titles = menu(&world, json!([problem(&world)])).await;
        let ours = titles.iter().find(|title| *title != OF_ANOTHER).unwrap();
        assert!(ours.starts_with("Fix with"), "{}: {titles:?}", world.profile.name);
        assert!(titles[..2].contains(ours), "{}: {titles:?}", world.profile.name);

        let context = json!({ "diagnostics": [problem(&world)], "triggerKind": 1 });
        let actions = world.editor.code_actions_in(URI, &world.editor.range_of(URI, FUNCTION), context).await;
        assert!(actions.iter().all(|action| action.get("isPreferred").is_none()), "{actions:?}");
        world.finish().await;
    }
}

#[tokio::test]
async fn waiting_edit_is_first_in_the_menu_even_at_a_problem() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        proposed(&world, BETTER).await;
        for problems in [json!([]), json!([problem(&world)])] {
            let titles = menu(&world, problems).await;
            assert!(titles[0].starts_with("Apply “"), "{}: {titles:?}", world.profile.name);
            let all = ["Preview “", "Discard “"];
            let ours: Vec<&String> = titles[1..].iter().filter(|title| *title != OF_ANOTHER).collect();
            assert!(all.iter().zip(ours).all(|(start, title)| title.starts_with(start)), "{titles:?}");
        }
        world.editor.execute("stackspot-lsp.discard", json!([{ "jobId": only_job(&world).await }])).await;
        world.finish().await;
    }
}

async fn only_job(world: &World) -> Value {
    world.editor.execute("stackspot-lsp.status", Value::Null).await["jobs"][0]["jobId"].clone()
}

#[tokio::test]
async fn first_action_keeps_what_user_typed_in_a_waiting_edit() {
    let counted = FUNCTION.replace("sum + item.price", "sum + item.price * item.count");
    for (reply, first) in [(&*counted, "merged with your changes"), (BETTER, "Preview “")] {
        for profile in profiles::all().into_iter().filter(|profile| profile.declares("/workspace/applyEdit")) {
            let world = World::open(profile).await;
            proposed(&world, reply).await;
            world.editor.replace(URI, "sum = 0", "sum = 0.0");
            let context = json!({ "diagnostics": [problem(&world)], "triggerKind": 1 });
            let at = world.editor.range_of(URI, "sum = 0.0");
            let ours = world.editor.code_actions_in(URI, &at, context).await;
            let titles = titles(&seen(&world.profile, &ours, &[of_another_server(&problem(&world))]));
            assert!(titles[0].contains(first), "{}: {titles:?}", world.profile.name);
            assert!(titles.iter().any(|title| title.ends_with("in place of your changes")), "{titles:?}");
            world.editor.execute("stackspot-lsp.discard", json!([{ "jobId": only_job(&world).await }])).await;
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn cancel_is_first_in_the_menu_while_a_job_runs() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        proposed(&world, BETTER).await;
        let waiting = only_job(&world).await;
        let chat = world.peer.expect_chat(Script::stream().text("Some words").stall());
        world.editor.execute("stackspot-lsp.run", json!([world.params("explain")])).await;
        chat.arrived().await;
        let titles = menu(&world, json!([problem(&world)])).await;
        assert!(titles[0].starts_with("Cancel “Explain"), "{}: {titles:?}", world.profile.name);

        world.editor.execute("stackspot-lsp.cancel", json!([{}])).await;
        chat.closed().await;
        world.wait_for_no_running_jobs().await;
        world.editor.execute("stackspot-lsp.discard", json!([{ "jobId": waiting }])).await;
        assert_eq!(world.editor.text(URI), SOURCE);
        world.editor.shown_documents();
        world.finish().await;
    }
}

#[tokio::test]
async fn quick_fix_key_does_not_apply_a_waiting_edit() {
    for profile in profiles::all() {
        let world = World::open(profile).await;
        proposed(&world, BETTER).await;
        let range = world.editor.range_of(URI, FUNCTION);
        let only = |kind: &str| json!({ "diagnostics": [problem(&world)], "only": [kind], "triggerKind": 1 });
        let fixes = world.editor.code_actions_in(URI, &range, only("quickfix")).await;
        assert_eq!(titles(&fixes), ["Fix with StackSpot AI"], "{}", world.profile.name);
        let waiting = world.editor.code_actions_in(URI, &range, only("stackspot-lsp.apply")).await;
        assert!(waiting.len() == 1 && titles(&waiting)[0].starts_with("Apply “"), "{waiting:?}");
        if world.profile.declares("/textDocument/codeAction/codeActionLiteralSupport") {
            assert_eq!(waiting[0]["kind"], "stackspot-lsp.apply", "the client keeps the kinds that it asked for");
        }
        world.editor.execute("stackspot-lsp.discard", json!([{ "jobId": only_job(&world).await }])).await;
        world.finish().await;
    }
}
