//! The line to a mail server: in clear, or encrypted and its certificate checked. Shared by sending and fetching.
//!
//! A half-dead connection answers nothing and reports nothing, for ever; so every read and write here ends by itself after
//! the account's timeout. In clear a password goes to this machine only.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error as TlsError, RootCertStore, crypto};

/// How the line to a server is protected.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Security {
    /// In clear: for servers on this machine.
    Plain,
    /// Begun in clear, encrypted before anything is said (ports 587 and 143).
    StartTls,
    /// Encrypted from the first byte (ports 465 and 993).
    Tls,
}

impl Security {
    pub const ALL: [Security; 3] = [Security::Tls, Security::StartTls, Security::Plain];

    /// As written in settings and kept in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Security::Plain => "plain",
            Security::StartTls => "starttls",
            Security::Tls => "tls",
        }
    }

    /// The security that [`Security::code`] names; `None` for any other word.
    pub fn from_code(code: &str) -> Option<Security> {
        Security::ALL.into_iter().find(|security| security.code() == code)
    }
}

/// Why there is no line to the server.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LineProblem {
    #[error("{host} is not known: {problem}; check the server's name and that this machine can resolve names")]
    NoSuchHost { host: String, problem: String },
    #[error("{host} does not answer on port {port}: {problem}; check the port and that no firewall stands between")]
    Closed { host: String, port: u16, problem: String },
    #[error(
        "{host} did not answer on port {port} within {seconds} s; check the port and that no firewall stands between"
    )]
    TimedOut { host: String, port: u16, seconds: u64 },
    #[error(
        "{host} said nothing on port {port} within {seconds} s; a server that expects encryption from the first byte is \
         silent like this: try `tls`"
    )]
    Silent { host: String, port: u16, seconds: u64 },
    #[error("{host} does not speak TLS on port {port}: {problem}; try `starttls`, or the port for TLS")]
    NotTls { host: String, port: u16, problem: String },
    #[error("{host} offers no STARTTLS on port {port}; try `tls` with its port, or ask its operator")]
    NoStartTls { host: String, port: u16 },
    #[error(
        "the certificate of {host} is not trusted: {problem}; name its root certificate in the settings if it is your own \
         server, else do not connect"
    )]
    NotTrusted { host: String, problem: String },
    #[error("the certificate is not for {host}: {problem}; use the name the certificate was made for")]
    OtherName { host: String, problem: String },
    #[error(
        "the additional root certificate cannot be read: {problem}; it must be PEM, beginning with BEGIN CERTIFICATE"
    )]
    BadRoot { problem: String },
    #[error("{host} would be given the password in clear; choose `tls` or `starttls`")]
    PasswordInClear { host: String },
}

/// Where a line leads and how it is protected.
#[derive(Clone, Copy)]
pub(crate) struct Destination<'a> {
    pub host: &'a str,
    pub port: u16,
    pub timeout: Duration,
    /// PEM of roots that are trusted beside the public ones.
    pub extra_root_pem: Option<&'a str>,
}

impl Destination<'_> {
    fn timed_out(&self) -> LineProblem {
        LineProblem::TimedOut { host: self.host.to_string(), port: self.port, seconds: self.timeout.as_secs() }
    }

    pub(crate) fn silent(&self) -> LineProblem {
        LineProblem::Silent { host: self.host.to_string(), port: self.port, seconds: self.timeout.as_secs() }
    }

    pub(crate) fn closed(&self, problem: impl ToString) -> LineProblem {
        LineProblem::Closed { host: self.host.to_string(), port: self.port, problem: problem.to_string() }
    }

    pub(crate) fn no_start_tls(&self) -> LineProblem {
        LineProblem::NoStartTls { host: self.host.to_string(), port: self.port }
    }

    /// Refuses a password over a line in clear that leaves this machine, before anything is connected.
    pub(crate) fn may_log_in(&self, security: Security) -> Result<(), LineProblem> {
        let is_here = self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if security == Security::Plain && !is_here {
            return Err(LineProblem::PasswordInClear { host: self.host.to_string() });
        }
        Ok(())
    }

    /// What went wrong while a line was being encrypted.
    pub(crate) fn tls_problem(&self, error: &(dyn std::error::Error + 'static)) -> LineProblem {
        let host = self.host.to_string();
        match tls_error_within(error) {
            Some(TlsError::InvalidCertificate(
                problem @ (CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }),
            )) => LineProblem::OtherName { host, problem: problem.to_string() },
            Some(TlsError::InvalidCertificate(problem)) => {
                LineProblem::NotTrusted { host, problem: problem.to_string() }
            }
            Some(other) => LineProblem::NotTls { host, port: self.port, problem: other.to_string() },
            None => LineProblem::NotTls { host, port: self.port, problem: error.to_string() },
        }
    }

    fn tls_config(&self) -> Result<ClientConfig, LineProblem> {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        for certificate in self.extra_roots()? {
            roots.add(certificate).map_err(|error| LineProblem::BadRoot { problem: error.to_string() })?;
        }
        let config = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider knows the versions it came with");
        Ok(config.with_root_certificates(roots).with_no_client_auth())
    }

    /// The additional roots, at least one where any are named.
    pub(crate) fn extra_roots(&self) -> Result<Vec<CertificateDer<'static>>, LineProblem> {
        let Some(pem) = self.extra_root_pem else { return Ok(Vec::new()) };
        let roots: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| LineProblem::BadRoot { problem: error.to_string() })?;
        if roots.is_empty() {
            return Err(LineProblem::BadRoot { problem: "there is no certificate in it".to_string() });
        }
        Ok(roots)
    }

    /// Connects, and encrypts at once when `security` is [`Security::Tls`].
    pub(crate) async fn connect(&self, security: Security) -> Result<Line, LineProblem> {
        let stream = timeout(self.timeout, self.connect_tcp()).await.map_err(|_| self.timed_out())??;
        let line = Line::new(stream, self.timeout).map_err(|error| self.closed(error))?;
        if security == Security::Tls { self.encrypt(line).await } else { Ok(line) }
    }

    async fn connect_tcp(&self) -> Result<TcpStream, LineProblem> {
        let no_such_host = |problem: String| LineProblem::NoSuchHost { host: self.host.to_string(), problem };
        let addresses = lookup_host((self.host, self.port)).await.map_err(|error| no_such_host(error.to_string()))?;
        let mut problem = no_such_host("it has no address".to_string());
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => problem = self.closed(error),
            }
        }
        Err(problem)
    }

    /// Encrypts a line that was in clear so far.
    pub(crate) async fn encrypt(&self, line: Line) -> Result<Line, LineProblem> {
        let Inner::Clear(stream) = line.inner else { return Ok(line) };
        let name = ServerName::try_from(self.host.to_string())
            .map_err(|error| LineProblem::NoSuchHost { host: self.host.to_string(), problem: error.to_string() })?;
        let connector = TlsConnector::from(Arc::new(self.tls_config()?));
        let handshake = timeout(self.timeout, connector.connect(name, stream)).await;
        let stream = handshake.map_err(|_| self.timed_out())?.map_err(|error| self.tls_problem(&error))?;
        Ok(Line { inner: Inner::Encrypted(Box::new(stream)), ..line })
    }
}

fn tls_error_within<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a TlsError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<TlsError>() {
            return Some(found);
        }
        // An `io::Error` does not name what it wraps as its source, but the source of that.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

/// A connection whose reads and writes end with [`io::ErrorKind::TimedOut`] when nothing moves for the timeout.
#[derive(Debug)]
pub(crate) struct Line {
    inner: Inner,
    peer: SocketAddr,
    timeout: Duration,
    reading: Alarm,
    writing: Alarm,
}

#[derive(Debug)]
enum Inner {
    Clear(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Line {
    fn new(stream: TcpStream, timeout: Duration) -> io::Result<Line> {
        stream.set_nodelay(true)?;
        let peer = stream.peer_addr()?;
        Ok(Line { inner: Inner::Clear(stream), peer, timeout, reading: Alarm(None), writing: Alarm(None) })
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        matches!(self.inner, Inner::Encrypted(_))
    }

    pub(crate) fn leads_here(&self) -> bool {
        self.peer.ip().is_loopback()
    }

    /// How long a read may stay without a byte from now on; IDLE waits longer than an answer takes.
    pub(crate) fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
        (self.reading, self.writing) = (Alarm(None), Alarm(None));
    }
}

/// When a read or write that waits is given up.
#[derive(Debug)]
struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Turns waiting into an error once it has lasted for `after`; any progress sets the alarm back.
    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        after: Duration,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.0 = None;
            return polled;
        }
        let alarm = self.0.get_or_insert_with(|| Box::pin(sleep(after)));
        if alarm.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        alarm.as_mut().reset(Instant::now() + after);
        let problem = format!("nothing moved for {} s", after.as_secs());
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, problem)))
    }
}

impl AsyncRead for Line {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        let polled = match &mut line.inner {
            Inner::Clear(stream) => Pin::new(stream).poll_read(context, buffer),
            Inner::Encrypted(stream) => Pin::new(stream.as_mut()).poll_read(context, buffer),
        };
        line.reading.watch(context, line.timeout, polled)
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        let polled = match &mut line.inner {
            Inner::Clear(stream) => Pin::new(stream).poll_write(context, bytes),
            Inner::Encrypted(stream) => Pin::new(stream.as_mut()).poll_write(context, bytes),
        };
        line.writing.watch(context, line.timeout, polled)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        let polled = match &mut line.inner {
            Inner::Clear(stream) => Pin::new(stream).poll_flush(context),
            Inner::Encrypted(stream) => Pin::new(stream.as_mut()).poll_flush(context),
        };
        line.writing.watch(context, line.timeout, polled)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        let polled = match &mut line.inner {
            Inner::Clear(stream) => Pin::new(stream).poll_shutdown(context),
            Inner::Encrypted(stream) => Pin::new(stream.as_mut()).poll_shutdown(context),
        };
        line.writing.watch(context, line.timeout, polled)
    }
}

impl lettre::transport::smtp::client::AsyncTokioStream for Line {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn destination(host: &str) -> Destination<'_> {
        Destination { host, port: 587, timeout: Duration::from_secs(1), extra_root_pem: None }
    }

    #[test]
    fn every_security_is_found_by_its_code() {
        for security in Security::ALL {
            assert_eq!(Security::from_code(security.code()), Some(security));
        }
        assert_eq!(Security::from_code("ssl"), None);
    }

    #[test]
    fn a_password_goes_in_clear_to_this_machine_only() {
        let hosts = [("localhost", true), ("127.0.0.1", true), ("127.8.8.8", true), ("::1", true), ("10.0.0.1", false)];
        for (host, may) in hosts.into_iter().chain([("mail.example.test", false), ("localhost.example.test", false)]) {
            assert_eq!(destination(host).may_log_in(Security::Plain).is_ok(), may, "{host}");
            assert!(destination(host).may_log_in(Security::StartTls).is_ok());
            assert!(destination(host).may_log_in(Security::Tls).is_ok());
        }
    }

    #[test]
    fn a_root_that_is_no_certificate_is_refused_by_name() {
        for pem in ["", "not a certificate", "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n"] {
            let destination = Destination { extra_root_pem: Some(pem), ..destination("localhost") };
            assert!(matches!(destination.tls_config(), Err(LineProblem::BadRoot { .. })), "{pem}");
        }
    }
}
