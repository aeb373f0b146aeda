//! The documents of an editor, and the edits of its user and its server.

use serde_json::{Value, json};

use super::editor_state::State;
use super::editor_text::{Change, apply, follow, offset, range};

#[derive(Debug, Clone)]
pub struct Document {
    pub language: String,
    pub text: String,
    pub version: i32,
    pub undo_steps: usize,
    /// Each version after the first: the previous text, and the changes to it in order.
    history: Vec<(i32, String, Vec<Change>)>,
}

impl State {
    pub fn open(&mut self, uri: &str, language: &str, text: &str) {
        let text = self.profile.behaviour.held(text);
        let document = Document {
            language: language.to_owned(),
            text: text.clone(),
            version: 1,
            undo_steps: 0,
            history: Vec::new(),
        };
        assert!(self.documents.insert(uri.to_owned(), document).is_none(), "{uri} is open already");
        let item = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": item }));
    }

    pub fn close(&mut self, uri: &str) {
        let document = self.documents.remove(uri).unwrap_or_else(|| panic!("{uri} is not open"));
        self.files.insert(uri.to_owned(), document.text);
        self.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    }

    /// The text of an open document. Otherwise the text of a virtual document or a file.
    pub fn text(&self, uri: &str) -> Option<String> {
        let open = self.documents.get(uri).map(|document| document.text.clone());
        open.or_else(|| self.files.get(uri).cloned()).or_else(|| {
            let path = url::Url::parse(uri).ok()?.to_file_path().ok()?;
            std::fs::read_to_string(path).ok()
        })
    }

    /// Changes a document and notifies the server.
    pub fn change(&mut self, uri: &str, changes: Vec<Change>) {
        let message = self.changed(uri, changes).unwrap_or_else(|reason| panic!("{reason}"));
        self.send(message);
    }

    /// Replaces a document with full sync, even if another sync kind was negotiated.
    pub fn rewrite(&mut self, uri: &str, text: &str) {
        let document = self.documents.get_mut(uri).unwrap_or_else(|| panic!("{uri} is not open"));
        let old = std::mem::replace(&mut document.text, text.to_owned());
        let whole = Change { start: 0, end: old.len(), text: text.to_owned() };
        document.version += 1;
        document.history.push((document.version, old, vec![whole]));
        let identifier = json!({ "uri": uri, "version": document.version });
        self.notify(
            "textDocument/didChange",
            json!({ "textDocument": identifier, "contentChanges": [{ "text": text }] }),
        );
    }

    /// Changes a document. Returns the `didChange` that must be sent.
    fn changed(&mut self, uri: &str, changes: Vec<Change>) -> Result<Value, String> {
        let encoding = self.encoding;
        let sync = self.agreement.server["textDocumentSync"].clone();
        let is_incremental = sync == 2 || sync["change"] == 2;
        let document = self.documents.get_mut(uri).ok_or_else(|| format!("{uri} is not open"))?;
        let (text, in_order) = apply(&document.text, changes)?;
        let old = std::mem::replace(&mut document.text, text);
        let mut before = old.clone();
        let mut events = Vec::new();
        for change in &in_order {
            events.push(json!({ "range": range(&before, change, encoding), "text": change.text }));
            before.replace_range(change.start..change.end, &change.text);
        }
        if !is_incremental {
            events = vec![json!({ "text": document.text })];
        }
        document.version += 1;
        document.history.push((document.version, old, in_order));
        let identifier = json!({ "uri": uri, "version": document.version });
        let params = json!({ "textDocument": identifier, "contentChanges": events });
        Ok(json!({ "jsonrpc": "2.0", "method": "textDocument/didChange", "params": params }))
    }

    /// Applies an edit, as one undo step per document. Returns the notifications that must be sent.
    pub fn applied(&mut self, edit: &Value) -> Result<Vec<Value>, String> {
        let mut messages = Vec::new();
        for (uri, edits) in edit["changes"].as_object().into_iter().flatten() {
            self.applied_to(uri, None, edits, &mut messages)?;
        }
        for change in edit["documentChanges"].as_array().into_iter().flatten() {
            let options = &change["options"];
            match change["kind"].as_str() {
                Some("create") => {
                    let uri = change["uri"].as_str().unwrap();
                    let exists = self.text(uri).is_some();
                    if exists && options["overwrite"] != true && options["ignoreIfExists"] != true {
                        return Err(format!("{uri} exists"));
                    }
                    if !exists || options["overwrite"] == true {
                        self.files.insert(uri.to_owned(), String::new());
                    }
                }
                Some(kind) => return Err(format!("this editor does not play {kind}")),
                None => {
                    let identifier = &change["textDocument"];
                    let version = identifier["version"].as_i64();
                    self.applied_to(identifier["uri"].as_str().unwrap(), version, &change["edits"], &mut messages)?;
                }
            }
        }
        Ok(messages)
    }

    fn applied_to(
        &mut self,
        uri: &str,
        version: Option<i64>,
        edits: &Value,
        messages: &mut Vec<Value>,
    ) -> Result<(), String> {
        if !self.documents.contains_key(uri) {
            let text = self.text(uri).ok_or_else(|| format!("there is no file {uri}"))?;
            let language = language_of(uri);
            let history = Vec::new();
            let item = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
            let document = Document { language: language.to_owned(), text, version: 1, undo_steps: 0, history };
            self.documents.insert(uri.to_owned(), document);
            let params = json!({ "textDocument": item });
            messages.push(json!({ "jsonrpc": "2.0", "method": "textDocument/didOpen", "params": params }));
        }
        let document = &self.documents[uri];
        let version = version.map_or(document.version, |version| i32::try_from(version).unwrap());
        let text = document.text_at(version);
        let mut changes = Vec::new();
        for edit in edits.as_array().into_iter().flatten() {
            let at = |end: &str| {
                let position = &edit["range"][end];
                offset(text, position, self.encoding).ok_or_else(|| format!("no position {position} in {uri}"))
            };
            let (start, end) = (at("start")?, at("end")?);
            if start > end {
                return Err(format!("a range that ends before it starts: {}", edit["range"]));
            }
            let mut new = edit["newText"].as_str().unwrap().to_owned();
            if self.profile.behaviour.normalizes_line_endings && text.contains("\r\n") {
                new = new.replace("\r\n", "\n").replace('\n', "\r\n");
            }
            if self.profile.behaviour.keeps_last_line_break && end == text.len() {
                // The rest of the last line gets its line break before any text is inserted.
                let leaves_a_line = !text[..start].is_empty() && !text[..start].ends_with('\n');
                new = if leaves_a_line { new + "\n" } else { self.profile.behaviour.held(&new) };
            }
            let (start, end) = document.today(version, start, end);
            changes.push(Change { start, end, text: new });
        }
        if let Some(format) = self.formats_with_edits {
            let before = &self.documents[uri].text;
            let after = format(&apply(before, changes)?.0);
            changes = vec![one_change(before, &after)];
        }
        messages.push(self.changed(uri, changes)?);
        self.documents.get_mut(uri).unwrap().undo_steps += 1;
        Ok(())
    }
}

impl Document {
    /// The text of a version.
    fn text_at(&self, version: i32) -> &str {
        let next = self.history.iter().find(|(after, _, _)| *after > version);
        next.map_or(&self.text, |(_, before, _)| before)
    }

    /// The current position of a range of an older version.
    fn today(&self, version: i32, start: usize, end: usize) -> (usize, usize) {
        let later = self.history.iter().filter(|(after, _, _)| *after > version).flat_map(|(_, _, changes)| changes);
        later.fold((start, end), |(start, end), change| (follow(start, change), follow(end, change)))
    }
}

/// All differences as one change, from the first difference to the last.
fn one_change(before: &str, after: &str) -> Change {
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    let (old, new) = (chars(before), chars(after));
    let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(old, new)| old == new).count();
    let bytes = |chars: &[char]| chars.iter().map(|c| c.len_utf8()).sum::<usize>();
    let (start, end) = (bytes(&old[..head]), bytes(&old[..old.len() - tail]));
    Change { start, end, text: new[head..new.len() - tail].iter().collect() }
}

pub fn language_of(uri: &str) -> &'static str {
    match uri.rsplit('.').next() {
        Some("md") => "markdown",
        Some("rs") => "rust",
        Some("py") => "python",
        _ => "plaintext",
    }
}
