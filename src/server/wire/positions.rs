//! Positions and ranges as LSP writes them, in the negotiated encoding.

use serde_json::{Value, json};

use crate::documents::{Position, Range};

/// A range as LSP writes it.
pub(crate) fn wire_range(range: Range) -> Value {
    json!({ "start": wire_position(range.start), "end": wire_position(range.end) })
}

/// A position as LSP writes it.
pub(crate) fn wire_position(at: Position) -> Value {
    json!({ "line": at.line, "character": at.character })
}
