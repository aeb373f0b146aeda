//! Each file in `scopes/` shows the definitions at points in one language.
//!
//! The file name is the language identifier. A line `=== TITLE` starts a story in the file.
//!
//! A story is a text with a point `‸` and the scope at this point as `«…»`. A story without `«` expects no scope. Tabs
//! are drawn as `→`. Every story runs with LF and with CRLF line breaks.

use std::{fs, path::Path};

use ropey::Rope;
use stackspot_lsp::testing::syntax::{Syntax, enclosing_definition, language};

struct Story {
    name: String,
    syntax: Syntax,
    picture: String,
}

fn stories() -> Vec<Story> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/component/syntax/scopes");
    let mut stories = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let file = path.file_stem().unwrap().to_str().unwrap();
        let syntax = language(file, None).unwrap_or_else(|| panic!("{file} is no language"));
        let mut parts = text.split("\n=== ");
        assert_eq!(parts.next().unwrap().trim(), "", "{file} starts with a story");
        for part in parts {
            let (title, picture) = part.split_once('\n').unwrap();
            stories.push(Story { name: format!("{file}: {title}"), syntax, picture: picture.to_owned() });
        }
    }
    stories
}

/// The text and the point of a picture.
fn undrawn(picture: &str) -> (String, usize) {
    let plain = picture.replace(['«', '»'], "");
    let point = plain.find('‸').expect("a story has a point");
    (plain.replacen('‸', "", 1), point)
}

/// The picture of a text with its point and its scope.
fn draw(text: &str, point: usize, scope: Option<std::ops::Range<usize>>) -> String {
    let mut marks = vec![(point, 1, '‸')];
    if let Some(scope) = scope {
        marks.push((scope.start, 0, '«'));
        marks.push((scope.end, 2, '»'));
    }
    marks.sort();
    let mut drawn = text.to_owned();
    for (at, _, mark) in marks.into_iter().rev() {
        drawn.insert(at, mark);
    }
    drawn
}

#[test]
fn a_point_means_the_definition_around_it() {
    crate::syntax::with_the_worker();
    let stories = stories();
    let mut failures = Vec::new();
    let mut of_language = std::collections::HashMap::<_, usize>::new();
    for Story { name, syntax, picture } in &stories {
        *of_language.entry(*syntax).or_default() += 1;
        for eol in ["\n", "\r\n"] {
            let picture = picture.replace('→', "\t").replace('\n', eol);
            let (text, point) = undrawn(&picture);
            let scope = enclosing_definition(&Rope::from_str(&text), *syntax, point..point);
            let drawn = draw(&text, point, scope);
            if drawn != picture {
                failures.push(format!("{name} ({eol:?})\n--- expected\n{picture}\n--- found\n{drawn}"));
                break;
            }
        }
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), stories.len(), failures.join("\n\n"));
    for syntax in Syntax::ALL {
        // The scope in JSON with comments is the same as in JSON.
        let stories = of_language.get(&syntax).copied().unwrap_or_default();
        assert!(stories >= 3 || syntax == Syntax::Jsonc, "{syntax:?} has {stories} stories");
    }
}
