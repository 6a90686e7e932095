//! `bellwether planning …`: make a plan, look at it, put plans side by side, go on from one.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use model::Unit;
use serde_json::json;

use super::asked::{Named, PlanAsked};
use super::sharing::passed_on;
use super::testing::{own_history, read_history, test};
use super::{PlanShown, begin_campaign, brand_of, campaign, create, delete, plans, show};
use crate::clock;
use crate::creators;
use crate::data_directory::DataDirectory;
use crate::output::{Output, estimate_text, grouped, value_text, write_explanation};
use crate::web::query::Pairs;

#[derive(Subcommand)]
pub enum PlanningCommand {
    /// Make a plan for a campaign and keep it.
    Create(Box<PlanGiven>),
    /// Look at a plan that was kept.
    Show {
        id: i64,
        /// Print how every figure is made.
        #[arg(long)]
        explain: bool,
    },
    /// The plans kept, the newest first.
    List,
    /// Two to four plans side by side.
    Compare { ids: Vec<i64> },
    /// Delete a plan.
    Delete { id: i64 },
    /// The smallest effect the plan's campaign would have to make to be seen, before money is spent.
    Test {
        id: i64,
        /// A CSV file of day,number; without it, how often people turned to the brand's own accounts.
        #[arg(long)]
        history: Option<PathBuf>,
    },
    /// How far word might be passed on from the plan's creators, if sharing goes as a model says.
    Sharing { id: i64 },
    /// Begin the campaign a plan is for.
    Begin { id: i64 },
    /// The campaigns, the newest first; with a number, one with its creators.
    Campaigns { id: Option<i64> },
}

/// What is asked of a plan.
#[derive(Args)]
pub struct PlanGiven {
    /// The campaign it is for.
    #[arg(long)]
    campaign: String,
    /// What it may cost with everything: "2500 EUR".
    #[arg(long)]
    budget: String,
    #[arg(long)]
    brand: Option<String>,
    /// Where creators come from: ranking, or a shortlist by its name or number.
    #[arg(long, default_value = "ranking")]
    from: String,
    /// How many creators are looked at.
    #[arg(long)]
    candidates: Option<usize>,
    /// How often meeting a person counts.
    #[arg(long)]
    times: Option<usize>,
    /// 100: only buyers count; 0: everybody counts alike.
    #[arg(long)]
    targeted: Option<f64>,
    /// post, carousel, short_video, long_video, story or live; may be given several times, one is chosen for a creator.
    #[arg(long)]
    format: Vec<String>,
    /// Posts of each creator.
    #[arg(long)]
    posts: Option<usize>,
    /// Per cent of a creator's listeners who see one post, where it is known.
    #[arg(long)]
    seeing: Option<f64>,
    #[arg(long)]
    creators_min: Option<usize>,
    /// The most creators; a team of two can look after about twenty.
    #[arg(long, default_value_t = super::asked::CREATORS_USUAL)]
    creators_max: usize,
    /// Somebody who must be in; may be given several times.
    #[arg(long)]
    must: Vec<String>,
    /// Somebody who must not be in; may be given several times.
    #[arg(long)]
    never: Vec<String>,
    /// Agreed already, with the fee for everything they make: "@ana=250"; may be given several times.
    #[arg(long)]
    agreed: Vec<String>,
    /// Two who must not run together: "@ana+@ben"; may be given several times.
    #[arg(long)]
    apart: Vec<String>,
    /// How many of one kind: "platform:Instagram=1-3"; kinds are niche, group, platform, language, tier.
    #[arg(long)]
    limit: Vec<String>,
    /// From each conversation group that is entered, at least so many.
    #[arg(long)]
    together: Option<usize>,
    /// Only creators with a price of their own.
    #[arg(long)]
    own_prices: bool,
    /// The product given to one creator, at what it costs you.
    #[arg(long)]
    product: Option<String>,
    #[arg(long)]
    shipping: Option<String>,
    /// Commission expected for one creator.
    #[arg(long)]
    commission: Option<String>,
    /// Hours of the team for one creator.
    #[arg(long)]
    hours: Option<f64>,
    /// What an hour costs.
    #[arg(long)]
    hour_rate: Option<String>,
    /// Hours the team has in all.
    #[arg(long)]
    team_hours: Option<f64>,
    /// The first day, as 2026-03-01.
    #[arg(long)]
    starts_on: Option<String>,
    #[arg(long)]
    ends_on: Option<String>,
    /// What one more person may cost; tells from which budget on more money no longer pays.
    #[arg(long)]
    one_more: Option<String>,
}

impl PlanGiven {
    fn pairs(&self) -> Pairs {
        let pairs = Pairs::default()
            .with("campaign", &self.campaign)
            .with("budget", &self.budget)
            .with("from", &self.from)
            .with_some("candidates", self.candidates)
            .with_some("times", self.times)
            .with_some("targeted", self.targeted)
            .with_some("posts", self.posts)
            .with_some("seeing", self.seeing)
            .with_some("creators_min", self.creators_min)
            .with("creators_max", self.creators_max)
            .with_some("together", self.together)
            .with_some("own_prices", self.own_prices.then_some("yes"))
            .with_some("product", self.product.as_ref())
            .with_some("shipping", self.shipping.as_ref())
            .with_some("commission", self.commission.as_ref())
            .with_some("hours", self.hours)
            .with_some("hour_rate", self.hour_rate.as_ref())
            .with_some("team_hours", self.team_hours)
            .with_some("starts_on", self.starts_on.as_ref())
            .with_some("ends_on", self.ends_on.as_ref())
            .with_some("one_more", self.one_more.as_ref());
        let lists = [
            ("format", &self.format),
            ("must", &self.must),
            ("never", &self.never),
            ("agreed", &self.agreed),
            ("apart", &self.apart),
            ("limit", &self.limit),
        ];
        lists
            .into_iter()
            .fold(pairs, |pairs, (key, values)| values.iter().fold(pairs, |pairs, value| pairs.with(key, value)))
    }
}

/// Runs one planning command.
pub async fn run(data: &DataDirectory, command: PlanningCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        PlanningCommand::Create(given) => {
            let brand = brand_of(data, given.brand.as_deref()).await?;
            let typed = given.pairs();
            let asked = PlanAsked::read(data, &typed).await?;
            let named = Named::read(data, &typed, asked.budget).await?;
            output.say("choosing creators");
            let shown = create(data, brand, asked, named).await?;
            tell(&shown, false, output)
        }
        PlanningCommand::Show { id, explain } => tell(&show(data, id).await?, explain, output),
        PlanningCommand::List => {
            let held = plans(data).await?;
            let rows: Vec<_> = held
                .iter()
                .map(|plan| {
                    json!({
                        "id": plan.id, "campaign": plan.campaign, "brand": plan.brand,
                        "made_at": clock::iso(plan.made_at), "summary": plan.summary, "is_gone": plan.is_gone,
                    })
                })
                .collect();
            output.result(&rows, |out| {
                if held.is_empty() {
                    return writeln!(out, "no plan is kept; `bellwether planning create` makes one");
                }
                held.iter().try_for_each(|plan| {
                    let of = &plan.summary;
                    let budget = value_text(of.budget.minor_units as f64, 0.0, Unit::Money(of.budget.currency));
                    let came = match plan.is_gone {
                        true => "made anew when it is looked at: somebody it named has been forgotten".to_owned(),
                        false => format!(
                            "{} creators, met at least once {}, at least {:.1} % of the best",
                            of.creators,
                            estimate_text(&of.reached),
                            (1000.0 * of.ratio).floor() / 10.0
                        ),
                    };
                    writeln!(out, "{}  {} ({}, {budget}): {came}", plan.id, plan.campaign, plan.brand)
                })
            })
        }
        PlanningCommand::Compare { ids } => {
            if !(2..=4).contains(&ids.len()) {
                return Err(super::PlanningError::Compared(ids.len()).into());
            }
            let mut shown = vec![];
            for id in ids {
                shown.push(show(data, id).await?);
            }
            let rows: Vec<_> = shown
                .iter()
                .map(|plan| {
                    let told = &plan.made.told;
                    json!({
                        "id": plan.id, "campaign": plan.asked.campaign, "reached_at_least": told.reached_at_least,
                        "cost": told.cost, "cost_per_person": told.cost_per_person, "certificate": told.certificate,
                        "creators": plan.made.picks.iter().map(|pick| pick.account).collect::<Vec<_>>(),
                    })
                })
                .collect();
            output.result(&rows, |out| {
                shown.iter().try_for_each(|plan| {
                    let told = &plan.made.told;
                    writeln!(
                        out,
                        "{}  {}: met at least once {}, cost {}, {} creators",
                        plan.id.unwrap_or(0),
                        plan.asked.campaign,
                        estimate_text(&told.reached_at_least[0]),
                        estimate_text(&told.cost),
                        plan.made.picks.len()
                    )
                })
            })
        }
        PlanningCommand::Delete { id } => {
            delete(data, id).await?;
            output.result(&json!({ "deleted": id }), |out| writeln!(out, "plan {id} is deleted"))
        }
        PlanningCommand::Test { id, history } => tested(data, id, history, output).await,
        PlanningCommand::Sharing { id } => shared(data, id, output).await,
        PlanningCommand::Begin { id } => {
            let begun = begin_campaign(data, id).await?;
            output.result(&json!({ "campaign": begun }), |out| writeln!(out, "campaign {begun} has begun"))
        }
        PlanningCommand::Campaigns { id: None } => {
            let held = data.store.campaigns().await?;
            let rows: Vec<_> = held
                .iter()
                .map(|row| json!({ "id": row.id, "name": row.name, "creators": row.creators, "budget": row.budget, "plan": row.plan }))
                .collect();
            output.result(&rows, |out| {
                if held.is_empty() {
                    return writeln!(out, "no campaign has begun; `bellwether planning begin PLAN` begins one");
                }
                held.iter()
                    .try_for_each(|row| writeln!(out, "{}  {} ({} creators)", row.id, row.name, grouped(row.creators)))
            })
        }
        PlanningCommand::Campaigns { id: Some(id) } => {
            let (row, rows) = campaign(data, id).await?;
            let names = creators::names(data, rows.iter().map(|row| row.account).collect()).await?;
            let listed: Vec<_> = rows
                .iter()
                .map(|row| {
                    json!({
                        "account": row.account, "name": names.get(&row.account).map(|name| &name.name), "format": row.format,
                        "posts": row.posts, "fee_minor_units": row.fee_minor_units, "is_agreed": row.is_agreed,
                    })
                })
                .collect();
            output.result(&json!({ "id": row.id, "name": row.name, "creators": listed }), |out| {
                writeln!(out, "{}", row.name)?;
                rows.iter().try_for_each(|one| {
                    let name =
                        names.get(&one.account).map_or_else(|| one.account.to_string(), |name| name.name.clone());
                    let fee = one.fee_minor_units.map_or_else(
                        || "not known".to_owned(),
                        |fee| value_text(fee as f64, 0.0, Unit::Money(row.budget.currency)),
                    );
                    let state = if one.is_agreed { "agreed" } else { "estimated" };
                    writeln!(out, "  {name}: {} × {}, {fee} {state}", one.posts, one.format)
                })
            })
        }
    }
}

fn tell(shown: &PlanShown, explain: bool, output: Output<'_>) -> anyhow::Result<()> {
    let (made, told) = (&shown.made, &shown.made.told);
    let whole = json!({ "id": shown.id, "brand": shown.brand.name, "asked": shown.asked, "made": made, "is_old": shown.is_old });
    output.result(&whole, |out| {
        let money = Unit::Money(shown.asked.budget.currency);
        if let Some(id) = shown.id {
            writeln!(out, "plan {id}: {}", shown.asked.campaign)?;
        }
        if shown.is_old {
            writeln!(out, "facts have come in or gone since it was made; create it again for today's")?;
        }
        writeln!(
            out,
            "cost {} of {}",
            estimate_text(&told.cost),
            value_text(shown.asked.budget.minor_units as f64, 0.0, money)
        )?;
        writeln!(out, "met at least once {}", estimate_text(&told.reached_at_least[0]))?;
        writeln!(out, "met at least twice {}", estimate_text(&told.reached_at_least[1]))?;
        writeln!(out, "{}", told.certificate_words)?;
        writeln!(out, "reach is a score that compares plans on the same chances, not a count of people")?;
        for (pick, figures) in made.picks.iter().zip(&told.picks) {
            writeln!(
                out,
                "  {}  {}, {}, adds {}",
                pick.name,
                pick.format.name().to_lowercase(),
                value_text(pick.cost_minor_units as f64, 0.0, money),
                estimate_text(&figures.marginal)
            )?;
        }
        for warning in &made.warnings {
            writeln!(out, "note: {warning}")?;
        }
        for swap in made.more.iter().take(3).chain(made.cheaper.iter().take(3)) {
            writeln!(out, "exchange: {}", swap.words)?;
        }
        if explain {
            for estimate in [&told.reach, &told.cost, &told.certificate] {
                write_explanation(out, &estimate.explanation, 0)?;
            }
        }
        Ok(())
    })
}

async fn tested(data: &DataDirectory, id: i64, history: Option<PathBuf>, output: Output<'_>) -> anyhow::Result<()> {
    let shown = show(data, id).await?;
    let (days, of) = match &history {
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            (
                Some(read_history(&text).map_err(super::PlanningError::from)?),
                format!("the numbers in {}", file.display()),
            )
        }
        None => (own_history(data, &shown).await?, "how often people turned to the brand's own accounts".to_owned()),
    };
    let Some(days) = days else {
        anyhow::bail!(
            "no daily numbers of the brand are held\nhint: give some with --history FILE, a line a day: 2026-03-01,41"
        );
    };
    let tested = test(&shown, &days, &of)?;
    output.result(&tested, |out| {
        let effect = &tested.effect;
        writeln!(
            out,
            "of {} ({} days), over {} days of campaign:",
            tested.of, tested.history_days, tested.campaign_days
        )?;
        writeln!(out, "smallest effect that would be seen, in all {}", estimate_text(&effect.in_all))?;
        writeln!(
            out,
            "a day {}; over a usual day {}",
            estimate_text(&effect.per_day),
            estimate_text(&effect.relative)
        )?;
        if let Some(words) = &tested.in_words {
            writeln!(out, "{words}")?;
        }
        effect.warnings.iter().try_for_each(|warning| writeln!(out, "note: {warning}"))
    })
}

async fn shared(data: &DataDirectory, id: i64, output: Output<'_>) -> anyhow::Result<()> {
    let shown = show(data, id).await?;
    let Some(passed) = passed_on(data, &shown).await? else {
        anyhow::bail!("none of the plan's creators takes part in talk that is held, so nothing can be passed on");
    };
    let whole = json!({
        "from_plan": passed.from_plan, "from_best": passed.from_best, "ratio": passed.ratio, "delta": passed.delta,
        "best": passed.best.iter().map(|name| name.account).collect::<Vec<_>>(), "silent": passed.silent,
    });
    output.result(&whole, |out| {
        writeln!(out, "an assumed model, not something seen, and never part of the plan's reach:")?;
        writeln!(out, "from the plan's creators {}", estimate_text(&passed.from_plan))?;
        writeln!(out, "from as many who spread furthest {}", estimate_text(&passed.from_best))?;
        writeln!(
            out,
            "those reach at least {:.1} % of what any as many could, with confidence 1 - {:.2e}",
            (1000.0 * passed.ratio).floor() / 10.0,
            passed.delta
        )
    })
}
