//! The sandbox over its socket, as a client meets it.

mod models;
mod scenarios;
mod service;
mod tolerance;
mod world;
