use std::collections::BTreeSet;

use serde_json::json;

use super::groups::OwnKnowledge;
use super::*;
use crate::config::Environment;
use crate::config::table::{ROWS, ValueType, names_below, row_of};
use crate::i18n::Language;

fn editor(lsp: Value) -> Result<(Settings, Vec<Warning>), Message> {
    Settings::from_layers(&Value::Null, &[lsp])
}

fn accepted(lsp: Value) -> Settings {
    let (settings, warnings) = editor(lsp).unwrap();
    assert_eq!(warnings, []);
    settings
}

fn refused(lsp: Value) -> String {
    editor(lsp).unwrap_err().text(Language::En)
}

fn warned(lsp: Value) -> String {
    let (settings, warnings) = editor(lsp).unwrap();
    assert_eq!(settings, Settings::default(), "a warning changes nothing");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    warnings[0].message.text(Language::En)
}

#[test]
fn defaults_match_the_contract() {
    let defaults = json!({
        "agent": null, "agents": {}, "actions": {}, "language": "auto", "streaming": true,
        "knowledge": { "enabled": false, "returnSources": true, "deepSearch": false, "sources": [] },
        "connection": { "warm": true },
        "conversation": { "enabled": true },
        "edit": { "apply": "auto" },
        "answer": { "surface": "auto" },
        "remarks": { "max": 12, "surface": "auto" },
        "context": { "maxChars": 60000, "surroundingLines": 60, "openDocuments": false },
        "secrets": { "guard": "ask" },
        "timeouts": { "connectMs": 10000, "firstTokenMs": 120000, "idleMs": 60000 },
        "retry": { "maxAttempts": 3 },
        "limits": { "requestsPerMinute": 100, "concurrentJobs": 8 },
        "extraBody": {},
    });
    assert_eq!(serde_json::to_value(Settings::default()).unwrap(), defaults);
    for nothing in [json!(null), json!({}), json!([]), json!({ "stackspot-lsp": null }), defaults] {
        assert_eq!(accepted(nothing), Settings::default());
    }
}

/// Compares the fields of `Settings` with the rows of the table, so that neither can lack a key.
#[test]
fn table_and_struct_have_the_same_keys() {
    let mut settings = serde_json::to_value(Settings::default()).unwrap();
    let knowledge = Some(OwnKnowledge::Differing { enabled: None, return_sources: None, deep_search: None });
    let agent = AgentSettings { knowledge: knowledge.clone(), ..AgentSettings::default() };
    let action = ActionOverride { knowledge, ..ActionOverride::default() };
    settings["agents"] = json!({ "*": serde_json::to_value(agent).unwrap() });
    settings["actions"] = json!({ "*": serde_json::to_value(action).unwrap() });
    let mut keys = Vec::new();
    let mut open = vec![(String::new(), settings)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(members) if !names_below(&path).is_empty() => {
                if row_of(&path).is_some() {
                    keys.push(path.clone());
                }
                open.extend(members.into_iter().map(|(name, value)| (crate::config::table::join(&path, &name), value)));
            }
            _ => keys.push(path),
        }
    }
    keys.sort_unstable();
    let mut rows: Vec<&str> = ROWS.iter().map(|row| row.key).collect();
    rows.sort_unstable();
    assert_eq!(keys, rows);
}

/// The error of a wrong value names all variants of the enum.
#[test]
fn the_table_and_the_enums_hold_the_same_choices() {
    let mut choices = 0;
    for row in ROWS {
        let ValueType::OneOf(texts) = row.kind else { continue };
        let value = row.key.rsplit('.').fold(json!("?"), |value, name| json!({ name: value }));
        let error = serde_json::from_value::<Settings>(value).unwrap_err().to_string();
        let (_, expected) = error.split_once("expected").unwrap();
        let variants: BTreeSet<&str> = expected.split('`').skip(1).step_by(2).collect();
        assert_eq!(variants, texts.iter().copied().collect(), "{}: {error}", row.key);
        choices += 1;
    }
    assert!(choices >= 5, "{choices} choices");
}

#[test]
fn each_language_can_be_set_and_is_that_of_its_locale() {
    let ValueType::OneOf(texts) = row_of("language").unwrap().kind else { panic!("a choice") };
    let tags = Language::ALL.map(Language::tag);
    assert_eq!(texts, [&["auto"], &tags[..]].concat());
    for language in Language::ALL {
        let set = accepted(json!({ "language": language.tag() })).language;
        assert_eq!(set.resolve(None, &Environment::default()), language);
        assert_eq!(Language::of_locale(&format!("{}.UTF-8", language.tag().replace('-', "_"))), language);
    }
}

#[test]
fn topmost_layer_with_a_key_decides_it() {
    let file =
        json!({ "secrets": { "guard": "refuse" }, "timeouts": { "idleMs": 1, "connectMs": 2 }, "streaming": false });
    let lsp = json!({ "timeouts": { "idleMs": 5, "connectMs": null }, "streaming": null });
    let (settings, warnings) = Settings::from_layers(&file, &[lsp]).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(settings.secrets.guard, SecretGuard::Refuse);
    assert_eq!(settings.timeouts, TimeoutSettings { connect_ms: 2, first_token_ms: 120_000, idle_ms: 5 });
    assert!(!settings.streaming);
}

#[test]
fn settings_that_an_editor_sends_twice_are_merged_by_one_rule() {
    let merged = |first: Value, then: Value| {
        let (settings, warnings) = Settings::from_layers(&Value::Null, &[first, then]).unwrap();
        (settings, warnings.len())
    };
    // Each value of `extraBody` is replaced whole, as over the user file.
    let extra = |body: Value| json!({ "extraBody": body });
    let (settings, _) =
        merged(extra(json!({ "trace": { "a": 1 }, "model": "m" })), extra(json!({ "trace": { "b": 2 } })));
    assert_eq!(Value::Object(settings.extra_body), json!({ "trace": { "b": 2 }, "model": "m" }));

    // The later value is in force, however each of them is written.
    let dotted = json!({ "streaming": false, "knowledge.enabled": true });
    let (settings, _) = merged(dotted, json!({ "knowledge": { "enabled": false }, "streaming": true }));
    assert!(settings.streaming && !settings.knowledge.enabled);

    // Nothing, `null` and Lua's empty tables keep the earlier values.
    let first = json!({ "stackspot-lsp": { "agents": { "a": { "id": "A" } }, "streaming": false, "sreaming": 1 } });
    for then in [json!(null), json!([]), json!({ "agents": [], "streaming": null, "stackspot-lsp.sreaming": 1 })] {
        let (settings, warnings) = merged(first.clone(), then.clone());
        assert_eq!((settings.agents.len(), settings.streaming, warnings), (1, false, 1), "{then}");
    }

    // A wrong value that a later one replaces is not in force.
    let (settings, _) = merged(json!({ "retry": "often" }), json!({ "retry": { "maxAttempts": 5 } }));
    assert_eq!(settings.retry.max_attempts, 5);
    assert_eq!(merged(json!("on"), json!({ "streaming": false })).1, 0);
}

#[test]
fn settings_arrive_bare_wrapped_or_dotted() {
    let expected = Settings {
        knowledge: KnowledgeSettings { enabled: true, ..KnowledgeSettings::default() },
        edit: EditSettings { apply: EditApply::Review },
        ..Settings::default()
    };
    for lsp in [
        json!({ "knowledge": { "enabled": true }, "edit": { "apply": "review" } }),
        json!({ "stackspot-lsp": { "knowledge": { "enabled": true }, "edit": { "apply": "review" } }, "rust": 1 }),
        json!({ "knowledge.enabled": true, "edit.apply": "review" }),
        json!({ "stackspot-lsp.knowledge.enabled": true, "stackspot-lsp.edit": { "apply": "review" } }),
        json!({ "stackspot-lsp": { "knowledge.enabled": true, "knowledge": {}, "edit.apply": "review" } }),
    ] {
        assert_eq!(accepted(lsp.clone()), expected, "{lsp}");
    }
}

#[test]
fn settings_in_each_editors_form_are_read() {
    // Lua's empty table, a client with only floating point, and empty texts for "nothing chosen".
    let settings = accepted(json!({ "agents": [], "extraBody": [], "timeouts": { "idleMs": 5000.0 }, "agent": "" }));
    assert_eq!(settings.timeouts.idle_ms, 5_000);
    assert_eq!(settings.agent, None);
}

#[test]
fn wrong_value_error_names_key_and_expected_type() {
    for (lsp, expected) in [
        (
            json!({ "timeouts": { "idleMs": "soon" } }),
            "stackspot-lsp setting \"timeouts.idleMs\" must be a whole number of milliseconds, but it is the text \"soon\"",
        ),
        (json!({ "streaming": "yes" }), "\"streaming\" must be true or false, but it is the text \"yes\""),
        (json!({ "agent": 7 }), "\"agent\" must be text, but it is the number 7"),
        (json!({ "knowledge": true }), "\"knowledge\" must be an object, but it is true"),
        (json!({ "agents": ["x"] }), "\"agents\" must be an object, but it is a list"),
        (json!({ "extraBody": "x" }), "\"extraBody\" must be an object, but it is the text \"x\""),
        (json!({ "secrets": { "guard": "no" } }), "\"secrets.guard\" must be one of \"ask\", \"refuse\", \"off\""),
        (
            json!({ "language": "pt" }),
            "\"language\" must be one of \"auto\", \"en\", \"pt-BR\", but it is the text \"pt\"",
        ),
        (json!({ "retry": { "maxAttempts": 0 } }), "\"retry.maxAttempts\" must be at least 1, but it is the number 0"),
        (json!({ "limits": { "concurrentJobs": -2 } }), "\"limits.concurrentJobs\" must be at least 1"),
        (
            json!({ "limits": { "requestsPerMinute": 1.5 } }),
            "must be a whole number of requests, but it is the number 1.5",
        ),
        (json!({ "remarks": { "max": 1.5 } }), "\"remarks.max\" must be a whole number of remarks, but it is"),
        (json!({ "agents": { "a": { "id": "x", "versionNumber": "2" } } }), "must be a whole number, but it is"),
        (json!({ "timeouts.idleMs": u64::MAX }), "\"timeouts.idleMs\" must be at most 86400000"),
        (json!({ "agents": { "rust": { "id": 5 } } }), "\"agents.rust.id\" must be text, but it is the number 5"),
        (json!({ "agents": { "rust": {} } }), "\"agents.rust.id\" is missing"),
        (json!({ "agents": { "a": { "id": "x", "knowledge": 1 } } }), "must be true or false or an object"),
        (json!({ "actions": { "explain": { "enabled": 1 } } }), "\"actions.explain.enabled\" must be true or false"),
        (json!("on"), "settings must be an object, but they are the text \"on\""),
    ] {
        let message = refused(lsp);
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn every_wrong_value_is_reported_at_once_with_its_source() {
    let error = Settings::from_layers(&json!({ "streaming": 1 }), &[json!({ "edit": { "apply": 1 } })]).unwrap_err();
    let text = error.text(Language::En);
    let (first, second) = text.split_once("; ").unwrap();
    assert!(first.starts_with("config.toml setting \"streaming\""), "{text}");
    assert!(second.starts_with("stackspot-lsp setting \"edit.apply\""), "{text}");
}

#[test]
fn unknown_key_gives_a_warning_with_the_closest_known_key() {
    for (lsp, expected) in [
        (
            json!({ "timeouts": { "idelMs": 5 } }),
            "stackspot-lsp setting \"timeouts.idelMs\" is unknown and ignored; did you mean \"timeouts.idleMs\"?",
        ),
        (json!({ "retry": { "max_attempts": 5 } }), "did you mean \"retry.maxAttempts\"?"),
        (json!({ "maxAttempts": 5 }), "did you mean \"retry.maxAttempts\"?"),
        (json!({ "timeout": { "idleMs": 5 } }), "\"timeout\" is unknown and ignored; did you mean \"timeouts\"?"),
    ] {
        let message = warned(lsp);
        assert!(message.contains(expected), "{message}");
    }
    let (_, warnings) = editor(json!({ "actions": { "explain": { "titel": "x" } } })).unwrap();
    let message = warnings[0].message.text(Language::En);
    assert!(message.contains("did you mean \"actions.explain.title\"?"), "{message}");
    assert_eq!(warned(json!({ "zzz": 1 })), "stackspot-lsp setting \"zzz\" is unknown and ignored");
}

#[test]
fn editor_cannot_set_endpoints() {
    let keys = "realm clientId client_id clientSecret client_secret clientKey clientSecretCommand client_secret_command token \
                endpoints endpoints.idm idmUrl inference_url proxy caBundle ca_bundle STACKSPOT_TOKEN stackspotRealm log";
    for key in keys.split_whitespace() {
        let message = warned(json!({ key: "s3cret" }));
        assert!(message.contains("is ignored") && message.contains("your own user file"), "{key}: {message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
    let message = warned(json!({ "clientSecret": "s3cret" }));
    assert!(message.contains("STACKSPOT_CLIENT_SECRET") && message.contains("`client_secret`"), "{message}");
}

#[test]
fn agent_is_chosen_by_job_then_editor_then_default() {
    let settings = accepted(json!({
        "agent": "reviewer",
        "knowledge": { "returnSources": false, "sources": ["01GENERAL"] },
        "extraBody": { "selected_model": "a", "trace": { "x": 1 } },
        "agents": {
            "reviewer": { "id": "01REVIEW", "versionNumber": 7, "knowledge": true, "extraBody": { "selected_model": "b" } },
            "teacher": { "id": "01TEACH", "knowledge": { "deepSearch": true }, "knowledgeSources": ["01TEXTBOOK"] },
        },
    }));
    let knowledge = |enabled, deep_search, source: &str| KnowledgeSettings {
        enabled,
        return_sources: false,
        deep_search,
        sources: vec![source.to_owned()],
    };
    let reviewer = settings.resolve_agent(None, Some("01DEFAULT")).unwrap();
    let (id, name, version) = (reviewer.id.as_str(), reviewer.name.as_deref(), reviewer.version_number);
    assert_eq!((id, name, version), ("01REVIEW", Some("reviewer"), Some(7)));
    assert_eq!(reviewer.knowledge, knowledge(true, false, "01GENERAL"));
    assert_eq!(json!(reviewer.extra_body), json!({ "selected_model": "b", "trace": { "x": 1 } }));

    let teacher = settings.resolve_agent(Some("01TEACH"), None).unwrap();
    assert_eq!(teacher.name.as_deref(), Some("teacher"), "an id in the table gets what the table says of it");
    assert_eq!(teacher.knowledge, knowledge(false, true, "01TEXTBOOK"));

    let stranger = settings.resolve_agent(Some("01OTHER"), None).unwrap();
    assert_eq!((stranger.id.as_str(), stranger.name), ("01OTHER", None));

    let without = Settings { agent: None, ..settings };
    assert_eq!(without.resolve_agent(None, Some("teacher")).unwrap().id, "01TEACH");
    assert_eq!(without.resolve_agent(None, None), None);
    let page = "https://ai.example/agents/01HEX5R4G0000000000000000A/edit";
    assert_eq!(without.resolve_agent(Some(page), None).unwrap().id, "01HEX5R4G0000000000000000A", "its page names it");
}

#[test]
fn layers_of_an_agent_complete_each_other() {
    let file = json!({ "agents": { "rust": { "id": "01RUST" } } });
    let (settings, _) =
        Settings::from_layers(&file, &[json!({ "agents": { "rust": { "versionNumber": 2 } } })]).unwrap();
    assert_eq!(settings.agents["rust"].id, "01RUST");
    assert_eq!(settings.agents["rust"].version_number, Some(2));
}

#[test]
fn language_follows_setting_then_client_then_environment() {
    let (brazil, none) = (Environment::from_pairs([("LANG", "pt_BR.UTF-8")]), Environment::default());
    for (setting, locale, environment, language) in [
        ("auto", None, &brazil, Language::PtBr),
        ("auto", Some("en-US"), &brazil, Language::En),
        ("auto", Some("pt-br"), &none, Language::PtBr),
        ("auto", None, &none, Language::En),
        ("en", Some("pt-BR"), &brazil, Language::En),
        ("pt-BR", None, &none, Language::PtBr),
    ] {
        let resolved = accepted(json!({ "language": setting })).language.resolve(locale, environment);
        assert_eq!(resolved, language, "{setting} {locale:?} {environment:?}");
    }
}
