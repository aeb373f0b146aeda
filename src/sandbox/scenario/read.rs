//! Reads a scenario from a file, and describes the errors of an invalid file.

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

use serde::de::value::{SeqAccessDeserializer, StrDeserializer};
use serde::de::{Error as _, IntoDeserializer, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Rule, Scenario, ScenarioError};

impl Scenario {
    /// Reads a scenario and the files of its replies. Their paths are relative to the scenario's folder.
    ///
    /// # Errors
    /// Returns an error with the line if a file cannot be read, or if the scenario contains something unknown.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        Self::parse(&read_scenario_file(path)?, path)
    }

    /// Parses the text of a scenario. `path` is its file, which may not exist.
    ///
    /// # Errors
    /// The same as for [`Scenario::read`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ScenarioError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let wrong = |at: usize, problem: String| ScenarioError::Wrong {
            path: path.to_owned(),
            line: line_at(text, at),
            problem,
        };
        let mut scenario: Self = toml::from_str(text)
            .map_err(|error| wrong(error.span().map_or(0, |span| span.start), error.message().replace('\n', " ")))?;
        for spanned in &mut scenario.rules {
            let start = spanned.span().start;
            let rule = spanned.get_mut();
            rule.check().map_err(|problem| wrong(start, problem.to_owned()))?;
            if let Some(file) = &rule.reply_file {
                let file = path.parent().unwrap_or(Path::new("")).join(file);
                rule.reply = Some(read_scenario_file(&file)?);
            }
        }
        Ok(scenario)
    }
}

impl Rule {
    /// Rejects combinations that make no sense.
    fn check(&self) -> Result<(), &'static str> {
        if self.reply.is_some() && self.reply_file.is_some() {
            return Err("a rule answers with `reply` or with `reply_file`, not with both");
        }
        let answers = self.reply.is_some() || self.reply_file.is_some() || !self.faults.is_empty();
        if self.error.is_some() && answers {
            return Err("a rule with `error` gives no answer: take `reply`, `reply_file` and `faults` out");
        }
        let ending = self.faults.iter().filter(|fault| fault.then.ends_the_answer()).count();
        if ending > 1 {
            return Err("an answer ends once: only one fault of a rule may end it");
        }
        Ok(())
    }
}

fn read_scenario_file(path: &Path) -> Result<String, ScenarioError> {
    std::fs::read_to_string(path)
        .map_err(|error| ScenarioError::Unreadable { path: path.to_owned(), reason: error.to_string() })
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// One value, or a list of values.
pub(super) fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct OneOrMany<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("one value or a list of them")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<T>, E> {
            let deserializer: StrDeserializer<'_, E> = text.into_deserializer();
            T::deserialize(deserializer).map(|value| vec![value])
        }

        fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Vec<T>, E> {
            T::deserialize(number.into_deserializer()).map(|value| vec![value])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Vec<T>, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(list))
        }
    }
    deserializer.deserialize_any(OneOrMany(PhantomData))
}

/// A status code that is an error.
pub(super) fn error_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(deserializer)?;
    if (400..=599).contains(&status) {
        return Ok(status);
    }
    Err(D::Error::invalid_value(Unexpected::Unsigned(status.into()), &"an error status from 400 to 599"))
}

pub(super) fn optional_error_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    error_status(deserializer).map(Some)
}
