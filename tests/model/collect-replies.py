#!/usr/bin/env python3
"""Asks a real model with the built-in prompts and keeps what it says as stories of `tests/component/edit/stories`.

    tests/model/collect-replies.py BINARY MODEL_URL

Each pair of an action and a selection below becomes `model-….txt`; one that exists is left alone. Then run
`UPDATE_STORIES=1 cargo test --test component edit::stories`, which adds what becomes of each text, and read every result.
"""

import pathlib
import sys

from editor import Editor

STORIES = pathlib.Path(__file__).resolve().parent.parent / "edit" / "stories"

# Name, language, actions, and the text with its selection, which is whole lines, between « and ».
SOURCES = [
    ("python-total", "python", "refactor fix document explain review test ask:What happens if a price is missing?", '''\
"""A basket."""


«def total(items, discount=0):
    result = 0
    for item in items:
        if item.price is not None:
            result = result + item.price * item.count
    return result - result * discount / 100
»

def count(items):
    return len(items)
'''),
    ("python-method", "python", "refactor document", '''\
class Basket:
    def __init__(self):
        self.items = []

«    def add(self, item):
        if item in self.items:
            return False
        else:
            self.items.append(item)
            return True
»
    def clear(self):
        self.items = []
'''),
    ("python-line", "python", "refactor fix", '''\
def mean(prices):
«    return sum(prices) / len(price)
»'''),
    ("rust-mean", "rust", "refactor fix document explain test ask:Can this panic?", '''\
//! Prices.

«pub fn mean(prices: &[f64]) -> f64 {
    let mut sum = 0.0;
    for price in prices.iter() {
        sum = sum + price;
    }
    return sum / prices.len() as f64;
}
»
pub struct Price(pub f64);
'''),
    ("rust-match", "rust", "refactor document", '''\
impl Shelf {
«    fn label(&self) -> String {
        match self.kind {
            Kind::Book => String::from("book"),
            Kind::Game => String::from("game"),
        }
    }
»}
'''),
    ("javascript-fetch", "javascript", "refactor fix document review test", '''\
const base = "/api";

«function load(id, done) {
  fetch(base + "/items/" + id).then(function (response) {
    done(null, response.json());
  });
}
»
module.exports = { load };
'''),
    ("typescript-type", "typescript", "refactor document", '''\
export interface Item {
  name: string;
}

«export function names(items: Item[]): string[] {
  const result = [];
  for (let i = 0; i < items.length; i++) {
    result.push(items[i].name);
  }
  return result;
}
»'''),
    ("go-sum", "go", "refactor fix document test", '''\
package shop

«func Sum(prices []int) int {
\ttotal := 0
\tfor i := 0; i < len(prices); i++ {
\t\ttotal = total + prices[i]
\t}
\treturn total
}
»'''),
    ("java-getter", "java", "refactor document test", '''\
public class Item {
    private int count;

«    public boolean isEmpty() {
        if (count == 0) {
            return true;
        } else {
            return false;
        }
    }
»}
'''),
    ("c-copy", "c", "refactor fix", '''\
#include <string.h>

«void copy(char *to, const char *from) {
\tint i;
\tfor (i = 0; i <= strlen(from); i++)
\t\tto[i] = from[i];
}
»'''),
    ("ruby-greet", "ruby", "refactor document", '''\
«def greet(name)
  if name == nil
    return "Hello"
  else
    return "Hello " + name
  end
end
»'''),
    ("bash-backup", "shellscript", "refactor fix", '''\
#!/bin/sh
«for f in `ls *.txt`
do
    cp $f backup/$f
done
»'''),
    ("sql-orders", "sql", "refactor explain ask:Which index would help?", '''\
«select * from orders, customers
where orders.customer = customers.id and customers.country = 'BR';
»'''),
    ("json-package", "json", "refactor fix", '''\
{
«  "name": "shop",
  "version": "1.0.0",
  "private": true
»}
'''),
    ("yaml-service", "yaml", "refactor fix", '''\
services:
«  web:
    image: shop
    ports: [80]
»  db:
    image: postgres
'''),
    ("html-list", "html", "refactor", '''\
<body>
«  <ul>
    <li>One
    <li>Two
  </ul>
»</body>
'''),
    ("css-button", "css", "refactor", '''\
«.button {
  color: #ffffff;
  color: white;
  margin: 0px 0px 0px 0px;
}
»'''),
    ("markdown-steps", "markdown", "refactor fix", '''\
# Install

«1. Download it
2. Run
»
## Use
'''),
    ("toml-one-line", "toml", "refactor", '''\
[package]
«name = "shop"
»version = "1.0.0"
'''),
    ("portuguese-python", "python", "edit:Traduza os comentários para o inglês explain", '''\
«def soma(valores):
    # soma todos os valores
    return sum(valores)
»'''),
    ("edit-rename", "javascript", "edit:Rename the parameter to items", '''\
«function count(x) {
  return x.length;
}
»'''),
    ("edit-comment", "python", "edit:Only add one comment", '''\
«def half(x):
    return x / 2
»'''),
]

PROSE = ("ask", "explain", "review")

# Tests go into a file, whose place is known by the name of the source.
EXTENSIONS = {"python": "py", "rust": "rs", "javascript": "js", "go": "go", "java": "java"}


def tasks(actions):
    """Pairs of an action and its instruction. `edit:` and `ask:` take the words after them, up to the next name of an
    action."""
    words = actions.split()
    while words:
        action, _, first = words.pop(0).partition(":")
        instruction = [first]
        while first and words and words[0] not in PROSE:
            instruction.append(words.pop(0))
        yield action, " ".join(instruction)


def drawn(text):
    """As the stories draw it: tabs, spaces at the end of a line, and an end without a line break."""
    lines = text.replace("\t", "→").split("\n")
    lines = [line.rstrip(" ") + "·" * (len(line) - len(line.rstrip(" "))) for line in lines]
    return "\n".join(lines) + ("" if text.endswith("\n") else "¬\n")


def collect(editor, name, language, action, instruction, source):
    story = STORIES / f"model-{name}-{action}.txt"
    if story.exists():
        return
    uri = f"file:///shop/{story.stem}"
    if action == "test":
        uri = f"file:///shop/{name.replace('-', '_')}.{EXTENSIONS[language]}"
    before, rest = source.split("«")
    selected, after = rest.split("»")
    editor.open(uri, language, before + selected + after)
    first = before.count("\n")
    response, _ = editor.run(action, uri, first, first + selected.count("\n"), instruction)
    if "error" in response:
        print(f"{story.stem}: {response['error']['message']}")
        return
    answer = response["result"]["answer"].replace("\r\n", "\n")
    if not answer or any(mark in answer for mark in "«»→·¬"):
        print(f"{story.stem}: the answer cannot be drawn")
        return
    asked = {"ask": f"asked {instruction!r}", "edit": f"asked to {instruction!r}", "test": "asked to write tests"}
    taken = ", its words taken for code" if action in PROSE else ""
    head = f"title: a real model, {asked.get(action, f'asked to {action}')}{taken}\nlanguage: {language}\n"
    if action == "test":
        head += "becomes: file\n"
    story.write_text(f"{head}--- source\n{drawn(source)}--- reply\n{drawn(answer)}--- result\n")
    print(f"{story.stem}: {response['result']['outcome']}")


def main(binary, model_url):
    editor = Editor([binary, "--sandbox", "--model-url", model_url])
    for name, language, actions, source in SOURCES:
        for action, instruction in tasks(actions):
            collect(editor, name, language, action, instruction, source)
    editor.close()


main(*sys.argv[1:])
