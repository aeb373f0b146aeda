//! The editor's automatic answers to the server's requests, as its profile says.

use serde_json::{Value, json};

use super::editor_documents::language_of;
use super::editor_state::{Side, State};
use super::editor_tokens::Token;
use super::profiles::{Apply, ShowsSchemes};
use super::protocol::{self, Verdict};

impl State {
    pub(super) fn their_request(&mut self, method: &str, id: &Value, params: &Value) -> Verdict {
        if !(id.is_i64() || id.is_string()) {
            return Err("the id of a request is an integer or a string".into());
        }
        if let Some(earlier) = self.theirs.insert(id.to_string(), method.to_owned()) {
            return Err(format!("the id {id} was that of {earlier} already"));
        }
        let verdict = protocol::request(&self.agreement, method, params);
        if let Err(reason) = &verdict {
            self.reply_error(id, -32601, reason);
            return verdict;
        }
        if self.profile.silent.contains(&method) {
            return Ok(());
        }
        if self.profile.refused.contains(&method) {
            self.reply_error(id, -32603, "this editor would rather not");
            return Ok(());
        }
        match method {
            "workspace/applyEdit" => return self.asked_to_apply(id, &params["edit"]),
            "window/showDocument" => self.asked_to_show(id, params),
            "window/showMessageRequest" => return self.asked_to_choose(id, params),
            "window/workDoneProgress/create" => {
                if self.tokens.iter().any(|token| token.value == params["token"]) {
                    return Err("a token is created once".into());
                }
                let value = params["token"].clone();
                self.tokens.push(Token { value, request: None, is_partial: false, events: Vec::new() });
                self.reply(id, Value::Null);
            }
            "workspace/configuration" => {
                let setting = |item: &Value| match item["section"].as_str() {
                    Some("stackspot-lsp") => self.profile.settings.clone(),
                    Some(section) => section.strip_prefix("stackspot-lsp.").map_or(Value::Null, |rest| {
                        let pointer = format!("/{}", rest.replace('.', "/"));
                        self.profile.settings.pointer(&pointer).cloned().unwrap_or_default()
                    }),
                    None => Value::Null,
                };
                let settings: Vec<Value> = params["items"].as_array().unwrap().iter().map(setting).collect();
                self.reply(id, json!(settings));
            }
            "workspace/workspaceFolders" => {
                let folders = self.profile.initialize["workspaceFolders"].clone();
                self.reply(id, folders);
            }
            "client/registerCapability" => {
                self.registrations.extend(params["registrations"].as_array().unwrap().iter().cloned());
                self.reply(id, Value::Null);
            }
            "client/unregisterCapability" => {
                let gone: Vec<Value> = params["unregisterations"].as_array().unwrap().clone();
                let before = self.registrations.len();
                self.registrations.retain(|known| gone.iter().all(|gone| gone["id"] != known["id"]));
                self.reply(id, Value::Null);
                if before - self.registrations.len() != gone.len() {
                    return Err("what is unregistered was registered before".into());
                }
            }
            "workspace/textDocumentContent/refresh" => {
                self.reply(id, Value::Null);
                let uri = params["uri"].as_str().unwrap().to_owned();
                // The editor fetches a visible document again, as VS Code does.
                if self.files.contains_key(&uri) {
                    self.fetch(uri, None);
                }
            }
            _ => self.reply(id, Value::Null),
        }
        Ok(())
    }

    fn asked_to_apply(&mut self, id: &Value, edit: &Value) -> Verdict {
        if let Some((uri, change)) = self.typed_before_edits.pop_front() {
            self.change(&uri, vec![change]);
        }
        let versioned = edit["documentChanges"].as_array().into_iter().flatten();
        let is_stale = versioned.into_iter().any(|change| {
            let identifier = &change["textDocument"];
            let current = self.documents.get(identifier["uri"].as_str().unwrap_or_default());
            identifier["version"]
                .as_i64()
                .is_some_and(|wanted| current.is_none_or(|doc| i64::from(doc.version) != wanted))
        });
        let policy = if is_stale { self.profile.behaviour.stale } else { self.profile.behaviour.apply };
        match policy {
            Apply::Refuse => self.reply(id, json!({ "applied": false })),
            Apply::ClaimApplied => self.reply(id, json!({ "applied": true })),
            Apply::Error => self.reply_error(id, -32603, "the edit is for another version"),
            Apply::Ignore => {}
            Apply::Blind => {
                self.reply(id, json!({ "applied": true }));
                let messages = self.applied(&without_versions(edit))?;
                messages.into_iter().for_each(|message| self.send(message));
            }
            Apply::ReplyThenChange | Apply::ChangeThenReply | Apply::Rebase => match self.applied(edit) {
                Err(reason) => {
                    self.reply(id, json!({ "applied": false, "failureReason": reason }));
                    return Err(reason);
                }
                Ok(messages) if policy == Apply::ChangeThenReply => {
                    messages.into_iter().for_each(|message| self.send(message));
                    self.reply(id, json!({ "applied": true }));
                }
                Ok(messages) => {
                    self.reply(id, json!({ "applied": true }));
                    messages.into_iter().for_each(|message| self.send(message));
                }
            },
        }
        Ok(())
    }

    fn asked_to_show(&mut self, id: &Value, params: &Value) {
        let uri = params["uri"].as_str().unwrap().to_owned();
        let is_file = uri.starts_with("file:");
        let can_show = match self.profile.behaviour.shows_schemes {
            ShowsSchemes::Any => true,
            ShowsSchemes::File => is_file,
            ShowsSchemes::None => false,
        };
        if !can_show || (is_file && self.text(&uri).is_none()) {
            self.reply(id, json!({ "success": false }));
        } else if params["external"] == true || self.documents.contains_key(&uri) {
            self.reply(id, json!({ "success": true }));
        } else if is_file {
            let text = self.text(&uri).unwrap();
            self.open(&uri, language_of(&uri), &text);
            self.reply(id, json!({ "success": true }));
        } else if self.agreement.server.pointer("/workspace/textDocumentContent").is_some() {
            self.fetch(uri, Some(id.clone()));
        } else {
            self.reply(id, json!({ "success": false }));
        }
    }

    /// Requests the content of a virtual document.
    fn fetch(&mut self, uri: String, waiting: Option<Value>) {
        let id = self.request("workspace/textDocumentContent", json!({ "uri": uri }));
        self.own.get_mut(&id).unwrap().fills = Some((uri, waiting));
    }

    fn asked_to_choose(&mut self, id: &Value, params: &Value) -> Verdict {
        let actions = params["actions"].as_array().cloned().unwrap_or_default();
        // Most stories that set an agent test something else. Their user accepts the agent by default.
        let is_about_settings = params["message"]
            .as_str()
            .is_some_and(|it| it.contains("The settings of the editor") || it.contains("As configurações do editor"));
        if is_about_settings && self.message_answers.is_empty() {
            self.log.retain(|entry| entry.side != Side::Server || entry.message["id"] != *id);
            self.reply(id, actions.first().cloned().unwrap_or_default());
            return Ok(());
        }
        let answer = self.message_answers.pop_front().ok_or("a question that the story does not expect");
        let Some(title) = answer.clone().ok().flatten() else {
            self.reply(id, Value::Null);
            return answer.map(|_| ()).map_err(str::to_owned);
        };
        let chosen = actions.iter().find(|action| action["title"] == *title).cloned();
        self.reply(id, chosen.clone().unwrap_or_default());
        chosen.map(|_| ()).ok_or_else(|| format!("there is no {title:?} to choose"))
    }

    pub(super) fn reply(&mut self, id: &Value, result: Value) {
        self.send(json!({ "jsonrpc": "2.0", "id": id, "result": result }));
    }

    fn reply_error(&mut self, id: &Value, code: i64, message: &str) {
        self.send(json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } }));
    }
}

/// The edit without versions, for an editor that ignores them.
fn without_versions(edit: &Value) -> Value {
    let mut edit = edit.clone();
    for change in edit["documentChanges"].as_array_mut().into_iter().flatten() {
        if let Some(identifier) = change.get_mut("textDocument") {
            identifier["version"] = Value::Null;
        }
    }
    edit
}
