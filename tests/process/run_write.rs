//! `stackspot-lsp run --write`: the file itself changes only by the edit, and keeps its attributes.

use crate::child::{Home, ended};
use crate::run::{CHEAPER, PRICE, assert_ended, git, home};
use crate::support::peer::{Gate, Peer, Script};

#[tokio::test]
async fn tests_are_a_diff_or_are_written_without_overwriting() {
    const TESTS: &str = "def test_price():\n    assert price(ITEM) == 1\n";
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text(TESTS).end());
    let home = Home::new().with_all(peer.environment());
    home.file("repo/price.py", PRICE);
    git(&home, "repo", &["init", "-q"]);
    let run = home.run_in("repo", &["run", "test", "price.py:3"]).await;
    assert_ended(&run, 0);
    let path = home.folder.path().join("repo/test_price.py");
    assert!(run.stdout.starts_with("--- /dev/null\n") && !path.exists(), "{}", run.stdout);
    home.file("new.patch", &run.stdout);
    git(&home, "repo", &["apply", home.folder.path().join("new.patch").to_str().unwrap()]);
    assert_eq!(home.read("repo/test_price.py"), TESTS);

    let run = home.run_in("repo", &["run", "test", "price.py:3", "--write"]).await;
    assert_ended(&run, 1);
    assert!(run.stderr.contains("has all of it already: test_price"), "{}", run.stderr);
    assert_eq!(home.read("repo/test_price.py"), TESTS, "nothing is there twice");

    const MORE: &str = "def test_no_price():\n    assert price(None) == 0\n";
    peer.answer_by_default(Script::stream().text(&format!("{TESTS}\n\n{MORE}")).end());
    let run = home.run_in("repo", &["run", "test", "price.py:3", "--write"]).await;
    assert_ended(&run, 0);
    assert!(run.stdout.is_empty() && run.stderr.contains("was added to"), "{} {}", run.stdout, run.stderr);
    assert_eq!(home.read("repo/test_price.py"), format!("{TESTS}\n\n{MORE}"));
    assert_eq!(home.read("repo/price.py"), PRICE);
}

#[tokio::test]
async fn written_file_keeps_its_line_endings_its_bom_and_its_end() {
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text(CHEAPER).end());
    let home = Home::new().with_all(peer.environment());
    let before = format!("\u{feff}{}", PRICE.replace('\n', "\r\n").trim_end());
    home.file("price.py", &before);
    let run = home.run(&["run", "refactor", "price.py:3-4", "--write"]).await;
    assert_ended(&run, 0);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("was changed"), "{}", run.stderr);
    assert_eq!(home.read("price.py"), before.replace("item.price\r", "item.price / 2\r"));
}

#[tokio::test]
async fn first_import_is_written_below_docstring_or_opening_tag() {
    let peer = Peer::start().await;
    let home = Home::new().with_all(peer.environment());
    for (name, source, reply, expected) in [
        (
            "sum.py",
            "\"\"\"Sums.\"\"\"\n\n\ndef total(xs):\n    return sum(xs)\n",
            "<imports>\nfrom math import fsum\n</imports>\n<code>\ndef total(xs):\n    return fsum(xs)\n</code>",
            "\"\"\"Sums.\"\"\"\n\nfrom math import fsum\n\n\ndef total(xs):\n    return fsum(xs)\n",
        ),
        (
            "sum.php",
            "<?php\r\n\r\nfunction total($xs) {\r\n    return array_sum($xs);\r\n}\r\n",
            "<imports>\nuse Shop\\Sum;\n</imports>\n<code>\nfunction total($xs) {\n    return Sum::of($xs);\n}\n</code>",
            "<?php\r\n\r\nuse Shop\\Sum;\r\n\r\nfunction total($xs) {\r\n    return Sum::of($xs);\r\n}\r\n",
        ),
    ] {
        peer.answer_by_default(Script::stream().text(reply).end());
        home.file(name, source);
        let line = source.lines().position(|line| line.contains("total")).unwrap() + 1;
        assert_ended(&home.run(&["run", "refactor", &format!("{name}:{line}"), "--write"]).await, 0);
        assert_eq!(home.read(name), expected);
    }
}

#[cfg(unix)] // symlink
#[tokio::test]
async fn write_through_a_link_keeps_the_link_and_permissions() {
    use std::os::unix::fs::PermissionsExt;

    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text(CHEAPER).end());
    let home = home(&peer).await;
    let target = home.folder.path().join("shop/price.py");
    std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o751)).unwrap();
    let link = home.folder.path().join("link.py");
    std::os::unix::fs::symlink("shop/price.py", &link).unwrap();
    assert_ended(&home.run(&["run", "refactor", "link.py:3", "--write"]).await, 0);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(home.read("shop/price.py").contains("item.price / 2"));
    assert_eq!(std::fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o751);
    let left: Vec<_> = std::fs::read_dir(home.folder.path().join("shop")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing else is left there: {left:?}");
}

#[tokio::test]
async fn file_that_changed_meanwhile_is_not_written() {
    let peer = Peer::start().await;
    let saved = Gate::default();
    let chat = peer.expect_chat(Script::stream().text("def price(item):\n").gate(&saved).text("    return 0\n").end());
    let home = home(&peer).await;
    let mut command = home.command(&["run", "refactor", "shop/price.py:3", "--write"]);
    let child = command.current_dir(home.folder.path()).spawn().unwrap();
    chat.arrived().await;
    let theirs = PRICE.replace("import sys", "import os");
    home.file("shop/price.py", &theirs);
    saved.open();
    let run = ended(child).await;
    assert_ended(&run, 1);
    assert!(run.stderr.contains("It changed on disk"), "{}", run.stderr);
    assert_eq!(home.read("shop/price.py"), theirs);
    assert!(run.stdout.contains("+    return 0"), "the edit is not lost:\n{}", run.stdout);
}

#[tokio::test]
async fn edit_with_a_syntax_error_is_shown_but_not_written() {
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text("def price(item:\n    return (item.price\n").end());
    let home = home(&peer).await;
    let run = home.run(&["run", "refactor", "shop/price.py:3"]).await;
    assert_ended(&run, 0);
    assert!(run.stdout.contains("+def price(item:") && run.stderr.contains("syntax error"), "{run:?}");

    let run = home.run(&["run", "refactor", "shop/price.py:3", "--write"]).await;
    assert_ended(&run, 1);
    assert!(run.stdout.contains("+def price(item:") && run.stderr.contains("syntax error"), "{run:?}");
    assert_eq!(home.read("shop/price.py"), PRICE);
}

#[tokio::test]
async fn tests_are_written_with_json_output_as_well() {
    const TESTS: &str = "def test_price():\n    assert price(ITEM) == 1\n";
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text(TESTS).end());
    let home = Home::new().with_all(peer.environment());
    home.file("repo/price.py", PRICE);
    let run = home.run_in("repo", &["run", "test", "price.py:3", "--write", "--json"]).await;
    assert_ended(&run, 0);
    let result: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(result["outcome"], "applied", "{result}");
    assert_eq!(home.read("repo/test_price.py"), TESTS);

    let run = home.run_in("repo", &["run", "test", "price.py:3", "--json"]).await;
    let result: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(result["outcome"], "answered", "{result}");
}

#[tokio::test]
async fn hard_links_are_kept_and_read_only_file_is_not_written() {
    let peer = Peer::start().await;
    peer.answer_by_default(Script::stream().text(CHEAPER).end());
    let home = home(&peer).await;
    let folder = home.folder.path();
    std::fs::hard_link(folder.join("shop/price.py"), folder.join("other.py")).unwrap();
    assert_ended(&home.run(&["run", "refactor", "shop/price.py:3", "--write"]).await, 0);
    assert!(home.read("shop/price.py").contains("item.price / 2"));
    assert_eq!(home.read("shop/price.py"), home.read("other.py"));

    home.file("fixed.py", PRICE);
    let mut fixed = std::fs::metadata(folder.join("fixed.py")).unwrap().permissions();
    fixed.set_readonly(true);
    std::fs::set_permissions(folder.join("fixed.py"), fixed).unwrap();
    let run = home.run(&["run", "refactor", "fixed.py:3", "--write"]).await;
    assert_ended(&run, 1);
    assert!(run.stderr.contains("read-only"), "{}", run.stderr);
    assert_eq!(home.read("fixed.py"), PRICE);
}
