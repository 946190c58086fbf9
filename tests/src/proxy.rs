//! Something between a client and a server on this machine that counts what passes, and can end it at a chosen byte.
//!
//! It sees TLS only, and needs not understand it: a point of a dialogue is the number of bytes that have reached the
//! client. What ends there ends exactly there, however fast either side is.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// A listening port whose connections lead to a server.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: SocketAddr,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Connections made since the proxy was started.
    connections: usize,
    /// Bytes that reached clients since the count began.
    delivered: u64,
    end: Option<End>,
    closed: bool,
}

/// Where the dialogue ends, and what happens there.
struct End {
    after: u64,
    action: Box<dyn FnOnce() + Send>,
}

impl Proxy {
    /// Listens on a free port, for a server on 127.0.0.1.
    ///
    /// # Errors
    /// If this machine gives no port.
    pub fn start(server: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let server = SocketAddr::from((Ipv4Addr::LOCALHOST, server));
        let shared = Arc::new(Shared { server, state: Mutex::default() });
        let own = Arc::clone(&shared);
        thread::spawn(move || own.accept(&listener));
        Ok(Self { port, shared })
    }

    /// Where it listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// How many bytes reached clients since the last [`open`](Self::open) or [`end_after`](Self::end_after).
    pub fn delivered(&self) -> u64 {
        self.shared.state().delivered
    }

    /// Lets everything pass, and counts from now on.
    pub fn open(&self) {
        let mut state = self.shared.state();
        (state.delivered, state.end) = (0, None);
    }

    /// Counts from now on, and once so many bytes have reached clients does `action` and cuts the connection.
    /// After that everything passes again.
    pub fn end_after(&self, bytes: u64, action: impl FnOnce() + Send + 'static) {
        let mut state = self.shared.state();
        (state.delivered, state.end) = (0, Some(End { after: bytes, action: Box::new(action) }));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.state().closed = true;
        // Wakes the thread that accepts; if it cannot be reached, it is gone already.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            let mut state = self.state();
            if state.closed {
                return;
            }
            state.connections += 1;
            drop(state);
            // A server that cannot be reached is a client that is cut off.
            if let Ok(client) = client {
                let _ = self.connect(client);
            }
        }
    }

    fn connect(self: &Arc<Self>, client: TcpStream) -> io::Result<()> {
        let server = TcpStream::connect(self.server)?;
        let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
        thread::spawn(move || {
            let _ = io::copy(&mut from_client, &mut to_server);
            let _ = to_server.shutdown(Shutdown::Both);
        });
        let own = Arc::clone(self);
        thread::spawn(move || {
            let _ = own.deliver(&server, &client);
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        });
        Ok(())
    }

    /// Passes on what the server says, until it ends or is ended.
    fn deliver(&self, mut server: &TcpStream, mut client: &TcpStream) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        loop {
            let length = server.read(&mut buffer)?;
            if length == 0 {
                return Ok(());
            }
            let (passing, end) = self.state().count(length);
            client.write_all(&buffer[..passing])?;
            if let Some(end) = end {
                (end.action)();
                return Ok(());
            }
        }
    }
}

impl State {
    /// How much of what has come may pass, and what ends there.
    fn count(&mut self, length: usize) -> (usize, Option<End>) {
        let room = self.end.as_ref().map(|end| end.after.saturating_sub(self.delivered));
        let passing = room.map_or(length, |room| length.min(usize::try_from(room).unwrap_or(usize::MAX)));
        self.delivered += passing as u64;
        (passing, self.end.take_if(|end| end.after <= self.delivered))
    }
}
