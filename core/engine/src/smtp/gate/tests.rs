//! What the gate lets out and in, over a pipe, with nobody who knows SMTP on either side.

use tokio::io::{AsyncReadExt, duplex};
use tokio::time::timeout;

use super::*;

const LONG: Duration = Duration::from_secs(3_600);

/// A gate that may take its time, and the server behind it.
fn gate() -> (Gate<tokio::io::DuplexStream>, tokio::io::DuplexStream) {
    let (client, server) = duplex(10_000);
    let gate = Gate::new(client);
    gate.allow(LONG);
    (gate, server)
}

async fn heard(server: &mut tokio::io::DuplexStream) -> Vec<u8> {
    let mut bytes = vec![0; 100];
    let count = server.read(&mut bytes).await.unwrap();
    bytes.truncate(count);
    bytes
}

#[tokio::test(start_paused = true)]
async fn shut_it_lets_nothing_out_however_often_it_is_asked() {
    let (gate, mut server) = gate();
    gate.write(b"body").await.unwrap();
    gate.shut();
    let mut dot = Box::pin(gate.write(b"\r\n.\r\n"));
    for _ in 0..3 {
        assert!(timeout(Duration::from_secs(1), &mut dot).await.is_err());
    }
    assert_eq!(heard(&mut server).await, b"body");
    assert!(timeout(Duration::from_secs(1), heard(&mut server)).await.is_err());

    gate.open();
    dot.await.unwrap();
    assert_eq!(heard(&mut server).await, b"\r\n.\r\n");
}

#[tokio::test(start_paused = true)]
async fn one_reply_at_a_time_and_no_command_before_the_rest_is_read() {
    let (gate, mut server) = gate();
    server.write_all(b"250-a\n250\n571 \xe0\r\n").await.unwrap();
    let (mut reader, mut read) = (gate.clone(), vec![0; 100]);
    let count = reader.read(&mut read).await.unwrap();
    assert_eq!(&read[..count], b"250-a\r\n250 \r\n");
    assert_eq!(gate.answer(&Ok(())), Ok(Reply { code: 250, text: "a\n".to_owned() }));

    assert_eq!(gate.write(b"NOOP\r\n").await.unwrap_err().kind(), ErrorKind::InvalidData);
    let count = reader.read(&mut read).await.unwrap();
    assert_eq!(&read[..count], "551 \u{fffd}\r\n".as_bytes(), "a code that lettre can read");
    assert_eq!(reader.read(&mut read).await.unwrap_err().kind(), ErrorKind::ConnectionAborted);
    assert_eq!(gate.answer(&Ok(())), Ok(Reply { code: 571, text: "\u{fffd}".to_owned() }));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_done_in_time_is_not_done() {
    let (client, _server) = duplex(1);
    let gate = Gate::new(client);
    for limit in [Duration::from_secs(1), LONG] {
        let start = Instant::now();
        gate.allow(limit);
        assert_eq!(gate.write(b"too wide").await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(gate.clone().read_u8().await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(start.elapsed().as_secs(), limit.as_secs(), "one limit for both");
    }
}
