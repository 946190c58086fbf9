//! Serves two boxes until a line is read or standard input ends, and says how to connect.
//!
//! `cargo run -p recapito-provider --example serve`

#![expect(clippy::print_stdout, reason = "it is a program for the terminal")]

use std::error::Error;
use std::path::Path;

use recapito_provider::{Provider, Settings};
use tokio::io::{AsyncBufReadExt, BufReader};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = Provider::start(Settings::default()).await?;
    for address in ["mario@pec.example.test", "anna@legal.example.test"] {
        provider.open_box(address, "secret");
        println!("box     {address}, password secret");
    }
    println!("imap    {}", provider.imap_address());
    println!("smtp    {}", provider.smtp_address());
    for (name, pem) in [("tls.pem", provider.tls_authority_pem()), ("anchors.pem", provider.anchors_pem())] {
        let path = Path::new(&std::env::temp_dir()).join(format!("recapito-provider-{name}"));
        std::fs::write(&path, pem)?;
        println!("trust   {}", path.display());
    }
    println!("Press Enter to stop.");
    BufReader::new(tokio::io::stdin()).read_line(&mut String::new()).await?;
    provider.stop().await;
    Ok(())
}
