//! A sample of an audience, looked at by two people side by side: the sample with its share as it narrows, one account
//! after the other by keyboard, and what the two did not agree on.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Redirect, Response};
use engine::vetting::audience::sample::{Agreement, Label, SampleShare, sample_estimate};
use model::{AccountId, Unit};
use store::AudienceLabel;

use super::super::gold::{
    Answers, GoldError, GoldStanding, PopulationSeen, SampleHeld, SampleSize, TOGETHER, answers_of, draw_sample,
    keep_answers, labeller, sample_held, sheet, standing_of,
};
use crate::clock;
use crate::creators::{CreatorName, is_made_up, names, public_url};
use crate::web::app::{App, Page, aside, draw};
use crate::web::error::WebError;
use crate::web::estimates::{Drawing, EstimateView, round_scale_end};
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::people::Person;
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// The share of followers, or of people who comment, as it stands.
pub struct ShareSoFar {
    pub whose: &'static str,
    pub share: EstimateView,
    pub looked_at: String,
    pub by_model: String,
    pub plot: Option<NarrowingPlot>,
}

/// The interval after every ten accounts looked at.
pub struct NarrowingPlot {
    pub finding: String,
    pub band: String,
    pub middle: String,
    /// What the model alone says, as a bar at the left edge: top and height.
    pub model: Option<(String, String)>,
    pub top: String,
    pub rows: Vec<NarrowingLine>,
}

pub struct NarrowingLine {
    pub looked_at: String,
    pub share: String,
    pub interval: String,
}

/// A part of the sample.
pub struct PartLine {
    pub words: &'static str,
    pub held: String,
    pub people: String,
    pub looked_at: String,
    pub sold: String,
}

/// Whoever labelled.
pub struct LabellerLine {
    pub name: String,
    pub count: String,
}

#[derive(Template)]
#[template(path = "vetting/sample.html")]
struct SamplePage {
    layout: Layout,
    person: Person,
    /// `None` before a sample was drawn.
    drawn: Option<SampleDrawnView>,
    followers_wanted: usize,
    engagers_wanted: usize,
    size_max: usize,
    /// Why what was asked could not be done.
    problem: Option<String>,
}

pub struct SampleDrawnView {
    pub finding: String,
    pub drawn_on: String,
    pub shares: Vec<ShareSoFar>,
    pub parts: Vec<PartLine>,
    pub labellers: Vec<LabellerLine>,
    pub agreement: Option<String>,
    pub disagreements: usize,
    pub left: usize,
    pub one: String,
    pub two: String,
}

/// `GET /vetting/{account}/sample`
pub async fn show(State(app): State<App>, visit: Visit, Path(account): Path<AccountId>) -> Page {
    page(&app, visit, account, None).await
}

async fn page(app: &App, visit: Visit, account: AccountId, problem: Option<String>) -> Page {
    let creator = creator(app, account).await?;
    let data = app.data.clone();
    let found = aside(move || async move { standing_of(&data, account).await }).await?;
    let size = SampleSize::default();
    let layout = Layout::load(app, visit, Word::Vetting, format!("A sample of {}’s audience", creator.name)).await?;
    draw(SamplePage {
        layout,
        person: Person::of(&creator),
        drawn: found.map(|(held, standing)| drawn_view(&held, &standing)),
        followers_wanted: size.followers,
        engagers_wanted: size.engagers,
        size_max: SampleSize::MAX,
        problem,
    })
    .await
}

async fn creator(app: &App, account: AccountId) -> Result<CreatorName, WebError> {
    app.data.revision().await?;
    let mut named = names(&app.data, vec![account]).await?;
    named.remove(&account).ok_or_else(|| crate::creators::CreatorsError::NotFound(account.to_string()).into())
}

/// `POST /vetting/{account}/sample`: draws one.
pub async fn begin(
    State(app): State<App>,
    visit: Visit,
    Path(account): Path<AccountId>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    use axum::response::IntoResponse;
    let asked = Pairs(pairs);
    let number = |key: &str| asked.one(key).unwrap_or("0").parse::<usize>().unwrap_or(usize::MAX / 4);
    let size = SampleSize { followers: number("followers"), engagers: number("engagers") };
    let data = app.data.clone();
    let seed = data.now().0.unsigned_abs() / 1_000_000;
    let done = aside(move || async move { Ok::<_, WebError>(draw_sample(&data, account, size, seed).await) }).await?;
    match done {
        Ok(_) => Ok(Redirect::to(&format!("/vetting/{account}/sample")).into_response()),
        Err(error @ (GoldError::NobodyHeld | GoldError::Size(_))) => {
            let (what, hint) = crate::web::error::message_and_hint(&error.to_string());
            let said = hint.map_or_else(|| what.clone(), |hint| format!("{what}. To go on: {hint}."));
            Ok(page(&app, visit, account, Some(said)).await?.into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /vetting/{account}/sample/delete`: the way out of what was said of people.
pub async fn delete(State(app): State<App>, Path(account): Path<AccountId>) -> Result<Redirect, WebError> {
    app.data.store.delete_audience_samples(account).await?;
    Ok(Redirect::to(&format!("/vetting/{account}/sample")))
}

fn drawn_view(held: &SampleHeld, standing: &GoldStanding) -> SampleDrawnView {
    let looked = standing.looked_at as u64;
    let name = |place: usize| standing.labellers.get(place).map(|(name, _)| name.clone()).unwrap_or_default();
    SampleDrawnView {
        finding: finding(standing),
        drawn_on: clock::day(held.sample.drawn_at),
        shares: standing.populations.iter().map(|of| share_so_far(of, held.sample.drawn_at)).collect(),
        parts: standing
            .parts
            .iter()
            .map(|part| PartLine {
                words: part.part.words(),
                held: format::count(part.held),
                people: format::count(part.people as u64),
                looked_at: format::count(part.looked_at as u64),
                sold: format::count(part.made_to_be_sold as u64),
            })
            .collect(),
        labellers: standing
            .labellers
            .iter()
            .map(|(name, count)| LabellerLine { name: name.clone(), count: format::count(*count) })
            .collect(),
        agreement: standing.agreement.as_ref().map(|agreement| agreement_words(agreement, standing)),
        disagreements: standing.disagreements.len(),
        left: standing.people - looked as usize,
        one: name(0),
        two: name(1),
    }
}

fn finding(standing: &GoldStanding) -> String {
    let drawn = format::counted(standing.people as u64, "account was", "accounts were");
    let held: u64 = standing.parts.iter().map(|part| part.held).sum();
    let is_whole = held == standing.people as u64;
    let only_engagers = standing.parts.iter().all(|part| !part.part.is_followers());
    let how = match (is_whole, only_engagers) {
        (true, true) => ", which are all who comment; fewer than 20 followers are held",
        (true, false) => ", which are all that are held",
        (false, true) => " by chance from those who comment; fewer than 20 followers are held",
        (false, false) => " by chance",
    };
    match standing.looked_at {
        0 => format!("{drawn} drawn{how}; nobody has looked at one yet."),
        looked => {
            format!("{drawn} drawn{how}; {} looked at so far.", format::counted(looked as u64, "one is", "are"))
        }
    }
}

fn agreement_words(agreement: &Agreement, standing: &GoldStanding) -> String {
    let two: Vec<&str> = standing.labellers.iter().take(2).map(|(name, _)| name.as_str()).collect();
    let beyond = match agreement.kappa {
        None => "one of them gave everybody the same answer, so chance alone could do as well".to_owned(),
        Some(kappa) => {
            let words = match kappa {
                kappa if kappa < 0.4 => "hardly more than chance would make them",
                kappa if kappa < 0.6 => "fair",
                kappa if kappa < 0.8 => "good",
                _ => "very good",
            };
            format!("kappa {kappa:.2}, {words}")
        }
    };
    let left = match standing.disagreements.len() {
        0 => "",
        _ => " Settle what is not agreed on before you rely on it.",
    };
    format!(
        "{} agree on {} of the {} accounts that both told: {beyond}.{left}",
        two.join(" and "),
        format::count(agreement.same),
        format::count(agreement.both)
    )
    .replace('-', "\u{2212}")
}

fn percent(share: f64) -> String {
    format::value(share, 0.05, Unit::Share)
}

fn share_so_far(of: &PopulationSeen, as_of: model::Timestamp) -> ShareSoFar {
    let estimate = sample_estimate(of.share.as_ref(), of.whose, of.looked_at, as_of);
    let id = format!("share-{}", of.whose);
    let drawing = Drawing { id: &id, label: "Share made to be sold", scale_to: 1.0, brand: None };
    let by_model = match of.by_model {
        Some(share) => format!(
            "By the model alone, with {}: {} ({}).",
            share.rung.words(),
            percent(share.value),
            format::interval(share.value, share.lo, share.hi, Unit::Share)
        ),
        None => "The model alone cannot tell: too few profiles are held with followers and following.".to_owned(),
    };
    ShareSoFar {
        whose: of.whose,
        share: EstimateView::new(drawing, &estimate),
        looked_at: format!("{} of {} drawn looked at", format::count(of.looked_at), format::count(of.people as u64)),
        by_model,
        plot: narrowing_plot(of),
    }
}

const PLOT_WIDTH: f64 = 640.0;
const PLOT_HEIGHT: f64 = 180.0;

fn narrowing_plot(of: &PopulationSeen) -> Option<NarrowingPlot> {
    let (first, last) = (of.narrowing.first()?, of.narrowing.last()?);
    let highest = of.narrowing.iter().map(|step| step.share.hi).fold(0.0, f64::max);
    let highest = of.by_model.map_or(highest, |share| highest.max(share.hi));
    let top = round_scale_end(highest).min(1.0);
    let x = |looked: u64| looked as f64 / of.people.max(1) as f64 * (PLOT_WIDTH - 24.0) + 20.0;
    let y = |share: f64| PLOT_HEIGHT - share.min(top) / top * (PLOT_HEIGHT - 8.0);
    let point = |step: &SampleShare, share: f64| format!("{:.1},{:.1}", x(step.looked_at), y(share));
    let upper = of.narrowing.iter().map(|step| point(step, step.share.hi));
    let lower = of.narrowing.iter().rev().map(|step| point(step, step.share.lo));
    let width = |step: &SampleShare| (step.share.hi - step.share.lo) * 100.0;
    Some(NarrowingPlot {
        finding: format!(
            "The interval was {:.0} points wide after {} accounts and is {:.0} after {}; the scale runs from 0 to {}.",
            width(first),
            first.looked_at,
            width(last),
            last.looked_at,
            percent(top)
        ),
        band: upper.chain(lower).collect::<Vec<_>>().join(" "),
        middle: of.narrowing.iter().map(|step| point(step, step.share.value)).collect::<Vec<_>>().join(" "),
        model: of
            .by_model
            .map(|share| (format!("{:.1}", y(share.hi)), format!("{:.1}", (y(share.lo) - y(share.hi)).max(2.0)))),
        top: percent(top),
        rows: of
            .narrowing
            .iter()
            .map(|step| NarrowingLine {
                looked_at: format::count(step.looked_at),
                share: percent(step.share.value),
                interval: format::interval(step.share.value, step.share.lo, step.share.hi, Unit::Share),
            })
            .collect(),
    })
}

/// A place to answer: one person's, or that of both together.
pub struct Panel {
    pub field: &'static str,
    pub name: String,
    pub options: Vec<PanelOption>,
    pub answered: bool,
}

pub struct PanelOption {
    pub code: &'static str,
    pub words: &'static str,
    pub key: &'static str,
    pub chosen: bool,
}

/// What somebody said under the creator's posts.
pub struct SaidLine {
    pub words: String,
    pub day: String,
}

/// The account being looked at.
pub struct Looked {
    pub person: Person,
    pub account: String,
    pub bio: Option<String>,
    pub url: Option<String>,
    pub followers: String,
    pub following: String,
    pub seen_on: Option<String>,
    pub said: Vec<SaidLine>,
}

#[derive(Template)]
#[template(path = "vetting/look.html")]
struct LookPage {
    layout: Layout,
    creator: Person,
    /// `None` when everybody has been looked at.
    looked: Option<Looked>,
    panels: Vec<Panel>,
    action: String,
    one: String,
    two: String,
    /// What each said, where two settle.
    told: Vec<String>,
    progress: String,
    done: usize,
    total: usize,
    back: Option<String>,
    so_far: Vec<String>,
    side_by_side: bool,
    settling: bool,
}

const KEYS: [[&str; 3]; 2] = [["a", "s", "d"], ["j", "k", "l"]];

fn panel(place: usize, field: &'static str, name: &str, chosen: Option<Label>) -> Panel {
    let options = Label::ALL.into_iter().zip(KEYS[place]).map(|(label, key)| PanelOption {
        code: label.code(),
        words: label.words(),
        key,
        chosen: chosen == Some(label),
    });
    Panel { field, name: name.to_owned(), options: options.collect(), answered: chosen.is_some() }
}

/// Who looks, as the address says: one name, or two that differ.
fn who_looks(asked: &Pairs) -> Result<(String, Option<String>), GoldError> {
    let one = labeller(asked.one("one").unwrap_or(""))?;
    let two = asked.one("two").map(labeller).transpose()?;
    match &two {
        Some(two) if two.eq_ignore_ascii_case(&one) => Err(GoldError::SameLabeller(one)),
        _ => Ok((one, two)),
    }
}

async fn held_with_labels(
    app: &App,
    account: AccountId,
) -> Result<(std::sync::Arc<SampleHeld>, Vec<AudienceLabel>, GoldStanding), WebError> {
    let data = app.data.clone();
    aside(move || async move {
        let held = sample_held(&data, account).await?.ok_or(GoldError::NoSample)?;
        let labels = data.store.audience_labels(Some(held.sample.id)).await?;
        let standing = super::super::gold::standing(&held, &labels);
        Ok::<_, GoldError>((held, labels, standing))
    })
    .await
}

/// `GET /vetting/{account}/sample/look?one=…&two=…&at=…`
pub async fn look(
    State(app): State<App>,
    visit: Visit,
    Path(account): Path<AccountId>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let asked = Pairs(pairs);
    let (one, two) = who_looks(&asked)?;
    let (held, labels, standing) = held_with_labels(&app, account).await?;
    let answers = answers_of(&held, &labels);
    let names: Vec<&String> = [Some(&one), two.as_ref()].into_iter().flatten().collect();
    let is_done = |of: &Answers| names.iter().all(|name| of.by.contains_key(*name));
    let asked_for = asked.one("at").and_then(|at| at.parse::<usize>().ok()).filter(|at| *at < answers.len());
    let place = asked_for.or_else(|| answers.iter().position(|of| !is_done(of)));
    let done = answers.iter().filter(|of| is_done(of)).count();
    let path = format!("/vetting/{account}/sample/look");
    let who = |at: Option<usize>| {
        Pairs::default().with("one", &one).with_some("two", two.as_deref()).with_some("at", at).address(&path)
    };
    let panels = place.map(|place| {
        let said = |name: &String| answers[place].by.get(name).copied();
        let mut panels = vec![panel(0, "said_one", &one, said(&one))];
        panels.extend(two.as_ref().map(|two| panel(1, "said_two", two, said(two))));
        panels
    });
    let before = match place {
        Some(0) => None,
        Some(place) => Some(who(Some(place - 1))),
        None => answers.len().checked_sub(1).map(|last| who(Some(last))),
    };
    draw(LookPage {
        panels: panels.unwrap_or_default(),
        action: path.clone(),
        told: vec![],
        progress: format!("{done} of {} done", answers.len()),
        done,
        total: answers.len(),
        back: before,
        side_by_side: two.is_some(),
        settling: false,
        ..look_page(&app, visit, account, &held, &standing, place, (one.clone(), two.clone().unwrap_or_default()))
            .await?
    })
    .await
}

async fn look_page(
    app: &App,
    visit: Visit,
    account: AccountId,
    held: &SampleHeld,
    standing: &GoldStanding,
    place: Option<usize>,
    (one, two): (String, String),
) -> Result<LookPage, WebError> {
    let creator = creator(app, account).await?;
    let made_up = is_made_up(&app.data).await?;
    let title = format!("Looking at {}’s audience", creator.name);
    let so_far = standing.populations.iter().filter_map(|of| {
        let share = of.share?.share;
        let interval = format::interval(share.value, share.lo, share.hi, Unit::Share);
        Some(format!("{}: {} made to be sold so far ({interval})", of.whose, percent(share.value)))
    });
    Ok(LookPage {
        layout: Layout::load(app, visit, Word::Vetting, title).await?,
        creator: Person::of(&creator),
        looked: place.map(|place| looked(held, held.sample.people[place].account, made_up)),
        panels: vec![],
        action: String::new(),
        one,
        two,
        told: vec![],
        progress: String::new(),
        done: 0,
        total: 0,
        back: None,
        so_far: so_far.collect(),
        side_by_side: false,
        settling: false,
    })
}

fn looked(held: &SampleHeld, account: AccountId, made_up: bool) -> Looked {
    let profile = held.profiles.get(&account);
    let handle = profile.map(|of| of.handle.clone().unwrap_or_else(|| of.native_id.clone())).unwrap_or_default();
    let name = profile.and_then(|of| of.display_name.clone()).unwrap_or_else(|| handle.clone());
    let platform = profile.map_or(model::Platform::Other, |of| of.platform);
    let count = |number: Option<i64>| number.map_or_else(|| "not known".to_owned(), format::count_of);
    let said = held.said.get(&account).map(Vec::as_slice).unwrap_or_default();
    Looked {
        person: Person::new(account, platform, &name, &handle),
        account: account.to_string(),
        bio: profile.and_then(|of| of.bio.as_deref()).map(crate::web::words::plain),
        url: profile.filter(|_| !made_up).and_then(public_url),
        followers: count(profile.and_then(|of| of.followers)),
        following: count(profile.and_then(|of| of.following)),
        seen_on: profile.and_then(|of| of.observed_at).map(clock::day),
        said: said
            .iter()
            .map(|row| SaidLine { words: crate::web::words::plain(&row.body), day: clock::day(row.at) })
            .collect(),
    }
}

/// `POST /vetting/{account}/sample/look`: keeps the answers about one account and goes on to the next.
pub async fn keep(
    State(app): State<App>,
    Path(account): Path<AccountId>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let asked = Pairs(pairs);
    let (one, two) = who_looks(&asked)?;
    let person = person_of(&asked)?;
    let mut said = vec![];
    for (name, field) in [(Some(&one), "said_one"), (two.as_ref(), "said_two")] {
        if let (Some(name), Some(code)) = (name, asked.one(field)) {
            said.push((name.clone(), label_of(code)?));
        }
    }
    keep_answers(&app.data, account, person, &said).await?;
    let next = Pairs::default().with("one", &one).with_some("two", two.as_deref());
    // Whoever answered only for one comes back to the same account.
    let held = sample_held(&app.data, account).await?.ok_or(GoldError::NoSample)?;
    let waiting = two.is_some() && said.len() < 2;
    let next = next.with_some("at", held.place(person).filter(|_| waiting));
    Ok(Redirect::to(&next.address(&format!("/vetting/{account}/sample/look"))))
}

fn person_of(asked: &Pairs) -> Result<AccountId, GoldError> {
    let person = asked.one("account").unwrap_or("");
    person.parse().map_err(|_| GoldError::NotInSample(person.to_owned()))
}

fn label_of(code: &str) -> Result<Label, GoldError> {
    Label::from_code(code).ok_or_else(|| GoldError::Label(code.to_owned()))
}

/// `GET /vetting/{account}/sample/settle`: what two people did not agree on, one after the other.
pub async fn settle(
    State(app): State<App>,
    visit: Visit,
    Path(account): Path<AccountId>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let (held, labels, standing) = held_with_labels(&app, account).await?;
    let answers = answers_of(&held, &labels);
    let asked_for = Pairs(pairs).one("at").and_then(|at| at.parse::<usize>().ok()).filter(|at| *at < answers.len());
    let place = asked_for.or_else(|| standing.disagreements.first().and_then(|first| held.place(*first)));
    // Back leads to what was settled last.
    let last = labels.iter().filter(|label| label.labeller == TOGETHER).max_by_key(|label| label.at);
    let last = last.and_then(|label| held.place(label.account)).filter(|last| Some(*last) != place);
    let told = place.map(|place| {
        answers[place].by.iter().map(|(name, label)| format!("{name}: {}", label.words())).collect::<Vec<_>>()
    });
    let settled = answers.iter().filter(|of| of.together.is_some()).count();
    let total = settled + standing.disagreements.len();
    draw(LookPage {
        panels: place.map(|at| vec![panel(0, "said_one", "Together", answers[at].together)]).unwrap_or_default(),
        action: format!("/vetting/{account}/sample/settle"),
        told: told.unwrap_or_default(),
        progress: format!("{settled} of {total} settled"),
        done: settled,
        total,
        back: last.map(|at| format!("/vetting/{account}/sample/settle?at={at}")),
        side_by_side: false,
        settling: true,
        ..look_page(&app, visit, account, &held, &standing, place, (String::new(), String::new())).await?
    })
    .await
}

/// `POST /vetting/{account}/sample/settle`
pub async fn keep_settled(
    State(app): State<App>,
    Path(account): Path<AccountId>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, WebError> {
    let asked = Pairs(pairs);
    let person = person_of(&asked)?;
    let label = label_of(asked.one("said_one").unwrap_or(""))?;
    keep_answers(&app.data, account, person, &[(TOGETHER.to_owned(), label)]).await?;
    Ok(Redirect::to(&format!("/vetting/{account}/sample/settle")))
}

/// `GET /vetting/{account}/sample/labels.csv`: the sample with what everybody said, blind to the model.
pub async fn labels_csv(State(app): State<App>, Path(account): Path<AccountId>) -> Result<Response, WebError> {
    let (held, labels, _) = held_with_labels(&app, account).await?;
    Ok(sheet::labels_sheet(&held, &labels).download(&format!("sample-{account}.csv")))
}
