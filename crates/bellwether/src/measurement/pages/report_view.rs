//! The report of a campaign as it is drawn: for the team, for whoever has a link, and for print. The answer stands first.

use engine::measurement::lift::LiftVerdict;
use model::Estimate;

use super::chart::{LiftChart, Strip, day_in_full, lift_chart, strip};
use crate::clock;
use crate::measurement::found::{CreatorFound, OutcomeFound, PostFound};
use crate::measurement::{Report, words};
use crate::web::error::sentence;
use crate::web::estimates::{Drawing, EstimateCell, EstimateView, common_scale};
use crate::web::format;

/// Another method beside the answer.
pub struct OtherView {
    pub name: String,
    pub says: &'static str,
    pub view: EstimateView,
    pub words: String,
    pub warnings: Vec<String>,
    pub weights: Vec<(String, String)>,
    pub dropped: Vec<String>,
}

/// One outcome.
pub struct OutcomeView {
    pub id: String,
    pub heading: String,
    pub sentence: String,
    pub verdict: &'static str,
    /// `good`, `bad`, `open` or `broken`: a shape beside the words.
    pub sign: &'static str,
    pub views: Vec<EstimateView>,
    pub chart: Option<LiftChart>,
    pub strip: Option<Strip>,
    pub still_needed: Option<String>,
    pub smallest: Option<String>,
    pub noise: Option<String>,
    pub warnings: Vec<String>,
    pub others: Vec<OtherView>,
    pub disagreement: Option<String>,
    pub beside: Vec<String>,
    pub chance: Option<String>,
}

/// A creator's line.
pub struct CreatorLine {
    pub contact: i64,
    pub name: String,
    pub posts: String,
    pub cells: Vec<EstimateCell>,
    pub views: Vec<EstimateView>,
    pub chance_best: Option<String>,
}

/// A post on the wall.
pub struct PostCard {
    pub piece: i64,
    pub creator: String,
    pub name: String,
    pub address: Option<String>,
    pub day: String,
    pub state: String,
    pub counts: Vec<(String, String)>,
}

/// A step of the funnel as a bar.
pub struct FunnelBar {
    pub words: String,
    pub cell: EstimateCell,
    pub width: String,
    pub view: EstimateView,
}

/// A promise beside what came.
pub struct PromiseView {
    pub words: String,
    pub promised: EstimateView,
    pub came: EstimateView,
    pub learnt: String,
}

/// Everything that is drawn of a report.
pub struct ReportView {
    pub answer: String,
    pub days: String,
    pub tiles: Vec<EstimateView>,
    pub outcomes: Vec<OutcomeView>,
    pub attributed: Vec<EstimateView>,
    pub incremental: Vec<EstimateView>,
    pub returns_words: String,
    pub cost_remarks: Vec<String>,
    pub missing: Vec<&'static str>,
    pub funnel: Vec<FunnelBar>,
    pub reached: Vec<EstimateView>,
    pub unit_costs: Vec<EstimateView>,
    pub voice: EstimateView,
    pub creators: Vec<CreatorLine>,
    pub posts: Vec<PostCard>,
    pub promises: Vec<PromiseView>,
    pub remarks: Vec<String>,
    pub not_known: Vec<String>,
    pub credited_by: String,
    pub as_of: String,
    pub data_hash: String,
    pub versions: String,
    pub first: Option<(String, String)>,
    pub designed: String,
    pub is_late: bool,
    pub margin: Option<String>,
}

fn verdict_of(found: &OutcomeFound) -> (&'static str, &'static str) {
    if found.refused.is_some() {
        return ("not measured", "open");
    }
    match found.verdict {
        LiftVerdict::SeenMore if found.is_seen() => ("seen", "good"),
        LiftVerdict::SeenMore => ("cannot tell", "open"),
        LiftVerdict::SeenLess => ("less than without", "bad"),
        LiftVerdict::CannotTell => ("cannot tell", "open"),
        LiftVerdict::NotTrustworthy => ("design not trustworthy", "broken"),
    }
}

fn view(id: &str, label: &str, estimate: &Estimate) -> EstimateView {
    EstimateView::new(Drawing { id, label, scale_to: common_scale(&[estimate]), brand: None }, estimate)
}

fn outcome_view(place: usize, found: &OutcomeFound, posts: &[(i32, String)]) -> OutcomeView {
    let (verdict, sign) = verdict_of(found);
    let id = if place == 0 { "answer-of-it".to_owned() } else { format!("outcome-{place}") };
    let of = |what: &str, label: String, estimate: &Estimate| view(&format!("{id}-{what}"), &label, estimate);
    let smallest = found.detectable.as_ref().map(|detectable| match detectable.relative {
        Some(relative) => format!(
            "Effects of {}{:.0} % and more would mostly be seen here{}.",
            if detectable.is_approximate { "about " } else { "" },
            100.0 * relative,
            match detectable.windows {
                0 => String::new(),
                windows => format!(", by {} of the own history", format::counted(windows as u64, "window", "windows")),
            }
        ),
        None => "Not even half as much again would mostly be seen here.".to_owned(),
    });
    OutcomeView {
        heading: super::capitalised(&found.words),
        sentence: words::outcome(found),
        verdict,
        sign,
        views: match found.refused {
            Some(_) => vec![],
            None => vec![
                of("all", format!("More {} than without", found.words), &found.gained),
                of("day", format!("More {} a day", found.words), &found.a_day),
                of("share", "As a share of what would have been".to_owned(), &found.relative),
            ],
        },
        chart: lift_chart(found, if place == 0 { posts } else { &[] }),
        strip: found.placebos.as_ref().filter(|placebos| !placebos.windows.is_empty()).and_then(|placebos| strip(found, placebos)),
        still_needed: found.still_needed.as_deref().map(sentence),
        smallest,
        noise: found.shares.map(|shares| {
            let scale = if found.is_percent_scale { "percent" } else { "so many a day" };
            let counts = if found.is_small_counts { "; small counts, whose chance goes with their mean" } else { "" };
            format!(
                "On the scale of {scale}{counts}. The {} days before speak for days on their own by {:.0} %, for days that remember the day before by {:.0} %, for a level that wanders by {:.0} %.",
                format::count(found.days_before as u64),
                100.0 * shares.white,
                100.0 * shares.memory,
                100.0 * shares.drift
            )
        }),
        warnings: found.warnings.iter().map(|one| sentence(one)).collect(),
        others: found
            .others
            .iter()
            .enumerate()
            .map(|(other_place, other)| OtherView {
                name: super::capitalised(&other.name),
                says: other.verdict.words(),
                view: of(&format!("other-{other_place}"), format!("More {} a day", found.words), &other.a_day),
                words: sentence(&other.words),
                warnings: other.warnings.iter().map(|one| sentence(one)).collect(),
                weights: other
                    .weights
                    .iter()
                    .map(|(name, weight)| (name.clone(), format!("{:.0} %", 100.0 * weight)))
                    .collect(),
                dropped: other.dropped.clone(),
            })
            .collect(),
        disagreement: found.disagreement.clone(),
        beside: found.beside.clone(),
        chance: found.p.map(|p| match found.p_among_all {
            None => format!("Chance alone goes as far in {:.1} of 100 cases.", 100.0 * p),
            Some(among) => format!(
                "Chance alone goes as far in {:.1} of 100 cases; among all the outcomes looked at, in {:.1} (Holm).",
                100.0 * p,
                100.0 * among
            ),
        }),
        id,
    }
}

/// A figure of a creator: what it is called in addresses and in words, and which it is.
type FigureOf = (&'static str, &'static str, fn(&CreatorFound) -> &Estimate);

fn creator_line(found: &CreatorFound, report: &Report) -> CreatorLine {
    let (names, all) = (&report.names, &report.found);
    let contact = found.contact;
    let scale = |of: fn(&CreatorFound) -> &Estimate| {
        let estimates: Vec<&Estimate> = all.creators.iter().map(of).collect();
        common_scale(&estimates)
    };
    let cell = |what: &str, label: &str, of: fn(&CreatorFound) -> &Estimate| {
        EstimateCell::new(label, of(found), scale(of), Some(format!("#creator-{contact}-{what}")))
    };
    let opened = |what: &str, label: &str, of: fn(&CreatorFound) -> &Estimate| {
        let id = format!("creator-{contact}-{what}");
        EstimateView::new(Drawing { id: &id, label, scale_to: scale(of), brand: None }, &report.with_names(of(found)))
    };
    let shown: [FigureOf; 6] = [
        ("cost", "Cost", |one| &one.cost),
        ("clicks", "Clicks", |one| &one.clicks),
        ("orders", "Orders", |one| &one.orders),
        ("value", "Value of orders", |one| &one.value),
        ("rate", "Orders of a click", |one| &one.rate),
        ("roi", "Return", |one| &one.roi),
    ];
    let beside: [FigureOf; 5] = [
        ("reach", "Reach, added up", |one| &one.reach),
        ("interactions", "Interactions", |one| &one.interactions),
        ("a-click", "What a click brings", |one| &one.a_click),
        ("cost-click", "Cost of a click", |one| &one.cost_per_click),
        ("cost-order", "Cost of an order", |one| &one.cost_per_order),
    ];
    CreatorLine {
        contact,
        name: names.get(&contact).cloned().unwrap_or_else(|| "somebody forgotten".to_owned()),
        posts: format::count(found.posts),
        cells: shown.iter().map(|(what, label, of)| cell(what, label, *of)).collect(),
        views: shown.iter().chain(&beside).map(|(what, label, of)| opened(what, label, *of)).collect(),
        chance_best: found
            .chance_best
            .filter(|_| all.creators.len() > 1)
            .map(|chance| format!("A click of theirs brings the most with a chance of {:.0} %.", 100.0 * chance)),
    }
}

fn post_card(post: &PostFound, report: &Report) -> PostCard {
    let names = &report.names;
    let address = report.addresses.get(&post.piece).cloned().unwrap_or_default();
    PostCard {
        piece: post.piece,
        creator: names.get(&post.contact).cloned().unwrap_or_else(|| "somebody forgotten".to_owned()),
        name: post.name.clone(),
        address: (address.starts_with("https://") || address.starts_with("http://")).then_some(address),
        day: post.day.map_or_else(|| "day not known".to_owned(), day_in_full),
        state: post.state.clone(),
        counts: post.counts.iter().map(|(code, estimate)| (code.replace('_', " "), words::value(estimate))).collect(),
    }
}

impl ReportView {
    pub fn of(report: &Report) -> ReportView {
        let (found, study) = (&report.found, &report.study);
        let names = &report.names;
        let posts: Vec<(i32, String)> = found
            .posts
            .iter()
            .filter_map(|post| {
                Some((
                    post.day?,
                    format!("{}: {}", names.get(&post.contact).map_or("a creator", String::as_str), post.name),
                ))
            })
            .collect();
        let most = found.funnel.iter().filter_map(|step| step.estimate.value).fold(0.0_f64, f64::max);
        let bar = |place: usize, step: &crate::measurement::found::StepFound| {
            // Steps differ a thousandfold: the logarithm keeps the last ones in sight, and says so.
            let width = step
                .estimate
                .value
                .filter(|value| *value > 0.0)
                .map_or(0.0, |value| (1.0 + value).ln() / (1.0 + most).ln() * 100.0);
            FunnelBar {
                words: step.words.clone(),
                cell: EstimateCell::new(&step.words, &step.estimate, 0.0, Some(format!("#step-{place}"))),
                width: format!("{width:.1}"),
                view: view(&format!("step-{place}"), &step.words, &report.with_names(&step.estimate)),
            }
        };
        let standing = |label: &str, id: &str, estimate: &Estimate| view(id, label, &report.with_names(estimate));
        let returns_words = match (found.attributed.roi.value, found.incremental.roi.value) {
            (Some(_), Some(_)) => {
                "Attributed counts every order that came by a link or code, also those that would have come anyway. Incremental counts what came beside what was to be expected, by whichever way. They are two answers and are never added."
            }
            (Some(_), None) => {
                "Attributed counts every order that came by a link or code, also those that would have come anyway. Incremental is not known: the reason stands beside it."
            }
            (None, Some(_)) => {
                "Incremental counts what came beside what was to be expected, by whichever way. Attributed is not known: the reason stands beside it."
            }
            (None, None) => "Neither return is known; the reasons stand beside them.",
        };
        let design = &study.design;
        ReportView {
            answer: words::answer(report),
            days: format!(
                "{} to {}, {}",
                day_in_full(design.first_day()),
                day_in_full(design.day_after() - 1),
                format::counted(design.days().unsigned_abs().into(), "day", "days")
            ),
            tiles: vec![
                standing(&format!("More {} than without", found.primary.words), "tile-gained", &found.primary.gained),
                standing("Margin that would not have come otherwise", "tile-margin", &found.incremental.margin),
                standing("Cost", "tile-cost", &found.cost.total),
                standing("Margin of credited orders", "tile-value", &found.attributed.margin),
            ],
            outcomes: std::iter::once(&found.primary)
                .chain(&found.secondary)
                .enumerate()
                .map(|(place, outcome)| outcome_view(place, outcome, &posts))
                .collect(),
            attributed: vec![
                standing("Attributed return", "roi-attributed", &found.attributed.roi),
                standing("Margin of credited orders", "margin-attributed", &found.attributed.margin),
            ],
            incremental: vec![
                standing("Incremental return", "roi-incremental", &found.incremental.roi),
                standing("Margin beside what was to be expected", "margin-incremental", &found.incremental.margin),
            ],
            returns_words: returns_words.to_owned(),
            cost_remarks: found.cost.remarks.iter().map(|one| sentence(&report.named(one))).collect(),
            missing: found.cost.missing.iter().map(|part| part.words()).collect(),
            funnel: found.funnel.iter().enumerate().map(|(place, step)| bar(place, step)).collect(),
            reached: vec![
                standing("Different people reached", "reached-distinct", &found.distinct),
                standing("Times each saw something", "reached-frequency", &found.frequency),
            ],
            unit_costs: found
                .unit_costs
                .iter()
                .enumerate()
                .map(|(place, step)| view(&format!("unit-cost-{place}"), &step.words, &step.estimate))
                .collect(),
            voice: standing("Share of voice", "share-of-voice", &found.share_of_voice),
            creators: found.creators.iter().map(|creator| creator_line(creator, report)).collect(),
            posts: found.posts.iter().map(|post| post_card(post, report)).collect(),
            promises: found
                .promises
                .iter()
                .enumerate()
                .map(|(place, promise)| PromiseView {
                    words: promise.words.clone(),
                    promised: view(&format!("promised-{place}"), "Promised", &promise.promised),
                    came: view(&format!("came-{place}"), "Came", &report.with_names(&promise.came)),
                    learnt: promise.learnt.clone(),
                })
                .collect(),
            remarks: found.remarks.iter().map(|one| sentence(one)).collect(),
            not_known: found.not_known.clone(),
            credited_by: found.credited_by.clone(),
            as_of: clock::minute(report.as_of),
            data_hash: report.data_hash.clone(),
            versions: format!(
                "lift {}, costs {}, pooling {}, report {}",
                engine::measurement::lift::LIFT_VERSION,
                engine::measurement::costs::COSTS_VERSION,
                engine::measurement::pooling::POOLING_VERSION,
                found.version
            ),
            first: report.first.as_ref().map(|(at, first)| (clock::minute(*at), words::answer_of(first))),
            designed: clock::minute(study.row.created_at),
            is_late: design.is_late,
            margin: design.margin_basis_points.map(|points| format!("{} %", f64::from(points) / 100.0)),
        }
    }

    /// The same for somebody who sees this page alone: nothing leads into the program.
    pub fn without_links(mut self) -> ReportView {
        let cut = |view: EstimateView| view.without_links();
        let cut_all = |views: &mut Vec<EstimateView>| {
            *views = std::mem::take(views).into_iter().map(cut).collect();
        };
        for views in
            [&mut self.tiles, &mut self.attributed, &mut self.incremental, &mut self.reached, &mut self.unit_costs]
        {
            cut_all(views);
        }
        self.outcomes.iter_mut().for_each(|outcome| {
            cut_all(&mut outcome.views);
            outcome.others = std::mem::take(&mut outcome.others)
                .into_iter()
                .map(|other| OtherView { view: cut(other.view), ..other })
                .collect();
        });
        self.funnel =
            std::mem::take(&mut self.funnel).into_iter().map(|bar| FunnelBar { view: cut(bar.view), ..bar }).collect();
        self.voice = cut(self.voice);
        self.creators.iter_mut().for_each(|creator| cut_all(&mut creator.views));
        self.promises = std::mem::take(&mut self.promises)
            .into_iter()
            .map(|promise| PromiseView { promised: cut(promise.promised), came: cut(promise.came), ..promise })
            .collect();
        self
    }
}
