//! Click tokens: what a link adds to the address it leads to, so that an order can say which click brought it. Signed; they hold a
//! link, a moment and a verdict, and name nobody.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use model::Timestamp;
use sha2::Sha256;

/// The piece of an address that holds the token.
pub const PARAMETER: &str = "bw";
/// Link, milliseconds, verdict.
const CLAIM_BYTES: usize = 4 + 6 + 1;
/// Of the signature; 2^56 guesses for one that is taken.
const SIGNATURE_BYTES: usize = 7;
/// Letters of a token.
pub const LETTERS: usize = 24;

/// A click as its token tells of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClickToken {
    pub link: u32,
    /// To the millisecond.
    pub at: Timestamp,
    pub verdict: u8,
}

/// What tokens of one data directory are signed with; made once, used for every click.
#[derive(Clone)]
pub struct TokenKey(Hmac<Sha256>);

impl TokenKey {
    pub fn of(outreach_key: &[u8]) -> TokenKey {
        let mut mac = Hmac::<Sha256>::new_from_slice(outreach_key).expect("HMAC takes keys of any length");
        mac.update(b"click token");
        let derived = mac.finalize().into_bytes();
        TokenKey(Hmac::new_from_slice(&derived).expect("HMAC takes keys of any length"))
    }

    fn signature(&self, claim: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let mut mac = self.0.clone();
        mac.update(claim);
        let mut signature = [0; SIGNATURE_BYTES];
        signature.copy_from_slice(&mac.finalize().into_bytes()[..SIGNATURE_BYTES]);
        signature
    }

    /// 24 letters, digits, `-` and `_`.
    pub fn write(&self, click: &ClickToken) -> String {
        self.letters(click).into_iter().map(char::from).collect()
    }

    /// The same as bytes.
    pub fn letters(&self, click: &ClickToken) -> [u8; LETTERS] {
        let mut bytes = [0u8; CLAIM_BYTES + SIGNATURE_BYTES];
        bytes[..4].copy_from_slice(&click.link.to_be_bytes());
        let milliseconds = (click.at.0.max(0) / 1_000) as u64;
        bytes[4..10].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
        bytes[10] = click.verdict;
        let signature = self.signature(&bytes[..CLAIM_BYTES]);
        bytes[CLAIM_BYTES..].copy_from_slice(&signature);
        let mut letters = [0; LETTERS];
        URL_SAFE_NO_PAD.encode_slice(bytes, &mut letters).expect("18 bytes are 24 letters");
        letters
    }

    /// `None`: it is no token of this data directory.
    pub fn read(&self, text: &str) -> Option<ClickToken> {
        if text.len() != LETTERS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (claim, signature) = bytes.split_at_checked(CLAIM_BYTES)?;
        let mut mac = self.0.clone();
        mac.update(claim);
        mac.verify_truncated_left(signature).ok()?;
        let link = u32::from_be_bytes(claim[..4].try_into().ok()?);
        let mut milliseconds = [0u8; 8];
        milliseconds[2..].copy_from_slice(&claim[4..10]);
        let at = Timestamp(u64::from_be_bytes(milliseconds) as i64 * 1_000);
        Some(ClickToken { link, at, verdict: claim[10] })
    }
}

/// The token in an address, if it holds one: `https://shop.example/?a=b&bw=…` or the part behind the host alone.
pub fn in_address(address: &str) -> Option<&str> {
    let query = address.split_once('?')?.1;
    let query = query.split('#').next()?;
    query.split('&').find_map(|piece| piece.strip_prefix("bw=")).filter(|token| token.len() == LETTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_no_other_is_taken() {
        let key = TokenKey::of(b"a key");
        let click = ClickToken { link: 4_000_000_000, at: Timestamp(1_790_000_000_123_000), verdict: 7 };
        let text = key.write(&click);
        assert_eq!(text.len(), LETTERS);
        assert_eq!(key.read(&text), Some(click));
        assert_eq!(TokenKey::of(b"another").read(&text), None);
        for at in 0..text.len() {
            let mut letters: Vec<char> = text.chars().collect();
            letters[at] = if letters[at] == 'A' { 'B' } else { 'A' };
            assert_eq!(key.read(&letters.into_iter().collect::<String>()), None, "letter {at}");
        }
        assert_eq!(key.read(""), None);
        assert_eq!(key.read("ü"), None);
    }

    #[test]
    fn a_token_is_found_in_an_address() {
        let token = "a".repeat(LETTERS);
        for (address, found) in [
            (format!("https://shop.example/?a=b&bw={token}"), true),
            (format!("/grinder?bw={token}&utm_source=x#top"), true),
            (format!("/grinder#bw={token}"), false),
            (format!("/grinder?xbw={token}"), false),
            ("/grinder?bw=short".to_owned(), false),
        ] {
            assert_eq!(in_address(&address).is_some(), found, "{address}");
        }
    }
}
