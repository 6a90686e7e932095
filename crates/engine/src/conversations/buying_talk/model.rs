//! The chance that a text takes part in choosing or buying something, with what speaks for it and against.
//!
//! The weights are `buying_talk_weights.tsv` beside this file: one a feature, learned by `train_buying`, readable by
//! anybody. What they are worth is in `docs/concepts/buying-talk.md`.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde::Serialize;

use super::features::{FEATURES, measure};
use super::{BuyingKind, BuyingMatch};
use crate::logistic::{linear, sigmoid};

/// Where a text stands in a conversation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextPlace {
    /// Opens a thread.
    Question,
    /// A full answer to it.
    Answer,
    /// A remark below a post, video or answer.
    Comment,
    /// Counted as a third of each.
    Unknown,
}

/// A text and what is known of its surroundings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextToAssess<'a> {
    /// Plain or HTML; tags, entities, quotations and code are passed over. The first 20,000 bytes are read.
    pub body: &'a str,
    /// The title of the thread, or the words of the post under which the text stands; `None`: not known.
    pub title: Option<&'a str>,
    pub place: TextPlace,
}

/// How likely a text takes part in choosing or buying something.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BuyingChance<'a> {
    /// 0..=1; `None`: not assessed, there is no model for the text's language.
    pub chance: Option<f64>,
    /// The kinds with a chance of one half or more and those a rule of the list speaks for, the likeliest first.
    pub kinds: Vec<(BuyingKind, f64)>,
    /// Each feature's part of the log-odds of `chance`, the weightiest first; they add up to the log-odds.
    pub parts: Vec<(&'static str, f64)>,
    /// The rules of the list that fired, with their words; those of a question's own title too.
    pub matched: Vec<BuyingMatch<'a>>,
}

/// What a column of weights predicts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Target {
    AnyKind,
    Kind(BuyingKind),
}

impl Target {
    /// What there are enough labels for to learn.
    pub(super) const LEARNED: [Target; 4] = [
        Target::AnyKind,
        Target::Kind(BuyingKind::AsksAdvice),
        Target::Kind(BuyingKind::Recommends),
        Target::Kind(BuyingKind::WhereToGet),
    ];

    pub(super) fn label(self) -> &'static str {
        match self {
            Target::AnyKind => "any",
            Target::Kind(kind) => kind.label(),
        }
    }
}

/// Whether the title above a text enters its features.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TitleUse {
    Given,
    Withheld,
}

/// The kinds that only the list's rules tell: too few labels to learn from.
pub(super) const RULES_ONLY: [BuyingKind; 4] =
    [BuyingKind::AsksPrice, BuyingKind::Bought, BuyingKind::Compares, BuyingKind::Regrets];

/// How often the rules of a kind were right.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct RuleRecord {
    pub(super) kind: BuyingKind,
    pub(super) fired: u32,
    pub(super) right: u32,
}

impl RuleRecord {
    /// The share that was right, with half a text added to each side: never 0 or 1.
    fn chance(self) -> f64 {
        (f64::from(self.right) + 0.5) / (f64::from(self.fired) + 1.0)
    }
}

/// Coefficients of every learned target, with and without a title, and the record of the rules.
#[derive(Clone, PartialEq, Debug)]
pub struct BuyingWeights {
    /// One a target, in the order of `Target::LEARNED`; each in the order of the features.
    pub(super) with_title: Vec<Vec<f64>>,
    pub(super) without_title: Vec<Vec<f64>>,
    pub(super) rules: Vec<RuleRecord>,
}

/// The version of the weights; stored with every figure made from them.
pub const WEIGHTS_VERSION: u32 = 1;

static WEIGHTS: LazyLock<BuyingWeights> = LazyLock::new(|| {
    BuyingWeights::parse(include_str!("buying_talk_weights.tsv"))
        .expect("the shipped weights are well formed, as their test shows")
});

/// How likely a text takes part in choosing or buying something, and how.
///
/// Formula: 1 / (1 + e^-x), x = sum of weight times feature; the weights were learned by logistic regression with an L2
/// pull on labelled texts and straightened by Platt scaling. Advice asked, recommendation and where to get it have
/// weights of their own; of price, purchase, comparison and regret the chance is the share of right hits of their rules.
/// Inputs: `text`, see `TextToAssess`; the title matters: an answer to "which one?" is a recommendation.
/// Output: chance 0..=1; `None` for a text of eight or more words without a single common English word, unless a rule
/// fired. Learned on one site, about drinks: elsewhere read it as a score first, and label a sample.
/// Cost: one pass over text and title, a few microseconds for a comment.
/// Source: `docs/concepts/buying-talk.md`; logistic regression, McCullagh & Nelder 1989; Platt 1999.
///
/// ```
/// use engine::conversations::buying_talk::{BuyingKind, TextPlace, TextToAssess, buying_chance};
/// let title = Some("Which tripod should I buy for travelling?");
/// let text = TextToAssess { body: "I'd suggest the Manfrotto, it is great for hiking.", title, place: TextPlace::Answer };
/// let found = buying_chance(&text);
/// assert!(found.chance.unwrap() > 0.7);
/// assert_eq!(found.kinds[0].0, BuyingKind::Recommends);
/// ```
pub fn buying_chance<'a>(text: &TextToAssess<'a>) -> BuyingChance<'a> {
    let weights = &*WEIGHTS;
    let measured = measure(text);
    let Some(values) = measured.values else {
        return BuyingChance { chance: None, kinds: Vec::new(), parts: Vec::new(), matched: measured.matched };
    };
    let columns = if text.title.is_some() { &weights.with_title } else { &weights.without_title };
    let (any, of_kinds) = columns.split_first().expect("there are columns for every target");
    let mut kinds: Vec<(BuyingKind, f64)> = Vec::new();
    let fired = |kind| measured.matched.iter().any(|hit| BuyingKind::of_rule(hit.rule, hit.level) == Some(kind));
    for (target, column) in Target::LEARNED[1..].iter().zip(of_kinds) {
        let Target::Kind(kind) = *target else { continue };
        let chance = sigmoid(linear(column, &values));
        if chance >= 0.5 || fired(kind) {
            kinds.push((kind, chance));
        }
    }
    kinds.extend(weights.rules.iter().filter(|rule| fired(rule.kind)).map(|rule| (rule.kind, rule.chance())));
    kinds.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
    let mut parts: Vec<(&'static str, f64)> = FEATURES
        .names
        .iter()
        .zip(any.iter().zip(&values))
        .map(|(name, (weight, value))| (*name, weight * value))
        .filter(|(_, part)| *part != 0.0)
        .collect();
    parts.sort_by(|left, right| right.1.abs().total_cmp(&left.1.abs()).then(left.0.cmp(right.0)));
    let chance = Some(sigmoid(linear(any, &values)));
    BuyingChance { chance, kinds, parts, matched: measured.matched }
}

impl BuyingWeights {
    /// The file as it is shipped: `heading` are its comment lines, each beginning with `#`.
    pub fn to_tsv(&self, heading: &str) -> String {
        let mut file = format!("{}\nversion\t{WEIGHTS_VERSION}\nfeature", heading.trim_end());
        for title in ["", "_untitled"] {
            Target::LEARNED.iter().for_each(|target| file.extend(["\t", target.label(), title]));
        }
        for (place, name) in FEATURES.names.iter().enumerate() {
            file.extend(["\n", name]);
            for column in self.with_title.iter().chain(&self.without_title) {
                // Rounding -0.0001 leaves no "-0.000".
                write!(file, "\t{:.3}", column[place] + 0.0).expect("a String takes every text");
            }
        }
        for rule in &self.rules {
            write!(file, "\nrules\t{}\t{}\t{}", rule.kind.label(), rule.fired, rule.right)
                .expect("a String takes every text");
        }
        file.push('\n');
        file
    }

    /// Reads the shipped file; every feature must have its row.
    pub(super) fn parse(file: &str) -> Result<BuyingWeights, String> {
        let columns = 2 * Target::LEARNED.len();
        let mut weights: Vec<Vec<Option<f64>>> = vec![vec![None; FEATURES.names.len()]; columns];
        let mut rules = Vec::new();
        let rows = file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        for row in rows.map(|line| line.split('\t').collect::<Vec<_>>()) {
            match row.as_slice() {
                ["version", number] if *number == WEIGHTS_VERSION.to_string() => {}
                ["version", number] => return Err(format!("weights of version {number}, not {WEIGHTS_VERSION}")),
                ["feature", ..] => {}
                ["rules", kind, fired, right] => {
                    let kind = BuyingKind::ALL.into_iter().find(|known| known.label() == *kind);
                    let counts = fired.parse().ok().zip(right.parse().ok());
                    let (Some(kind), Some((fired, right))) = (kind, counts) else {
                        return Err(format!("no record of rules: {row:?}"));
                    };
                    rules.push(RuleRecord { kind, fired, right });
                }
                [name, numbers @ ..] if numbers.len() == columns => {
                    let place = FEATURES.names.iter().position(|known| known == name);
                    let place = place.ok_or_else(|| format!("no feature {name}"))?;
                    for (column, number) in weights.iter_mut().zip(numbers) {
                        let weight = number.parse().ok().filter(|weight: &f64| weight.is_finite());
                        column[place] = Some(weight.ok_or_else(|| format!("{name}: {number:?} is not a weight"))?);
                    }
                }
                other => return Err(format!("a row has a feature and {columns} weights: {other:?}")),
            }
        }
        let mut full = Vec::new();
        for column in weights {
            let known: Option<Vec<f64>> = column.into_iter().collect();
            full.push(known.ok_or("a feature has no weight")?);
        }
        let without_title = full.split_off(Target::LEARNED.len());
        Ok(BuyingWeights { with_title: full, without_title, rules })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLACES: [TextPlace; 4] = [TextPlace::Question, TextPlace::Answer, TextPlace::Comment, TextPlace::Unknown];

    fn chance(body: &str, title: Option<&str>, place: TextPlace) -> f64 {
        buying_chance(&TextToAssess { body, title, place }).chance.expect("English")
    }

    #[test]
    fn the_shipped_weights_are_well_formed_and_written_as_they_are_read() {
        let file = include_str!("buying_talk_weights.tsv");
        let weights = BuyingWeights::parse(file).expect("well formed");
        let heading: Vec<&str> = file.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(weights.to_tsv(&heading.join("\n")), file);
        assert!(heading.iter().any(|line| line.contains("2026-11-22")));
        assert_eq!(weights.rules.iter().map(|rule| rule.kind).collect::<Vec<_>>(), RULES_ONLY);
    }

    #[test]
    fn weights_with_a_mistake_are_refused_with_their_place() {
        let problem = |file: &str| BuyingWeights::parse(file).expect_err("refused");
        assert!(problem("version\t99").contains("version 99"));
        assert!(problem("version\t1").contains("no weight"));
        assert!(problem("colour\t0\t0\t0\t0\t0\t0\t0\t0").contains("no feature colour"));
        assert!(problem("always\t0\t0\t0\tx\t0\t0\t0\t0").contains("\"x\" is not a weight"));
        assert!(problem("always\t0").contains("8 weights"));
        assert!(problem("rules\tpraise\t1\t1").contains("no record"));
    }

    #[test]
    fn buying_talk_of_other_topics_is_recognised() {
        for (body, title, place) in [
            ("Which camera should I buy for street photography? I have about 500 dollars.", None, TextPlace::Question),
            ("Where can I buy this serum in Spain?", None, TextPlace::Comment),
            (
                "You should try the Brooks Ghost, they are great for long runs.",
                Some("Best running shoes for a beginner?"),
                TextPlace::Comment,
            ),
            (
                "The Fuji X100 or a used Ricoh GR would be my suggestion.",
                Some("Can you recommend a small camera for travel?"),
                TextPlace::Answer,
            ),
            (
                "I'd go with CeraVe, it is cheap and you can get it at any drugstore.",
                Some("Looking for a moisturiser for dry skin"),
                TextPlace::Comment,
            ),
            (
                "It is available online and at most shoe stores.",
                Some("Where can I find the new Pegasus in Canada?"),
                TextPlace::Answer,
            ),
        ] {
            let found = chance(body, title, place);
            assert!(found >= 0.5, "{body}: {found:.2}");
        }
    }

    /// Known to be weak: next to nobody asks for advice in a comment of the texts learned from.
    #[test]
    fn a_bare_request_in_a_comment_has_about_an_even_chance_and_more_as_the_opening_of_a_thread() {
        for body in
            ["Can anyone recommend running shoes for flat feet?", "Is there a cheaper alternative to this sunscreen?"]
        {
            let found = chance(body, None, TextPlace::Comment);
            assert!((0.4..0.6).contains(&found), "{body}: {found:.2}");
            assert!(chance(body, None, TextPlace::Question) > found);
        }
    }

    #[test]
    fn talk_of_other_topics_without_a_purchase_is_not_taken_for_it() {
        for (body, title, place) in [
            ("Why does the shutter make that noise when I press the button?", None, TextPlace::Question),
            (
                "A wider aperture lets in more light, which is why the background is blurred.",
                Some("Why is my background blurred?"),
                TextPlace::Answer,
            ),
            ("Great video, your dog is so funny!", None, TextPlace::Comment),
            ("I love you so much!", None, TextPlace::Comment),
            ("I love your voice", None, TextPlace::Comment),
            ("Very nice!", None, TextPlace::Comment),
            (
                "I agree with the answer above, thanks for explaining it.",
                Some("How does retinol work?"),
                TextPlace::Comment,
            ),
            (
                "Your heel should land first, otherwise the knee takes the shock.",
                Some("How should the foot land when running?"),
                TextPlace::Answer,
            ),
            ("What is the difference between a mineral and a chemical filter?", None, TextPlace::Question),
            ("Congratulations on the marathon!", None, TextPlace::Comment),
            (
                "Please edit your question so that it can be answered.",
                Some("How long should a skin cream rest?"),
                TextPlace::Comment,
            ),
        ] {
            let found = chance(body, title, place);
            assert!(found < 0.5, "{body}: {found:.2}");
        }
    }

    #[test]
    fn the_title_makes_a_bare_name_a_recommendation() {
        let name = "Definitely the Saucony Ride.";
        let asked = chance(name, Some("What are some good running shoes for wide feet?"), TextPlace::Comment);
        let other = chance(name, Some("Why do shoes wear out?"), TextPlace::Comment);
        assert!(asked > other + 0.2, "{asked:.2} {other:.2}");
    }

    #[test]
    fn the_parts_add_up_to_the_log_odds_and_come_weightiest_first() {
        let found = buying_chance(&TextToAssess {
            body: "I would recommend this one. Where can I buy it?",
            title: Some("Best lens?"),
            place: TextPlace::Unknown,
        });
        let sum: f64 = found.parts.iter().map(|part| part.1).sum();
        assert!((sigmoid(sum) - found.chance.expect("English")).abs() < 1e-9);
        assert!(found.parts.windows(2).all(|pair| pair[0].1.abs() >= pair[1].1.abs()));
        assert!(found.kinds.iter().any(|kind| kind.0 == BuyingKind::WhereToGet));
        assert_eq!(found.matched[0].rule, "where-to-buy");
    }

    #[test]
    fn another_language_has_no_chance_rather_than_none() {
        let body = "Wo habt ihr denn diese schöne Tasse gekauft und wie teuer war sie";
        let found = buying_chance(&TextToAssess { body, title: Some("Which one?"), place: TextPlace::Comment });
        assert_eq!((found.chance, found.kinds.len()), (None, 0));
    }

    proptest! {
        #[test]
        fn a_chance_lies_between_0_and_1_for_any_text(
            body in "(\\PC|\n|<p>|<code>|</|&amp;|&#39;|\\$5|[?!<>&]| recommend| Where buy){0,40}",
            title in prop::option::of("\\PC{0,40}"),
            place in prop::sample::select(&PLACES[..]),
        ) {
            let found = buying_chance(&TextToAssess { body: &body, title: title.as_deref(), place });
            if let Some(chance) = found.chance {
                prop_assert!((0.0..=1.0).contains(&chance));
            }
            prop_assert!(found.kinds.iter().all(|kind| (0.0..=1.0).contains(&kind.1)));
            let written = |words: &str| body.contains(words) || title.as_ref().is_some_and(|title| title.contains(words));
            prop_assert!(found.matched.iter().all(|hit| written(hit.words)));
        }
    }
}
