//! Answers of the interface of Mastodon and of servers that speak like it, read into facts, with the wishes of their people obeyed.
//!
//! The ids of a server are its own; the same account has another one on each. So an account is known by its `uri`, else its `url`, as
//! the server gives it, and a status by its `uri`. Who asks not to be indexed is left out and named, so that what is held can go.

use model::facts::{InteractionFact, PostFact, PostKind, PostMetricFact, ProfileFact};
use model::{AccountId, InteractionId, InteractionKind, Platform, PostId, RowIssue, TextId, Timestamp};
use serde::Deserialize;

use crate::exports::follow;
use crate::moments;
use crate::receive::{Named, Receiver, refused};

/// Of one status; servers allow fewer.
const MENTIONS_MAX: usize = 100;
const TAGS_MAX: usize = 100;

/// An account, as `accounts/{id}`, lists of followers and every status give it.
#[derive(Clone, Default, PartialEq, Debug, Deserialize)]
#[serde(default)]
pub struct Account {
    pub id: Option<String>,
    pub acct: Option<String>,
    pub username: Option<String>,
    pub url: Option<String>,
    pub uri: Option<String>,
    pub display_name: Option<String>,
    /// HTML.
    pub note: Option<String>,
    pub followers_count: Option<i64>,
    pub following_count: Option<i64>,
    pub statuses_count: Option<i64>,
    pub bot: Option<bool>,
    /// May be suggested to others.
    pub discoverable: Option<bool>,
    /// Public posts may be found by their words.
    pub indexable: Option<bool>,
    /// Asks search engines to stay away.
    pub noindex: Option<bool>,
    /// Followers and followed are not shown.
    pub hide_collections: Option<bool>,
    pub suspended: Option<bool>,
    pub limited: Option<bool>,
    pub fields: Option<Vec<ProfileField>>,
    /// Where the account has moved to.
    pub moved: Option<Box<Account>>,
}

/// A line of an account's profile; a link with `verified_at` leads back.
#[derive(Clone, Default, PartialEq, Debug, Deserialize)]
#[serde(default)]
pub struct ProfileField {
    pub name: Option<String>,
    /// HTML.
    pub value: Option<String>,
    pub verified_at: Option<String>,
}

/// A status: a post, an answer, or a boost of another one in `reblog`.
#[derive(Clone, Default, PartialEq, Debug, Deserialize)]
#[serde(default)]
pub struct Status {
    pub id: Option<String>,
    pub uri: Option<String>,
    pub url: Option<String>,
    pub created_at: Option<String>,
    pub account: Option<Account>,
    /// HTML.
    pub content: Option<String>,
    pub visibility: Option<String>,
    pub in_reply_to_id: Option<String>,
    pub in_reply_to_account_id: Option<String>,
    pub reblog: Option<Box<Status>>,
    pub mentions: Option<Vec<Mention>>,
    pub tags: Option<Vec<Tag>>,
    pub replies_count: Option<i64>,
    pub reblogs_count: Option<i64>,
    pub favourites_count: Option<i64>,
    pub language: Option<String>,
    pub sensitive: Option<bool>,
    pub quote: Option<Quote>,
}

/// Somebody named in a status; there is no `uri` here.
#[derive(Clone, Default, PartialEq, Debug, Deserialize)]
#[serde(default)]
pub struct Mention {
    pub id: Option<String>,
    pub username: Option<String>,
    pub url: Option<String>,
    pub acct: Option<String>,
}

#[derive(Clone, Default, PartialEq, Debug, Deserialize)]
#[serde(default)]
pub struct Tag {
    pub name: Option<String>,
}

/// A quoted status: Mastodon wraps it, other servers give the status itself, of which `uri` and `account` are read.
#[derive(Clone, Default, PartialEq, Debug, Deserialize)]
#[serde(default)]
pub struct Quote {
    pub state: Option<String>,
    pub quoted_status: Option<Box<Status>>,
    pub uri: Option<String>,
    pub account: Option<Account>,
}

/// Why something is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Why {
    #[error("the account asks not to be indexed")]
    NotToBeIndexed,
    #[error("the account is suspended")]
    Suspended,
    #[error("the status is not public")]
    NotPublic,
    #[error("the status has no date")]
    Undated,
    #[error("it has neither a uri nor a url")]
    Nameless,
}

/// Something that is not taken; what is held of it has to go.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{uri} is left out: {why}")]
pub struct LeftOut {
    /// Of the account, or of the status where that alone is not taken; empty where there is none.
    pub uri: String,
    pub why: Why,
}

impl LeftOut {
    fn of(uri: Option<&str>, why: Why) -> LeftOut {
        LeftOut { uri: uri.unwrap_or_default().to_owned(), why }
    }
}

/// Where in a thread a status stands, as far as whoever asked for it knows; a status itself names its parent by a local id alone.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Thread<'a> {
    /// `uri` of the status that began the thread.
    pub root: Option<&'a str>,
    /// `uri` of who began it.
    pub root_author: Option<&'a str>,
    /// `uri` of the status that is answered.
    pub parent: Option<&'a str>,
}

impl Account {
    /// What the account is known by: its `uri`, else its `url`.
    pub fn key(&self) -> Option<&str> {
        given(&self.uri).or_else(|| given(&self.url))
    }

    /// The key of an account that may be taken.
    ///
    /// # Errors
    /// It asks not to be indexed, is suspended, or has no name.
    pub fn consenting_key(&self) -> Result<&str, LeftOut> {
        let key = self.key();
        if self.suspended == Some(true) {
            return Err(LeftOut::of(key, Why::Suspended));
        }
        if self.noindex == Some(true) {
            return Err(LeftOut::of(key, Why::NotToBeIndexed));
        }
        key.ok_or_else(|| LeftOut::of(None, Why::Nameless))
    }

    /// `ana@example.org`, for accounts of the server that was asked as well.
    fn handle(&self) -> Option<String> {
        let acct = given(&self.acct).or_else(|| given(&self.username))?.trim_start_matches('@');
        let host = || url::Url::parse(self.key()?).ok()?.host_str().map(str::to_owned);
        let full = if acct.contains('@') { acct.to_owned() } else { format!("{acct}@{}", host()?) };
        Some(full.to_lowercase())
    }
}

/// Takes an account with its profile. One that does not wish to be suggested to others (`discoverable` is false) is taken with a note.
///
/// # Errors
/// It asks not to be indexed, is suspended, or has no name.
pub fn account_facts(
    account: &Account,
    observed_at: Timestamp,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) -> Result<AccountId, LeftOut> {
    let key = account.consenting_key()?;
    let id = named.account(Platform::Mastodon, key, receiver);
    receiver.facts().profiles.push(ProfileFact {
        display_name: given(&account.display_name).map(str::to_owned),
        handle: account.handle(),
        bio: account.note.as_deref().map(text_of_html).filter(|bio| !bio.is_empty()),
        followers: counted(account.followers_count),
        following: counted(account.following_count),
        posts: counted(account.statuses_count),
        external_url: given(&account.url).map(str::to_owned),
        ..ProfileFact::empty(id, observed_at)
    });
    if account.discoverable == Some(false) {
        let problem = "the account does not wish to be suggested to others";
        let issue = refused(key, 1, "discoverable", problem, "it is taken; do not show it among suggestions");
        receiver.note(RowIssue { row: None, refused: false, ..issue });
    }
    Ok(id)
}

/// Takes a status, and whom it answers, mentions and quotes; of a boost the boosted one, and that it was boosted. Authors are named
/// without their profiles. `thread` is where the status stands, or the boosted one. `resolver` gives the `uri` of an account by its id on
/// the server asked; where it knows none, who is mentioned is known by the `url` in the mention.
///
/// A status that answers another one is talk and no post: it gives its reply with the text, but no post and no counts, because a
/// creator's engagement is measured over what they publish, not over what they answer. The id that comes back is what boosts and quotes
/// name the status by, a reply too.
///
/// # Errors
/// It is not public, has no name or no date; or its author, or the boosted one's, may not be taken.
pub fn status_facts(
    status: &Status,
    observed_at: Timestamp,
    thread: Thread<'_>,
    resolver: &dyn Fn(&str) -> Option<String>,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) -> Result<PostId, LeftOut> {
    let said = Said::of(status, observed_at)?;
    if let Some(original) = &status.reblog {
        let original = Said::of(original, observed_at)?;
        let taken = original.take(thread, observed_at, resolver, receiver, named);
        let name = format!("boost:{}:{}", said.author, original.uri);
        let actor = named.account(Platform::Mastodon, said.author, receiver);
        receiver.facts().interactions.push(InteractionFact {
            target: Some(taken.author),
            post: Some(taken.post),
            by_author: actor == taken.author,
            ..interaction(&name, InteractionKind::Repost, actor, said.at)
        });
        return Ok(taken.post);
    }
    let Taken { post, author, text, answered } = said.take(thread, observed_at, resolver, receiver, named);
    if let Some((quoted, writer)) = status.quote.as_ref().and_then(Quote::consenting) {
        let target = named.account(Platform::Mastodon, writer, receiver);
        receiver.facts().interactions.push(InteractionFact {
            target: Some(target),
            post: Some(post_id(quoted)),
            text,
            by_author: target == author,
            ..interaction(&format!("{}#quote", said.uri), InteractionKind::Quote, author, said.at)
        });
    }
    let mut mentioned: Vec<String> = Vec::new();
    for mention in said.mentions() {
        let url = given(&mention.url);
        let key = given(&mention.id).and_then(|local| said.key_of(local, url, resolver));
        let key = key.or_else(|| url.map(str::to_owned));
        let Some(key) = key.filter(|key| key != said.author && answered.as_ref() != Some(key)) else { continue };
        if !mentioned.contains(&key) {
            let target = named.account(Platform::Mastodon, &key, receiver);
            receiver.facts().interactions.push(InteractionFact {
                target: Some(target),
                text,
                ..interaction(&format!("{}#mention:{key}", said.uri), InteractionKind::Mention, author, said.at)
            });
            mentioned.push(key);
        }
    }
    Ok(post)
}

/// Takes who marked a status as a favourite; there is no date, so `observed_at` stands for it. Who may not be taken comes back.
pub fn favourite_facts(
    status_uri: &str,
    author_uri: &str,
    accounts: &[Account],
    observed_at: Timestamp,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) -> Vec<LeftOut> {
    each_consenting(accounts, receiver, named, |key, actor, receiver, named| {
        let target = named.account(Platform::Mastodon, author_uri, receiver);
        receiver.facts().interactions.push(InteractionFact {
            target: Some(target),
            post: Some(post_id(status_uri)),
            by_author: actor == target,
            ..interaction(&format!("like:{key}:{status_uri}"), InteractionKind::Like, actor, observed_at)
        });
    })
}

/// Takes who boosted a status; there is no date, so `observed_at` stands for it. Who may not be taken comes back.
pub fn boost_facts(
    status_uri: &str,
    author_uri: &str,
    accounts: &[Account],
    observed_at: Timestamp,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) -> Vec<LeftOut> {
    each_consenting(accounts, receiver, named, |key, actor, receiver, named| {
        let target = named.account(Platform::Mastodon, author_uri, receiver);
        receiver.facts().interactions.push(InteractionFact {
            target: Some(target),
            post: Some(post_id(status_uri)),
            by_author: actor == target,
            ..interaction(&format!("boost:{key}:{status_uri}"), InteractionKind::Repost, actor, observed_at)
        });
    })
}

/// Takes who follows an account; there is no date, so `observed_at` stands for it. Who may not be taken comes back.
pub fn follow_facts(
    followed_uri: &str,
    followers: &[Account],
    observed_at: Timestamp,
    receiver: &mut dyn Receiver,
    named: &mut Named,
) -> Vec<LeftOut> {
    each_consenting(followers, receiver, named, |key, _, receiver, named| {
        named.account(Platform::Mastodon, followed_uri, receiver);
        receiver.facts().interactions.push(follow(Platform::Mastodon, key, followed_uri, observed_at));
    })
}

/// The words of an HTML text: tags dropped, `<br>` and the ends of paragraphs as new lines, entities read.
pub fn text_of_html(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(place) = rest.find(['<', '&']) {
        text.push_str(&rest[..place]);
        rest = &rest[place..];
        let names_tag = |letter: char| letter.is_ascii_alphabetic() || matches!(letter, '/' | '!');
        let is_tag = rest.starts_with('<') && rest[1..].starts_with(names_tag);
        let (word, end) = if rest.starts_with('&') {
            // Names of entities are short; looking further would make a text of nothing but `&` slow.
            let end = rest.bytes().take(12).position(|byte| byte == b';');
            (end.and_then(|end| entity(&rest[1..end])), end)
        } else if is_tag {
            let Some(end) = rest.find('>') else { break };
            (breaks_line(&rest[1..end]).then_some('\n'), Some(end))
        } else {
            (None, None)
        };
        match (word, end) {
            (None, Some(end)) if is_tag => rest = &rest[end + 1..],
            (Some(letter), Some(end)) => {
                text.push(letter);
                rest = &rest[end + 1..];
            }
            _ => {
                text.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
    }
    text.push_str(rest);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}

/// The address of the next page, from a `Link` heading (RFC 8288). A server may write any address: check that it is its own before
/// asking for it.
pub fn next_page(link_header: &str) -> Option<String> {
    let mut rest = link_header;
    loop {
        let (address, after) = rest.split_once('<')?.1.split_once('>')?;
        let (parameters, others) = cut_outside_quotes(after, ',');
        if leads_on(parameters) {
            return Some(address.trim().to_owned());
        }
        rest = others;
    }
}

/// Whether the first `rel` among the parameters of a link is, or holds, `next`.
fn leads_on(parameters: &str) -> bool {
    let mut rest = parameters;
    while !rest.is_empty() {
        let (parameter, others) = cut_outside_quotes(rest, ';');
        if let Some((name, value)) = parameter.split_once('=')
            && name.trim().eq_ignore_ascii_case("rel")
        {
            let relations = value.trim().trim_matches('"');
            return relations.split_whitespace().any(|relation| relation.eq_ignore_ascii_case("next"));
        }
        rest = others;
    }
    false
}

fn cut_outside_quotes(text: &str, separator: char) -> (&str, &str) {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (place, letter) in text.char_indices() {
        if letter == separator && !is_quoted {
            return (&text[..place], &text[place + letter.len_utf8()..]);
        }
        is_quoted ^= letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && is_quoted && !is_escaped;
    }
    (text, "")
}

impl Status {
    fn is_public(&self) -> bool {
        matches!(self.visibility.as_deref(), Some("public" | "unlisted"))
    }
}

impl Quote {
    /// The quoted status and its author, where that one agreed to be quoted and may be taken.
    fn consenting(&self) -> Option<(&str, &str)> {
        if self.state.as_deref().is_some_and(|state| state != "accepted") {
            return None;
        }
        let (uri, account) = match &self.quoted_status {
            Some(status) if status.is_public() => (&status.uri, &status.account),
            Some(_) => return None,
            None => (&self.uri, &self.account),
        };
        Some((given(uri)?, account.as_ref()?.consenting_key().ok()?))
    }
}

/// A status that may be taken.
struct Said<'a> {
    status: &'a Status,
    uri: &'a str,
    author: &'a str,
    at: Timestamp,
}

/// What was taken of a status, be it a post or a reply.
struct Taken {
    post: PostId,
    author: AccountId,
    text: Option<TextId>,
    /// The key of who is answered, where that is known.
    answered: Option<String>,
}

impl<'a> Said<'a> {
    fn of(status: &'a Status, observed_at: Timestamp) -> Result<Said<'a>, LeftOut> {
        let uri = given(&status.uri).or_else(|| given(&status.url));
        let author = status.account.as_ref().ok_or_else(|| LeftOut::of(uri, Why::Nameless))?.consenting_key()?;
        if !status.is_public() {
            return Err(LeftOut::of(uri, Why::NotPublic));
        }
        let at = status.created_at.as_deref().and_then(moments::of_iso);
        // Other servers write what they like: one that says it comes from the future was made when it was seen.
        let at = at.ok_or_else(|| LeftOut::of(uri, Why::Undated))?.min(observed_at);
        Ok(Said { status, uri: uri.ok_or_else(|| LeftOut::of(None, Why::Nameless))?, author, at })
    }

    /// Takes what was said: as a reply where it answers another status, else as a post.
    fn take(
        &self,
        thread: Thread<'_>,
        observed_at: Timestamp,
        resolver: &dyn Fn(&str) -> Option<String>,
        receiver: &mut dyn Receiver,
        named: &mut Named,
    ) -> Taken {
        let status = self.status;
        let author = named.account(Platform::Mastodon, self.author, receiver);
        // Words are kept to be found and read by; whoever did not agree to be found by them is known by whom they talk with alone.
        let may_be_found = status.account.as_ref().is_none_or(|account| account.indexable != Some(false));
        let body = text_of_html(status.content.as_deref().unwrap_or_default());
        let text = (may_be_found && !body.is_empty()).then(|| receiver.take_text(&body));
        let answered = given(&status.in_reply_to_account_id).and_then(|local| {
            let mention = self.mentions().iter().find(|mention| given(&mention.id) == Some(local));
            self.key_of(local, mention.and_then(|mention| given(&mention.url)), resolver)
        });
        let taken = Taken { post: post_id(self.uri), author, text, answered };
        if taken.answered.is_some() || given(&status.in_reply_to_id).is_some() {
            self.answer(&taken, thread, receiver, named);
        } else {
            self.publish(&taken, observed_at, receiver);
        }
        taken
    }

    fn answer(&self, taken: &Taken, thread: Thread<'_>, receiver: &mut dyn Receiver, named: &mut Named) {
        let answered = taken.answered.as_deref();
        let under = thread.root.or(thread.parent);
        let answers_root = under.is_some() && under == thread.parent;
        let root_author = thread.root_author.or(answered.filter(|_| answers_root));
        let target = answered.map(|key| named.account(Platform::Mastodon, key, receiver));
        receiver.facts().interactions.push(InteractionFact {
            target,
            post: under.map(post_id),
            parent: thread.parent.filter(|_| !answers_root).map(native),
            text: taken.text,
            by_author: root_author == Some(self.author),
            ..interaction(self.uri, InteractionKind::Reply, taken.author, self.at)
        });
    }

    fn publish(&self, taken: &Taken, observed_at: Timestamp, receiver: &mut dyn Receiver) {
        let status = self.status;
        let tags = status.tags.iter().flatten().filter_map(|tag| given(&tag.name));
        receiver.facts().posts.push(PostFact {
            id: taken.post,
            platform: Platform::Mastodon,
            native_id: self.uri.to_owned(),
            author: Some(taken.author),
            created_at: self.at,
            kind: PostKind::Post,
            title: None,
            text: taken.text,
            url: given(&status.url).or(Some(self.uri)).map(str::to_owned),
            parent: None,
            tags: tags.map(|tag| tag.trim_start_matches('#').to_lowercase()).take(TAGS_MAX).collect(),
            paid_disclosure: None,
        });
        receiver.facts().post_metrics.push(PostMetricFact {
            post: taken.post,
            observed_at,
            views: None,
            likes: counted(status.favourites_count),
            comments: counted(status.replies_count),
            shares: counted(status.reblogs_count),
            saves: None,
            reach: None,
        });
    }

    fn mentions(&self) -> &'a [Mention] {
        let mentions = self.status.mentions.as_deref().unwrap_or_default();
        &mentions[..mentions.len().min(MENTIONS_MAX)]
    }

    /// The key of an account that the server asked calls `local`; `url` is what a mention gives.
    fn key_of(&self, local: &str, url: Option<&str>, resolver: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let own = self.status.account.as_ref().and_then(|account| given(&account.id)).filter(|own| *own == local);
        let known = || resolver(local).filter(|uri| !uri.trim().is_empty());
        own.map(|_| self.author.to_owned()).or_else(known).or_else(|| url.map(str::to_owned))
    }
}

fn each_consenting(
    accounts: &[Account],
    receiver: &mut dyn Receiver,
    named: &mut Named,
    mut each: impl FnMut(&str, AccountId, &mut dyn Receiver, &mut Named),
) -> Vec<LeftOut> {
    let mut left_out = Vec::new();
    for account in accounts {
        match account.consenting_key() {
            Ok(key) => {
                let actor = named.account(Platform::Mastodon, key, receiver);
                each(key, actor, receiver, named);
            }
            Err(left) => left_out.push(left),
        }
    }
    left_out
}

fn interaction(name: &str, kind: InteractionKind, actor: AccountId, at: Timestamp) -> InteractionFact {
    InteractionFact {
        id: native(name),
        kind,
        actor,
        target: None,
        post: None,
        parent: None,
        at,
        text: None,
        by_author: false,
    }
}

fn native(name: &str) -> InteractionId {
    InteractionId::native(Platform::Mastodon, name)
}

fn post_id(uri: &str) -> PostId {
    PostId::of(Platform::Mastodon, uri)
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// Some servers write -1 for what they do not tell.
fn counted(count: Option<i64>) -> Option<i64> {
    count.filter(|count| *count >= 0)
}

/// Whether a line ends at this tag.
fn breaks_line(tag: &str) -> bool {
    let name = tag.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '/').next().unwrap_or_default();
    ["br", "br/", "/p", "/div", "/li", "/blockquote"].iter().any(|breaks| name.eq_ignore_ascii_case(breaks))
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
            None => number.parse(),
        };
        return code.ok().and_then(char::from_u32).filter(|letter| !letter.is_control() || *letter == '\n');
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "laquo" => '«',
        "raquo" => '»',
        "euro" => '€',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::receive::Collected;
    use crate::zeeschuimer::tests::{any_value, replace_nth};

    const SEEN: Timestamp = Timestamp(1_760_000_000_000_000);

    fn account(name: &str) -> Value {
        json!({"id": name, "acct": name, "username": name, "url": format!("https://one.example/@{name}"),
            "uri": format!("https://one.example/users/{name}"), "display_name": "Name",
            "note": "<p>I brew &amp; drink</p>", "followers_count": 40, "following_count": 30, "statuses_count": -1,
            "bot": false, "discoverable": true, "indexable": true, "noindex": null, "hide_collections": null,
            "fields": [{"name": "Web", "value": "<a>x</a>", "verified_at": null}],
            "moved": null, "emojis": []})
    }

    fn uri(name: &str) -> String {
        format!("https://one.example/users/{name}")
    }

    fn status(name: &str, by: &str) -> Value {
        json!({"id": name, "uri": uri(&format!("{by}/statuses/{name}")),
            "url": format!("https://one.example/@{by}/{name}"), "created_at": "2025-01-02T03:04:05.000Z",
            "account": account(by),
            "content": "<p>Hello<br/>you</p><p>there</p>",
            "visibility": "public", "in_reply_to_id": null, "in_reply_to_account_id": null, "reblog": null,
            "mentions": [{"id": "ben", "username": "ben", "url": "https://one.example/@ben", "acct": "ben"},
                {"id": "cy", "username": "cy", "url": "https://one.example/@cy", "acct": "cy"},
                {"id": "far", "username": "far", "url": "https://two.example/@far", "acct": "far@two.example"}],
            "tags": [{"name": "Beer", "url": "https://one.example/tags/beer"}], "replies_count": 1, "reblogs_count": 2,
            "favourites_count": 3, "language": "en", "sensitive": false, "quote": null})
    }

    fn parsed<T: serde::de::DeserializeOwned>(value: &Value) -> T {
        serde_json::from_value(value.clone()).expect("an answer of a server")
    }

    fn resolver(local: &str) -> Option<String> {
        ["ana", "ben", "cy"].contains(&local).then(|| uri(local))
    }

    fn taken(status: &Value, thread: Thread<'_>) -> (Collected, Result<PostId, LeftOut>) {
        let mut collected = Collected::default();
        let outcome = status_facts(&parsed(status), SEEN, thread, &resolver, &mut collected, &mut Named::new());
        (collected, outcome)
    }

    fn kinds(collected: &Collected) -> Vec<String> {
        let name = |id: Option<AccountId>| {
            let known = collected.facts.accounts.iter().find(|account| Some(account.id) == id);
            known.map_or("nobody", |account| account.native_id.rsplit('/').next().unwrap_or_default()).to_owned()
        };
        let tell = |fact: &InteractionFact| {
            let own = if fact.by_author { " (own)" } else { "" };
            format!("{} {} {}{own}", name(Some(fact.actor)), fact.kind.code(), name(fact.target))
        };
        collected.facts.interactions.iter().map(tell).collect()
    }

    #[test]
    fn an_account_is_known_by_its_uri_and_has_a_profile() {
        let mut collected = Collected::default();
        let id = account_facts(&parsed(&account("ana")), SEEN, &mut collected, &mut Named::new());
        assert_eq!(id, Ok(AccountId::of(Platform::Mastodon, "", &uri("ana"))));
        let profile = &collected.facts.profiles[0];
        assert_eq!(profile.handle.as_deref(), Some("ana@one.example"));
        assert_eq!(profile.bio.as_deref(), Some("I brew & drink"));
        assert_eq!((profile.followers, profile.following, profile.posts), (Some(40), Some(30), None));
        assert_eq!(collected.issues, []);
    }

    #[test]
    fn an_account_without_a_uri_is_known_by_its_url() {
        let by_url = Account { url: Some("https://one.example/@a".to_owned()), ..Account::default() };
        assert_eq!(by_url.consenting_key(), Ok("https://one.example/@a"));
        assert_eq!(Account::default().consenting_key().map_err(|left| left.why), Err(Why::Nameless));
    }

    #[test]
    fn who_asks_not_to_be_indexed_or_is_suspended_is_left_out_everywhere() {
        for (field, wish, why) in [("noindex", true, Why::NotToBeIndexed), ("suspended", true, Why::Suspended)] {
            let mut shy = account("ana");
            shy[field] = json!(wish);
            let left = LeftOut { uri: uri("ana"), why };
            let mut collected = Collected::default();
            let mut named = Named::new();
            assert_eq!(account_facts(&parsed(&shy), SEEN, &mut collected, &mut named), Err(left.clone()));
            let crowd = [parsed(&shy), parsed(&account("ben"))];
            let out = favourite_facts("s", &uri("cy"), &crowd, SEEN, &mut collected, &mut named);
            assert_eq!(out, std::slice::from_ref(&left));
            let out = follow_facts(&uri("cy"), &crowd, SEEN, &mut collected, &mut named);
            assert_eq!(out, std::slice::from_ref(&left));
            assert_eq!(kinds(&collected), ["ben like cy", "ben follow cy"], "{field}");
            let mut boost = status("2", "ben");
            boost["reblog"] = status("1", "ana");
            boost["reblog"]["account"] = shy.clone();
            assert_eq!(taken(&boost, Thread::default()), (Collected::default(), Err(left)));
            let mut quoting = status("2", "ben");
            quoting["mentions"] = Value::Null;
            quoting["quote"] = json!({"state": "accepted", "quoted_status": boost["reblog"]});
            assert!(kinds(&taken(&quoting, Thread::default()).0).is_empty());
        }
    }

    #[test]
    fn who_does_not_wish_to_be_suggested_is_taken_with_a_note() {
        let mut shy = account("ana");
        shy["discoverable"] = json!(false);
        let mut collected = Collected::default();
        assert!(account_facts(&parsed(&shy), SEEN, &mut collected, &mut Named::new()).is_ok());
        assert_eq!(collected.facts.profiles.len(), 1);
        assert!(!collected.issues[0].refused);
    }

    #[test]
    fn a_status_is_a_post_with_counts_and_mentions() {
        let (found, outcome) = taken(&status("1", "ana"), Thread::default());
        assert_eq!(outcome, Ok(post_id("https://one.example/users/ana/statuses/1")));
        assert_eq!(kinds(&found), ["ana mention ben", "ana mention cy", "ana mention @far"]);
        assert_eq!(found.facts.texts[0].body, "Hello\nyou\nthere");
        assert_eq!(found.facts.posts[0].tags, ["beer"]);
        let counts = &found.facts.post_metrics[0];
        assert_eq!((counts.comments, counts.shares, counts.likes), (Some(1), Some(2), Some(3)));
        assert_eq!(found.facts.profiles, []);
    }

    #[test]
    fn a_reply_is_no_post_and_is_said_under_the_threads_root_to_whom_it_answers() {
        let mut reply = status("3", "ana");
        reply["in_reply_to_id"] = json!("2");
        reply["in_reply_to_account_id"] = json!("ben");
        let ana = uri("ana");
        let thread = Thread { root: Some("root"), root_author: Some(&ana), parent: Some("parent") };
        let (found, outcome) = taken(&reply, thread);
        assert_eq!(kinds(&found), ["ana reply ben (own)", "ana mention cy", "ana mention @far"]);
        let fact = &found.facts.interactions[0];
        assert_eq!((fact.post, fact.parent), (Some(post_id("root")), Some(native("parent"))));
        assert_eq!(fact.id, native("https://one.example/users/ana/statuses/3"));
        assert_eq!(fact.text, Some(found.facts.texts[0].id));
        assert_eq!((&found.facts.posts[..], &found.facts.post_metrics[..]), (&[][..], &[][..]));
        assert_eq!(outcome, Ok(post_id("https://one.example/users/ana/statuses/3")));
        let (found, _) = taken(&reply, Thread { parent: Some("parent"), ..Thread::default() });
        let fact = &found.facts.interactions[0];
        assert_eq!((fact.post, fact.parent, fact.by_author), (Some(post_id("parent")), None, false));
        reply["in_reply_to_account_id"] = json!("ana");
        let (found, _) = taken(&reply, Thread { parent: Some("parent"), ..Thread::default() });
        assert_eq!(kinds(&found)[0], "ana reply ana (own)");
        let (found, _) = taken(&reply, Thread::default());
        assert_eq!(found.facts.interactions[0].post, None, "nobody told under what it was said");
        reply["in_reply_to_account_id"] = Value::Null;
        let (found, _) = taken(&reply, Thread::default());
        assert_eq!((kinds(&found)[0].as_str(), found.facts.posts.len()), ("ana reply nobody", 0));
    }

    #[test]
    fn a_boost_is_known_by_who_boosted_what() {
        let mut boost = status("9", "ben");
        boost["reblog"] = status("1", "ana");
        let (found, outcome) = taken(&boost, Thread::default());
        assert_eq!(kinds(&found), ["ben repost ana"]);
        assert_eq!(outcome, Ok(found.facts.posts[0].id));
        assert_eq!(found.facts.posts.len(), 1, "the boost is no post");
        let name = format!("boost:{}:{}", uri("ben"), "https://one.example/users/ana/statuses/1");
        assert_eq!(found.facts.interactions[0].id, native(&name));
    }

    #[test]
    fn a_boosted_reply_is_a_reply_and_no_post() {
        let mut boost = status("9", "ben");
        boost["reblog"] = status("1", "ana");
        boost["reblog"]["in_reply_to_id"] = json!("2");
        boost["reblog"]["in_reply_to_account_id"] = json!("cy");
        let (found, outcome) = taken(&boost, Thread { parent: Some("parent"), ..Thread::default() });
        assert_eq!(kinds(&found), ["ana reply cy", "ben repost ana"]);
        assert_eq!((found.facts.posts.len(), found.facts.post_metrics.len()), (0, 0));
        let [reply, repost] = &found.facts.interactions[..] else { panic!("{found:?}") };
        assert_eq!((reply.post, repost.post), (Some(post_id("parent")), outcome.ok()));
    }

    #[test]
    fn a_quote_is_taken_in_both_of_its_forms_where_it_was_agreed_to() {
        for (quote, expected) in [
            (json!({"state": "accepted", "quoted_status": status("1", "ana")}), 1),
            (json!({"state": "pending", "quoted_status": null}), 0),
            (json!({"state": "accepted", "quoted_status_id": "1"}), 0),
            (status("1", "ana"), 1),
        ] {
            let mut quoting = status("2", "ben");
            quoting["mentions"] = json!([]);
            quoting["quote"] = quote;
            let found = kinds(&taken(&quoting, Thread::default()).0);
            assert_eq!(found, vec!["ben quote ana"; expected]);
        }
    }

    #[test]
    fn what_is_not_public_or_has_no_date_is_left_out() {
        for (field, value, why) in [
            ("visibility", json!("private"), Why::NotPublic),
            ("visibility", json!("direct"), Why::NotPublic),
            ("visibility", Value::Null, Why::NotPublic),
            ("created_at", json!("soon"), Why::Undated),
            ("account", Value::Null, Why::Nameless),
        ] {
            let mut hidden = status("1", "ana");
            hidden[field] = value;
            let left = LeftOut { uri: "https://one.example/users/ana/statuses/1".to_owned(), why };
            assert_eq!(taken(&hidden, Thread::default()), (Collected::default(), Err(left)));
        }
        let mut future = status("1", "ana");
        future["created_at"] = json!("2090-01-01T00:00:00Z");
        future["visibility"] = json!("unlisted");
        assert_eq!(taken(&future, Thread::default()).0.facts.posts[0].created_at, SEEN);
    }

    #[test]
    fn html_becomes_words_and_lines() {
        for (html, text) in [
            ("<p>One<br>two</p><p>three</p>", "One\ntwo\nthree"),
            (
                "a <b>bold</b> &lt;3 &amp;amp; &#39;x&#x27; &nope; & &#0; &#xd800;",
                "a bold <3 &amp; 'x' &nope; & &#0; &#xd800;",
            ),
            ("1 < 2 <a href=\"x\">link</a> <", "1 < 2 link <"),
            ("cut <a href", "cut <a href"),
            ("<span class=\"invisible\">https://</span>a.example", "https://a.example"),
            ("&nbsp;é<!-- note -->&hellip;", "é…"),
        ] {
            assert_eq!(text_of_html(html), text, "{html}");
        }
    }

    #[test]
    fn the_next_page_is_read_from_any_well_formed_heading() {
        for (heading, next) in [
            (
                "<https://a.example/x?max_id=1>; rel=\"next\", <https://a.example/x?min_id=2>; rel=\"prev\"",
                Some("max_id=1"),
            ),
            (
                "<https://a.example/p>; rel=prev, <https://a.example/a,b;c>; title=\"x, rel=next; \\\" y\"; REL=Next",
                Some("a,b;c"),
            ),
            ("<https://a.example/both>;rel=\"last next\"", Some("both")),
            ("<https://a.example/x>; rel=\"prev\"; rel=\"next\"", None),
            ("<https://a.example/x>; title=\"rel=next\"", None),
            ("<https://a.example/x; rel=next", None),
            ("", None),
        ] {
            let found = next_page(heading);
            assert_eq!(found.is_some(), next.is_some(), "{heading}");
            assert!(found.unwrap_or_default().ends_with(next.unwrap_or_default()), "{heading}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(
            text in prop_oneof!["\\PC{0,60}", "[<>&;#xa-c/!\",=\\\\ ]{0,60}"],
            noise in proptest::collection::vec(any::<u8>(), 0..200),
            changes in proptest::collection::vec((0usize..90, any_value()), 0..4),
        ) {
            text_of_html(&text);
            next_page(&text);
            let _ = serde_json::from_slice::<Status>(&noise);
            let mut answer = status("3", "ana");
            answer["in_reply_to_account_id"] = json!("ben");
            answer["quote"] = json!({"state": "accepted", "quoted_status": status("1", "cy")});
            let mut boost = status("4", "ben");
            boost["reblog"] = answer.clone();
            for value in [&mut answer, &mut boost] {
                for (nth, with) in &changes {
                    replace_nth(value, &mut nth.clone(), with);
                }
                if let Ok(status) = serde_json::from_value::<Status>(value.clone()) {
                    let mut collected = Collected::default();
                    let thread = Thread { root: Some(&text), root_author: None, parent: Some("p") };
                    let _ = status_facts(&status, SEEN, thread, &resolver, &mut collected, &mut Named::new());
                    let crowd: Vec<Account> = status.account.into_iter().collect();
                    for account in &crowd {
                        let _ = account_facts(account, SEEN, &mut collected, &mut Named::new());
                    }
                    favourite_facts(&text, "a", &crowd, SEEN, &mut collected, &mut Named::new());
                    follow_facts(&text, &crowd, SEEN, &mut collected, &mut Named::new());
                }
            }
        }
    }
}
