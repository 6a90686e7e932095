//! A sample of an audience looked at by people, from the draw to the share: who is drawn, how two people's answers become
//! one, and how the interval narrows with every account looked at.

use model::{Estimate, Explanation, Grade, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::gold::{GoldAccount, from_gold, kappa};
use super::{Rung, Share};
use crate::random::Draws;

/// A part of an audience that people are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Thirds of the followers held, by when they came.
    Newest,
    Middle,
    Oldest,
    /// Followers whose order is not known.
    Followers,
    /// People who comment.
    Engagers,
}

impl Part {
    pub const ALL: [Part; 5] = [Part::Newest, Part::Middle, Part::Oldest, Part::Followers, Part::Engagers];

    pub fn code(self) -> &'static str {
        match self {
            Part::Newest => "newest",
            Part::Middle => "middle",
            Part::Oldest => "oldest",
            Part::Followers => "followers",
            Part::Engagers => "engagers",
        }
    }

    pub fn from_code(code: &str) -> Option<Part> {
        Part::ALL.into_iter().find(|part| part.code() == code)
    }

    pub fn words(self) -> &'static str {
        match self {
            Part::Newest => "newest third of the followers held",
            Part::Middle => "middle third of the followers held",
            Part::Oldest => "oldest third of the followers held",
            Part::Followers => "followers held, in no known order",
            Part::Engagers => "people who comment",
        }
    }

    /// Followers are one population, whatever third they come from; people who comment are another.
    pub fn is_followers(self) -> bool {
        self != Part::Engagers
    }
}

/// The followers and commenters that are held of one creator.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AudienceHeld {
    /// With the moment they came (microseconds), where the source gives it; in any order.
    pub followers: Vec<(i64, i64)>,
    pub engagers: Vec<i64>,
}

/// Somebody drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    pub account: i64,
    pub part: Part,
}

/// Who is to be looked at, in order, and how many each part was drawn from.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SampleDrawn {
    pub people: Vec<Drawn>,
    pub held: Vec<(Part, u64)>,
}

const STREAM: u64 = 71;
/// Fewer followers are not divided into thirds.
const THIRDS_FROM: usize = 30;
/// Whoever comments and follows is drawn once, as a follower.
const PART_STEP: u64 = 1_000_003;

/// Draws `followers` of the followers held, evenly over newest, middle and oldest where their order is known, and
/// `engagers` of those who comment; where fewer are held of one than wanted, more are drawn of the other, and of fewer than twenty followers none. Parts take turns, so that at any moment every part has been looked at alike; within a
/// part chance decides, the same for the same seed, whatever order accounts came in. Nobody is drawn twice.
/// Cost `O(n log n)`.
///
/// ```
/// use engine::vetting::audience::sample::{AudienceHeld, Part, draw};
/// let held = AudienceHeld { followers: (0..90).map(|who| (who, who * 1_000)).collect(), engagers: vec![500, 501] };
/// let drawn = draw(&held, 30, 10, 7);
/// assert_eq!(drawn.people.iter().filter(|person| person.part == Part::Newest).count(), 13);
/// assert_eq!(drawn.people.len(), 40);
/// ```
pub fn draw(held: &AudienceHeld, followers: usize, engagers: usize, seed: u64) -> SampleDrawn {
    let mut by_time = held.followers.clone();
    by_time.sort_unstable_by_key(|(account, at)| (*at, *account));
    by_time.dedup_by_key(|(account, _)| *account);
    let moments: std::collections::BTreeSet<i64> = by_time.iter().map(|(_, at)| *at).collect();
    // Lists that were taken in at a few moments say nothing of who came first.
    let ordered = by_time.len() >= THIRDS_FROM && moments.len() * 3 >= by_time.len();
    let accounts: Vec<i64> = by_time.iter().map(|(account, _)| *account).collect();
    let mut follows = accounts.clone();
    follows.sort_unstable();
    let mut engaging: Vec<i64> =
        held.engagers.iter().copied().filter(|account| follows.binary_search(account).is_err()).collect();
    engaging.sort_unstable();
    engaging.dedup();
    // Too few followers for a share are left to themselves where others can be looked at.
    let accounts = if accounts.len() < LOOKED_AT_MIN && !engaging.is_empty() { vec![] } else { accounts };
    let spare = |wanted: usize, held: usize| wanted.saturating_sub(held);
    let (followers, engagers) =
        (followers + spare(engagers, engaging.len()), engagers + spare(followers, accounts.len()));
    let mut parts: Vec<(Part, Vec<i64>, usize)> = Vec::new();
    if ordered {
        let (third, rest) = (accounts.len() / 3, accounts.len() % 3);
        let (oldest, newer) = accounts.split_at(third);
        let (middle, newest) = newer.split_at(third + usize::from(rest == 2));
        let wanted = |place: usize| followers / 3 + usize::from(place < followers % 3);
        parts.push((Part::Newest, newest.to_vec(), wanted(0)));
        parts.push((Part::Middle, middle.to_vec(), wanted(1)));
        parts.push((Part::Oldest, oldest.to_vec(), wanted(2)));
    } else if !accounts.is_empty() {
        parts.push((Part::Followers, accounts, followers));
    }
    if !engaging.is_empty() {
        parts.push((Part::Engagers, engaging, engagers));
    }
    let sizes = parts.iter().map(|(part, accounts, _)| (*part, accounts.len() as u64)).collect();
    let mut queues: Vec<(Part, Vec<i64>)> = parts
        .into_iter()
        .map(|(part, mut accounts, wanted)| {
            accounts.sort_unstable();
            let order = Draws::new(seed.wrapping_add(PART_STEP * part as u64), STREAM).order(accounts.len());
            let mut queue: Vec<i64> = order.into_iter().take(wanted).map(|place| accounts[place]).collect();
            queue.reverse();
            (part, queue)
        })
        .collect();
    // Each part in turn, in the proportion of what is wanted of it.
    let wanted: Vec<usize> = queues.iter().map(|(_, queue)| queue.len()).collect();
    let mut people = Vec::with_capacity(wanted.iter().sum());
    while queues.iter().any(|(_, queue)| !queue.is_empty()) {
        let behind = (0..queues.len()).filter(|place| !queues[*place].1.is_empty()).min_by(|a, b| {
            let done = |place: usize| (wanted[place] - queues[place].1.len()) as f64 / wanted[place] as f64;
            done(*a).total_cmp(&done(*b))
        });
        let (part, queue) = &mut queues[behind.expect("somebody is left")];
        people.push(Drawn { account: queue.pop().expect("somebody is left"), part: *part });
    }
    SampleDrawn { people, held: sizes }
}

/// What somebody who looked at an account said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    Person,
    MadeToBeSold,
    CannotTell,
}

impl Label {
    pub const ALL: [Label; 3] = [Label::Person, Label::MadeToBeSold, Label::CannotTell];

    pub fn code(self) -> &'static str {
        match self {
            Label::Person => "person",
            Label::MadeToBeSold => "made_to_be_sold",
            Label::CannotTell => "cannot_tell",
        }
    }

    pub fn from_code(code: &str) -> Option<Label> {
        Label::ALL.into_iter().find(|label| label.code() == code)
    }

    pub fn words(self) -> &'static str {
        match self {
            Label::Person => "a person",
            Label::MadeToBeSold => "made to be sold",
            Label::CannotTell => "cannot tell",
        }
    }
}

/// What the answers about one account come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    Person,
    MadeToBeSold,
    /// Everybody who looked could not tell.
    CannotTell,
    /// Two people said different things.
    Disagree,
}

/// One answer of those who looked, `None` where nobody did. What two settled on together stands above what each said;
/// somebody who could not tell leaves it to the other.
pub fn settled(labels: &[Label], together: Option<Label>) -> Option<Settled> {
    let one = |label: Label| match label {
        Label::Person => Settled::Person,
        Label::MadeToBeSold => Settled::MadeToBeSold,
        Label::CannotTell => Settled::CannotTell,
    };
    if let Some(label) = together {
        return Some(one(label));
    }
    let mut told: Vec<Label> = labels.iter().copied().filter(|label| *label != Label::CannotTell).collect();
    told.sort_unstable();
    told.dedup();
    match told.as_slice() {
        [label] => Some(one(*label)),
        [] if labels.is_empty() => None,
        [] => Some(Settled::CannotTell),
        _ => Some(Settled::Disagree),
    }
}

/// An account that was looked at: what was said, and the model's chance where its profile can be judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LookedAt {
    pub said: Settled,
    pub chance: Option<f64>,
}

/// The share from a sample, with what could not be told inside its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleShare {
    pub share: Share,
    /// Accounts looked at, and those of them that were made to be sold, could not be told, or are not agreed on.
    pub looked_at: u64,
    pub made_to_be_sold: u64,
    pub cannot_tell: u64,
    pub disagree: u64,
}

/// Fewer accounts looked at say nothing yet.
pub const LOOKED_AT_MIN: usize = 20;

/// The share from accounts looked at by people and the model's chances of those nobody looked at (see
/// [`from_gold`] for the two estimators). `None` under 20 accounts looked at.
///
/// What is not agreed on or could not be told is not guessed: the value leaves it out, the lower end counts all of it as
/// people, the upper end all of it as made to be sold. So an unknown only ever widens. Cost `O(n + N)`.
pub fn share_of_sample(looked: &[LookedAt], unseen: &[f64]) -> Option<SampleShare> {
    if looked.len() < LOOKED_AT_MIN {
        return None;
    }
    // Where a profile cannot be judged the model says nothing of it: the middle of what it says of the others.
    let known: Vec<f64> = looked.iter().filter_map(|one| one.chance).collect();
    let middle = if known.is_empty() { 0.5 } else { known.iter().sum::<f64>() / known.len() as f64 };
    let unseen = if known.len() * 5 >= looked.len() * 4 { unseen } else { &[] };
    let count = |said: Settled| looked.iter().filter(|one| one.said == said).count() as u64;
    let with_open_as = |open: Option<bool>| {
        let gold: Vec<GoldAccount> = looked
            .iter()
            .filter_map(|one| {
                let is_fake = match one.said {
                    Settled::Person => false,
                    Settled::MadeToBeSold => true,
                    Settled::CannotTell | Settled::Disagree => open?,
                };
                Some(GoldAccount { is_fake, chance: one.chance.unwrap_or(middle) })
            })
            .collect();
        from_gold(&gold, unseen)
    };
    let (none, all) = (with_open_as(Some(false))?, with_open_as(Some(true))?);
    let decided = with_open_as(None);
    let value = decided.map_or((none.value + all.value) / 2.0, |share| share.value);
    let (lo, hi) =
        (decided.map_or(none.lo, |share| share.lo.min(none.lo)), decided.map_or(all.hi, |share| share.hi.max(all.hi)));
    Some(SampleShare {
        share: Share { value: value.clamp(lo, hi), lo, hi, rung: decided.map_or(Rung::GoldAlone, |share| share.rung) },
        looked_at: looked.len() as u64,
        made_to_be_sold: count(Settled::MadeToBeSold),
        cannot_tell: count(Settled::CannotTell),
        disagree: count(Settled::Disagree),
    })
}

/// How the interval narrowed: the share after 20 accounts and after each tenth one since, in the order they were looked
/// at, the last of them all.
pub fn narrowing(looked: &[LookedAt], unseen: &[f64]) -> Vec<SampleShare> {
    let mut after: Vec<usize> = (LOOKED_AT_MIN..=looked.len()).step_by(10).collect();
    if looked.len() > LOOKED_AT_MIN && !after.contains(&looked.len()) {
        after.push(looked.len());
    }
    after.into_iter().filter_map(|count| share_of_sample(&looked[..count], unseen)).collect()
}

pub const SAMPLE_VERSION: u32 = 1;

/// The share of a sample as people read it. `whose` is "followers" or "commenters"; `looked_at` the accounts looked at so
/// far, for the reason where they are too few; `as_of` the day the sample was drawn.
pub fn sample_estimate(share: Option<&SampleShare>, whose: &str, looked_at: u64, as_of: Timestamp) -> Estimate {
    let Some(found) = share else {
        let reason = format!("{looked_at} of them looked at; from {LOOKED_AT_MIN} on there is a share");
        let unknown = Estimate::not_known(Unit::Share, "audience_sample", looked_at, whose, reason);
        return Estimate { version: SAMPLE_VERSION, ..unknown.as_of(as_of).graded(Grade::C) };
    };
    let count = |words: &str, count: u64| Explanation::leaf(words, Some(count as f64), Unit::People);
    let parts = vec![
        count("looked at", found.looked_at),
        count("made to be sold", found.made_to_be_sold),
        count("could not be told: the lower end counts none of them, the upper end all", found.cannot_tell),
        count("not agreed on: likewise", found.disagree),
    ];
    let formula = match found.share.rung {
        Rung::Gold => "PPI++: lam mean(model, others) + mean(label - lam model, sample), t quantile",
        _ => "made to be sold / told; Jeffreys Beta(k + 1/2, n - k + 1/2), 5-95 %",
    };
    let words = format!("of the {whose} held, made to be sold: {}", found.share.rung.words());
    let explanation = Explanation::leaf(words, Some(found.share.value), Unit::Share)
        .with_formula(formula)
        .with_parts(parts)
        .with_rows(found.looked_at, whose, None);
    let share = found.share;
    let known =
        Estimate::known(share.value, share.lo, share.hi, found.looked_at, whose, "audience_sample", explanation);
    Estimate { version: SAMPLE_VERSION, ..known.as_of(as_of).graded(Grade::C) }
}

/// How far two people agree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Accounts that both told.
    pub both: u64,
    pub same: u64,
    /// Beyond chance, -1..=1; not known where both gave everybody the same answer.
    pub kappa: Option<f64>,
}

/// How far two people agree over the accounts that both of them told; `None` where there is none.
pub fn agreement(pairs: &[(Label, Label)]) -> Option<Agreement> {
    let told: Vec<(bool, bool)> = pairs
        .iter()
        .filter(|(one, two)| *one != Label::CannotTell && *two != Label::CannotTell)
        .map(|(one, two)| (*one == Label::MadeToBeSold, *two == Label::MadeToBeSold))
        .collect();
    (!told.is_empty()).then(|| Agreement {
        both: told.len() as u64,
        same: told.iter().filter(|(one, two)| one == two).count() as u64,
        kappa: kappa(&told),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Sequence;

    fn looked(said: Settled, chance: f64) -> LookedAt {
        LookedAt { said, chance: Some(chance) }
    }

    #[test]
    fn thirds_take_turns_with_those_who_comment_and_nobody_is_drawn_twice() {
        let followers: Vec<(i64, i64)> = (0..1_000).map(|who| (who, (who * 7_919) % 1_000)).collect();
        let held = AudienceHeld { followers: followers.clone(), engagers: (900..1_100).collect() };
        let drawn = draw(&held, 150, 50, 3);
        assert_eq!(drawn.people.len(), 200);
        for part in [Part::Newest, Part::Middle, Part::Oldest, Part::Engagers] {
            let early = drawn.people[..40].iter().filter(|person| person.part == part).count();
            assert!((9..=11).contains(&early), "{part:?} {early} of the first forty");
        }
        let mut once: Vec<i64> = drawn.people.iter().map(|person| person.account).collect();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), 200);
        assert_eq!(drawn.held.iter().map(|(_, held)| held).sum::<u64>(), 1_100);
        let newest: Vec<i64> = followers.iter().filter(|(_, at)| *at >= 666).map(|(account, _)| *account).collect();
        let of_newest = drawn.people.iter().filter(|person| person.part == Part::Newest);
        assert!(of_newest.clone().all(|person| newest.contains(&person.account)));
        let mut turned = held;
        turned.followers.reverse();
        turned.engagers.reverse();
        assert_eq!(draw(&turned, 150, 50, 3), drawn, "the order rows came in changes nothing");
        assert_ne!(draw(&turned, 150, 50, 4), drawn);
    }

    #[test]
    fn a_list_taken_in_at_one_moment_has_no_thirds_and_small_audiences_are_drawn_whole() {
        let held = AudienceHeld { followers: (0..40).map(|who| (who, 5)).collect(), engagers: vec![] };
        let drawn = draw(&held, 150, 50, 0);
        assert_eq!(drawn.held, [(Part::Followers, 40)]);
        assert_eq!(drawn.people.len(), 40);
        assert_eq!(draw(&AudienceHeld::default(), 150, 50, 0), SampleDrawn::default());
        let few = AudienceHeld { followers: (0..10).map(|who| (who, 5)).collect(), engagers: (20..60).collect() };
        assert_eq!(draw(&few, 150, 50, 0).held, [(Part::Engagers, 40)], "ten followers tell no share");
    }

    #[test]
    fn what_two_people_say_becomes_one_answer() {
        use Label::{CannotTell, MadeToBeSold, Person};
        for (labels, together, expect) in [
            (vec![], None, None),
            (vec![Person], None, Some(Settled::Person)),
            (vec![MadeToBeSold, MadeToBeSold], None, Some(Settled::MadeToBeSold)),
            (vec![Person, MadeToBeSold], None, Some(Settled::Disagree)),
            (vec![Person, MadeToBeSold], Some(Person), Some(Settled::Person)),
            (vec![CannotTell, MadeToBeSold], None, Some(Settled::MadeToBeSold)),
            (vec![CannotTell, CannotTell], None, Some(Settled::CannotTell)),
            (vec![], Some(CannotTell), Some(Settled::CannotTell)),
        ] {
            assert_eq!(settled(&labels, together), expect, "{labels:?} {together:?}");
        }
    }

    #[test]
    fn the_interval_narrows_with_every_ten_looked_at() {
        let mut draw = Sequence::new(1, 5);
        let sample: Vec<LookedAt> = (0..200)
            .map(|_| {
                let sold = draw.uniform() < 0.3;
                let chance = if sold { 0.3 + 0.7 * draw.uniform() } else { 0.4 * draw.uniform() };
                looked(if sold { Settled::MadeToBeSold } else { Settled::Person }, chance)
            })
            .collect();
        let unseen: Vec<f64> = (0..800).map(|_| draw.uniform()).collect();
        let steps = narrowing(&sample, &unseen);
        assert_eq!((steps.len(), steps[0].looked_at, steps[18].looked_at), (19, 20, 200));
        let width = |step: &SampleShare| step.share.hi - step.share.lo;
        assert!(width(&steps[18]) < 0.5 * width(&steps[0]));
        assert_eq!(steps[18].share.rung, Rung::Gold);
        assert!(steps[0].share.rung == Rung::GoldAlone && narrowing(&sample[..19], &unseen).is_empty());
    }

    #[test]
    fn agreement_is_told_beyond_chance_and_leaves_out_what_nobody_could_tell() {
        use Label::{CannotTell, MadeToBeSold, Person};
        let mut pairs = vec![(Person, Person); 45];
        pairs.extend(vec![(MadeToBeSold, MadeToBeSold); 4]);
        pairs.push((Person, MadeToBeSold));
        pairs.extend(vec![(CannotTell, Person); 7]);
        let found = agreement(&pairs).expect("both told some");
        assert_eq!((found.both, found.same), (50, 49));
        assert!(found.kappa.is_some_and(|kappa| (0.8..0.9).contains(&kappa)), "{found:?}");
        assert_eq!(agreement(&[(CannotTell, Person)]), None);
    }

    proptest! {
        #[test]
        fn an_account_that_could_not_be_told_never_narrows_and_never_accuses(
            sold in 0usize..40, people in 25usize..160, open in 0usize..30, seed in 0u64..1_000,
        ) {
            let mut draw = Sequence::new(seed, 9);
            let mut of = |said: Settled, count: usize, chance: f64| -> Vec<LookedAt> {
                (0..count).map(|_| looked(said, (chance + 0.3 * draw.uniform()).min(1.0))).collect()
            };
            let mut sample = of(Settled::MadeToBeSold, sold, 0.5);
            sample.extend(of(Settled::Person, people, 0.0));
            let decided = share_of_sample(&sample, &[]).expect("enough were looked at");
            sample.extend(of(Settled::CannotTell, open, 0.3));
            let with = share_of_sample(&sample, &[]).expect("enough were looked at");
            prop_assert!(with.share.lo <= decided.share.lo + 1e-12);
            prop_assert!(with.share.hi >= decided.share.hi - 1e-12);
            prop_assert!((with.share.value - decided.share.value).abs() < 1e-12);
            prop_assert!(with.share.lo <= with.share.value && with.share.value <= with.share.hi);
        }
    }
}
