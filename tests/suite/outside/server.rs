//! Servers of a test's own: they keep what they were asked, and answer byte by
//! byte as the test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Beside this file: for `localhost` and 127.0.0.1, signed by nobody else.
pub const CERTIFICATE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/suite/outside/tls/certificate.pem"
);
const KEY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/suite/outside/tls/key.pem"
);

/// The way back to who asked.
pub trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

/// What a server was asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
    /// The values of a header, joined.
    pub fn header(&self, name: &str) -> String {
        let values = self.headers.iter();
        let values = values.filter(|(given, _)| given.eq_ignore_ascii_case(name));
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        values.join(", ")
    }
}

type Answering = dyn Fn(&Asked, &mut dyn Wire) + Send + Sync;

/// Listens until it is dropped. Each connection is asked once and then closed.
pub struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    over: Arc<AtomicBool>,
    scheme: &'static str,
}

impl Server {
    /// One that speaks plain HTTP.
    pub fn new(answer: impl Fn(&Asked, &mut dyn Wire) + Send + Sync + 'static) -> Server {
        Server::listening("http", Box::new(answer), None)
    }

    /// One that speaks HTTPS with [`CERTIFICATE`].
    pub fn encrypted(answer: impl Fn(&Asked, &mut dyn Wire) + Send + Sync + 'static) -> Server {
        let certificate = CertificateDer::from_pem_file(CERTIFICATE).unwrap();
        let key = PrivateKeyDer::from_pem_file(KEY).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Server::listening("https", Box::new(answer), Some(Arc::new(config)))
    }

    fn listening(
        scheme: &'static str,
        answer: Box<Answering>,
        tls: Option<Arc<ServerConfig>>,
    ) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let server = Server {
            address: listener.local_addr().unwrap(),
            asked: Arc::default(),
            over: Arc::default(),
            scheme,
        };
        let (asked, over) = (server.asked.clone(), server.over.clone());
        let answer: Arc<Answering> = Arc::from(answer);
        std::thread::spawn(move || {
            for wire in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(wire) = wire else { continue };
                let (asked, answer, tls) = (asked.clone(), answer.clone(), tls.clone());
                std::thread::spawn(move || converse(wire, tls, &asked, answer.as_ref()));
            }
        });
        server
    }

    /// `http://127.0.0.1:40123`
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// All that it was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Lets it see that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

/// A port at which nobody listens.
pub fn port_of_nobody() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn converse(
    wire: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    all: &Mutex<Vec<Asked>>,
    answer: &Answering,
) {
    let mut wire: Box<dyn Wire> = match tls {
        None => Box::new(wire),
        Some(config) => {
            let connection = ServerConnection::new(config).unwrap();
            Box::new(StreamOwned::new(connection, wire))
        }
    };
    // Who hangs up, or does not trust the certificate, has asked nothing.
    if let Some(asked) = read(&mut wire) {
        all.lock().unwrap().push(asked.clone());
        answer(&asked, &mut wire);
        let _ = wire.flush();
    }
}

fn read(wire: &mut Box<dyn Wire>) -> Option<Asked> {
    let mut reader = BufReader::new(wire);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let mut asked = Asked {
        method: words.next()?.to_owned(),
        target: words.next()?.to_owned(),
        ..Asked::default()
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let header = (name.to_owned(), value.trim().to_owned());
        asked.headers.push(header);
    }
    let length = asked.header("Content-Length").parse().unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    asked.body = String::from_utf8(body).ok()?;
    Some(asked)
}

/// Sends what is sent as long as somebody listens.
pub fn send(wire: &mut dyn Wire, bytes: &[u8]) -> bool {
    wire.write_all(bytes).and_then(|()| wire.flush()).is_ok()
}

/// Sends a whole answer.
pub fn answer(wire: &mut dyn Wire, status: u16, headers: &str, body: &[u8]) {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} So\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    send(wire, &[head.as_bytes(), body].concat());
}

/// Sends a JSON document.
pub fn answer_json(wire: &mut dyn Wire, body: &str) {
    answer(
        wire,
        200,
        "Content-Type: application/json\r\n",
        body.as_bytes(),
    );
}

/// Says nothing until the other side hangs up.
pub fn keep_silent(wire: &mut dyn Wire) {
    let _ = wire.read(&mut [0]);
}
