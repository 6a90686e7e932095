//! Signatures by which receivers tell that a letter comes from its domain (DKIM: RFC 6376; Ed25519: RFC 8463).
//!
//! Large providers show the unsubscribe button only where both List headers are signed. From is named once more than it
//! stands there, so that nobody can add a second one.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};

use super::{Header, header};

/// What is signed where it stands in the letter, in this order.
const SIGNED: [&str; 13] = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// The two kinds of keys receivers know.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyKind {
    /// RSA of 2048 bits: known everywhere.
    Rsa,
    /// Short and quick; some large providers ignore it, so sign with RSA as well.
    Ed25519,
}

impl KeyKind {
    /// As written in settings and DNS records.
    pub const fn code(self) -> &'static str {
        match self {
            KeyKind::Rsa => "rsa",
            KeyKind::Ed25519 => "ed25519",
        }
    }

    /// The kind that [`KeyKind::code`] names; `None` for any other word.
    pub fn from_code(code: &str) -> Option<KeyKind> {
        [KeyKind::Rsa, KeyKind::Ed25519].into_iter().find(|kind| kind.code() == code)
    }
}

/// A key that signs for a domain.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    pub domain: String,
    /// Tells several keys of a domain apart, as `b2026`.
    pub selector: String,
    pub kind: KeyKind,
    /// PEM of the private key: PKCS #8, for RSA also PKCS #1.
    pub private: String,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SigningKey")
            .field("domain", &self.domain)
            .field("selector", &self.selector)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// The record that tells receivers the public key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DnsRecord {
    /// As `b2026._domainkey.example.com`.
    pub name: String,
    /// One text. Longer than 255 bytes for RSA: where a zone file is written by hand it stands in several quoted pieces.
    pub value: String,
}

/// Why a key cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyProblem {
    #[error("{field} {value:?} is no name of letters, digits, hyphens and points")]
    Name { field: &'static str, value: String },
    #[error("the private key of {selector} for {domain} cannot be read as {} in PEM: {problem}", kind.code())]
    Unreadable { domain: String, selector: String, kind: KeyKind, problem: String },
    #[error("no key could be made: this machine gave no random numbers")]
    NotMade,
}

/// Makes a key. Cost: up to a second for RSA.
pub fn new_signing_key(domain: &str, selector: &str, kind: KeyKind) -> Result<SigningKey, KeyProblem> {
    let der = match kind {
        KeyKind::Rsa => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyProblem::NotMade)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyProblem::NotMade)?;
            der.as_ref().to_vec()
        }
        KeyKind::Ed25519 => {
            let document = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).map_err(|_| KeyProblem::NotMade)?;
            document.as_ref().to_vec()
        }
    };
    let key = SigningKey { domain: domain.to_string(), selector: selector.to_string(), kind, private: pem_of(&der) };
    check_names(&key)?;
    Ok(key)
}

/// The record to be published so that receivers can check what the key signs.
pub fn dns_record(key: &SigningKey) -> Result<DnsRecord, KeyProblem> {
    check_names(key)?;
    let public = match pair_of(key)? {
        Pair::Rsa(pair) => {
            let der: PublicKeyX509Der<'_> =
                pair.public_key().as_der().map_err(|_| unreadable(key, "it has no public half"))?;
            BASE64.encode(der.as_ref())
        }
        Pair::Ed25519(pair) => BASE64.encode(pair.public_key().as_ref()),
    };
    Ok(DnsRecord {
        name: format!("{}._domainkey.{}", key.selector, key.domain),
        value: format!("v=DKIM1; k={}; p={public}", key.kind.code()),
    })
}

/// The signature of one key over these headers and this body, as a header to stand above them.
pub(super) fn signature(
    key: &SigningKey,
    headers: &[Header],
    body: &[u8],
    sent_at_unix: i64,
) -> Result<Header, KeyProblem> {
    check_names(key)?;
    let pair = pair_of(key)?;
    let present: Vec<&Header> =
        SIGNED.iter().filter_map(|name| headers.iter().find(|header| header.name == *name)).collect();
    let mut names: Vec<&str> = present.iter().map(|header| header.name).collect();
    names.push("From");
    let mut value = format!(
        "v=1; a={}-sha256; c=relaxed/relaxed; d={};\r\n s={}; t={sent_at_unix};\r\n h={};\r\n bh={};\r\n b=",
        key.kind.code(),
        key.domain,
        key.selector,
        folded_list(&names),
        BASE64.encode(Sha256::digest(relaxed_body(body))),
    );
    let mut signed = Vec::new();
    for header in present {
        signed.extend_from_slice(relaxed_header(header.name, &header.value).as_bytes());
        signed.extend_from_slice(b"\r\n");
    }
    // The signature's own header comes last, its own value empty, without a line end.
    signed.extend_from_slice(relaxed_header("DKIM-Signature", &value).as_bytes());
    let signature = pair.sign(&signed).map_err(|problem| unreadable(key, problem))?;
    let text = BASE64.encode(signature);
    for (at, piece) in text.as_bytes().chunks(70).enumerate() {
        value.push_str(if at > 0 { "\r\n " } else { "" });
        value.extend(piece.iter().map(|byte| char::from(*byte)));
    }
    Ok(header("DKIM-Signature", value))
}

/// Names with colons between, some a line. Spaces beside a colon mean nothing here.
fn folded_list(names: &[&str]) -> String {
    names.chunks(6).map(|chunk| chunk.join(":")).collect::<Vec<_>>().join(":\r\n ")
}

/// A header with its name in lower case and every gap as one space (RFC 6376, section 3.4.2).
fn relaxed_header(name: &str, value: &str) -> String {
    let words: Vec<&str> = value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect();
    format!("{}:{}", name.to_ascii_lowercase(), words.join(" "))
}

/// The body with every gap as one space, none at the ends of lines, and no empty lines at the end (section 3.4.4).
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 2);
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut gap = false;
        for &byte in line {
            if matches!(byte, b' ' | b'\t') {
                gap = true;
                continue;
            }
            if std::mem::take(&mut gap) {
                out.push(b' ');
            }
            out.push(byte);
        }
        out.extend_from_slice(b"\r\n");
    }
    while out.ends_with(b"\r\n\r\n") {
        out.truncate(out.len() - 2);
    }
    if out == b"\r\n" { Vec::new() } else { out }
}

enum Pair {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Pair {
    fn sign(&self, signed: &[u8]) -> Result<Vec<u8>, &'static str> {
        match self {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed, &mut signature)
                    .map_err(|_| "it does not sign")?;
                Ok(signature)
            }
            // What is signed is the hash, not the headers themselves (RFC 8463, section 3).
            Pair::Ed25519(pair) => Ok(pair.sign(&Sha256::digest(signed)).as_ref().to_vec()),
        }
    }
}

fn unreadable(key: &SigningKey, problem: impl ToString) -> KeyProblem {
    KeyProblem::Unreadable {
        domain: key.domain.clone(),
        selector: key.selector.clone(),
        kind: key.kind,
        problem: problem.to_string(),
    }
}

fn pair_of(key: &SigningKey) -> Result<Pair, KeyProblem> {
    let der = der_of(&key.private).ok_or_else(|| unreadable(key, "there is no key in it"))?;
    match key.kind {
        KeyKind::Rsa => {
            let pair = RsaKeyPair::from_pkcs8(&der).or_else(|_| RsaKeyPair::from_der(&der));
            pair.map(Pair::Rsa).map_err(|problem| unreadable(key, problem))
        }
        KeyKind::Ed25519 => {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der);
            pair.map(Pair::Ed25519).map_err(|problem| unreadable(key, problem))
        }
    }
}

fn pem_of(der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    pem
}

fn der_of(pem: &str) -> Option<Vec<u8>> {
    let begun = pem.split_once("PRIVATE KEY-----")?.1;
    let text: String = begun.split("-----END").next()?.split_whitespace().collect();
    BASE64.decode(text).ok().filter(|der| !der.is_empty())
}

/// Both names go into a header and a DNS name.
fn check_names(key: &SigningKey) -> Result<(), KeyProblem> {
    for (field, value) in [("the domain", &key.domain), ("the selector", &key.selector)] {
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        if value.len() > 200 || !value.split('.').all(is_label) {
            return Err(KeyProblem::Name { field, value: value.clone() });
        }
    }
    Ok(())
}
