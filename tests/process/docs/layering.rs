//! The floors of docs/architecture.md, checked against the imports of the files of `src`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use syn::visit::{self, Visit};

use crate::pages::{files, read, root};

/// The path of a module in the crate: `["server", "wire", "menu"]`.
type Module = Vec<String>;

/// The imports and re-exports of a file.
#[derive(Default)]
struct Imports {
    /// The module of this file.
    own: Module,
    /// Each path into the crate, from its root.
    paths: BTreeSet<Module>,
    /// The last word of each `pub use`, and its target.
    passed_on: BTreeMap<String, Module>,
}

impl Imports {
    /// The absolute path from the crate root, or `None` if the path leads out of the crate.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([&self.own[..], rest].concat()),
            "super" => {
                let up = path.iter().take_while(|word| *word == "super").count();
                Some([&self.own[..self.own.len().checked_sub(up)?], &path[up..]].concat())
            }
            _ => None,
        }
    }

    fn tree(&mut self, before: &[String], tree: &syn::UseTree, is_passed_on: bool) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(&path.ident), &path.tree, is_passed_on),
            syn::UseTree::Name(name) if name.ident == "self" => self.path(before, is_passed_on),
            syn::UseTree::Name(name) => self.path(&with(&name.ident), is_passed_on),
            syn::UseTree::Rename(name) => self.path(&with(&name.ident), is_passed_on),
            syn::UseTree::Glob(_) => self.path(before, false),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(before, tree, is_passed_on)),
        }
    }

    fn path(&mut self, path: &[String], is_passed_on: bool) {
        // `pub use catalogue::Catalogue` names a module below this one.
        let absolute = self.absolute(path).unwrap_or_else(|| [&self.own[..], path].concat());
        if is_passed_on {
            let name = absolute.last().cloned().unwrap_or_default();
            self.passed_on.insert(name, absolute.clone());
        }
        self.paths.insert(absolute);
    }

    /// A path in the code. `child::f()` leads into a module below this one. A single word may be a variable.
    fn inside(&mut self, path: &[String]) {
        let below = || (path.len() > 1).then(|| [&self.own[..], path].concat());
        self.paths.extend(self.absolute(path).or_else(below));
    }
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&[], &item.tree, !matches!(item.vis, syn::Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.inside(&words);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        // Only the macro knows the form of its arguments. Here they are words, without visibilities and texts.
        let text = item.tokens.to_string().replace(" :: ", "::").replace("(in crate", "(").replace("\\\"", "");
        let words = text.split('"').step_by(2).flat_map(|code| code.split(|letter: char| !is_of_path(letter)));
        for path in words.filter(|path| path.contains("::")) {
            self.inside(&path.split("::").map(str::to_owned).collect::<Vec<_>>());
        }
        visit::visit_macro(self, item);
    }

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {
        // A visibility is not an import.
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        // Tests may import everything.
        if item.ident != "tests" {
            self.own.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.own.pop();
        }
    }
}

fn is_of_path(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | ':')
}

/// The imports and task starts of each file of the program, without test files.
static PROGRAM: LazyLock<BTreeMap<Module, (Imports, Spawns)>> = LazyLock::new(|| {
    let source = root().join("src");
    let mut program = BTreeMap::new();
    for file in files(&source, ".rs") {
        let own = module(&source, &file);
        if own.iter().any(|name| name == "tests") {
            continue;
        }
        let text = read(&file);
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut imports = Imports { own: own.clone(), ..Imports::default() };
        imports.visit_file(&parsed);
        // `session.spawn` also starts its task by `tasks`.
        let named = text.matches("tasks::spawn(").count() + text.matches("session.spawn(").count();
        let mut spawns = Spawns { bare: Vec::new(), named };
        spawns.visit_file(&parsed);
        program.insert(own, (imports, spawns));
    }
    program
});

/// Each module of the program that is a file, and the modules that it imports. The import of a re-exported name
/// counts as an import of the module that defines it.
static IMPORTS: LazyLock<BTreeMap<Module, BTreeSet<Module>>> = LazyLock::new(|| {
    let read_files = &*PROGRAM;
    let resolved = |path: &Module| {
        let mut path = path.clone();
        // No name is re-exported more than eight times.
        for _ in 0..8 {
            let known = (0..=path.len()).rev().find(|length| read_files.contains_key(&path[..*length]))?;
            let passed_on = path.get(known).and_then(|name| read_files[&path[..known]].0.passed_on.get(name));
            match passed_on {
                Some(from) => path = [&from[..], &path[known + 1..]].concat(),
                None => return Some(path[..known].to_vec()),
            }
        }
        None
    };
    let own = |(module, (imports, _)): (&Module, &(Imports, Spawns))| {
        let all: BTreeSet<Module> = imports.paths.iter().filter_map(resolved).filter(|it| it != module).collect();
        (module.clone(), all)
    };
    read_files.iter().map(own).collect()
});

fn module(source: &Path, file: &Path) -> Module {
    let path = file.strip_prefix(source).unwrap().with_extension("");
    let mut names: Module = path.iter().map(|name| name.to_str().unwrap().to_owned()).collect();
    if names.last().is_some_and(|name| matches!(name.as_str(), "mod" | "lib" | "main")) {
        names.pop();
    }
    names
}

/// The first cell of each row in a table of docs/architecture.md, from top to bottom.
fn first_cells(name: &str) -> Vec<String> {
    let page = read("docs/architecture.md");
    let begin = format!("<!-- {name}: begin -->");
    let table = page.split(&begin).nth(1).and_then(|rest| rest.split(&format!("<!-- {name}: end -->")).next());
    let rows = table.unwrap_or_else(|| panic!("a table of {name}")).lines().filter_map(|row| row.strip_prefix("| "));
    rows.filter_map(|row| row.split(" |").next()).filter(|cell| cell.starts_with('`')).map(str::to_owned).collect()
}

/// Fails on each import from a floor to a higher one. The table begins with the highest floor.
fn no_import_leads_up(name: &str, folder: &[&str]) {
    let floors: Vec<String> = first_cells(name).iter().map(|cell| cell.replace('`', "")).collect();
    let height = |module: &Module| {
        let below = module.strip_prefix(&folder.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..])?;
        let floor = below.first()?;
        let at = floors.iter().position(|it| it.split('/').next_back() == Some(floor));
        Some(floors.len() - at.unwrap_or_else(|| panic!("{} has no floor in the table of {name}", module.join("::"))))
    };
    let mut wrong = Vec::new();
    for (from, all) in &*IMPORTS {
        for to in all {
            if let (Some(lower), Some(higher)) = (height(from), height(to))
                && lower < higher
            {
                wrong.push(format!("{} imports {}", from.join("::"), to.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "These lead up a floor of the table in docs/architecture.md:\n{}", wrong.join("\n"));
    assert!(floors.len() > 5, "floors: {floors:?}");
}

#[test]
fn imports_of_the_program_do_not_lead_to_a_higher_floor() {
    no_import_leads_up("floors of src", &[]);
}

#[test]
fn imports_of_the_server_do_not_lead_to_a_higher_floor() {
    no_import_leads_up("floors of src/server", &["server"]);
}

/// The circles of files that import one another, as the page names them: the folder in `src`, then its modules.
/// The file `mod.rs` of the folder is `mod`.
fn circles(imports: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeSet<String> {
    let reached = |from| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(module) = next.pop() {
            next.extend(imports.get(module).into_iter().flatten().filter(|to| seen.insert(*to)));
        }
        seen
    };
    let all: BTreeMap<&Module, BTreeSet<&Module>> = imports.keys().map(|module| (module, reached(module))).collect();
    let circle = |module: &Module| {
        let files: Vec<String> =
            all[module].iter().filter(|to| all[**to].contains(module)).map(|to| in_folder(to)).collect();
        let folder = module.first().map_or("", String::as_str);
        (!files.is_empty()).then(|| format!("`src/{folder}`: {}", files.join(", ")))
    };
    imports.keys().filter_map(circle).collect()
}

/// The name of a module in its folder of `src`.
fn in_folder(module: &Module) -> String {
    let below = module.get(1..).unwrap_or_default().join("::");
    format!("`{}`", if below.is_empty() { "mod" } else { &below })
}

#[test]
fn every_circle_of_files_is_named_with_its_reason() {
    let found = circles(&IMPORTS);
    let named: BTreeSet<String> = first_cells("circles").into_iter().collect();
    let unnamed: Vec<_> = found.difference(&named).collect();
    assert!(unnamed.is_empty(), "circles that docs/architecture.md does not name: {unnamed:#?}");
    let gone: Vec<_> = named.difference(&found).collect();
    assert!(gone.is_empty(), "these circles do not exist: take their rows out of docs/architecture.md: {gone:#?}");
}

/// The places where a file spawns a task without `tasks`, and the number of tasks that it spawns by name.
struct Spawns {
    bare: Vec<String>,
    named: usize,
}

impl<'ast> Visit<'ast> for Spawns {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let is_one = matches!(words.last().map(String::as_str), Some("spawn" | "spawn_local"));
        let of = words.iter().rev().nth(1).map(String::as_str);
        if is_one && matches!(of, None | Some("tokio" | "task" | "runtime")) {
            self.bare.push(words.join("::"));
        }
        visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        fn names_one(tree: &syn::UseTree) -> bool {
            match tree {
                syn::UseTree::Path(path) => names_one(&path.tree),
                syn::UseTree::Name(name) => name.ident == "spawn" || name.ident == "spawn_local",
                syn::UseTree::Rename(name) => name.ident == "spawn" || name.ident == "spawn_local",
                syn::UseTree::Group(group) => group.items.iter().any(names_one),
                syn::UseTree::Glob(_) => false,
            }
        }
        if names_one(&item.tree) {
            self.bare.push("use … spawn".to_owned());
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }
}

#[test]
fn every_task_is_spawned_by_the_tasks_module() {
    // The module `tasks` itself may spawn.
    let others = || PROGRAM.iter().filter(|(module, _)| **module != ["tasks"]);
    let of = |(module, (_, spawns)): (&Module, &(Imports, Spawns))| {
        spawns.bare.iter().map(|what| format!("src/{}: {what}", module.join("/"))).collect::<Vec<_>>()
    };
    let bare: Vec<String> = others().flat_map(of).collect();
    let named: usize = others().map(|(_, (_, spawns))| spawns.named).sum();
    assert!(bare.is_empty(), "`tasks::spawn` names the task and tells of its panic; these do not: {bare:#?}");
    assert!(named > 20, "{named} tasks");
}
