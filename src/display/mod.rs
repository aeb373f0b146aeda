//! Answers are data: what somebody else wrote, made into something to show.
//!
//! An agent, a service or a file of a workspace may write anything. Whatever shows it would obey some of that: a preview
//! fetches pictures, a notification runs a link, a terminal takes control characters for orders, an editor believes a
//! modeline. So everything that is shown passes here first, and programs get the text as it came.
//!
//! [`Defused`] does it for Markdown, piece by piece; [`plain`] for text that is shown as it is; [`Terminal`] for a
//! terminal. Pure functions of text.

mod characters;
mod markdown;
mod modelines;

pub(crate) use characters::{Terminal, for_terminal, plain, plain_line};
pub(crate) use markdown::{Defused, LineLinks, defused, defused_start, defused_with_links, title};
pub(crate) use modelines::below;
