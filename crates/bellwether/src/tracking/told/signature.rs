//! Signatures of what shops send: over the bytes as they came, compared in constant time, before anything is read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// A signed moment may lie so far from ours, in seconds.
const CLOCK_WINDOW_SECONDS: i64 = 300;

fn mac(secret: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac
}

/// Base64 of HMAC-SHA-256 over the body, as Shopify and WooCommerce sign.
pub fn is_base64_of_body(secret: &[u8], body: &[u8], signature: &str) -> bool {
    STANDARD.decode(signature.trim()).is_ok_and(|given| mac(secret, &[body]).verify_slice(&given).is_ok())
}

/// `t=…,v1=…`: HMAC-SHA-256 over the moment, a point and the body in hexadecimal, as Stripe signs and as we do; of several `v1`
/// one is enough. A moment further away than five minutes is not taken, so that nobody sends again what they overheard.
pub fn is_timed(secret: &[u8], body: &[u8], header: &str, now_seconds: i64) -> bool {
    let (mut moment, mut given) = (None, vec![]);
    for piece in header.split(',') {
        match piece.trim().split_once('=') {
            Some(("t", value)) => moment = Some(value),
            Some(("v1", value)) => given.push(value),
            _ => {}
        }
    }
    let Some(moment) = moment else { return false };
    let is_near = moment.parse::<i64>().is_ok_and(|at| at.abs_diff(now_seconds) <= CLOCK_WINDOW_SECONDS.unsigned_abs());
    let is_ours = |hex: &&str| {
        let bytes = unhex(hex);
        bytes.is_some_and(|bytes| mac(secret, &[moment.as_bytes(), b".", body]).verify_slice(&bytes).is_ok())
    };
    is_near && given.iter().any(is_ours)
}

/// The header of a signed message.
pub fn timed(secret: &[u8], body: &[u8], now_seconds: i64) -> String {
    let moment = now_seconds.to_string();
    let signature = mac(secret, &[moment.as_bytes(), b".", body]).finalize().into_bytes();
    let hex: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={moment},v1={hex}")
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let of = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    (digits.len().is_multiple_of(2)).then_some(())?;
    digits.chunks(2).map(|two| Some(of(two[0])? << 4 | of(two[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_a_reordered_body_or_an_old_moment_is_not_taken() {
        let body = br#"{"a":1,"b":2}"#;
        let header = timed(b"secret", body, 1_000);
        assert!(is_timed(b"secret", body, &header, 1_000));
        assert!(is_timed(b"secret", body, &header, 1_300));
        assert!(is_timed(b"secret", body, &format!("{header},v1=00"), 1_000), "one of several is enough");
        assert!(!is_timed(b"secret", body, &header, 1_301));
        assert!(!is_timed(b"secret", body, &header, 699));
        assert!(!is_timed(b"secret", br#"{"b":2,"a":1}"#, &header, 1_000));
        assert!(!is_timed(b"secret", br#"{"a":1,"b":3}"#, &header, 1_000));
        assert!(!is_timed(b"other", body, &header, 1_000));
        assert!(!is_timed(b"secret", body, &header.replace("t=1000", "t=1001"), 1_000));
        for broken in ["", "t=1000", "v1=00", "t=x,v1=00", "t=1000,v1=0", "t=1000,v1=zz"] {
            assert!(!is_timed(b"secret", body, broken, 1_000), "{broken:?}");
        }
    }

    #[test]
    fn a_signature_in_base64_is_over_the_bytes_as_they_came() {
        let signature = STANDARD.encode(mac(b"secret", &[b"body"]).finalize().into_bytes());
        assert!(is_base64_of_body(b"secret", b"body", &signature));
        assert!(!is_base64_of_body(b"secret", b"bodY", &signature));
        assert!(!is_base64_of_body(b"secret", b"body", "no base64!"));
        assert!(!is_base64_of_body(b"secret", b"body", ""));
    }
}
