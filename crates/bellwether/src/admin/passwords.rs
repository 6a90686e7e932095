//! Passwords: which are taken, and what is kept of them: an Argon2id hash (RFC 9106; 19 MiB, two rounds, as OWASP advises).

use std::sync::LazyLock;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// Letters of a password.
pub const LETTERS_MIN: usize = 10;
const LETTERS_MAX: usize = 200;
/// Hashes made side by side: each takes 19 MiB.
static SIDE_BY_SIDE: Semaphore = Semaphore::const_new(2);

/// Beginnings that are tried first; whatever follows is a number or a sign.
const GUESSED_FIRST: [&str; 24] = [
    "password",
    "passwort",
    "123456",
    "qwerty",
    "qwertz",
    "azerty",
    "letmein",
    "welcome",
    "iloveyou",
    "bellwether",
    "admin",
    "abc123",
    "111111",
    "000000",
    "monkey",
    "dragon",
    "football",
    "baseball",
    "sunshine",
    "princess",
    "master",
    "shadow",
    "superman",
    "trustno1",
];

/// Why a password is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PasswordProblem {
    #[error("is too short: {LETTERS_MIN} letters at least")]
    Short,
    #[error("is too long: {LETTERS_MAX} letters at most")]
    Long,
    #[error("is one of those that are guessed first")]
    Guessed,
    #[error("is made of the name or the address")]
    OfTheName,
}

/// Whether a password may be chosen. No rules on kinds of letters (NIST SP 800-63B, 5.1.1.2): length, and what is guessed first.
pub fn check_password(password: &str, about: &[&str]) -> Result<(), PasswordProblem> {
    let letters = password.chars().count();
    if letters < LETTERS_MIN {
        return Err(PasswordProblem::Short);
    }
    if letters > LETTERS_MAX {
        return Err(PasswordProblem::Long);
    }
    let small = password.to_lowercase();
    let rest_is_little = |rest: &str| rest.chars().filter(|letter| letter.is_alphabetic()).count() < 4;
    let is_one_letter = small.chars().all(|letter| small.starts_with(letter));
    if is_one_letter || GUESSED_FIRST.iter().any(|first| small.strip_prefix(first).is_some_and(rest_is_little)) {
        return Err(PasswordProblem::Guessed);
    }
    let parts = about.iter().flat_map(|text| text.split(['@', ' '])).map(str::to_lowercase);
    for part in parts.filter(|part| part.chars().count() >= 4) {
        if small.contains(&part) && rest_is_little(&small.replace(&part, "")) {
            return Err(PasswordProblem::OfTheName);
        }
    }
    Ok(())
}

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19 * 1024, 2, 1, None).expect("parameters of the RFC"))
}

fn hashed(password: &str) -> String {
    let mut bytes = [0u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has randomness");
    let salt = SaltString::encode_b64(&bytes).expect("16 bytes are a salt");
    hasher().hash_password(password.as_bytes(), &salt).expect("a password of any length can be hashed").to_string()
}

/// What is kept of a password. On a thread of its own, few side by side.
pub async fn hash_password(password: String) -> String {
    let _place = SIDE_BY_SIDE.acquire().await.expect("it is never closed");
    tokio::task::spawn_blocking(move || hashed(&password)).await.expect("hashing does not panic")
}

/// Whether a password is the one that was hashed. Without a hash the same work is done in vain.
pub async fn is_password(password: String, hash: Option<String>) -> bool {
    static NOBODYS: LazyLock<String> = LazyLock::new(|| hashed("nobody has this password"));
    let _place = SIDE_BY_SIDE.acquire().await.expect("it is never closed");
    let work = move || {
        let is_somebodys = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODYS.clone());
        let is_right =
            PasswordHash::new(&hash).is_ok_and(|parsed| hasher().verify_password(password.as_bytes(), &parsed).is_ok());
        is_right && is_somebodys
    };
    tokio::task::spawn_blocking(work).await.expect("hashing does not panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_are_guessed_first_are_not_taken_and_long_ones_are() {
        for (password, expected) in [
            ("short", Err(PasswordProblem::Short)),
            ("Password123!", Err(PasswordProblem::Guessed)),
            ("aaaaaaaaaaaa", Err(PasswordProblem::Guessed)),
            ("bellwether2026", Err(PasswordProblem::Guessed)),
            ("ana.ruiz@2026", Err(PasswordProblem::OfTheName)),
            ("the bread rises slowly", Ok(())),
            ("passwordless sign-in is nice", Ok(())),
        ] {
            assert_eq!(check_password(password, &["ana.ruiz@brand.example", "Ana Ruiz"]), expected, "{password}");
        }
        assert_eq!(check_password(&"wort ".repeat(50), &[]), Err(PasswordProblem::Long));
    }

    #[tokio::test]
    async fn a_password_is_known_again_by_its_hash_alone_and_nobodys_by_none() {
        let hash = hash_password("the bread rises slowly".into()).await;
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, hash_password("the bread rises slowly".into()).await, "each has a salt of its own");
        assert!(is_password("the bread rises slowly".into(), Some(hash.clone())).await);
        assert!(!is_password("the bread rises".into(), Some(hash)).await);
        assert!(!is_password("nobody has this password".into(), None).await);
        assert!(!is_password("anything".into(), Some("broken".into())).await);
    }
}
