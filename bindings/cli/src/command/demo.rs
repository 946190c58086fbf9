//! `recapito demo`: a story of certified mail, played for real on this machine.
//!
//! ```text
//! story ──acts──> stage   an embedded provider; the engine on its mailbox, over SMTP and IMAP with TLS
//!   │               └─events─┐
//!   ├──tells──> screen <─────┘   narration, and each event as a phone would show it
//!   └──────────────> ending      whether what happened is what was told, no more and no less: the exit code
//! ```
//! Nothing is faked on the way, and nobody waits: the provider's clock is moved forward. Every wait ends by an event
//! or by its deadline.

mod ending;
mod keepsake;
mod screen;
mod stage;
mod story;

use crate::command::watch::interrupted;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::language::text;
use crate::option::Demo;
use crate::output::Output;

use screen::Screen;
use stage::Stage;
use story::Story;

/// Plays the story, and says by the exit code whether it came out as told.
pub(crate) async fn run(options: &Demo, output: &mut Output) -> Result<Exit, Failure> {
    if let Some(folder) = &options.keep {
        keepsake::check_empty(folder)?;
    }
    let mut stage = Stage::open(options.keep.as_deref()).await?;
    output.scratch = stage.scratch().map(Into::into);
    let mut screen = Screen::new(output);
    let mut played = tokio::select! {
        played = Story::new(&mut stage, &mut screen).play() => played,
        () = interrupted() => Err(Failure {
            exit: Exit::Fault,
            message: text("interrotta prima della fine", "interrupted before its end").to_owned(),
        }),
    };
    if let (Ok(()), Some(folder)) = (&played, &options.keep) {
        played = keepsake::write(&stage, folder, &mut screen).await;
    }
    stage.close().await;
    played.map(|()| Exit::Done)
}
