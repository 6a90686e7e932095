//! What the planted queries are about: words, phrases, misspellings, exclusions, names and two aspects at once.
//!
//! The words listed as `reserved` are said by planted creators alone, so that a query's answers are all known however
//! many creators there are. Different words for the same thing stand in `concepts.rs`.

use super::{QueryKind, concepts};
use crate::sentences::Language;

/// The second half of what a query asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Beside {
    Nothing,
    /// A word an answer says nowhere.
    Never(&'static str),
    /// The town the bio names, and its country.
    Town(&'static str, &'static str),
    /// The language of the posts, named in the bio by this word.
    Tongue(&'static str, Language),
}

/// One planted query and how creators speak of what it asks for.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) kind: QueryKind,
    pub(super) query: &'static str,
    /// Each way of saying it; the first is the query's own, spelt right.
    pub(super) ways: &'static [&'static str],
    /// Words said around it, whichever way it is said.
    pub(super) near: &'static [&'static str],
    /// Sentences that use its words in another sense.
    pub(super) astray: &'static [&'static str],
    /// Beginnings of words ordinary creators never say.
    pub(super) reserved: &'static [&'static str],
    pub(super) beside: Beside,
}

impl Topic {
    /// The language in which creators speak of it.
    pub(super) fn language(&self) -> Language {
        match self.beside {
            Beside::Tongue(_, language) => language,
            _ => Language::English,
        }
    }
}

/// How many planted queries there are.
pub(super) const TOPICS: usize = OTHERS.len() + concepts::CONCEPTS.len();

/// All topics in the order in which queries are asked: the kinds take turns, so that the first few hold every kind.
pub(super) fn topics() -> impl Iterator<Item = &'static Topic> {
    let mut seen = [0usize; QueryKind::ALL.len()];
    let mut turns: Vec<(usize, &Topic)> = OTHERS
        .iter()
        .chain(&concepts::CONCEPTS)
        .map(|topic| {
            let turn = &mut seen[topic.kind as usize];
            *turn += 1;
            (*turn, topic)
        })
        .collect();
    turns.sort_by_key(|(turn, topic)| (*turn, topic.kind as usize));
    turns.into_iter().map(|(_, topic)| topic)
}

/// Whether ordinary creators may say `text`: none of its words begins as a reserved one does.
pub(super) fn is_free(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.split(|letter: char| !letter.is_alphanumeric()).all(|word| !topics_reserve(word))
}

fn topics_reserve(word: &str) -> bool {
    OTHERS.iter().chain(&concepts::CONCEPTS).flat_map(|topic| topic.reserved).any(|start| word.starts_with(start))
}

const fn exact(
    query: &'static str,
    ways: &'static [&'static str],
    near: &'static [&'static str],
    astray: &'static [&'static str],
    reserved: &'static [&'static str],
) -> Topic {
    Topic { kind: QueryKind::ExactWords, query, ways, near, astray, reserved, beside: Beside::Nothing }
}

const fn of_kind(kind: QueryKind, topic: Topic) -> Topic {
    Topic { kind, ..topic }
}

const fn without(word: &'static str, topic: Topic) -> Topic {
    Topic { kind: QueryKind::Exclusion, beside: Beside::Never(word), ..topic }
}

const fn with(beside: Beside, topic: Topic) -> Topic {
    Topic { kind: QueryKind::TwoAspects, beside, ..topic }
}

const fn name(query: &'static str, ways: &'static [&'static str], reserved: &'static [&'static str]) -> Topic {
    of_kind(QueryKind::Name, exact(query, ways, &["dinner", "a day out", "a long chat", "the workshop"], &[], reserved))
}

// Kept as word lists rather than one word a line.
#[rustfmt::skip]
const OTHERS: [Topic; 28] = [
    exact("vinyl turntable", &["vinyl turntable"],
        &["stylus", "record sleeve", "crackle", "amplifier", "listening corner", "needle"],
        &["new vinyl flooring in the hallway", "vinyl stickers on the bathroom tiles", "the vinyl tablecloth is back"],
        &["vinyl", "turntable"]),
    exact("linocut printing", &["linocut printing"],
        &["gouge", "roller", "proof sheet", "carving block", "relief", "black edges"],
        &["printing boarding passes at the last minute", "the office is printing in pink again"],
        &["linocut"]),
    exact("sea kayak", &["sea kayak"],
        &["paddle", "spray deck", "tide table", "swell", "dry bag", "headland"],
        &["a room with a sea view", "deep sea documentaries all evening", "sea salt on everything"],
        &["kayak"]),
    exact("fountain pen", &["fountain pen"],
        &["nib", "ink", "notebook", "handwriting", "blotter", "converter"],
        &["the fountain in the square is running again", "coins in the fountain", "my pen leaked on the bus"],
        &["fountain", "pens"]),
    exact("telemark skiing", &["telemark skiing"],
        &["free heel", "powder", "lunge", "bindings", "skin track", "slope"],
        &["skiing holidays cost too much this year", "skiing on television with grandma"],
        &["telemark"]),
    exact("accordion lessons", &["accordion lessons"],
        &["bellows", "waltz", "reeds", "bass buttons", "folk tune", "left hand"],
        &["driving lessons with my cousin", "the accordion door to the pantry is stuck", "lessons from a bad year"],
        &["accordion"]),
    exact("bonsai wiring", &["bonsai wiring"],
        &["branch", "trunk", "pruning", "shallow pot", "juniper", "copper"],
        &["the wiring in our old flat is a mystery", "wiring a lamp for the first time"],
        &["bonsai", "wiring"]),
    of_kind(QueryKind::Phrase, exact("\"cold brew\"", &["cold brew"],
        &["concentrate", "ice cubes", "overnight jar", "mesh filter", "oat milk", "long steep"],
        &["too cold outside to brew anything", "brew it while the plates are still cold", "a cold room and a slow brew"],
        &["cold"])),
    of_kind(QueryKind::Phrase, exact("\"slow fashion\"", &["slow fashion"],
        &["mending", "seams", "natural dye", "tailor", "hem", "linen"],
        &["a fashion week is never slow", "a slow walk past the fashion windows", "the fashion runs and I stay slow"],
        &["fashion"])),
    of_kind(QueryKind::Phrase, exact("\"tiny house\"", &["tiny house"],
        &["loft bed", "trailer", "wood stove", "ladder", "porch", "wheels"],
        &["a tiny crack in the house wall", "the house has one tiny window", "our house and its tiny garden"],
        &["tiny"])),
    of_kind(QueryKind::Phrase, exact("\"night market\"", &["night market"],
        &["lanterns", "skewers", "noodles", "stalls", "steam", "crowd"],
        &["the market closed long before night", "a night train and a morning market", "all night in market research"],
        &["market"])),
    of_kind(QueryKind::Misspelt, exact("sourdogh", &["sourdough"],
        &["starter", "crumb", "levain", "oven spring", "flour", "crust"], &[], &["sourd"])),
    of_kind(QueryKind::Misspelt, exact("macreme", &["macrame"],
        &["knots", "cord", "fringe", "wall hanging", "driftwood", "plant hanger"],
        &["a macro lens for insects"], &["macr"])),
    of_kind(QueryKind::Misspelt, exact("caligraphy", &["calligraphy"],
        &["brush", "strokes", "alphabet", "flourish", "guidelines", "envelope"], &[], &["calli", "calig"])),
    of_kind(QueryKind::Misspelt, exact("boldering", &["bouldering"],
        &["crux", "crash pad", "heel hook", "climbing gym", "chalk", "overhang"],
        &["a boulder blocked the road to the village", "bolder colours for the hallway"], &["boulder", "bolder"])),
    of_kind(QueryKind::Misspelt, exact("embroidry", &["embroidery"],
        &["hoop", "floss", "satin stitch", "needle", "flowers", "linen"], &[], &["embroid"])),
    without("capsule", exact("espresso -capsule", &["espresso"],
        &["portafilter", "puck", "basket", "pressure", "shot", "crema"], &[], &["espresso", "capsul"])),
    without("treadmill", exact("marathon -treadmill", &["marathon"],
        &["splits", "start line", "bib", "kilometre", "pacer", "finish"], &[], &["marathon", "treadmill"])),
    without("saltwater", exact("aquarium -saltwater", &["aquarium"],
        &["moss", "shrimp", "driftwood", "guppies", "filter", "snails"], &[], &["aquari", "saltwater"])),
    without("blitz", exact("chess -blitz", &["chess"],
        &["opening", "rook", "bishop", "pawn", "checkmate", "endgame"], &[], &["chess", "blitz"])),
    name("Tove Averquist", &["Tove Averquist"], &["averquist", "tove"]),
    name("Ilmari Trandal", &["Ilmari Trandal"], &["trandal", "ilmari"]),
    name("@nadja.oskarine", &["Nadja Oskarine"], &["oskarine", "nadja"]),
    name("quentin_bellomare", &["Quentin Bellomare"], &["bellomare", "quentin"]),
    with(Beside::Town("Lisbon", "PT"), exact("pottery lisbon", &["pottery"],
        &["kiln", "glaze", "wheel", "clay", "bisque", "mugs"], &[], &["potter"])),
    with(Beside::Town("Edinburgh", "GB"), exact("beekeeping edinburgh", &["beekeeping"],
        &["hive", "honey", "swarm", "smoker", "queen", "frames"], &[], &["beekeep"])),
    with(Beside::Tongue("Deutsch", Language::German), exact("origami deutsch", &["Origami"],
        &["Papier", "Kranich", "Faltung", "Ecken", "Muster", "Bogen"], &[], &["origami"])),
    with(Beside::Tongue("français", Language::French), exact("parkour français", &["parkour"],
        &["saut", "mur", "équilibre", "barrière", "réception", "toit"], &[], &["parkour"])),
];

/// How somebody speaks of what a post is about; the gap is filled with one way of saying it.
pub(super) fn about_moulds(language: Language) -> &'static [[&'static str; 2]] {
    match language {
        Language::German => &[
            ["heute wieder ", " und es wird langsam besser"],
            ["was ich diese Woche über ", " gelernt habe"],
            ["noch ein Wort zu ", " bevor ich es vergesse"],
            ["am Wochenende nur ", " und sonst nichts"],
            ["wer mit ", " anfängt braucht Geduld"],
        ],
        Language::French => &[
            ["encore une journée de ", " et ça avance"],
            ["ce que je sais de ", " depuis cette semaine"],
            ["un mot sur ", " avant d'oublier"],
            ["ce week-end rien que ", " et rien d'autre"],
            ["pour débuter en ", " il faut de la patience"],
        ],
        Language::English | Language::Spanish => &[
            ["today ", " again and it went better than expected"],
            ["what I learned about ", " this week"],
            ["a note on ", " before I forget"],
            ["three hours of ", " and no regrets"],
            ["a whole shelf for ", " and finally tidy"],
            ["", " is still the best part of the day"],
            ["you asked about ", " so here it is"],
            ["somebody gave me a book on ", " last week"],
            ["still thinking about ", ""],
            ["if you are new to ", " start small"],
            ["the trouble with ", " is that you want more"],
            ["weekend plan: ", " and nothing else"],
        ],
    }
}
