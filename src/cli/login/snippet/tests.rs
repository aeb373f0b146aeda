use secrecy::ExposeSecret;

use super::*;

const SH: &str = r#"
curl -X POST 'https://idm.stackspot.com/acme/oidc/oauth/token' \
  -H 'Content-Type: application/x-www-form-urlencoded' \
  -d 'grant_type=client_credentials' \
  -d 'client_id=4f7c0a3e-id' \
  -d 'client_secret=s3cr%2Bet~key'

curl -X POST 'https://genai-inference-app.stackspot.com/v1/agent/01J8Z3K4M5N6P7Q8R9S0T1V2W3/chat' \
  -H "Authorization: Bearer $JWT" -H 'Content-Type: application/json' \
  -d '{
    "streaming": true, "user-prompt": "Hello"
    "stackspot_knowledge": "true", "return_ks_in_response": false,
    "knowledge_source_ids": ["house-rules", "<another>"]
  }'
"#;

fn secret(snippet: &Snippet) -> Option<&str> {
    snippet.client_secret.as_ref().map(ExposeSecret::expose_secret)
}

#[test]
fn snippet_is_read_whole_even_if_its_json_lacks_a_comma() {
    let snippet = Snippet::read(SH).unwrap();
    assert_eq!(snippet.realm.as_deref(), Some("acme"));
    assert_eq!(snippet.client_id.as_deref(), Some("4f7c0a3e-id"));
    assert_eq!(secret(&snippet), Some("s3cr+et~key"));
    assert_eq!(snippet.idm.as_deref(), Some("https://idm.stackspot.com"));
    assert_eq!(snippet.inference.as_deref(), Some("https://genai-inference-app.stackspot.com"));
    assert_eq!(snippet.agent.as_deref(), Some("01J8Z3K4M5N6P7Q8R9S0T1V2W3"));
    assert_eq!(snippet.flags, [("streaming", true), ("knowledge.enabled", true), ("knowledge.returnSources", false)]);
    assert_eq!(snippet.knowledge_sources, ["house-rules"]);
    assert!(!snippet.has_token);
    assert!(!format!("{snippet:?}").contains("s3cr"));
}

#[test]
fn each_shell_and_form_syntax_gives_the_same_result() {
    let url = "https://idm.corp.example/sso/acme/oidc/oauth/token";
    let basic = base64::engine::general_purpose::STANDARD.encode("the-id:s3cret");
    for text in [
        format!(
            "curl --location --request POST '{url}' --data-urlencode 'client_id=the-id' --data-urlencode 'client_secret=s3cret'"
        ),
        format!(
            "curl.exe -X POST `\n \"{url}\" `\n -d \"client_id=the-id&client_secret=s3cret&grant_type=client_credentials\""
        ),
        format!("curl -X POST ^\r\n  \"{url}\" ^\r\n  -d \"client_id=the-id\" ^\r\n  -d \"client_secret=s3cret\""),
        format!(
            "curl ^\"{url}^\" ^\n -H ^\"accept: */*^\" ^\n --data-raw ^\"client_id=the-id^&client_secret=s3cret^\""
        ),
        format!("curl {url} -u the-id:s3cret -d grant_type=client_credentials"),
        format!("curl {url} -H 'Authorization: Basic {basic}' -d grant_type=client_credentials"),
        format!("curl {url} -d client_id=the-id -d client_key=s3cret"),
        format!("curl -s --url={url} --data='client_id=the-id&client_secret=s3cret'"),
        format!("$ TOKEN=$(curl -s {url} -dclient_id=the-id -dclient_secret=s3cret | jq -r .access_token)"),
        format!(
            "export CLIENT_ID=the-id\nexport CLIENT_KEY='s3cret'\ncurl {url} -d client_id=$CLIENT_ID -d client_secret=\"${{CLIENT_KEY}}\""
        ),
        format!("\u{feff}curl “{url}” -d “client_id=the-id” -d “client_secret=s3cret”"),
        format!("curl '{url}' -d 'client_id=\"the-id\"&\n  client_secret=s3cret'"),
    ] {
        let snippet = Snippet::read(&text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(snippet.realm.as_deref(), Some("acme"), "{text}");
        assert_eq!(snippet.idm.as_deref(), Some("https://idm.corp.example/sso"), "{text}");
        assert_eq!((snippet.client_id.as_deref(), secret(&snippet)), (Some("the-id"), Some("s3cret")), "{text}");
    }
}

#[test]
fn names_in_the_place_of_values_are_none() {
    let names = "$CLIENT_SECRET|${KEY}|%KEY%|<client-secret>|{client_key}|[secret]|YOUR_CLIENT_SECRET|CLIENT_KEY|****|xxxxxxxx|...|\
                 seu_client_secret|";
    for name in names.split('|') {
        let text = format!(
            "curl 'https://idm.stackspot.com/{{realm}}/oidc/oauth/token' -d client_id=the-id -d 'client_secret={name}'"
        );
        let snippet = Snippet::read(&text).unwrap();
        assert_eq!((snippet.realm.as_deref(), secret(&snippet)), (None, None), "{name}");
        assert_eq!(snippet.client_id.as_deref(), Some("the-id"));
    }
}

#[test]
fn token_is_seen_in_any_header_case_but_placeholders_are_not() {
    let chat = "https://genai-inference-app.stackspot.com/v1/agent/01J8Z3K4M5N6P7Q8R9S0T1V2W3/chat";
    for (header, is_one) in [
        ("Authorization: Bearer eyJhbGciOi.J9.x", true),
        ("authorization: bearer eyJhbGciOi.J9.x", true),
        ("Authorization:Bearer  eyJhbGciOi.J9.x", true),
        ("Authorization: Bearer $JWT", false),
        ("Authorization: Bearer <token>", false),
        ("Authorization: Bearer {{token}}", false),
        ("Authorization: Bearer YOUR_TOKEN", false),
    ] {
        let snippet = Snippet::read(&format!("curl {chat} -H '{header}' -d '{{}}'")).unwrap();
        assert_eq!(snippet.has_token, is_one, "{header}");
    }
}

#[test]
fn curl_command_for_another_service_is_ignored() {
    let wget = "wget https://idm.stackspot.com/acme/oidc/oauth/token";
    for text in ["", "hello", "curl https://example.com/", wget, "curl -d", "{\"a\": 1}"] {
        assert!(Snippet::read(text).is_none(), "{text}");
    }
}
