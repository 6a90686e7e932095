//! What is asked of a plan, as people type it on the page or the command line.

use engine::matching::price::PostFormat;
use engine::planning::{Label, LabelKind, LabelLimit};
use model::{AccountId, Money};
use serde::{Deserialize, Serialize};

use super::PlanningError;
use crate::creators::{self, shortlists};
use crate::data_directory::DataDirectory;
use crate::matching::prices;
use crate::web::query::Pairs;

/// Creators looked at where nothing else is said, and at most.
pub const CANDIDATES: usize = 200;
pub const CANDIDATES_MAX: usize = 1_000;
/// The most creators of a plan where nothing is said: about as many as a team of two can look after.
pub const CREATORS_USUAL: usize = 20;
/// Posts of one creator at most.
const POSTS_MAX: u32 = 50;
const CAMPAIGN_LETTERS_MAX: usize = 80;

/// Where candidates come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CandidatesFrom {
    /// Those the brand's buyers listen to most.
    Ranking,
    /// A shortlist, by its number.
    List(i64),
}

/// What a creator costs beside the fee, in minor units of the budget's currency.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct OtherCosts {
    /// The product given, at what it costs you.
    pub product: i64,
    pub shipping: i64,
    /// Commission expected.
    pub commission: i64,
    /// Hours of the team for one creator, and what an hour costs.
    pub hours: f64,
    pub hour_rate: i64,
}

impl OtherCosts {
    /// For one creator, in minor units.
    pub fn each(&self) -> i64 {
        let time = (self.hours * self.hour_rate as f64).round() as i64;
        self.product + self.shipping + self.commission + time
    }
}

/// Everything asked of a plan but whom it names.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlanAsked {
    pub campaign: String,
    pub from: CandidatesFrom,
    pub candidates_max: usize,
    pub budget: Money,
    pub other_costs: OtherCosts,
    /// One of them at most is chosen for a creator.
    pub formats: Vec<PostFormat>,
    pub posts: u32,
    /// Share of a creator's listeners who see one post, where somebody said it.
    pub seeing_share: Option<f64>,
    /// How often meeting a person counts.
    pub times: usize,
    /// 1: only buyers count; 0: everybody counts alike.
    pub targeted: f64,
    pub creators_min: usize,
    pub creators_max: Option<usize>,
    pub limits: Vec<LabelLimit>,
    /// A conversation group that is entered gets at least so many creators.
    pub together_min: usize,
    /// Leave out whoever has no price of their own.
    pub own_prices_only: bool,
    /// Days as 2026-03-01.
    pub starts_on: Option<String>,
    pub ends_on: Option<String>,
    /// Hours the team has for this campaign in all.
    pub team_hours: Option<f64>,
    /// What one more person may cost, in minor units; tells where the curve stops paying.
    pub one_more_max: Option<i64>,
}

/// A creator with whom a fee was agreed, for everything they make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Agreed {
    pub account: AccountId,
    pub fee_minor_units: i64,
}

/// Whom a plan names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Named {
    pub must: Vec<AccountId>,
    pub never: Vec<AccountId>,
    pub agreed: Vec<Agreed>,
    /// Two who must not run together.
    pub apart: Vec<(AccountId, AccountId)>,
}

/// A field that cannot be read, with what to do.
fn field(name: &'static str, given: &str, hint: &str) -> PlanningError {
    PlanningError::Field { field: name, problem: format!("{given:?} cannot be read; {hint}") }
}

impl PlanAsked {
    /// The most creators the rules and the team's hours allow.
    pub fn creators_allowed(&self) -> Option<usize> {
        let by_hours = match (self.team_hours, self.other_costs.hours) {
            (Some(all), each) if each > 0.0 => Some((all / each + 1e-9).floor() as usize),
            _ => None,
        };
        match (self.creators_max, by_hours) {
            (Some(most), Some(hours)) => Some(most.min(hours)),
            (most, hours) => most.or(hours),
        }
    }

    /// Days from the first to the last, both counted; `None` where one is not said.
    pub fn days(&self) -> Option<usize> {
        let day = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<jiff::civil::Date>().ok());
        let (from, to) = (day(&self.starts_on)?, day(&self.ends_on)?);
        usize::try_from(from.until(to).ok()?.get_days() + 1).ok()
    }

    /// Reads what was typed. Keys: campaign, budget, from, candidates, product, shipping, commission, hours, hour_rate,
    /// format, posts, seeing, times, targeted, creators_min, creators_max, limit, together, own_prices, starts_on, ends_on,
    /// team_hours, one_more. Errors name the field.
    pub async fn read(data: &DataDirectory, typed: &Pairs) -> Result<PlanAsked, PlanningError> {
        let campaign = typed.one("campaign").unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
        if campaign.chars().count() > CAMPAIGN_LETTERS_MAX {
            let problem = format!("a campaign's name has at most {CAMPAIGN_LETTERS_MAX} letters");
            return Err(PlanningError::Field { field: "campaign", problem });
        }
        let budget = budget_of(data, typed.one("budget").unwrap_or("")).await?;
        let amount = |key: &'static str| amount_of(key, typed.one(key), budget);
        let other_costs = OtherCosts {
            product: amount("product")?.unwrap_or(0),
            shipping: amount("shipping")?.unwrap_or(0),
            commission: amount("commission")?.unwrap_or(0),
            hours: number_of("hours", typed.one("hours"), 0.0, 10_000.0)?.unwrap_or(0.0),
            hour_rate: amount("hour_rate")?.unwrap_or(0),
        };
        let from = match typed.one("from").unwrap_or("ranking") {
            "ranking" => CandidatesFrom::Ranking,
            list => {
                let list = list.strip_prefix("list:").unwrap_or(list);
                CandidatesFrom::List(shortlists::find_list(data, list).await?.id)
            }
        };
        let mut formats = vec![];
        for code in typed.all("format") {
            formats.push(prices::format_of(&code).map_err(crate::matching::MatchingError::from)?);
        }
        formats.dedup();
        if formats.is_empty() {
            formats.push(PostFormat::Post);
        }
        let whole = |key: &'static str, least: f64, most: f64| -> Result<Option<usize>, PlanningError> {
            let read = number_of(key, typed.one(key), least, most)?;
            match read {
                Some(number) if number.fract() != 0.0 => {
                    Err(field(key, typed.one(key).unwrap_or(""), "give a whole number"))
                }
                read => Ok(read.map(|number| number as usize)),
            }
        };
        let limits: Vec<LabelLimit> = typed.all("limit").iter().map(|text| limit_of(text)).collect::<Result<_, _>>()?;
        let limits = with_new_limit(limits, typed)?;
        let day = |key: &'static str| match typed.one(key) {
            None => Ok(None),
            Some(text) => match text.parse::<jiff::civil::Date>() {
                Ok(day) => Ok(Some(day.to_string())),
                Err(_) => Err(field(key, text, "write a day as 2026-03-01")),
            },
        };
        let asked = PlanAsked {
            campaign: if campaign.is_empty() { "A campaign".to_owned() } else { campaign },
            from,
            candidates_max: whole("candidates", 1.0, CANDIDATES_MAX as f64)?.unwrap_or(CANDIDATES),
            budget,
            other_costs,
            formats,
            posts: whole("posts", 1.0, f64::from(POSTS_MAX))?.unwrap_or(1) as u32,
            seeing_share: number_of("seeing", typed.one("seeing"), 0.1, 100.0)?.map(|percent| percent / 100.0),
            times: whole("times", 1.0, engine::planning::problem::TIMES_MAX as f64)?.unwrap_or(1),
            targeted: number_of("targeted", typed.one("targeted"), 0.0, 100.0)?.map_or(1.0, |percent| percent / 100.0),
            creators_min: whole("creators_min", 0.0, 1_000.0)?.unwrap_or(0),
            creators_max: whole("creators_max", 1.0, 1_000.0)?,
            limits,
            together_min: whole("together", 0.0, 100.0)?.unwrap_or(0),
            own_prices_only: typed.one("own_prices") == Some("yes"),
            starts_on: day("starts_on")?,
            ends_on: day("ends_on")?,
            team_hours: number_of("team_hours", typed.one("team_hours"), 0.0, 100_000.0)?,
            one_more_max: amount("one_more")?,
        };
        if let (Some(from), Some(to)) = (&asked.starts_on, &asked.ends_on)
            && from > to
        {
            let problem = "the last day lies before the first; turn the two".to_owned();
            return Err(PlanningError::Field { field: "ends_on", problem });
        }
        Ok(asked)
    }

    /// The same as it is typed; what is as it begins is left out.
    pub fn pairs(&self) -> Pairs {
        let money = |minor: i64| (minor != 0).then(|| typed_amount(minor, self.budget));
        let number = |number: usize, usual: usize| (number != usual).then_some(number);
        let plain = |number: f64| (number * 100.0).round() / 100.0;
        let costs = &self.other_costs;
        let mut pairs = Pairs::default().with("campaign", &self.campaign).with(
            "budget",
            format!("{} {}", typed_amount(self.budget.minor_units, self.budget), self.budget.currency()),
        );
        if let CandidatesFrom::List(list) = self.from {
            pairs = pairs.with("from", format!("list:{list}"));
        }
        pairs = pairs
            .with_some("candidates", number(self.candidates_max, CANDIDATES))
            .with_some("product", money(costs.product))
            .with_some("shipping", money(costs.shipping))
            .with_some("commission", money(costs.commission))
            .with_some("hours", (costs.hours != 0.0).then_some(costs.hours))
            .with_some("hour_rate", money(costs.hour_rate))
            .with_some("posts", number(self.posts as usize, 1))
            .with_some("seeing", self.seeing_share.map(|share| plain(share * 100.0)))
            .with_some("times", number(self.times, 1))
            .with_some("targeted", (self.targeted < 1.0).then(|| plain(self.targeted * 100.0)))
            .with_some("creators_min", number(self.creators_min, 0))
            .with_some("creators_max", self.creators_max)
            .with_some("together", number(self.together_min, 0))
            .with_some("own_prices", self.own_prices_only.then_some("yes"))
            .with_some("starts_on", self.starts_on.as_ref())
            .with_some("ends_on", self.ends_on.as_ref())
            .with_some("team_hours", self.team_hours)
            .with_some("one_more", self.one_more_max.and_then(money));
        for format in self.formats.iter().filter(|_| self.formats != [PostFormat::Post]) {
            pairs = pairs.with("format", format.code());
        }
        self.limits.iter().fold(pairs, |pairs, limit| pairs.with("limit", typed_limit(limit)))
    }
}

impl Named {
    /// Reads whom a plan names: must, never, agreed (`who=250 EUR`) and apart (`who+who`), each by number or name.
    pub async fn read(data: &DataDirectory, typed: &Pairs, budget: Money) -> Result<Named, PlanningError> {
        let mut named = Named::default();
        for (key, to) in [("must", &mut named.must), ("never", &mut named.never)] {
            for text in typed.all(key).iter().flat_map(|text| text.split(',')) {
                if !text.trim().is_empty() {
                    to.push(creators::find(data, text.trim()).await?);
                }
            }
        }
        for text in typed.all("agreed") {
            let hint = "write who and the fee for everything they make, e.g. \"@ana=250 EUR\"";
            let (who, fee) = text.split_once('=').ok_or_else(|| field("agreed", &text, hint))?;
            let account = creators::find(data, who.trim()).await?;
            let fee = amount_of("agreed", Some(fee.trim()), budget)?.unwrap_or(0);
            named.agreed.retain(|agreed| agreed.account != account);
            named.agreed.push(Agreed { account, fee_minor_units: fee });
        }
        for text in typed.all("apart") {
            let hint = "write two creators with a plus between, e.g. \"@ana+@ben\"";
            let (one, other) = text.split_once('+').ok_or_else(|| field("apart", &text, hint))?;
            let (one, other) = (creators::find(data, one.trim()).await?, creators::find(data, other.trim()).await?);
            if one == other {
                return Err(field("apart", &text, "name two different creators"));
            }
            let pair = (one.min(other), one.max(other));
            if !named.apart.contains(&pair) {
                named.apart.push(pair);
            }
        }
        for list in [&mut named.must, &mut named.never] {
            list.sort_unstable();
            list.dedup();
        }
        Ok(named)
    }

    /// The same as it is typed, by number.
    pub fn pairs(&self, pairs: Pairs, budget: Money) -> Pairs {
        let pairs = self.must.iter().fold(pairs, |pairs, account| pairs.with("must", account));
        let pairs = self.never.iter().fold(pairs, |pairs, account| pairs.with("never", account));
        let pairs = self.agreed.iter().fold(pairs, |pairs, agreed| {
            pairs.with("agreed", format!("{}={}", agreed.account, typed_amount(agreed.fee_minor_units, budget)))
        });
        self.apart.iter().fold(pairs, |pairs, (one, other)| pairs.with("apart", format!("{one}+{other}")))
    }
}

/// An amount without a currency is in that of the estimates of prices.
async fn budget_of(data: &DataDirectory, text: &str) -> Result<Money, PlanningError> {
    plainly_written("budget", text)?;
    let has_currency = text.chars().any(char::is_alphabetic);
    let text = match has_currency || text.trim().is_empty() {
        true => text.to_owned(),
        false => format!("{text} {}", prices::prices(data).await?.settings.currency),
    };
    let plain: String = text.chars().filter(char::is_ascii_digit).collect();
    if !plain.is_empty() && plain.chars().all(|digit| digit == '0') {
        let problem = "the budget is 0, so that nobody can be chosen; give what the plan may cost".to_owned();
        return Err(PlanningError::Field { field: "budget", problem });
    }
    prices::money(&text).map_err(|_| field("budget", &text, "write it like \"2500 EUR\""))
}

fn amount_of(key: &'static str, text: Option<&str>, budget: Money) -> Result<Option<i64>, PlanningError> {
    let Some(text) = text else { return Ok(None) };
    plainly_written(key, text)?;
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if !digits.is_empty() && digits.chars().all(|digit| digit == '0') {
        return Ok(Some(0));
    }
    let with_currency = match text.chars().any(char::is_alphabetic) {
        true => text.to_owned(),
        false => format!("{text} {}", budget.currency()),
    };
    let read = prices::money(&with_currency).map_err(|_| field(key, text, "write an amount like 40 or 40.50"))?;
    if read.currency != budget.currency {
        let problem = format!(
            "{text:?} is in {} and the budget in {}; write both in one currency",
            read.currency(),
            budget.currency()
        );
        return Err(PlanningError::Field { field: key, problem });
    }
    Ok(Some(read.minor_units))
}

/// Refuses what would be read as another amount than was meant.
fn plainly_written(key: &'static str, text: &str) -> Result<(), PlanningError> {
    let after_point = text.rsplit_once('.').map_or(0, |(_, after)| after.chars().filter(char::is_ascii_digit).count());
    if after_point == 3 && !text.contains(',') {
        return Err(field(
            key,
            text,
            "a point with three digits behind it can be read in two ways; write 2500 or 2.50",
        ));
    }
    match text
        .chars()
        .find(|letter| !(letter.is_ascii_alphanumeric() || letter.is_whitespace() || ".,".contains(*letter)))
    {
        Some('-') => Err(field(key, text, "an amount is 0 or more")),
        Some(_) => Err(field(key, text, "write the currency in three letters: 2500 EUR")),
        None => Ok(()),
    }
}

fn number_of(key: &'static str, text: Option<&str>, least: f64, most: f64) -> Result<Option<f64>, PlanningError> {
    let Some(text) = text else { return Ok(None) };
    let plain = text.trim().trim_end_matches('%').trim().replace(',', ".");
    match plain.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= least && number <= most => Ok(Some(number)),
        _ => Err(field(key, text, &format!("give a number from {least} to {most}"))),
    }
}

/// An amount as people type it, without the currency.
pub fn typed_amount(minor_units: i64, like: Money) -> String {
    let decimals = like.currency.decimals();
    let unit = 10i64.pow(decimals);
    match minor_units % unit {
        0 => (minor_units / unit).to_string(),
        cents => format!("{}.{:0width$}", minor_units / unit, cents, width = decimals as usize),
    }
}

const KINDS: [(&str, LabelKind); 5] = [
    ("niche", LabelKind::Niche),
    ("group", LabelKind::Group),
    ("platform", LabelKind::Platform),
    ("language", LabelKind::Language),
    ("tier", LabelKind::Tier),
];

/// The word of a kind of label in addresses and on the command line.
pub fn kind_code(kind: LabelKind) -> &'static str {
    KINDS.iter().find(|(_, held)| *held == kind).map_or("agency", |(code, _)| code)
}

/// `platform:Instagram=1-3`, `niche:Beer=2-`, `language:de=-4`.
pub fn limit_of(text: &str) -> Result<LabelLimit, PlanningError> {
    let hint = "write kind, name, and how many from and to, e.g. \"platform:Instagram=1-3\"; kinds are niche, group, \
                platform, language and tier";
    let refused = || field("limit", text, hint);
    let (label, counts) = text.rsplit_once('=').ok_or_else(refused)?;
    let label = label_of(label).ok_or_else(refused)?;
    let (least, most) = counts.split_once('-').ok_or_else(refused)?;
    let count = |text: &str| match text.trim() {
        "" => Ok(None),
        text => text.parse::<usize>().map(Some).map_err(|_| refused()),
    };
    Ok(LabelLimit { label, at_least: count(least)?.unwrap_or(0), at_most: count(most)? })
}

fn label_of(text: &str) -> Option<Label> {
    let (kind, name) = text.split_once(':')?;
    let kind = KINDS.iter().find(|(code, _)| *code == kind.trim())?.1;
    let name = name.trim();
    (!name.is_empty()).then(|| Label { kind, name: name.to_owned() })
}

pub fn typed_limit(limit: &LabelLimit) -> String {
    let most = limit.at_most.map_or_else(String::new, |most| most.to_string());
    format!("{}:{}={}-{most}", kind_code(limit.label.kind), limit.label.name, limit.at_least)
}

/// The limits with the one in the form's own fields; one of the same label is replaced.
fn with_new_limit(mut limits: Vec<LabelLimit>, typed: &Pairs) -> Result<Vec<LabelLimit>, PlanningError> {
    let Some(label) = typed.one("limit_label") else { return Ok(limits) };
    let (least, most) = (typed.one("limit_least").unwrap_or(""), typed.one("limit_most").unwrap_or(""));
    if least.is_empty() && most.is_empty() {
        return Ok(limits);
    }
    let new = limit_of(&format!("{label}={least}-{most}"))?;
    limits.retain(|limit| limit.label != new.label);
    limits.push(new);
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_as_it_is_written() {
        for text in ["platform:Instagram=1-3", "niche:Food & Drink: Beer=2-", "language:de=0-4"] {
            assert_eq!(typed_limit(&limit_of(text).expect("reads")), text);
        }
        for text in ["Instagram=1-3", "colour:red=1-2", "platform:=1-2", "platform:X=one-2", "platform:X"] {
            assert!(limit_of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_hours_of_the_team_bound_how_many_can_be_looked_after() {
        let budget = Money::new(100_000, "EUR").expect("money");
        let asked = PlanAsked {
            campaign: "spring".to_owned(),
            from: CandidatesFrom::Ranking,
            candidates_max: CANDIDATES,
            budget,
            other_costs: OtherCosts { product: 1_000, shipping: 500, commission: 0, hours: 3.0, hour_rate: 4_000 },
            formats: vec![PostFormat::Post],
            posts: 1,
            seeing_share: None,
            times: 1,
            targeted: 1.0,
            creators_min: 0,
            creators_max: Some(9),
            limits: vec![],
            together_min: 0,
            own_prices_only: false,
            starts_on: Some("2026-03-01".to_owned()),
            ends_on: Some("2026-03-14".to_owned()),
            team_hours: Some(20.0),
            one_more_max: None,
        };
        assert_eq!((asked.creators_allowed(), asked.days(), asked.other_costs.each()), (Some(6), Some(14), 13_500));
        let pairs = asked.pairs();
        assert_eq!((pairs.one("product"), pairs.one("shipping"), pairs.one("times")), (Some("10"), Some("5"), None));
        assert_eq!(typed_amount(1_050, budget), "10.50");
    }
}
