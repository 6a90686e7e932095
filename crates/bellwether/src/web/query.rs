//! Addresses with questions in them: reading repeated keys and writing them back, so that one URL is one state.

use std::fmt::Write;

/// The pairs of a query string, in their order; a key may come several times.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Pairs(pub Vec<(String, String)>);

impl Pairs {
    /// The last value of a key, trimmed; an empty one counts as not given.
    pub fn one(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// Every value of a key that is not empty.
    pub fn all(&self, key: &str) -> Vec<String> {
        self.0.iter().filter(|(name, value)| name == key && !value.is_empty()).map(|(_, value)| value.clone()).collect()
    }

    /// From which row on a list is shown; the first where none is named.
    pub fn offset(&self, key: &str) -> usize {
        self.one(key).and_then(|offset| offset.parse().ok()).unwrap_or(0)
    }

    /// Adds a pair.
    pub fn with(mut self, key: &str, value: impl ToString) -> Pairs {
        self.0.push((key.to_owned(), value.to_string()));
        self
    }

    /// Adds a pair when there is a value.
    pub fn with_some(self, key: &str, value: Option<impl ToString>) -> Pairs {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The address `path` with these pairs.
    pub fn address(&self, path: &str) -> String {
        let mut address = path.to_owned();
        for (index, (key, value)) in self.0.iter().enumerate() {
            address.push(if index == 0 { '?' } else { '&' });
            write_encoded(&mut address, key);
            address.push('=');
            write_encoded(&mut address, value);
        }
        address
    }
}

fn write_encoded(address: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => address.push(char::from(byte)),
            _ => write!(address, "%{byte:02X}").expect("writing to a string"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_pairs_and_their_order() {
        let pairs = Pairs::default().with("brand", "7").with("tier", "micro").with("tier", "a b&c=é");
        assert_eq!(pairs.address("/matching"), "/matching?brand=7&tier=micro&tier=a%20b%26c%3D%C3%A9");
        assert_eq!(pairs.all("tier").len(), 2);
        assert_eq!(Pairs::default().with("q", "  ").one("q"), None);
        assert_eq!((pairs.with("offset", 50).offset("offset"), Pairs::default().offset("offset")), (50, 0));
    }
}
