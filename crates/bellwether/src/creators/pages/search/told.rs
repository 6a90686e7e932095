//! What a search says of itself: how many were found, how the words were understood, what is filtered by, and ways out.

use super::{Answer, Asked, View};
use crate::creators::search::Standing;
use crate::creators::search::asked::chip_words;
use crate::web::format;

/// An active filter, and the address without it.
pub struct Chip {
    pub words: String,
    pub without: String,
}

/// A way to get more than nobody.
pub struct Loosened {
    pub words: String,
    pub address: String,
    pub count: String,
}

pub(super) fn finding(view: &View<'_>, answer: Option<&Answer>) -> String {
    let Some(answer) = answer else { return "Nobody can be looked for yet.".to_owned() };
    if answer.standing == Standing::NotMade {
        return "The search index has not been made yet.".to_owned();
    }
    let (total, all) = (answer.found.total, answer.creators);
    if view.asked.is_everybody() {
        return match view.brand {
            Some(brand) => format!(
                "{} can be looked for; filter by whom {}’s buyers talk with, by niche, engagement or what they say.",
                format::counted(all, "creator", "creators"),
                brand.name
            ),
            None => format!(
                "{} can be looked for, by what they say, by niche, engagement and how they answer.",
                format::counted(all, "creator", "creators")
            ),
        };
    }
    let some = answer.found.understood.some_of_it;
    let said = match (view.asked.words.is_empty(), some) {
        (true, _) => String::new(),
        (false, false) => format!(" say “{}”", view.asked.words),
        (false, true) if answer.found.understood.say_all > 0 => format!(
            " say all but one word of “{}”; the {} who say all of it come first",
            view.asked.words, answer.found.understood.say_all
        ),
        (false, true) => format!(" say some of “{}”; nobody says all of it", view.asked.words),
    };
    let filtered = !view.asked.codes.is_empty() || !view.asked.ranges.is_empty() || !view.asked.mentions.is_empty();
    let met = match (said.is_empty(), filtered) {
        (true, true) => " meet these filters",
        (false, true) => " and meet these filters",
        (_, false) => "",
    };
    let alike = if view.asked.alike.is_some() { ", those most alike first" } else { "" };
    format!("{} of {}{said}{met}{alike}.", format::count(total), format::counted(all, "creator", "creators"))
}

pub(super) fn understood(answer: &Answer) -> Vec<String> {
    let quoted = |words: &[String]| words.iter().map(|word| format!("“{word}”")).collect::<Vec<_>>().join(", ");
    let mut told = vec![];
    for word in &answer.found.understood.words {
        if !word.mended.is_empty() && word.creators == 0 {
            told.push(format!("Nobody writes “{}”; looked for {}.", word.typed, quoted(&word.mended)));
        } else if !word.mended.is_empty() {
            let typed = format::counted(word.creators, "creator writes", "creators write");
            told.push(format!("{typed} “{}”; looked for {} too.", word.typed, quoted(&word.mended)));
        }
        if word.common {
            told.push(format!(
                "So many say “{}” ({} of {}) that the other words choose who is shown and it only orders them; put it in \
                 quotes to ask for it.",
                word.typed,
                format::count(word.creators),
                format::count(answer.creators)
            ));
        }
        if !word.alike.is_empty() {
            told.push(format!(
                "Said in the same places as “{}” and looked for too: {}.",
                word.typed,
                quoted(&word.alike)
            ));
        }
    }
    told
}

pub(super) fn beside(answer: &Answer) -> Vec<String> {
    let told = |(typed, others): &(String, Vec<String>)| format!("“{typed}”: {}", others.join(", "));
    answer.beside.iter().map(told).collect()
}

pub(super) fn standing_words(standing: &Standing) -> Option<String> {
    match standing {
        Standing::Current => None,
        Standing::Behind { accounts: Some(accounts) } => Some(format!(
            "Facts about {} have come since the search index was made; a refresh brings it along.",
            format::counted(*accounts, "account", "accounts")
        )),
        Standing::Behind { accounts: None } => {
            Some("Facts have changed since the search index was made; a refresh brings it along.".to_owned())
        }
        Standing::NotMade => Some("The search index is made by a refresh.".to_owned()),
    }
}

pub(super) fn chips(view: &View<'_>) -> Vec<Chip> {
    let filters = view.asked.codes.len() + view.asked.ranges.len();
    let mut chips: Vec<Chip> = (0..filters)
        .map(|place| Chip {
            words: chip_words(view.asked, place, |key, code| view.names.of(key, code)),
            without: view.address(&view.asked.without(place)),
        })
        .collect();
    for (place, name) in view.asked.mentions.iter().enumerate() {
        let mut without = Asked { after: None, ..view.asked.clone() };
        without.mentions.remove(place);
        chips.push(Chip { words: format!("Mentions {name}"), without: view.address(&without) });
    }
    chips
}

/// Where nobody is left: what each filter takes away, the one that takes most first.
pub(super) fn loosened(view: &View<'_>, answer: &Answer) -> Vec<Loosened> {
    let Some(counts) = answer.counts.as_ref().filter(|counts| counts.total == 0) else { return vec![] };
    let mut ways: Vec<(u64, Loosened)> = counts
        .without
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(place, count)| {
            let words = chip_words(view.asked, place, |key, code| view.names.of(key, code));
            let words = format!("without “{words}”");
            (
                *count,
                Loosened { words, address: view.address(&view.asked.without(place)), count: format::count(*count) },
            )
        })
        .collect();
    ways.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    ways.into_iter().map(|(_, way)| way).collect()
}
