//! `recapito events`: the event rows, and who has seen how many of them.

use crate::command::sync::print_events;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::option::{Common, Events};
use crate::output::Output;
use crate::session;

/// Prints what the consumer has not acknowledged, or what lies behind a position; or acknowledges. Listing
/// acknowledges nothing.
pub(crate) async fn run(options: &Events, common: &Common, output: &mut Output) -> Result<Exit, Failure> {
    let client = session::open(common).await?;
    if let Some(position) = options.ack {
        client.acknowledge(&options.consumer, position).await?;
        client.close().await;
        return Ok(Exit::Done);
    }
    let mut position = match options.after {
        Some(position) => position,
        None => client.acknowledged(&options.consumer).await?,
    };
    print_events(&client, &mut position, output).await?;
    client.close().await;
    Ok(Exit::Done)
}
