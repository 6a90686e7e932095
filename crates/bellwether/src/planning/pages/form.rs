//! The planner's form: every field as it was typed, with what can be chosen.

use engine::matching::price::PostFormat;
use model::{AccountId, Brand};

use crate::creators;
use crate::planning::asked::{CREATORS_USUAL, kind_code, limit_of, typed_limit};
use crate::planning::material::Material;
use crate::web::app::App;
use crate::web::error::WebError;
use crate::web::query::Pairs;

/// Something to choose.
pub struct Choice {
    pub code: String,
    pub words: String,
    pub chosen: bool,
}

/// A rule on a label that was set.
pub struct LimitView {
    pub typed: String,
    pub words: String,
}

/// Somebody named by a rule.
pub struct NamedView {
    pub key: &'static str,
    pub typed: String,
    pub words: String,
}

/// The form.
pub struct FormView {
    pub brand: String,
    pub brands: Vec<Choice>,
    pub campaign: String,
    pub budget: String,
    /// The budget as a plain number, its currency, and the ends of the slider.
    pub slider: Option<Slider>,
    pub sources: Vec<Choice>,
    pub candidates: String,
    pub formats: Vec<Choice>,
    pub posts: String,
    pub seeing: String,
    pub times: String,
    pub targeted: u32,
    pub creators_min: String,
    pub creators_max: String,
    pub together: String,
    pub own_prices: bool,
    pub product: String,
    pub shipping: String,
    pub commission: String,
    pub hours: String,
    pub hour_rate: String,
    pub team_hours: String,
    pub starts_on: String,
    pub ends_on: String,
    pub one_more: String,
    pub limits: Vec<LimitView>,
    pub labels: Vec<Choice>,
    pub named: Vec<NamedView>,
}

pub struct Slider {
    pub value: f64,
    pub currency: String,
    pub most: f64,
    pub step: f64,
}

/// How a limit reads: "1 to 3 of platform Instagram".
fn limit_words(typed: &str) -> String {
    let Ok(limit) = limit_of(typed) else { return typed.to_owned() };
    let of = format!("{} {}", limit.label.kind.words(), limit.label.name);
    match (limit.at_least, limit.at_most) {
        (0, Some(0)) => format!("nobody of {of}"),
        (least, None) => format!("at least {least} of {of}"),
        (0, Some(most)) => format!("at most {most} of {of}"),
        (least, Some(most)) => format!("{least} to {most} of {of}"),
    }
}

/// The form as typed. `material` gives the labels that limits can be set on.
pub async fn form(app: &App, brand: &Brand, typed: &Pairs, material: Option<&Material>) -> Result<FormView, WebError> {
    let of = |key: &str| typed.one(key).unwrap_or("").to_owned();
    let brands = app.data.store.brands().await?;
    let choice = |code: String, words: String, chosen: bool| Choice { code, words, chosen };
    let source = typed.one("from").unwrap_or("ranking").to_owned();
    let mut sources = vec![choice("ranking".to_owned(), "Whom its buyers listen to".to_owned(), source == "ranking")];
    for list in app.data.store.shortlists().await? {
        let code = format!("list:{}", list.id);
        sources.push(choice(code.clone(), format!("Shortlist: {}", list.name), source == code));
    }
    let chosen_formats = typed.all("format");
    let is_chosen = |format: PostFormat| match chosen_formats.is_empty() {
        true => format == PostFormat::Post,
        false => chosen_formats.iter().any(|code| code == format.code()),
    };
    let formats = PostFormat::ALL
        .into_iter()
        .filter(|format| !matches!(format, PostFormat::Bundle | PostFormat::Other))
        .map(|format| choice(format.code().to_owned(), format.name().to_owned(), is_chosen(format)));
    let labels = material.map(Material::labels).unwrap_or_default();
    let labels = labels.into_iter().map(|(label, count)| {
        let words = format!("{} {} ({count})", label.kind.words(), label.name);
        choice(format!("{}:{}", kind_code(label.kind), label.name), words, false)
    });
    let mut limits: Vec<String> = typed.all("limit");
    if let Some(label) = typed.one("limit_label") {
        let (least, most) = (typed.one("limit_least").unwrap_or(""), typed.one("limit_most").unwrap_or(""));
        if let Ok(new) = limit_of(&format!("{label}={least}-{most}"))
            && !(least.is_empty() && most.is_empty())
        {
            limits.retain(|limit| limit_of(limit).is_ok_and(|limit| limit.label != new.label));
            limits.push(typed_limit(&new));
        }
    }
    let who = |text: &str| text.trim().parse::<AccountId>().ok();
    let mut mentioned: Vec<AccountId> = vec![];
    for key in ["must", "never", "agreed", "apart"] {
        let all = typed.all(key);
        mentioned.extend(all.iter().flat_map(|text| text.split([',', '=', '+'])).filter_map(who));
    }
    let names = creators::names(&app.data, mentioned).await?;
    let name = |text: &str| -> String {
        let held = who(text).and_then(|account| names.get(&account));
        held.map_or_else(|| text.trim().to_owned(), |held| held.name.clone())
    };
    let mut named = vec![];
    for (key, words) in [("must", "must be in"), ("never", "never")] {
        for text in typed.all(key).iter().flat_map(|text| text.split(',')).filter(|text| !text.trim().is_empty()) {
            named.push(NamedView { key, typed: text.trim().to_owned(), words: format!("{} {words}", name(text)) });
        }
    }
    for text in typed.all("agreed") {
        let words = match text.split_once('=') {
            Some((who, fee)) => format!("{} agreed at {fee}", name(who)),
            None => text.clone(),
        };
        named.push(NamedView { key: "agreed", typed: text, words });
    }
    for text in typed.all("apart") {
        let words = match text.split_once('+') {
            Some((one, other)) => format!("{} and {} not together", name(one), name(other)),
            None => text.clone(),
        };
        named.push(NamedView { key: "apart", typed: text, words });
    }
    let targeted = typed.one("targeted").and_then(|text| text.parse::<f64>().ok()).unwrap_or(100.0);
    Ok(FormView {
        brands: (brands.into_iter())
            .map(|held| choice(held.id.to_string(), held.name.clone(), held.id == brand.id))
            .collect(),
        brand: brand.id.to_string(),
        campaign: of("campaign"),
        slider: slider(typed.one("budget").unwrap_or("")),
        budget: of("budget"),
        sources,
        candidates: of("candidates"),
        formats: formats.collect(),
        posts: of("posts"),
        seeing: of("seeing"),
        times: of("times"),
        targeted: targeted.clamp(0.0, 100.0) as u32,
        creators_min: of("creators_min"),
        // Where nothing was asked yet the form begins with a number of creators that a small team can look after.
        creators_max: match typed.one("budget") {
            None => CREATORS_USUAL.to_string(),
            Some(_) => of("creators_max"),
        },
        together: of("together"),
        own_prices: typed.one("own_prices") == Some("yes"),
        product: of("product"),
        shipping: of("shipping"),
        commission: of("commission"),
        hours: of("hours"),
        hour_rate: of("hour_rate"),
        team_hours: of("team_hours"),
        starts_on: of("starts_on"),
        ends_on: of("ends_on"),
        one_more: of("one_more"),
        limits: limits.into_iter().map(|typed| LimitView { words: limit_words(&typed), typed }).collect(),
        labels: labels.collect(),
        named,
    })
}

/// From nothing to twice the budget, in steps of a fortieth.
fn slider(budget: &str) -> Option<Slider> {
    let money = crate::matching::prices::money(budget).ok()?;
    let value = money.minor_units as f64 / 10f64.powi(money.currency.decimals() as i32);
    let most = crate::web::estimates::round_scale_end(2.0 * value);
    Some(Slider { value, currency: money.currency().to_owned(), most, step: most / 40.0 })
}
