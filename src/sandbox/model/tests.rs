use super::*;

#[test]
fn a_server_is_named_with_or_without_its_version_or_path() {
    for (text, expected) in [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        ("http://127.0.0.1:11434/", "http://127.0.0.1:11434/v1"),
        (" http://localhost:8000/v1 ", "http://localhost:8000/v1"),
        ("http://[::1]:8000/v1/", "http://[::1]:8000/v1"),
        ("https://llm.example/team/v1/chat/completions?x=1#y", "https://llm.example/team/v1"),
        ("https://llm.example/team", "https://llm.example/team/v1"),
    ] {
        let url: ModelUrl = text.parse().unwrap();
        assert_eq!(url.to_string(), expected, "{text}");
        assert_eq!(url.at("models").as_str(), format!("{expected}/models"));
    }
}

#[test]
fn invalid_model_url_is_reported() {
    for (text, problem) in [
        ("localhost:11434", "must begin with http:// or https://"),
        ("model", "no URL"),
        ("file:///model.gguf", "must begin with"),
        ("http://user:secret@llm.example", "STACKSPOT_MODEL_API_KEY"),
    ] {
        let error = text.parse::<ModelUrl>().unwrap_err().to_string();
        assert!(error.contains(problem) && !error.contains("secret@"), "{error}");
    }
}

#[test]
fn only_plain_http_to_other_machines_is_exposed() {
    let exposed = |text: &str| text.parse::<ModelUrl>().unwrap().is_exposed();
    assert!(exposed("http://gpu.lan:8000"));
    for safe in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://gpu.lan"] {
        assert!(!exposed(safe), "{safe}");
    }
}
