//! One file a command; each takes its options and says how it ended.

pub(crate) mod account;
pub(crate) mod demo;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod outbox;
pub(crate) mod send;
pub(crate) mod show;
pub(crate) mod sync;
pub(crate) mod verify;
pub(crate) mod watch;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::option::{Command, Options};
use crate::output::Output;

/// Does what was asked.
pub(crate) async fn run(options: &Options, output: &mut Output) -> Result<Exit, Failure> {
    let common = &options.common;
    match &options.command {
        Command::Account(options) => account::run(options, common, output).await,
        Command::Demo(options) => demo::run(options, output).await,
        Command::Events(options) => events::run(options, common, output).await,
        Command::Export(options) => export::run(options, common, output).await,
        Command::List(options) => list::run(options, common, output).await,
        Command::Outbox(options) => outbox::run(options, common, output).await,
        Command::Send(options) => send::run(options, common, output).await,
        Command::Show(options) => show::run(options, common, output).await,
        Command::Sync(options) => sync::run(options, common, output).await,
        Command::Verify(options) => verify::run(options, output),
        Command::Watch(options) => watch::run(options, common, output).await,
    }
}
