//! The second step of signing in: codes of six digits that change every half minute (RFC 6238), and codes that stand in for them.

use aws_lc_rs::hmac;
use model::Timestamp;

/// What the secret is sealed for.
pub const SECRET_SEALED_FOR: &str = "second step";
pub const DIGITS: usize = 6;
/// A code is good for so long.
const STEP_SECONDS: i64 = 30;
/// Codes that stand in for the second step.
const RECOVERY_CODES: usize = 8;
/// RFC 4648.
const BASE_32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Signs that are not taken for one another.
const PLAIN_SIGNS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789x";

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has randomness");
    bytes
}

/// 160 random bits in base 32, as an authenticator takes them.
pub fn new_secret() -> String {
    in_base_32(&random::<20>())
}

/// Codes of 50 random bits, in two halves.
pub fn recovery_codes() -> Vec<String> {
    let sign = |byte: &u8| char::from(PLAIN_SIGNS[usize::from(byte % 31)]);
    let code = |bytes: [u8; 10]| {
        let signs: String = bytes.iter().map(sign).collect();
        format!("{}-{}", &signs[..5], &signs[5..])
    };
    (0..RECOVERY_CODES).map(|_| code(random())).collect()
}

fn in_base_32(bytes: &[u8]) -> String {
    let (mut held, mut bits, mut text) = (0u32, 0, String::new());
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(BASE_32[(held >> bits) as usize & 31]));
        }
    }
    if bits > 0 {
        text.push(char::from(BASE_32[(held << (5 - bits)) as usize & 31]));
    }
    text
}

fn from_base_32(text: &str) -> Option<Vec<u8>> {
    let (mut held, mut bits, mut bytes) = (0u32, 0, vec![]);
    for sign in text.bytes() {
        let value = BASE_32.iter().position(|known| *known == sign.to_ascii_uppercase())?;
        held = (held << 5) | value as u32;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

/// The code of a step of time (RFC 4226, 5.3: the last 31 bits at the place the last half byte names).
fn code_at(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let place = usize::from(bytes[bytes.len() - 1] & 15);
    let number = u32::from_be_bytes([bytes[place], bytes[place + 1], bytes[place + 2], bytes[place + 3]]) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The step of time a code belongs to: this one or its neighbours, for clocks that differ.
pub fn step_of(secret: &str, code: &str, now: Timestamp) -> Option<i64> {
    let secret = from_base_32(secret)?;
    let step = now.unix_seconds().div_euclid(STEP_SECONDS);
    let is_code = |step: &i64| {
        let right = code_at(&secret, *step);
        aws_lc_rs::constant_time::verify_slices_are_equal(right.as_bytes(), code.as_bytes()).is_ok()
    };
    [step, step - 1, step + 1].into_iter().find(is_code)
}

/// The code that is shown now, for tests and for whoever has no telephone.
pub fn code_now(secret: &str, now: Timestamp) -> Option<String> {
    Some(code_at(&from_base_32(secret)?, now.unix_seconds().div_euclid(STEP_SECONDS)))
}

/// What an authenticator reads from a square of dots.
pub fn address(secret: &str, email: &str) -> String {
    let label: String = url::form_urlencoded::byte_serialize(email.as_bytes()).collect();
    format!("otpauth://totp/Bellwether:{label}?secret={secret}&issuer=Bellwether")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, its last six digits.
        let secret = in_base_32(b"12345678901234567890");
        assert_eq!(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            let now = Timestamp::from_unix_seconds(seconds);
            assert_eq!(code_now(&secret, now).as_deref(), Some(code));
            assert_eq!(step_of(&secret, code, now), Some(seconds / 30));
            assert_eq!(step_of(&secret, code, Timestamp::from_unix_seconds(seconds + 30)), Some(seconds / 30));
            assert_eq!(step_of(&secret, code, Timestamp::from_unix_seconds(seconds + 90)), None, "it is over");
        }
        assert_eq!(step_of("not base 32!", "287082", Timestamp(0)), None);
    }

    #[test]
    fn secrets_are_drawn_and_read_back() {
        let secret = new_secret();
        assert_eq!((secret.len(), from_base_32(&secret).map(|bytes| bytes.len())), (32, Some(20)));
        let codes = recovery_codes();
        assert!(codes.len() == 8 && codes.iter().all(|code| code.len() == 11), "{codes:?}");
        assert!(codes.iter().collect::<std::collections::BTreeSet<_>>().len() == 8);
    }
}
