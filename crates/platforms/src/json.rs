//! Large JSON documents read entry by entry, so that an export of any size takes the memory of one entry.

use std::cell::Cell;
use std::fmt;
use std::io::{BufReader, Read};
use std::rc::Rc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::receive::{ReadError, Stopped};

/// An entry larger than this is not read: nobody writes one, and a broken or hostile file may be one.
const ENTRY_BYTES_MAX: u64 = 16 << 20;

/// One value of a document: an entry of a list, or a plain value (text, number, yes or no, nothing) below a name.
pub struct Found<'a> {
    /// The names on the way to it, without places in lists: `["Activity", "Follower List", "FansList"]`.
    pub path: &'a [String],
    /// Where it stands in its list, from 1; `None` for a plain value that is in none.
    pub entry: Option<u64>,
    pub value: Value,
}

/// Hands on every entry of every list that is in no other list, and every plain value that is in no list. Entries keep all they hold.
/// What comes before the first `[` or `{` is passed over where `has_prefix` says that there is something (`window.YTD.tweets = [`).
///
/// # Errors
/// A document that is no JSON, with what was handed on before; an entry of over 16 MB; or whatever `each` says.
pub fn each_found(
    file: &str,
    reader: impl Read,
    has_prefix: bool,
    mut each: impl FnMut(Found<'_>) -> Result<(), Stopped>,
) -> Result<(), ReadError> {
    let left = Rc::new(Cell::new(ENTRY_BYTES_MAX));
    let mut reader = BufReader::with_capacity(1 << 16, Bounded { reader, left: left.clone() });
    pass_over(&mut reader, has_prefix).map_err(|error| {
        ReadError::broken(file, format!("cannot be read: {error}"), "check that the file can be read")
    })?;
    let stopped = Cell::new(false);
    let mut path = Vec::new();
    let mut walk = Walk {
        path: &mut path,
        each: &mut |found: Found<'_>| {
            left.set(ENTRY_BYTES_MAX);
            each(found).inspect_err(|_| stopped.set(true))
        },
    };
    let mut document = serde_json::Deserializer::from_reader(reader);
    match walk.reborrow().deserialize(&mut document) {
        Ok(()) => Ok(()),
        Err(_) if stopped.get() => Err(ReadError::Stopped(Stopped)),
        Err(error) => Err(ReadError::broken(
            file,
            format!("is not JSON as it should be: {error}"),
            "the file is cut off or damaged; what came before this was read. Fetch it again and repeat the import: known rows are \
             not doubled",
        )),
    }
}

/// Ends reading where one entry takes more than its share.
struct Bounded<R> {
    reader: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        match self.left.get().checked_sub(read as u64) {
            Some(left) => self.left.set(left),
            None => return Err(std::io::Error::other("an entry is larger than 16 MB")),
        }
        Ok(read)
    }
}

/// Passes over a byte-order mark, and over what stands before the document where something does.
fn pass_over(reader: &mut BufReader<impl Read>, has_prefix: bool) -> std::io::Result<()> {
    use std::io::BufRead;
    let start = reader.fill_buf()?;
    if start.starts_with(&[0xef, 0xbb, 0xbf]) {
        reader.consume(3);
    }
    if !has_prefix {
        return Ok(());
    }
    loop {
        let start = reader.fill_buf()?;
        if start.is_empty() {
            return Ok(());
        }
        match start.iter().position(|byte| matches!(byte, b'[' | b'{')) {
            Some(at) => {
                reader.consume(at);
                return Ok(());
            }
            None => {
                let all = start.len();
                reader.consume(all);
            }
        }
    }
}

struct Walk<'a> {
    path: &'a mut Vec<String>,
    each: &'a mut dyn FnMut(Found<'_>) -> Result<(), Stopped>,
}

impl Walk<'_> {
    fn reborrow(&mut self) -> Walk<'_> {
        Walk { path: self.path, each: self.each }
    }

    fn plain<E: serde::de::Error>(self, value: Value) -> Result<(), E> {
        (self.each)(Found { path: self.path, entry: None, value }).map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON document")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            self.path.push(name);
            map.next_value_seed(self.reborrow())?;
            self.path.pop();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut entry = 0;
        while let Some(value) = list.next_element::<Value>()? {
            entry += 1;
            (self.each)(Found { path: self.path, entry: Some(entry), value }).map_err(A::Error::custom)?;
        }
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.plain(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.plain(value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.plain(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.plain(value.into())
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        self.plain(Value::String(value.to_owned()))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.plain(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, has_prefix: bool) -> (Vec<String>, Result<(), ReadError>) {
        let mut found = vec![];
        let outcome = each_found("a.json", text.as_bytes(), has_prefix, |one| {
            found.push(format!("{}#{}={}", one.path.join("."), one.entry.unwrap_or(0), one.value));
            Ok(())
        });
        (found, outcome)
    }

    #[test]
    fn entries_of_lists_and_plain_values_come_with_the_names_on_the_way() {
        let (found, outcome) = all(r#"{"a":{"b":[1,{"c":[2]}],"d":"x"},"e":null}"#, false);
        assert_eq!(found, ["a.b#1=1", r#"a.b#2={"c":[2]}"#, r#"a.d#0="x""#, "e#0=null"]);
        assert_eq!(outcome, Ok(()));
        assert_eq!(all("window.YTD.tweets.part0 = [ 7 ]", true).0, ["#1=7"]);
        assert_eq!(all("\u{feff}[8]", false).0, ["#1=8"]);
    }

    #[test]
    fn what_came_before_a_break_is_handed_on_and_the_break_is_told() {
        let (found, outcome) = all("[1, 2, ", false);
        assert_eq!(found, ["#1=1", "#2=2"]);
        assert!(matches!(outcome, Err(ReadError::Broken { .. })), "{outcome:?}");
        assert!(all("no JSON at all", true).1.is_err());
        assert!(all("", false).1.is_err());
    }

    #[test]
    fn an_entry_beyond_all_measure_is_refused_while_a_long_list_is_not() {
        let long = format!("[{}1]", "1,".repeat(12 << 20));
        let mut count = 0u64;
        let outcome = each_found("a.json", long.as_bytes(), false, |_| {
            count += 1;
            Ok(())
        });
        assert_eq!((outcome, count), (Ok(()), (12 << 20) + 1));
        let huge = format!("[1, \"{}\"]", "x".repeat(17 << 20));
        let (found, outcome) = all(&huge, false);
        assert_eq!(found, ["#1=1"]);
        assert!(format!("{outcome:?}").contains("16 MB"), "{outcome:?}");
    }

    #[test]
    fn reading_ends_when_nobody_takes_more() {
        let outcome = each_found("a.json", "[1,2,3]".as_bytes(), false, |_| Err(Stopped));
        assert_eq!(outcome, Err(ReadError::Stopped(Stopped)));
    }
}
