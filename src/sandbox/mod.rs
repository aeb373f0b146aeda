//! stub
#![allow(missing_docs)]
use crate::agents_api::Connection;
pub const DEFAULT_AGENT: &str = "x";
#[derive(Debug, Clone, Copy)]
pub enum Pacing {
    Believable,
    Immediate,
}
#[derive(Debug)]
pub struct SandboxOptions {
    pub port: u16,
    pub pacing: Pacing,
}
impl Default for SandboxOptions {
    fn default() -> Self {
        Self { port: 0, pacing: Pacing::Believable }
    }
}
#[derive(Debug)]
pub struct Sandbox;
#[derive(Debug)]
pub struct RunningSandbox;
impl Sandbox {
    pub async fn start(_: SandboxOptions) -> std::io::Result<RunningSandbox> {
        Ok(RunningSandbox)
    }
}
impl RunningSandbox {
    pub fn base_url(&self) -> &str {
        ""
    }
    pub fn connection(&self) -> Connection {
        todo!()
    }
}
pub fn environment_lines(_: &str) -> String {
    String::new()
}
