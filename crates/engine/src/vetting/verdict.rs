//! Verdict: what the signs of bought promotion add up to, in log-odds that a person can add up, and in words.
//!
//! Not calibrated: there are labelled accounts, no labelled creators. A sign says what it rests on; a missing one adds
//! doubt and nothing else.

use serde::{Deserialize, Serialize};

use crate::logistic::sigmoid;

/// What kind of evidence a sign is. Strong words need two kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    Audience,
    Growth,
    Engagement,
    Comments,
    Network,
    /// Answering one's audience; only ever lowers suspicion.
    Conversation,
}

impl Family {
    pub const ALL: [Family; 6] =
        [Family::Audience, Family::Growth, Family::Engagement, Family::Comments, Family::Network, Family::Conversation];

    pub fn words(self) -> &'static str {
        match self {
            Family::Audience => "audience",
            Family::Growth => "growth",
            Family::Engagement => "engagement",
            Family::Comments => "comments",
            Family::Network => "who comments on each other",
            Family::Conversation => "conversation",
        }
    }
}

/// One thing that can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    AudienceShare,
    GrowthBlocks,
    EngagementResidual,
    CommentsAgainstLikes,
    FlatLikes,
    RoundLikes,
    CommentSpam,
    RepeatedComments,
    CommentTiming,
    TightCircle,
    AnswersAudience,
}

impl Sign {
    pub const ALL: [Sign; 11] = [
        Sign::AudienceShare,
        Sign::GrowthBlocks,
        Sign::EngagementResidual,
        Sign::CommentsAgainstLikes,
        Sign::FlatLikes,
        Sign::RoundLikes,
        Sign::CommentSpam,
        Sign::RepeatedComments,
        Sign::CommentTiming,
        Sign::TightCircle,
        Sign::AnswersAudience,
    ];

    pub fn family(self) -> Family {
        match self {
            Sign::AudienceShare => Family::Audience,
            Sign::GrowthBlocks => Family::Growth,
            Sign::EngagementResidual | Sign::CommentsAgainstLikes | Sign::FlatLikes | Sign::RoundLikes => {
                Family::Engagement
            }
            Sign::CommentSpam | Sign::RepeatedComments | Sign::CommentTiming => Family::Comments,
            Sign::TightCircle => Family::Network,
            Sign::AnswersAudience => Family::Conversation,
        }
    }
}

/// A sign that could be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub sign: Sign,
    /// How much likelier the finding is under bought promotion than without, as a logarithm; above 0 speaks for it.
    pub log_odds: f64,
    /// Standard deviation of that, from the finding's own n.
    pub spread: f64,
    /// How far the finding can be relied on, 0..=1, from its n and its evidence grade.
    pub reliability: f64,
}

/// What is settled before anything is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerdictSettings {
    /// The share of creators with bought promotion, 0..1, before anything is known of one.
    pub prior: f64,
    /// From this chance on there are signs worth asking about.
    pub signs_from: f64,
    /// From this chance on the signs are strong, if two families carry them.
    pub strong_from: f64,
}

impl Default for VerdictSettings {
    fn default() -> Self {
        VerdictSettings { prior: 0.05, signs_from: 0.2, strong_from: 0.5 }
    }
}

/// One sign moves the log-odds by this much at most,
const SIGN_MAX: f64 = 2.0;
/// and one family by this much.
const FAMILY_MAX: f64 = 2.5;
/// One sign alone never makes the chance larger than this.
const ALONE_MAX: f64 = 0.8;
/// A sign that was not looked at could move the log-odds by about this much (standard deviation); one that was looked at
/// is never more doubtful than that.
const UNSEEN_SPREAD: f64 = 0.6;
/// How far the weight of a sign is itself known (standard deviation of its logarithm).
const WEIGHT_SPREAD: f64 = 0.3;
/// From here on a family carries a suspicion.
const CARRIES_FROM: f64 = 0.5;
/// One sign that speaks more strongly than what looks clean can speak against (ln 2) keeps the verdict from "no sign".
const SPEAKS_FROM: f64 = std::f64::consts::LN_2;

/// The words of a verdict; none of them says what somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictWord {
    NoSign,
    Unclear,
    SignsWorthAskingAbout,
    StrongSigns,
}

impl VerdictWord {
    pub fn words(self) -> &'static str {
        match self {
            VerdictWord::NoSign => "no sign",
            VerdictWord::Unclear => "unclear",
            VerdictWord::SignsWorthAskingAbout => "signs worth asking about",
            VerdictWord::StrongSigns => "strong signs",
        }
    }
}

/// What one sign changes: the log-odds with it less the log-odds without it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignPart {
    pub sign: Sign,
    pub log_odds: f64,
}

/// The signs put together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub word: VerdictWord,
    /// Where it starts from.
    pub prior_log_odds: f64,
    /// Each sign that was looked at.
    pub parts: Vec<SignPart>,
    /// What signs of one family say together and none of them alone: taking one of them away would not change it.
    pub shared_log_odds: f64,
    /// Prior, parts and what is shared, added up.
    pub log_odds: f64,
    /// Standard deviation of the log-odds.
    pub spread: f64,
    /// The chance, 0..=1, with its 90 % interval.
    pub chance: f64,
    pub lo: f64,
    pub hi: f64,
    /// What was not looked at.
    pub not_assessed: Vec<Sign>,
}

fn moves(finding: &Finding) -> f64 {
    let moved = (finding.reliability.clamp(0.0, 1.0) * finding.log_odds).clamp(-SIGN_MAX, SIGN_MAX);
    // Answering one's audience never makes anybody suspect.
    if finding.sign.family() == Family::Conversation { moved.min(0.0) } else { moved }
}

/// The log-odds of these findings, limits applied; sums are taken in the order of the signs.
fn total(findings: &[Finding], prior: f64) -> f64 {
    let of_family = |family: Family| {
        let moved: f64 = findings.iter().filter(|finding| finding.sign.family() == family).map(moves).sum();
        moved.clamp(-FAMILY_MAX, FAMILY_MAX)
    };
    let sum = prior + Family::ALL.into_iter().map(of_family).sum::<f64>();
    let speaking = findings.iter().filter(|finding| moves(finding) > 0.0).count();
    if speaking == 1 { sum.min(logit(ALONE_MAX).max(prior)) } else { sum }
}

fn logit(chance: f64) -> f64 {
    (chance / (1.0 - chance)).ln()
}

/// Puts the findings together; of two of the same sign the first counts.
///
/// `log-odds = prior + sum over families of clamp(sum of clamp(r LLR, 2), 2.5)`; a part is what taking the sign away would
/// change, and what is left over is shared. `spread^2 = sum over all signs` of the smaller of `0.36` and
/// `r^2 (sd^2 + (0.3 LLR)^2)` where it was looked at, and 0.36 where it was not: so taking a sign away never narrows the
/// interval on the log-odds. Interval: +-1.645 spread, as a chance. "Unclear" where the 80 % interval holds the cut, or lies below it
/// while one sign moves the log-odds up by ln 2 or more.
/// Cost `O(signs^2)`. The limits are settings of judgement, not estimates.
pub fn verdict(findings: &[Finding], settings: &VerdictSettings) -> Verdict {
    let mut looked_at: Vec<Finding> = findings.to_vec();
    looked_at.sort_by_key(|finding| finding.sign);
    looked_at.dedup_by_key(|finding| finding.sign);
    let prior = logit(settings.prior.clamp(1e-6, 1.0 - 1e-6));
    let log_odds = total(&looked_at, prior);
    let part = |place: usize| {
        let without: Vec<Finding> =
            looked_at.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, finding)| *finding).collect();
        SignPart { sign: looked_at[place].sign, log_odds: log_odds - total(&without, prior) }
    };
    let parts: Vec<SignPart> = (0..looked_at.len()).map(part).collect();
    let shared_log_odds = log_odds - prior - parts.iter().map(|part| part.log_odds).sum::<f64>();
    let variance = |sign: Sign| {
        let unseen = UNSEEN_SPREAD * UNSEEN_SPREAD;
        let own = |finding: &Finding| {
            let reliability = finding.reliability.clamp(0.0, 1.0);
            let doubt = finding.spread.powi(2) + (WEIGHT_SPREAD * finding.log_odds).powi(2);
            (reliability * reliability * doubt + (1.0 - reliability) * unseen).min(unseen)
        };
        looked_at.iter().find(|finding| finding.sign == sign).map_or(unseen, own)
    };
    let spread = Sign::ALL.into_iter().map(variance).sum::<f64>().sqrt();
    Verdict {
        word: word(&looked_at, log_odds, spread, settings),
        prior_log_odds: prior,
        parts,
        shared_log_odds,
        log_odds,
        spread,
        chance: sigmoid(log_odds),
        lo: sigmoid(log_odds - 1.645 * spread),
        hi: sigmoid(log_odds + 1.645 * spread),
        not_assessed: Sign::ALL
            .into_iter()
            .filter(|sign| !looked_at.iter().any(|finding| finding.sign == *sign))
            .collect(),
    }
}

fn word(findings: &[Finding], log_odds: f64, spread: f64, settings: &VerdictSettings) -> VerdictWord {
    let (lo, hi) = (log_odds - 1.282 * spread, log_odds + 1.282 * spread);
    let carries = |family: &Family| {
        let of = findings.iter().filter(|finding| finding.sign.family() == *family);
        of.map(moves).sum::<f64>() >= CARRIES_FROM
    };
    let families = Family::ALL.iter().filter(|family| carries(family)).count();
    if lo >= logit(settings.strong_from) && families >= 2 {
        VerdictWord::StrongSigns
    } else if lo >= logit(settings.signs_from) {
        VerdictWord::SignsWorthAskingAbout
    } else if hi < logit(settings.signs_from) && findings.iter().map(moves).all(|moved| moved < SPEAKS_FROM) {
        VerdictWord::NoSign
    } else {
        VerdictWord::Unclear
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finding(sign: Sign, log_odds: f64) -> Finding {
        Finding { sign, log_odds, spread: 0.1, reliability: 1.0 }
    }

    fn any_findings() -> impl Strategy<Value = Vec<Finding>> {
        let one = (0usize..Sign::ALL.len(), -6.0f64..6.0, 0.0f64..3.0, 0.0f64..=1.0).prop_map(
            |(sign, log_odds, spread, reliability)| Finding { sign: Sign::ALL[sign], log_odds, spread, reliability },
        );
        proptest::collection::vec(one, 0..11).prop_map(|mut findings| {
            findings.sort_by_key(|finding| finding.sign);
            findings.dedup_by_key(|finding| finding.sign);
            findings
        })
    }

    proptest! {
        #[test]
        fn parts_add_up_and_taking_a_sign_away_changes_the_log_odds_by_its_part_and_never_narrows(
            findings in any_findings(), prior in 0.01f64..0.6,
        ) {
            let settings = VerdictSettings { prior, ..VerdictSettings::default() };
            let all = verdict(&findings, &settings);
            let sum = all.prior_log_odds + all.parts.iter().map(|part| part.log_odds).sum::<f64>() + all.shared_log_odds;
            prop_assert!((sum - all.log_odds).abs() < 1e-9);
            for place in 0..findings.len() {
                let mut fewer = findings.clone();
                let gone = fewer.remove(place);
                let without = verdict(&fewer, &settings);
                let part = all.parts.iter().find(|part| part.sign == gone.sign).expect("its part").log_odds;
                prop_assert!((all.log_odds - without.log_odds - part).abs() < 1e-9);
                prop_assert!(without.spread >= all.spread - 1e-12);
            }
        }

        #[test]
        fn the_order_of_findings_changes_nothing_and_one_family_never_makes_strong_signs(
            findings in any_findings(), prior in 0.01f64..0.9,
        ) {
            let settings = VerdictSettings { prior, ..VerdictSettings::default() };
            let mut turned = findings.clone();
            turned.reverse();
            prop_assert_eq!(verdict(&findings, &settings), verdict(&turned, &settings));
            for family in Family::ALL {
                let of: Vec<Finding> = findings.iter().filter(|one| one.sign.family() == family).copied().collect();
                prop_assert!(verdict(&of, &settings).word != VerdictWord::StrongSigns);
            }
        }

        #[test]
        fn what_is_not_known_never_makes_a_verdict_worse(findings in any_findings()) {
            let settings = VerdictSettings::default();
            let before = verdict(&findings, &settings);
            for place in 0..findings.len() {
                // The same finding, no longer to be relied on at all, is as good as not looked at.
                let mut doubted = findings.clone();
                doubted[place].reliability = 0.0;
                let mut fewer = findings.clone();
                fewer.remove(place);
                let (doubted, fewer) = (verdict(&doubted, &settings), verdict(&fewer, &settings));
                prop_assert!((doubted.log_odds - fewer.log_odds).abs() < 1e-9);
                prop_assert!((doubted.spread - fewer.spread).abs() < 1e-9);
                if findings[place].log_odds >= 0.0 {
                    prop_assert!(fewer.word <= before.word.max(VerdictWord::Unclear));
                }
            }
        }
    }

    #[test]
    fn nothing_known_is_unclear_and_much_known_without_a_sign_is_no_sign() {
        let settings = VerdictSettings::default();
        let nothing = verdict(&[], &settings);
        assert_eq!(nothing.word, VerdictWord::Unclear);
        assert!((nothing.chance - 0.05).abs() < 1e-12 && nothing.not_assessed.len() == Sign::ALL.len());
        let calm: Vec<Finding> = Sign::ALL.iter().map(|sign| finding(*sign, -0.2)).collect();
        assert_eq!(verdict(&calm, &settings).word, VerdictWord::NoSign);
    }

    #[test]
    fn signs_of_several_families_are_strong_and_one_sign_alone_never_passes_four_in_five() {
        let settings = VerdictSettings::default();
        let loud: Vec<Finding> = Sign::ALL.iter().map(|sign| finding(*sign, 2.0)).collect();
        assert_eq!(verdict(&loud, &settings).word, VerdictWord::StrongSigns);
        let alone = VerdictSettings { prior: 0.7, ..settings };
        assert!((verdict(&[finding(Sign::CommentSpam, 6.0)], &alone).chance - 0.8).abs() < 1e-9);
    }

    #[test]
    fn a_sign_at_its_strongest_is_never_called_no_sign_though_everything_else_looks_clean() {
        let settings = VerdictSettings::default();
        let with = |loud: f64| {
            let one = |sign: &Sign| finding(*sign, if *sign == Sign::AudienceShare { loud } else { -0.7 });
            verdict(&Sign::ALL.iter().map(one).collect::<Vec<_>>(), &settings).word
        };
        assert_eq!((with(0.6), with(1.8)), (VerdictWord::NoSign, VerdictWord::Unclear));
    }

    #[test]
    fn answering_ones_audience_only_ever_helps() {
        let settings = VerdictSettings::default();
        let silent = verdict(&[finding(Sign::AnswersAudience, 3.0)], &settings);
        assert!((silent.chance - 0.05).abs() < 1e-12);
        assert!(verdict(&[finding(Sign::AnswersAudience, -1.0)], &settings).chance < 0.05);
    }
}
