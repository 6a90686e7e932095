//! `bellwether creators …`: find somebody, see what is held about them, forget them.

use clap::Subcommand;
use engine::conversations::portraits::estimates::share_of_own_talk;
use serde_json::json;

use super::{find, forget, report, search};
use crate::clock;
use crate::conversations::market::{GroupAbout, spread_of};
use crate::data_directory::DataDirectory;
use crate::output::{Output, estimate_text, grouped};
use crate::vetting::{CreatorEstimates, level_words};

#[derive(Subcommand)]
pub enum CreatorsCommand {
    /// Accounts whose name contains a text, most followed first.
    Search {
        text: String,
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Everything that is held about one creator, by name, handle, platform:id or number.
    Show { creator: String },
    /// Erase everything held about an account and never take it again.
    Forget {
        creator: String,
        /// Why, for the record; kept beside a keyed hash, not beside a name.
        #[arg(long, default_value = "asked to be forgotten")]
        reason: String,
    },
}

/// Runs one creators command.
pub async fn run(data: &DataDirectory, command: CreatorsCommand, output: Output) -> anyhow::Result<()> {
    match command {
        CreatorsCommand::Search { text, limit } => {
            let found = search(data, &text, limit).await?;
            output.result(&found, |out| {
                if found.is_empty() {
                    return writeln!(out, "nobody's name contains {text:?}");
                }
                for name in &found {
                    let followers = name.followers.map_or("followers not known".to_owned(), |count| {
                        format!("{} followers", grouped(count.unsigned_abs()))
                    });
                    writeln!(out, "{:>20}  {:<14} {}  ({followers})", name.account, name.platform.name(), name.name)?;
                }
                Ok(())
            })
        }
        CreatorsCommand::Show { creator } => show(data, &creator, output).await,
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

async fn show(data: &DataDirectory, creator: &str, output: Output) -> anyhow::Result<()> {
    let account = find(data, creator).await?;
    let held = report(data, account).await?;
    let groups = spread_of(data, account).await?.filter(|(market, _)| market.found.is_some());
    let estimates: Option<CreatorEstimates> =
        held.figures.as_ref().and_then(|figures| serde_json::from_str(&figures.detail).ok());
    let document = json!({
        "creator": held.name,
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
