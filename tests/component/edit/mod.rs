//! What becomes of replies: stories that a person can read, and laws that hold for every text.

mod laws;
mod matrix;
mod stories;
