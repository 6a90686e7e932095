//! The signature of a message, by which a program knows that it is ours and that nobody changed it on its way.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// What secrets begin with, so that one that lies about somewhere is known for what it is.
const PREFIX: &str = "whsec_";
const SECRET_BYTES: usize = 32;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A secret that nobody can guess.
pub fn new_secret() -> String {
    let mut bytes = [0u8; SECRET_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has randomness");
    format!("{PREFIX}{}", hex(&bytes))
}

/// `t=1740000000,v1=…`: HMAC-SHA-256 of the moment, a dot and the body, in small hexadecimal digits, under the whole secret as text.
/// Several secrets give several `v1`, any of which may be checked.
pub fn signature(secrets: &[String], at_seconds: i64, body: &str) -> String {
    let mut signature = format!("t={at_seconds}");
    for secret in secrets {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(at_seconds.to_string().as_bytes());
        mac.update(b".");
        mac.update(body.as_bytes());
        signature.push_str(",v1=");
        signature.push_str(&hex(&mac.finalize().into_bytes()));
    }
    signature
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_any_other_program_works_out() {
        // printf '1740000000.{"a":1}' | openssl dgst -sha256 -hmac whsec_test
        let expect = "9c015de4ffadcb1bcc0a4ddc9627f6684e01796b8b2046e4d762b8c36a771c65";
        assert_eq!(
            signature(&["whsec_test".to_owned()], 1_740_000_000, "{\"a\":1}"),
            format!("t=1740000000,v1={expect}")
        );
        let both = signature(&["whsec_new".to_owned(), "whsec_test".to_owned()], 1_740_000_000, "{\"a\":1}");
        assert_eq!(both.matches(",v1=").count(), 2);
        assert!(both.ends_with(expect), "the secret before counts too: {both}");
        assert_ne!(signature(&["whsec_test".to_owned()], 1_740_000_001, "{\"a\":1}")[13..], both[both.len() - 68..]);
    }

    #[test]
    fn two_secrets_are_never_the_same() {
        let (one, other) = (new_secret(), new_secret());
        assert_ne!(one, other);
        assert_eq!((one.len(), one.starts_with(PREFIX)), (70, true));
    }
}
