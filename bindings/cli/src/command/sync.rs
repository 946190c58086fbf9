//! `recapito sync`: one refresh of each account, then what is new.
//!
//! An account that fails does not keep the others from being refreshed; the exit code is that of the first that
//! did. Printing events acknowledges nothing: `recapito events` will list them again.

use recapito_engine::account::Refreshed;
use recapito_engine::client::Client;
use recapito_engine::event::Event;

use crate::command::account;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::language::say;
use crate::notification::{EventRecord, Notification};
use crate::option::{Accounts, Common};
use crate::output::Output;
use crate::session;

/// Refreshes each account; one that fails does not keep the others from it.
pub(crate) async fn run(options: &Accounts, common: &Common, output: &mut Output) -> Result<Exit, Failure> {
    let client = session::open(common).await?;
    let mut position = last_position(&client).await?;
    let mut exit = Exit::Done;
    let mut fetched = 0;
    for account in session::accounts(&client, &options.accounts).await? {
        match client.refresh(account.id).await {
            Ok(refreshed) => {
                fetched += refreshed.fetched;
                for line in missing(&refreshed) {
                    output.error(&line);
                    exit = exit.or(Exit::Unreachable);
                }
            }
            Err(error) => {
                output.error(&account::describe(&account, &error));
                exit = exit.or(Failure::from(error).exit);
            }
        }
    }
    let told = print_events(&client, &mut position, output).await?;
    // Beside an error it would read as if everything had been looked at.
    if told == 0 && exit == Exit::Done {
        output.remark(&say!(
            "{fetched} messaggi scaricati, nessuna novità",
            "{fetched} messages fetched, nothing new"
        ));
    } else {
        output.remark(&say!("{fetched} messaggi scaricati", "{fetched} messages fetched"));
    }
    client.close().await;
    Ok(exit)
}

/// A line for each thing that the server holds and that could not be had.
pub(crate) fn missing(refreshed: &Refreshed) -> Vec<String> {
    let mut lines: Vec<String> = refreshed.too_large.iter().map(|bytes| too_large(bytes >> 20)).collect();
    match refreshed.withheld {
        0 => {}
        count => lines.push(say!(
            "il server elenca {count} messaggi e non li consegna; si riprova ogni volta",
            "the server lists {count} messages and does not give them; each time they are asked for again"
        )),
    }
    lines
}

fn too_large(megabytes: u64) -> String {
    say!(
        "un messaggio di {megabytes} MB è troppo grande ed è rimasto sul server",
        "a message of {megabytes} MB is too large and was left on the server"
    )
}

/// The position of the last event there is.
pub(crate) async fn last_position(client: &Client) -> Result<i64, Failure> {
    let mut position = 0;
    while let Some(last) = client.events(position, PAGE).await?.last() {
        position = last.position;
    }
    Ok(position)
}

/// Prints the events behind a position, and moves it on. Acknowledges nothing.
pub(crate) async fn print_events(
    client: &Client,
    position: &mut i64,
    output: &mut Output,
) -> Result<usize, Failure> {
    let mut told = 0;
    loop {
        let events = client.events(*position, PAGE).await?;
        if events.is_empty() {
            return Ok(told);
        }
        for event in events {
            print_event(client, &event, output).await?;
            *position = event.position;
            told += 1;
        }
    }
}

/// One event, as a line for people or for programs.
pub(crate) async fn print_event(client: &Client, event: &Event, output: &mut Output) -> Result<(), Failure> {
    if output.json {
        output.record(&EventRecord::from(event));
    } else {
        output.line(&Notification::of(client, event).await?.line(event));
    }
    Ok(())
}

const PAGE: u32 = 500;
