//! The proof on held-out time: would the ranking have named the people whom these buyers then talked to?
//!
//! Every account that enough others talk to stands once for a brand: its talkers before the cut are the buyers, and
//! what they do after the cut is the truth. The product's own training and scoring run on what came before the cut
//! and are set beside every simple ranking. The report says what was measured, with intervals over the accounts.

pub mod baselines;
pub mod buying_weight;
pub mod contacts;
pub mod creators;
pub mod resample;
pub mod split;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::events::EventLog;
use super::index::ConversationIndex;
use super::listening::division::Signal;
use super::listening::features::Feature;
use super::listening::reliability::{Reliability, Verdict};
use super::listening::{ListeningError, ListeningModel, ListeningSettings, train};
use resample::Difference;
pub use split::{Cut, Split};

/// Talk whose future is known, with what else the file says of the accounts.
#[derive(Clone, Debug, Default)]
pub struct LabelledTalk {
    pub events: EventLog,
    /// Followers of each account, `None` where not known; `None` altogether when the data has no followers.
    pub followers: Option<Vec<Option<f64>>>,
    /// The tag of each event of `events`, in its order; needed to halve by tag.
    pub tags: Option<Vec<u32>>,
}

/// Which accounts stand for brands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnchorsAsked {
    All,
    /// A sample of this many of the eligible ones.
    Sample(usize),
}

/// Whether each input is also left out in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ablation {
    Skip,
    EachInput,
}

/// How the proof is run; printed with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationSettings {
    pub cut: Cut,
    pub anchors: AnchorsAsked,
    /// How many creators are chosen.
    pub k: usize,
    pub seed: u64,
    pub bootstrap_draws: usize,
    pub ablation: Ablation,
    /// The product's own settings; the horizon is the one the model was trained on.
    pub listening: ListeningSettings,
}

impl Default for EvaluationSettings {
    fn default() -> EvaluationSettings {
        EvaluationSettings {
            cut: Cut::Quantile(0.7),
            anchors: AnchorsAsked::Sample(150),
            k: 10,
            seed: 0,
            bootstrap_draws: 2000,
            ablation: Ablation::Skip,
            listening: ListeningSettings::default(),
        }
    }
}

/// Why nothing could be measured.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EvaluationError {
    #[error("the data has no interactions before or none after the cut at {cut_unix}; choose another cut")]
    NothingToSplit { cut_unix: i64 },
    #[error("column {column} has {got} entries where {expect} were expected")]
    UnequalColumns { column: &'static str, got: usize, expect: usize },
    #[error("halves per tag need a tag for each interaction; the file has no tag column")]
    NoTags,
    #[error(transparent)]
    Listening(#[from] ListeningError),
}

/// One ranking's figures, means over the accounts that stand for brands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodFigures {
    /// Buyers who talked to one of the k chosen, over the same for the best choice in hindsight.
    pub reach_at_k: f64,
    /// Order of the k chosen against the ideal order.
    pub ndcg_at_k: f64,
    /// 90 % interval of `reach_at_k`.
    pub lo: f64,
    pub hi: f64,
}

/// One ranking's figures for whom a buyer meets next, means over buyers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactFigures {
    /// Share of buyers one of whose new contacts is among the first ten.
    pub hit_at_10: f64,
    /// Mean of one over the best rank.
    pub mrr: f64,
}

/// Sizes of the split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitCounts {
    pub accounts: usize,
    pub events_before: usize,
    pub events_after: usize,
    pub pairs_before: usize,
    pub pairs_after: usize,
    /// Share of the later pairs already seen before.
    pub pairs_seen_share: f64,
}

/// Whether predicted numbers of listeners came true.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationFigures {
    /// Days after the cut that are counted: those the model was trained on, or fewer when the data ends.
    pub horizon_days: f64,
    /// Expected listeners of the chosen, added up over all brands.
    pub predicted: f64,
    /// Listeners there then were.
    pub observed: f64,
    /// `predicted / observed`; 1 is right, `None` when nobody listened.
    pub ratio: Option<f64>,
}

/// Whether chances came true pair by pair, over the brands of the proof.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityFigures {
    /// What the table of the chosen says: the stricter of the two, because the best are chosen.
    pub verdict: Verdict,
    /// Pairs of the brand's buyers and the k creators that were named.
    pub chosen: Reliability,
    /// Pairs of the buyers and all candidates.
    pub all: Reliability,
}

/// The listening ranking with one input left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    pub left_out: String,
    /// Full model minus this one, in reach at k: above 0 the input helps.
    pub reach_gain: Difference,
    pub ndcg_gain: Difference,
    pub hit_at_10_gain: f64,
    pub mrr_gain: f64,
}

/// All that was measured. Keys are the ones the command line prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListeningReport {
    pub anchors: usize,
    pub anchors_eligible: usize,
    pub k: usize,
    pub cut_unix: i64,
    pub counts: SplitCounts,
    pub methods: BTreeMap<String, MethodFigures>,
    /// Listening minus each other ranking, paired by brand.
    pub reach_differences: BTreeMap<String, Difference>,
    pub ndcg_differences: BTreeMap<String, Difference>,
    pub new_contact_buyers: usize,
    pub new_contacts: BTreeMap<String, ContactFigures>,
    pub calibration: CalibrationFigures,
    pub reliability: ReliabilityFigures,
    pub ablation: Vec<LeftOut>,
    pub model: ListeningModel,
    pub settings: EvaluationSettings,
    /// What must be said beside the figures.
    pub notes: Vec<String>,
}

/// A model and what it reads, trained on the past alone.
pub(crate) struct Past {
    pub index: ConversationIndex,
    pub model: ListeningModel,
    pub settings: ListeningSettings,
}

impl Past {
    pub(crate) fn learn(split: &Split, settings: &ListeningSettings) -> Result<Past, ListeningError> {
        let mut settings = ListeningSettings { horizon_days: None, ..settings.clone() };
        if let Some(half_life) = split.half_life {
            settings.index.half_life = half_life;
        }
        let index = ConversationIndex::build(&split.before, Some(split.cut_unix), &settings.index);
        let model = train(&split.before, &settings)?;
        Ok(Past { index, model, settings })
    }
}

/// Runs the whole proof on one data set.
///
/// Cost: training once (once more for each input when ablating), then one ranking for each brand and buyer.
pub fn evaluate_listening(
    talk: &LabelledTalk,
    settings: &EvaluationSettings,
) -> Result<ListeningReport, EvaluationError> {
    if let Some(followers) = &talk.followers
        && followers.len() != talk.events.accounts()
    {
        let expect = talk.events.accounts();
        return Err(EvaluationError::UnequalColumns { column: "followers", got: followers.len(), expect });
    }
    let split = split::split(talk, settings.cut)?;
    let past = Past::learn(&split, &settings.listening)?;
    let core = Past::learn(&split, &core_features(&settings.listening))?;
    let truth = creators::Truth::of(&split, &past.index, past.model.horizon_days);
    let anchors = creators::anchors(&truth, talk.followers.as_deref(), settings);
    let methods = baselines::Methods::new(&past, &core, talk.followers.as_deref(), settings.seed);
    let creators = creators::measure(&anchors.sampled, &methods, &truth, settings);
    let buyers = contacts::buyers(&truth);
    let met = contacts::measure(&buyers, &methods, &truth);
    let mut ablation = vec![];
    if settings.ablation == Ablation::EachInput {
        for (name, without) in leave_one_out(&settings.listening) {
            let less = Past::learn(&split, &without)?;
            let other = baselines::Methods::listening_only(&less, talk.followers.as_deref());
            let creators_less = creators::measure(&anchors.sampled, &other, &truth, settings);
            let met_less = contacts::measure(&buyers, &other, &truth);
            ablation.push(left_out(name, &creators, &creators_less, &met, &met_less, settings));
        }
    }
    Ok(ListeningReport {
        anchors: anchors.sampled.len(),
        anchors_eligible: anchors.eligible,
        k: settings.k,
        cut_unix: split.cut_unix,
        counts: truth.counts,
        methods: creators.figures(settings),
        reach_differences: creators.differences(creators::Figure::Reach, settings),
        ndcg_differences: creators.differences(creators::Figure::Ndcg, settings),
        new_contact_buyers: buyers.len(),
        new_contacts: met.figures(),
        calibration: creators.calibration(truth.horizon_days),
        reliability: creators::reliability(&anchors.sampled, &past, &truth, settings, &methods.barred),
        ablation,
        model: past.model.clone(),
        settings: settings.clone(),
        notes: notes(),
    })
}

/// The settings with each signal of the order and each feature of the chances left out in turn.
fn leave_one_out(full: &ListeningSettings) -> Vec<(String, ListeningSettings)> {
    let signals = Signal::ALL.into_iter().map(|signal| {
        let signals_left_out = vec![signal];
        (format!("order: {}", signal.words()), ListeningSettings { signals_left_out, ..full.clone() })
    });
    let features = Feature::ALL.into_iter().skip(1).map(|feature| {
        let left_out = vec![feature];
        (format!("chance: {}", feature.words()), ListeningSettings { left_out, ..full.clone() })
    });
    signals.chain(features).collect()
}

fn left_out(
    left_out: String,
    full: &creators::Measured,
    less: &creators::Measured,
    met: &contacts::Met,
    met_less: &contacts::Met,
    settings: &EvaluationSettings,
) -> LeftOut {
    let gain = |figure| {
        let (with, without) = (full.column("listening", figure), less.column("listening", figure));
        resample::paired_difference(&with, &without, settings.bootstrap_draws, settings.seed)
    };
    let (with, without) = (met.figures()["listening"], met_less.figures()["listening"]);
    LeftOut {
        left_out,
        reach_gain: gain(creators::Figure::Reach),
        ndcg_gain: gain(creators::Figure::Ndcg),
        hit_at_10_gain: with.hit_at_10 - without.hit_at_10,
        mrr_gain: with.mrr - without.mrr,
    }
}

/// The proven core of five features, as a line of its own.
fn core_features(settings: &ListeningSettings) -> ListeningSettings {
    let core = [
        Feature::Always,
        Feature::Talks,
        Feature::BuyersTalking,
        Feature::InDegree,
        Feature::BuyerActivity,
        Feature::TalksBack,
    ];
    let left_out = Feature::ALL.into_iter().filter(|feature| !core.contains(feature)).collect();
    ListeningSettings { left_out, ..settings.clone() }
}

fn notes() -> Vec<String> {
    [
        "Followers predict poorly whom a given group talks to; part of the gain is plain popularity inside the niche: see in_degree and pagerank.",
        "The more fragmented the talk, the more a group-specific score gains; where a few experts answer everybody, a tie with in_degree is the right answer.",
        "Brands share buyers, so intervals over brands are a little too narrow.",
        "in_degree_largest_group is left out: it needs the groups.",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[cfg(test)]
mod tests;
