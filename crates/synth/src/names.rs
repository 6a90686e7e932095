//! Invents names, handles, short descriptions and platform ids. Nobody here exists.
//!
//! Names are put together from syllables; a handle ends in a code of the account's number, so no two are equal.

use model::{InteractionId, Platform};

use crate::random::{Dice, Purpose, Stream};
use crate::texts::{push_code, push_number};
use crate::vocabulary::Niche;

const FIRST: [&str; 24] = [
    "mi", "ta", "lo", "ru", "sa", "ve", "ni", "ko", "a", "e", "jo", "fa", "du", "be", "yu", "zi", "ha", "o", "pe",
    "li", "wa", "che", "ami", "is",
];
const MIDDLE: [&str; 20] = [
    "ra", "lin", "do", "mi", "su", "ven", "ka", "no", "ri", "tel", "bo", "sha", "ga", "ne", "lu", "fi", "zo", "dra",
    "pu", "jin",
];
const LAST: [&str; 20] = [
    "a", "o", "el", "is", "en", "ya", "us", "ette", "ian", "u", "ika", "or", "ane", "im", "e", "iko", "ar", "ola",
    "un", "és",
];
const FAMILY: [&str; 24] = [
    "varo", "hollen", "brim", "tasko", "quill", "merrow", "okade", "lindar", "sorrel", "pembri", "zhanu", "falk",
    "ondeke", "ruzi", "tarn", "wexley", "abdare", "costrel", "ngawi", "selkin", "dorva", "ishiro", "klem", "pahari",
];

fn push_given_name(out: &mut String, dice: &mut Dice) {
    out.push_str(dice.word(&FIRST));
    out.push_str(dice.word(&MIDDLE));
    if dice.chance(0.6) {
        out.push_str(dice.word(&LAST));
    }
}

fn capitalise(text: &mut str) {
    if let Some(first) = text.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
}

/// What names are made from: the seed and the account's number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Namer {
    names: Stream,
    comments: Stream,
    offset: u64,
}

const NUMBERS: u64 = 1 << 36;

impl Namer {
    pub(crate) fn new(seed: u64) -> Namer {
        let names = Stream::new(seed, Purpose::Names);
        Namer { names, comments: Stream::new(seed, Purpose::Comments), offset: names.raw(u64::MAX - 1) % NUMBERS }
    }

    /// A different number for each account, without order: multiplying by an odd number modulo a power of two is one
    /// to one.
    fn scattered(self, account: usize) -> u64 {
        (account as u64).wrapping_mul(0x5_DEEC_E66D).wrapping_add(self.offset) % NUMBERS
    }

    /// What the platform calls the account.
    pub(crate) fn native_id(self, out: &mut String, platform: Platform, account: usize) {
        let number = self.scattered(account);
        match platform {
            Platform::YouTube => {
                out.push_str("UCmadeup");
                push_code(out, number + NUMBERS);
            }
            Platform::Bluesky => {
                out.push_str("did:plc:madeup");
                push_code(out, number + NUMBERS);
            }
            Platform::TikTok => push_number(out, 7_000_000_000_000_000_000 + number),
            _ => push_number(out, 10_000_000_000 + number),
        }
    }

    /// What the platform calls the `number`-th post of an account.
    pub(crate) fn post_native_id(self, out: &mut String, platform: Platform, account: usize, number: u32) {
        let scattered = self.scattered(account);
        match platform {
            Platform::Bluesky => {
                out.push_str("at://");
                self.native_id(out, platform, account);
                out.push_str("/app.bsky.feed.post/");
                push_code(out, 46_656 + u64::from(number));
            }
            Platform::TikTok => push_number(out, 1_000_000_000_000_000_000 + scattered * 100_000 + u64::from(number)),
            _ => {
                out.push('p');
                push_code(out, scattered * 100_000 + u64::from(number));
            }
        }
    }

    /// The id of the `number`-th comment of the world. A comment's own name on its platform is seen nowhere but in its
    /// id, so the number itself is scattered over the 128 bits; scattering is one to one, so no two meet.
    pub(crate) fn comment_id(self, number: u32) -> InteractionId {
        let halves = [self.names, self.comments].map(|stream| u128::from(stream.raw(u64::from(number))));
        InteractionId((halves[0] << 64) | halves[1])
    }

    /// The name shown above the posts.
    pub(crate) fn display_name(self, account: usize, niche: &Niche) -> String {
        let mut dice = self.names.dice(2 * account as u64);
        let mut name = String::with_capacity(24);
        push_given_name(&mut name, &mut dice);
        capitalise(&mut name);
        name.push(' ');
        if dice.chance(0.2) {
            name.push_str("& ");
            name.push_str(dice.word(niche.topics));
            return name;
        }
        let start = name.len();
        name.push_str(dice.word(&FAMILY));
        capitalise(&mut name[start..]);
        name
    }

    /// The handle people write after `@`: a name, sometimes a word of the circle, and the account's code.
    pub(crate) fn handle(self, out: &mut String, account: usize, niche: &Niche) {
        let mut dice = self.names.dice(2 * account as u64);
        push_given_name(out, &mut dice);
        out.push(*dice.choose(&['.', '_']));
        if dice.chance(0.4) {
            out.push_str(dice.word(niche.tags));
            out.push('_');
        }
        push_code(out, account as u64);
    }

    /// The handle of a bot: a stump of a name and many digits.
    pub(crate) fn bot_handle(self, out: &mut String, account: usize) {
        let mut dice = self.names.dice(2 * account as u64);
        out.push_str(dice.word(&FIRST));
        out.push_str(dice.word(&MIDDLE));
        push_number(out, 10_000 + self.scattered(account) % 90_000);
        push_number(out, account as u64);
    }

    /// A creator's few lines about themselves.
    pub(crate) fn bio(self, account: usize, niche: &Niche) -> String {
        let mut dice = self.names.dice(2 * account as u64 + 1);
        let mut bio = String::with_capacity(64);
        match dice.below(5) {
            0 => {
                bio.push_str(dice.word(niche.doings));
                bio.push_str(" & ");
                bio.push_str(dice.word(niche.topics));
                bio.push('.');
            }
            1 => {
                bio.push_str(niche.name);
                bio.push_str(", slowly. ask me about ");
                bio.push_str(dice.word(niche.topics));
            }
            2 => {
                bio.push_str("mostly ");
                bio.push_str(dice.word(niche.doings));
                bio.push_str(", sometimes ");
                bio.push_str(dice.word(niche.doings));
            }
            3 => {
                bio.push_str(dice.word(niche.praises));
                bio.push(' ');
                bio.push_str(niche.name);
                bio.push_str(" every week ✉ by message");
            }
            _ => {
                bio.push_str(dice.word(niche.lines));
            }
        }
        bio.push_str(" · made-up account");
        bio
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::NICHES;
    use std::collections::HashSet;

    #[test]
    fn no_two_accounts_share_a_handle_or_a_platform_id() {
        let namer = Namer::new(9);
        let (mut handles, mut ids) = (HashSet::new(), HashSet::new());
        for account in 0..20_000 {
            let (mut handle, mut id) = (String::new(), String::new());
            namer.handle(&mut handle, account, &NICHES[account % NICHES.len()]);
            namer.native_id(&mut id, Platform::Instagram, account);
            assert!(handles.insert(handle.clone()), "{handle} twice");
            assert!(ids.insert(id));
        }
    }
}
