//! What Google Takeout writes of a YouTube channel: its videos, what it says under videos, and whom it subscribes to.
//!
//! CSV files with English headings, whose capitals changed over the years. Accounts are known by their channel id. Subscriptions have
//! no date and are dated as the export. Only of the own videos is it known whom a comment is for.

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;

use csv::ByteRecord;
use foldhash::{HashMap, HashMapExt};
use model::facts::{AccountKind, InteractionFact, PostFact, PostKind, ProfileFact};
use model::{AccountId, InteractionId, InteractionKind, Platform, PostId, RowIssue, Timestamp};
use serde_json::Value;

use crate::exports::{
    NAME_THE_ACCOUNT, Wrong, break_noted, counted, dated_as_the_export, follow, hashtags, listed, of_another,
    owner_unknown,
};
use crate::moments;
use crate::receive::{Named, ReadError, Receiver, refused};

/// A row larger than this is not read: nobody writes one, and a broken or hostile file may be one.
const ROW_BYTES_MAX: u64 = 16 << 20;

/// What an entry of the export holds, in the order in which entries must be read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    Channel,
    Videos,
    Comments,
    Subscriptions,
}

/// What an entry of the export is, by its path alone. Empty: it is not read (histories, playlists, live chats, media).
pub fn parts_of(path: &str) -> &'static [Part] {
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let Some(stem) = name.strip_suffix(".csv") else { return &[] };
    let without_number = match stem.strip_suffix(')').and_then(|stem| stem.rsplit_once('(')) {
        Some((before, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => stem,
    };
    match without_number {
        "channel" => &[Part::Channel],
        "videos" => &[Part::Videos],
        "comments" => &[Part::Comments],
        "subscriptions" => &[Part::Subscriptions],
        _ => &[],
    }
}

#[derive(Default)]
struct Tally {
    videos: u64,
    private_videos: u64,
    comments: u64,
    comments_under_own: u64,
    subscriptions: u64,
}

/// A channel of the one who made the export; who has several exports them together.
struct Channel {
    id: String,
    title: Option<String>,
}

/// Reads one export: whose it is, who was named already, and how much was found.
pub struct Reader {
    /// As the operator says: a channel id or a title.
    named_owner: Option<String>,
    owner: Option<String>,
    made_at: Timestamp,
    named: Named,
    own_videos: HashMap<PostId, AccountId>,
    tally: Tally,
}

impl Reader {
    /// `owner` is the channel the export is of, by its id or its title, where the operator names it; else it is the first one that
    /// the export lists. `made_at` is when the export was made, for what has no date of its own.
    pub fn new(owner: Option<&str>, made_at: Timestamp) -> Reader {
        let named_owner = owner.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        Reader {
            owner: named_owner.clone().filter(|name| is_channel_id(name)),
            named_owner,
            made_at,
            named: Named::new(),
            own_videos: HashMap::new(),
            tally: Tally::default(),
        }
    }

    /// Reads one entry of the export. A file that is cut off is told as an issue; what came before is kept.
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
            Part::Channel => self.read_channels(path, entry, receiver),
            Part::Videos => {
                let owner = self.owner_known(path, receiver)?;
                each_row(path, entry, "Video ID", receiver, |row, to| self.take_video(&owner, row, to))
            }
            Part::Comments => {
                let owner = self.owner_known(path, receiver)?;
                each_row(path, entry, "Comment ID", receiver, |row, to| self.take_comment(&owner, row, to))
            }
            Part::Subscriptions => {
                let owner = self.owner_known(path, receiver)?;
                each_row(path, entry, "Channel ID", receiver, |row, to| self.take_subscription(&owner, row, to))
            }
        }
    }

    /// Says what was found.
    ///
    /// # Errors
    /// Nobody takes facts any more.
    pub fn finish(&mut self, receiver: &mut dyn Receiver) -> Result<(), ReadError> {
        let tally = &self.tally;
        let mut sentence = listed(&[
            (tally.videos, "video", "videos"),
            (tally.comments, "own comment", "own comments"),
            (tally.subscriptions, "subscription", "subscriptions"),
        ]);
        if tally.comments > tally.comments_under_own {
            let elsewhere = tally.comments - tally.comments_under_own;
            let elsewhere = counted(elsewhere, "comment stands under a video", "comments stand under videos");
            sentence.push_str(&format!("; {elsewhere} of others, whom the export does not name"));
        }
        if tally.private_videos > 0 {
            let private = counted(tally.private_videos, "private video", "private videos");
            sentence.push_str(&format!("; left out: {private}"));
        }
        sentence.push_str(&dated_as_the_export(tally.subscriptions));
        receiver.remark(sentence);
        Ok(())
    }

    /// The owner's channel id; the account is handed on the first time.
    fn owner_known(&mut self, file: &str, receiver: &mut dyn Receiver) -> Result<String, ReadError> {
        let owner = self.owner.clone().ok_or_else(|| owner_unknown(file, "channel.csv"))?;
        self.named.account_of_kind(Platform::YouTube, &owner, AccountKind::Brand, receiver);
        Ok(owner)
    }

    fn read_channels(
        &mut self,
        path: &str,
        entry: &mut dyn Read,
        receiver: &mut dyn Receiver,
    ) -> Result<(), ReadError> {
        let named = self.named_owner.clone();
        let (mut first, mut chosen, mut count) = (None, None, 0u64);
        each_row(path, entry, "Channel ID", receiver, |row, _| {
            let Some(id) = row.id("Channel ID") else {
                return Err(Wrong::new("Channel ID", "is empty", NAME_THE_ACCOUNT));
            };
            count += 1;
            let title = row.text("Channel Title (Original)").or_else(|| row.text("Channel Title"));
            let is_named = named.as_ref().is_some_and(|named| *named == id || title.as_ref() == Some(named));
            let place = if is_named { &mut chosen } else { &mut first };
            place.get_or_insert(Channel { id, title });
            Ok(())
        })?;
        let Some(channel) = chosen.or(first) else { return Ok(()) };
        let owner = self.owner.get_or_insert_with(|| channel.id.clone());
        if *owner != channel.id {
            receiver.remark(of_another(&channel.id, owner));
            return Ok(());
        }
        if count > 1 {
            receiver.remark(format!("The export is of {count} channels; it is imported as that of {owner}."));
        }
        let account = self.named.account_of_kind(Platform::YouTube, &channel.id, AccountKind::Brand, receiver);
        let profile = ProfileFact { display_name: channel.title, ..ProfileFact::empty(account, self.made_at) };
        receiver.facts().profiles.push(profile);
        Ok(())
    }

    fn take_video(&mut self, owner: &str, row: &Row<'_>, receiver: &mut dyn Receiver) -> Result<(), Wrong> {
        let Some(native_id) = row.id("Video ID") else {
            return Err(Wrong::new("Video ID", "is empty", "the export itself does not tell; nothing can be done"));
        };
        let id = PostId::of(Platform::YouTube, &native_id);
        let channel = row.id("Channel ID").unwrap_or_else(|| owner.to_owned());
        let author = self.named.account(Platform::YouTube, &channel, receiver);
        self.own_videos.insert(id, author);
        if row.text("Privacy").is_some_and(|privacy| privacy.eq_ignore_ascii_case("private")) {
            self.tally.private_videos += 1;
            return Ok(());
        }
        let stated =
            ["Video Publish Timestamp", "Video Create Timestamp"].into_iter().filter_map(|name| row.text(name));
        let Some(created_at) = stated.filter_map(|text| moment_of(&text)).next() else {
            return Err(Wrong::new(
                "Video Publish Timestamp",
                "is no moment",
                "a video needs the moment it was published",
            ));
        };
        let title = row.text("Video Title (Original)");
        let description = row.text("Video Description (Original)");
        let text = description.as_deref().map(|body| receiver.take_text(body));
        let tagged = [title.as_deref(), description.as_deref()].map(Option::unwrap_or_default).join("\n");
        self.tally.videos += 1;
        receiver.facts().posts.push(PostFact {
            id,
            platform: Platform::YouTube,
            url: Some(format!("https://www.youtube.com/watch?v={native_id}")),
            native_id,
            author: Some(author),
            created_at,
            kind: PostKind::Video,
            title,
            text,
            parent: None,
            tags: hashtags(&tagged),
            paid_disclosure: None,
        });
        Ok(())
    }

    fn take_comment(&mut self, owner: &str, row: &Row<'_>, receiver: &mut dyn Receiver) -> Result<(), Wrong> {
        let Some(native_id) = row.id("Comment ID") else {
            return Err(Wrong::new("Comment ID", "is empty", "a comment without its id cannot be told from another"));
        };
        let Some(at) = row.text("Comment Create Timestamp").and_then(|text| moment_of(&text)) else {
            return Err(Wrong::new(
                "Comment Create Timestamp",
                "is no moment",
                "a comment needs the moment it was made",
            ));
        };
        let channel = row.id("Channel ID").unwrap_or_else(|| owner.to_owned());
        let actor = self.named.account(Platform::YouTube, &channel, receiver);
        let parent = row.id("Parent Comment ID").map(|id| InteractionId::native(Platform::YouTube, &id));
        let post = row.id("Video ID").or_else(|| row.id("Post ID")).map(|id| PostId::of(Platform::YouTube, &id));
        let target = post.and_then(|post| self.own_videos.get(&post)).copied();
        let body = row.text("Comment Text").map(|text| said_in(&text)).filter(|body| !body.trim().is_empty());
        let text = body.map(|body| receiver.take_text(&body));
        self.tally.comments += 1;
        self.tally.comments_under_own += u64::from(target.is_some());
        receiver.facts().interactions.push(InteractionFact {
            id: InteractionId::native(Platform::YouTube, &native_id),
            kind: if parent.is_some() { InteractionKind::Reply } else { InteractionKind::Comment },
            actor,
            target,
            post,
            parent,
            at,
            text,
            by_author: target == Some(actor),
        });
        Ok(())
    }

    fn take_subscription(&mut self, owner: &str, row: &Row<'_>, receiver: &mut dyn Receiver) -> Result<(), Wrong> {
        let in_address = || row.text("Channel Url")?.split_once("/channel/").map(|(_, id)| id.to_owned());
        let Some(channel) = row.id("Channel ID").or_else(|| in_address().filter(|id| is_channel_id(id))) else {
            return Err(Wrong::new("Channel ID", "is empty", "the export itself does not tell; nothing can be done"));
        };
        self.named.account(Platform::YouTube, &channel, receiver);
        self.tally.subscriptions += 1;
        receiver.facts().interactions.push(follow(Platform::YouTube, owner, &channel, self.made_at));
        Ok(())
    }
}

/// One row with the headings above it.
struct Row<'a> {
    headings: &'a [String],
    record: &'a ByteRecord,
}

impl Row<'_> {
    /// What stands below a heading, if anything does.
    fn text(&self, heading: &str) -> Option<String> {
        let column = self.headings.iter().position(|known| *known == bare(heading))?;
        let text = String::from_utf8_lossy(self.record.get(column)?);
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// As [`Row::text`], where it can be an id.
    fn id(&self, heading: &str) -> Option<String> {
        self.text(heading).filter(|id| id.len() <= 200 && !id.contains(|c: char| c.is_whitespace() || c.is_control()))
    }
}

/// Hands on each row below the headings; `needed` is a heading without which the file is another one.
fn each_row(
    file: &str,
    entry: &mut dyn Read,
    needed: &str,
    receiver: &mut dyn Receiver,
    mut take: impl FnMut(&Row<'_>, &mut dyn Receiver) -> Result<(), Wrong>,
) -> Result<(), ReadError> {
    let left = Rc::new(Cell::new(ROW_BYTES_MAX));
    let bounded = Bounded { entry, left: left.clone() };
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(bounded);
    let (mut record, mut headings, mut line) = (ByteRecord::new(), Vec::new(), 0u64);
    loop {
        left.set(ROW_BYTES_MAX);
        match reader.read_byte_record(&mut record) {
            Ok(true) => line += 1,
            Ok(false) => return Ok(()),
            Err(error) => {
                let hint = "the file is cut off or damaged; what came before this was read. Fetch it again and repeat the import: \
                            known rows are not doubled";
                return break_noted(
                    Err(ReadError::broken(file, format!("cannot be read on: {error}"), hint)),
                    receiver,
                );
            }
        }
        if line == 1 {
            headings = record.iter().map(|heading| bare(&String::from_utf8_lossy(heading))).collect();
            if !headings.contains(&bare(needed)) {
                receiver.note(RowIssue {
                    file: file.to_owned(),
                    row: Some(1),
                    column: Some(needed.to_owned()),
                    problem: "is not among the headings".to_owned(),
                    hint: "set the language of the Google account to English and make the export again".to_owned(),
                    refused: true,
                });
                return Ok(());
            }
            continue;
        }
        if let Err(wrong) = take(&Row { headings: &headings, record: &record }, receiver) {
            receiver.note(refused(file, line, wrong.field, wrong.problem, wrong.hint));
        }
        receiver.row_read()?;
    }
}

/// Ends reading where one row takes more than its share.
struct Bounded<'a> {
    entry: &'a mut dyn Read,
    left: Rc<Cell<u64>>,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.entry.read(buffer)?;
        match self.left.get().checked_sub(read as u64) {
            Some(left) => self.left.set(left),
            None => return Err(std::io::Error::other("a row is larger than 16 MB")),
        }
        Ok(read)
    }
}

/// A heading as it is compared: capitals and blanks changed over the years.
fn bare(heading: &str) -> String {
    heading.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').flat_map(char::to_lowercase).collect()
}

fn is_channel_id(text: &str) -> bool {
    let is_of_ids = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.len() == 24 && text.starts_with("UC") && text.bytes().all(is_of_ids)
}

/// `2023-09-19T17:42:53.434647+00:00`, `2023-09-19 17:42:53 UTC`
fn moment_of(text: &str) -> Option<Timestamp> {
    moments::of_iso(text).or_else(|| moments::of_utc_without_zone(text.strip_suffix("UTC").unwrap_or(text)))
}

/// A text may be written in pieces, `{"text":"…"},{"mention":{…}}`, which once stood below a name: the texts of all of them.
fn said_in(text: &str) -> String {
    let pieces = text.starts_with('{').then(|| serde_json::from_str::<Value>(&format!("[{text}]")).ok()).flatten();
    match pieces {
        Some(pieces) => {
            let mut said = String::new();
            gather_texts(&pieces, &mut said);
            said
        }
        None => text.to_owned(),
    }
}

fn gather_texts(value: &Value, said: &mut String) {
    match value {
        Value::Array(pieces) => pieces.iter().for_each(|piece| gather_texts(piece, said)),
        Value::Object(fields) => {
            said.push_str(fields.get("text").and_then(Value::as_str).unwrap_or_default());
            fields.values().for_each(|field| gather_texts(field, said));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use model::facts::AccountFact;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::receive::Collected;

    const BRAND: &str = "UCbrandbrandbrandbrandbr";
    const SECOND: &str = "UCsecondsecondsecondseco";
    const CHANNELS: &str =
        "\u{feff}Channel ID,Channel Country,Channel Title (Original)\nUCbrandbrandbrandbrandbr,DE,The Brand\n";
    const TWO_CHANNELS: &str = "Channel ID,Channel Title (Original)\nUCbrandbrandbrandbrandbr,The Brand\n\
        UCsecondsecondsecondseco,The Second\n";
    const VIDEOS: &str = "Video ID,Approximate Duration (ms),Video Description (Original),Channel ID,Video Title (Original),Privacy,\
        Video State,Video Create Timestamp,Video Publish Timestamp\n\
        v1,1000,\"About\n#Tea\",UCbrandbrandbrandbrandbr,Tea time,Public,Processed,2023-05-01T12:00:00Z,2023-05-02T12:00:00+00:00\n\
        v2,1000,,,Secret,private,Processed,2023-05-01T12:00:00Z,\n\
        v3,1000,,,Undated,Public,Processed,,\n\
        ,1000,,,Nameless,Public,Processed,2023-05-01T12:00:00Z,\n\
        v4,1000,,,Unlisted,Unlisted,Processed,2023-05-01 12:00:00 UTC,\n";
    const COMMENTS: &str = "Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Post ID,Video ID,Comment Text,\
        Top-Level Comment ID\n\
        c1,UCbrandbrandbrandbrandbr,2023-09-19T17:42:53.434647+00:00,0,,,v1,\"{\"\"text\"\":\"\"Hello \"\"},{\"\"mention\"\":\
        {\"\"displayName\"\":\"\"@ana\"\"}},{\"\"text\"\":\"\"there\"\"}\",\n\
        c1.r1,UCbrandbrandbrandbrandbr,2023-09-19T17:43:53Z,0,c1,,v9,\"plain, text\",c1\n\
        c2,,2023-09-19T17:44:53Z,0,,p1,,{not json},\n\
        ,,2023-09-19T17:44:53Z,0,,,v1,nameless,\n\
        c3,,soon,0,,,v1,undated,\n";
    const OLD_COMMENTS: &str = "comment id,Channel Id,Comment create timestamp,Price,Video ID,Comment text\n\
        c4,UCbrandbrandbrandbrandbr,2023-09-19T17:42:53Z,0,v2,\"{\"\"takeoutSegments\"\":[{\"\"text\"\":\"\"old \"\"},\
        {\"\"text\"\":\"\"form\"\"}]}\"\n";
    const SUBSCRIPTIONS: &str = "Channel Id,Channel Url,Channel Title\n\
        UC7,http://www.youtube.com/channel/UC7,Ana\n\
        ,http://www.youtube.com/channel/UCsecondsecondsecondseco,Ben\n,,\n";
    const ALL: [(&str, &str); 5] = [
        ("Takeout/YouTube and YouTube Music/channels/channel.csv", CHANNELS),
        ("Takeout/YouTube and YouTube Music/video metadata/videos.csv", VIDEOS),
        ("Takeout/YouTube and YouTube Music/comments/comments.csv", COMMENTS),
        ("Takeout/YouTube and YouTube Music/comments/comments(1).csv", OLD_COMMENTS),
        ("Takeout/YouTube and YouTube Music/subscriptions/subscriptions.csv", SUBSCRIPTIONS),
    ];

    fn made_at() -> Timestamp {
        Timestamp::from_unix_seconds(1_750_000_000)
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

    fn account(native_id: &str) -> AccountId {
        AccountId::of(Platform::YouTube, "", native_id)
    }

    #[test]
    fn an_entry_is_known_by_its_path_whatever_the_folders_are() {
        for (path, _) in ALL {
            assert_eq!(parts_of(path).len(), 1, "{path}");
        }
        assert_eq!(parts_of("Comments(12).CSV"), [Part::Comments]);
        for other in
            ["playlists/Watch later-videos.csv", "channels/channel images.csv", "live chats.csv", "videos.json", ""]
        {
            assert!(parts_of(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn public_videos_become_posts_and_private_ones_are_counted() {
        let found = read_all(None, made_at(), &ALL[..2]).expect("the owner is known");
        let [first, unlisted] = &found.facts.posts[..] else { panic!("{:?}", found.facts.posts) };
        assert_eq!((first.native_id.as_str(), unlisted.native_id.as_str()), ("v1", "v4"));
        assert_eq!((first.title.as_deref(), first.author), (Some("Tea time"), Some(account(BRAND))));
        assert_eq!(first.url.as_deref(), Some("https://www.youtube.com/watch?v=v1"));
        assert_eq!((&first.tags[..], first.created_at.unix_seconds()), (&["tea".to_owned()][..], 1_683_028_800));
        assert_eq!(found.facts.texts[0].body, "About\n#Tea");
        let rows: Vec<_> = found.issues.iter().map(|issue| issue.row).collect();
        assert_eq!(rows, [Some(4), Some(5)]);
        assert_eq!(found.remarks, ["2 videos; left out: 1 private video"]);
    }

    #[test]
    fn own_comments_have_a_target_under_own_videos_alone() {
        let found = read_all(None, made_at(), &ALL[..4]).expect("the owner is known");
        let [under_own, reply, under_a_post, old] = &found.facts.interactions[..] else { panic!("{found:?}") };
        assert_eq!((under_own.kind, under_own.target), (InteractionKind::Comment, Some(account(BRAND))));
        assert!(under_own.by_author && old.by_author);
        assert_eq!((reply.kind, reply.target, reply.by_author), (InteractionKind::Reply, None, false));
        assert_eq!((reply.parent, reply.post), (Some(under_own.id), Some(PostId::of(Platform::YouTube, "v9"))));
        assert_eq!(
            (under_a_post.actor, under_a_post.post),
            (account(BRAND), Some(PostId::of(Platform::YouTube, "p1")))
        );
        let texts: Vec<_> = found.facts.texts[1..].iter().map(|text| text.body.as_str()).collect();
        assert_eq!(texts, ["Hello there", "plain, text", "{not json}", "old form"]);
        assert!(
            found.remarks[0].contains("4 own comments; 2 comments stand under videos of others"),
            "{:?}",
            found.remarks
        );
    }

    #[test]
    fn subscriptions_become_follows_and_a_later_export_adds_nothing() {
        let entries = [ALL[0], ALL[4]];
        let found = read_all(None, made_at(), &entries).expect("the owner is known");
        let [ana, ben] = &found.facts.interactions[..] else { panic!("{found:?}") };
        assert_eq!((ana.actor, ana.target, ana.at), (account(BRAND), Some(account("UC7")), made_at()));
        assert_eq!((ben.target, found.issues.len()), (Some(account(SECOND)), 1));
        let later = read_all(None, Timestamp::from_unix_seconds(1_760_000_000), &entries).expect("the owner is known");
        assert_eq!((later.facts.interactions[0].id, later.facts.interactions[1].id), (ana.id, ben.id));
    }

    #[test]
    fn the_owner_is_a_brand_with_its_title() {
        let found = read_all(None, made_at(), &ALL).expect("the owner is known");
        let owner = AccountFact { kind: AccountKind::Brand, ..AccountFact::new(Platform::YouTube, "", BRAND) };
        assert_eq!(found.facts.accounts[0], owner);
        let [profile] = &found.facts.profiles[..] else { panic!("{found:?}") };
        assert_eq!((profile.account, profile.display_name.as_deref()), (owner.id, Some("The Brand")));
    }

    #[test]
    fn of_several_channels_the_named_one_is_the_owner() {
        for (named, owner) in [(None, BRAND), (Some("The Second"), SECOND), (Some(SECOND), SECOND), (Some("?"), BRAND)]
        {
            let found = read_all(named, made_at(), &[("channel.csv", TWO_CHANNELS)]).expect("the owner is known");
            assert_eq!(found.facts.accounts[0].id, account(owner), "{named:?}");
            assert!(found.remarks[0].contains(owner), "{:?}", found.remarks);
        }
        let found = read_all(Some(SECOND), made_at(), &ALL).expect("the owner is named");
        assert!(found.facts.profiles.is_empty() && found.remarks[0].contains(SECOND), "{:?}", found.remarks);
    }

    #[test]
    fn without_a_channel_the_account_must_be_named() {
        let error = read_all(None, made_at(), &ALL[4..]).expect_err("nobody is named").to_string();
        assert!(error.contains("--account NAME"), "{error}");
        assert_eq!(read_all(Some(BRAND), made_at(), &ALL[4..]).expect("it is named").facts.interactions.len(), 2);
    }

    #[test]
    fn a_file_with_other_headings_is_told_once_and_left_out() {
        let found = read_all(Some(BRAND), made_at(), &[("comments.csv", "Kommentar-ID,Text\nc1,x\nc2,y\n"), ALL[4]]);
        let found = found.expect("the owner is named");
        assert_eq!((found.facts.interactions.len(), found.issues[0].row), (2, Some(1)));
    }

    /// Gives what it has, then fails.
    struct Torn<'a>(&'a [u8]);

    impl Read for Torn<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.0.is_empty() { Err(std::io::Error::other("torn")) } else { self.0.read(buffer) }
        }
    }

    #[test]
    fn a_file_cut_off_keeps_the_rows_before() {
        let (mut reader, mut found) = (Reader::new(Some(BRAND), made_at()), Collected::default());
        let outcome = reader.read(Part::Subscriptions, "s.csv", &mut Torn(SUBSCRIPTIONS.as_bytes()), &mut found);
        assert_eq!((outcome, found.facts.interactions.len()), (Ok(()), 2));
        assert!(found.issues.iter().any(|issue| issue.row.is_none() && issue.problem.contains("torn")));
    }

    #[test]
    fn a_row_beyond_all_measure_ends_the_file() {
        let (mut reader, mut found) = (Reader::new(Some(BRAND), made_at()), Collected::default());
        let mut endless = "Channel Id\nUC7\n\"".as_bytes().chain(std::io::repeat(b'x').take(1 << 30));
        let outcome = reader.read(Part::Subscriptions, "s.csv", &mut endless, &mut found);
        assert_eq!((outcome, found.facts.interactions.len()), (Ok(()), 1));
        assert!(found.issues[0].problem.contains("16 MB"), "{:?}", found.issues);
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
            let (mut reader, mut collected) = (Reader::new(Some(BRAND), made_at()), Collected::default());
            for part in [Part::Channel, Part::Videos, Part::Comments, Part::Subscriptions] {
                for bytes in [&mutated, &noise] {
                    prop_assert!(reader.read(part, "a.csv", &mut bytes.as_slice(), &mut collected).is_ok());
                }
            }
            prop_assert!(reader.finish(&mut collected).is_ok());
        }
    }
}
