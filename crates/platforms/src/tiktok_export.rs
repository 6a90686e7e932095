//! The export TikTok makes of an account, as one JSON document: its followers, whom it follows, and its videos.
//!
//! It gives no ids, so an account is known by its handle in lower case. Sections were renamed and moved over the years, so a list is
//! known by the last names on the way to it alone. The profile may stand at the end, so the document is read twice. Moments have no
//! zone and are taken as UTC.

use std::io::Read;

use model::facts::{AccountKind, PostFact, PostKind, PostMetricFact, ProfileFact};
use model::{AccountId, Platform, PostId, Timestamp};
use serde_json::Value;

use crate::exports::{
    Wrong, break_noted, comments_left_out, dated_as_the_export, follow, handle_of, hashtags, listed, number_of,
    of_another, owner_unknown,
};
use crate::json::each_found;
use crate::moments;
use crate::receive::{Named, ReadError, Receiver, refused};

/// What is taken from an entry of the export, in the order in which entries must be read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    Profile,
    Activity,
}

/// What an entry of the export is, by its path alone. Empty: it is not read.
pub fn parts_of(path: &str) -> &'static [Part] {
    match path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "user_data.json" | "user_data_tiktok.json" => &[Part::Profile, Part::Activity],
        _ => &[],
    }
}

#[derive(Default)]
struct Tally {
    followers: u64,
    followed: u64,
    videos: u64,
    own_comments: u64,
    undated_follows: u64,
}

/// What the profile says, as far as it was read.
#[derive(Default)]
struct Profile {
    handle: Option<String>,
    display_name: Option<String>,
    bio: Option<String>,
    followers: Option<i64>,
    following: Option<i64>,
}

/// A list of the document that is read.
#[derive(Clone, Copy)]
enum List {
    Followers,
    Following,
    Videos,
    OwnComments,
}

/// Reads one export: whose it is, who was named already, and how much was found.
pub struct Reader {
    owner: Option<String>,
    made_at: Timestamp,
    named: Named,
    tally: Tally,
}

impl Reader {
    /// `owner` is the handle of the account the export is of, where the operator names it; else the export's own profile tells.
    /// `made_at` is when the export was made, for what has no date of its own.
    pub fn new(owner: Option<&str>, made_at: Timestamp) -> Reader {
        Reader { owner: owner.and_then(handle_of), made_at, named: Named::new(), tally: Tally::default() }
    }

    /// Reads one entry of the export. A document that is cut off is told as an issue; what came before is kept.
    ///
    /// # Errors
    /// Nobody takes facts any more, or it is not known whose export it is.
    pub fn read(
        &mut self,
        part: Part,
        path: &str,
        entry: &mut dyn Read,
        receiver: &mut dyn Receiver,
    ) -> Result<(), ReadError> {
        match part {
            Part::Profile => self.read_profile(path, entry, receiver),
            Part::Activity => self.read_activity(path, entry, receiver),
        }
    }

    /// Says what was found.
    ///
    /// # Errors
    /// Nobody takes facts any more.
    pub fn finish(&mut self, receiver: &mut dyn Receiver) -> Result<(), ReadError> {
        let tally = &self.tally;
        let mut sentence = listed(&[
            (tally.followers, "follower", "followers"),
            (tally.followed, "account followed", "accounts followed"),
            (tally.videos, "video", "videos"),
        ]);
        sentence.push_str(&comments_left_out(tally.own_comments));
        sentence.push_str(&dated_as_the_export(tally.undated_follows));
        receiver.remark(sentence);
        Ok(())
    }

    /// A break is told when the activity is read, which comes to the same place.
    fn read_profile(&mut self, path: &str, entry: &mut dyn Read, receiver: &mut dyn Receiver) -> Result<(), ReadError> {
        let mut profile = Profile::default();
        let outcome = each_found(path, entry, false, |found| {
            if let [.., section, name] = found.path
                && section.eq_ignore_ascii_case("ProfileMap")
            {
                profile.take(name, &found.value);
            }
            Ok(())
        });
        if let Err(ReadError::Stopped(stopped)) = outcome {
            return Err(stopped.into());
        }
        let Some(handle) = profile.handle.clone() else { return Ok(()) };
        let owner = self.owner.get_or_insert_with(|| handle.clone());
        if *owner != handle {
            receiver.remark(of_another(&handle, owner));
            return Ok(());
        }
        let account = self.named.account_of_kind(Platform::TikTok, &handle, AccountKind::Brand, receiver);
        receiver.facts().profiles.push(ProfileFact {
            handle: Some(handle),
            display_name: profile.display_name,
            bio: profile.bio,
            followers: profile.followers,
            following: profile.following,
            ..ProfileFact::empty(account, self.made_at)
        });
        Ok(receiver.row_read()?)
    }

    fn read_activity(
        &mut self,
        path: &str,
        entry: &mut dyn Read,
        receiver: &mut dyn Receiver,
    ) -> Result<(), ReadError> {
        let owner = self.owner.clone().ok_or_else(|| owner_unknown(path, "its section ProfileMap"))?;
        self.named.account_of_kind(Platform::TikTok, &owner, AccountKind::Brand, receiver);
        let outcome = each_found(path, entry, false, |found| {
            let (Some(row), Some(list)) = (found.entry, list_at(found.path)) else { return Ok(()) };
            let taken = match list {
                List::Followers | List::Following => self.take_follow(list, &owner, &found.value, receiver),
                List::Videos => self.take_video(&owner, &found.value, receiver),
                List::OwnComments => {
                    self.tally.own_comments += 1;
                    Ok(())
                }
            };
            if let Err(wrong) = taken {
                let field = format!("{}: {}", found.path.join("."), wrong.field);
                receiver.note(refused(path, row, &field, wrong.problem, wrong.hint));
            }
            receiver.row_read()
        });
        break_noted(outcome, receiver)
    }

    fn take_follow(
        &mut self,
        list: List,
        owner: &str,
        entry: &Value,
        receiver: &mut dyn Receiver,
    ) -> Result<(), Wrong> {
        let Some(handle) = stated(entry, "UserName").and_then(handle_of) else {
            return Err(Wrong::new("UserName", "names nobody", "the export itself does not tell; nothing can be done"));
        };
        self.named.account(Platform::TikTok, &handle, receiver);
        let stated_at = stated(entry, "Date").and_then(moment_of);
        self.tally.undated_follows += u64::from(stated_at.is_none());
        let at = stated_at.unwrap_or(self.made_at);
        let fact = if matches!(list, List::Followers) {
            self.tally.followers += 1;
            follow(Platform::TikTok, &handle, owner, at)
        } else {
            self.tally.followed += 1;
            follow(Platform::TikTok, owner, &handle, at)
        };
        receiver.facts().interactions.push(fact);
        Ok(())
    }

    fn take_video(&mut self, owner: &str, entry: &Value, receiver: &mut dyn Receiver) -> Result<(), Wrong> {
        let Some(link) = stated(entry, "Link") else {
            return Err(Wrong::new("Link", "is missing", "a video needs its address; nothing can be done about it"));
        };
        let Some(created_at) = stated(entry, "Date").and_then(moment_of) else {
            return Err(Wrong::new("Date", "is no moment", "a video needs the moment it was posted"));
        };
        let native_id = video_number(link).unwrap_or(link);
        let id = PostId::of(Platform::TikTok, native_id);
        let caption = stated(entry, "Title");
        let text = caption.map(|body| receiver.take_text(body));
        self.tally.videos += 1;
        let facts = receiver.facts();
        facts.posts.push(PostFact {
            id,
            platform: Platform::TikTok,
            native_id: native_id.to_owned(),
            author: Some(AccountId::of(Platform::TikTok, "", owner)),
            created_at,
            kind: PostKind::Video,
            title: None,
            text,
            url: Some(link.to_owned()),
            parent: None,
            tags: hashtags(caption.unwrap_or_default()),
            paid_disclosure: None,
        });
        if let Some(likes) = field(entry, "Likes").and_then(number_of) {
            facts.post_metrics.push(PostMetricFact {
                post: id,
                observed_at: self.made_at,
                views: None,
                likes: Some(likes),
                comments: None,
                shares: None,
                saves: None,
                reach: None,
            });
        }
        Ok(())
    }
}

impl Profile {
    fn take(&mut self, name: &str, value: &Value) {
        let text = value.as_str().filter(|text| is_said(text));
        match name.to_ascii_lowercase().as_str() {
            "username" => self.handle = text.and_then(handle_of),
            "displayname" | "nickname" => self.display_name = text.map(str::to_owned),
            "biodescription" | "bio" => self.bio = text.map(str::to_owned),
            "followercount" => self.followers = number_of(value),
            "followingcount" => self.following = number_of(value),
            _ => {}
        }
    }
}

/// Histories of what was watched, favourites and deleted videos hold a `VideoList` too: of these alone the section above decides.
fn list_at(path: &[String]) -> Option<List> {
    let mut names = path.iter().rev().map(|name| name.to_ascii_lowercase());
    let (last, above) = (names.next()?, names.next().unwrap_or_default());
    match (last.as_str(), above.as_str()) {
        ("fanslist", _) => Some(List::Followers),
        ("following", "following" | "following list") => Some(List::Following),
        ("videolist", "video" | "videos" | "post" | "posts") => Some(List::Videos),
        ("commentslist", _) => Some(List::OwnComments),
        _ => None,
    }
}

/// A field by its name, in capitals or not.
fn field<'a>(entry: &'a Value, name: &str) -> Option<&'a Value> {
    entry.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn stated<'a>(entry: &'a Value, name: &str) -> Option<&'a str> {
    field(entry, name)?.as_str().filter(|text| is_said(text))
}

/// What is not known is written `N/A`.
fn is_said(text: &str) -> bool {
    !["", "N/A"].contains(&text.trim())
}

/// `2024-05-01 10:00:00`, or with ` UTC` behind.
fn moment_of(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    moments::of_utc_without_zone(text.strip_suffix("UTC").unwrap_or(text))
}

/// The number behind `/video/`.
fn video_number(link: &str) -> Option<&str> {
    let after = link.split_once("/video/")?.1;
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    Some(&after[..digits]).filter(|number| !number.is_empty())
}

#[cfg(test)]
mod tests {
    use model::facts::AccountFact;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::receive::Collected;

    const OLD: &str = r#"{"Activity":{
        "Follower List":{"FansList":[{"Date":"2024-05-01 10:00:00","UserName":"Ana"},{"UserName":"ben"},{"Date":"2024-05-01"}]},
        "Following List":{"Following":[{"Date":"2024-05-02 10:00:00","UserName":"dora"}]},
        "Video Browsing History":{"VideoList":[{"Date":"2024-05-02 10:00:00","Link":"https://www.tiktokv.com/share/video/9/"}]}},
        "Comment":{"Comments":{"CommentsList":[{"Date":"2024-05-02 10:00:00","Comment":"hi"}]}},
        "Video":{"Videos":{"VideoList":[
            {"Date":"2024-05-03 10:00:00","Link":"https://www.tiktokv.com/share/video/71/","Likes":"1234"},
            {"Date":"2024-05-03 10:00:00"},{"Date":"soon","Link":"https://x.example/1"}]}},
        "Profile":{"Profile Information":{"ProfileMap":{"bioDescription":"tea","userName":"@Brand","displayName":"N/A"}}}}"#;
    const NEW: &str = r#"{"Profile And Settings":{
        "Follower":{"App":1,"FansList":[{"Date":"2024-05-01 10:00:00","UserName":"ana"},{"Date":null,"UserName":"ben"}]},
        "Following":{"Following":[{"Date":"2024-05-02 10:00:00 UTC","UserName":"dora"}],"IsFastLane":false},
        "Profile Info":{"ProfileMap":{"PlatformInfo":[{"Name":"x"}],"userName":"brand","displayName":"The Brand","followerCount":12,
            "followingCount":"3"}}},
        "Your Activity":{"Watch History":{"VideoList":[{"Date":"2024-05-02 10:00:00","Link":"https://www.tiktokv.com/share/video/9/"}]}},
        "Post":{"Posts":{"VideoList":[
            {"Date":"2024-05-03 10:00:00","Link":"https://www.tiktokv.com/share/video/71/","Likes":7,"Title":"My #Tea"},
            {"date":"2024-05-04 10:00:00","link":"https://v16.cdn.example/a","likes":"many","title":"N/A"}]},
            "Recently Deleted Videos":{"VideoList":[{"Date":"2024-05-04 10:00:00","Link":"https://www.tiktokv.com/share/video/8/"}]}},
        "Comment":{"Comments":{"CommentsList":null}}}"#;

    fn made_at() -> Timestamp {
        Timestamp::from_unix_seconds(1_750_000_000)
    }

    fn read_all(owner: Option<&str>, made_at: Timestamp, text: &str) -> Result<Collected, ReadError> {
        let (mut reader, mut collected) = (Reader::new(owner, made_at), Collected::default());
        for part in parts_of("x/user_data_tiktok.json") {
            reader.read(*part, "user_data_tiktok.json", &mut text.as_bytes(), &mut collected)?;
        }
        reader.finish(&mut collected)?;
        Ok(collected)
    }

    fn follows(collected: &Collected) -> Vec<model::InteractionId> {
        collected.facts.interactions.iter().map(|fact| fact.id).collect()
    }

    #[test]
    fn the_document_is_read_twice_whatever_the_folder_is() {
        assert_eq!(parts_of("TikTok/user_data.json"), [Part::Profile, Part::Activity]);
        assert_eq!(parts_of("User_Data_TikTok.json"), [Part::Profile, Part::Activity]);
        for other in ["user_data.txt", "a/user_data.json/b", "Video/1.mp4", ""] {
            assert!(parts_of(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn followers_of_both_namings_become_the_same_follows() {
        let (old, new) = (read_all(None, made_at(), OLD), read_all(None, made_at(), NEW));
        let (old, new) = (old.expect("the owner is known"), new.expect("the owner is known"));
        assert_eq!(follows(&old), follows(&new));
        let [ana, ben, dora] = &old.facts.interactions[..] else { panic!("{:?}", old.facts.interactions) };
        let brand = AccountId::of(Platform::TikTok, "", "brand");
        assert_eq!((ana.actor, ana.target), (AccountId::of(Platform::TikTok, "", "ana"), Some(brand)));
        assert_eq!((dora.actor, dora.target), (brand, Some(AccountId::of(Platform::TikTok, "", "dora"))));
        assert_eq!((ana.at.unix_seconds(), ben.at), (1_714_557_600, made_at()));
        assert_eq!(new.facts.interactions[2].at, dora.at);
        assert_eq!(
            old.remarks,
            [
                "2 followers, 1 account followed, 1 video; left out: 1 own comment that names nobody; 1 follow without a date is \
              dated as the export"
            ]
        );
    }

    #[test]
    fn the_owner_is_a_brand_with_what_its_profile_says() {
        let old = read_all(None, made_at(), OLD).expect("the owner is known");
        assert_eq!((old.facts.profiles[0].bio.as_deref(), &old.facts.profiles[0].display_name), (Some("tea"), &None));
        let new = read_all(None, made_at(), NEW).expect("the owner is known");
        let owner = AccountFact { kind: AccountKind::Brand, ..AccountFact::new(Platform::TikTok, "", "brand") };
        assert_eq!(new.facts.accounts[0], owner);
        let [profile] = &new.facts.profiles[..] else { panic!("{:?}", new.facts.profiles) };
        assert_eq!((profile.followers, profile.following), (Some(12), Some(3)));
        assert_eq!(profile.display_name.as_deref(), Some("The Brand"));
    }

    #[test]
    fn own_videos_become_posts_with_likes_and_watched_or_deleted_ones_do_not() {
        let found = read_all(None, made_at(), NEW).expect("the owner is known");
        let ids: Vec<_> = found.facts.posts.iter().map(|post| post.native_id.as_str()).collect();
        assert_eq!(ids, ["71", "https://v16.cdn.example/a"]);
        assert_eq!(found.facts.posts[0].tags, ["tea"]);
        assert_eq!((found.facts.posts[0].text, found.facts.posts[1].text), (Some(found.facts.texts[0].id), None));
        let [metric] = &found.facts.post_metrics[..] else { panic!("{:?}", found.facts.post_metrics) };
        assert_eq!((metric.likes, metric.observed_at), (Some(7), made_at()));
        let old = read_all(None, made_at(), OLD).expect("the owner is known");
        assert_eq!(old.facts.post_metrics[0].likes, Some(1234));
        let rows: Vec<_> = old.issues.iter().map(|issue| issue.row).collect();
        assert_eq!(rows, [Some(3), Some(2), Some(3)]);
    }

    #[test]
    fn without_a_profile_the_account_must_be_named() {
        let bare = r#"{"Activity":{"Follower List":{"FansList":[{"UserName":"ana"}]}}}"#;
        let error = read_all(None, made_at(), bare).expect_err("nobody is named");
        assert!(error.to_string().contains("--account NAME"), "{error}");
        assert_eq!(read_all(Some("@Brand"), made_at(), bare).expect("the owner is named").facts.interactions.len(), 1);
    }

    #[test]
    fn an_export_of_another_account_is_told_and_its_profile_left_out() {
        let found = read_all(Some("other"), made_at(), OLD).expect("the owner is named");
        assert!(found.facts.profiles.is_empty() && found.remarks[0].contains("brand"), "{:?}", found.remarks);
    }

    #[test]
    fn undated_follows_of_a_later_export_have_the_same_ids() {
        let later = read_all(None, Timestamp::from_unix_seconds(1_760_000_000), OLD).expect("the owner is known");
        assert_eq!(follows(&later), follows(&read_all(None, made_at(), OLD).expect("the owner is known")));
    }

    #[test]
    fn a_document_cut_off_keeps_the_rows_before() {
        let cut = &NEW[..NEW.find("Recently").expect("it is there")];
        let found = read_all(None, made_at(), cut).expect("reading goes on");
        assert_eq!((found.facts.interactions.len(), found.facts.posts.len()), (3, 2));
        let [issue] = &found.issues[..] else { panic!("{:?}", found.issues) };
        assert_eq!(issue.row, None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            is_old in any::<bool>(),
            edits in proptest::collection::vec((any::<Index>(), any::<u8>()), 0..6),
            noise in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut mutated = if is_old { OLD } else { NEW }.as_bytes().to_vec();
            for (place, byte) in edits {
                let at = place.index(mutated.len());
                mutated[at] = byte;
            }
            let (mut reader, mut collected) = (Reader::new(Some("brand"), made_at()), Collected::default());
            for part in [Part::Profile, Part::Activity] {
                for bytes in [&mutated, &noise] {
                    prop_assert!(reader.read(part, "user_data.json", &mut bytes.as_slice(), &mut collected).is_ok());
                }
            }
            prop_assert!(reader.finish(&mut collected).is_ok());
        }
    }
}
