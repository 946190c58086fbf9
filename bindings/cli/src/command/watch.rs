//! `recapito watch`: stays with the mailboxes, a line for each event, until it is stopped.
//!
//! What is new since the start is printed; what was there before is in `recapito events`. A line that breaks is told
//! on stderr and tried again; a mailbox whose login is refused is given up, the others go on.

use recapito_engine::account::Pulse;
use recapito_engine::client::Watched;
use recapito_engine::identity::AccountId;
use recapito_engine::store::account::Account;

use crate::command::sync::{last_position, missing, print_events};
use crate::exit::Exit;
use crate::failure::{Failure, message};
use crate::language::say;
use crate::option::{Accounts, Common};
use crate::output::Output;
use crate::session;

/// Watches until SIGINT or SIGTERM, or until no mailbox is left that can be watched.
pub(crate) async fn run(options: &Accounts, common: &Common, output: &mut Output) -> Result<Exit, Failure> {
    let client = session::open(common).await?;
    let accounts = session::accounts(&client, &options.accounts).await?;
    let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
    let mut position = last_position(&client).await?;
    let mut watch = client.watch(&ids).await?;
    let mut exit = Exit::Done;
    let mut interrupted = std::pin::pin!(interrupted());
    loop {
        let watched = tokio::select! {
            watched = watch.next() => watched,
            () = &mut interrupted => break,
        };
        match watched {
            None => break,
            Some(Watched::Pulse(id, pulse)) => {
                remark(&accounts, id, &pulse, output);
                print_events(&client, &mut position, output).await?;
            }
            Some(Watched::Ended(id, error)) => {
                output.error(&format!("{}: {}", name(&accounts, id), message(&error)));
                exit = exit.or(Failure::from(error).exit);
            }
        }
    }
    watch.stop().await;
    print_events(&client, &mut position, output).await?;
    client.close().await;
    Ok(exit)
}

/// What is told besides the events: the true state of each line.
fn remark(accounts: &[Account], id: AccountId, pulse: &Pulse, output: &mut Output) {
    let name = name(accounts, id);
    match pulse {
        Pulse::Current => {
            output.detail(&say!("{name}: aggiornata, in ascolto", "{name}: up to date, watching"))
        }
        Pulse::Events => {}
        Pulse::Incomplete(refreshed) => {
            missing(refreshed).iter().for_each(|line| output.remark(&format!("{name}: {line}")));
        }
        Pulse::Lost { error, retry_in } => {
            let (why, seconds) = (message(error), retry_in.as_secs().max(1));
            output.remark(&say!(
                "{name}: {why}; si riprova fra {seconds} s",
                "{name}: {why}; trying again in {seconds} s"
            ));
        }
    }
}

fn name(accounts: &[Account], id: AccountId) -> String {
    let account = accounts.iter().find(|account| account.id == id);
    account.map(|account| account.settings.address.to_string()).unwrap_or_default()
}

/// Completes when the program is asked to end.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
