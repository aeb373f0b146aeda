//! The languages.

use unic_langid::LanguageIdentifier;

/// Defines the languages by their tags. The file of a language has its tag as name.
macro_rules! languages {
    ($($(#[$attribute:meta])* $name:ident = $tag:literal,)*) => {
        /// A language of this program.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub enum Language {
            $($(#[$attribute])* $name,)*
        }

        impl Language {
            /// All of them.
            pub const ALL: [Self; [$($tag),*].len()] = [$(Self::$name),*];

            /// The language tag: `en` or `pt-BR`.
            pub fn tag(self) -> &'static str {
                match self {
                    $(Self::$name => $tag,)*
                }
            }

            /// The file with all messages of the language.
            pub(super) fn source(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!($tag, ".ftl")),)*
                }
            }
        }
    };
}

languages! {
    /// English.
    #[default]
    En = "en",
    /// Brazilian Portuguese.
    PtBr = "pt-BR",
}

impl Language {
    /// The language for a locale such as `pt_BR.UTF-8` or `pt-br`. Every locale of another language gets English.
    pub fn of_locale(locale: &str) -> Self {
        let primary = |tag: &str| tag.split(['-', '_', '.', '@']).next().unwrap_or_default().to_ascii_lowercase();
        let wanted = primary(locale);
        Self::ALL.into_iter().find(|language| primary(language.tag()) == wanted).unwrap_or_default()
    }

    /// The identifier that decides the plurals.
    pub(super) fn identifier(self) -> LanguageIdentifier {
        self.tag().parse().unwrap_or_default()
    }
}
