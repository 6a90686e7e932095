//! A Stack Exchange dump: people who ask, people who answer, and everybody who comments.
//!
//! An answer is talk from the answerer to the asker; a comment is talk from its writer to the post's owner. A post
//! whose owner deleted the account stays as a post but ties nobody; user -1 is the site itself, not a person. Times
//! are UTC without saying so. The data is shared under CC BY-SA: pages link to the question and name the author.

use std::collections::{HashMap, HashSet};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use model::facts::{AccountFact, AccountKind, InteractionFact, PostFact, PostKind, PostMetricFact, ProfileFact};
use model::{
    AccountId, InteractionId, InteractionKind, Platform, PostId, RowIssue, SourceKind, SourcePolicy, TextId, Timestamp,
};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::csv_file::file_name;
use super::sink::Sink;
use super::{ImportFormat, IngestError, fingerprint_of, size_bytes_of};
use crate::clock;

const NEEDED: [&str; 3] = ["Users.xml", "Posts.xml", "Comments.xml"];
const OPTIONAL: [&str; 3] = ["Tags.xml", "Votes.xml", "PostLinks.xml"];
const UP_VOTE: &str = "2";

/// A dump folder and the site it is of.
pub struct StackExchangeDump {
    folder: PathBuf,
    site: String,
    /// Owner of each conversation post, to aim answers and comments at.
    owners: HashMap<i64, PostOwner>,
    up_votes: HashMap<i64, i64>,
    tally: Tally,
    last_at: Timestamp,
}

#[derive(Clone, Copy)]
struct PostOwner {
    owner: Option<AccountId>,
}

/// What the dump held, for the remarks of the import.
#[derive(Default)]
struct Tally {
    users: u64,
    posts: u64,
    questions: u64,
    answers: u64,
    other_posts: HashMap<String, u64>,
    posts_without_owner: u64,
    comments: u64,
    comments_without_user: u64,
    optional: Vec<(String, u64)>,
    active: HashSet<AccountId>,
}

/// A `<row …/>` element of a dump file, with the line it starts on.
struct XmlRow<'a> {
    number: u64,
    element: &'a BytesStart<'a>,
    file: &'a str,
}

impl StackExchangeDump {
    /// `site` is the site's name (`beer`, `beer.stackexchange.com`); without it the folder's name says it.
    pub fn new(folder: &Path, site: Option<&str>) -> Result<StackExchangeDump, IngestError> {
        if !folder.is_dir() {
            return Err(IngestError::refused(
                folder.display(),
                "there is no such folder",
                "give the folder that holds Posts.xml, Comments.xml and Users.xml",
            ));
        }
        let missing: Vec<&str> = NEEDED.into_iter().filter(|name| !folder.join(name).is_file()).collect();
        if !missing.is_empty() {
            return Err(IngestError::refused(
                folder.display(),
                format!("the dump lacks {}", missing.join(" and ")),
                "a dump folder holds Posts.xml, Comments.xml and Users.xml; unpack the archive again",
            ));
        }
        let named = site.map_or_else(|| file_name(folder), str::to_owned);
        Ok(StackExchangeDump {
            folder: folder.to_owned(),
            site: site_host(&named),
            owners: HashMap::new(),
            up_votes: HashMap::new(),
            tally: Tally::default(),
            last_at: Timestamp(0),
        })
    }

    fn native(&self, id: &str) -> String {
        format!("{}/{id}", self.site)
    }

    fn account(&self, user: &str) -> Option<AccountId> {
        let real = user.parse::<i64>().is_ok_and(|number| number >= 0);
        real.then(|| AccountId::of(Platform::StackExchange, "", &self.native(user)))
    }

    fn post_id(&self, post: &str) -> PostId {
        PostId::of(Platform::StackExchange, &self.native(post))
    }

    fn see(&mut self, at: Timestamp) {
        self.last_at = self.last_at.max(at);
    }

    fn user(&mut self, row: &XmlRow<'_>, sink: &mut Sink) -> Result<(), RowIssue> {
        let id = row.required("Id")?;
        self.tally.users += 1;
        let Some(account) = self.account(&id) else { return Ok(()) };
        let observed_at = row.moment("LastAccessDate")?;
        self.see(observed_at);
        let native_id = self.native(&id);
        let url = format!("https://{}/users/{id}", self.site);
        sink.facts.accounts.push(AccountFact {
            id: account,
            platform: Platform::StackExchange,
            scope: String::new(),
            native_id,
            kind: AccountKind::Person,
        });
        sink.facts.profiles.push(ProfileFact {
            display_name: row.text("DisplayName")?.filter(|name| !name.trim().is_empty()),
            bio: row.text("AboutMe")?.map(|html| plain_text(&html)).filter(|bio| !bio.is_empty()),
            external_url: Some(url),
            ..ProfileFact::empty(account, observed_at)
        });
        Ok(())
    }

    fn vote(&mut self, row: &XmlRow<'_>) -> Result<(), RowIssue> {
        let post = row.required("PostId")?;
        if row.text("VoteTypeId")?.as_deref() == Some(UP_VOTE)
            && let Ok(post) = post.parse()
        {
            *self.up_votes.entry(post).or_default() += 1;
        }
        Ok(())
    }

    fn post(&mut self, row: &XmlRow<'_>, sink: &mut Sink) -> Result<(), RowIssue> {
        let id = row.required("Id")?;
        let number: i64 = id.parse().map_err(|_| row.issue("Id", format!("is not a number: {id:?}")))?;
        let kind = row.required("PostTypeId")?;
        let at = row.moment("CreationDate")?;
        self.tally.posts += 1;
        let kind = match kind.as_str() {
            "1" => PostKind::Question,
            "2" => PostKind::Answer,
            other => {
                *self.tally.other_posts.entry(other.to_owned()).or_default() += 1;
                return Ok(());
            }
        };
        self.see(at);
        let owner = row.text("OwnerUserId")?.and_then(|user| self.account(&user));
        match kind {
            PostKind::Question => self.tally.questions += 1,
            _ => self.tally.answers += 1,
        }
        match owner {
            Some(owner) => drop(self.tally.active.insert(owner)),
            None => self.tally.posts_without_owner += 1,
        }
        let title = row.text("Title")?;
        let body = plain_text(&row.text("Body")?.unwrap_or_default());
        let text = push_text(body, sink);
        let parent = row.text("ParentId")?;
        self.owners.insert(number, PostOwner { owner });
        let post = self.post_id(&id);
        sink.facts.posts.push(PostFact {
            id: post,
            platform: Platform::StackExchange,
            native_id: self.native(&id),
            author: owner,
            created_at: at,
            kind,
            title,
            text,
            url: Some(format!("https://{}/{}/{id}", self.site, if kind == PostKind::Question { "q" } else { "a" })),
            parent: parent.as_deref().map(|parent| self.post_id(parent)),
            tags: row.text("Tags")?.map(|tags| split_tags(&tags)).unwrap_or_default(),
            paid_disclosure: None,
        });
        let views = row.count("ViewCount")?;
        let comments = row.count("CommentCount")?;
        sink.facts.post_metrics.push(PostMetricFact {
            post,
            // A dump tells what posts had when it was made, not when they were: about the last moment it knows of.
            observed_at: self.last_at,
            views,
            likes: Some(self.up_votes.get(&number).copied().unwrap_or(0)).filter(|_| !self.up_votes.is_empty()),
            comments,
            shares: None,
            saves: None,
            reach: None,
        });
        if let (PostKind::Answer, Some(actor), Some(parent)) = (kind, owner, parent) {
            self.answer(&id, actor, &parent, at, text, row, sink)?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one answer row, used here alone")]
    fn answer(
        &mut self,
        id: &str,
        actor: AccountId,
        parent: &str,
        at: Timestamp,
        text: Option<TextId>,
        row: &XmlRow<'_>,
        sink: &mut Sink,
    ) -> Result<(), RowIssue> {
        let number: i64 = parent.parse().map_err(|_| row.issue("ParentId", format!("is not a number: {parent:?}")))?;
        let target = self.owners.get(&number).and_then(|asked| asked.owner);
        sink.facts.interactions.push(InteractionFact {
            id: InteractionId::native(Platform::StackExchange, &format!("{}/a/{id}", self.site)),
            kind: InteractionKind::Answer,
            actor,
            target,
            post: Some(self.post_id(parent)),
            parent: None,
            at,
            text,
            by_author: target == Some(actor),
        });
        Ok(())
    }

    fn comment(&mut self, row: &XmlRow<'_>, sink: &mut Sink) -> Result<(), RowIssue> {
        let id = row.required("Id")?;
        let post = row.required("PostId")?;
        let at = row.moment("CreationDate")?;
        self.tally.comments += 1;
        self.see(at);
        let Some(actor) = row.text("UserId")?.and_then(|user| self.account(&user)) else {
            self.tally.comments_without_user += 1;
            return Ok(());
        };
        self.tally.active.insert(actor);
        let number: i64 = post.parse().map_err(|_| row.issue("PostId", format!("is not a number: {post:?}")))?;
        let target = self.owners.get(&number).and_then(|commented| commented.owner);
        let text = push_text(row.text("Text")?.unwrap_or_default().trim().to_owned(), sink);
        sink.facts.interactions.push(InteractionFact {
            id: InteractionId::native(Platform::StackExchange, &format!("{}/c/{id}", self.site)),
            kind: InteractionKind::Comment,
            actor,
            target,
            post: Some(self.post_id(&post)),
            parent: None,
            at,
            text,
            by_author: target == Some(actor),
        });
        Ok(())
    }

    /// Reads one file of the dump row by row. A file that breaks off keeps the rows before the break and says so.
    fn each_row(
        &mut self,
        name: &str,
        sink: &mut Sink,
        mut each: impl FnMut(&mut Self, &XmlRow<'_>, &mut Sink) -> Result<(), RowIssue>,
    ) -> Result<u64, IngestError> {
        let place = self.folder.join(name);
        let file = std::fs::File::open(&place).map_err(|error| IngestError::from_io(&place, &error))?;
        let mut reader = Reader::from_reader(BufReader::with_capacity(1 << 20, file));
        let (mut buffer, mut number, mut ended) = (Vec::new(), 0u64, false);
        let broken = |number: u64, problem: String| RowIssue {
            file: name.to_owned(),
            row: Some(number + 1),
            column: None,
            problem,
            hint: "the file is cut off or damaged; rows before this were kept. Fetch it again and repeat the import: \
                   known rows are not doubled"
                .into(),
            refused: true,
        };
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer) {
                Ok(Event::Empty(element) | Event::Start(element)) if element.name().as_ref() == "row" => {
                    number += 1;
                    sink.rows_read(1);
                    let row = XmlRow { number, element: &element, file: name };
                    if let Err(issue) = each(self, &row, sink) {
                        sink.note(issue);
                    }
                    sink.hand_on_if_full()?;
                }
                Ok(Event::End(_)) => ended = true,
                Ok(Event::Eof) => {
                    if !ended {
                        sink.note(broken(number, "the file ends before its closing element".into()));
                    }
                    return Ok(number);
                }
                Ok(_) => {}
                Err(error) => {
                    sink.note(broken(number, format!("the file cannot be read on: {error}")));
                    return Ok(number);
                }
            }
        }
    }

    fn say_what_was_found(&self, sink: &mut Sink) {
        let tally = &self.tally;
        let mut others: Vec<_> = tally.other_posts.iter().collect();
        others.sort();
        let others: Vec<String> = others.into_iter().map(|(kind, count)| format!("{count} of type {kind}")).collect();
        sink.remark(format!(
            "{} posts: {} questions, {} answers; {} conversation posts{}",
            tally.posts,
            tally.questions,
            tally.answers,
            tally.questions + tally.answers,
            if others.is_empty() { String::new() } else { format!("; not conversation: {}", others.join(", ")) }
        ));
        sink.remark(format!(
            "{} comments, {} users, {} active people",
            tally.comments,
            tally.users,
            tally.active.len()
        ));
        let optional: Vec<String> =
            tally.optional.iter().map(|(name, rows)| format!("{rows} rows in {name}")).collect();
        if !optional.is_empty() {
            sink.remark(optional.join(", "));
        }
        if tally.posts_without_owner + tally.comments_without_user > 0 {
            sink.remark(format!(
                "{} conversation posts have no owner and {} comments no user (deleted accounts): kept as posts, they tie nobody",
                tally.posts_without_owner, tally.comments_without_user
            ));
        }
    }
}

impl ImportFormat for StackExchangeDump {
    fn source(&self) -> SourcePolicy {
        SourcePolicy {
            code: format!("stack-exchange-{}", self.site),
            kind: SourceKind::File,
            max_age: None,
            may_derive: true,
            may_mix: true,
            legal_basis: "published under CC BY-SA; legitimate interest".into(),
            purpose: "find the people buyers listen to".into(),
            attribution: Some(format!("{}, its authors, CC BY-SA", self.site)),
        }
    }

    fn label(&self) -> String {
        file_name(&self.folder)
    }

    fn fingerprint(&self) -> Result<String, IngestError> {
        let files: Vec<PathBuf> =
            NEEDED.iter().chain(&OPTIONAL).map(|name| self.folder.join(name)).filter(|place| place.is_file()).collect();
        let places: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        fingerprint_of(&places, &self.site)
    }

    fn size_bytes(&self) -> u64 {
        NEEDED.iter().chain(&OPTIONAL).map(|name| size_bytes_of(&self.folder.join(name))).sum()
    }

    fn read(&mut self, sink: &mut Sink) -> Result<(), IngestError> {
        let mut bytes = 0;
        for name in ["Users.xml", "Votes.xml", "Posts.xml", "Comments.xml", "Tags.xml", "PostLinks.xml"] {
            let place = self.folder.join(name);
            if !place.is_file() {
                sink.remark(format!("the dump has no {name}; what it tells is not known"));
                continue;
            }
            let rows = match name {
                "Users.xml" => self.each_row(name, sink, |dump, row, sink| dump.user(row, sink))?,
                "Votes.xml" => self.each_row(name, sink, |dump, row, _| dump.vote(row))?,
                "Posts.xml" => self.each_row(name, sink, |dump, row, sink| dump.post(row, sink))?,
                "Comments.xml" => self.each_row(name, sink, |dump, row, sink| dump.comment(row, sink))?,
                _ => self.each_row(name, sink, |_, row, _| row.required("Id").map(drop))?,
            };
            if OPTIONAL.contains(&name) {
                self.tally.optional.push((name.to_owned(), rows));
            }
            bytes += size_bytes_of(&place);
            sink.bytes_read(bytes);
        }
        self.say_what_was_found(sink);
        Ok(())
    }
}

impl XmlRow<'_> {
    fn text(&self, name: &str) -> Result<Option<String>, RowIssue> {
        let attribute = self
            .element
            .try_get_attribute(name)
            .map_err(|error| self.issue(name, format!("cannot be read: {error}")))?;
        attribute
            .map(|attribute| {
                quick_xml::escape::unescape(&attribute.value)
                    .map(|value| value.into_owned())
                    .map_err(|error| self.issue(name, format!("cannot be read: {error}")))
            })
            .transpose()
    }

    fn required(&self, name: &str) -> Result<String, RowIssue> {
        self.text(name)?.ok_or_else(|| self.issue(name, "is missing".to_owned()))
    }

    fn moment(&self, name: &str) -> Result<Timestamp, RowIssue> {
        let text = self.required(name)?;
        clock::parse_utc_without_zone(&text).ok_or_else(|| self.issue(name, format!("is not a moment: {text:?}")))
    }

    fn count(&self, name: &str) -> Result<Option<i64>, RowIssue> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.issue(name, format!("is not a whole number: {text:?}")))
    }

    fn issue(&self, column: &str, problem: String) -> RowIssue {
        RowIssue {
            file: self.file.to_owned(),
            row: Some(self.number),
            column: Some(column.to_owned()),
            problem,
            hint: "the row was left out; fetch the dump again if many rows are damaged".into(),
            refused: true,
        }
    }
}

fn push_text(body: String, sink: &mut Sink) -> Option<TextId> {
    (!body.is_empty()).then(|| sink.take_text(&body))
}

/// `beer`, `beer-stackexchange` and `beer.stackexchange.com` are the same site.
fn site_host(name: &str) -> String {
    let name = name.trim().to_lowercase();
    if name.contains('.') {
        return name;
    }
    let short = name.trim_end_matches("-stackexchange").trim_end_matches("_stackexchange");
    format!("{short}.stackexchange.com")
}

/// `<hops><history>` (or `|hops|history|` in newer dumps) as a list.
fn split_tags(tags: &str) -> Vec<String> {
    tags.split(['<', '>', '|']).filter(|tag| !tag.is_empty()).map(str::to_lowercase).collect()
}

/// The words of an HTML body: tags dropped, entities read, code and quotes kept as text, blanks joined.
pub fn plain_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut inside_tag = false;
    for letter in html.chars() {
        match letter {
            '<' => {
                inside_tag = true;
                text.push(' ');
            }
            '>' if inside_tag => inside_tag = false,
            _ if !inside_tag => text.push(letter),
            _ => {}
        }
    }
    let decoded = quick_xml::escape::unescape(&text).map(|text| text.into_owned()).unwrap_or(text);
    decoded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_one_site_however_it_is_named() {
        for name in ["beer", "beer-stackexchange", "beer.stackexchange.com", " Beer "] {
            assert_eq!(site_host(name), "beer.stackexchange.com", "{name}");
        }
    }

    #[test]
    fn html_becomes_words() {
        assert_eq!(plain_text("<p>Try a <b>Saison</b> &amp; be happy.</p>\n"), "Try a Saison & be happy.");
        assert_eq!(split_tags("<hops><craft-beer>"), ["hops", "craft-beer"]);
        assert_eq!(split_tags("|hops|ipa|"), ["hops", "ipa"]);
    }
}
