//! `recapito demo`.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::option::Demo;
use crate::output::Output;

/// Plays the story.
pub(crate) async fn run(_options: &Demo, _output: &mut Output) -> Result<Exit, Failure> {
    Ok(Exit::Fault)
}
