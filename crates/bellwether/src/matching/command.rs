//! `bellwether matching …`: set up a brand, rank whom its buyers listen to, explain one place of the ranking.

mod fitting;
mod pricing;

use clap::Subcommand;
use engine::matching::fit::FitWeights;
use model::brand::OwnAccount;
use model::creator::TierBand;
use model::{AccountId, BuyerDefinition, Tier, TierSettings};
use serde_json::json;
use store::RankedFilter;

use super::{
    BrandRanking, Talk, both_places, brand, buyer_accounts, explain, keep_brand, other_places, rank, rank_by, ranked_of,
};
use crate::clock;
use crate::conversations::between;
use crate::creators::find;
use crate::data_directory::DataDirectory;
use crate::output::{Output, estimate_text, grouped, write_explanation, write_reliability};
use crate::vetting::level_words;

#[derive(Subcommand)]
pub enum MatchingCommand {
    /// Make a brand, or change the one of that name: who its buyers are.
    Brand {
        name: String,
        /// A word or phrase buyers use; may be given several times.
        #[arg(long)]
        keyword: Vec<String>,
        /// A tag buyers' posts carry; may be given several times.
        #[arg(long)]
        tag: Vec<String>,
        /// The brand's own account, as platform:name; whoever talks to it is a buyer.
        #[arg(long)]
        own_account: Vec<OwnAccount>,
        /// How many matching posts or comments make a person a buyer.
        #[arg(long, default_value_t = 1)]
        mentions_min: u32,
    },
    /// The brands.
    Brands,
    /// Whom a brand's buyers listen to, each with the reason.
    Rank {
        #[arg(long)]
        brand: String,
        #[arg(long, default_value_t = 20)]
        limit: u32,
        /// Which talk counts more: all (alike) or buying.
        #[arg(long, default_value = "all", value_parser = talk)]
        talk: Talk,
    },
    /// One creator's place in a ranking, down to the comments.
    Explain {
        #[arg(long)]
        brand: String,
        creator: String,
    },
    /// What creators asked and were paid, newest first, each beside what the next deal should cost.
    Prices {
        /// The currency to estimate in from now on.
        #[arg(long)]
        currency: Option<String>,
        /// How many units of that currency one US dollar buys; published figures are in dollars.
        #[arg(long, requires = "currency")]
        rate: Option<String>,
    },
    /// One price: recorded, taken back, or estimated.
    #[command(subcommand)]
    Price(pricing::PriceCommand),
    /// Who fits a brand, by weights; or one creator's fit with its quotes.
    Fit {
        #[arg(long)]
        brand: String,
        creator: Option<String>,
        /// Weights of product, values, audience, niche, conversation and price, and reach: p3v2a5n2c5e1w50.
        #[arg(long)]
        weights: Option<FitWeights>,
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// What a brand stands for: its product, whom it is for, its values, rivals and niches.
    Profile(fitting::ProfileGiven),
    /// Weights of a brand's fit: listed, saved, removed.
    #[command(subcommand)]
    Weights(fitting::WeightsCommand),
    /// Sets what speaks against a creator aside, by its number in their fit.
    Conflict {
        #[arg(long)]
        brand: String,
        creator: String,
        number: usize,
        /// Take it up again.
        #[arg(long)]
        undo: bool,
    },
    /// How well the chances behind the listening score came true on the last window of this market's own talk.
    Listening,
    /// Which size classes are in force; with a name, choose another definition.
    Tiers {
        /// default, article-1, article-2 or article-3.
        definition: Option<String>,
        /// Classes of your own, as nano=1000-10000,micro=10000-100000,macro=100000-: from inclusive, to exclusive.
        #[arg(long, conflicts_with = "definition", value_parser = bands)]
        bands: Option<TierSettings>,
    },
}

/// Runs one matching command.
pub async fn run(data: &DataDirectory, command: MatchingCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        MatchingCommand::Brand { name, keyword, tag, own_account, mentions_min } => {
            let buyers = BuyerDefinition {
                keywords: keyword,
                tags: tag,
                own_accounts: own_account,
                mentions_min,
                platforms: vec![],
            };
            let kept = keep_brand(data, &name, buyers).await?;
            let count = super::count_buyers(data, &kept.buyers).await?;
            output.result(&json!({ "brand": kept, "buyers": count }), |out| {
                writeln!(out, "{} has {} buyers in the data held", kept.name, grouped(count))?;
                if count == 0 {
                    writeln!(out, "nobody uses these words or tags yet; try others, or bring in more data")?;
                }
                Ok(())
            })
        }
        MatchingCommand::Brands => {
            let brands = data.store.brands().await?;
            output.result(&brands, |out| {
                if brands.is_empty() {
                    return writeln!(
                        out,
                        "there is no brand yet; `bellwether matching brand NAME --keyword …` makes one"
                    );
                }
                brands.iter().try_for_each(|brand| {
                    let own: Vec<String> = brand.buyers.own_accounts.iter().map(ToString::to_string).collect();
                    writeln!(
                        out,
                        "{}: keywords {}; tags {}; own accounts {}",
                        brand.name,
                        or_none(&brand.buyers.keywords),
                        or_none(&brand.buyers.tags),
                        or_none(&own)
                    )
                })
            })
        }
        MatchingCommand::Rank { brand: name, limit, talk } => {
            let ranked = rank_by(data, brand(data, &name).await?, talk).await?;
            print_ranking(data, &ranked, talk, limit, output).await
        }
        MatchingCommand::Explain { brand: name, creator } => {
            let ranked = rank(data, brand(data, &name).await?).await?;
            print_explanation(data, &ranked, &creator, output).await
        }
        MatchingCommand::Prices { currency, rate } => {
            pricing::list(data, currency.as_deref(), rate.as_deref(), output).await
        }
        MatchingCommand::Price(command) => pricing::run(data, command, output).await,
        MatchingCommand::Fit { brand: name, creator, weights, limit } => {
            fitting::fit(data, &name, creator.as_deref(), weights, limit, output).await
        }
        MatchingCommand::Profile(given) => fitting::stands_for(data, given, output).await,
        MatchingCommand::Weights(command) => fitting::weights(data, command, output).await,
        MatchingCommand::Conflict { brand: name, creator, number, undo } => {
            fitting::conflict(data, &name, &creator, number, undo, output).await
        }
        MatchingCommand::Listening => listening(data, output).await,
        MatchingCommand::Tiers { definition, bands } => tiers(data, definition, bands, output).await,
    }
}

fn talk(code: &str) -> Result<Talk, String> {
    Talk::from_code(code).ok_or_else(|| "choose all or buying".to_owned())
}

fn or_none(words: &[String]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

async fn print_ranking(
    data: &DataDirectory,
    ranked: &BrandRanking,
    talk: Talk,
    limit: u32,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let filter = RankedFilter { limit, ..RankedFilter::default() };
    let rows = data.store.ranked(ranked.ranking.id, &filter).await?;
    let accounts: Vec<AccountId> = rows.iter().map(|row| row.account).collect();
    let others = other_places(data, &ranked.brand, talk, &accounts).await?;
    let creators = rows
        .iter()
        .map(|row| {
            Ok(json!({
                "position": row.position, "account": row.account, "platform": row.platform, "name": row.name,
                "handle": row.handle, "tier": row.tier, "followers": row.followers, "level": row.level,
                "position_other_talk": others.get(&row.account), "why": ranked_of(row)?,
            }))
        })
        .collect::<Result<Vec<_>, super::MatchingError>>()?;
    let summary = &ranked.summary;
    let document = json!({
        "brand": ranked.brand, "talk": talk, "summary": summary, "made_at": clock::iso(ranked.ranking.made_at),
        "data_revision": ranked.ranking.data_revision, "creators": creators,
    });
    output.result(&document, |out| {
        writeln!(
            out,
            "{}: {} buyers, {} of them in conversation; {} creators ranked, {} of them with at least 5 of your buyers",
            ranked.brand.name,
            grouped(summary.buyers),
            grouped(summary.buyers_talking),
            grouped(summary.creators),
            grouped(summary.creators_with_five_buyers)
        )?;
        if summary.buyers_talking == 0 {
            return writeln!(out, "none of the buyers talks with anybody in the data held, so there is nobody to rank");
        }
        let as_of = summary.as_of.map_or("no talk".to_owned(), clock::day);
        writeln!(
            out,
            "listening score within {:.0} days: {}; talk known up to {as_of}\n",
            summary.horizon_days,
            super::reading_words(summary.reading)
        )?;
        for row in &rows {
            let Ok(why) = ranked_of(row) else { continue };
            let tie = if why.tie_to > why.tie_from {
                format!("ranks {}-{}", why.tie_from, why.tie_to)
            } else {
                String::new()
            };
            writeln!(out, "{:>3}. {}  {}  {tie}", row.position, row.name, row.platform)?;
            writeln!(out, "     {}", why.reason)?;
            if !others.is_empty() {
                writeln!(out, "     {}", both_places(talk, row.position, others.get(&row.account).copied()))?;
            }
            let tier = row.tier.as_deref().unwrap_or("tier not known");
            writeln!(out, "     listening score {}; {tier}; {}", estimate_text(&why.fit), level_words(&row.level))?;
        }
        Ok(())
    })
}

async fn print_explanation(
    data: &DataDirectory,
    ranked: &BrandRanking,
    creator: &str,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let account = find(data, creator).await?;
    let explained = explain(data, &ranked.ranking, account).await?;
    let buyers = buyer_accounts(data, &ranked.brand).await?;
    let exchanged = between(data, &buyers, account, 10, 0).await?;
    let name = |account| exchanged.names.get(account).map_or_else(|| "?".to_owned(), |name| name.name.clone());
    let quotes: Vec<_> = exchanged
        .quotes
        .iter()
        .map(|quote| {
            json!({
                "at": clock::iso(quote.at), "from": name(&quote.actor), "to": name(&quote.target),
                "kind": quote.kind.code(), "text": quote.body, "post_title": quote.post_title, "post_url": quote.post_url,
            })
        })
        .collect();
    let row = &explained.row;
    let document = json!({
        "brand": ranked.brand.name, "position": row.position, "account": account, "name": row.name,
        "platform": row.platform, "tier": row.tier, "level": row.level, "why": explained.ranked, "quotes": quotes,
    });
    output.result(&document, |out| {
        let why = &explained.ranked;
        writeln!(out, "{} ({}), place {} of {}", row.name, row.platform, row.position, ranked.summary.creators)?;
        writeln!(out, "{}\n", why.reason)?;
        write_explanation(out, &why.fit.explanation, 0)?;
        writeln!(
            out,
            "\nplaces by other measures: talkers {}, PageRank {}",
            why.baselines.in_degree, why.baselines.pagerank
        )?;
        for quote in &exchanged.quotes {
            writeln!(
                out,
                "\n{}  {} to {} ({})",
                clock::day(quote.at),
                name(&quote.actor),
                name(&quote.target),
                quote.kind.code()
            )?;
            if let Some(title) = &quote.post_title {
                writeln!(out, "  under: {title}  {}", quote.post_url.as_deref().unwrap_or(""))?;
            }
            if let Some(body) = &quote.body {
                writeln!(out, "  {}", body.chars().take(300).collect::<String>())?;
            }
        }
        Ok(())
    })
}

async fn listening(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let proof = super::proof::proof(data).await?;
    output.result(&proof, |out| {
        writeln!(out, "{}", proof.finding())?;
        if let Some(held) = &proof.held_out {
            write_reliability(out, "the ten creators named to each brand", &held.chosen)?;
            write_reliability(out, "all creators who could have been named", &held.all)?;
        }
        Ok(())
    })
}

fn bands(text: &str) -> Result<TierSettings, String> {
    let form = "write classes as nano=1000-10000,micro=10000-100000,macro=100000-";
    let mut bands = Vec::new();
    for part in text.split(',') {
        let (tier, range) = part.split_once('=').ok_or(form)?;
        let (from, to) = range.split_once('-').ok_or(form)?;
        let tier = Tier::from_code(tier.trim()).ok_or_else(|| format!("there is no class {tier:?}; {form}"))?;
        let from: u64 = from.trim().parse().map_err(|_| form)?;
        let to: Option<u64> = if to.trim().is_empty() { None } else { Some(to.trim().parse().map_err(|_| form)?) };
        if to.is_some_and(|to| to <= from) {
            return Err(format!("the class {} ends before it begins; {form}", tier.code()));
        }
        bands.push(TierBand { tier, from, to, engagement_by_followers_min: None });
    }
    bands.sort_by_key(|band| band.from);
    Ok(TierSettings { definition: "own".to_owned(), bands })
}

async fn tiers(
    data: &DataDirectory,
    definition: Option<String>,
    bands: Option<TierSettings>,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let chosen = match definition {
        None => bands,
        Some(name) => Some(TierSettings::named(&name).ok_or_else(|| {
            let known = TierSettings::DEFINITIONS.join(", ");
            anyhow::anyhow!("there is no definition {name:?}\nhint: choose one of {known}")
        })?),
    };
    if let Some(chosen) = chosen {
        data.store.set_setting("tiers", &serde_json::to_string(&chosen)?).await?;
    }
    let settings = super::tier_settings(data).await?;
    output.result(&settings, |out| {
        writeln!(out, "size classes by the definition {:?}:", settings.definition)?;
        settings.bands.iter().try_for_each(|band| {
            let to = band.to.map_or("and more".to_owned(), |to| format!("to below {}", grouped(to)));
            let and = band.engagement_by_followers_min.map_or(String::new(), |least| {
                format!(", with at least {:.0} % engagement by followers", least * 100.0)
            });
            writeln!(out, "  {:<6} {} {to} followers{and}", band.tier.code(), grouped(band.from))
        })
    })
}
