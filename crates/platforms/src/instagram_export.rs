//! The export Instagram makes of an account, as JSON: who follows it, whom it follows, what it likes, says and posts.
//!
//! It gives no ids, so an account is known by its handle in lower case. Its texts are UTF-8 that was read as Latin-1, see [`mended`].
//! Lists stand alone or below a name (`{"relationships_followers": […]}`), and a long one is split over numbered files.

use std::io::Read;

use model::facts::{AccountKind, InteractionFact, PostFact, PostKind, ProfileFact};
use model::{AccountId, InteractionId, InteractionKind, Platform, PostId, Timestamp};
use serde_json::{Map, Value};

use crate::exports::{
    NAME_THE_ACCOUNT, Wrong, break_noted, comments_left_out, dated_as_the_export, follow, handle_of, hashtags, listed,
    number_of, of_another, owner_unknown, text_of,
};
use crate::json::each_found;
use crate::moments;
use crate::receive::{Named, ReadError, Receiver, refused};

/// What an entry of the export holds, in the order in which entries must be read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    Profile,
    Followers,
    Following,
    Likes,
    Comments,
    Posts,
}

/// What an entry of the export is, by its path alone. Empty: it is not read (private messages, advertising, logins, media).
pub fn parts_of(path: &str) -> &'static [Part] {
    let path = path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some(stem) = name.strip_suffix(".json").filter(|_| !path.split('/').any(|folder| folder == "messages")) else {
        return &[];
    };
    let without_number = match stem.rsplit_once('_') {
        Some((before, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => stem,
    };
    match without_number {
        "personal_information" => &[Part::Profile],
        "followers" => &[Part::Followers],
        "following" => &[Part::Following],
        "liked_posts" => &[Part::Likes],
        "post_comments" | "reels_comments" => &[Part::Comments],
        "posts" => &[Part::Posts],
        _ => &[],
    }
}

#[derive(Default)]
struct Tally {
    followers: u64,
    followed: u64,
    likes: u64,
    comments: u64,
    posts: u64,
    undated_follows: u64,
    comments_to_nobody: u64,
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
        let owner = match part {
            Part::Profile => String::new(),
            _ => self.owner_known(path, receiver)?,
        };
        let outcome = each_found(path, entry, false, |found| {
            let Some(row) = found.entry.filter(|_| found.path.len() <= 1) else { return Ok(()) };
            let taken = match part {
                Part::Profile => self.take_profile(&found.value, receiver),
                Part::Followers | Part::Following => self.take_follow(part, &owner, &found.value, receiver),
                Part::Likes => self.take_likes(&owner, &found.value, receiver),
                Part::Comments => self.take_comment(&owner, &found.value, receiver),
                Part::Posts => self.take_post(&owner, &found.value, receiver),
            };
            if let Err(wrong) = taken {
                receiver.note(refused(path, row, wrong.field, wrong.problem, wrong.hint));
            }
            receiver.row_read()
        });
        break_noted(outcome, receiver)
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
            (tally.posts, "post", "posts"),
            (tally.likes, "like", "likes"),
            (tally.comments, "comment", "comments"),
        ]);
        sentence.push_str(&comments_left_out(tally.comments_to_nobody));
        sentence.push_str(&dated_as_the_export(tally.undated_follows));
        receiver.remark(sentence);
        Ok(())
    }

    /// The owner's handle; the account is handed on the first time.
    fn owner_known(&mut self, file: &str, receiver: &mut dyn Receiver) -> Result<String, ReadError> {
        let owner = self.owner.clone().ok_or_else(|| owner_unknown(file, "personal_information.json"))?;
        self.named.account_of_kind(Platform::Instagram, &owner, AccountKind::Brand, receiver);
        Ok(owner)
    }

    fn take_profile(&mut self, entry: &Value, receiver: &mut dyn Receiver) -> Result<(), Wrong> {
        let Some(fields) = entry.get("string_map_data").and_then(Value::as_object) else {
            return Err(Wrong::new("string_map_data", "is missing", NAME_THE_ACCOUNT));
        };
        let stated = value_where(fields, |key| USERNAME_KEYS.iter().any(|word| key.contains(word)));
        let Some(handle) = stated.as_deref().and_then(handle_of) else {
            return Err(Wrong::new("Username", "names nobody", NAME_THE_ACCOUNT));
        };
        let owner = self.owner.get_or_insert_with(|| handle.clone());
        if *owner != handle {
            receiver.remark(of_another(&handle, owner));
            return Ok(());
        }
        let account = self.named.account_of_kind(Platform::Instagram, &handle, AccountKind::Brand, receiver);
        receiver.facts().profiles.push(ProfileFact {
            handle: Some(handle),
            display_name: value_where(fields, |key| key == "name"),
            bio: value_where(fields, |key| key == "bio"),
            ..ProfileFact::empty(account, self.made_at)
        });
        Ok(())
    }

    fn take_follow(
        &mut self,
        part: Part,
        owner: &str,
        entry: &Value,
        receiver: &mut dyn Receiver,
    ) -> Result<(), Wrong> {
        let first = entry.get("string_list_data").and_then(|list| list.get(0));
        let link = first.and_then(|one| text_of(one, "href")).and_then(handle_in_link);
        let stated = [first.and_then(|one| text_of(one, "value")), text_of(entry, "title"), link];
        let Some(handle) = stated.into_iter().flatten().find_map(handle_of) else {
            return Err(Wrong::new("string_list_data", "names nobody", NOTHING_TO_DO));
        };
        self.named.account(Platform::Instagram, &handle, receiver);
        let stated_at = first.and_then(|one| one.get("timestamp")).and_then(moment_of);
        self.tally.undated_follows += u64::from(stated_at.is_none());
        let at = stated_at.unwrap_or(self.made_at);
        let fact = if part == Part::Followers {
            self.tally.followers += 1;
            follow(Platform::Instagram, &handle, owner, at)
        } else {
            self.tally.followed += 1;
            follow(Platform::Instagram, owner, &handle, at)
        };
        receiver.facts().interactions.push(fact);
        Ok(())
    }

    /// One entry is the likes given to one account's posts.
    fn take_likes(&mut self, owner: &str, entry: &Value, receiver: &mut dyn Receiver) -> Result<(), Wrong> {
        let Some(author) = text_of(entry, "title").and_then(handle_of) else {
            return Err(Wrong::new("title", "names nobody", NOTHING_TO_DO));
        };
        let posts = entry.get("string_list_data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut is_any = false;
        for liked in posts {
            let Some(link) = text_of(liked, "href") else { continue };
            is_any = true;
            self.tally.likes += 1;
            let target = self.named.account(Platform::Instagram, &author, receiver);
            receiver.facts().interactions.push(InteractionFact {
                id: InteractionId::native(Platform::Instagram, &format!("like:{owner}:{link}")),
                kind: InteractionKind::Like,
                actor: AccountId::of(Platform::Instagram, "", owner),
                target: Some(target),
                post: short_code(link).map(|code| PostId::of(Platform::Instagram, code)),
                parent: None,
                at: liked.get("timestamp").and_then(moment_of).unwrap_or(self.made_at),
                text: None,
                by_author: owner == author,
            });
        }
        if is_any { Ok(()) } else { Err(Wrong::new("string_list_data", "names no post", NOTHING_TO_DO)) }
    }

    fn take_comment(&mut self, owner: &str, entry: &Value, receiver: &mut dyn Receiver) -> Result<(), Wrong> {
        let Some(fields) = entry.get("string_map_data").and_then(Value::as_object) else {
            return Err(Wrong::new("string_map_data", "is missing", NOTHING_TO_DO));
        };
        let Some(author) = value_where(fields, |key| key == "media owner").as_deref().and_then(handle_of) else {
            self.tally.comments_to_nobody += 1;
            return Ok(());
        };
        // The key is in the language of the export, and only one of the fields has a moment that is not 1970.
        let Some(at) = fields.values().filter_map(|field| field.get("timestamp")).find_map(moment_of) else {
            return Err(Wrong::new(
                "Time",
                "is no moment",
                "the comment cannot be placed in time; nothing can be done",
            ));
        };
        let text = value_where(fields, |key| key == "comment").map(|body| receiver.take_text(&body));
        let actor = AccountId::of(Platform::Instagram, "", owner);
        let target = Some(self.named.account(Platform::Instagram, &author, receiver));
        self.tally.comments += 1;
        receiver.facts().interactions.push(InteractionFact {
            id: InteractionId::by_content(InteractionKind::Comment, actor, target, None, at, text),
            kind: InteractionKind::Comment,
            actor,
            target,
            post: None,
            parent: None,
            at,
            text,
            by_author: owner == author,
        });
        Ok(())
    }

    fn take_post(&mut self, owner: &str, entry: &Value, receiver: &mut dyn Receiver) -> Result<(), Wrong> {
        let first = entry.get("media").and_then(|media| media.get(0));
        let Some(native_id) = first.and_then(|media| text_of(media, "uri")) else {
            return Err(Wrong::new("media", "has no picture or video", NOTHING_TO_DO));
        };
        let holders = || [Some(entry), first].into_iter().flatten();
        let stated_at = holders().filter_map(|holder| holder.get("creation_timestamp")).find_map(moment_of);
        let Some(created_at) = stated_at else {
            return Err(Wrong::new("creation_timestamp", "is no moment", "a post needs the moment it was made"));
        };
        let caption = holders().find_map(|holder| text_of(holder, "title")).map(mended);
        let text = caption.as_deref().map(|body| receiver.take_text(body));
        self.tally.posts += 1;
        receiver.facts().posts.push(PostFact {
            id: PostId::of(Platform::Instagram, native_id),
            platform: Platform::Instagram,
            native_id: native_id.to_owned(),
            author: Some(AccountId::of(Platform::Instagram, "", owner)),
            created_at,
            kind: PostKind::Post,
            title: None,
            text,
            url: None,
            parent: None,
            tags: hashtags(caption.as_deref().unwrap_or_default()),
            paid_disclosure: None,
        });
        Ok(())
    }
}

/// The text as it was written, where it is UTF-8 that was read as Latin-1; else the text as it is.
///
/// ```
/// assert_eq!(platforms::instagram_export::mended("caf\u{c3}\u{a9}"), "café");
/// assert_eq!(platforms::instagram_export::mended("café"), "café");
/// ```
pub fn mended(text: &str) -> String {
    let bytes: Option<Vec<u8>> = text.chars().map(|letter| u8::try_from(letter).ok()).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}

/// What the key of the handle holds in the languages that were seen, in lower case.
const USERNAME_KEYS: [&str; 6] = ["sername", "utzername", "utilisateur", "usuario", "usuário", "utente"];

const NOTHING_TO_DO: &str = "the export itself does not tell; nothing can be done about it";

/// The first value below a key that fits, mended; keys are compared in lower case.
fn value_where(fields: &Map<String, Value>, fits: impl Fn(&str) -> bool) -> Option<String> {
    let found = fields.iter().filter(|(key, _)| fits(&mended(key).to_lowercase()));
    found.filter_map(|(_, field)| text_of(field, "value")).map(mended).next()
}

fn moment_of(value: &Value) -> Option<Timestamp> {
    moments::of_unix(number_of(value)?)
}

/// The last part of `https://www.instagram.com/name` or `…/_u/name`.
fn handle_in_link(link: &str) -> Option<&str> {
    let path = link.split_once("instagram.com/")?.1.split(['?', '#']).next()?;
    path.trim_end_matches('/').rsplit('/').next()
}

/// What stands behind `/p/`, `/reel/` or `/tv/` in the address of a post.
fn short_code(link: &str) -> Option<&str> {
    let mut parts = link.split(['/', '?', '#']).skip_while(|part| !["p", "reel", "reels", "tv"].contains(part));
    parts.nth(1).filter(|code| !code.is_empty())
}

#[cfg(test)]
mod tests {
    use model::facts::{AccountFact, FactBatch};
    use model::{RowIssue, TextId};
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::receive::{Collected, Stopped};

    const PROFILE: &str = r#"{"profile_user":[{"title":"User Information","string_map_data":{
        "Email":{"href":"","value":"a@b.example"},"Username":{"value":"Brand.Co"},"Name":{"value":"Caf\u00c3\u00a9"},
        "Bio":{"value":"we \u00e2\u009d\u00a4 tea"}}}]}"#;
    const FOLLOWERS: &str = r#"[
        {"title":"","media_list_data":[],"string_list_data":[
            {"href":"https://www.instagram.com/ana","value":"Ana","timestamp":1700000000}]},
        {"title":"","string_list_data":[{"href":"https://www.instagram.com/_u/Ben?x=1","timestamp":"1700000001"}]}]"#;
    const FOLLOWERS_NAMED: &str = r#"{"relationships_followers":[{"string_list_data":[{"value":"cem"}]},
        {"string_list_data":[]}, 7]}"#;
    const FOLLOWING: &str = r#"{"relationships_following":[{"title":"dora","string_list_data":[
        {"href":"https://www.instagram.com/_u/dora","timestamp":1700000002}]}]}"#;
    const LIKES: &str = r#"{"likes_media_likes":[{"title":"ana","string_list_data":[
        {"href":"https://www.instagram.com/reel/Code1/","value":"\u00f0\u009f\u0091\u008d","timestamp":1700000003},
        {"href":"https://www.instagram.com/strange"}]},{"title":"ana","string_list_data":[{}]}]}"#;
    const COMMENTS: &str = r#"[{"media_list_data":[{"uri":""}],"string_map_data":{
        "Comment":{"value":"sch\u00c3\u00b6n"},"Media Owner":{"value":"ana"},"Time":{"timestamp":1700000004}}},
        {"string_map_data":{"Comment":{"value":"lost"},"Time":{"timestamp":1700000005}}},
        {"string_map_data":{"Comment":{"value":"when?"},"Media Owner":{"value":"ana"},"Time":{"timestamp":0}}}]"#;
    const COMMENTS_NAMED: &str = r#"{"comments_media_comments":[{"string_map_data":{
        "Comment":{"value":"thanks"},"Media Owner":{"value":"brand.co"},"Time":{"timestamp":1700000006}}}]}"#;
    const POSTS: &str = r#"[
        {"media":[{"uri":"media/posts/1.jpg","creation_timestamp":1700000007,"title":"One #Tea #tea #Caf\u00c3\u00a9!"}]},
        {"media":[{"uri":"media/posts/2.jpg","title":""},{"uri":"media/posts/3.jpg"}],"title":"Two","creation_timestamp":1700000008},
        {"media":[]},{"media":[{"uri":"media/posts/4.jpg"}]}]"#;
    const ALL: [(&str, &str); 8] = [
        ("personal_information/personal_information.json", PROFILE),
        ("connections/followers_and_following/followers_1.json", FOLLOWERS),
        ("followers.json", FOLLOWERS_NAMED),
        ("x/following.json", FOLLOWING),
        ("likes/liked_posts.json", LIKES),
        ("comments/post_comments_1.json", COMMENTS),
        ("comments/reels_comments.json", COMMENTS_NAMED),
        ("content/posts_1.json", POSTS),
    ];

    fn made_at() -> Timestamp {
        Timestamp::from_unix_seconds(1_750_000_000)
    }

    fn read_all(owner: Option<&str>, made_at: Timestamp, entries: &[(&str, &str)]) -> Result<Collected, ReadError> {
        let mut entries: Vec<_> = entries
            .iter()
            .flat_map(|(path, text)| parts_of(path).iter().map(move |part| (*part, *path, *text)))
            .collect();
        entries.sort();
        let (mut reader, mut collected) = (Reader::new(owner, made_at), Collected::default());
        for (part, path, text) in entries {
            reader.read(part, path, &mut text.as_bytes(), &mut collected)?;
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
                let (actor, target) = (name(fact.actor), fact.target.map_or("nobody".to_owned(), name));
                format!("{actor} {} {target} at {}", fact.kind.code(), fact.at.unix_seconds())
            })
            .collect()
    }

    #[test]
    fn an_entry_is_known_by_its_path_whatever_the_folders_are() {
        let table: [(&str, &[Part]); 12] = [
            ("a/b/followers_12.json", &[Part::Followers]),
            ("followers.json", &[Part::Followers]),
            ("Following.JSON", &[Part::Following]),
            ("x/personal_information.json", &[Part::Profile]),
            ("x/post_comments.json", &[Part::Comments]),
            ("x/posts_1.json", &[Part::Posts]),
            ("followers_and_following", &[]),
            ("followers_1.html", &[]),
            ("followers_.json", &[]),
            ("recently_unfollowed_profiles.json", &[]),
            ("your_instagram_activity/messages/inbox/ana/posts_1.json", &[]),
            ("", &[]),
        ];
        for (path, expect) in table {
            assert_eq!(parts_of(path), expect, "{path}");
        }
    }

    #[test]
    fn followers_of_all_namings_become_follows() {
        let found = read_all(None, made_at(), &ALL[..4]).expect("the owner is known");
        assert_eq!(
            told(&found),
            [
                "ana follow brand.co at 1700000000",
                "ben follow brand.co at 1700000001",
                "cem follow brand.co at 1750000000",
                "brand.co follow dora at 1700000002",
            ]
        );
        let issues: Vec<_> = found.issues.iter().map(|issue| (issue.row, issue.problem.as_str())).collect();
        assert_eq!(issues, [(Some(2), "names nobody"), (Some(3), "names nobody")]);
        assert_eq!(found.remarks, ["3 followers, 1 account followed; 1 follow without a date is dated as the export"]);
        assert_eq!(found.rows, 7);
    }

    #[test]
    fn the_owner_is_a_brand_with_its_profile_mended_and_others_are_accounts_alone() {
        let found = read_all(None, made_at(), &ALL).expect("the owner is known");
        let owner = AccountFact { kind: AccountKind::Brand, ..AccountFact::new(Platform::Instagram, "", "brand.co") };
        assert_eq!(found.facts.accounts[0], owner);
        assert_eq!(found.facts.accounts.len(), 5);
        let [profile] = &found.facts.profiles[..] else { panic!("{:?}", found.facts.profiles) };
        assert_eq!(profile.account, owner.id);
        assert_eq!(profile.handle.as_deref(), Some("brand.co"));
        assert_eq!(profile.display_name.as_deref(), Some("Café"));
        assert_eq!(profile.bio.as_deref(), Some("we ❤ tea"));
    }

    #[test]
    fn likes_comments_and_posts_become_facts() {
        let found = read_all(Some("@Brand.Co"), made_at(), &ALL[4..]).expect("the owner is named");
        assert_eq!(
            told(&found),
            [
                "brand.co like ana at 1700000003",
                "brand.co like ana at 1750000000",
                "brand.co comment ana at 1700000004",
                "brand.co comment brand.co at 1700000006",
            ]
        );
        let facts = &found.facts.interactions;
        assert_eq!(facts[0].post, Some(PostId::of(Platform::Instagram, "Code1")));
        assert_eq!(facts[1].post, None);
        assert_eq!((facts[2].by_author, facts[3].by_author), (false, true));
        let texts: Vec<_> = found.facts.texts.iter().map(|text| text.body.as_str()).collect();
        assert_eq!(texts, ["schön", "thanks", "One #Tea #tea #Café!", "Two"]);
        assert_eq!(facts[2].text, Some(found.facts.texts[0].id));
        let posts: Vec<_> = found.facts.posts.iter().map(|post| (post.native_id.as_str(), post.tags.len())).collect();
        assert_eq!(posts, [("media/posts/1.jpg", 2), ("media/posts/2.jpg", 0)]);
        assert_eq!(found.facts.posts[0].tags, ["tea", "café"]);
        assert_eq!(found.facts.posts[0].author, Some(found.facts.accounts[0].id));
        let fields: Vec<_> = found.issues.iter().filter_map(|issue| issue.column.as_deref()).collect();
        assert_eq!(fields, ["string_list_data", "Time", "media", "creation_timestamp"]);
        assert_eq!(found.remarks, ["2 posts, 2 likes, 2 comments; left out: 1 own comment that names nobody"]);
    }

    #[test]
    fn text_is_mended_only_where_it_was_read_wrongly() {
        for (text, expect) in [
            ("caf\u{c3}\u{a9}", "café"),
            ("\u{f0}\u{9f}\u{91}\u{8d}", "👍"),
            ("café", "café"),
            ("plain", "plain"),
            ("c\u{c3}\u{a9} and 👍", "c\u{c3}\u{a9} and 👍"),
            ("", ""),
        ] {
            assert_eq!(mended(text), expect);
        }
    }

    #[test]
    fn without_a_profile_the_account_must_be_named() {
        let outcome = read_all(None, made_at(), &ALL[1..2]);
        assert!(outcome.expect_err("nobody is named").to_string().contains("--account NAME"));
        let localised = r#"{"profile_user":[{"string_map_data":{"Benutzername":{"value":"brand.co"}}}]}"#;
        let found = read_all(None, made_at(), &[(ALL[0].0, localised), ALL[1]]).expect("the owner is known");
        assert_eq!(found.facts.interactions.len(), 2);
    }

    #[test]
    fn an_export_of_another_account_is_told_and_its_profile_left_out() {
        let found = read_all(Some("other"), made_at(), &ALL[..2]).expect("the owner is named");
        assert_eq!(told(&found)[0], "ana follow other at 1700000000");
        assert!(found.facts.profiles.is_empty());
        assert!(found.remarks[0].contains("brand.co") && found.remarks[0].contains("other"), "{:?}", found.remarks);
    }

    #[test]
    fn undated_follows_and_likes_of_a_later_export_have_the_same_ids() {
        let ids = |at| {
            let found = read_all(None, at, &ALL).expect("the owner is known");
            found.facts.interactions.iter().map(|fact| fact.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(made_at()), ids(Timestamp::from_unix_seconds(1_760_000_000)));
    }

    #[test]
    fn a_document_cut_off_keeps_the_rows_before_and_the_others_are_read() {
        let cut = &FOLLOWERS[..FOLLOWERS.len() - 40];
        let found = read_all(None, made_at(), &[ALL[0], ("followers_1.json", cut), ALL[3]]).expect("reading goes on");
        assert_eq!(told(&found), ["ana follow brand.co at 1700000000", "brand.co follow dora at 1700000002"]);
        let [issue] = &found.issues[..] else { panic!("{:?}", found.issues) };
        assert_eq!((issue.file.as_str(), issue.row), ("followers_1.json", None));
    }

    #[test]
    fn a_hundred_thousand_followers_are_read_in_one_pass() {
        let rows: Vec<String> = (0..100_000)
            .map(|n| format!(r#"{{"string_list_data":[{{"value":"person_{n}","timestamp":{}}}]}}"#, 1_600_000_000 + n))
            .collect();
        let all = format!("[{}]", rows.join(","));
        let found = read_all(Some("brand"), made_at(), &[("followers_1.json", &all)]).expect("the owner is named");
        assert_eq!((found.facts.accounts.len(), found.facts.interactions.len()), (100_001, 100_000));
        assert_eq!(found.remarks, ["100,000 followers"]);
    }

    /// Takes one row and no more.
    struct Full(Collected);

    impl Receiver for Full {
        fn facts(&mut self) -> &mut FactBatch {
            self.0.facts()
        }
        fn take_text(&mut self, body: &str) -> TextId {
            self.0.take_text(body)
        }
        fn note(&mut self, issue: RowIssue) {
            self.0.note(issue);
        }
        fn remark(&mut self, sentence: String) {
            self.0.remark(sentence);
        }
        fn row_read(&mut self) -> Result<(), Stopped> {
            Err(Stopped)
        }
    }

    #[test]
    fn reading_ends_when_nobody_takes_more() {
        let mut full = Full(Collected::default());
        let outcome = Reader::new(Some("brand"), made_at()).read(
            Part::Followers,
            "followers_1.json",
            &mut FOLLOWERS.as_bytes(),
            &mut full,
        );
        assert_eq!(outcome, Err(ReadError::Stopped(Stopped)));
        assert_eq!((full.0.facts.interactions.len(), full.0.issues.len()), (1, 0));
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
            let (mut reader, mut collected) = (Reader::new(Some("brand"), made_at()), Collected::default());
            for part in [Part::Profile, Part::Followers, Part::Following, Part::Likes, Part::Comments, Part::Posts] {
                for bytes in [&mutated, &noise] {
                    prop_assert!(reader.read(part, "a.json", &mut bytes.as_slice(), &mut collected).is_ok());
                }
            }
            prop_assert!(reader.finish(&mut collected).is_ok());
        }
    }
}
