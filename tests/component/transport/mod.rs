//! The transport with a toy server: the conditions that a session must survive, and the order of its messages.

mod editors;
mod endings;
mod frames;
mod requests;
mod toy;
