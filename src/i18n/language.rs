//! The languages.

use unic_langid::LanguageIdentifier;

/// A language of this program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Brazilian Portuguese.
    PtBr,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::PtBr];

    /// The language tag: `en` or `pt-BR`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::PtBr => "pt-BR",
        }
    }

    /// The language for a locale such as `pt_BR.UTF-8` or `pt-br`. Every locale except Portuguese gets English.
    pub fn of_locale(locale: &str) -> Self {
        let primary = locale.split(['-', '_', '.', '@']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("pt") { Self::PtBr } else { Self::En }
    }

    /// The identifier that decides the plurals.
    pub(super) fn identifier(self) -> LanguageIdentifier {
        self.tag().parse().unwrap_or_default()
    }

    /// The file with all messages of the language.
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::En => include_str!("en.ftl"),
            Self::PtBr => include_str!("pt-BR.ftl"),
        }
    }
}
