//! The tags of prompts have one list in `src`, and every prompt uses it.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};

use crate::pages::{files, read, root};

/// The texts of a source outside of its tests.
#[derive(Default)]
struct Texts {
    /// Each text, in words.
    literals: Vec<Vec<String>>,
    /// The texts of each array.
    arrays: Vec<Vec<String>>,
    /// The tag of each section and of each frame.
    tags: Vec<String>,
}

fn text(expr: &syn::Expr) -> Option<String> {
    match expr {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

impl<'ast> Visit<'ast> for Texts {
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {
        // A comment is not a list.
    }

    fn visit_lit_str(&mut self, lit: &'ast syn::LitStr) {
        self.literals.push(lit.value().split_whitespace().map(str::to_owned).collect());
    }

    fn visit_expr_array(&mut self, array: &'ast syn::ExprArray) {
        self.arrays.push(array.elems.iter().filter_map(text).collect());
        visit::visit_expr_array(self, array);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(function) = &*call.func {
            let words: Vec<String> = function.path.segments.iter().map(|it| it.ident.to_string()).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            if matches!(words[..], ["Section", "new" | "of_words" | "of_file"] | ["frame_chars"] | ["section"]) {
                self.tags.extend(call.args.iter().find_map(text));
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }
}

#[test]
fn tags_of_prompts_are_listed_once_and_used_from_there() {
    let texts = |file: &std::path::Path| {
        let mut texts = Texts::default();
        texts.visit_file(&syn::parse_file(&read(file)).unwrap());
        texts
    };
    let list = root().join("src/prompt_tags.rs");
    let names: BTreeSet<String> = texts(&list).literals.concat().into_iter().collect();
    assert!(names.len() > 20, "{names:?}");
    let mut used = BTreeSet::new();
    for file in files(&root().join("src"), ".rs").into_iter().filter(|file| *file != list) {
        let texts = texts(&file);
        for list in texts.literals.iter().chain(&texts.arrays) {
            let known = list.iter().filter(|word| names.contains(*word)).count();
            assert!(known < 3 || 2 * known < list.len(), "{} lists tags of prompts: {list:?}", file.display());
        }
        // Elsewhere, a section is one of another text.
        for tag in texts.tags.into_iter().filter(|_| file.starts_with(root().join("src/actions"))) {
            assert!(names.contains(&tag), "{}: `{tag}` is not in src/prompt_tags.rs", file.display());
            used.insert(tag);
        }
    }
    assert!(used.len() > 8, "{used:?}");
}
