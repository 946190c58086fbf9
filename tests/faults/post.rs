//! A mailbox as a busy month leaves it: a few hundred messages of every kind, good and bad.
//!
//! The embedded provider makes them, at times that lie in the past, so that their signing times are plausible to a
//! client with the real clock.

use jiff::Timestamp;
use recapito_provider::{
    Behaviour, Delay, Failure, Forgery, Mailbox, Notice, Office, PostOffice, Provider, Receipt, Settings,
    Silence, StartError, Submission, VirtualClock, hours,
};

/// The mailbox that is filled.
pub(crate) const ANNA: &str = "anna@pec.example.test";
/// Its password.
pub(crate) const PASSWORD: &str = "open sesame";

/// A provider whose time is five days ago, with an empty mailbox.
pub(crate) async fn provider() -> Result<(Provider, Mailbox), StartError> {
    let clock = VirtualClock::standing(Timestamp::now() - hours(5 * 24));
    let provider = Provider::start(Settings { clock, ..Settings::default() }).await?;
    let mailbox = provider.open_box(ANNA, PASSWORD);
    Ok((provider, mailbox))
}

/// Fills the mailbox.
pub(crate) fn fill(office: &Office) {
    script(office);
    for number in 0..35 {
        send(office, ANNA, &SENT_TO[number % 7..][..3], number);
    }
    for number in 0..60 {
        send(office, "bruno@pec.example.test", &[ANNA], 100 + number);
    }
    office.advance(hours(30));
    for number in 0..20 {
        let raw = format!("From: shop@example.test\r\nTo: {ANNA}\r\nSubject: Offer {number}\r\n\r\nBuy!\r\n");
        office.receive_ordinary("shop@example.test", ANNA, raw.as_bytes());
    }
    forge(office);
    for raw in GARBAGE {
        office.inject(ANNA, raw);
    }
}

/// Who is written to: each message takes three in a row.
const SENT_TO: [&str; 9] = [
    "bruno@pec.example.test",
    "carla@legal.example.test",
    "full@legal.example.test",
    "late@legal.example.test",
    "nobody@pec.example.test",
    "twice@legal.example.test",
    "outside@example.test",
    "bruno@pec.example.test",
    "carla@legal.example.test",
];

fn script(office: &Office) {
    for address in
        SENT_TO.iter().filter(|address| !address.starts_with("nobody") && office.workshop(address).is_some())
    {
        office.open_box(address, PASSWORD);
    }
    office.script().on("full@legal.example.test", Behaviour::FullMailbox);
    office.script().on("late@legal.example.test", Behaviour::Late(Silence::until_delivery(hours(26))));
    office.script().on("twice@legal.example.test", Behaviour::DoubledReceipt);
}

fn send(office: &Office, from: &str, to: &[&str], number: usize) {
    let reply = office.submit(Submission {
        login: from.to_owned(),
        reverse_path: from.to_owned(),
        recipients: to.iter().map(|&address| address.to_owned()).collect(),
        raw: letter(from, to, number).into_bytes(),
    });
    assert_eq!(reply.code, 250, "{}", reply.text);
}

fn letter(from: &str, to: &[&str], number: usize) -> String {
    let to = to.join(", ");
    format!(
        "From: {from}\r\nTo: {to}\r\nSubject: Letter {number}\r\nMessage-ID: <{number}@example.test>\r\n\r\nText\r\n"
    )
}

/// Receipts that must not be believed, about messages of Anna's and about messages of nobody's.
fn forge(office: &Office) {
    let workshop = office.workshop(ANNA).expect("a provider");
    for number in [1, 2, 900] {
        let letter = letter(ANNA, &["carla@legal.example.test"], number);
        let about = workshop.take(letter.as_bytes(), office.clock().now(), |_| true);
        let recipient = || "carla@legal.example.test".to_owned();
        let notices = [
            Notice::Delivery { recipient: recipient(), receipt: Receipt::Complete },
            Notice::Failure { recipient: recipient(), cause: Failure::NoRecipient },
            Notice::Delay { recipient: recipient(), delay: Delay::First },
        ];
        for notice in notices {
            for forgery in Forgery::ALL {
                office.inject(ANNA, &office.forge(forgery, &notice, &about));
            }
        }
    }
}

/// What no mail program would send, and every mailbox may hold.
const GARBAGE: [&[u8]; 8] = [
    b"",
    b"\r\n",
    b"\0\0\0",
    b"no header at all",
    b"Subject: \xff\xfe\r\nFrom: <\r\n\r\n\0body\0",
    b"Content-Type: multipart/signed; boundary=\"\"\r\n\r\n--\r\n--\r\n",
    b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nMIIB\r\n--b--\r\n",
    b"X-Ricevuta: avvenuta-consegna\r\nFrom: posta-certificata@pec.example.test\r\n\r\nbelieve me\r\n",
];
