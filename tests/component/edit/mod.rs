//! The edits that replies lead to: readable stories, and laws that are true for every text.

mod laws;
mod matrix;
mod stories;
