//! What a person says of a creator's niches, which wins over what was found.

use model::{Estimate, Explanation, Grade, Unit};
use serde::{Deserialize, Serialize};

use super::{CreatorNiche, NicheSource};
use crate::conversations::portraits::niches::{TAXONOMY, is_within, path};

/// A person's word on one niche.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The code in IAB Content Taxonomy 3.1; others are passed over.
    pub code: String,
    /// Whether it is a niche of the creator.
    pub is: bool,
}

/// The niches found, corrected: what a person says is one has probability 1, with all it lies in; what they say is none
/// is left out, with all that lies in it and with wider niches that only narrower ones spoke for. The last word on a
/// niche counts, and the word on a niche itself goes before the word on a wider or narrower one. The order is kept: most
/// probable first, narrower first among equals. Cost `O(niches * corrections)`.
pub fn with_corrections(found: Vec<CreatorNiche>, corrections: &[Correction]) -> Vec<CreatorNiche> {
    let mut said: Vec<(&str, bool)> = vec![];
    for Correction { code, is } in corrections.iter().filter(|correction| TAXONOMY.place(&correction.code).is_some()) {
        said.retain(|(before, _)| before != code);
        said.push((code, *is));
    }
    let depth = |code: &str| path(code).len();
    // The nearest word from above, a niche's own included.
    let from_above = |code: &str| {
        let nearest = said.iter().filter(|(wider, _)| is_within(code, wider)).max_by_key(|(wider, _)| depth(wider));
        nearest.map(|(_, is)| *is)
    };
    let is_set = |code: &str| said.iter().any(|(named, is)| *is && is_within(named, code));
    let is_denied = |code: &str| said.contains(&(code, false));
    let mut kept: Vec<CreatorNiche> = vec![];
    let mut gone: Vec<String> = vec![];
    for niche in found {
        let stays = is_set(&niche.code) && !is_denied(&niche.code) || from_above(&niche.code) != Some(false);
        if stays { kept.push(niche) } else { gone.push(niche.code) }
    }
    // Narrower niches first, so that a wider one sees what is left in it.
    kept.sort_by_key(|niche| std::cmp::Reverse(niche.path.len()));
    let mut corrected: Vec<CreatorNiche> = vec![];
    for niche in kept {
        let within = |code: &str| is_within(code, &niche.code);
        let is_empty = niche.source == NicheSource::NarrowerNiches
            && gone.iter().any(|code| within(code))
            && !corrected.iter().any(|narrower| within(&narrower.code));
        if !is_empty {
            corrected.push(niche);
        }
    }
    for niche in &TAXONOMY.niches {
        if !is_set(niche.code) || is_denied(niche.code) {
            continue;
        }
        let place = corrected.iter().position(|known| known.code == niche.code).unwrap_or_else(|| {
            corrected.push(unfound(niche.code));
            corrected.len() - 1
        });
        corrected[place].source = NicheSource::Person;
        corrected[place].probability = set_by_a_person();
    }
    let probability = |niche: &CreatorNiche| niche.probability.value.unwrap_or(0.0);
    corrected.sort_by(|a, b| {
        let by_depth = || b.path.len().cmp(&a.path.len()).then_with(|| a.code.cmp(&b.code));
        probability(b).total_cmp(&probability(a)).then_with(by_depth)
    });
    corrected
}

fn unfound(code: &str) -> CreatorNiche {
    let path: Vec<String> = path(code).into_iter().map(str::to_owned).collect();
    CreatorNiche {
        code: code.to_owned(),
        name: path.last().cloned().unwrap_or_default(),
        path,
        source: NicheSource::Person,
        probability: set_by_a_person(),
        terms: vec![],
        quotes: vec![],
    }
}

fn set_by_a_person() -> Estimate {
    let tree = Explanation::leaf("set by a person", Some(1.0), Unit::Probability);
    Estimate::known(1.0, 1.0, 1.0, 1, "people", "set by a person", tree).graded(Grade::B)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::niches::{NicheInput, NicheSettings, niches_of};

    fn told(said: &[(&str, bool)]) -> Vec<(String, f64, NicheSource)> {
        let texts =
            ["espresso and a grinder", "the barista", "a cold brew", "my running shoes", "a marathon", "parkrun"];
        let found = niches_of(&NicheInput { texts: &texts, ..NicheInput::default() }, &NicheSettings::default());
        let corrections: Vec<Correction> =
            said.iter().map(|(code, is)| Correction { code: (*code).to_owned(), is: *is }).collect();
        let corrected = with_corrections(found, &corrections).into_iter();
        corrected.map(|niche| (niche.code, niche.probability.value.unwrap_or(0.0), niche.source)).collect()
    }

    fn codes(said: &[(&str, bool)]) -> Vec<String> {
        let mut codes: Vec<String> = told(said).into_iter().map(|(code, ..)| code).collect();
        codes.sort();
        codes
    }

    #[test]
    fn without_corrections_nothing_changes() {
        assert_eq!(codes(&[]), ["210", "222", "223", "225", "227"]);
        assert_eq!(codes(&[("no such code", true)]), codes(&[]));
    }

    #[test]
    fn what_a_person_denies_goes_with_what_lies_in_it_and_with_what_it_alone_spoke_for() {
        assert_eq!(codes(&[("222", false)]), ["223", "225", "227"]);
        assert_eq!(codes(&[("210", false)]), ["223", "225", "227"]);
        assert_eq!(codes(&[("227", false)]), ["210", "222"]);
    }

    #[test]
    fn what_a_person_sets_is_certain_with_what_it_lies_in() {
        let corrected = told(&[("255", true)]);
        assert_eq!(corrected[0], ("255".to_owned(), 1.0, NicheSource::Person));
        let set: Vec<&str> =
            corrected.iter().filter(|(.., by)| *by == NicheSource::Person).map(|(code, ..)| code.as_str()).collect();
        assert_eq!(set, ["255", "248", "239"]);
    }

    #[test]
    fn the_last_word_counts_and_the_word_on_the_niche_itself_goes_before_that_on_a_wider_one() {
        assert_eq!(codes(&[("222", false), ("222", true)]), codes(&[]));
        assert_eq!(codes(&[("210", false), ("222", true)]), ["222", "223", "225", "227"]);
        assert_eq!(codes(&[("222", true), ("210", false)]), ["222", "223", "225", "227"]);
    }
}
