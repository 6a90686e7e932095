//! Learns the chances from a market's own past: facts before an inner cut, labels from the talk after it.

use rayon::prelude::*;

use super::calibrate::{Outcome, platt};
use super::features::{Between, BuyerSet, FEATURES, Feature};
use super::last_window::Earlier;
use super::logistic::{Fit, LabelledPair, Pull, Talked, fit, linear};
use super::meet::{MeetScratch, visit_strangers};
use super::model::{Drift, Head, ListeningModel, MODEL_VERSION, Origin, TrainedOn};
use super::moments::{MOMENTS, learn_divisions};
use super::pairs::{Nearness, pairs_with};
use super::shipped;
use super::{ListeningError, ListeningSettings};
use crate::conversations::events::EventLog;
use crate::conversations::index::{ConversationIndex, HalfLife, NO_PAIR};
use crate::conversations::pairs::TurnedTo;
use crate::random::Draws;

const ANCHOR_STREAM: u64 = 12;
const BUYER_STREAM: u64 = 13;
const NEGATIVE_STREAM: u64 = 14;
const MEETING_STREAM: u64 = 15;
const MEETING_BUYERS_MAX: usize = 1_000;
/// How many of them share one work space at least: making it costs as much as a walk.
const MEETING_BUYERS_AT_A_TIME: usize = 32;
/// About so many strangers a buyer are kept for learning whom it meets.
const STRANGERS_KEPT: usize = 400;
/// How many creators a marketer would choose; calibration looks at these.
pub(super) const CHOSEN: usize = 10;

/// Learns a listening model from a log, using nothing but that log.
///
/// The log is cut at the `inner_share` quantile of its times; facts are counted before the cut, and a pair is
/// labelled by whether it talked after it. Accounts with 10 to 2000 talkers who stay active stand for brands.
/// Negatives are sampled one in ten and weigh ten. The same is done one window earlier, and what came true of that
/// prediction corrects this one (`drift`). Too little data never fails: everything is pulled towards what is shipped
/// with the program, and with nothing to learn from the model says `Origin::Shipped`.
/// Cost: eight index builds, a bounded walk from each training buyer and 26 walks over the market.
pub fn train(log: &EventLog, settings: &ListeningSettings) -> Result<ListeningModel, ListeningError> {
    settings.check()?;
    Ok(learn(log, inner_cut(log, settings), settings, Proof::Skip))
}

/// [`train`], and how such a model's chances came true on the market's own last window, which the model judged never saw.
///
/// The proof is of a model learned one window earlier: all that it knows, its own correction included, was known at
/// the cut, but for the half-life where it is a quarter of the span: that is the whole log's, as in the model itself.
/// Accounts with 10 to 2000 talkers by then stand for brands. The window is as long as the one the model was
/// learned over, or what there is of it. No proof when nothing lies before or after the cut.
/// Cost: that of [`train`], one more index build and fit, and the scores of 210 sets.
pub fn train_and_prove(log: &EventLog, settings: &ListeningSettings) -> Result<ListeningModel, ListeningError> {
    settings.check()?;
    Ok(learn(log, inner_cut(log, settings), settings, Proof::Wanted))
}

fn inner_cut(log: &EventLog, settings: &ListeningSettings) -> i64 {
    log.time_quantile(settings.inner_share).map_or(0, |at| at.ceil() as i64)
}

/// Whether a training also learns what the model would have been one window earlier, and judges that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    Skip,
    Wanted,
}

/// [`train`] with facts before `cut` and labels from it on. One index of the market is held at a time.
pub(super) fn learn(log: &EventLog, cut: i64, settings: &ListeningSettings, proof: Proof) -> ListeningModel {
    let mut settings = settings.clone();
    // One half-life for all moments: that of the whole log, so that what is learned means the same when it is used.
    if settings.index.half_life == HalfLife::QuarterOfSpan {
        settings.index.half_life = HalfLife::Days((log.span_seconds() as f64 / 4.0).max(1.0) / DAY_SECONDS);
    }
    let past = log.between(None, Some(cut));
    let divisions = learn_divisions(log, &past, &settings, proof == Proof::Wanted);
    let earlier = Earlier::learn(&past, cut, end_of(log, cut) - cut, divisions.at_cut, &settings);
    let window = Window::open(log, cut, &settings);
    let mut model = window.chances(&settings, Meetings::Learned);
    model.division = divisions.now;
    model.growth = growth(log, &settings);
    if let Some(earlier) = earlier {
        let correction = earlier.correction(&window, &model.division, &settings);
        (model.drift, model.spread) = (correction.drift, correction.spread);
        model.held_out = earlier.proof(&window, log, &settings);
    }
    model
}

/// Just after the last interaction, and after `cut`.
fn end_of(log: &EventLog, cut: i64) -> i64 {
    log.span_unix().map_or(cut, |(_, last)| last + 1).max(cut + 1)
}

pub(super) const DAY_SECONDS: f64 = 86_400.0;

/// One moment of the past: what was known, and who then talked to whom.
pub(super) struct Window {
    pub index: ConversationIndex,
    pub labels: TurnedTo,
    pub cut: i64,
    pub until: i64,
    events: u64,
    anchors: Vec<u32>,
}

/// Whether a fit needs the chance of meeting somebody new.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Meetings {
    Learned,
    NotNeeded,
}

impl Window {
    pub fn open(log: &EventLog, cut: i64, settings: &ListeningSettings) -> Window {
        let index = ConversationIndex::build_for_learning(&log.between(None, Some(cut)), Some(cut), &settings.index);
        let labels = labels_from(log, cut, settings);
        let anchors = anchors(&index, &labels, settings);
        Window { index, labels, cut, until: end_of(log, cut), events: log.len() as u64, anchors }
    }

    /// Fits the three chances from what came before and after the moment.
    pub fn chances(&self, settings: &ListeningSettings, meetings: Meetings) -> ListeningModel {
        let sets = Sets { index: &self.index, labels: &self.labels, settings };
        let mut rows = SetRows::default();
        let asked: Vec<AnchorAsked> = self.anchors.par_iter().map(|&anchor| sets.ask(anchor)).collect();
        for set in asked.par_iter().map(|asking| sets.rows(asking)).collect::<Vec<SetRows>>() {
            rows.returning.extend(set.returning);
            rows.joining.extend(set.joining);
        }
        let meeting_buyers = match meetings {
            Meetings::Learned => meeting_buyers(&self.index, settings, MEETING_BUYERS_MAX),
            Meetings::NotNeeded => vec![],
        };
        let met: Vec<Vec<LabelledPair>> = meeting_buyers
            .par_iter()
            .with_min_len(MEETING_BUYERS_AT_A_TIME)
            .map_init(MeetScratch::default, |scratch, &buyer| sets.meeting_rows(buyer, scratch))
            .collect();
        let mut returning = fit_head(&rows.returning, shipped::RETURNING, settings);
        let mut joining = fit_head(&rows.joining, shipped::JOINING, settings);
        let meeting = fit_head(&met.concat(), shipped::MEETING, settings);
        let outcomes: Vec<ChosenOutcomes> =
            asked.par_iter().map(|asking| sets.outcomes(asking, &returning, &joining)).collect();
        let of = |pick: fn(&ChosenOutcomes) -> &Vec<Outcome>| -> Vec<Outcome> {
            outcomes.iter().flat_map(|outcome| pick(outcome).iter().copied()).collect()
        };
        returning.calibration = platt(&of(|outcome| &outcome.returning));
        joining.calibration = platt(&of(|outcome| &outcome.joining));
        ListeningModel {
            version: MODEL_VERSION,
            origin: if returning.pairs_talked + joining.pairs_talked == 0 { Origin::Shipped } else { Origin::Learned },
            horizon_days: (self.until - self.cut) as f64 / DAY_SECONDS,
            growth: 1.0,
            drift: Drift::NONE,
            spread: 1.0,
            held_out: None,
            trained_on: TrainedOn {
                events: self.events,
                anchors: self.anchors.len() as u64,
                meeting_buyers: meeting_buyers.len() as u64,
                inner_cut_unix: self.cut,
                until_unix: self.until,
            },
            division: super::division::learn(&[], settings.division_pull, &[]),
            returning,
            joining,
            meeting,
        }
    }
}

pub(super) fn labels_from(log: &EventLog, cut: i64, settings: &ListeningSettings) -> TurnedTo {
    TurnedTo::of_log(&log.between(Some(cut), None), &settings.index.kinds)
}

/// Accounts that stand for a brand: 10 to 2000 of their talkers speak after the cut.
fn anchors(index: &ConversationIndex, labels: &TurnedTo, settings: &ListeningSettings) -> Vec<u32> {
    let eligible: Vec<u32> = (0..index.accounts() as u32)
        .filter(|&account| {
            let talkers = index.talkers_of(account).iter();
            let active =
                talkers.filter(|&&pair| !labels.targets_of(index.pairs.actor[pair as usize]).is_empty()).count();
            (10..=2000).contains(&active)
        })
        .collect();
    let picked = Draws::new(settings.seed, ANCHOR_STREAM).sample(eligible.len(), settings.training_anchors_max);
    picked.into_iter().map(|place| eligible[place]).collect()
}

/// Buyers with three contacts or more.
fn meeting_buyers(index: &ConversationIndex, settings: &ListeningSettings, count_max: usize) -> Vec<u32> {
    let eligible: Vec<u32> =
        (0..index.accounts() as u32).filter(|&account| index.account.out_degree[account as usize] >= 3).collect();
    let picked = Draws::new(settings.seed, MEETING_STREAM).sample(eligible.len(), count_max);
    picked.into_iter().map(|place| eligible[place]).collect()
}

struct Sets<'a> {
    index: &'a ConversationIndex,
    labels: &'a TurnedTo,
    settings: &'a ListeningSettings,
}

/// An account that stands for a brand, with what is looked at of it; kept so that the walks are made once.
struct AnchorAsked {
    anchor: u32,
    candidates: Vec<u32>,
    /// Places in the set, ascending.
    wanted: Vec<u32>,
    near: Nearness,
}

#[derive(Default)]
struct SetRows {
    returning: Vec<LabelledPair>,
    joining: Vec<LabelledPair>,
}

#[derive(Default)]
struct ChosenOutcomes {
    returning: Vec<Outcome>,
    joining: Vec<Outcome>,
}

impl Sets<'_> {
    fn talked(&self, buyer: u32, creator: u32) -> Talked {
        if self.labels.has(buyer, creator) { Talked::Yes } else { Talked::No }
    }

    /// The labelled pairs of one account that stands for a brand.
    fn rows(&self, asking: &AnchorAsked) -> SetRows {
        let keep = Draws::new(self.settings.seed, NEGATIVE_STREAM);
        let one_in = u64::from(self.settings.negatives_one_in.max(1));
        let mut rows = SetRows::default();
        self.visit(asking, |buyer, candidate, between| {
            let talked = self.talked(buyer, candidate);
            let key = (u64::from(asking.anchor) << 40) ^ (u64::from(buyer) << 20) ^ u64::from(candidate);
            let is_known = between.talk != NO_PAIR;
            let weight = match talked {
                Talked::No if is_known => 1.0,
                Talked::No if keep.raw(key).is_multiple_of(one_in) => one_in as f32,
                Talked::No => return,
                Talked::Yes => 1.0,
            };
            let features = self.index.habits.features(self.index, buyer, candidate, between);
            let list = if is_known { &mut rows.returning } else { &mut rows.joining };
            list.push(LabelledPair { features, talked, weight });
        });
        rows
    }

    /// What happened between the buyers and the creators that the fit would have chosen.
    fn outcomes(&self, asking: &AnchorAsked, returning: &Head, joining: &Head) -> ChosenOutcomes {
        let (returning, joining) = (returning.dense(), joining.dense());
        let mut by_candidate: std::collections::BTreeMap<u32, (f64, ChosenOutcomes)> = Default::default();
        self.visit(asking, |buyer, candidate, between| {
            let is_known = between.talk != NO_PAIR;
            let features = self.index.habits.features(self.index, buyer, candidate, between);
            let log_odds = linear(if is_known { &returning } else { &joining }, &features);
            let entry = by_candidate.entry(candidate).or_default();
            entry.0 += super::logistic::sigmoid(log_odds);
            let list = if is_known { &mut entry.1.returning } else { &mut entry.1.joining };
            list.push(Outcome { log_odds, talked: self.talked(buyer, candidate) });
        });
        let mut chosen: Vec<(u32, (f64, ChosenOutcomes))> = by_candidate.into_iter().collect();
        chosen.sort_by(|a, b| b.1.0.total_cmp(&a.1.0).then(a.0.cmp(&b.0)));
        let mut all = ChosenOutcomes::default();
        for (_, (_, outcomes)) in chosen.into_iter().take(CHOSEN) {
            all.returning.extend(outcomes.returning);
            all.joining.extend(outcomes.joining);
        }
        all
    }

    /// An account that stands for a brand with its candidates, some of its buyers and how near they are.
    fn ask(&self, anchor: u32) -> AnchorAsked {
        let set = BuyerSet::new(self.index, &self.index.talkers_to(anchor));
        let candidates =
            set.candidates(&set.buyers_talking(), self.settings.candidates_max, |account| account == anchor);
        let draws = Draws::new(self.settings.seed, BUYER_STREAM);
        let wanted: Vec<u32> = draws
            .sample(set.buyers.len(), self.settings.training_buyers_max)
            .into_iter()
            .map(|place| place as u32)
            .collect();
        let near = Nearness::of(&set, &wanted, &candidates, self.settings);
        AnchorAsked { anchor, candidates, wanted, near }
    }

    fn visit(&self, asking: &AnchorAsked, mut visit: impl FnMut(u32, u32, Between)) {
        let set = BuyerSet::new(self.index, &self.index.talkers_to(asking.anchor));
        let talking = set.buyers_talking();
        for (column, &candidate) in asking.candidates.iter().enumerate() {
            let near = |row| asking.near.of_pair(row, column);
            for pair in pairs_with(&set, &asking.wanted, candidate, &talking, near) {
                if pair.buyer != candidate {
                    visit(pair.buyer, candidate, pair.between);
                }
            }
        }
    }

    /// Strangers of one buyer, labelled by whether it turned to them: all of those it did turn to, a sample of the others.
    fn meeting_rows(&self, buyer: u32, scratch: &mut MeetScratch) -> Vec<LabelledPair> {
        let keep = Draws::new(self.settings.seed, MEETING_STREAM);
        let accounts = self.index.accounts() as u32;
        let one_in = (self.index.accounts() / STRANGERS_KEPT).max(1) as u64;
        let is_kept = |&account: &u32| keep.raw((u64::from(buyer) << 32) ^ u64::from(account)).is_multiple_of(one_in);
        let mut asked: Vec<u32> = (0..accounts).filter(is_kept).collect();
        asked.extend(self.labels.targets_of(buyer));
        asked.sort_unstable();
        asked.dedup();
        let mut rows = vec![];
        visit_strangers(self.index, buyer, asked.into_iter(), self.settings, scratch, |account, between| {
            let talked = self.talked(buyer, account);
            let weight = if talked == Talked::Yes { 1.0 } else { one_in as f32 };
            let features = self.index.habits.features(self.index, buyer, account, between);
            rows.push(LabelledPair { features, talked, weight });
        });
        rows
    }
}

fn fit_head(rows: &[LabelledPair], shipped: [f64; FEATURES], settings: &ListeningSettings) -> Head {
    let used: Vec<usize> =
        Feature::ALL.iter().filter(|feature| !settings.left_out.contains(feature)).map(|&f| f as usize).collect();
    let pull = Pull { towards: shipped, strength: settings.pull };
    let fit: Fit = fit(rows, &used, &pull);
    let talked = rows.iter().filter(|row| row.talked == Talked::Yes).count() as u64;
    Head::from_fit(&fit, rows.len() as u64, talked)
}

/// How pairs that talk grow with the window: `log2(pairs in the whole / pairs in the first half)`, in 0..=1.
///
/// Counted from an early moment, so that the window is long, and only among accounts known by then: newcomers are
/// nobody's buyers yet.
pub(super) fn growth(log: &EventLog, settings: &ListeningSettings) -> f64 {
    let cut = log.time_quantile(MOMENTS[0]).map_or(0, |at| at.ceil() as i64);
    let mut is_known = vec![false; log.accounts()];
    let past = log.between(None, Some(cut));
    for &account in past.actor().iter().chain(past.target()) {
        is_known[account as usize] = true;
    }
    let future = log.between(Some(cut), None);
    let until = log.span_unix().map_or(cut, |(_, last)| last + 1);
    let middle = cut + (until - cut) / 2;
    let pairs =
        |log: &EventLog| TurnedTo::among(log, &settings.index.kinds, |account| is_known[account as usize]).len() as f64;
    let (half, whole) = (pairs(&future.between(None, Some(middle))), pairs(&future));
    if half < 1.0 { 1.0 } else { (whole / half).log2().clamp(0.0, 1.0) }
}
