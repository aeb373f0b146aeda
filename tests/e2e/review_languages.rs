//! Reviewed files in other languages: each remark has its place, and each fix is exact.

use serde_json::{Value, json};

use crate::support::peer::Script;
use crate::support::profiles;
use crate::world::World;

/// A file, its remarks, and its text after all safe fixes.
struct Case {
    name: &'static str,
    language: &'static str,
    text: &'static str,
    /// The lines as the agent counted them, the severity, the quoted line, and the new text, if any.
    remarks: &'static [(&'static str, &'static str, &'static str, Option<&'static str>)],
    /// The lines of the remarks, counted from one, in the order of the answer.
    at: &'static [u64],
    /// The number of fixes. A remark has no fix if only the number distinguishes its line from an equal line.
    fixes: usize,
    fixed: &'static str,
}

const CASES: &[Case] = &[
    Case {
        name: "proxy.go",
        language: "go",
        text: "package main\n\nfunc start() error {\n\tresult := make(chan error)\n\tgo func() {\n\t\tresult <- wait()\n\t}()\n\tselect {\n\tcase err := <-result:\n\t\treturn err\n\tcase <-time.After(limit):\n\t\treturn errLate\n\t}\n\tpanic(\"not reachable\")\n}\n",
        remarks: &[
            ("4", "warning", "result := make(chan error)", Some("\tresult := make(chan error, 1)")),
            (
                "11-12",
                "warning",
                "case <-time.After(limit):",
                Some("\tcase <-time.After(limit):\n\t\tcmd.Process.Kill()\n\t\treturn errLate"),
            ),
            ("12", "hint", "panic(\"not reachable\")", Some("")),
            ("9", "information", "case err := <-result:", None),
        ],
        at: &[4, 11, 14, 9],
        fixes: 3,
        fixed: "package main\n\nfunc start() error {\n\tresult := make(chan error, 1)\n\tgo func() {\n\t\tresult <- wait()\n\t}()\n\tselect {\n\tcase err := <-result:\n\t\treturn err\n\tcase <-time.After(limit):\n\t\tcmd.Process.Kill()\n\t\treturn errLate\n\t}\n}\n",
    },
    Case {
        name: "Listing.cs",
        language: "csharp",
        text: "class Listing\n{\n    static string Names(Package[] packages)\n    {\n        var json = new StringBuilder();\n        foreach (var package in packages)\n        {\n            string id = Quoted(package.Id);\n            json.Append(id);\n        }\n        json.Append(String.Format(\"\\\"count\\\":{0}\", packages.Length));\n        return json.ToString();\n    }\n}\n",
        remarks: &[
            ("8-9", "hint", "string id = Quoted(package.Id);", Some("            json.Append(Quoted(package.Id));")),
            (
                "13",
                "hint",
                "json.Append(String.Format(\"\\\"count\\\":{0}\", packages.Length));",
                Some("json.AppendFormat(\"\\\"count\\\":{0}\", packages.Length);"),
            ),
        ],
        at: &[8, 11],
        fixes: 2,
        fixed: "class Listing\n{\n    static string Names(Package[] packages)\n    {\n        var json = new StringBuilder();\n        foreach (var package in packages)\n        {\n            json.Append(Quoted(package.Id));\n        }\n        json.AppendFormat(\"\\\"count\\\":{0}\", packages.Length);\n        return json.ToString();\n    }\n}\n",
    },
    Case {
        name: "clipboard.lua",
        language: "lua",
        text: "function M.copy(reg)\n  local board = reg == '+' and 'c' or 'p'\n  return put(board)\nend\n\nfunction M.paste(reg)\n  local board = reg == '+' and 'c' or 'p'\n  local found = nil\n  return get(board, found)\nend\n",
        remarks: &[
            ("7", "hint", "local board = reg == '+' and 'c' or 'p'", Some("  local board = board_of(reg)")),
            ("8", "hint", "local found = nil", Some("  local found")),
        ],
        at: &[7, 8],
        fixes: 1,
        fixed: "function M.copy(reg)\n  local board = reg == '+' and 'c' or 'p'\n  return put(board)\nend\n\nfunction M.paste(reg)\n  local board = reg == '+' and 'c' or 'p'\n  local found\n  return get(board, found)\nend\n",
    },
    Case {
        name: "Cart.java",
        language: "java",
        text: "class Cart {\r\n    int total(List<Item> items) {\r\n        int sum = 0;\r\n        for (Item item : items)\r\n            sum += item.price;\r\n        return sum;\r\n    }\r\n}\r\n",
        remarks: &[
            ("5", "error", "int sum = 0;", Some("long sum = 0;")),
            ("4-5", "warning", "for (Item item : items)", Some("for (Item item : items) {\n    sum += item.price;\n}")),
        ],
        at: &[3, 4],
        fixes: 2,
        fixed: "class Cart {\r\n    int total(List<Item> items) {\r\n        long sum = 0;\r\n        for (Item item : items) {\r\n            sum += item.price;\r\n        }\r\n        return sum;\r\n    }\r\n}\r\n",
    },
    Case {
        name: "basket.ts",
        language: "typescript",
        text: "export function names(items: Item[]): string[] {\n  const out = [];\n  for (const item of items) {\n    if (item.name != null) out.push(item.name);\n  }\n  return out;\n}\n",
        remarks: &[
            ("2", "warning", "const out = [];", Some("  const out: string[] = [];")),
            (
                "4",
                "hint",
                "if (item.name != null) out.push(item.name);",
                Some("    if (item.name !== null) out.push(item.name);"),
            ),
        ],
        at: &[2, 4],
        fixes: 2,
        fixed: "export function names(items: Item[]): string[] {\n  const out: string[] = [];\n  for (const item of items) {\n    if (item.name !== null) out.push(item.name);\n  }\n  return out;\n}\n",
    },
    Case {
        name: "cart.rb",
        language: "ruby",
        text: "def total(items)\n  sum = 0\n  items.each do |item|\n    sum = sum + item.price\n  end\n  return sum\nend\n",
        remarks: &[
            ("6", "hint", "return sum", Some("  sum")),
            ("4", "hint", "sum = sum + item.price", Some("    sum += item.price")),
        ],
        at: &[6, 4],
        fixes: 2,
        fixed: "def total(items)\n  sum = 0\n  items.each do |item|\n    sum += item.price\n  end\n  sum\nend\n",
    },
    Case {
        name: "Reader.php",
        language: "php",
        text: "<?php\n\nfunction start($file)\n{\n    $at = ftell($file);\n    try {\n        rewind($file);\n        $text = fread($file, 4);\n        fseek($file, $at);\n        return $text;\n    } catch (Throwable) {\n        return null;\n    }\n}\n",
        remarks: &[(
            "6-13",
            "warning",
            "try {",
            Some(
                "    try {\n        rewind($file);\n        return fread($file, 4);\n    } catch (Throwable) {\n        return null;\n    } finally {\n        fseek($file, $at);\n    }",
            ),
        )],
        at: &[6],
        fixes: 1,
        fixed: "<?php\n\nfunction start($file)\n{\n    $at = ftell($file);\n    try {\n        rewind($file);\n        return fread($file, 4);\n    } catch (Throwable) {\n        return null;\n    } finally {\n        fseek($file, $at);\n    }\n}\n",
    },
    // The second remark's last line is one too many. Its fix would delete that line.
    Case {
        name: "Shown.java",
        language: "java",
        text: "class Shown {\n    View show(int id) {\n        int size = 5;\n        View view = new View(size);\n        Optional<Owner> found = owners.findById(id);\n        Owner owner = found.orElseThrow();\n        view.addObject(owner);\n        return view;\n    }\n}\n",
        remarks: &[
            ("3", "hint", "int size = 5;", Some("        final int size = 5;")),
            (
                "5-7",
                "hint",
                "Optional<Owner> found = owners.findById(id);",
                Some("        Owner owner = owners.findById(id).orElseThrow();"),
            ),
        ],
        at: &[3, 5],
        fixes: 1,
        fixed: "class Shown {\n    View show(int id) {\n        final int size = 5;\n        View view = new View(size);\n        Optional<Owner> found = owners.findById(id);\n        Owner owner = found.orElseThrow();\n        view.addObject(owner);\n        return view;\n    }\n}\n",
    },
];

fn answer(case: &Case) -> String {
    let block = |(at, (lines, severity, quoted, new)): (usize, &(&str, &str, &str, Option<&str>))| {
        let new =
            new.map(|new| if new.is_empty() { "<new></new>\n".to_owned() } else { format!("<new>\n{new}\n</new>\n") });
        let new = new.unwrap_or_default();
        format!(
            "<remark lines=\"{lines}\" severity=\"{severity}\">\n<at>{quoted}</at>\n<say>Remark number {at}.</say>\n{new}</remark>\n"
        )
    };
    case.remarks.iter().enumerate().map(block).collect()
}

#[tokio::test]
async fn remarks_and_fixes_are_exact_in_every_language() {
    let world = World::start(profiles::vscode()).await;
    for case in CASES {
        let uri = format!("file:///home/ana/shop/{}", case.name);
        world.editor.open(&uri, case.language, case.text);
        // The answer arrives in pieces that end anywhere.
        world.peer.expect_chat(Script::stream().in_pieces_of(17).text(&answer(case)).end());
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": world.editor.end_of(&uri) });
        let document = json!({ "uri": uri, "version": world.editor.version(&uri) });
        let result = world.run(json!({ "action": "review", "textDocument": document, "range": range })).await.unwrap();
        let remarks = result["remarks"].as_array().unwrap();
        let at: Vec<u64> = remarks.iter().map(|it| it["range"]["start"]["line"].as_u64().unwrap() + 1).collect();
        assert_eq!(at, case.at, "{}: {result}", case.name);
        let fixes = |rows: &[Value]| rows.iter().filter(|it| it["edit"].is_object()).count();
        assert_eq!(fixes(remarks), case.fixes, "{}: {result}", case.name);
        let all = json!([{ "jobId": result["jobId"], "remarks": "safe" }]);
        world.editor.execute("stackspot-lsp.apply", all).await;
        world.editor.wait_for_text(&uri, |text| text != case.text).await;
        assert_eq!(world.editor.text(&uri), case.fixed, "{}", case.name);
        let left = world.editor.wait_until("what is left", |state| {
            let latest = state.take_all(&["textDocument/publishDiagnostics"]).pop()?;
            latest["diagnostics"].as_array().map(Vec::len).filter(|left| *left == case.remarks.len() - case.fixes)
        });
        left.await;
    }
    assert_eq!(world.editor.edits().len(), CASES.len(), "of each file all are one edit");
    world.finish().await;
}
