//! The text of open documents: ropes, position encodings, versions, anchors.
