//! All messages to the user, in the languages of this program: one Fluent file for each language.
//!
//! Code creates a [`Message`] with `message!`, and the code that shows it chooses the language. A message has no
//! `Display`, so that no caller forgets the language. The `Display` of an error is its message in English, for logs and
//! developers. A file is parsed on the first use of its language.

mod language;

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::unseen;

pub use language::Language;

/// A message to the user, for any language. `message!` creates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message(MessageText);

#[derive(Debug, Clone, PartialEq, Eq)]
enum MessageText {
    /// An entry of the files.
    Entry { id: &'static str, arguments: Vec<(&'static str, Argument)> },
    /// Words of a user or a service, which are not translated.
    Verbatim(Cow<'static, str>),
    /// Several messages with a separator.
    Joined(Vec<Message>, &'static str),
}

/// A value for `{ $name }` in the text of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Argument {
    /// A name, a path, a user's words.
    Text(Cow<'static, str>),
    /// A number of things. The text may choose its plural by this number.
    Count(usize),
    /// A time, shown as seconds with one decimal, without the unit.
    Seconds(Duration),
    /// Another message, in the language of the first.
    Message(Box<Message>),
}

/// The [`Message`] of an id of the files, with its arguments: `message!("id", name = value)`.
///
/// The id and the names are literals, because a test compares them with the files.
macro_rules! message {
    ($id:literal $(,)?) => {
        $crate::i18n::Message::new($id)
    };
    ($id:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::i18n::Message::new($id)$(.with(stringify!($name), $value))+
    };
}
pub(crate) use message;

/// Another author's words inside of a message: one line of at most 80 characters, without control and format
/// characters. Therefore they cannot look like more than a name.
pub(crate) fn one_line(text: &str) -> String {
    const LONGEST_CHARS: usize = 80;
    let is_seen = |c: &char| !(unseen::turns_text(*c) || unseen::joins(*c) || unseen::is_unseen(*c));
    let seen = text.chars().filter(is_seen).map(|c| if c.is_control() { ' ' } else { c });
    let words: String = seen.take(4 * LONGEST_CHARS).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_CHARS).collect()
}

impl Message {
    /// Only for [`message!`].
    pub(crate) const fn new(id: &'static str) -> Self {
        Self(MessageText::Entry { id, arguments: Vec::new() })
    }

    /// Only for [`message!`].
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Argument>) -> Self {
        if let MessageText::Entry { arguments, .. } = &mut self.0 {
            arguments.push((name, value.into()));
        }
        self
    }

    /// Words that are not translated: those of the user's settings, or of a service.
    pub fn verbatim(words: impl Into<Cow<'static, str>>) -> Self {
        Self(MessageText::Verbatim(words.into()))
    }

    /// Several messages as one, with `separator` between them.
    pub fn joined(messages: Vec<Self>, separator: &'static str) -> Self {
        Self(MessageText::Joined(messages, separator))
    }

    /// The message in a language.
    pub fn text(&self, language: Language) -> String {
        self.written(language, Form::Whole)
    }

    /// The message for a place of one line, at most `chars` characters. Each part has its short form, if there is one
    /// (`.brief` in the files). The remedy comes first; “…” replaces missing text.
    pub fn brief(&self, language: Language, chars: usize) -> String {
        fit(&self.written(language, Form::Brief), chars)
    }

    fn written(&self, language: Language, form: Form) -> String {
        let (id, arguments) = match &self.0 {
            MessageText::Verbatim(words) => return words.to_string(),
            MessageText::Joined(messages, separator) => {
                let parts: Vec<_> = messages.iter().map(|message| message.written(language, form)).collect();
                return parts.join(separator);
            }
            MessageText::Entry { id, arguments } => (id, arguments),
        };
        let bundle = bundle(language);
        let entry = bundle.get_message(id);
        let brief = entry.as_ref().filter(|_| form == Form::Brief).and_then(|entry| entry.get_attribute("brief"));
        let Some(pattern) = brief.map(|it| it.value()).or_else(|| entry.and_then(|entry| entry.value())) else {
            tracing::error!(id, language = language.tag(), "a message has no text");
            return (*id).to_owned();
        };
        let arguments: FluentArgs<'_> =
            arguments.iter().map(|(name, argument)| (*name, argument.value(language, form))).collect();
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors);
        if !errors.is_empty() {
            tracing::error!(id, language = language.tag(), ?errors, "a message lacks a variable of its text");
        }
        text.into_owned()
    }
}

/// The available room for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Whole,
    Brief,
}

/// The whole sentences that fit into `chars` characters, or else the words; with “…” if text is missing.
fn fit(text: &str, chars: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= chars {
        return line;
    }
    let room = chars.saturating_sub(2); // for the mark
    let within = line.char_indices().nth(room).map_or(line.as_str(), |(end, _)| line.get(..end).unwrap_or_default());
    let sentences = within.rmatch_indices(['.', '?', '!']).map(|(at, mark)| at + mark.len());
    let whole = sentences.into_iter().find(|end| line.get(*end..).is_some_and(|rest| rest.starts_with(' ')));
    let words = within.rfind(' ').unwrap_or(within.len());
    let kept = line.get(..whole.filter(|end| *end * 2 > within.len()).unwrap_or(words)).unwrap_or_default();
    format!("{} …", kept.trim_end_matches([' ', ',', ';', ':', '(']))
}

impl Argument {
    fn value(&self, language: Language, form: Form) -> FluentValue<'_> {
        match self {
            Self::Text(text) => FluentValue::from(&**text),
            Self::Count(count) => FluentValue::from(count),
            Self::Seconds(time) => {
                let point = format!("{:.1}", time.as_secs_f64());
                FluentValue::from(match language {
                    Language::En => point,
                    Language::PtBr => point.replace('.', ","),
                })
            }
            Self::Message(message) => FluentValue::from(message.written(language, form)),
        }
    }
}

impl From<&'static str> for Argument {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<&String> for Argument {
    fn from(text: &String) -> Self {
        Self::Text(Cow::Owned(text.clone()))
    }
}

impl From<Cow<'static, str>> for Argument {
    fn from(text: Cow<'static, str>) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Argument {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}

impl From<u16> for Argument {
    fn from(count: u16) -> Self {
        Self::Count(count.into())
    }
}

impl From<u32> for Argument {
    fn from(count: u32) -> Self {
        Self::Count(usize::try_from(count).unwrap_or(usize::MAX))
    }
}

impl From<u64> for Argument {
    fn from(count: u64) -> Self {
        Self::Count(usize::try_from(count).unwrap_or(usize::MAX))
    }
}

impl From<Duration> for Argument {
    fn from(time: Duration) -> Self {
        Self::Seconds(time)
    }
}

impl From<Message> for Argument {
    fn from(message: Message) -> Self {
        Self::Message(Box::new(message))
    }
}

impl From<&Message> for Argument {
    fn from(message: &Message) -> Self {
        Self::Message(Box::new(message.clone()))
    }
}

/// The texts of a language. They are parsed on first use.
fn bundle(language: Language) -> &'static FluentBundle<FluentResource> {
    static EN: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
    static PT_BR: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
    let cell = match language {
        Language::En => &EN,
        Language::PtBr => &PT_BR,
    };
    cell.get_or_init(|| {
        let mut bundle = FluentBundle::new_concurrent(vec![language.identifier()]);
        // Bidirectional scripts need marks around arguments, but terminals show them as boxes.
        bundle.set_use_isolating(false);
        // The valid entries are useful even if others are wrong. A test checks that none is wrong.
        let resource = FluentResource::try_new(language.source().to_owned());
        bundle.add_resource_overriding(resource.unwrap_or_else(|(resource, _)| resource));
        bundle
    })
}

#[cfg(test)]
mod tests;
