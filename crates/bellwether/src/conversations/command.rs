//! `bellwether conversations …`: the counts of all talk, and what passed between two people.

mod influence;

use std::path::PathBuf;

use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use engine::conversations::portraits::estimates::{
    share_of_buyers_talk, share_of_niche, times_as_often, times_expected,
};
use engine::conversations::portraits::niches::{self, GroupNiche};
use engine::conversations::portraits::participation::ShareRange;
use model::Timestamp;
use serde_json::json;

use super::between;
use super::deciding::{DecidingRequest, report, share_of_deciding};
use super::export::{GraphFormat, write};
use super::groups::{no_groups_words, objective_words};
use super::map::{Level, MapRequest, NODES_USUAL, map};
use super::market::GroupAbout;
use crate::clock;
use crate::creators::find;
use crate::data_directory::DataDirectory;
use crate::output::{Output, estimate_text, grouped};

#[derive(Subcommand)]
pub enum ConversationsCommand {
    /// How much talk there is, between how many pairs of people.
    Counts {
        /// Only one source, as `ingest list` names it.
        #[arg(long)]
        source: Option<String>,
    },
    /// The conversation groups; with a brand those its buyers are in, with the share of their talk.
    Groups {
        /// Whose buyers to look for.
        #[arg(long)]
        brand: Option<String>,
        /// Only groups told apart by this word.
        #[arg(long)]
        term: Option<String>,
        /// Only groups that talk in this niche of the IAB Content Taxonomy 3.1: its code, or its name.
        #[arg(long)]
        niche: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// One group: what it talks about, whom its members turn to, which groups it talks with.
    Group {
        /// Its number, as `conversations groups` prints it.
        id: i64,
    },
    /// Whom a brand's buyers speak with when deciding, what they asked, who answered, what followed.
    Deciding {
        #[arg(long)]
        brand: String,
        /// One buyer instead of all.
        #[arg(long)]
        buyer: Option<String>,
        /// Only what is about this product or category.
        #[arg(long)]
        about: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Who has a say among a brand's buyers: likely to be turned to, near to them, heard everywhere, beside each other.
    Influence(influence::InfluenceArguments),
    /// The graph as a file for Gephi, networkx or a spreadsheet.
    Export {
        #[arg(long, value_enum)]
        format: GraphFormat,
        /// What the file holds: the groups, or the people who talk most.
        #[arg(long, value_enum, default_value_t = Holds::Groups, conflicts_with_all = ["group", "account"])]
        level: Holds,
        /// The members of one group.
        #[arg(long)]
        group: Option<i64>,
        /// One account and whom it talks with.
        #[arg(long, conflicts_with = "group")]
        account: Option<String>,
        /// Most groups or people in the file, at most 10,000.
        #[arg(long, default_value_t = NODES_USUAL)]
        nodes: usize,
        /// Where to write; standard output without this.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// What two people said to each other, newest first.
    Between {
        a: String,
        b: String,
        #[arg(long, default_value_t = 50)]
        limit: usize,
        #[arg(long, default_value_t = 0)]
        offset: usize,
    },
}

/// What an exported graph holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Holds {
    Groups,
    People,
}

/// Runs one conversations command.
pub async fn run(data: &DataDirectory, command: ConversationsCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        ConversationsCommand::Counts { source } => {
            data.revision().await?;
            let counts = data.lake.interaction_rows(source.as_deref(), data.now()).await?;
            let document = json!({
                "interactions": counts.all, "ties_between_people": counts.between_people, "to_oneself": counts.to_oneself,
                "pairs": counts.pairs, "pairs_both_ways": counts.pairs_both_ways,
            });
            output.result(&document, |out| {
                writeln!(
                    out,
                    "{} interactions; {} between different people, {} to oneself; {} directed pairs, {} of them run both ways",
                    grouped(counts.all),
                    grouped(counts.between_people),
                    grouped(counts.to_oneself),
                    grouped(counts.pairs),
                    grouped(counts.pairs_both_ways)
                )
            })
        }
        ConversationsCommand::Groups { brand, term, niche, limit } => {
            let narrowed = Narrowed { brand, term, niche };
            groups(data, &narrowed, limit, output).await
        }
        ConversationsCommand::Group { id } => group(data, id, output).await,
        ConversationsCommand::Deciding { brand, buyer, about, limit } => {
            let brand = crate::matching::brand(data, &brand).await?;
            let buyer = match buyer {
                Some(name) => Some(find(data, &name).await?),
                None => None,
            };
            let request = DecidingRequest { brand, buyer, about, from_unix: None };
            deciding(data, &request, limit, output).await
        }
        ConversationsCommand::Influence(arguments) => influence::run(data, arguments, output).await,
        ConversationsCommand::Export { format, level, group, account, nodes, out } => {
            let level = match (group, account) {
                (Some(group), _) => Level::Members(group),
                (_, Some(account)) => Level::Circle(find(data, &account).await?, 1),
                _ if level == Holds::People => Level::People,
                _ => Level::Groups,
            };
            let request = MapRequest { level, brand: None, from_unix: None, to_unix: None, nodes_max: nodes };
            let map = map(data, &request).await?;
            if map.nodes.is_empty() {
                anyhow::bail!(
                    "there is nothing to write: {} has no members\nhint: `bellwether refresh` finds the groups",
                    map.title
                );
            }
            match out {
                Some(path) => {
                    let place = path.display().to_string();
                    let file = std::fs::File::create(&path).with_context(|| format!("writing {place}"))?;
                    let mut file = std::io::BufWriter::new(file);
                    write(&map, format, &mut file)?;
                    std::io::Write::flush(&mut file)?;
                    let document = json!({"file": place, "nodes": map.nodes.len(), "edges": map.edges.len(),
                        "nodes_in_all": map.nodes_in_all, "edges_in_all": map.edges_in_all});
                    output.result(&document, |out| {
                        writeln!(
                            out,
                            "{place}: {} nodes, {} edges",
                            grouped(map.nodes.len() as u64),
                            grouped(map.edges.len() as u64)
                        )
                    })
                }
                None => output.written(format.content_type(), |mut out| write(&map, format, &mut out)),
            }
        }
        ConversationsCommand::Between { a, b, limit, offset } => {
            let (a, b) = (find(data, &a).await?, find(data, &b).await?);
            let exchanged = between(data, &[a], b, limit, offset).await?;
            let name = |account| exchanged.names.get(account).map_or_else(|| "?".to_owned(), |name| name.name.clone());
            let document = json!({
                "a": a, "b": b, "more": exchanged.more,
                "exchange": exchanged.quotes.iter().map(|quote| json!({
                    "at": clock::iso(quote.at), "from": name(&quote.actor), "to": name(&quote.target),
                    "kind": quote.kind.code(), "text": quote.body, "post_title": quote.post_title, "post_url": quote.post_url,
                    "source": quote.source_id, "import": quote.import_id,
                })).collect::<Vec<_>>(),
            });
            output.result(&document, |out| {
                if exchanged.quotes.is_empty() {
                    return writeln!(out, "no talk between them is held");
                }
                for quote in &exchanged.quotes {
                    let under = quote.post_title.as_ref().map_or(String::new(), |title| format!("  [{title}]"));
                    writeln!(
                        out,
                        "{}  {} to {}, {}{under}",
                        clock::minute(quote.at),
                        name(&quote.actor),
                        name(&quote.target),
                        quote.kind.code()
                    )?;
                    if let Some(body) = &quote.body {
                        writeln!(out, "    {}", body.chars().take(400).collect::<String>())?;
                    }
                }
                Ok(())
            })
        }
    }
}

/// Which groups are wanted.
struct Narrowed {
    brand: Option<String>,
    term: Option<String>,
    niche: Option<String>,
}

async fn groups(data: &DataDirectory, narrowed: &Narrowed, limit: usize, output: Output<'_>) -> anyhow::Result<()> {
    let (snapshot, market) = data.market_groups().await?;
    let Some(found) = &market.found else {
        anyhow::bail!("no groups have been found yet\nhint: `bellwether refresh` finds them");
    };
    let buyers = match &narrowed.brand {
        Some(name) => {
            let brand = crate::matching::brand(data, name).await?;
            Some(data.buyers_taking(&snapshot, &market, &brand).await?)
        }
        None => None,
    };
    let niche = match &narrowed.niche {
        Some(text) => Some(niches::find(text).with_context(|| {
            format!(
                "no niche has the code or name {text:?}\nhint: codes and names are those of the IAB Content Taxonomy 3.1, \
                 e.g. 211 or \"Alcoholic Beverages\"; health, religion, politics and other sensitive matters are left out"
            )
        })?),
        None => None,
    };
    let term = narrowed.term.as_ref().map(|term| term.to_lowercase());
    let is_wanted = |group: &GroupAbout| {
        term.as_ref().is_none_or(|term| group.speaks_of(term))
            && niche.is_none_or(|niche| group.is_in_niche(niche.code))
    };
    let places: Vec<u32> = match &buyers {
        Some(buyers) => buyers.taking.groups.iter().map(|here| here.group).collect(),
        None => (0..market.list.len() as u32).collect(),
    };
    let places: Vec<u32> = places.into_iter().filter(|&place| is_wanted(&market.list[place as usize])).collect();
    let share = |place: u32| {
        let buyers = buyers.as_ref()?;
        let here = buyers.here(place)?;
        let link = format!("/conversations/groups/{}", market.list[place as usize].id);
        Some((here, share_of_buyers_talk(here, &buyers.taking, market.as_of(), &link)))
    };
    let shown: Vec<u32> = places.iter().copied().take(limit).collect();
    let document = json!({
        "groups": places.len(), "outside_all_groups": found.outside, "found": found,
        "buyers_talking": buyers.as_ref().map(|buyers| buyers.taking.talking),
        "shown": shown.iter().map(|&place| {
            let group = &market.list[place as usize];
            let buyers = share(place).map(|(here, estimate)| json!({
                "taking_part": here.taking_part, "members": here.members, "share_of_talk": estimate,
                "share_of_everybody": here.share_of_everybody, "surely_more_than_everybody": here.is_surely_more(),
            }));
            json!({"id": group.id, "name": group.name, "members": group.detail.figures.members,
                "found_again": group.detail.found_again(found.trials, market.as_of()),
                "niches": niches_json(group, market.as_of()), "language": group.detail.language, "terms": group.detail.terms, "family": group.family, "buyers": buyers})
        }).collect::<Vec<_>>(),
    });
    output.result(&document, |out| {
        writeln!(
            out,
            "{} groups, {}; {} people outside all groups",
            grouped(places.len() as u64),
            objective_words(found.settings.objective),
            grouped(u64::from(found.outside))
        )?;
        if market.list.is_empty() {
            writeln!(out, "{}", no_groups_words(found))?;
        }
        for &place in &shown {
            let group = &market.list[place as usize];
            write!(
                out,
                "{:>6}  {:>7} people  clear {:>9}  ",
                group.id,
                grouped(u64::from(group.detail.figures.members)),
                group.detail.sure_words()
            )?;
            if let Some((here, _)) = share(place) {
                let range = here.share_of_talk;
                write!(
                    out,
                    "{:>5.1} % of the buyers' talk ({:.1}-{:.1})  ",
                    100.0 * range.value,
                    100.0 * range.lo,
                    100.0 * range.hi
                )?;
            }
            writeln!(out, "{}  [{}]", group.called(), niches_words(group))?;
        }
        Ok(())
    })
}

/// The niches of a group with their shares as estimates and the terms that speak of them.
fn niches_json(group: &GroupAbout, as_of: Timestamp) -> serde_json::Value {
    let niches = group.detail.niches.iter().map(|niche| {
        json!({"code": niche.code, "path": niches::path(&niche.code), "share": share_of_niche(niche, as_of),
            "terms": niche.terms})
    });
    niches.collect()
}

fn niches_words(group: &GroupAbout) -> String {
    let words = |niche: &GroupNiche| {
        let ShareRange { value, lo, hi } = niche.share;
        format!("{} {:.0} % ({:.0}-{:.0})", niche.name, 100.0 * value, 100.0 * lo, 100.0 * hi)
    };
    match group.detail.niches.as_slice() {
        [] => "niche not known".to_owned(),
        some => some.iter().map(words).collect::<Vec<_>>().join(", "),
    }
}

async fn group(data: &DataDirectory, id: i64, output: Output<'_>) -> anyhow::Result<()> {
    let (_, market) = data.market_groups().await?;
    let events = data.store.group_events(Some(id), 20).await?;
    let Some(place) = market.place(id) else {
        let what = market.gone.iter().find(|group| group.id == id);
        anyhow::bail!(
            "no group has the number {id} now{}\nhint: `bellwether conversations groups` lists them",
            what.map_or_else(String::new, |group| format!(
                "; it was called {:?}",
                group.name.clone().unwrap_or_default()
            ))
        );
    };
    let group = &market.list[place as usize];
    let people = group.voices.iter().map(|voice| voice.account).collect();
    let names = crate::creators::names(data, people).await.map_err(super::ConversationsError::from)?;
    let name = |account| names.get(&account).map_or_else(|| "?".to_owned(), |name| name.name.clone());
    let figures = &group.detail.figures;
    let (as_of, address) = (market.as_of(), format!("/conversations/groups/{id}"));
    let called =
        |id: u32| market.place(i64::from(id)).map_or_else(String::new, |place| market.list[place as usize].called());
    let document = json!({
        "id": group.id, "name": group.name, "family": group.family, "detail": group.detail,
        "found_again": group.detail.found_again(market.trials(), as_of),
        "niches": niches_json(group, as_of),
        "terms": group.detail.terms.iter().map(|term| json!({"term": term.term, "people": term.people,
            "people_anywhere": term.people_anywhere, "times_as_often": times_as_often(term, as_of, &address)})).collect::<Vec<_>>(),
        "neighbours": figures.neighbours.iter().map(|near| json!({"group": near.group, "name": called(near.group),
            "turns": near.talks, "times_expected": times_expected(near, as_of, &format!("/conversations/groups/{}", near.group))}))
            .collect::<Vec<_>>(),
        "voices": group.voices.iter().map(|voice| json!({"account": voice.account, "name": name(voice.account),
            "listeners": voice.listeners, "answered": voice.answered})).collect::<Vec<_>>(),
        "events": events.iter().map(|event| json!({"at": clock::iso(event.at), "event": event.kind, "group": event.group,
            "other": event.other, "share": event.share, "words": event.words})).collect::<Vec<_>>(),
    });
    output.result(&document, |out| {
        writeln!(out, "group {}: {}", group.id, group.called())?;
        writeln!(
            out,
            "{} people, {} turns among them, {} with others; {} pairs talk both ways; found again to {}",
            grouped(u64::from(figures.members)),
            grouped(figures.talks_inside),
            grouped(figures.talks_outside),
            grouped(figures.pairs_both_ways),
            group.detail.sure_words()
        )?;
        writeln!(out, "niches: {}", niches_words(group))?;
        for term in &group.detail.terms {
            writeln!(
                out,
                "  {:<28} {:>5} of {:>6} people who say it; times as often: {}",
                term.term,
                term.people,
                term.people_anywhere,
                estimate_text(&times_as_often(term, as_of, &address))
            )?;
        }
        writeln!(out, "most turned to:")?;
        for voice in &group.voices {
            writeln!(
                out,
                "  {:<28} by {:>5} members, back to {}",
                name(voice.account),
                voice.listeners,
                voice.answered
            )?;
        }
        for near in &figures.neighbours {
            writeln!(
                out,
                "talks with group {} ({}): {} turns; times what is expected: {}",
                near.group,
                called(near.group),
                grouped(near.talks),
                estimate_text(&times_expected(near, as_of, &address))
            )?;
        }
        Ok(())
    })
}

async fn deciding(
    data: &DataDirectory,
    request: &DecidingRequest,
    limit: usize,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let found = report(data, request).await?;
    let account = |place: u32| found.snapshot.account(place);
    let name = |place: u32| found.names.get(&account(place)).map_or_else(|| "?".to_owned(), |name| name.name.clone());
    let as_of = found.as_of.unwrap_or(Timestamp(0));
    let document = json!({
        "buyers": found.buyers, "buyers_deciding": found.deciding.buyers, "threads": found.deciding.threads,
        "turns": found.deciding.turns,
        "people": found.deciding.partners.iter().take(limit).map(|partner| json!({
            "account": account(partner.account), "name": name(partner.account), "turns": partner.turns,
            "answers": partner.answers, "buyers_in_all_talk": partner.buyers_in_all_talk,
            "group": found.group_of.get(&partner.account),
            "share_of_deciding_buyers":
                share_of_deciding(partner.buyers, found.deciding.buyers, as_of, &format!("/conversations/{}", account(partner.account))),
        })).collect::<Vec<_>>(),
        "groups": found.groups.iter().map(|(group, turns)| json!({"id": group.id, "name": group.name, "turns": turns})).collect::<Vec<_>>(),
        "questions_asked": found.deciding.questions.len(),
        "questions": found.deciding.questions.iter().take(limit).map(|question| json!({
            "asker": account(question.asker), "at": clock::iso(Timestamp::from_unix_seconds(question.at_unix)),
            "title": found.posts.get(&question.thread).and_then(|post| post.title.clone()),
            "answered_by": question.answered_by.iter().map(|&place| account(place)).collect::<Vec<_>>(),
            "first_answer_seconds": question.first_answer_seconds, "came_back": question.came_back,
            "bought_later": question.bought_later,
        })).collect::<Vec<_>>(),
    });
    output.result(&document, |out| {
        writeln!(
            out,
            "{} of {} buyers are seen deciding, in {} threads",
            grouped(u64::from(found.deciding.buyers)),
            grouped(found.buyers),
            grouped(u64::from(found.deciding.threads))
        )?;
        for partner in found.deciding.partners.iter().take(limit) {
            writeln!(
                out,
                "  {:<28} {:>5} buyers  {:>5} turns, {:>5} of them theirs",
                name(partner.account),
                partner.buyers,
                partner.turns,
                partner.answers
            )?;
        }
        for question in found.deciding.questions.iter().take(limit) {
            let title = found
                .posts
                .get(&question.thread)
                .and_then(|post| post.title.clone())
                .or_else(|| found.words.get(&question.text).map(|words| words.chars().take(120).collect()))
                .unwrap_or_else(|| "without words".to_owned());
            writeln!(
                out,
                "{}  {} asked: {title}; {} answered",
                clock::day(Timestamp::from_unix_seconds(question.at_unix)),
                name(question.asker),
                question.answered_by.len()
            )?;
        }
        Ok(())
    })
}
