//! Who turned to whom: every pair of a log with what is counted of it, and, lighter, only that it talked.

use std::ops::Range;

use rayon::prelude::*;

use super::events::EventLog;
use super::index::WeighByBuyingTalk;
use crate::graph::{EdgeWeighing, KindWeights};

const DAY_SECONDS: i64 = 86_400;
/// Actors are cut into about so many blocks, so that all threads have work to the end.
const BLOCKS: usize = 64;

/// What one account said to another, as columns over all pairs that talked, sorted by (actor, target).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Pairs {
    /// `offsets[u]..offsets[u + 1]` are the pairs account `u` speaks in.
    pub offsets: Vec<u32>,
    pub actor: Vec<u32>,
    pub target: Vec<u32>,
    /// Times the actor turned to the target.
    pub talks: Vec<u32>,
    /// Different days (UTC) on which it did.
    pub days: Vec<u32>,
    /// Talk faded by age.
    pub recent: Vec<f32>,
    /// Seconds from `from_unix` to the last talk.
    last_after_seconds: Vec<u32>,
    /// The first moment of the log.
    from_unix: i64,
    /// Talks of buying level 1 or more.
    pub buying_talks: Vec<u32>,
    /// The pair the other way round, or [`NO_PAIR`].
    pub back: Vec<u32>,
}

/// Stands for "these two never talked this way".
pub const NO_PAIR: u32 = u32::MAX;

impl Pairs {
    pub fn len(&self) -> usize {
        self.target.len()
    }

    pub fn is_empty(&self) -> bool {
        self.target.is_empty()
    }

    /// The pairs an account speaks in.
    pub fn of(&self, actor: u32) -> Range<usize> {
        self.offsets[actor as usize] as usize..self.offsets[actor as usize + 1] as usize
    }

    /// The pair of these two, if `actor` ever turned to `target`. Cost `O(log partners)`.
    pub fn find(&self, actor: u32, target: u32) -> Option<usize> {
        let range = self.of(actor);
        self.target[range.clone()].binary_search(&target).ok().map(|place| range.start + place)
    }

    /// Whom an account turned to, ascending.
    pub fn targets_of(&self, actor: u32) -> &[u32] {
        &self.target[self.of(actor)]
    }

    /// When the actor last turned to the target.
    pub fn last_at_unix(&self, pair: usize) -> i64 {
        self.from_unix.saturating_add(i64::from(self.last_after_seconds[pair]))
    }

    /// Collects a log's pairs; interactions of kinds that weigh 0 are left out.
    ///
    /// Cost `O(interactions log partners + accounts)`, on all threads; 4 bytes an interaction beside the pairs, which take
    /// 32 each.
    pub fn of_log(log: &EventLog, weighing: &EdgeWeighing, buying_talk: WeighByBuyingTalk) -> Pairs {
        Pairs::with_first_moments(log, weighing, buying_talk).0
    }

    /// The pairs, and the moment each first talked.
    pub(super) fn with_first_moments(
        log: &EventLog,
        weighing: &EdgeWeighing,
        buying_talk: WeighByBuyingTalk,
    ) -> (Pairs, Vec<i64>) {
        let weighs = |event: usize| weighing.kinds.of(log.kind()[event]) > 0.0;
        let mut talk = ByActor::of(log, weighs, |event| event as u32);
        // Events are numbered by time, so their number keeps that order among equal targets.
        talk.sort_rows(|&event| (log.target()[event as usize], event));
        let offsets = talk.distinct(|&event| log.target()[event as usize]);
        let count = offsets[log.accounts()] as usize;
        let mut pairs = Pairs::of_size(offsets, count);
        pairs.from_unix = log.span_unix().map_or(0, |(first, _)| first);
        let mut first_moments = vec![0i64; count];
        let collecting = Collecting { log, weighing, buying_talk, from_unix: pairs.from_unix };
        let blocks = talk.blocks();
        let mut columns = pairs.columns(&mut first_moments);
        let work: Vec<(Range<usize>, Columns<'_>)> = blocks
            .into_iter()
            .map(|block| {
                let length = (columns.offsets[block.end] - columns.offsets[block.start]) as usize;
                let part = columns.split_off(length);
                (block, part)
            })
            .collect();
        work.into_par_iter().for_each(|(block, mut columns)| {
            for actor in block {
                for events in talk.row(actor).chunk_by(|&a, &b| log.target()[a as usize] == log.target()[b as usize]) {
                    collecting.put(actor as u32, events, &mut columns);
                }
            }
        });
        drop(talk);
        let back = |pair: usize| pairs.find(pairs.target[pair], pairs.actor[pair]).map_or(NO_PAIR, |back| back as u32);
        pairs.back = (0..count).into_par_iter().map(back).collect();
        (pairs, first_moments)
    }

    fn of_size(offsets: Vec<u32>, count: usize) -> Pairs {
        Pairs {
            offsets,
            actor: vec![0; count],
            target: vec![0; count],
            talks: vec![0; count],
            days: vec![0; count],
            recent: vec![0.0; count],
            last_after_seconds: vec![0; count],
            from_unix: 0,
            buying_talks: vec![0; count],
            back: vec![],
        }
    }

    fn columns<'a>(&'a mut self, first_moments: &'a mut [i64]) -> Columns<'a> {
        Columns {
            offsets: &self.offsets,
            actor: &mut self.actor,
            target: &mut self.target,
            talks: &mut self.talks,
            days: &mut self.days,
            recent: &mut self.recent,
            last_after_seconds: &mut self.last_after_seconds,
            buying_talks: &mut self.buying_talks,
            first_moments,
        }
    }
}

/// The columns of pairs, or of those of some actors that are still to be written.
struct Columns<'a> {
    offsets: &'a [u32],
    actor: &'a mut [u32],
    target: &'a mut [u32],
    talks: &'a mut [u32],
    days: &'a mut [u32],
    recent: &'a mut [f32],
    last_after_seconds: &'a mut [u32],
    buying_talks: &'a mut [u32],
    first_moments: &'a mut [i64],
}

impl<'a> Columns<'a> {
    /// The first `length` pairs; the others stay.
    fn split_off(&mut self, length: usize) -> Columns<'a> {
        Columns {
            offsets: self.offsets,
            actor: split_off(&mut self.actor, length),
            target: split_off(&mut self.target, length),
            talks: split_off(&mut self.talks, length),
            days: split_off(&mut self.days, length),
            recent: split_off(&mut self.recent, length),
            last_after_seconds: split_off(&mut self.last_after_seconds, length),
            buying_talks: split_off(&mut self.buying_talks, length),
            first_moments: split_off(&mut self.first_moments, length),
        }
    }
}

fn split_off<'a, T>(rest: &mut &'a mut [T], length: usize) -> &'a mut [T] {
    let (first, behind) = std::mem::take(rest).split_at_mut(length);
    *rest = behind;
    first
}

/// How the events of a pair become its columns.
struct Collecting<'a> {
    log: &'a EventLog,
    weighing: &'a EdgeWeighing,
    buying_talk: WeighByBuyingTalk,
    from_unix: i64,
}

impl Collecting<'_> {
    /// Writes the pair of these events, oldest first, into the next place.
    fn put(&self, actor: u32, events: &[u32], columns: &mut Columns<'_>) {
        let (kinds, buying_levels) = (self.log.kind(), self.log.buying_level());
        let (mut recent, mut days, mut buying_talks, mut last_day) = (0.0f64, 0, 0, None);
        for &event in events {
            let event = event as usize;
            let is_buying = buying_levels[event] > 0;
            let factor = match self.buying_talk {
                WeighByBuyingTalk::Factor(factor) if is_buying => factor,
                _ => 1.0,
            };
            let at_unix = self.log.at_unix(event);
            recent += factor * self.weighing.weight(kinds[event], at_unix);
            buying_talks += u32::from(is_buying);
            let day = at_unix.div_euclid(DAY_SECONDS);
            days += u32::from(last_day != Some(day));
            last_day = Some(day);
        }
        let (first, last) = (events[0] as usize, events[events.len() - 1] as usize);
        let next = columns.split_off(1);
        next.actor[0] = actor;
        next.target[0] = self.log.target()[first];
        next.talks[0] = events.len() as u32;
        next.days[0] = days;
        next.recent[0] = recent as f32;
        // 136 years fit; what lies further apart counts as that far.
        next.last_after_seconds[0] = u32::try_from(self.log.at_unix(last) - self.from_unix).unwrap_or(u32::MAX);
        next.buying_talks[0] = buying_talks;
        next.first_moments[0] = self.log.at_unix(first);
    }
}

/// Who turned to whom at all, without how often or when: 4 bytes a pair.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TurnedTo {
    offsets: Vec<u32>,
    target: Vec<u32>,
}

impl TurnedTo {
    /// The pairs of a log's interactions whose kinds weigh anything.
    pub fn of_log(log: &EventLog, kinds: &KindWeights) -> TurnedTo {
        TurnedTo::among(log, kinds, |_| true)
    }

    /// The same, only of accounts that are asked for.
    ///
    /// Cost `O(interactions log partners + accounts)`, on all threads; 4 bytes an interaction beside the pairs.
    pub fn among(log: &EventLog, kinds: &KindWeights, is_asked: impl Fn(u32) -> bool) -> TurnedTo {
        let (actors, targets, of_kind) = (log.actor(), log.target(), log.kind());
        let is_wanted =
            |event: usize| kinds.of(of_kind[event]) > 0.0 && is_asked(actors[event]) && is_asked(targets[event]);
        let mut talk = ByActor::of(log, is_wanted, |event| targets[event]);
        talk.sort_rows(|&target| target);
        let offsets = talk.distinct(|&target| target);
        let mut target = Vec::with_capacity(offsets[log.accounts()] as usize);
        for actor in 0..log.accounts() {
            target.extend(talk.row(actor).chunk_by(|a, b| a == b).map(|same| same[0]));
        }
        TurnedTo { offsets, target }
    }

    pub fn len(&self) -> usize {
        self.target.len()
    }

    pub fn is_empty(&self) -> bool {
        self.target.is_empty()
    }

    /// Whom an account turned to, ascending.
    pub fn targets_of(&self, actor: u32) -> &[u32] {
        &self.target[self.offsets[actor as usize] as usize..self.offsets[actor as usize + 1] as usize]
    }

    /// Whether `actor` ever turned to `target`. Cost `O(log partners)`.
    pub fn has(&self, actor: u32, target: u32) -> bool {
        self.targets_of(actor).binary_search(&target).is_ok()
    }

    /// All pairs, by actor and target.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, u32)> {
        let accounts = self.offsets.len().saturating_sub(1) as u32;
        (0..accounts).flat_map(|actor| self.targets_of(actor).iter().map(move |&target| (actor, target)))
    }
}

/// One value for each event that is wanted, put together by who acted.
struct ByActor {
    /// Where each actor's row ends; the first begins at 0.
    ends: Vec<u32>,
    values: Vec<u32>,
}

impl ByActor {
    /// Rows in the order of time. Cost two passes over the events.
    fn of(log: &EventLog, is_wanted: impl Fn(usize) -> bool, value: impl Fn(usize) -> u32) -> ByActor {
        let actors = log.actor();
        // Each actor's place moves from the row's start to its end, which is where the next begins.
        let mut ends = vec![0u32; log.accounts() + 1];
        for event in (0..log.len()).filter(|&event| is_wanted(event)) {
            ends[actors[event] as usize + 1] += 1;
        }
        for account in 0..log.accounts() {
            ends[account + 1] += ends[account];
        }
        let mut values = vec![0u32; ends[log.accounts()] as usize];
        for event in (0..log.len()).filter(|&event| is_wanted(event)) {
            let place = &mut ends[actors[event] as usize];
            values[*place as usize] = value(event);
            *place += 1;
        }
        ends.pop();
        ByActor { ends, values }
    }

    fn start(&self, actor: usize) -> usize {
        if actor == 0 { 0 } else { self.ends[actor - 1] as usize }
    }

    fn row(&self, actor: usize) -> &[u32] {
        &self.values[self.start(actor)..self.ends[actor] as usize]
    }

    /// Actors in blocks of about as many events; a block holds one actor at least.
    fn blocks(&self) -> Vec<Range<usize>> {
        let wanted = self.values.len().div_ceil(BLOCKS).max(1);
        let mut blocks = vec![];
        let mut first = 0;
        while first < self.ends.len() {
            let enough = self.start(first) + wanted;
            let last = self.ends.partition_point(|&end| (end as usize) < enough).max(first).min(self.ends.len() - 1);
            blocks.push(first..last + 1);
            first = last + 1;
        }
        blocks
    }

    fn sort_rows<K: Ord>(&mut self, key: impl Fn(&u32) -> K + Sync) {
        let blocks = self.blocks();
        let mut rest = self.values.as_mut_slice();
        let mut start = 0;
        let mut work = Vec::with_capacity(blocks.len());
        for block in blocks {
            let end = self.ends[block.end - 1] as usize;
            work.push((block, start, split_off(&mut rest, end - start)));
            start = end;
        }
        let ends = &self.ends;
        work.into_par_iter().for_each(|(block, start, values)| {
            let mut from = 0;
            for actor in block {
                let to = ends[actor] as usize - start;
                values[from..to].sort_unstable_by_key(&key);
                from = to;
            }
        });
    }

    /// Where each actor's different values begin if each is kept once; rows are sorted by what tells them apart.
    fn distinct(&self, told_by: impl Fn(&u32) -> u32 + Sync) -> Vec<u32> {
        let count = |actor: usize| self.row(actor).chunk_by(|a, b| told_by(a) == told_by(b)).count() as u32;
        let counts: Vec<u32> = (0..self.ends.len()).into_par_iter().with_min_len(1024).map(count).collect();
        let mut offsets = Vec::with_capacity(counts.len() + 1);
        let mut sum = 0;
        offsets.push(sum);
        for count in counts {
            sum += count;
            offsets.push(sum);
        }
        offsets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations::events::EventColumns;
    use crate::random::Draws;

    fn log(accounts: u32, events: usize) -> EventLog {
        let draws = Draws::new(7, 1);
        let account = |at: u64| (draws.uniform(at).powi(2) * f64::from(accounts)) as u32;
        let events = events as u64;
        let columns = EventColumns {
            actor: (0..events).map(|at| account(3 * at)).collect(),
            target: (0..events).map(|at| account(3 * at + 1)).collect(),
            at_unix: (0..events).map(|at| 1_000_000 + (1e7 * draws.uniform(3 * at + 2)) as i64).collect(),
            kind: (0..events).map(|at| (at % 9) as u8).collect(),
            buying_level: (0..events).map(|at| u8::from(at % 5 == 0)).collect(),
        };
        EventLog::new(accounts as usize, columns).expect("valid")
    }

    #[test]
    fn every_pair_is_counted_as_going_through_the_log_counts_it() {
        let log = log(300, 20_000);
        let weighing = EdgeWeighing::count();
        let (pairs, first_moments) = Pairs::with_first_moments(&log, &weighing, WeighByBuyingTalk::Off);
        let mut expected: std::collections::BTreeMap<(u32, u32), Vec<usize>> = Default::default();
        for event in (0..log.len()).filter(|&event| weighing.kinds.of(log.kind()[event]) > 0.0) {
            expected.entry((log.actor()[event], log.target()[event])).or_default().push(event);
        }
        assert_eq!(pairs.len(), expected.len());
        for (pair, ((actor, target), events)) in expected.iter().enumerate() {
            assert_eq!((pairs.actor[pair], pairs.target[pair]), (*actor, *target));
            assert_eq!(pairs.find(*actor, *target), Some(pair));
            assert_eq!(pairs.talks[pair] as usize, events.len());
            let mut days: Vec<i64> = events.iter().map(|&event| log.at_unix(event) / DAY_SECONDS).collect();
            days.dedup();
            assert_eq!(pairs.days[pair] as usize, days.len());
            assert_eq!(first_moments[pair], log.at_unix(events[0]));
            assert_eq!(pairs.last_at_unix(pair), log.at_unix(events[events.len() - 1]));
            let buying = events.iter().filter(|&&event| log.buying_level()[event] > 0).count();
            assert_eq!(pairs.buying_talks[pair] as usize, buying);
            let back = pairs.find(*target, *actor).map_or(NO_PAIR, |back| back as u32);
            assert_eq!(pairs.back[pair], back);
        }
    }

    #[test]
    fn who_turned_to_whom_is_the_same_as_the_pairs() {
        let log = log(200, 5_000);
        let kinds = EdgeWeighing::count().kinds;
        let (pairs, light) =
            (Pairs::of_log(&log, &EdgeWeighing::count(), WeighByBuyingTalk::Off), TurnedTo::of_log(&log, &kinds));
        let all: Vec<(u32, u32)> = pairs.actor.iter().copied().zip(pairs.target.iter().copied()).collect();
        assert_eq!(light.pairs().collect::<Vec<_>>(), all);
        assert!(all.iter().all(|&(actor, target)| light.has(actor, target)));
        let few = TurnedTo::among(&log, &kinds, |account| account < 50);
        let expected: Vec<(u32, u32)> = all.into_iter().filter(|&(one, other)| one < 50 && other < 50).collect();
        assert_eq!(few.pairs().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_market_without_talk_or_with_one_speaker_has_its_pairs() {
        let none = EventLog::new(3, EventColumns::default()).expect("valid");
        assert!(Pairs::of_log(&none, &EdgeWeighing::count(), WeighByBuyingTalk::Off).is_empty());
        assert!(TurnedTo::of_log(&none, &EdgeWeighing::count().kinds).is_empty());
        let nobody = EventLog::new(0, EventColumns::default()).expect("valid");
        assert!(TurnedTo::of_log(&nobody, &EdgeWeighing::count().kinds).is_empty());
        let columns = EventColumns {
            actor: vec![2; 500],
            target: (0..500).map(|at| at % 2).collect(),
            at_unix: (0..500).collect(),
            kind: vec![0; 500],
            buying_level: vec![],
        };
        let one = EventLog::new(3, columns).expect("valid");
        let pairs = Pairs::of_log(&one, &EdgeWeighing::count(), WeighByBuyingTalk::Off);
        assert_eq!((pairs.actor, pairs.target, pairs.talks), (vec![2, 2], vec![0, 1], vec![250, 250]));
    }
}
