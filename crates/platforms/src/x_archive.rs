//! The archive X makes of an account: what it posts, whom it answers and mentions, its followers and whom it follows.
//!
//! Every file is JSON behind `window.YTD.… =`. Accounts are known by their number. Follows have no date and are dated as the archive,
//! which its own manifest tells. Likes of others' posts name nobody and are not read.

use std::io::Read;

use model::facts::{AccountKind, InteractionFact, PostFact, PostKind, PostMetricFact, ProfileFact};
use model::{AccountId, InteractionId, InteractionKind, Platform, PostId, TextId, Timestamp};
use serde_json::Value;

use crate::exports::{
    Wrong, break_noted, counted, dated_as_the_export, follow, listed, number_of, of_another, text_of,
};
use crate::json::each_found;
use crate::moments;
use crate::receive::{Named, ReadError, Receiver, refused};

/// What an entry of the archive holds, in the order in which entries must be read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    Manifest,
    Account,
    Profile,
    Tweets,
    Followers,
    Following,
}

/// What an entry of the archive is, by its path alone. Empty: it is not read (private messages, advertising, media).
pub fn parts_of(path: &str) -> &'static [Part] {
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let Some(stem) = name.strip_suffix(".js") else { return &[] };
    let whole = match stem.rsplit_once("-part") {
        Some((before, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => stem,
    };
    match whole {
        "manifest" => &[Part::Manifest],
        "account" => &[Part::Account],
        "profile" => &[Part::Profile],
        "tweets" | "tweet" => &[Part::Tweets],
        "follower" => &[Part::Followers],
        "following" => &[Part::Following],
        _ => &[],
    }
}

#[derive(Default)]
struct Tally {
    posts: u64,
    replies: u64,
    mentions: u64,
    reposts: u64,
    reposts_of_nobody: u64,
    followers: u64,
    followed: u64,
}

/// What the archive says of its own account.
#[derive(Default)]
struct Stated {
    account_id: Option<String>,
    handle: Option<String>,
    display_name: Option<String>,
    bio: Option<String>,
}

/// Reads one archive: whose it is, who was named already, and how much was found.
pub struct Reader {
    /// As the operator says: a number or a handle.
    owner: Option<String>,
    stated: Stated,
    made_at: Timestamp,
    named: Named,
    tally: Tally,
}

impl Reader {
    /// `owner` is the number or the handle of the account the archive is of, where the operator names it; the number of a handle
    /// is read from the archive. `made_at` is when the archive was made, unless its manifest tells.
    pub fn new(owner: Option<&str>, made_at: Timestamp) -> Reader {
        let owner = owner.map(|name| name.trim().trim_start_matches('@').to_owned()).filter(|name| !name.is_empty());
        Reader { owner, stated: Stated::default(), made_at, named: Named::new(), tally: Tally::default() }
    }

    /// Reads one entry of the archive. A document that is cut off is told as an issue; what came before is kept.
    ///
    /// # Errors
    /// Nobody takes facts any more, or it is not known whose archive it is.
    pub fn read(
        &mut self,
        part: Part,
        path: &str,
        entry: &mut dyn Read,
        receiver: &mut dyn Receiver,
    ) -> Result<(), ReadError> {
        let owner = match part {
            Part::Manifest | Part::Account | Part::Profile => String::new(),
            Part::Tweets | Part::Followers | Part::Following => self.owner_named(path, receiver)?,
        };
        let outcome = each_found(path, entry, true, |found| {
            if part == Part::Manifest {
                self.take_of_manifest(found.path, &found.value);
            }
            let Some(row) = found.entry else { return Ok(()) };
            let taken = match part {
                Part::Manifest => return Ok(()),
                Part::Account => self.take_account(&found.value),
                Part::Profile => self.take_profile(&found.value),
                Part::Tweets => self.take_tweet(&owner, &found.value, receiver),
                Part::Followers => self.take_follow(part, "follower", &owner, &found.value, receiver),
                Part::Following => self.take_follow(part, "following", &owner, &found.value, receiver),
            };
            if let Err(wrong) = taken {
                receiver.note(refused(path, row, wrong.field, wrong.problem, wrong.hint));
            }
            receiver.row_read()
        });
        break_noted(outcome, receiver)
    }

    /// Hands on the owner's profile, of which several entries tell, and says what was found.
    ///
    /// # Errors
    /// Nobody takes facts any more.
    pub fn finish(&mut self, receiver: &mut dyn Receiver) -> Result<(), ReadError> {
        self.hand_on_profile(receiver);
        let tally = &self.tally;
        let mut sentence = listed(&[
            (tally.followers, "follower", "followers"),
            (tally.followed, "account followed", "accounts followed"),
            (tally.posts, "post", "posts"),
            (tally.replies, "reply", "replies"),
            (tally.mentions, "mention", "mentions"),
            (tally.reposts, "repost", "reposts"),
        ]);
        if tally.reposts_of_nobody > 0 {
            let nobody = counted(tally.reposts_of_nobody, "repost that names nobody", "reposts that name nobody");
            sentence.push_str(&format!("; left out: {nobody}"));
        }
        sentence.push_str(&dated_as_the_export(tally.followers + tally.followed));
        receiver.remark(sentence);
        Ok(())
    }

    fn hand_on_profile(&mut self, receiver: &mut dyn Receiver) {
        let Some(owner) = self.owner_number().map(str::to_owned) else { return };
        let stated = &self.stated;
        if let (Some(named), Some(number)) = (&self.owner, &stated.account_id) {
            let is_same = named == number || stated.handle.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(named));
            if !is_same && is_number(named) {
                receiver.remark(of_another(number, named));
                return;
            }
            if !is_same {
                let own = stated.handle.as_deref().unwrap_or("another name");
                receiver.remark(format!("The archive says that it is of {own}, account {number}, not of {named}."));
            }
        }
        if stated.handle.is_none() && stated.display_name.is_none() && stated.bio.is_none() {
            return;
        }
        let account = self.named.account_of_kind(Platform::X, &owner, AccountKind::Brand, receiver);
        receiver.facts().profiles.push(ProfileFact {
            handle: stated.handle.as_ref().map(|handle| handle.to_lowercase()),
            display_name: stated.display_name.clone(),
            bio: stated.bio.clone(),
            ..ProfileFact::empty(account, self.made_at)
        });
    }

    fn owner_number(&self) -> Option<&str> {
        let named = self.owner.as_deref().filter(|name| is_number(name));
        named.or(self.stated.account_id.as_deref())
    }

    /// The owner's number; the account is handed on the first time.
    fn owner_named(&mut self, file: &str, receiver: &mut dyn Receiver) -> Result<String, ReadError> {
        let owner = self.owner_number().map(str::to_owned).ok_or_else(|| {
            ReadError::broken(
                file,
                "it is not known whose archive this is: account.js is missing or gives no accountId",
                "name the account by its number, which follows and posts are known by: `--account NAME`",
            )
        })?;
        self.named.account_of_kind(Platform::X, &owner, AccountKind::Brand, receiver);
        Ok(owner)
    }

    fn take_of_manifest(&mut self, path: &[String], value: &Value) {
        let ([.., section, name], Some(text)) = (path, value.as_str()) else { return };
        match (section.as_str(), name.as_str()) {
            ("archiveInfo", "generationDate") => self.made_at = moments::of_iso(text).unwrap_or(self.made_at),
            ("userInfo", "accountId") => self.stated.account_id = number_in(value),
            ("userInfo", "userName") => self.stated.handle = Some(text.to_owned()),
            ("userInfo", "displayName") => self.stated.display_name = Some(text.to_owned()),
            _ => {}
        }
    }

    fn take_account(&mut self, entry: &Value) -> Result<(), Wrong> {
        let account = entry.get("account").unwrap_or(entry);
        let Some(number) = account.get("accountId").and_then(number_in) else {
            return Err(Wrong::new("accountId", "is no number", "name the account by its number: `--account NAME`"));
        };
        self.stated.account_id = Some(number);
        let stated = |name: &str| text_of(account, name).map(str::to_owned);
        self.stated.handle = stated("username").or(self.stated.handle.take());
        self.stated.display_name = stated("accountDisplayName").or(self.stated.display_name.take());
        Ok(())
    }

    fn take_profile(&mut self, entry: &Value) -> Result<(), Wrong> {
        let description = entry.get("profile").and_then(|profile| profile.get("description"));
        self.stated.bio = description.and_then(|description| text_of(description, "bio")).map(unescaped);
        Ok(())
    }

    fn take_follow(
        &mut self,
        part: Part,
        name: &str,
        owner: &str,
        entry: &Value,
        receiver: &mut dyn Receiver,
    ) -> Result<(), Wrong> {
        let other = entry.get(name).unwrap_or(entry);
        let in_link = || text_of(other, "userLink")?.split_once("user_id=").map(|(_, number)| number.to_owned());
        let Some(number) =
            other.get("accountId").and_then(number_in).or_else(|| in_link().filter(|one| is_number(one)))
        else {
            return Err(Wrong::new(
                "accountId",
                "is no number",
                "the archive itself does not tell; nothing can be done",
            ));
        };
        self.named.account(Platform::X, &number, receiver);
        let fact = if part == Part::Followers {
            self.tally.followers += 1;
            follow(Platform::X, &number, owner, self.made_at)
        } else {
            self.tally.followed += 1;
            follow(Platform::X, owner, &number, self.made_at)
        };
        receiver.facts().interactions.push(fact);
        Ok(())
    }

    fn take_tweet(&mut self, owner: &str, entry: &Value, receiver: &mut dyn Receiver) -> Result<(), Wrong> {
        let tweet = Tweet::of(entry.get("tweet").unwrap_or(entry))?;
        let said = InteractionFact {
            id: InteractionId::native(Platform::X, &tweet.number),
            kind: InteractionKind::Repost,
            actor: AccountId::of(Platform::X, "", owner),
            target: None,
            post: None,
            parent: None,
            at: tweet.at,
            text: None,
            by_author: false,
        };
        if let Some(handle) = tweet.body.as_deref().and_then(reposted_handle) {
            let by_handle = tweet.mentioned.iter().find(|one| one.handle.eq_ignore_ascii_case(handle));
            let Some(author) = by_handle.or(tweet.mentioned.first()) else {
                self.tally.reposts_of_nobody += 1;
                return Ok(());
            };
            self.tally.reposts += 1;
            let target = Some(self.named.account(Platform::X, &author.number, receiver));
            receiver.facts().interactions.push(InteractionFact { target, by_author: author.number == owner, ..said });
            return Ok(());
        }
        let text = tweet.body.as_deref().map(|body| receiver.take_text(body));
        let answered = tweet.answered_user.as_deref();
        // Whom an answer to a deleted account was for is not told; the post it answers still is.
        if answered.is_some() || tweet.answered_post.is_some() {
            self.tally.replies += 1;
            let target = answered.map(|user| self.named.account(Platform::X, user, receiver));
            receiver.facts().interactions.push(InteractionFact {
                kind: InteractionKind::Reply,
                target,
                post: tweet.answered_post,
                text,
                by_author: answered == Some(owner),
                ..said
            });
        } else {
            // What answers somebody is talk and no post: a creator's engagement is measured over what they publish.
            self.take_post(owner, &tweet, text, receiver);
        }
        for user in tweet.mentioned.iter().map(|one| one.number.as_str()) {
            if user == owner || Some(user) == answered {
                continue;
            }
            self.tally.mentions += 1;
            let target = Some(self.named.account(Platform::X, user, receiver));
            let id = InteractionId::native(Platform::X, &format!("{}#mention:{user}", tweet.number));
            let kind = InteractionKind::Mention;
            receiver.facts().interactions.push(InteractionFact { id, kind, target, text, ..said.clone() });
        }
        Ok(())
    }

    fn take_post(&mut self, owner: &str, tweet: &Tweet, text: Option<TextId>, receiver: &mut dyn Receiver) {
        self.tally.posts += 1;
        let id = PostId::of(Platform::X, &tweet.number);
        let facts = receiver.facts();
        facts.posts.push(PostFact {
            id,
            platform: Platform::X,
            native_id: tweet.number.clone(),
            author: Some(AccountId::of(Platform::X, "", owner)),
            created_at: tweet.at,
            kind: PostKind::Post,
            title: None,
            text,
            url: Some(format!("https://x.com/i/web/status/{}", tweet.number)),
            parent: None,
            tags: tweet.tags.clone(),
            paid_disclosure: None,
        });
        if tweet.likes.is_some() || tweet.shares.is_some() {
            facts.post_metrics.push(PostMetricFact {
                post: id,
                observed_at: self.made_at,
                views: None,
                likes: tweet.likes,
                comments: None,
                shares: tweet.shares,
                saves: None,
                reach: None,
            });
        }
    }
}

/// One post as the archive holds it.
struct Tweet {
    number: String,
    at: Timestamp,
    body: Option<String>,
    answered_user: Option<String>,
    answered_post: Option<PostId>,
    /// Each once, in the order of the text.
    mentioned: Vec<Mentioned>,
    tags: Vec<String>,
    likes: Option<i64>,
    shares: Option<i64>,
}

struct Mentioned {
    number: String,
    handle: String,
}

impl Tweet {
    fn of(tweet: &Value) -> Result<Tweet, Wrong> {
        let number_at = |names: [&str; 2]| names.into_iter().filter_map(|name| tweet.get(name)).find_map(number_in);
        let count_at = |name: &str| tweet.get(name).and_then(number_of).filter(|count| *count >= 0);
        let Some(number) = number_at(["id_str", "id"]) else {
            return Err(Wrong::new("id_str", "is no number", "a post without its number cannot be told from another"));
        };
        let Some(at) = text_of(tweet, "created_at").and_then(moment_of) else {
            return Err(Wrong::new("created_at", "is no moment", "a post needs the moment it was made"));
        };
        let entities = |name: &str| {
            let list = tweet.get("entities").and_then(|entities| entities.get(name)).and_then(Value::as_array);
            list.map(Vec::as_slice).unwrap_or_default()
        };
        let mut mentioned: Vec<Mentioned> = Vec::new();
        for user in entities("user_mentions") {
            let number = ["id_str", "id"].into_iter().filter_map(|name| user.get(name)).find_map(number_in);
            if let Some(number) = number.filter(|number| mentioned.iter().all(|known| known.number != *number)) {
                mentioned
                    .push(Mentioned { number, handle: text_of(user, "screen_name").unwrap_or_default().to_owned() });
            }
        }
        let mut tags = Vec::new();
        for tag in entities("hashtags").iter().filter_map(|tag| text_of(tag, "text")).map(str::to_lowercase) {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        let answered_post = number_at(["in_reply_to_status_id_str", "in_reply_to_status_id"]);
        Ok(Tweet {
            number,
            at,
            body: text_of(tweet, "full_text").or_else(|| text_of(tweet, "text")).map(unescaped),
            answered_user: number_at(["in_reply_to_user_id_str", "in_reply_to_user_id"]),
            answered_post: answered_post.map(|post| PostId::of(Platform::X, &post)),
            mentioned,
            tags,
            likes: count_at("favorite_count"),
            shares: count_at("retweet_count"),
        })
    }
}

/// Who is reposted by a text that begins `RT @name:`.
fn reposted_handle(body: &str) -> Option<&str> {
    let (handle, _) = body.strip_prefix("RT @")?.split_once(':')?;
    let is_handle = !handle.is_empty() && handle.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_handle.then_some(handle)
}

/// `Wed Oct 10 20:19:24 +0000 2018`
fn moment_of(text: &str) -> Option<Timestamp> {
    moments::of_format("%a %b %d %H:%M:%S %z %Y", text)
}

/// Three signs are written as HTML writes them.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The number of an account or a post, written as text or as a number. Deleted accounts are written `-1`.
fn number_in(value: &Value) -> Option<String> {
    let text =
        value.as_str().map(|text| text.trim().to_owned()).or_else(|| value.as_u64().map(|number| number.to_string()));
    text.filter(|text| is_number(text))
}

fn is_number(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use model::facts::AccountFact;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::receive::Collected;

    const MANIFEST: &str = r#"window.__THAR_CONFIG = {"userInfo":{"accountId":"42","userName":"Brand","displayName":"The Brand"},
        "archiveInfo":{"sizeBytes":"1","generationDate":"2025-06-15T15:06:40.000Z"},"dataTypes":{"tweets":{"files":[{"count":"1"}]}}}"#;
    const ACCOUNT: &str = r#"window.YTD.account.part0 = [{"account":{"email":"a@b.example","username":"Brand","accountId":"42",
        "accountDisplayName":"The Brand"}}]"#;
    const PROFILE: &str = r#"window.YTD.profile.part0 = [{"profile":{"description":{"bio":"tea &amp; more"}}}]"#;
    const FOLLOWERS: &str = r#"window.YTD.follower.part0 = [
        {"follower":{"accountId":"7","userLink":"https://twitter.com/intent/user?user_id=7"}},
        {"follower":{"userLink":"https://twitter.com/intent/user?user_id=8"}}, {"follower":{"accountId":"ana"}} ]"#;
    const FOLLOWING: &str = r#"window.YTD.following.part0 = [{"following":{"accountId":9}}]"#;
    const TWEETS: &str = r##"window.YTD.tweets.part0 = [
        {"tweet":{"id_str":"100","created_at":"Wed Oct 10 20:19:24 +0000 2018","full_text":"tea &lt;3 @ana #Tea #tea","favorite_count":"5",
            "retweet_count":"1","entities":{"user_mentions":[{"id_str":"7","screen_name":"ana"},{"id_str":"7","screen_name":"ana"},
            {"id_str":"-1","screen_name":"gone"},{"id_str":"42","screen_name":"brand"}],"hashtags":[{"text":"Tea"},{"text":"tea"}]}}},
        {"tweet":{"id_str":"101","created_at":"Wed Oct 10 20:20:24 +0000 2018","full_text":"@ana @ben yes","in_reply_to_user_id_str":"7",
            "in_reply_to_status_id_str":"90","favorite_count":"3","entities":{"user_mentions":[{"id_str":"7"},{"id_str":"8"}]}}},
        {"tweet":{"id_str":"102","created_at":"Wed Oct 10 20:21:24 +0000 2018","full_text":"more","in_reply_to_user_id":42,
            "in_reply_to_status_id":100}},
        {"tweet":{"id_str":"103","created_at":"Wed Oct 10 20:22:24 +0000 2018","full_text":"RT @Cem: look @ana","entities":{
            "user_mentions":[{"id_str":"7","screen_name":"ana"},{"id_str":"10","screen_name":"cem"}]}}},
        {"tweet":{"id_str":"104","created_at":"Wed Oct 10 20:23:24 +0000 2018","full_text":"RT @gone: x","entities":{"user_mentions":[]}}},
        {"tweet":{"id_str":"105","created_at":"Wed Oct 10 20:24:24 +0000 2018","full_text":"@gone ok","in_reply_to_status_id_str":"91"}},
        {"tweet":{"id_str":"106","created_at":"soon"}}, {"tweet":{"full_text":"x"}} ]"##;
    const OLD_TWEETS: &str =
        r#"window.YTD.tweet.part0 = [{"id":107,"created_at":"Wed Oct 10 20:25:24 +0000 2018","text":"old"}]"#;
    const ALL: [(&str, &str); 7] = [
        ("data/manifest.js", MANIFEST),
        ("data/account.js", ACCOUNT),
        ("data/profile.js", PROFILE),
        ("data/tweets.js", TWEETS),
        ("data/tweet.js", OLD_TWEETS),
        ("data/follower.js", FOLLOWERS),
        ("data/following.js", FOLLOWING),
    ];

    fn made_at() -> Timestamp {
        Timestamp::from_unix_seconds(1_760_000_000)
    }

    fn read_all(owner: Option<&str>, made_at: Timestamp, entries: &[(&str, &str)]) -> Result<Collected, ReadError> {
        let (mut reader, mut collected) = (Reader::new(owner, made_at), Collected::default());
        for (path, text) in entries {
            for part in parts_of(path) {
                reader.read(*part, path, &mut text.as_bytes(), &mut collected)?;
            }
        }
        reader.finish(&mut collected)?;
        Ok(collected)
    }

    fn told(collected: &Collected) -> Vec<String> {
        let name = |id: AccountId| {
            let found = collected.facts.accounts.iter().find(|account| account.id == id);
            found.map_or("?".to_owned(), |account| account.native_id.clone())
        };
        let facts = collected.facts.interactions.iter();
        facts
            .map(|fact| {
                format!("{} {} {}", name(fact.actor), fact.kind.code(), fact.target.map_or("-".to_owned(), name))
            })
            .collect()
    }

    #[test]
    fn an_entry_is_known_by_its_path_whatever_the_folders_are() {
        let table: [(&str, &[Part]); 9] = [
            ("data/tweets.js", &[Part::Tweets]),
            ("tweets-part1.js", &[Part::Tweets]),
            ("x/tweet.js", &[Part::Tweets]),
            ("data/follower-part12.js", &[Part::Followers]),
            ("data/manifest.js", &[Part::Manifest]),
            ("data/tweet-headers.js", &[]),
            ("data/deleted-tweets.js", &[]),
            ("data/direct-messages.js", &[]),
            ("data/tweets_media/1.jpg", &[]),
        ];
        for (path, expect) in table {
            assert_eq!(parts_of(path), expect, "{path}");
        }
    }

    #[test]
    fn a_tweet_becomes_a_post_a_reply_or_a_repost_and_mentions() {
        let found = read_all(None, made_at(), &ALL[..5]).expect("the owner is known");
        assert_eq!(
            told(&found),
            ["42 mention 7", "42 reply 7", "42 mention 8", "42 reply 42", "42 repost 10", "42 reply -"]
        );
        let said = &found.facts.interactions;
        assert_eq!(said[0].id, InteractionId::native(Platform::X, "100#mention:7"));
        assert_eq!((said[0].post, said[0].text), (None, Some(found.facts.texts[0].id)));
        assert_eq!((said[1].id, said[1].by_author), (InteractionId::native(Platform::X, "101"), false));
        assert_eq!((said[1].post, said[1].text), (Some(PostId::of(Platform::X, "90")), Some(found.facts.texts[1].id)));
        assert_eq!((said[3].post, said[3].by_author), (Some(PostId::of(Platform::X, "100")), true));
        assert_eq!((said[4].text, said[4].post), (None, None));
        assert_eq!((said[5].target, said[5].post), (None, Some(PostId::of(Platform::X, "91"))));
        let posts: Vec<_> = found.facts.posts.iter().map(|post| post.native_id.as_str()).collect();
        assert_eq!(posts, ["100", "107"], "what answers is no post");
        assert_eq!(
            (&found.facts.posts[0].tags[..], found.facts.texts[0].body.as_str()),
            (&["tea".to_owned()][..], "tea <3 @ana #Tea #tea")
        );
        assert_eq!(found.facts.posts[0].created_at.unix_seconds(), 1_539_202_764);
        let [metric] = &found.facts.post_metrics[..] else { panic!("{:?}", found.facts.post_metrics) };
        assert_eq!((metric.likes, metric.shares), (Some(5), Some(1)));
        assert_eq!(metric.observed_at.unix_seconds(), 1_750_000_000, "the manifest says when");
        let rows: Vec<_> = found.issues.iter().map(|issue| issue.row).collect();
        assert_eq!(rows, [Some(7), Some(8)]);
        assert_eq!(found.remarks, ["2 posts, 3 replies, 2 mentions, 1 repost; left out: 1 repost that names nobody"]);
    }

    #[test]
    fn follows_are_dated_as_the_archive_and_a_later_one_adds_nothing() {
        let entries = [ALL[1], ALL[5], ALL[6]];
        let found = read_all(None, made_at(), &entries).expect("the owner is known");
        assert_eq!(told(&found), ["7 follow 42", "8 follow 42", "42 follow 9"]);
        assert!(found.facts.interactions.iter().all(|fact| fact.at == made_at()));
        assert_eq!(found.issues.len(), 1);
        let later = read_all(None, Timestamp::from_unix_seconds(1_770_000_000), &entries).expect("the owner is known");
        let ids = |of: &Collected| of.facts.interactions.iter().map(|fact| fact.id).collect::<Vec<_>>();
        assert_eq!(ids(&found), ids(&later));
    }

    #[test]
    fn the_owner_is_a_brand_with_what_several_entries_say() {
        let found = read_all(Some("@brand"), made_at(), &ALL).expect("the owner is known");
        let owner = AccountFact { kind: AccountKind::Brand, ..AccountFact::new(Platform::X, "", "42") };
        assert_eq!(found.facts.accounts[0], owner);
        let [profile] = &found.facts.profiles[..] else { panic!("{:?}", found.facts.profiles) };
        assert_eq!((profile.handle.as_deref(), profile.bio.as_deref()), (Some("brand"), Some("tea & more")));
        assert_eq!(
            (profile.display_name.as_deref(), profile.observed_at.unix_seconds()),
            (Some("The Brand"), 1_750_000_000)
        );
        assert_eq!(found.remarks.len(), 1, "{:?}", found.remarks);
    }

    #[test]
    fn an_account_named_otherwise_is_told() {
        let by_handle = read_all(Some("other"), made_at(), &ALL).expect("the archive gives the number");
        assert!(told(&by_handle).contains(&"7 follow 42".to_owned()) && by_handle.remarks[0].contains("other"));
        let by_number = read_all(Some("43"), made_at(), &ALL).expect("the owner is named");
        assert!(told(&by_number).contains(&"7 follow 43".to_owned()) && by_number.remarks[0].contains("43"));
        assert!(by_number.facts.profiles.is_empty());
    }

    #[test]
    fn without_its_number_the_account_must_be_named() {
        for owner in [None, Some("brand")] {
            let error = read_all(owner, made_at(), &ALL[5..]).expect_err("nobody is known").to_string();
            assert!(error.contains("--account NAME"), "{error}");
        }
        assert_eq!(read_all(Some("42"), made_at(), &ALL[5..]).expect("the owner is named").facts.interactions.len(), 3);
    }

    #[test]
    fn a_document_cut_off_keeps_the_rows_before_and_the_others_are_read() {
        let cut = &TWEETS[..TWEETS.find("103").expect("it is there")];
        let found = read_all(None, made_at(), &[ALL[1], ("tweets.js", cut), ALL[6]]).expect("reading goes on");
        assert_eq!(found.facts.posts.len(), 1);
        assert_eq!(told(&found), ["42 mention 7", "42 reply 7", "42 mention 8", "42 reply 42", "42 follow 9"]);
        let [issue] = &found.issues[..] else { panic!("{:?}", found.issues) };
        assert_eq!((issue.file.as_str(), issue.row), ("tweets.js", None));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            document in 0..ALL.len(),
            edits in proptest::collection::vec((any::<Index>(), any::<u8>()), 0..6),
            noise in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut mutated = ALL[document].1.as_bytes().to_vec();
            for (place, byte) in edits {
                let at = place.index(mutated.len());
                mutated[at] = byte;
            }
            let (mut reader, mut collected) = (Reader::new(Some("42"), made_at()), Collected::default());
            for part in [Part::Manifest, Part::Account, Part::Profile, Part::Tweets, Part::Followers, Part::Following] {
                for bytes in [&mutated, &noise] {
                    prop_assert!(reader.read(part, "a.js", &mut bytes.as_slice(), &mut collected).is_ok());
                }
            }
            prop_assert!(reader.finish(&mut collected).is_ok());
        }
    }
}
