//! The variables of templates, and the behaviour of their values.

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use crate::actions::context::{Diagnostic, OpenDocument};
use crate::remarks::Severity;

macro_rules! variables {
    ($($variant:ident = $name:literal: $about:literal;)*) => {
        /// A variable of templates.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Variable {
            $(#[doc = $about] $variant,)*
        }

        impl Variable {
            /// Every variable, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in templates.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),*
                }
            }
        }
    };
}

variables! {
    Selection = "selection": "What is selected, or the definition around the cursor.";
    Language = "language": "LSP language id of the document.";
    Path = "path": "Path of the document in its workspace folder; empty if the document has no file.";
    File = "file": "The whole text of the document.";
    Before = "before": "The lines above the selection.";
    After = "after": "The lines below the selection.";
    Diagnostics = "diagnostics": "What the editor reports about the selection.";
    Instruction = "instruction": "The user's own words; empty where there are none.";
    Branch = "branch": "The branch that git has checked out; empty if there is no repository or no branch.";
    OpenDocuments = "open_documents": "The other documents that are open.";
}

impl Variable {
    /// The variable with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|variable| variable.name() == name)
    }
}

/// The value of [`Variable::Diagnostics`]: a list that prints one item on each line.
pub(crate) fn diagnostics(all: &[Diagnostic]) -> Value {
    let record = |diagnostic: &Diagnostic| {
        let text = |text: &Option<String>| Value::from(text.as_deref().unwrap_or_default());
        let fields = vec![
            ("line", diagnostic.line.map_or(Value::from(()), Value::from)),
            ("message", Value::from(diagnostic.message.as_str())),
            ("code", text(&diagnostic.code)),
            ("source", text(&diagnostic.source)),
            ("severity", Value::from(diagnostic.severity.map(Severity::name).unwrap_or_default())),
        ];
        Record { fields, shown: diagnostic.to_string() }
    };
    list(all.iter().map(record))
}

/// The value of [`Variable::OpenDocuments`]: a list that prints their paths, one on each line. It excludes documents
/// that agents must not see.
pub(crate) fn open_documents(all: &[OpenDocument]) -> Value {
    let record = |document: &OpenDocument| {
        let fields = vec![
            ("path", Value::from(&*document.name)),
            ("language", Value::from(&*document.language_id)),
            ("text", Value::from(document.text.as_ref()?.to_string())),
        ];
        Some(Record { fields, shown: document.name.to_string() })
    };
    list(all.iter().filter_map(record))
}

fn list(records: impl Iterator<Item = Record>) -> Value {
    Value::from_object(List(records.map(Value::from_object).collect()))
}

/// A list that prints one item on each line.
#[derive(Debug)]
struct List(Vec<Value>);

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_usize()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }

    fn render(self: &Arc<Self>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(out, "{line_break}{item}")?;
        }
        Ok(())
    }
}

/// A value with named fields that prints its own text.
#[derive(Debug)]
struct Record {
    fields: Vec<(&'static str, Value)>,
    shown: String,
}

impl Object for Record {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        self.fields.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.fields.iter().map(|(name, _)| Value::from(*name)).collect())
    }

    fn render(self: &Arc<Self>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown)
    }
}
