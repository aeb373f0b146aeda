//! Lines of code in messages.

use crate::display;

/// The longest line in a message, in characters.
const QUOTED: usize = 60;

/// A line in the form for messages.
pub(crate) fn shortened(line: &str) -> String {
    display::shortened(line, QUOTED).into_owned()
}
