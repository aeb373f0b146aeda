//! The baseline for `editor_load.py`: reads one frame from stdin, answers it as `initialize`, and then ignores all
//! input until its end. A real server's cost is the difference to this program.

use std::io::{Read, Write};

fn main() -> std::io::Result<()> {
    let mut input = std::io::stdin().lock();
    let mut headers = Vec::new();
    let mut byte = [0];
    while !headers.ends_with(b"\r\n\r\n") {
        if input.read(&mut byte)? == 0 {
            return Ok(());
        }
        headers.push(byte[0]);
    }
    let headers = String::from_utf8_lossy(&headers);
    let length = headers
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    let reply = br#"{"jsonrpc":"2.0","id":1,"result":{"capabilities":{}}}"#;
    let mut output = std::io::stdout().lock();
    write!(output, "Content-Length: {}\r\n\r\n", reply.len())?;
    output.write_all(reply)?;
    output.flush()?;
    std::io::copy(&mut input, &mut std::io::sink())?;
    Ok(())
}
