//! What is kept sealed: addresses of people and passwords of mailboxes; and the keyed hash that addresses are found by.
//!
//! ChaCha20-Poly1305 under `keys/outreach.key`: a nonce of 12 random bytes, then the sealed bytes with their tag. Hashes are
//! HMAC-SHA-256 of the folded address under the same key, so nobody who has the database alone can try addresses out.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use hmac::{Hmac, Mac};
use mail::read::folded;
use model::outreach::Channel;
use sha2::{Digest, Sha256};

use super::OutreachError;

/// Letters of a hash that are kept: 128 bits.
const HASH_LETTERS: usize = 32;

fn key_of(key: &[u8], what_for: &str) -> LessSafeKey {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(what_for.as_bytes());
    let derived = mac.finalize().into_bytes();
    LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &derived).expect("32 bytes are this key's length"))
}

/// Seals some text for one purpose; what was sealed for another does not open.
pub fn seal(key: &[u8], what_for: &str, text: &str) -> Vec<u8> {
    let mut nonce = [0u8; NONCE_LEN];
    aws_lc_rs::rand::fill(&mut nonce).expect("the system has randomness");
    let mut bytes = text.as_bytes().to_vec();
    key_of(key, what_for)
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(what_for.as_bytes()), &mut bytes)
        .expect("short texts can be sealed");
    let mut sealed = nonce.to_vec();
    sealed.extend(bytes);
    sealed
}

/// Opens what [`seal`] sealed.
pub fn unseal(key: &[u8], what_for: &str, sealed: &[u8]) -> Result<String, OutreachError> {
    let refused = || OutreachError::Sealed(what_for.to_owned());
    if sealed.len() < NONCE_LEN {
        return Err(refused());
    }
    let (nonce, rest) = sealed.split_at(NONCE_LEN);
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| refused())?;
    let mut bytes = rest.to_vec();
    let opened = key_of(key, what_for)
        .open_in_place(nonce, Aad::from(what_for.as_bytes()), &mut bytes)
        .map_err(|_| refused())?;
    String::from_utf8(opened.to_vec()).map_err(|_| refused())
}

/// What an address is found by.
pub fn address_hash(key: &[u8], channel: Channel, address: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(channel.code().as_bytes());
    mac.update(&[0x1f]);
    mac.update(folded(address).as_bytes());
    let mut hash = hex(&mac.finalize().into_bytes());
    hash.truncate(HASH_LETTERS);
    hash
}

/// The hash of a mail's bytes.
pub fn content_hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_for_its_purpose_alone() {
        let sealed = seal(b"a key", "password", "geheim");
        assert_eq!(unseal(b"a key", "password", &sealed).expect("opens"), "geheim");
        assert!(unseal(b"a key", "address", &sealed).is_err());
        assert!(unseal(b"another", "password", &sealed).is_err());
        assert!(unseal(b"a key", "password", &sealed[..5]).is_err());
        let mut changed = sealed.clone();
        changed[NONCE_LEN] ^= 1;
        assert!(unseal(b"a key", "password", &changed).is_err());
        assert_ne!(sealed, seal(b"a key", "password", "geheim"), "two seals of one text differ");
    }

    #[test]
    fn one_address_written_two_ways_has_one_hash() {
        let hash = |address| address_hash(b"k", Channel::Email, address);
        assert_eq!(hash("Ana@Example.test"), hash(" ana@example.test "));
        assert_ne!(hash("ana@example.test"), hash("anna@example.test"));
        assert_ne!(hash("ana"), address_hash(b"k", Channel::DirectMessage, "ana"));
        assert_eq!(hash("ana@example.test").len(), HASH_LETTERS);
    }
}
