//! The transport with a toy server behind it: what a session must survive, and in which order it speaks.

mod editors;
mod endings;
mod frames;
mod requests;
mod toy;
