//! Answers are data: this module makes other people's text safe to show.
//!
//! An agent, a service or a file of a workspace may write anything, and programs that show text obey a part of it. A
//! preview loads pictures, a notification runs a link, a terminal executes control characters, an editor obeys a
//! modeline. Therefore all displayed text passes here first. Programs get the original text.
//!
//! [`Sanitizer`] is for Markdown in pieces, [`plain`] for plain text, [`Terminal`] for a terminal. Pure functions of
//! text.

mod characters;
mod markdown;
mod modelines;

pub(crate) use characters::{Terminal, fence_around, for_terminal, plain, plain_line, shortened, with_lf};
pub(crate) use markdown::{LineLinks, Sanitizer, sanitize, sanitize_start, sanitize_with_links, title};
pub(crate) use modelines::below;
