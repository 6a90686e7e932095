//! The weights of a fit's parts as a person moves them, the choice between wide and targeted reach, and both as a short text
//! for an address.

use model::{Estimate, Unit};
use serde::{Deserialize, Serialize};

use super::FIT_VERSION;

/// The parts a fit is made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FitPart {
    Product,
    Values,
    Audience,
    Niche,
    Conversation,
    Price,
}

/// How many parts there are.
pub const PARTS: usize = 6;
/// The largest weight of a part.
pub const WEIGHT_MAX: u8 = 10;
/// By how much the far ends of the reach dial multiply or divide a weight.
const REACH_SHIFT: f64 = 2.0;

impl FitPart {
    pub const ALL: [FitPart; PARTS] =
        [FitPart::Product, FitPart::Values, FitPart::Audience, FitPart::Niche, FitPart::Conversation, FitPart::Price];

    pub fn words(self) -> &'static str {
        match self {
            FitPart::Product => "product",
            FitPart::Values => "values",
            FitPart::Audience => "audience",
            FitPart::Niche => "niche",
            FitPart::Conversation => "conversation",
            FitPart::Price => "price",
        }
    }

    /// What the part asks, as a person would.
    pub fn question(self) -> &'static str {
        match self {
            FitPart::Product => "do they speak of products like ours, and use them?",
            FitPart::Values => "do their own words show what the brand stands for?",
            FitPart::Audience => "is their audience near our buyers?",
            FitPart::Niche => "are they in one of our niches?",
            FitPart::Conversation => "are they part of the conversation our buyers take part in?",
            FitPart::Price => "does the price fit the budget?",
        }
    }

    pub(super) fn method(self) -> &'static str {
        match self {
            FitPart::Product => "fit_product",
            FitPart::Values => "fit_values",
            FitPart::Audience => "fit_audience",
            FitPart::Niche => "fit_niche",
            FitPart::Conversation => "fit_conversation",
            FitPart::Price => "fit_price",
        }
    }

    pub(super) fn way_to_know(self) -> &'static str {
        match self {
            FitPart::Product => "the creator's words were not read for the product; import posts with their captions",
            FitPart::Values => "the creator's words were not read for values; import posts with their captions",
            FitPart::Audience => "nothing is held about the audience; import followers or comments",
            FitPart::Niche => "no niche was found; import posts or comments, or choose the niche by hand",
            FitPart::Conversation => "no conversation is held; import comments and replies",
            FitPart::Price => "no price is held; ask for a quote or enter a past deal",
        }
    }

    /// The part as not known, with the reason and a way to know it.
    pub fn not_known(self, n: u64, n_of: &str, reason: impl Into<String>) -> Estimate {
        Estimate { version: FIT_VERSION, ..Estimate::not_known(Unit::Score, self.method(), n, n_of, reason) }
    }

    pub(super) fn place(self) -> usize {
        self as usize
    }

    /// Its letter in the short text; `e` is what is spent.
    fn letter(self) -> char {
        match self {
            FitPart::Product => 'p',
            FitPart::Values => 'v',
            FitPart::Audience => 'a',
            FitPart::Niche => 'n',
            FitPart::Conversation => 'c',
            FitPart::Price => 'e',
        }
    }
}

/// Wide reach or specific, targeted reach: a dial in whole percent, 0 targeted and 100 wide.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Reach(u8);

impl Reach {
    pub const TARGETED: Reach = Reach(0);
    /// Shifts nothing.
    pub const BETWEEN: Reach = Reach(50);
    pub const WIDE: Reach = Reach(100);

    /// Refuses more than 100 %.
    pub fn new(wide_percent: u8) -> Result<Reach, WeightsError> {
        if wide_percent <= 100 {
            Ok(Reach(wide_percent))
        } else {
            Err(WeightsError::ReachOutOfRange(wide_percent.into()))
        }
    }

    pub fn wide_percent(self) -> u8 {
        self.0
    }

    /// What the weight of a part is multiplied by: 1 in the middle of the dial, 2 or a half at its ends.
    pub fn shift(self, part: FitPart) -> f64 {
        let towards_wide = f64::from(self.0) / 50.0 - 1.0;
        match part {
            FitPart::Conversation | FitPart::Audience => REACH_SHIFT.powf(-towards_wide),
            FitPart::Price => REACH_SHIFT.powf(towards_wide),
            FitPart::Product | FitPart::Values | FitPart::Niche => 1.0,
        }
    }

    /// What the choice means, for the page that offers it.
    pub fn words(self) -> String {
        let (talk, price) = (self.shift(FitPart::Conversation), self.shift(FitPart::Price));
        let shift = format!("conversation and audience count x {talk:.2}, price x {price:.2}");
        match self.0 {
            0 => format!("targeted reach: fewer people, those who already talk with our buyers; {shift}"),
            100 => format!("wide reach: many people for the money, whoever they are; {shift}"),
            50 => "between wide and targeted reach: the weights as set".to_owned(),
            wide if wide < 50 => format!("rather targeted than wide reach ({wide} % wide): {shift}"),
            wide => format!("rather wide than targeted reach ({wide} % wide): {shift}"),
        }
    }
}

impl TryFrom<u8> for Reach {
    type Error = WeightsError;
    fn try_from(wide_percent: u8) -> Result<Reach, WeightsError> {
        Reach::new(wide_percent)
    }
}

impl From<Reach> for u8 {
    fn from(reach: Reach) -> u8 {
        reach.0
    }
}

/// Why weights were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    #[error("all weights are 0, so there is nothing to fit by; give at least one part a weight of 1 to {WEIGHT_MAX}")]
    AllZero,
    #[error("the weight of {part} is {weight}; weights go from 0 to {WEIGHT_MAX}", part = .part.words())]
    WeightOutOfRange { part: FitPart, weight: u32 },
    #[error("reach is {0} % wide; it goes from 0 (targeted) to 100 (wide)")]
    ReachOutOfRange(u32),
    #[error("{text:?} are no weights, since {problem}; they look like p3v2a5n2c5e1w40")]
    NotWeights { text: String, problem: String },
}

/// The weights of the parts, 0..=10 each and not all 0, and the reach that shifts them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FitWeights {
    weights: [u8; PARTS],
    reach: Reach,
}

impl Default for FitWeights {
    /// Conversation and audience first, as the product is about; price last. Our own choice, made to be moved.
    fn default() -> FitWeights {
        FitWeights { weights: [3, 2, 5, 2, 5, 1], reach: Reach::BETWEEN }
    }
}

impl FitWeights {
    /// Weights in the order of [`FitPart::ALL`]. Refuses weights over 10, and all 0.
    pub fn new(weights: [u8; PARTS], reach: Reach) -> Result<FitWeights, WeightsError> {
        let too_large = FitPart::ALL.into_iter().find(|part| weights[part.place()] > WEIGHT_MAX);
        if let Some(part) = too_large {
            return Err(WeightsError::WeightOutOfRange { part, weight: weights[part.place()].into() });
        }
        if weights == [0; PARTS] { Err(WeightsError::AllZero) } else { Ok(FitWeights { weights, reach }) }
    }

    pub fn of(&self, part: FitPart) -> u8 {
        self.weights[part.place()]
    }

    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// Each part's share of all weight after the shift by reach, in the order of [`FitPart::ALL`]; they add up to 1.
    pub fn shares(&self) -> [f64; PARTS] {
        let shifted = FitPart::ALL.map(|part| f64::from(self.of(part)) * self.reach.shift(part));
        let all: f64 = shifted.iter().sum();
        shifted.map(|weight| weight / all)
    }
}

impl std::fmt::Display for FitWeights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in FitPart::ALL {
            write!(f, "{}{}", part.letter(), self.of(part))?;
        }
        write!(f, "w{}", self.reach.wide_percent())
    }
}

impl std::str::FromStr for FitWeights {
    type Err = WeightsError;

    /// Reads what `Display` writes, in any order, each letter once.
    fn from_str(text: &str) -> Result<FitWeights, WeightsError> {
        let shown: String = text.chars().take(40).collect();
        let refused = |problem: String| WeightsError::NotWeights { text: shown.clone(), problem };
        let (mut weights, mut wide): ([Option<u32>; PARTS], Option<u32>) = ([None; PARTS], None);
        let mut rest = text.trim();
        while let Some(letter) = rest.chars().next() {
            let digits = &rest[letter.len_utf8()..];
            let end = digits.find(|next: char| !next.is_ascii_digit()).unwrap_or(digits.len());
            let number = digits[..end].parse::<u32>().ok().filter(|_| end <= 3);
            let number =
                number.ok_or_else(|| refused(format!("a number of 1 to 3 digits is missing after {letter:?}")))?;
            let part = FitPart::ALL.into_iter().find(|part| part.letter() == letter);
            let held = match part {
                Some(part) => &mut weights[part.place()],
                None if letter == 'w' => &mut wide,
                None => return Err(refused(format!("{letter:?} is none of p, v, a, n, c, e, w"))),
            };
            if held.replace(number).is_some() {
                return Err(refused(format!("{letter:?} is there twice")));
            }
            rest = &digits[end..];
        }
        let mut read = [0; PARTS];
        for part in FitPart::ALL {
            let weight = weights[part.place()].ok_or_else(|| refused(format!("{:?} is missing", part.letter())))?;
            read[part.place()] = u8::try_from(weight).map_err(|_| WeightsError::WeightOutOfRange { part, weight })?;
        }
        let wide = wide.ok_or_else(|| refused("'w' is missing".to_owned()))?;
        let reach = u8::try_from(wide).map_err(|_| WeightsError::ReachOutOfRange(wide)).and_then(Reach::new)?;
        FitWeights::new(read, reach)
    }
}

impl TryFrom<String> for FitWeights {
    type Error = WeightsError;
    fn try_from(text: String) -> Result<FitWeights, WeightsError> {
        text.parse()
    }
}

impl From<FitWeights> for String {
    fn from(weights: FitWeights) -> String {
        weights.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nonsense_is_refused_with_what_is_wrong_with_it() {
        let cases = [
            ("", "'p' is missing"),
            ("p3v2a5n2c5e1", "'w' is missing"),
            ("p3v2a5n2c5e1w", "missing after 'w'"),
            ("p3v2a5n2c5e1w400", "400 % wide"),
            ("p3v2a5n2c5e1w101", "101 % wide"),
            ("p30v2a5n2c5e1w40", "product is 30"),
            ("p300v2a5n2c5e1w40", "product is 300"),
            ("p3p2v2a5n2c5e1w40", "'p' is there twice"),
            ("p3v2a5n2c5e1x1w40", "'x' is none"),
            ("p-3v2a5n2c5e1w40", "missing after 'p'"),
            ("p0v0a0n0c0e0w40", "all weights are 0"),
            ("p3 v2a5n2c5e1w40", "' '"),
            ("ü", "missing after 'ü'"),
            ("p٣v2a5n2c5e1w40", "missing after 'p'"),
        ];
        for (text, said) in cases {
            let error = text.parse::<FitWeights>().expect_err(text).to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
        assert_eq!("p3v2a5n2c5e1w50".parse(), Ok(FitWeights::default()));
        assert_eq!("w50e1c5n2a5v2p3".parse(), Ok(FitWeights::default()));
    }

    #[test]
    fn the_ends_of_the_dial_double_and_halve_and_its_middle_does_nothing() {
        let shifts = |reach: Reach| FitPart::ALL.map(|part| reach.shift(part));
        assert_eq!(shifts(Reach::BETWEEN), [1.0; PARTS]);
        assert_eq!(shifts(Reach::TARGETED), [1.0, 1.0, 2.0, 1.0, 2.0, 0.5]);
        assert_eq!(shifts(Reach::WIDE), [1.0, 1.0, 0.5, 1.0, 0.5, 2.0]);
        assert!(Reach::WIDE.words().contains("price x 2.00"));
        assert!(Reach::new(20).expect("a percentage").words().contains("20 % wide"));
    }

    proptest! {
        #[test]
        fn weights_survive_their_text(weights in prop::array::uniform6(0_u8..=10), wide in 0_u8..=100) {
            let reach = Reach::new(wide).expect("a percentage");
            match FitWeights::new(weights, reach) {
                Err(error) => prop_assert!(weights == [0; PARTS] && error == WeightsError::AllZero),
                Ok(made) => {
                    prop_assert_eq!(made.to_string().parse::<FitWeights>(), Ok(made));
                    prop_assert!((made.shares().iter().sum::<f64>() - 1.0).abs() < 1e-12);
                    let json = serde_json::to_string(&made).expect("writes");
                    prop_assert_eq!(serde_json::from_str::<FitWeights>(&json).expect("reads"), made);
                }
            }
        }

        #[test]
        fn no_text_is_worse_than_refused(text in "[pvancew0-9 xé]{0,24}") {
            if let Ok(read) = text.parse::<FitWeights>() {
                prop_assert_eq!(read.to_string().parse::<FitWeights>(), Ok(read));
            }
        }
    }
}
