//! `bellwether creators list …`: who is on a shortlist, notes, owners, columns, votes, links, overlaps, files.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use model::AccountId;
use serde_json::json;
use store::Shortlist;

use super::accounts_of;
use crate::clock;
use crate::creators::shortlists::changes::{Bulk, Done, Edit, Field, bulk, edit};
use crate::creators::shortlists::columns::{self, Way, WhichColumn};
use crate::creators::shortlists::exporting::table;
use crate::creators::shortlists::importing::{Run, import};
use crate::creators::shortlists::reviews::{self, DAYS_USUAL, Given, Prices, tallies, vote_words, voter_words};
use crate::creators::shortlists::together::together;
use crate::creators::shortlists::{self, WhichList, find_list};
use crate::creators::{CreatorName, CreatorsError, find, names};
use crate::data_directory::DataDirectory;
use crate::output::{Output, estimate_text, grouped};
use crate::vetting::{CreatorEstimates, level_words};

/// What is done with one shortlist; a list is named by its name or number.
#[derive(Subcommand)]
pub enum ListCommand {
    /// Who is on a shortlist, last added first, with notes, owners, columns and votes.
    Show { list: String },
    /// Add people to a shortlist; begun when there is none of that name.
    Add {
        list: String,
        /// By name, handle, platform:id or number.
        creators: Vec<String>,
        /// The members of this group who publish, the most turned to; may come several times.
        #[arg(long)]
        group: Vec<i64>,
    },
    /// Take people off a shortlist.
    Remove {
        list: String,
        #[arg(required = true)]
        creators: Vec<String>,
    },
    /// Take people over to another shortlist, with their notes and owners.
    Move {
        list: String,
        /// The other list; begun when there is none of that name.
        to: String,
        creators: Vec<String>,
        /// Leave them on this one as well.
        #[arg(long)]
        copy: bool,
        /// Everybody on the list.
        #[arg(long, conflicts_with = "creators")]
        all: bool,
    },
    /// Give a shortlist another name.
    Rename { list: String, name: String },
    /// Say who looks after a shortlist, or after people on it; an empty name says nobody.
    Owner { list: String, owner: String, creators: Vec<String> },
    /// Note something about somebody on a shortlist; an empty note takes it away.
    Note {
        list: String,
        creator: String,
        #[arg(allow_hyphen_values = true)]
        note: String,
    },
    /// Add a column to a shortlist, or name, move or remove the one of this name.
    Column {
        list: String,
        column: String,
        /// Another name for it.
        #[arg(long, value_name = "NAME", conflicts_with_all = ["shift", "remove"])]
        rename: Option<String>,
        /// One place to this side.
        #[arg(long, value_enum, conflicts_with = "remove")]
        shift: Option<Side>,
        /// Remove it with everything in it.
        #[arg(long)]
        remove: bool,
    },
    /// Fill a column for people on a shortlist; an empty value empties it.
    Value {
        list: String,
        column: String,
        #[arg(allow_hyphen_values = true)]
        value: String,
        creators: Vec<String>,
        /// Everybody on the list.
        #[arg(long, conflicts_with = "creators")]
        all: bool,
    },
    /// Vote on somebody on a shortlist, as one of the team.
    Vote {
        list: String,
        creator: String,
        #[arg(value_enum)]
        vote: Vote,
        /// Who votes; a later vote under the same name takes this one's place.
        #[arg(long)]
        by: String,
        #[arg(long, default_value = "", allow_hyphen_values = true)]
        comment: String,
    },
    /// Make a link by which a client looks at a shortlist and votes; its address is shown this once.
    Link {
        list: String,
        #[arg(long, default_value_t = DAYS_USUAL)]
        days: u32,
        /// For whom it is.
        #[arg(long, default_value = "")]
        note: String,
        /// Also what a post of each should cost.
        #[arg(long)]
        prices: bool,
    },
    /// The links to a shortlist, with how often they were opened.
    Links { list: String },
    /// End a link now.
    Revoke { list: String, link: i64 },
    /// How far the audiences of up to fifty people on a shortlist overlap, and how many different people they reach.
    Overlap {
        list: String,
        /// These alone; without any, the fifty added last.
        creators: Vec<String>,
    },
    /// A shortlist as CSV, with every part of every estimate.
    Export {
        list: String,
        /// Where to write; standard output without this.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Take people from a CSV file onto a shortlist; begun when there is none of that name.
    Import {
        list: String,
        file: PathBuf,
        /// Say what would be taken and refused, and change nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Remove a shortlist with its notes, columns, votes and links; the people on it stay.
    Delete { list: String },
}

/// A side that a column moves to.
#[derive(Clone, Copy, ValueEnum)]
pub enum Side {
    Left,
    Right,
}

/// A vote.
#[derive(Clone, Copy, ValueEnum)]
pub enum Vote {
    For,
    Neither,
    Against,
    /// No longer voting.
    TakeBack,
}

pub(super) fn list_json(list: &Shortlist) -> serde_json::Value {
    json!({ "list": list.id, "name": list.name, "owner": list.owner, "people": list.people,
        "begun_at": clock::iso(list.created_at), "added_to_at": list.added_to_at.map(clock::iso) })
}

/// The list that is meant, or a new one of this name.
async fn list_or_new(data: &DataDirectory, list: String) -> anyhow::Result<WhichList> {
    match find_list(data, &list).await {
        Ok(held) => Ok(WhichList::Held(held.id)),
        Err(CreatorsError::NoSuchList(_)) => Ok(WhichList::Named(list)),
        Err(error) => Err(error.into()),
    }
}

/// Those named, or everybody on the list.
async fn meant(
    data: &DataDirectory,
    list: &Shortlist,
    creators: &[String],
    all: bool,
) -> anyhow::Result<Vec<AccountId>> {
    if all {
        return Ok(shortlists::everybody(data, list.id).await?);
    }
    if creators.is_empty() {
        bail!("nobody is named\nhint: name creators, or give --all for everybody on the list");
    }
    accounts_of(data, creators).await
}

fn say(done: &Done, output: Output<'_>) -> anyhow::Result<()> {
    output.result(done, |out| writeln!(out, "{}", done.words))
}

/// Runs one command about one shortlist.
pub async fn run(data: &DataDirectory, command: ListCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        ListCommand::Show { list } => show(data, &find_list(data, &list).await?, output).await,
        ListCommand::Add { list, creators, group } => {
            let people = accounts_of(data, &creators).await?;
            let picked = shortlists::pick(data, list_or_new(data, list).await?, people, &group, "command").await?;
            output.result(&picked, |out| {
                writeln!(out, "{} added to {}, {} on it before", picked.added, picked.name, picked.already)
            })
        }
        ListCommand::Remove { list, creators } => {
            let list = find_list(data, &list).await?;
            let people = accounts_of(data, &creators).await?;
            let taken = data.store.shortlist_rows(list.id, &people).await?.members.len();
            if taken > 0 {
                bulk(data, &list, &people, Bulk::TakeOff).await?;
            }
            output.result(&json!({ "list": list.id, "taken_off": taken }), |out| {
                writeln!(out, "{taken} taken off {}", list.name)
            })
        }
        ListCommand::Move { list, to, creators, copy, all } => {
            let list = find_list(data, &list).await?;
            let people = meant(data, &list, &creators, all).await?;
            let into = list_or_new(data, to).await?;
            let what = if copy { Bulk::Copy(into) } else { Bulk::Move(into) };
            say(&bulk(data, &list, &people, what).await?, output)
        }
        ListCommand::Rename { list, name } => {
            let list = find_list(data, &list).await?;
            shortlists::rename(data, list.id, &name).await?;
            output.result(&json!({ "list": list.id, "name": name }), |out| {
                writeln!(out, "{} is called {name} now", list.name)
            })
        }
        ListCommand::Owner { list, owner, creators } => {
            let list = find_list(data, &list).await?;
            if !creators.is_empty() {
                let people = accounts_of(data, &creators).await?;
                return say(&bulk(data, &list, &people, Bulk::Owner(owner)).await?, output);
            }
            let owner = shortlists::own(data, list.id, &owner).await?;
            output.result(&json!({ "list": list.id, "owner": owner }), |out| match owner.as_str() {
                "" => writeln!(out, "nobody looks after {} now", list.name),
                owner => writeln!(out, "{owner} looks after {} now", list.name),
            })
        }
        ListCommand::Note { list, creator, note } => {
            let list = find_list(data, &list).await?;
            let account = find(data, &creator).await?;
            let held = data.store.shortlist_rows(list.id, &[account]).await?;
            let Some(member) = held.members.first() else {
                bail!("{creator} is not on {}\nhint: add them first with `bellwether creators list add`", list.name);
            };
            let change = Edit { account, field: Field::Note, was: member.note.clone(), to: note };
            let edited = edit(data, list.id, vec![change]).await?;
            output.result(&json!({ "list": list.id, "account": account, "changed": edited.fields > 0 }), |out| {
                writeln!(out, "{}", if edited.fields > 0 { "noted" } else { "nothing was changed" })
            })
        }
        ListCommand::Column { list, column, rename, shift, remove } => {
            column_command(data, &find_list(data, &list).await?, &column, rename, shift, remove, output).await
        }
        ListCommand::Value { list, column, value, creators, all } => {
            let list = find_list(data, &list).await?;
            let people = meant(data, &list, &creators, all).await?;
            let what = Bulk::Value { column: WhichColumn::Named(column), value };
            say(&bulk(data, &list, &people, what).await?, output)
        }
        ListCommand::Vote { list, creator, vote, by, comment } => {
            let list = find_list(data, &list).await?;
            let account = find(data, &creator).await?;
            if data.store.shortlist_rows(list.id, &[account]).await?.members.is_empty() {
                bail!("{creator} is not on {}\nhint: add them first with `bellwether creators list add`", list.name);
            }
            let vote = match vote {
                Vote::For => Some(1),
                Vote::Neither => Some(0),
                Vote::Against => Some(-1),
                Vote::TakeBack => None,
            };
            reviews::vote(data, list.id, None, &by, vec![Given { account, vote, comment }]).await?;
            let said = vote.map_or("taken back", vote_words);
            output.result(&json!({ "list": list.id, "account": account, "by": by, "vote": vote }), |out| {
                writeln!(out, "{by}: {said}")
            })
        }
        ListCommand::Link { list, days, note, prices } => {
            let list = find_list(data, &list).await?;
            let prices = if prices { Prices::Shown } else { Prices::Hidden };
            let made = reviews::share(data, list.id, days, &note, prices).await?;
            output.result(&made, |out| {
                writeln!(
                    out,
                    "{}\nbelow the address your program is reached at, opens the list until {}; it is not shown again",
                    made.address, made.expires_on
                )
            })
        }
        ListCommand::Links { list } => {
            let list = find_list(data, &list).await?;
            let links = reviews::seen(&data.store.shortlist_links(list.id).await?, data.now());
            output.result(&links, |out| {
                if links.is_empty() {
                    return writeln!(out, "this list is not shared");
                }
                links.iter().try_for_each(|link| {
                    writeln!(
                        out,
                        "{:>4}  {:<8} until {}  opened {} times  prices {}  {}",
                        link.link,
                        link.state,
                        link.expires_on,
                        link.opened,
                        if link.shows_prices { "shown" } else { "not shown" },
                        link.note
                    )
                })
            })
        }
        ListCommand::Revoke { list, link } => {
            reviews::revoke(data, find_list(data, &list).await?.id, link).await?;
            output.result(&json!({ "revoked": link }), |out| writeln!(out, "link {link} opens nothing any more"))
        }
        ListCommand::Overlap { list, creators } => overlap(data, &list, &creators, output).await,
        ListCommand::Export { list, out } => export(data, &list, out, output).await,
        ListCommand::Import { list, file, dry_run } => {
            let run = if dry_run { Run::Dry } else { Run::Real };
            let imported = import(data, list_or_new(data, list).await?, &file, run).await?;
            output.result(&imported, |out| {
                let would = if dry_run { "would be " } else { "" };
                writeln!(
                    out,
                    "{}: {} {would}added, {} {would}changed, {} on it as they are, {} left out ({} not held)",
                    imported.name,
                    grouped(imported.added),
                    grouped(imported.changed),
                    grouped(imported.same),
                    grouped(imported.refused.len() as u64),
                    grouped(imported.not_held)
                )?;
                if !imported.not_taken.is_empty() {
                    let headings = imported.not_taken.join(", ");
                    writeln!(out, "nothing was taken from: {headings}; write column: before a name to keep it")?;
                }
                imported.refused.iter().try_for_each(|issue| writeln!(out, "{issue}"))
            })
        }
        ListCommand::Delete { list } => {
            let list = find_list(data, &list).await?;
            data.store.delete_shortlist(list.id).await?;
            output.result(&json!({ "list": list.id, "deleted": true }), |out| {
                writeln!(out, "{} is gone; nobody on it was changed", list.name)
            })
        }
    }
}

async fn column_command(
    data: &DataDirectory,
    list: &Shortlist,
    column: &str,
    rename: Option<String>,
    shift: Option<Side>,
    remove: bool,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let held = data.store.shortlist_columns(list.id).await?;
    let id = match columns::named(&held, column) {
        Some(held) => held.id,
        None if rename.is_none() && shift.is_none() && !remove => columns::add(data, list.id, column).await?.id,
        None => bail!("{} has no column {column:?}\nhint: `bellwether creators list show` names them", list.name),
    };
    if let Some(name) = rename {
        columns::rename(data, list.id, id, &name).await?;
    }
    match shift {
        Some(Side::Left) => columns::shift(data, list.id, id, Way::Left).await?,
        Some(Side::Right) => columns::shift(data, list.id, id, Way::Right).await?,
        None => {}
    }
    if remove {
        columns::remove(data, list.id, id).await?;
    }
    let names: Vec<String> =
        data.store.shortlist_columns(list.id).await?.into_iter().map(|column| column.name).collect();
    output.result(&json!({ "list": list.id, "columns": names }), |out| match names.is_empty() {
        true => writeln!(out, "{} has no columns now", list.name),
        false => writeln!(out, "columns of {}: {}", list.name, names.join(", ")),
    })
}

async fn show(data: &DataDirectory, list: &Shortlist, output: Output<'_>) -> anyhow::Result<()> {
    let people = shortlists::about(data, data.store.shortlist_members(list.id).await?).await?;
    let columns = data.store.shortlist_columns(list.id).await?;
    let values: HashMap<(AccountId, i64), String> = (data.store.shortlist_values(list.id).await?.into_iter())
        .map(|value| ((value.account, value.column), value.value))
        .collect();
    let votes = data.store.shortlist_votes(list.id).await?;
    let links = data.store.shortlist_links(list.id).await?;
    let stages: HashMap<AccountId, String> = data.store.stages().await?.into_iter().collect();
    let tallies = tallies(&votes);
    let filled = |account: AccountId| -> Vec<(&str, &str)> {
        let value = |column: &store::ShortlistColumn| values.get(&(account, column.id)).map(String::as_str);
        columns.iter().filter_map(|column| Some((column.name.as_str(), value(column)?))).collect()
    };
    let rows: Vec<_> = (people.iter())
        .map(|person| {
            let account = person.member.account;
            let held = person.figures.as_ref().and_then(|figures| serde_json::from_str(&figures.detail).ok());
            let estimates: Option<CreatorEstimates> = held;
            let said: Vec<_> = (votes.iter().filter(|vote| vote.account == account))
                .map(|vote| {
                    json!({ "by": voter_words(&vote.voter, &links), "link": vote.voter.link, "vote": vote.vote,
                        "comment": vote.comment, "at": clock::iso(vote.voted_at) })
                })
                .collect();
            json!({ "account": account, "creator": person.name, "added_at": clock::iso(person.member.added_at),
                "picked_on": person.member.picked_on, "note": person.member.note, "owner": person.member.owner,
                "stage": stages.get(&account), "values": filled(account).into_iter().collect::<HashMap<_, _>>(),
                "votes": tallies.get(&account).copied().unwrap_or_default(), "said": said, "estimates": estimates })
        })
        .collect();
    let mut document = list_json(list);
    document["columns"] = columns.iter().map(|column| column.name.clone()).collect();
    document["members"] = rows.into();
    output.result(&document, |out| {
        let owner = if list.owner.is_empty() { String::new() } else { format!(", looked after by {}", list.owner) };
        writeln!(out, "{}: {} people{owner}", list.name, list.people)?;
        for person in &people {
            let account = person.member.account;
            let level = level_words(person.figures.as_ref().map_or("not-known", |figures| figures.level.as_str()));
            match &person.name {
                None => writeln!(out, "{account:>20}  nothing is held any more")?,
                Some(name) => {
                    let followers =
                        name.followers.map_or("not known".to_owned(), |count| grouped(count.unsigned_abs()));
                    writeln!(
                        out,
                        "{account:>20}  {:<14} {}  (followers {followers}; {level})",
                        name.platform.name(),
                        name.name
                    )?;
                }
            }
            let mut beside: Vec<String> =
                filled(account).iter().map(|(name, value)| format!("{name}: {value}")).collect();
            if !person.member.owner.is_empty() {
                beside.insert(0, format!("owner: {}", person.member.owner));
            }
            if let Some(tally) = tallies.get(&account) {
                beside.push(format!("{} for, {} against, {} neither", tally.up, tally.down, tally.neutral));
            }
            if !beside.is_empty() {
                writeln!(out, "{:>22}{}", "", beside.join("; "))?;
            }
            for line in person.member.note.lines() {
                writeln!(out, "{:>22}{line}", "")?;
            }
        }
        Ok(())
    })
}

async fn overlap(data: &DataDirectory, list: &str, creators: &[String], output: Output<'_>) -> anyhow::Result<()> {
    let list = find_list(data, list).await?;
    let on_it = shortlists::everybody(data, list.id).await?;
    let asked = match creators.is_empty() {
        true => on_it,
        false => {
            let named = accounts_of(data, creators).await?;
            on_it.into_iter().filter(|account| named.contains(account)).collect()
        }
    };
    let found = together(data, &asked).await?;
    let known = names(data, asked).await?;
    let called = |account: &AccountId| {
        known.get(account).map_or_else(|| account.to_string(), |name: &CreatorName| name.name.clone())
    };
    output.result(found.as_ref(), |out| {
        let all = found.among.len() + found.without.len();
        writeln!(out, "{} of {all} have people around them held; this is for those", found.among.len())?;
        let (Some(audiences), Some(again)) = (&found.audiences, &found.counted_again) else {
            return writeln!(out, "people around at least two of them must be held");
        };
        writeln!(out, "different people: {}", estimate_text(&audiences.combined.distinct))?;
        writeln!(out, "counted again: {}", estimate_text(again))?;
        for pair in &audiences.overlaps.pairs {
            writeln!(
                out,
                "    {} and {}: {} shared, {} of the smaller audience",
                called(&found.among[pair.first]),
                called(&found.among[pair.second]),
                estimate_text(&pair.shared),
                estimate_text(&pair.over_smaller)
            )?;
        }
        Ok(())
    })
}

async fn export(data: &DataDirectory, list: &str, to: Option<PathBuf>, output: Output<'_>) -> anyhow::Result<()> {
    let list = find_list(data, list).await?;
    let bytes = table(data, &list, None).await?.bytes();
    let Some(place) = to else {
        return output.bytes("text/csv; charset=utf-8", &bytes);
    };
    std::fs::write(&place, &bytes).with_context(|| format!("the file {} cannot be written", place.display()))?;
    let document = json!({ "list": list.id, "name": list.name, "people": list.people, "out": place });
    output.result(&document, |out| writeln!(out, "{} people written to {}", grouped(list.people), place.display()))
}
