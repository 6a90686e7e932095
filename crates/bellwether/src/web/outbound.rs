//! The way out to addresses that people type: to the public internet alone, unless the operator lets the own network be reached.
//!
//! A name is resolved first, every address it has is judged, and the line is made to an address that was judged and to no other: a
//! name that answers differently a moment later leads nowhere else. Redirects are not followed, answers are cut at a size, and a
//! conversation ends after a time, whatever the other side does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, header};
use futures::StreamExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use url::{Host, Url};

/// Letters of an address.
const ADDRESS_LETTERS_MAX: usize = 2_000;
/// Of the head of an answer.
const HEAD_BYTES_MAX: usize = 32 << 10;
/// Addresses of one name that are tried.
const TRIES_MAX: usize = 4;
/// Where a name has several addresses, each takes a line within so long, or the next one is tried.
const TRY_FOR: Duration = Duration::from_secs(2);

/// Who is spoken to, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outbound {
    /// Addresses of this machine and of private networks are reached too; never those that are no host's.
    pub may_reach_inside: bool,
    /// From the first question to the last byte.
    pub time_at_most: Duration,
    /// Of an answer's body; the rest is not read.
    pub answer_bytes_max: usize,
}

impl Default for Outbound {
    fn default() -> Outbound {
        Outbound { may_reach_inside: false, time_at_most: Duration::from_secs(10), answer_bytes_max: 64 << 10 }
    }
}

/// What is asked of another server.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// What another server answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered {
    pub status: u16,
    /// Where a redirect, which is not followed, leads.
    pub location: Option<String>,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// The body goes on.
    pub is_cut: bool,
}

/// Why nobody was reached.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OutboundError {
    #[error("{0}")]
    Address(String),
    #[error("{host} has no address: {problem}")]
    NoSuchHost { host: String, problem: String },
    #[error("{host} leads to {address}, which is {class}; only public addresses are reached")]
    Inside { host: String, address: IpAddr, class: &'static str, may_be_opened: bool },
    #[error("{host} takes no line on port {port}: {problem}")]
    NotReached { host: String, port: u16, problem: String },
    #[error("{host} cannot be spoken to by TLS: {problem}")]
    Tls { host: String, problem: String },
    #[error("{host} broke off: {problem}")]
    BrokenOff { host: String, problem: String },
    #[error("{host} did not answer within {seconds} s")]
    TooSlow { host: String, seconds: u64 },
}

/// What kind of address it is that is not for everybody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inside {
    Loopback,
    Private,
    /// Behind a provider's translation (100.64.0.0/10).
    Carrier,
    LinkLocal,
    /// Where machines in data centres are told their secrets.
    Metadata,
    Unspecified,
    Multicast,
    Broadcast,
    Documentation,
    Reserved,
}

impl Inside {
    pub fn words(self) -> &'static str {
        match self {
            Inside::Loopback => "this machine itself",
            Inside::Private => "of a private network",
            Inside::Carrier => "shared behind a provider",
            Inside::LinkLocal => "of the local link alone",
            Inside::Metadata => "where a data centre tells machines their secrets",
            Inside::Unspecified => "no host's",
            Inside::Multicast => "of a group of hosts",
            Inside::Broadcast => "of everybody in a network",
            Inside::Documentation => "for examples only",
            Inside::Reserved => "reserved",
        }
    }

    /// Whether an operator may open it: hosts of the own network may stand there.
    fn may_be_opened(self) -> bool {
        matches!(self, Inside::Loopback | Inside::Private | Inside::Carrier)
    }
}

/// Whom the public trusts to say who a server is.
static PUBLIC: LazyLock<Arc<ClientConfig>> =
    LazyLock::new(|| trusting(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }));

/// Metadata services that stand where other rules do not look, or where an operator may open.
const METADATA_V4: [Ipv4Addr; 4] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
];
const METADATA_V6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];

/// Why an address is not for everybody; `None` for one that is public.
pub fn inside(address: IpAddr) -> Option<Inside> {
    match address {
        IpAddr::V4(address) => inside_v4(address),
        IpAddr::V6(address) => inside_v6(address),
    }
}

fn inside_v4(address: Ipv4Addr) -> Option<Inside> {
    if METADATA_V4.contains(&address) {
        return Some(Inside::Metadata);
    }
    match address.octets() {
        [0, ..] => Some(Inside::Unspecified),
        [10, ..] | [192, 168, ..] => Some(Inside::Private),
        [172, second, ..] if second & 0xf0 == 16 => Some(Inside::Private),
        [100, second, ..] if second & 0xc0 == 64 => Some(Inside::Carrier),
        [127, ..] => Some(Inside::Loopback),
        [169, 254, ..] => Some(Inside::LinkLocal),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some(Inside::Documentation),
        // Protocols, the old relays of 6to4, benchmarks.
        [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..] => Some(Inside::Reserved),
        [255, 255, 255, 255] => Some(Inside::Broadcast),
        [first, ..] if first & 0xf0 == 224 => Some(Inside::Multicast),
        [first, ..] if first & 0xf0 == 240 => Some(Inside::Reserved),
        _ => None,
    }
}

fn inside_v6(address: Ipv6Addr) -> Option<Inside> {
    if METADATA_V6.contains(&address) {
        return Some(Inside::Metadata);
    }
    let parts = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        inside_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some(Inside::Unspecified),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some(Inside::Loopback),
        // An address of the old kind within one of the new: mapped, translated at the border, tunnelled.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            v4(high, low)
        }
        // The same under the oldest form, under a network's own translation, or hidden by a tunnel: never for everybody.
        [0, 0, 0, 0, 0, 0, high, low] => v4(high, low).or(Some(Inside::Reserved)),
        [0x64, 0xff9b, 1, ..] => Some(Inside::Private),
        [.., 0 | 0x200, 0x5efe, high, low] => v4(high, low).or(Some(Inside::Reserved)),
        [0x2001, 0xdb8, ..] => Some(Inside::Documentation),
        [0x3fff, second, ..] if second < 0x1000 => Some(Inside::Documentation),
        // Protocols, among them the tunnels of Teredo.
        [0x2001, second, ..] if second < 0x200 => Some(Inside::Reserved),
        [first, ..] if first & 0xfe00 == 0xfc00 => Some(Inside::Private),
        [first, ..] if first & 0xffc0 == 0xfe80 => Some(Inside::LinkLocal),
        [first, ..] if first & 0xff00 == 0xff00 => Some(Inside::Multicast),
        // Everything public begins with 2 or 3.
        [first, ..] if first & 0xe000 == 0x2000 => None,
        _ => Some(Inside::Reserved),
    }
}

/// An address that somebody typed, where it can be one that is spoken to; whom it leads to is looked at later.
pub fn checked_address(text: &str) -> Result<Url, OutboundError> {
    let refused = |problem: String| Err(OutboundError::Address(problem));
    let text = text.trim();
    if text.len() > ADDRESS_LETTERS_MAX {
        return refused(format!("it is longer than {ADDRESS_LETTERS_MAX} letters"));
    }
    let Ok(mut url) = Url::parse(text) else {
        return refused(format!("{text:?} is no address such as https://shop.example/hooks"));
    };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return refused("only addresses that begin with http:// or https:// are spoken to".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("it holds a name or a password, which stay in logs: leave them out".to_owned());
    }
    if url.port() == Some(0) {
        return refused("nobody listens on port 0".to_owned());
    }
    url.set_fragment(None);
    Ok(url)
}

impl Outbound {
    fn judged(self, host: &str, address: IpAddr) -> Result<(), OutboundError> {
        match inside(address) {
            None => Ok(()),
            Some(class) if self.may_reach_inside && class.may_be_opened() => Ok(()),
            Some(class) => Err(OutboundError::Inside {
                host: host.to_owned(),
                address,
                class: class.words(),
                may_be_opened: class.may_be_opened(),
            }),
        }
    }

    /// Every address of a host, each of which may be reached; none where one of them may not.
    pub async fn addresses(self, url: &Url) -> Result<Vec<SocketAddr>, OutboundError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let none = |problem: String| OutboundError::NoSuchHost { host: host.clone(), problem };
        let port = url.port_or_known_default().ok_or_else(|| none("it has no port".to_owned()))?;
        let mut addresses = match url.host() {
            None => return Err(none("it is empty".to_owned())),
            Some(Host::Ipv4(address)) => vec![SocketAddr::from((address, port))],
            Some(Host::Ipv6(address)) => vec![SocketAddr::from((address, port))],
            Some(Host::Domain(name)) => {
                let found = tokio::time::timeout(self.time_at_most, lookup_host((name, port))).await;
                let found = found.map_err(|_| self.too_slow(&host))?;
                found.map_err(|error| none(error.to_string()))?.collect()
            }
        };
        addresses.dedup();
        for address in &addresses {
            self.judged(&host, address.ip())?;
        }
        if addresses.is_empty() { Err(none("nobody knows one".to_owned())) } else { Ok(addresses) }
    }

    fn too_slow(self, host: &str) -> OutboundError {
        OutboundError::TooSlow { host: host.to_owned(), seconds: self.time_at_most.as_secs() }
    }

    /// Asks another server, once, and reads the beginning of its answer.
    pub async fn ask(self, asked: Asked) -> Result<Answered, OutboundError> {
        self.ask_trusting(asked, PUBLIC.clone()).await
    }

    async fn ask_trusting(self, mut asked: Asked, trusted: Arc<ClientConfig>) -> Result<Answered, OutboundError> {
        asked.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        let host = asked.url.host_str().unwrap_or_default().to_owned();
        let conversation = async { self.line_trusting(&asked.url, trusted).await?.exchange(asked).await };
        match tokio::time::timeout(self.time_at_most, conversation).await {
            Ok(done) => done,
            Err(_) => Err(self.too_slow(&host)),
        }
    }

    /// Takes a line to a server, on which several questions are asked one after the other.
    pub async fn line(self, url: &Url) -> Result<Line, OutboundError> {
        match tokio::time::timeout(self.time_at_most, self.line_trusting(url, PUBLIC.clone())).await {
            Ok(line) => line,
            Err(_) => Err(self.too_slow(url.host_str().unwrap_or_default())),
        }
    }

    async fn line_trusting(self, url: &Url, trusted: Arc<ClientConfig>) -> Result<Line, OutboundError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let bytes = self.bytes_trusting(url, trusted).await?;
        let broken = |problem: String| OutboundError::BrokenOff { host: host.clone(), problem };
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(HEAD_BYTES_MAX)
            .handshake(TokioIo::new(bytes))
            .await
            .map_err(|error| broken(error.to_string()))?;
        let mut driving = JoinSet::new();
        driving.spawn(connection);
        Ok(Line { outbound: self, host, sender, _driving: driving })
    }

    /// Takes a line to a server for another protocol than that of questions and answers; encrypted where the address says so.
    pub async fn bytes(self, url: &Url) -> Result<Box<dyn BothWays>, OutboundError> {
        match tokio::time::timeout(self.time_at_most, self.bytes_trusting(url, PUBLIC.clone())).await {
            Ok(bytes) => bytes,
            Err(_) => Err(self.too_slow(url.host_str().unwrap_or_default())),
        }
    }

    async fn bytes_trusting(self, url: &Url, trusted: Arc<ClientConfig>) -> Result<Box<dyn BothWays>, OutboundError> {
        let host = url.host_str().unwrap_or_default();
        let addresses = self.addresses(url).await?;
        let line = connect(host, &addresses, TRY_FOR).await?;
        if url.scheme() == "https" { Ok(Box::new(encrypted(host, line, trusted).await?)) } else { Ok(Box::new(line)) }
    }
}

/// Bytes that come and go.
pub trait BothWays: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> BothWays for T {}

/// A line to one server.
pub struct Line {
    outbound: Outbound,
    host: String,
    sender: http1::SendRequest<Body>,
    /// Ends with the line, whatever the other side does.
    _driving: JoinSet<hyper::Result<()>>,
}

impl Line {
    /// Whether another question can be asked.
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Asks once more, and reads the beginning of the answer. After an error, or an answer that was cut, the line is of no more use.
    pub async fn ask(&mut self, asked: Asked) -> Result<Answered, OutboundError> {
        let time_at_most = self.outbound.time_at_most;
        match tokio::time::timeout(time_at_most, self.exchange(asked)).await {
            Ok(done) => done,
            Err(_) => Err(self.outbound.too_slow(&self.host)),
        }
    }

    async fn exchange(&mut self, asked: Asked) -> Result<Answered, OutboundError> {
        let host = self.host.clone();
        let broken = |problem: String| OutboundError::BrokenOff { host: host.clone(), problem };
        let request = request_of(asked).map_err(broken)?;
        self.sender.ready().await.map_err(|error| broken(error.to_string()))?;
        let answer = self.sender.send_request(request).await.map_err(|error| broken(error.to_string()))?;
        let status = answer.status();
        let location = answer.headers().get(header::LOCATION).filter(|_| status.is_redirection());
        let location = location.map(|value| String::from_utf8_lossy(value.as_bytes()).chars().take(300).collect());
        let headers = answer.headers().clone();
        let (mut body, mut is_cut) = (Vec::new(), false);
        let mut portions = Body::new(answer.into_body()).into_data_stream();
        while let Some(portion) = portions.next().await {
            // What has come of a body that breaks off is shown all the same: the status is what counts.
            let Ok(portion) = portion else {
                is_cut = true;
                break;
            };
            let room = self.outbound.answer_bytes_max - body.len();
            body.extend_from_slice(&portion[..portion.len().min(room)]);
            if portion.len() > room {
                is_cut = true;
                break;
            }
        }
        Ok(Answered { status: status.as_u16(), location, headers, body, is_cut })
    }
}

fn request_of(asked: Asked) -> Result<Request<Body>, String> {
    let url = &asked.url;
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let host = url.host_str().unwrap_or_default();
    let named = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut request = Request::builder().method(asked.method).uri(path);
    if let Some(headers) = request.headers_mut() {
        *headers = asked.headers;
        headers.insert(header::HOST, HeaderValue::from_str(&named).map_err(|error| error.to_string())?);
    }
    request.body(Body::from(asked.body)).map_err(|error| error.to_string())
}

/// A line to the first of the judged addresses that takes one; one that says nothing does not use up the time of the others.
async fn connect(host: &str, addresses: &[SocketAddr], each_for: Duration) -> Result<TcpStream, OutboundError> {
    let mut problem = None;
    for address in addresses.iter().take(TRIES_MAX) {
        let connecting = TcpStream::connect(address);
        let connected = match addresses.len() {
            1 => connecting.await.map_err(|error| error.to_string()),
            _ => match tokio::time::timeout(each_for, connecting).await {
                Ok(connected) => connected.map_err(|error| error.to_string()),
                Err(_) => Err(format!("{} says nothing", address.ip())),
            },
        };
        match connected {
            Ok(line) => return Ok(line),
            Err(why) => {
                problem = Some(OutboundError::NotReached { host: host.to_owned(), port: address.port(), problem: why });
            }
        }
    }
    Err(problem
        .unwrap_or_else(|| OutboundError::NoSuchHost { host: host.to_owned(), problem: "nobody knows one".to_owned() }))
}

/// TLS with servers whose certificates go back to one of these roots.
fn trusting(roots: RootCertStore) -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider knows the versions it came with");
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

/// The same line by TLS, to a server that shows itself to be the one named.
async fn encrypted(
    host: &str,
    line: TcpStream,
    trusted: Arc<ClientConfig>,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, OutboundError> {
    let refused = |problem: String| OutboundError::Tls { host: host.to_owned(), problem };
    let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_owned();
    let name = ServerName::try_from(bare).map_err(|error| refused(error.to_string()))?;
    TlsConnector::from(trusted).connect(name, line).await.map_err(|error| refused(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(text: &str) -> Option<Inside> {
        inside(text.parse().unwrap_or_else(|_| panic!("{text} is no address")))
    }

    #[test]
    fn every_class_of_address_that_is_not_for_everybody_is_known() {
        use Inside::{
            Broadcast, Carrier, Documentation, LinkLocal, Loopback, Metadata, Multicast, Private, Reserved, Unspecified,
        };
        for (text, expect) in [
            ("0.0.0.0", Unspecified),
            ("0.1.2.3", Unspecified),
            ("10.0.0.1", Private),
            ("10.255.255.255", Private),
            ("172.16.0.1", Private),
            ("172.31.255.255", Private),
            ("192.168.1.1", Private),
            ("100.64.0.1", Carrier),
            ("100.127.255.255", Carrier),
            ("100.100.100.200", Metadata),
            ("127.0.0.1", Loopback),
            ("127.255.255.254", Loopback),
            ("169.254.0.1", LinkLocal),
            ("169.254.169.254", Metadata),
            ("169.254.170.2", Metadata),
            ("168.63.129.16", Metadata),
            ("192.0.0.192", Reserved),
            ("192.0.2.1", Documentation),
            ("198.51.100.7", Documentation),
            ("203.0.113.9", Documentation),
            ("192.88.99.1", Reserved),
            ("198.18.0.1", Reserved),
            ("198.19.255.255", Reserved),
            ("224.0.0.1", Multicast),
            ("239.255.255.255", Multicast),
            ("240.0.0.1", Reserved),
            ("255.255.255.255", Broadcast),
            ("::", Unspecified),
            ("::1", Loopback),
            ("::ffff:127.0.0.1", Loopback),
            ("::ffff:10.0.0.1", Private),
            ("::ffff:169.254.169.254", Metadata),
            ("::127.0.0.1", Loopback),
            ("::8.8.8.8", Reserved),
            ("64:ff9b::7f00:1", Loopback),
            ("64:ff9b::a9fe:a9fe", Metadata),
            ("64:ff9b::c0a8:101", Private),
            ("64:ff9b:1::8.8.8.8", Private),
            ("2002:7f00:1::", Loopback),
            ("2002:c0a8:101::1", Private),
            ("2002:a9fe:a9fe::", Metadata),
            ("2001::1", Reserved),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Reserved),
            ("2001:db8::1", Documentation),
            ("3fff::1", Documentation),
            ("2606:4700::5efe:10.0.0.1", Private),
            ("fc00::1", Private),
            ("fd12:3456::1", Private),
            ("fd00:ec2::254", Metadata),
            ("fd20:ce::254", Metadata),
            ("fe80::1", LinkLocal),
            ("febf::1", LinkLocal),
            ("fec0::1", Reserved),
            ("ff02::1", Multicast),
            ("100::1", Reserved),
            ("5f00::1", Reserved),
            ("4000::1", Reserved),
        ] {
            assert_eq!(class(text), Some(expect), "{text}");
        }
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "169.253.1.1",
            "172.15.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
            "2606:4700:4700::1111",
            "2a00:1450:4001::200e",
            "2001:4860:4860::8888",
        ] {
            assert_eq!(class(text), None, "{text}");
        }
    }

    #[test]
    fn an_operator_opens_the_own_network_and_never_what_is_no_host_s_or_tells_secrets() {
        let open = Outbound { may_reach_inside: true, ..Outbound::default() };
        let may = |outbound: Outbound, text: &str| outbound.judged("x", text.parse().expect("an address")).is_ok();
        for text in ["127.0.0.1", "10.0.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12::1", "::ffff:10.0.0.1"] {
            assert!(may(open, text) && !may(Outbound::default(), text), "{text}");
        }
        for text in
            ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "fe80::1", "0.0.0.0", "224.0.0.1", "203.0.113.9"]
        {
            assert!(!may(open, text), "{text}");
        }
        assert!(may(Outbound::default(), "8.8.8.8"));
    }

    #[test]
    fn only_plain_addresses_of_the_web_are_spoken_to() {
        for bad in [
            "",
            "shop.example",
            "ftp://shop.example/",
            "file:///etc/passwd",
            "gopher://shop.example/",
            "javascript:alert(1)",
            "https://user@shop.example/",
            "https://user:word@shop.example/",
            "https://",
            "http://shop.example:0/",
            "http://[::1",
        ] {
            assert!(checked_address(bad).is_err(), "{bad}");
        }
        let url = checked_address(" https://Shop.example/hooks?a=b#part ").expect("an address");
        assert_eq!(url.as_str(), "https://shop.example/hooks?a=b");
    }

    #[tokio::test]
    async fn an_address_is_judged_however_it_is_written() {
        for text in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://localhost/",
            "http://LOCALHOST./",
            "http://169.254.169.254/latest/meta-data",
        ] {
            let url = checked_address(text).expect("an address");
            let found = Outbound::default().addresses(&url).await;
            assert!(
                matches!(found, Err(OutboundError::Inside { .. } | OutboundError::NoSuchHost { .. })),
                "{text}: {found:?}"
            );
        }
    }

    #[tokio::test]
    async fn an_address_that_says_nothing_leaves_time_for_the_next_one() {
        // Whose queue is full: more who want a line are neither taken nor turned away.
        let full = tokio::net::TcpSocket::new_v4().expect("a socket");
        full.bind("127.0.0.1:0".parse().expect("an address")).expect("binds");
        let full = full.listen(1).expect("listens");
        let silent = full.local_addr().expect("is somewhere");
        let mut waiting = Vec::new();
        while let Ok(Ok(line)) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(silent)).await {
            waiting.push(line);
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let speaks = listener.local_addr().expect("is somewhere");
        let brief = Duration::from_millis(300);
        let line = connect("x", &[silent, speaks], brief).await.expect("the second one takes it");
        assert_eq!(line.peer_addr().expect("is somewhere"), speaks);
        let refused = connect("x", &[silent, silent], brief).await;
        assert!(
            matches!(&refused, Err(OutboundError::NotReached { problem, .. }) if problem.contains("says nothing")),
            "{refused:?}"
        );
    }

    /// Of `localhost`, by itself, until 2126; its key is known to everybody.
    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIBkzCCATigAwIBAgIUPSPV9UlxAnWovLLiOq6annyKS5AwCgYIKoZIzj0EAwIw\n\
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyOTIwNDEwNloYDzIxMjYxMTA1\n\
        MjA0MTA2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO\n\
        PQMBBwNCAAQFUKkHWp/VeH7wtBc4PxLozA6NIC+ppU5byi7pOPr3Uh71mTqRb+G5\n\
        BrKao2KthS6hdgCSzY2njcNksIgRVFfeo2YwZDAdBgNVHQ4EFgQUJnWLenG3Jq4b\n\
        kBj4xO87MVGll6wwHwYDVR0jBBgwFoAUJnWLenG3Jq4bkBj4xO87MVGll6wwFAYD\n\
        VR0RBA0wC4IJbG9jYWxob3N0MAwGA1UdEwEB/wQCMAAwCgYIKoZIzj0EAwIDSQAw\n\
        RgIhAJrEigENY6IFIblfI/lAuZBVq1b4EcGirXV+7MP4ht7rAiEA6ZlJEXtG4KU+\n\
        KjuvzIC8sJxcz/vVQrAkB8dAuHNOOEU=\n\
        -----END CERTIFICATE-----\n";
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdeVlo1GhLSHQflz4\n\
        NOdl+4T29paSlC/2KIIP4NP1IGWhRANCAAQFUKkHWp/VeH7wtBc4PxLozA6NIC+p\n\
        pU5byi7pOPr3Uh71mTqRb+G5BrKao2KthS6hdgCSzY2njcNksIgRVFfe\n\
        -----END PRIVATE KEY-----\n";

    /// A server by TLS that answers once; its port.
    async fn tls_server() -> u16 {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        use tokio_rustls::rustls::ServerConfig;
        use tokio_rustls::rustls::pki_types::pem::PemObject;
        use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider knows the versions it came with")
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).expect("a certificate")],
                PrivateKeyDer::from_pem_slice(KEY.as_bytes()).expect("a key"),
            )
            .expect("they fit");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let port = listener.local_addr().expect("is somewhere").port();
        tokio::spawn(async move {
            let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
            while let Ok((line, _)) = listener.accept().await {
                let Ok(mut line) = acceptor.accept(line).await else { continue };
                let mut asked = vec![0; 4_096];
                let read = line.read(&mut asked).await.unwrap_or(0);
                let named = String::from_utf8_lossy(&asked[..read]).to_lowercase().contains("host: localhost:");
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n{named}");
                drop(line.write_all(answer.as_bytes()).await);
                drop(line.shutdown().await);
            }
        });
        port
    }

    #[tokio::test]
    async fn by_tls_a_server_has_to_show_that_it_is_the_one_named() {
        use tokio_rustls::rustls::pki_types::CertificateDer;
        use tokio_rustls::rustls::pki_types::pem::PemObject;
        let open = Outbound { may_reach_inside: true, ..Outbound::default() };
        let port = tls_server().await;
        let asked = |host: &str| Asked {
            method: Method::POST,
            url: format!("https://{host}:{port}/hooks").parse().expect("an address"),
            headers: HeaderMap::new(),
            body: b"{}".to_vec(),
        };
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).expect("a certificate");
        roots.add(certificate).expect("a root");
        let answered = open.ask_trusting(asked("localhost"), trusting(roots.clone())).await.expect("answers");
        assert_eq!((answered.status, answered.body.as_slice()), (200, b"true".as_slice()));
        let other = open.ask_trusting(asked("127.0.0.1"), trusting(roots)).await;
        assert!(matches!(other, Err(OutboundError::Tls { .. })), "it is another name: {other:?}");
        let unknown = open.ask(asked("localhost")).await;
        assert!(matches!(unknown, Err(OutboundError::Tls { .. })), "nobody known vouches for it: {unknown:?}");
    }
}
