//! `bellwether creators …`: find somebody, see what is held about them, forget them.

mod lists;
mod merging;
mod own;
mod searching;

use clap::Subcommand;
use engine::conversations::portraits::estimates::share_of_own_talk;
use model::AccountId;
use serde_json::json;

use self::lists::{ListCommand, list_json};
use self::own::OwnCommand;
use super::comparing::compared;
use super::own_people::among::own_people;
use super::persons::{Said, Saying};
use super::search::niches::{correct, niches_of_creator};
use super::{find, forget, report};
use crate::clock;
use crate::conversations::market::{GroupAbout, spread_of};
use crate::data_directory::DataDirectory;
use crate::output::{Output, estimate_text, grouped};
use crate::vetting::{CreatorEstimates, level_words};

#[derive(Subcommand)]
pub enum CreatorsCommand {
    /// Creators by what they say, by name and by everything known of them.
    ///
    /// Words must all be said; "two words" in quotes side by side; -word must not; tea OR matcha takes either; name:ana and
    /// bio:… look there alone.
    Search {
        /// Words, as typed in the search field; may be left out.
        text: Option<String>,
        /// A filter, as in the address of the search page: `platform=instagram`, `engagement_from=3`,
        /// `engagement_read=surely`, `not_niche=…`, `last_post_to=30`; may come several times.
        #[arg(long, value_name = "KEY=VALUE")]
        filter: Vec<String>,
        /// What to order by; with `-` before it the most first: `--sort=-followers`.
        #[arg(long, allow_hyphen_values = true)]
        sort: Option<String>,
        /// The brand whose buyers count, by name or number.
        #[arg(long)]
        brand: Option<String>,
        /// Also words said in the same places as those typed.
        #[arg(long)]
        wider: bool,
        /// Also how many creators each filter would give.
        #[arg(long)]
        counts: bool,
        /// Where the last page ended, as it was printed.
        #[arg(long)]
        after: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// Keep this search under a name and tell who newly meets it.
        #[arg(long, value_name = "NAME")]
        save: Option<String>,
    },
    /// Every saved search, how many meet it and how many newly do.
    Searches {
        /// Look who meets each now.
        #[arg(long)]
        check: bool,
        /// Remove this one.
        #[arg(long, value_name = "NAME")]
        delete: Option<String>,
    },
    /// Two to six creators side by side: who can be told apart, and how far their audiences overlap.
    Compare {
        #[arg(required = true)]
        creators: Vec<String>,
        /// The brand whose buyers count, by name or number.
        #[arg(long)]
        brand: Option<String>,
    },
    /// The niches of a creator with what speaks for each; or say what is one.
    Niches {
        creator: String,
        /// This is theirs: a code or name of the content taxonomy.
        #[arg(long, value_name = "NICHE")]
        add: Option<String>,
        /// This is not theirs.
        #[arg(long, value_name = "NICHE")]
        remove: Option<String>,
        /// Take back what was said of this one.
        #[arg(long, value_name = "NICHE")]
        undo: Option<String>,
    },
    /// Put creators on a stage: look, write, written, talking, negotiating, agreed, worked, expired, not-for-us, or not-begun.
    Stage {
        stage: String,
        #[arg(required = true)]
        creators: Vec<String>,
    },
    /// The brand's own people: files of followers, engagers, customers, readers and orders, and the creators among them.
    #[command(subcommand)]
    Own(OwnCommand),
    /// Say that two accounts are one person's; what was said can be taken back.
    Merge {
        creator: String,
        other: String,
        /// They are not one person's; they are not suggested again.
        #[arg(long, conflicts_with = "undo")]
        not_same: bool,
        /// Take back what was said of the two.
        #[arg(long)]
        undo: bool,
    },
    /// Accounts of one person: what was said, where that disagrees, and what is suggested.
    Merges {
        /// Suggestions printed, the likeliest first.
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Everything that is held about one creator, by name, handle, platform:id or number.
    Show { creator: String },
    /// Every shortlist with how many people are on it.
    Lists,
    /// One shortlist: who is on it, notes, owners, columns, votes, links, overlaps, files.
    #[command(subcommand)]
    List(ListCommand),
    /// Erase everything held about an account and never take it again.
    Forget {
        creator: String,
        /// Why, for the record; kept beside a keyed hash, not beside a name.
        #[arg(long, default_value = "asked to be forgotten")]
        reason: String,
    },
}

/// Runs one creators command.
pub async fn run(data: &DataDirectory, command: CreatorsCommand, output: Output<'_>) -> anyhow::Result<()> {
    match command {
        CreatorsCommand::Search { text, filter, sort, brand, wider, counts, after, limit, save } => {
            let words = searching::Words { text, filters: filter, sort, wider, after, limit };
            searching::search(data, &words, brand.as_deref(), counts, save.as_deref(), output).await
        }
        CreatorsCommand::Searches { check, delete } => {
            searching::searches(data, check, delete.as_deref(), output).await
        }
        CreatorsCommand::Compare { creators, brand } => {
            let accounts = accounts_of(data, &creators).await?;
            let brand = match brand {
                Some(brand) => Some(crate::matching::brand(data, &brand).await?),
                None => None,
            };
            compare(data, accounts, brand.as_ref(), output).await
        }
        CreatorsCommand::Niches { creator, add, remove, undo } => {
            let account = find(data, &creator).await?;
            for (niche, is_niche) in [(add, Some(true)), (remove, Some(false)), (undo, None)] {
                if let Some(niche) = niche {
                    correct(data, account, &niche, is_niche).await?;
                }
            }
            let found = niches_of_creator(data, account).await?;
            output.result(&found.niches, |out| {
                if found.niches.is_empty() {
                    return writeln!(out, "nothing they say, in what is held, speaks of a niche");
                }
                for niche in &found.niches {
                    let said: Vec<&str> = niche.terms.iter().take(6).map(|term| term.term.as_str()).collect();
                    writeln!(
                        out,
                        "{:<8} {}: {} ({})",
                        niche.code,
                        niche.path.join(" > "),
                        estimate_text(&niche.probability),
                        said.join(", ")
                    )?;
                }
                Ok(())
            })
        }
        CreatorsCommand::Stage { stage, creators } => {
            let people = accounts_of(data, &creators).await?;
            let done = super::stages::set(data, &people, &stage).await?;
            output.result(&json!({ "done": done }), |out| writeln!(out, "{done}"))
        }
        CreatorsCommand::Own(command) => own::run(data, command, output).await,
        CreatorsCommand::Merge { creator, other, not_same, undo } => {
            let saying = match (not_same, undo) {
                (_, true) => Saying::Undo,
                (true, false) => Saying::NotSame,
                (false, false) => Saying::Same,
            };
            merging::merge(data, &creator, &other, saying, output).await
        }
        CreatorsCommand::Merges { limit } => merging::merges(data, limit, output).await,
        CreatorsCommand::Show { creator } => show(data, &creator, output).await,
        CreatorsCommand::Lists => {
            let lists = data.store.shortlists().await?;
            let document: Vec<_> = lists.iter().map(list_json).collect();
            output.result(&document, |out| {
                if lists.is_empty() {
                    return writeln!(
                        out,
                        "no shortlist yet; begin one with `bellwether creators list add NAME CREATOR`"
                    );
                }
                lists
                    .iter()
                    .try_for_each(|list| writeln!(out, "{:>4}  {:>6} people  {}", list.id, list.people, list.name))
            })
        }
        CreatorsCommand::List(command) => lists::run(data, command, output).await,
        CreatorsCommand::Forget { creator, reason } => {
            let account = find(data, &creator).await?;
            let forgotten = forget(data, account, &reason).await?;
            output.result(&forgotten, |out| {
                writeln!(
                    out,
                    "{} rows were erased; no import will take this account again",
                    grouped(forgotten.rows_removed)
                )?;
                writeln!(out, "run `bellwether refresh` to bring rankings up to date")
            })
        }
    }
}

/// The accounts that these names mean; the first that means none, or several, ends it before anything is done.
async fn accounts_of(data: &DataDirectory, creators: &[String]) -> anyhow::Result<Vec<AccountId>> {
    let mut accounts = Vec::new();
    for creator in creators {
        accounts.push(find(data, creator).await?);
    }
    Ok(accounts)
}

async fn show(data: &DataDirectory, creator: &str, output: Output<'_>) -> anyhow::Result<()> {
    let account = find(data, creator).await?;
    let held = report(data, account).await?;
    let groups = spread_of(data, account).await?.filter(|(market, _)| market.found.is_some());
    let estimates: Option<CreatorEstimates> =
        held.figures.as_ref().and_then(|figures| serde_json::from_str(&figures.detail).ok());
    let own = own_people(data).await?;
    let own = own.of(account).filter(|one| one.standing.counts());
    let also = super::names(data, Said::load(data).await?.also(account)).await?;
    let document = json!({
        "creator": held.name,
        "among_own_people": own,
        "also": also.values().collect::<Vec<_>>(),
        "profile": {
            "native_id": held.profile.native_id, "bio": held.profile.bio, "following": held.profile.following,
            "country": held.profile.country, "language": held.profile.language,
            "observed_at": held.profile.observed_at.map(clock::iso),
        },
        "estimates": estimates,
        "groups": groups.as_ref().map(|(market, talk)| talk.groups.iter().chain(&talk.elsewhere).map(|part| {
            let group = part.group.map(|place| &market.list[place as usize]);
            json!({ "id": group.map(|group| group.id), "name": group.map(GroupAbout::called),
                "turns": part.talks, "people": part.partners, "share_of_talk": share_of_own_talk(part, market.as_of(), None) })
        }).collect::<Vec<_>>()),
        "followers": held.followers.iter()
            .map(|point| json!({ "at": clock::iso(point.observed_at), "followers": point.followers })).collect::<Vec<_>>(),
        "posts": held.posts.iter().map(|post| json!({
            "post": post.post, "at": clock::iso(post.created_at), "title": post.title, "body": post.body, "url": post.url,
            "likes": post.likes, "comments": post.comments, "views": post.views,
        })).collect::<Vec<_>>(),
    });
    output.result(&document, |out| {
        let name = &held.name;
        writeln!(out, "{} on {} ({}), account {}", name.name, name.platform.name(), name.handle, name.account)?;
        if let Some(url) = &name.url {
            writeln!(out, "{url}")?;
        }
        let followers = name.followers.map_or("not known".to_owned(), |count| grouped(count.unsigned_abs()));
        writeln!(out, "followers: {followers}")?;
        for other in also.values() {
            writeln!(out, "the same person: {} on {} ({})", other.name, other.platform.name(), other.account)?;
        }
        if let Some(own) = own {
            writeln!(out, "among your own people: {} ({})", own.words(), own.standing.words())?;
        }
        match &estimates {
            None => writeln!(out, "no figures: nothing they published is held, or `bellwether refresh` has not run"),
            Some(estimates) => {
                writeln!(out, "conversation level: {}", level_words(&estimates.level))?;
                for (words, estimate) in [
                    ("comments answered within 7 days", &estimates.reply_rate),
                    ("commenters answered", &estimates.reply_rate_people),
                    ("median time to an answer", &estimates.reply_latency),
                    ("commenters in real conversation", &estimates.conversation_rate),
                    ("talk partners both ways", &estimates.mutual_share),
                    ("engagement by followers", &estimates.by_followers),
                    ("engagement by reach", &estimates.by_reach),
                    ("engagement by views", &estimates.by_views),
                ] {
                    writeln!(out, "{words}: {}", estimate_text(estimate))?;
                }
                Ok(())
            }
        }?;
        if let Some((market, talk)) = &groups {
            for part in talk.groups.iter().chain(&talk.elsewhere) {
                let group = part.group.map(|place| &market.list[place as usize]);
                let name = group
                    .map_or_else(|| "elsewhere".to_owned(), |group| format!("{} (group {})", group.called(), group.id));
                let share = share_of_own_talk(part, market.as_of(), None);
                writeln!(out, "talk in {name}: {}", estimate_text(&share))?;
            }
        }
        for post in held.posts.iter().take(5) {
            let title = post.title.as_deref().or(post.body.as_deref()).unwrap_or("(no text)");
            writeln!(out, "  {}  {}", clock::day(post.created_at), title.chars().take(90).collect::<String>())?;
        }
        Ok(())
    })
}

async fn compare(
    data: &DataDirectory,
    accounts: Vec<AccountId>,
    brand: Option<&model::Brand>,
    output: Output<'_>,
) -> anyhow::Result<()> {
    let compared = compared(data, accounts, brand).await?;
    output.result(&compared, |out| {
        for row in &compared.rows {
            writeln!(out, "{}:", row.words)?;
            for (creator, estimate) in compared.creators.iter().zip(&row.estimates) {
                writeln!(out, "    {:<24} {}", creator.name, estimate_text(estimate))?;
            }
            let told = row.comparison.as_ref().map(|comparison| &comparison.words).or(row.not_compared.as_ref());
            writeln!(out, "    {}", told.map_or("", String::as_str))?;
        }
        let Some(together) = &compared.audiences.audiences else {
            return writeln!(
                out,
                "nobody around at least two of them is held, so their audiences cannot be put together"
            );
        };
        writeln!(out, "different people around them: {}", estimate_text(&together.combined.distinct))?;
        let name_of = |account: &AccountId| {
            let found = compared.creators.iter().find(|creator| creator.account == *account);
            found.map_or_else(|| account.to_string(), |creator| creator.name.clone())
        };
        let names: Vec<String> = compared.audiences.among.iter().map(name_of).collect();
        for account in &compared.audiences.without {
            writeln!(out, "    {}: not known, nobody around them is held", name_of(account))?;
        }
        for pair in &together.overlaps.pairs {
            writeln!(
                out,
                "    {} and {}: {} shared, {} of the smaller audience",
                names[pair.first],
                names[pair.second],
                estimate_text(&pair.shared),
                estimate_text(&pair.over_smaller)
            )?;
        }
        Ok(())
    })
}
