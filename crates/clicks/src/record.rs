//! What is kept of one click: 128 bytes that hold no address and no user agent.
//!
//! Two kinds of record share one size, so that the slot after any damage is found by counting, and 128 divides a disk's
//! sector and a page: a record never lies half in one. All numbers are little endian.
//!
//! | offset | bytes | click (kind 1) | host (kind 2) |
//! |---|---|---|---|
//! | 0 | 2 | length, always 128 | same |
//! | 2 | 1 | version, 1 | same |
//! | 3 | 1 | kind, 1 | kind, 2 |
//! | 4 | 1 | verdict | host id, 4 bytes |
//! | 5 | 1 | device class | |
//! | 6 | 1 | browser family | |
//! | 7 | 1 | zero | |
//! | 8 | 4 | reasons, a bit each | length of the name, 1 byte; then the name, UTF-8, up to 115 bytes |
//! | 12 | 4 | link id | |
//! | 16 | 8 | time, microseconds since 1970 UTC | |
//! | 24 | 8 | visitor, 0 = not known | |
//! | 32 | 8 | delivery token, 0 = not from a mail | |
//! | 40 | 4 | referring host's id, 0 = none, 1 = one too many | |
//! | 44 | 2 | country, two letters, 0 = not known | |
//! | 46 | 2 | flags: method and choices of the visitor | |
//! | 48 | 4 | version of the rules that gave the verdict | |
//! | 52 | 72 | zero, for later versions | |
//! | 124 | 4 | CRC-32C over bytes 0 to 123 | same |
//!
//! A later version may give meaning to bytes that are zero here; it then writes a higher version number, and this one
//! skips what it does not know without calling it damaged.

use std::fmt;

/// Size of every record and of a segment's header, in bytes.
pub const RECORD_BYTES: usize = 128;
/// The same, for counting offsets within a segment.
pub(crate) const RECORD_STEP: u32 = RECORD_BYTES as u32;
/// Longest host name that a dictionary record holds, in bytes; of a longer one the end is kept.
pub const MAX_HOST_BYTES: usize = SUM_AT - HOST_NAME_AT;

const VERSION: u8 = 1;
const KIND_CLICK: u8 = 1;
const KIND_HOST: u8 = 2;
const HOST_NAME_AT: usize = 9;
const SUM_AT: usize = RECORD_BYTES - 4;

/// Bits of [`Click::flags`]. Bits 8 to 15 are free for who decides verdicts.
pub mod flags {
    /// The request's method was HEAD.
    pub const HEAD: u16 = 1;
    /// The visitor's browser asked not to be counted as a person (`Sec-GPC: 1` or `DNT: 1`); `visitor` is then 0.
    pub const OPTED_OUT: u16 = 1 << 1;
    /// The link was opened from its QR code.
    pub const QR_CODE: u16 = 1 << 2;
}

/// One hit on a tracked link, already judged.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Click {
    /// When, in microseconds since 1970-01-01 UTC.
    pub time_us: i64,
    /// The link's id in the operational store.
    pub link: u32,
    /// One visitor of this link on this UTC day ([`crate::DayKeys::visitor`]); 0 = not known or not wanted.
    pub visitor: u64,
    /// The mail delivery whose link this was; 0 = the link did not come from a mail.
    pub delivery: u64,
    /// Host of the page that linked here ([`crate::Dictionary::intern`]).
    pub referrer_host: HostId,
    /// Where the visitor's network is registered, as far as the operator's file knows.
    pub country: Country,
    /// [`flags`].
    pub flags: u16,
    /// Code of the verdict: human, preview, crawler, ….
    pub verdict: u8,
    /// Codes of the reasons for it, a bit each.
    pub reasons: u32,
    /// Version of the rules that gave verdict and reasons, so that they can be given again.
    pub rules_version: u32,
    /// Code of the coarse kind of device: phone, tablet, computer, ….
    pub device: u8,
    /// Code of the coarse browser family.
    pub browser: u8,
}

/// A referring host as a number; the [`crate::Dictionary`] knows the name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct HostId(pub u32);

impl HostId {
    /// The request named no referrer.
    pub const NONE: HostId = HostId(0);
    /// There was one, but the dictionary had no room for its name.
    pub const OTHER: HostId = HostId(1);
    /// The first id that stands for a name.
    pub(crate) const FIRST_NAMED: u32 = 2;

    pub(crate) fn is_named(self) -> bool {
        self.0 >= Self::FIRST_NAMED
    }
}

/// A country as its two ISO 3166-1 letters in 16 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Country(u16);

impl Country {
    pub const UNKNOWN: Country = Country(0);

    /// `DE` or `de`; `None` if these are not two ASCII letters. Whether such a country exists is not asked.
    pub fn from_letters(letters: &str) -> Option<Country> {
        match letters.as_bytes() {
            [first, second] if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() => {
                Some(Country(u16::from_be_bytes([first.to_ascii_uppercase(), second.to_ascii_uppercase()])))
            }
            _ => None,
        }
    }

    /// The number kept in the record, 0 for not known.
    pub fn code(self) -> u16 {
        self.0
    }

    /// The country behind a number kept in a record; what is not two capital letters is not known.
    pub fn from_code(code: u16) -> Country {
        let both_are_letters = code.to_be_bytes().iter().all(u8::is_ascii_uppercase);
        if both_are_letters { Country(code) } else { Country::UNKNOWN }
    }
}

/// The two letters, or `-` when not known.
impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.to_be_bytes() {
            [0, 0] => f.write_str("-"),
            [first, second] => write!(f, "{}{}", char::from(first), char::from(second)),
        }
    }
}

/// What 128 bytes of a segment turn out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot<'a> {
    /// All zero: never written to.
    Empty,
    Click(Click),
    /// From here on in this segment, the id stands for the name.
    Host {
        id: HostId,
        name: &'a str,
    },
    /// The sum holds, but a later version of the program wrote it.
    Later,
    /// Neither empty nor whole.
    Damaged,
}

impl Click {
    /// The click as 128 bytes.
    pub fn encode(&self) -> [u8; RECORD_BYTES] {
        let mut slot = started(KIND_CLICK);
        slot[4] = self.verdict;
        slot[5] = self.device;
        slot[6] = self.browser;
        slot[8..12].copy_from_slice(&self.reasons.to_le_bytes());
        slot[12..16].copy_from_slice(&self.link.to_le_bytes());
        slot[16..24].copy_from_slice(&self.time_us.to_le_bytes());
        slot[24..32].copy_from_slice(&self.visitor.to_le_bytes());
        slot[32..40].copy_from_slice(&self.delivery.to_le_bytes());
        slot[40..44].copy_from_slice(&self.referrer_host.0.to_le_bytes());
        slot[44..46].copy_from_slice(&self.country.0.to_le_bytes());
        slot[46..48].copy_from_slice(&self.flags.to_le_bytes());
        slot[48..52].copy_from_slice(&self.rules_version.to_le_bytes());
        summed(slot)
    }

    fn decode(slot: &[u8; RECORD_BYTES]) -> Click {
        Click {
            verdict: slot[4],
            device: slot[5],
            browser: slot[6],
            reasons: u32::from_le_bytes(bytes_at(slot, 8)),
            link: u32::from_le_bytes(bytes_at(slot, 12)),
            time_us: i64::from_le_bytes(bytes_at(slot, 16)),
            visitor: u64::from_le_bytes(bytes_at(slot, 24)),
            delivery: u64::from_le_bytes(bytes_at(slot, 32)),
            referrer_host: HostId(u32::from_le_bytes(bytes_at(slot, 40))),
            country: Country::from_code(u16::from_le_bytes(bytes_at(slot, 44))),
            flags: u16::from_le_bytes(bytes_at(slot, 46)),
            rules_version: u32::from_le_bytes(bytes_at(slot, 48)),
        }
    }
}

/// A dictionary entry as 128 bytes. `name` has at most [`MAX_HOST_BYTES`]; the dictionary sees to it.
pub(crate) fn encode_host(id: HostId, name: &str) -> [u8; RECORD_BYTES] {
    let mut slot = started(KIND_HOST);
    let name = &name.as_bytes()[..name.len().min(MAX_HOST_BYTES)];
    slot[4..8].copy_from_slice(&id.0.to_le_bytes());
    slot[8] = u8::try_from(name.len()).expect("a name is cut to less than 128 bytes");
    slot[HOST_NAME_AT..HOST_NAME_AT + name.len()].copy_from_slice(name);
    summed(slot)
}

impl<'a> Slot<'a> {
    /// Reads one slot. Never fails: what it cannot be sure of is [`Slot::Damaged`].
    pub fn decode(slot: &'a [u8; RECORD_BYTES]) -> Slot<'a> {
        if slot == &[0; RECORD_BYTES] {
            return Slot::Empty;
        }
        let length = u16::from_le_bytes(bytes_at(slot, 0));
        if usize::from(length) != RECORD_BYTES || !sum_holds(slot) {
            return Slot::Damaged;
        }
        match (slot[2], slot[3]) {
            (VERSION, KIND_CLICK) => Slot::Click(Click::decode(slot)),
            (VERSION, KIND_HOST) => decode_host(slot).unwrap_or(Slot::Damaged),
            _ => Slot::Later,
        }
    }
}

/// Whether a slot says it is a click; its sum is not looked at.
pub(crate) fn is_click(slot: &[u8; RECORD_BYTES]) -> bool {
    slot[3] == KIND_CLICK
}

fn decode_host(slot: &[u8; RECORD_BYTES]) -> Option<Slot<'_>> {
    let id = HostId(u32::from_le_bytes(bytes_at(slot, 4)));
    let name = slot[HOST_NAME_AT..SUM_AT].get(..usize::from(slot[8]))?;
    let name = std::str::from_utf8(name).ok()?;
    id.is_named().then_some(Slot::Host { id, name })
}

fn started(kind: u8) -> [u8; RECORD_BYTES] {
    let mut slot = [0; RECORD_BYTES];
    slot[0..2].copy_from_slice(&(RECORD_BYTES as u16).to_le_bytes());
    slot[2] = VERSION;
    slot[3] = kind;
    slot
}

/// Puts the sum over everything before it at the end.
pub(crate) fn summed(mut slot: [u8; RECORD_BYTES]) -> [u8; RECORD_BYTES] {
    let sum = crc32c::crc32c(&slot[..SUM_AT]);
    slot[SUM_AT..].copy_from_slice(&sum.to_le_bytes());
    slot
}

pub(crate) fn sum_holds(slot: &[u8; RECORD_BYTES]) -> bool {
    crc32c::crc32c(&slot[..SUM_AT]) == u32::from_le_bytes(bytes_at(slot, SUM_AT))
}

/// `N` bytes of a slot; `at + N` is at most 128 at every call.
pub(crate) fn bytes_at<const N: usize>(slot: &[u8; RECORD_BYTES], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&slot[at..at + N]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_click() -> impl Strategy<Value = Click> {
        let numbers = (any::<i64>(), any::<u32>(), any::<u64>(), any::<u64>(), any::<u32>(), any::<u32>());
        let codes = (any::<u16>(), any::<u8>(), any::<u32>(), any::<u8>(), any::<u8>(), "[A-Z]{2}");
        (numbers, codes).prop_map(|(numbers, codes)| {
            let (time_us, link, visitor, delivery, host, rules_version) = numbers;
            let (flags, verdict, reasons, device, browser, country) = codes;
            let country = Country::from_letters(&country).expect("two letters");
            let referrer_host = HostId(host);
            Click {
                time_us,
                link,
                visitor,
                delivery,
                referrer_host,
                country,
                flags,
                verdict,
                reasons,
                rules_version,
                device,
                browser,
            }
        })
    }

    proptest! {
        #[test]
        fn a_click_comes_back_as_it_was(click in any_click()) {
            let slot = click.encode();
            prop_assert_eq!(Slot::decode(&slot), Slot::Click(click));
        }

        #[test]
        fn a_host_comes_back_as_it_was(id in 2u32.., name in "[a-z0-9.-]{0,115}") {
            let slot = encode_host(HostId(id), &name);
            prop_assert_eq!(Slot::decode(&slot), Slot::Host { id: HostId(id), name: &name });
        }

        #[test]
        fn any_128_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), RECORD_BYTES)) {
            let slot: [u8; RECORD_BYTES] = bytes.try_into().expect("128 were asked for");
            // A sum of 32 bits over random bytes holds once in four thousand million times.
            prop_assert_eq!(Slot::decode(&slot), Slot::Damaged);
            // With a sum that holds, they may mean anything, but they are still read.
            let _ = Slot::decode(&summed(slot));
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_in_a_record_is_detected() {
        let click = Click { time_us: 1, link: 2, visitor: 3, reasons: 0xffff_ffff, ..Click::default() };
        for whole in [click.encode(), encode_host(HostId(9), "t.example")] {
            for bit in 0..RECORD_BYTES * 8 {
                let mut slot = whole;
                slot[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Slot::decode(&slot), Slot::Damaged, "bit {bit}");
            }
        }
    }

    #[test]
    fn what_a_later_version_wrote_is_not_called_damaged() {
        let mut slot = Click::default().encode();
        slot[2] = VERSION + 1;
        assert_eq!(Slot::decode(&summed(slot)), Slot::Later);
    }

    #[test]
    fn a_country_is_two_letters_or_not_known() {
        let cases = [("de", "DE"), ("BR", "BR"), ("", "-"), ("DEU", "-"), ("4x", "-"), ("ä", "-")];
        for (given, shown) in cases {
            let country = Country::from_letters(given).unwrap_or_default();
            assert_eq!(country.to_string(), shown);
            assert_eq!(Country::from_code(country.code()), country);
        }
    }

    #[test]
    fn a_click_has_no_room_for_an_address_or_a_user_agent() {
        let source = include_str!("record.rs");
        let body = source.split("pub struct Click {").nth(1).and_then(|rest| rest.split("\n}").next());
        let fields: Vec<&str> = body
            .expect("the struct is in this file")
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub "))
            .collect();
        // Each is a number of at most 64 bits. An IPv4 address would fit one of them: a new field is looked at by a
        // person and then named here.
        let known = [
            "time_us: i64,",
            "link: u32,",
            "visitor: u64,",
            "delivery: u64,",
            "referrer_host: HostId,",
            "country: Country,",
            "flags: u16,",
            "verdict: u8,",
            "reasons: u32,",
            "rules_version: u32,",
            "device: u8,",
            "browser: u8,",
        ];
        assert_eq!(fields, known);
        let table: Vec<&str> = source.lines().filter(|line| line.starts_with("//! |")).collect();
        for word in ["address", "agent", "network"] {
            assert!(!table.iter().any(|row| row.contains(word)), "the table of offsets names {word}");
        }
    }
}
