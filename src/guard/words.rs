//! What was found, as a message: the scanners and the lists of names call things by their English names.

use crate::i18n::{Message, message};

/// The words for `what`, which a scanner or a list of names says in English, with its article. Words that are not known here
/// stay as they are.
pub(super) fn in_words(what: &str) -> Message {
    if let Some(name) = what.strip_prefix("a secret assigned to ") {
        return message!("guard-what-assigned", name = name.to_owned());
    }
    match what {
        "a private key" => message!("guard-what-private-key"),
        "a private key or a certificate" => message!("guard-what-key-or-certificate"),
        "a certificate" => message!("guard-what-certificate"),
        "a key store" => message!("guard-what-key-store"),
        "a credentials file" => message!("guard-what-credentials"),
        "a secrets file" => message!("guard-what-secrets"),
        "an environment file" => message!("guard-what-environment"),
        "npm's settings, with its tokens" => message!("guard-what-npm"),
        "PyPI's settings, with its tokens" => message!("guard-what-pypi"),
        "a list of logins" => message!("guard-what-logins"),
        "a list of passwords" => message!("guard-what-passwords"),
        "a list of database passwords" => message!("guard-what-database-passwords"),
        "a Kubernetes configuration, with its credentials" => message!("guard-what-kubernetes"),
        "Terraform's values, often with secrets" => message!("guard-what-terraform"),
        "a VPN profile, with its keys" => message!("guard-what-vpn"),
        "Docker's settings, with its logins" => message!("guard-what-docker"),
        "a URL with a password" => message!("guard-what-url"),
        "a login in Base64" => message!("guard-what-base64"),
        "a bearer token" => message!("guard-what-bearer"),
        "a JSON Web Token" => message!("guard-what-jwt"),
        "a web hook's signing secret" => message!("guard-what-signing-secret"),
        "a Telegram bot's token" => message!("guard-what-telegram"),
        "a Twilio account" => message!("guard-what-account", of = "Twilio"),
        _ => of_a_service(what).unwrap_or_else(|| Message::verbatim(what.to_owned())),
    }
}

/// The words for the token, key or secret of a service, such as "an OpenAI key".
fn of_a_service(what: &str) -> Option<Message> {
    let (article, rest) = what.split_once(' ')?;
    let article = article.to_owned();
    let of = str::to_owned;
    if let Some(service) = rest.strip_suffix(" client secret").or_else(|| rest.strip_suffix(" secret")) {
        let kind = rest.strip_prefix(service).unwrap_or_default().trim_start().to_owned();
        return Some(message!("guard-what-secret", article = article, of = of(service), kind = kind));
    }
    if let Some(service) = rest.strip_suffix(" web hook") {
        return Some(message!("guard-what-web-hook", article = article, of = of(service)));
    }
    if let Some(service) = rest.strip_suffix(" token") {
        return Some(message!("guard-what-token", article = article, of = of(service)));
    }
    let service = rest.strip_suffix(" key")?;
    Some(message!("guard-what-key", article = article, of = of(service)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::tokens::SHAPES;
    use crate::i18n::Language;

    #[test]
    fn every_word_of_the_scanners_is_said_in_every_language() {
        let of_other_scanners =
            ["a Slack web hook", "a Discord web hook", "a Telegram bot's token", "a JSON Web Token"];
        for what in SHAPES.iter().map(|shape| shape.what).chain(of_other_scanners) {
            let message = in_words(what);
            assert_eq!(message.text(Language::En), what);
            assert_ne!(message.text(Language::PtBr), what, "{what} in Portuguese");
        }
        assert_eq!(in_words("a GitHub token").text(Language::PtBr), "um token de GitHub");
        assert_eq!(in_words("a secret assigned to `key`").text(Language::PtBr), "um segredo atribuído a `key`");
    }

    #[test]
    fn every_kind_of_file_is_named_in_every_language() {
        let names = [
            ".env",
            ".npmrc",
            ".pypirc",
            ".netrc",
            ".pgpass",
            ".htpasswd",
            ".git-credentials",
            "kubeconfig",
            "secrets.yml",
            "id_rsa",
            "a.pem",
            "a.p12",
            "a.crt",
            "a.tfvars",
            "a.ovpn",
            ".docker/config.json",
        ];
        for name in names {
            let what = crate::guard::guarded_name(std::path::Path::new(name)).unwrap();
            let message = in_words(what);
            assert_eq!(message.text(Language::En), what);
            assert_ne!(message.text(Language::PtBr), what, "{what} in Portuguese");
        }
    }
}
