//! Weighing: evidence as log-odds that add up to a chance, with what is assumed said beside it.
//!
//! The way is Fellegi and Sunter's (1969): a piece of evidence weighs `ln(m / u)`, how often it is seen of one person over how
//! often of strangers. `u` is counted among the accounts held where it can be. The rest are assumptions, on the cautious side,
//! written in this file and into every explanation; they were not fitted to people, there is no open set of them.

use model::{Estimate, Explanation, Grade, Platform, Unit};

use super::{EvidenceKind, IDENTITY_VERSION, MatchEvidence};

const METHOD: &str = "same_person_chance";

/// How often, 0..1, a match by this alone is a mistake although one account holds the value: rows mixed up, handles given up
/// and taken by others, agencies that write with their own address, partners and clubs that are linked to; a domain is taken to be a club's or a
/// shop's as often as somebody's own. `None`: it is no
/// mark that tells one person from all others.
pub(super) fn mistaken(kind: EvidenceKind) -> Option<f64> {
    match kind {
        EvidenceKind::NativeId => Some(0.0005),
        EvidenceKind::ExportHandle => Some(0.005),
        EvidenceKind::ReciprocalLinks => Some(0.01),
        EvidenceKind::Email | EvidenceKind::LinkToAccount => Some(0.03),
        EvidenceKind::SamePage => Some(0.05),
        EvidenceKind::TypedHandle => Some(0.06),
        EvidenceKind::OneWayLink => Some(0.1),
        EvidenceKind::OlderName => Some(0.2),
        EvidenceKind::SameDomain => Some(0.5),
        EvidenceKind::HandleEqual | EvidenceKind::HandleAlike | EvidenceKind::NameSame | EvidenceKind::NameDiffers => {
            None
        }
    }
}

/// Whether a match may be called sure on this; the rest can be copied or shared by strangers.
pub(super) fn may_be_sure(kind: EvidenceKind) -> bool {
    matches!(
        kind,
        EvidenceKind::NativeId
            | EvidenceKind::ExportHandle
            | EvidenceKind::Email
            | EvidenceKind::LinkToAccount
            | EvidenceKind::SamePage
            | EvidenceKind::TypedHandle
            | EvidenceKind::ReciprocalLinks
    )
}

/// The share of people, 0..1, who show the same name on two platforms.
const NAME_KEPT: f64 = 0.6;
/// How much less often one person shows two names without a common word than two strangers do; of several words each,
const WHOLE_NAMES_APART: f64 = 0.15;
/// and of one word on either side.
const NAMES_APART: f64 = 0.5;
/// The share of people, 0..1, who keep their handle (Zafarani & Liu 2013 saw 59 %; less is taken),
const HANDLE_KEPT: f64 = 0.4;
/// and whose handle is one letter off.
const HANDLE_NEARLY_KEPT: f64 = 0.05;
/// However strange a handle looks, a stranger of the name has it, or one like it, with this chance: fans, impostors, shops.
const HANDLE_CHANCE_MIN: f64 = 1e-4;
/// Beside a mark that tells one person from all others every further piece counts at most five times: pieces often come from
/// one hand.
const FURTHER_MAX: f64 = 1.609_437_912_434_100_3;
/// How far the chance before looking, or a mistaken share, is itself known: to a factor of three, as 90 % of a normal.
const FIRST_SPREAD: f64 = 0.668;
/// The same for each further piece: to a factor of 2.3.
const FURTHER_SPREAD: f64 = 0.5;
const Z_90: f64 = 1.645;

pub(super) fn log_odds_of(chance: f64) -> f64 {
    (chance / (1.0 - chance)).ln()
}

/// What is believed before looking: the account is one of the platform's, drawn blindly.
pub(super) struct Prior {
    pub(super) log_odds: f64,
    words: String,
}

impl Prior {
    /// `held_share`: the share of people, 0..1, whose account on the platform is held.
    pub(super) fn new(held_share: f64, platform: Platform, accounts: u64) -> Prior {
        let accounts = accounts.max(1);
        let words = format!(
            "before looking: one of the {accounts} accounts held of {}, where {:.0} % of people are taken to have one",
            platform.name(),
            100.0 * held_share
        );
        let chance = (held_share / accounts as f64).min(0.5);
        Prior { log_odds: log_odds_of(chance), words }
    }
}

/// A mark that several people share is a team's, a club's or an agency's, and mistaken at least this often.
const SHARED_MISTAKEN: f64 = 0.5;

/// A mark that tells one person from all others, shared by `sharers` others who could be meant as well as this one.
pub(super) fn key_evidence(kind: EvidenceKind, words: String, sharers: u64, prior: &Prior) -> MatchEvidence {
    let alone = mistaken(kind).unwrap_or(SHARED_MISTAKEN);
    let is_shared = sharers > 0 && kind != EvidenceKind::ReciprocalLinks;
    let mistaken = if is_shared { alone.max(SHARED_MISTAKEN) } else { alone };
    let words = match sharers {
        0 => words,
        1 => format!("{words}; 1 other shares this"),
        others => format!("{words}; {others} others share this"),
    };
    let weight = log_odds_of(1.0 - mistaken) - prior.log_odds - (1.0 + sharers as f64).ln();
    MatchEvidence { kind, words, weight }
}

/// Both bear this name; `others` do on the platform, a stranger does with `chance`.
pub(super) fn same_name(others: u64, chance: f64) -> MatchEvidence {
    let words = match others {
        0 => "the names are the same; no other account of the platform bears it".to_owned(),
        1 => "the names are the same; 1 other account of the platform bears it".to_owned(),
        others => format!("the names are the same; {others} other accounts of the platform bear it"),
    };
    MatchEvidence { kind: EvidenceKind::NameSame, words, weight: (NAME_KEPT / chance).ln().max(0.0) }
}

/// Both tell a name and no word is shared. One word is often a shop's or a stage name and speaks softly; two that both read as
/// first name and surname speak louder.
pub(super) fn name_differs(one: &str, other: &str) -> MatchEvidence {
    let both_whole = one.contains(' ') && other.contains(' ');
    let weight = if both_whole { WHOLE_NAMES_APART } else { NAMES_APART }.ln();
    MatchEvidence { kind: EvidenceKind::NameDiffers, words: "the names share no word".to_owned(), weight }
}

/// The bare handles are equal, or alike, beside equal names. `by_letters`: the chance that a stranger of this name has it;
/// `holders`: others of the platform with the same name and handle, `bearers`: others of the name.
pub(super) fn handle_evidence(
    kind: EvidenceKind,
    bare: &str,
    by_letters: f64,
    holders: u64,
    bearers: u64,
) -> MatchEvidence {
    let seen = holders as f64 / (bearers as f64 + 1.0);
    let (kept, chance, words) = match kind {
        EvidenceKind::HandleAlike => {
            // So many texts lie one letter away.
            let neighbours = 36.0 * (2.0 * bare.chars().count() as f64 + 1.0);
            let words = format!("the handle is one letter or sign off ({bare})");
            (HANDLE_NEARLY_KEPT, by_letters * neighbours + seen, words)
        }
        _ => (HANDLE_KEPT, by_letters + seen, format!("the handle is the same without dots and lines ({bare})")),
    };
    MatchEvidence { kind, words, weight: (kept / chance.clamp(HANDLE_CHANCE_MIN, 1.0)).ln() }
}

/// Evidence of one pair, weighed together.
pub(super) struct Weighed {
    /// The strongest first.
    pub(super) evidence: Vec<MatchEvidence>,
    /// With the prior and what is held back.
    pub(super) log_odds: f64,
    held_back: f64,
    prior_log_odds: f64,
    prior_words: String,
}

/// Adds up. Of marks that tell one person from all others the strongest counts whole and each further piece at most
/// [`FURTHER_MAX`]; `chance_max` is what is believed at most.
pub(super) fn weighed(mut evidence: Vec<MatchEvidence>, prior: Prior, chance_max: f64) -> Weighed {
    evidence.sort_by(|one, other| other.weight.total_cmp(&one.weight).then(one.kind.cmp(&other.kind)));
    if let Some(first) = evidence.iter().position(|piece| mistaken(piece.kind).is_some()) {
        let key = evidence.remove(first);
        evidence.insert(0, key);
        for further in &mut evidence[1..] {
            further.weight = further.weight.min(FURTHER_MAX);
        }
        evidence[1..].sort_by(|one, other| other.weight.total_cmp(&one.weight).then(one.kind.cmp(&other.kind)));
    }
    let sum = prior.log_odds + evidence.iter().map(|piece| piece.weight).sum::<f64>();
    let held_back = (log_odds_of(chance_max) - sum).min(0.0);
    Weighed { evidence, log_odds: sum + held_back, held_back, prior_log_odds: prior.log_odds, prior_words: prior.words }
}

impl Weighed {
    pub(super) fn odds(&self) -> f64 {
        self.log_odds.exp()
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = EvidenceKind> {
        self.evidence.iter().map(|piece| piece.kind)
    }

    /// The chance that both are one person's, `rival_odds` being those of other accounts of the platform that could be meant.
    ///
    /// Formula: `odds / (1 + odds + rival_odds)`, `ln odds` = prior + weights. The interval lets the first piece be wrong by a
    /// factor of three and each further one by 2.3. Graded B on a platform's own id or export, else C.
    pub(super) fn chance(&self, rival_odds: f64) -> Estimate {
        let of = |log_odds: f64| log_odds.exp() / (1.0 + log_odds.exp() + rival_odds);
        let further = self.evidence.len().saturating_sub(1) as f64;
        let spread = Z_90 * (FIRST_SPREAD.powi(2) + further * FURTHER_SPREAD.powi(2)).sqrt();
        let mut parts = vec![Explanation::leaf(self.prior_words.clone(), Some(self.prior_log_odds), Unit::Score)];
        parts.extend(
            self.evidence.iter().map(|piece| Explanation::leaf(piece.words.clone(), Some(piece.weight), Unit::Score)),
        );
        if self.held_back < 0.0 {
            let words = "held back: what strangers can share or copy is never believed more than this";
            parts.push(Explanation::leaf(words, Some(self.held_back), Unit::Score));
        }
        let sum = Explanation::sum("evidence in log-odds", Unit::Score, parts);
        let odds = Explanation::leaf("odds of this account", Some(self.odds()), Unit::Score)
            .with_formula("odds = e ^ log-odds")
            .with_parts(vec![sum]);
        let all = Explanation::sum(
            "odds of all that could be",
            Unit::Score,
            vec![
                Explanation::leaf("nobody held", Some(1.0), Unit::Score),
                Explanation::leaf("this account", Some(self.odds()), Unit::Score),
                Explanation::leaf("other accounts of the platform", Some(rival_odds), Unit::Score),
            ],
        );
        let explanation = Explanation::ratio("chance that both are one person's", Unit::Probability, odds, all)
            .with_formula(format!("{METHOD} v{IDENTITY_VERSION} = odds / (1 + odds + odds of others)"));
        let is_key = |kind| matches!(kind, EvidenceKind::NativeId | EvidenceKind::ExportHandle);
        let grade = if self.kinds().any(is_key) { Grade::B } else { Grade::C };
        let (value, lo, hi) = (of(self.log_odds), of(self.log_odds - spread), of(self.log_odds + spread));
        let n = self.evidence.len() as u64;
        let estimate = Estimate::known(value, lo, hi, n, "pieces of evidence", METHOD, explanation).graded(grade);
        Estimate { version: IDENTITY_VERSION, ..estimate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prior() -> Prior {
        Prior::new(0.1, Platform::TikTok, 400_000)
    }

    #[test]
    fn an_address_alone_is_right_in_97_of_100_however_many_accounts_are_held() {
        for accounts in [3, 1_000, 10_000_000] {
            let prior = Prior::new(0.1, Platform::TikTok, accounts);
            let evidence = vec![key_evidence(EvidenceKind::Email, "address".to_owned(), 0, &prior)];
            let chance = weighed(evidence, prior, 1.0 - 1e-9).chance(0.0);
            assert!((chance.value.expect("known") - 0.97).abs() < 1e-9);
            assert!(chance.lo < chance.value && chance.value < chance.hi);
            assert!(chance.explanation.adds_up());
        }
    }

    #[test]
    fn an_address_that_four_share_is_a_teams_and_meant_once_in_five() {
        let evidence = vec![key_evidence(EvidenceKind::Email, String::new(), 3, &prior())];
        let chance = weighed(evidence, prior(), 1.0 - 1e-9).chance(0.0);
        assert!((chance.value.expect("known") - 0.2).abs() < 1e-9);
    }

    #[test]
    fn beside_a_mark_of_ones_own_a_name_counts_five_times_at_most_and_a_cap_still_adds_up() {
        let evidence = vec![same_name(0, 1e-6), key_evidence(EvidenceKind::OneWayLink, String::new(), 0, &prior())];
        let all = weighed(evidence, prior(), 0.9);
        assert_eq!(all.evidence[0].kind, EvidenceKind::OneWayLink);
        assert!((all.evidence[1].weight - 5f64.ln()).abs() < 1e-12);
        let chance = all.chance(0.0);
        assert!((chance.value.expect("known") - 0.9).abs() < 1e-9);
        assert!(chance.explanation.adds_up());
        let value = chance.explanation.value.expect("known");
        assert!((value - 0.9).abs() < 1e-9);
    }

    #[test]
    fn a_name_that_everybody_bears_never_speaks_against() {
        assert_eq!(same_name(900, 0.9).weight, 0.0);
        assert!(name_differs("ana ruiz", "lopez maria").weight < name_differs("hopquill", "lopez maria").weight);
        assert!(name_differs("hopquill", "ana").weight < 0.0);
    }
}
