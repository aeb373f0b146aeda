//! The sandbox over its socket, from the view of a client.

mod models;
mod scenarios;
mod service;
mod tolerance;
mod world;
