//! Files of Zeeschuimer, a browser extension that keeps what a page showed, and of 4CAT, which holds them: one item a line.
//!
//! An item wraps the platform's own JSON in `data`; 4CAT lifts that to the top and keeps the wrapper under `__import_meta`. Read are posts
//! of Instagram and TikTok, comments of TikTok and tweets; a tweet that answers another one is a reply and no post. On Instagram and
//! TikTok an account is known by its handle in lower case, as exports and vendors name it; on X by its number.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

use foldhash::{HashMap, HashMapExt, HashSet};
use model::facts::{InteractionFact, PostFact, PostKind, PostMetricFact, ProfileFact};
use model::{AccountId, InteractionId, InteractionKind, Platform, PostId, Timestamp};
use serde_json::Value;

use crate::exports::{counted, handle_of, number_of};
use crate::moments;
use crate::receive::{Named, ReadError, Receiver, refused};

/// A longer line is passed over: nobody writes one, and a broken or hostile file may be one.
const LINE_BYTES_MAX: u64 = 16 << 20;
/// Of one post; platforms allow fewer.
const MENTIONS_MAX: usize = 100;
const TAGS_MAX: usize = 100;
/// A longer name or id is none.
const WORD_BYTES_MAX: usize = 200;
/// So many other platforms are told apart by name.
const OTHERS_MAX: usize = 40;

/// Whether a file that begins with this line is of Zeeschuimer or of 4CAT; the beginning of a long line is enough where the wrapper is
/// in it.
pub fn is_it(first_line: &str) -> bool {
    let line = first_line.trim_start_matches('\u{feff}').trim_start();
    line.starts_with('{') && (line.contains("\"source_platform\"") || line.contains("\"__import_meta\""))
}

/// Reads a file line by line. A line that cannot be read is refused with its number; items of other platforms are counted.
///
/// # Errors
/// The file cannot be read on, or nobody takes facts any more.
pub fn read(file: &str, input: &mut dyn Read, receiver: &mut dyn Receiver) -> Result<(), ReadError> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    let mut items = Items::new(receiver);
    let (mut line, mut number) = (Vec::new(), 0);
    loop {
        line.clear();
        let length = input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        let length = length.map_err(|error| lost(file, &error))?;
        if length == 0 {
            break;
        }
        number += 1;
        let is_too_long = length as u64 == LINE_BYTES_MAX && line.last() != Some(&b'\n');
        if is_too_long {
            line.clear();
            input.skip_until(b'\n').map_err(|error| lost(file, &error))?;
        }
        let bytes = line.strip_prefix(b"\xef\xbb\xbf").filter(|_| number == 1).unwrap_or(&line).trim_ascii();
        if bytes.is_empty() && !is_too_long {
            continue;
        }
        let taken = if is_too_long {
            Err(Wrong { field: "", problem: "is longer than 16 MB".to_owned() })
        } else {
            items.take(bytes)
        };
        if let Err(wrong) = taken {
            let hint = "the item is left out; collect it again with the newest Zeeschuimer if it matters";
            items.receiver.note(refused(file, number, wrong.field, wrong.problem, hint));
        }
        items.receiver.row_read()?;
    }
    items.say_what_was_left_out();
    Ok(())
}

fn lost(file: &str, error: &std::io::Error) -> ReadError {
    ReadError::broken(
        file,
        format!("cannot be read on: {error}"),
        "what came before was read; check the file and repeat",
    )
}

/// Why an item is refused.
struct Wrong {
    field: &'static str,
    problem: String,
}

fn missing(field: &'static str) -> Wrong {
    Wrong { field, problem: "is missing, or not as the platform writes it".to_owned() }
}

/// Whom a post names, and how.
struct Naming<'a> {
    platform: Platform,
    post: &'a str,
    actor: AccountId,
    at: Timestamp,
    text: Option<model::TextId>,
}

/// The items of one file, and what they have told so far.
struct Items<'a> {
    receiver: &'a mut dyn Receiver,
    named: Named,
    /// On which days whose profile was handed on, and whether with followers.
    profiles: HashMap<(AccountId, i32), bool>,
    /// Of tweets, so that what an author says under an own one is known.
    authors: HashMap<PostId, AccountId>,
    commenters: HashMap<InteractionId, AccountId>,
    others: BTreeMap<String, u64>,
    undated: u64,
}

impl<'a> Items<'a> {
    fn new(receiver: &'a mut dyn Receiver) -> Items<'a> {
        Items {
            receiver,
            named: Named::new(),
            profiles: HashMap::new(),
            authors: HashMap::new(),
            commenters: HashMap::new(),
            others: BTreeMap::new(),
            undated: 0,
        }
    }

    fn take(&mut self, line: &[u8]) -> Result<(), Wrong> {
        let item: Value = serde_json::from_slice(line)
            .map_err(|error| Wrong { field: "", problem: format!("is not JSON as it should be: {error}") })?;
        let (wrapper, data) = match item.get("__import_meta") {
            Some(wrapper) => (wrapper, &item),
            None => (&item, item.get("data").ok_or_else(|| missing("data"))?),
        };
        let platform = text(wrapper, &["/source_platform"]).ok_or_else(|| missing("source_platform"))?;
        let seen_at = number(wrapper, &["/timestamp_collected"]).and_then(moments::of_unix);
        let taken = match platform {
            "instagram.com" | "instagram" => self.instagram_post(data, seen_at),
            "tiktok.com" | "tiktok" => self.tiktok_post(data, seen_at),
            "tiktok-comments" => return self.tiktok_comment(data),
            "twitter.com" | "x.com" | "twitter" | "twitter-comments" => self.tweet(data, seen_at, 0).map(drop),
            other => {
                let name: String = other.chars().filter(|letter| !letter.is_control()).take(60).collect();
                let is_listed = self.others.len() < OTHERS_MAX || self.others.contains_key(&name);
                *self.others.entry(if is_listed { name } else { "other platforms".to_owned() }).or_default() += 1;
                return Ok(());
            }
        };
        self.undated += u64::from(taken.is_ok() && seen_at.is_none());
        taken
    }

    fn say_what_was_left_out(&mut self) {
        for (platform, count) in std::mem::take(&mut self.others) {
            let items = counted(count, &format!("item of {platform} is"), &format!("items of {platform} are"));
            self.receiver.remark(format!("{items} not read"));
        }
        if self.undated > 0 {
            self.receiver.remark(format!(
                "items that do not say when they were collected: {}; their counts and profiles are left out",
                self.undated
            ));
        }
    }

    fn instagram_post(&mut self, item: &Value, seen_at: Option<Timestamp>) -> Result<(), Wrong> {
        let code = id(item, &["/code", "/shortcode"]).ok_or_else(|| missing("code"))?;
        let handle = text(item, &["/user/username", "/owner/username"]).and_then(handle_of);
        let handle = handle.ok_or_else(|| missing("user.username"))?;
        let created_at = number(item, &["/taken_at", "/taken_at_timestamp"]).and_then(moments::of_unix);
        let created_at = created_at.ok_or_else(|| missing("taken_at"))?;
        let about =
            |field: &str| text(item, &[&format!("/user/{field}"), &format!("/owner/{field}")]).map(str::to_owned);
        let people = ["/user/follower_count", "/owner/follower_count", "/owner/edge_followed_by/count"];
        let author = self.author(Platform::Instagram, &handle, seen_at, |profile| ProfileFact {
            display_name: about("full_name"),
            handle: Some(handle.clone()),
            bio: about("biography"),
            followers: count(item, &people),
            following: count(item, &["/user/following_count", "/owner/edge_follow/count"]),
            posts: count(item, &["/user/media_count", "/owner/edge_owner_to_timeline_media/count"]),
            ..profile
        });
        let caption = text(item, &["/caption/text", "/caption", "/edge_media_to_caption/edges/0/node/text"]);
        let caption = caption.unwrap_or_default();
        let is_video = number(item, &["/media_type"]) == Some(2)
            || flag(item, "/is_video") == Some(true)
            || text(item, &["/__typename"]).is_some_and(|kind| kind.contains("Video"));
        let post = PostId::of(Platform::Instagram, &code);
        let body = self.body(caption);
        self.receiver.facts().posts.push(PostFact {
            id: post,
            platform: Platform::Instagram,
            native_id: code.clone(),
            author: Some(author),
            created_at,
            kind: if is_video { PostKind::Video } else { PostKind::Post },
            title: None,
            text: body,
            url: Some(format!("https://www.instagram.com/p/{code}/")),
            parent: None,
            tags: distinct(words_after(caption, '#', is_of_tag), TAGS_MAX),
            paid_disclosure: flag(item, "/is_paid_partnership"),
        });
        // Where the author hides them, what is written instead is no count.
        let are_hidden = flag(item, "/like_and_view_counts_disabled") == Some(true);
        let likes = ["/like_count", "/edge_media_preview_like/count", "/edge_liked_by/count"];
        let views = ["/play_count", "/ig_play_count", "/view_count", "/video_play_count", "/video_view_count"];
        let comments = ["/comment_count", "/edge_media_to_comment/count", "/edge_media_preview_comment/count"];
        self.counts(post, seen_at, |counts| PostMetricFact {
            views: count(item, &views).filter(|_| !are_hidden),
            likes: count(item, &likes).filter(|_| !are_hidden),
            comments: count(item, &comments),
            ..counts
        });
        let naming = Naming { platform: Platform::Instagram, post: &code, actor: author, at: created_at, text: body };
        let tagged = entries(item, "/usertags/in").iter().chain(entries(item, "/coauthor_producers"));
        let tagged = tagged.chain(entries(item, "/edge_media_to_tagged_user/edges"));
        let tagged = tagged.filter_map(|one| text(one, &["/user/username", "/username", "/node/user/username"]));
        self.name(&naming, InteractionKind::Tag, distinct(tagged.filter_map(handle_of), MENTIONS_MAX));
        let mentioned =
            words_after(caption, '@', is_of_handle).filter_map(|name| handle_of(name.trim_end_matches('.')));
        self.name(&naming, InteractionKind::Mention, distinct(mentioned, MENTIONS_MAX));
        Ok(())
    }

    fn tiktok_post(&mut self, item: &Value, seen_at: Option<Timestamp>) -> Result<(), Wrong> {
        let id = id(item, &["/id"]).ok_or_else(|| missing("id"))?;
        let handle = text(item, &["/author/uniqueId", "/author"]).and_then(handle_of);
        let handle = handle.ok_or_else(|| missing("author.uniqueId"))?;
        let created_at = number(item, &["/createTime"]).and_then(moments::of_unix);
        let created_at = created_at.ok_or_else(|| missing("createTime"))?;
        // The second edition of the counts is exact where the first is rounded or has overflowed.
        let of_author =
            |field: &str| count(item, &[&format!("/authorStatsV2/{field}"), &format!("/authorStats/{field}")]);
        let author = self.author(Platform::TikTok, &handle, seen_at, |profile| ProfileFact {
            display_name: text(item, &["/author/nickname", "/nickname"]).map(str::to_owned),
            handle: Some(handle.clone()),
            bio: text(item, &["/author/signature"]).map(str::to_owned),
            followers: of_author("followerCount"),
            following: of_author("followingCount"),
            posts: of_author("videoCount"),
            ..profile
        });
        let description = text(item, &["/desc"]).unwrap_or_default();
        let body = self.body(description);
        let named = entries(item, "/challenges").iter().chain(entries(item, "/textExtra"));
        let tags = named.filter_map(|tag| text(tag, &["/title", "/hashtagName"])).map(str::to_lowercase);
        let marks = [flag(item, "/isAd"), flag(item, "/adAuthorization")];
        let post = PostId::of(Platform::TikTok, &id);
        self.receiver.facts().posts.push(PostFact {
            id: post,
            platform: Platform::TikTok,
            native_id: id.clone(),
            author: Some(author),
            created_at,
            kind: if item.get("imagePost").is_some_and(Value::is_object) { PostKind::Post } else { PostKind::Video },
            title: None,
            text: body,
            url: Some(format!("https://www.tiktok.com/@{handle}/video/{id}")),
            parent: None,
            tags: distinct(tags, TAGS_MAX),
            paid_disclosure: marks.into_iter().flatten().reduce(|one, other| one || other),
        });
        let of_post = |field: &str| count(item, &[&format!("/statsV2/{field}"), &format!("/stats/{field}")]);
        self.counts(post, seen_at, |counts| PostMetricFact {
            views: of_post("playCount"),
            likes: of_post("diggCount"),
            comments: of_post("commentCount"),
            shares: of_post("shareCount"),
            saves: of_post("collectCount"),
            ..counts
        });
        let naming = Naming { platform: Platform::TikTok, post: &id, actor: author, at: created_at, text: body };
        let mentioned = entries(item, "/textExtra").iter().filter_map(|extra| text(extra, &["/userUniqueId"]));
        self.name(&naming, InteractionKind::Mention, distinct(mentioned.filter_map(handle_of), MENTIONS_MAX));
        Ok(())
    }

    fn tiktok_comment(&mut self, item: &Value) -> Result<(), Wrong> {
        let comment = id(item, &["/cid"]).ok_or_else(|| missing("cid"))?;
        let video = id(item, &["/aweme_id"]).ok_or_else(|| missing("aweme_id"))?;
        let handle = text(item, &["/user/unique_id"]).and_then(handle_of).ok_or_else(|| missing("user.unique_id"))?;
        let at = number(item, &["/create_time"]).and_then(moments::of_unix).ok_or_else(|| missing("create_time"))?;
        let answered = |field: &str| id(item, &[field]).filter(|answered| answered != "0");
        let parent = answered("/reply_to_reply_id").or_else(|| answered("/reply_id"));
        let parent = parent.map(|parent| InteractionId::native(Platform::TikTok, &parent));
        let actor = self.named.account(Platform::TikTok, &handle, self.receiver);
        let author = text(item, &["/share_info/url"]).and_then(author_in_address);
        let author = author.map(|author| self.named.account(Platform::TikTok, &author, self.receiver));
        let answered = parent.and_then(|parent| self.commenters.get(&parent).copied());
        let said = InteractionId::native(Platform::TikTok, &comment);
        self.commenters.insert(said, actor);
        let body = self.body(text(item, &["/text"]).unwrap_or_default());
        self.receiver.facts().interactions.push(InteractionFact {
            id: said,
            kind: if parent.is_some() { InteractionKind::Reply } else { InteractionKind::Comment },
            actor,
            target: answered.or(author),
            post: Some(PostId::of(Platform::TikTok, &video)),
            parent,
            at,
            text: body,
            by_author: author == Some(actor),
        });
        Ok(())
    }

    /// Takes a tweet, and the one it repeats or quotes, which lies in it; `depth` tells how deep this one lies.
    fn tweet(&mut self, item: &Value, seen_at: Option<Timestamp>, depth: u32) -> Result<(PostId, AccountId), Wrong> {
        let item = item.get("tweet").filter(|inner| inner.is_object()).unwrap_or(item);
        let native_id = id(item, &["/rest_id", "/legacy/id_str"]).ok_or_else(|| missing("rest_id"))?;
        let user = item.pointer("/core/user_results/result").or_else(|| item.get("user")).unwrap_or(&Value::Null);
        let number_of_user = number_id(user, item).ok_or_else(|| missing("core.user_results.result.rest_id"))?;
        let created_at = text(item, &["/legacy/created_at"])
            .and_then(|text| moments::of_format("%a %b %d %H:%M:%S %z %Y", text).or_else(|| moments::of_iso(text)))
            .ok_or_else(|| missing("legacy.created_at"))?;
        let inner = |places: &[&str]| first(item, places, Some).filter(|_| depth < 2);
        let repeated = inner(&["/legacy/retweeted_status_result/result", "/retweeted_status_result/result"])
            .map(|repeated| self.tweet(repeated, seen_at, depth + 1))
            .transpose()?;
        let handle = text(user, &["/legacy/screen_name", "/core/screen_name", "/screen_name"]);
        let actor = self.author(Platform::X, &number_of_user, seen_at, |profile| ProfileFact {
            display_name: text(user, &["/legacy/name", "/core/name", "/name"]).map(str::to_owned),
            handle: handle.map(str::to_owned),
            bio: text(user, &["/legacy/description", "/profile_bio/description", "/description"]).map(str::to_owned),
            followers: count(user, &["/legacy/followers_count", "/followers_count"]),
            following: count(user, &["/legacy/friends_count", "/friends_count"]),
            posts: count(user, &["/legacy/statuses_count", "/statuses_count"]),
            ..profile
        });
        let post = PostId::of(Platform::X, &native_id);
        let said = |id: InteractionId, kind: InteractionKind| InteractionFact {
            id,
            kind,
            actor,
            target: None,
            post: None,
            parent: None,
            at: created_at,
            text: None,
            by_author: false,
        };
        if let Some((original, writer)) = repeated {
            self.receiver.facts().interactions.push(InteractionFact {
                target: Some(writer),
                post: Some(original),
                by_author: writer == actor,
                ..said(InteractionId::native(Platform::X, &native_id), InteractionKind::Repost)
            });
            return Ok((original, writer));
        }
        self.authors.insert(post, actor);
        let body = text(item, &["/note_tweet/note_tweet_results/result/text", "/legacy/full_text", "/legacy/text"]);
        let body = self.body(body.unwrap_or_default());
        let answered = id(item, &["/legacy/in_reply_to_status_id_str"]);
        let answered_user = id(item, &["/legacy/in_reply_to_user_id_str"]);
        if let Some(parent) = &answered {
            let root = id(item, &["/legacy/conversation_id_str"]).unwrap_or_else(|| parent.clone());
            let under = PostId::of(Platform::X, &root);
            let target = answered_user.as_deref().map(|user| self.named.account(Platform::X, user, self.receiver));
            let writer = self.authors.get(&under).copied().or(target.filter(|_| root == *parent));
            self.receiver.facts().interactions.push(InteractionFact {
                target,
                post: Some(under),
                parent: (root != *parent).then(|| InteractionId::native(Platform::X, parent)),
                text: body,
                by_author: writer == Some(actor),
                ..said(InteractionId::native(Platform::X, &native_id), InteractionKind::Reply)
            });
        } else {
            // What answers somebody is talk and no post: a creator's engagement is measured over what they publish.
            let tags = entries(item, "/legacy/entities/hashtags").iter().filter_map(|tag| text(tag, &["/text"]));
            self.receiver.facts().posts.push(PostFact {
                id: post,
                platform: Platform::X,
                native_id: native_id.clone(),
                author: Some(actor),
                created_at,
                kind: PostKind::Post,
                title: None,
                text: body,
                url: Some(format!("https://x.com/{}/status/{native_id}", handle.unwrap_or("i"))),
                parent: None,
                tags: distinct(tags.map(str::to_lowercase), TAGS_MAX),
                paid_disclosure: None,
            });
            let shares = ["/legacy/retweet_count", "/legacy/quote_count"].map(|place| count(item, &[place]));
            self.counts(post, seen_at, |counts| PostMetricFact {
                views: count(item, &["/views/count", "/ext_views/count"]),
                likes: count(item, &["/legacy/favorite_count"]),
                comments: count(item, &["/legacy/reply_count"]),
                shares: shares.into_iter().flatten().reduce(i64::saturating_add),
                saves: count(item, &["/legacy/bookmark_count"]),
                ..counts
            });
        }
        // A quoted tweet that is gone leaves a stone in its place.
        let quoted =
            inner(&["/quoted_status_result/result"]).and_then(|quoted| self.tweet(quoted, seen_at, depth + 1).ok());
        if let Some((quoted, writer)) = quoted {
            self.receiver.facts().interactions.push(InteractionFact {
                target: Some(writer),
                post: Some(quoted),
                text: body,
                by_author: writer == actor,
                ..said(InteractionId::native(Platform::X, &format!("{native_id}#quote")), InteractionKind::Quote)
            });
        }
        let mentioned = entries(item, "/legacy/entities/user_mentions").iter();
        let mentioned = mentioned.filter_map(|mention| id(mention, &["/id_str"]));
        let mentioned = mentioned.filter(|user| answered_user.as_ref() != Some(user));
        let naming = Naming { platform: Platform::X, post: &native_id, actor, at: created_at, text: body };
        self.name(&naming, InteractionKind::Mention, distinct(mentioned, MENTIONS_MAX));
        Ok((post, actor))
    }

    /// Names a post's author and hands the profile on: once a day, and again where only a later item of the day knows the followers.
    fn author(
        &mut self,
        platform: Platform,
        name: &str,
        seen_at: Option<Timestamp>,
        fill: impl FnOnce(ProfileFact) -> ProfileFact,
    ) -> AccountId {
        let account = self.named.account(platform, name, self.receiver);
        let Some(observed_at) = seen_at else { return account };
        let profile = fill(ProfileFact::empty(account, observed_at));
        let has_followers = profile.followers.is_some();
        let day = (account, observed_at.day());
        if self.profiles.get(&day).is_none_or(|had_followers| has_followers && !had_followers) {
            self.profiles.insert(day, has_followers);
            self.receiver.facts().profiles.push(profile);
        }
        account
    }

    fn counts(
        &mut self,
        post: PostId,
        seen_at: Option<Timestamp>,
        fill: impl FnOnce(PostMetricFact) -> PostMetricFact,
    ) {
        let Some(observed_at) = seen_at else { return };
        let none = PostMetricFact {
            post,
            observed_at,
            views: None,
            likes: None,
            comments: None,
            shares: None,
            saves: None,
            reach: None,
        };
        let counts = fill(none.clone());
        if counts != none {
            self.receiver.facts().post_metrics.push(counts);
        }
    }

    fn body(&mut self, text: &str) -> Option<model::TextId> {
        (!text.trim().is_empty()).then(|| self.receiver.take_text(text))
    }

    /// An author who names oneself speaks to nobody.
    fn name(&mut self, naming: &Naming<'_>, kind: InteractionKind, names: Vec<String>) {
        for name in names {
            let target = self.named.account(naming.platform, &name, self.receiver);
            if target == naming.actor {
                continue;
            }
            let id = format!("{}#{}:{name}", naming.post, kind.code());
            self.receiver.facts().interactions.push(InteractionFact {
                id: InteractionId::native(naming.platform, &id),
                kind,
                actor: naming.actor,
                target: Some(target),
                // Nothing was said under the post: it is the post that says it.
                post: None,
                parent: None,
                at: naming.at,
                text: naming.text,
                by_author: false,
            });
        }
    }
}

/// What the first of these places holds that can be read so.
fn first<'v, T>(item: &'v Value, places: &[&str], read: impl Fn(&'v Value) -> Option<T>) -> Option<T> {
    places.iter().find_map(|place| item.pointer(place).filter(|value| !value.is_null()).and_then(&read))
}

fn text<'v>(item: &'v Value, places: &[&str]) -> Option<&'v str> {
    first(item, places, |value| value.as_str().map(str::trim).filter(|text| !text.is_empty()))
}

fn number(item: &Value, places: &[&str]) -> Option<i64> {
    first(item, places, number_of)
}

fn count(item: &Value, places: &[&str]) -> Option<i64> {
    first(item, places, |value| number_of(value).filter(|count| *count >= 0))
}

fn id(item: &Value, places: &[&str]) -> Option<String> {
    first(item, places, |value| match value {
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        other => {
            let id = other.as_str()?.trim();
            (!id.is_empty() && id.len() <= WORD_BYTES_MAX).then(|| id.to_owned())
        }
    })
}

/// The number of a tweet's author; `id` of a user object is no number but a name of the interface.
fn number_id(user: &Value, item: &Value) -> Option<String> {
    id(user, &["/rest_id", "/id_str"]).or_else(|| id(item, &["/legacy/user_id_str"]))
}

fn flag(item: &Value, place: &str) -> Option<bool> {
    item.pointer(place).and_then(Value::as_bool)
}

fn entries<'v>(item: &'v Value, place: &str) -> &'v [Value] {
    item.pointer(place).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// `https://www.tiktok.com/@ana/video/7` is of `ana`.
fn author_in_address(address: &str) -> Option<String> {
    let (name, _) = address.split_once("/@")?.1.split_once('/')?;
    handle_of(name)
}

fn is_of_handle(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_')
}

fn is_of_tag(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The words behind a sign, in lower case; behind a letter the sign begins no word (`ana@example.org`).
fn words_after(text: &str, sign: char, is_of_word: fn(char) -> bool) -> impl Iterator<Item = String> + '_ {
    text.match_indices(sign).filter_map(move |(place, _)| {
        let stands_free = text[..place].chars().next_back().is_none_or(|before| !is_of_tag(before));
        let after = &text[place + sign.len_utf8()..];
        let word = &after[..after.find(|letter| !is_of_word(letter)).unwrap_or(after.len())];
        (stands_free && !word.is_empty()).then(|| word.to_lowercase())
    })
}

fn distinct(words: impl Iterator<Item = String>, most: usize) -> Vec<String> {
    let mut seen = HashSet::default();
    words.filter(|word| word.len() <= WORD_BYTES_MAX && seen.insert(word.clone())).take(most).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use model::facts::AccountFact;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::receive::{Collected, Stopped};

    const SEEN: i64 = 1_760_000_000_000;
    const SAID: i64 = 1_750_000_000;

    fn wrapped(platform: &str, data: &Value) -> Value {
        json!({"nav_index": "1:0", "item_id": "1", "timestamp_collected": SEEN, "source_platform": platform,
            "source_platform_url": "https://example.org/", "source_url": "https://example.org/api",
            "user_agent": "Firefox", "data": data})
    }

    fn read_all(text: &[u8]) -> Collected {
        let mut collected = Collected::default();
        read("items.ndjson", &mut &*text, &mut collected).expect("a file in memory can be read");
        collected
    }

    fn read_items(items: &[Value]) -> Collected {
        read_all(items.iter().map(|item| format!("{item}\n")).collect::<String>().as_bytes())
    }

    fn told(collected: &Collected) -> Vec<String> {
        let name = |id: Option<AccountId>| {
            let known = |account: &&AccountFact| Some(account.id) == id;
            collected.facts.accounts.iter().find(known).map_or("nobody", |account| account.native_id.as_str())
        };
        let tell = |fact: &InteractionFact| {
            let own = if fact.by_author { " (own)" } else { "" };
            format!("{} {} {}{own}", name(Some(fact.actor)), fact.kind.code(), name(fact.target))
        };
        collected.facts.interactions.iter().map(tell).collect()
    }

    fn body(collected: &Collected, post: usize) -> Option<&str> {
        let id = collected.facts.posts[post].text?;
        collected.facts.texts.iter().find(|text| text.id == id).map(|text| text.body.as_str())
    }

    fn instagram() -> Value {
        json!({"id": "7_1", "pk": "7", "code": "Cab_1-x", "media_type": 2, "taken_at": SAID,
            "is_paid_partnership": true,
            "user": {"username": "Ana.Brews", "pk": "1", "full_name": "Ana", "is_verified": false},
            "caption": {"text": "New #IPA with @ben_hops. and #ipa, mail ana@example.org"},
            "like_count": 12, "comment_count": 3, "play_count": 400, "view_count": null,
            "usertags": {"in": [{"user": {"username": "cy", "pk": "3"}}, {"user": {"username": "ana.brews"}}]},
            "coauthor_producers": [{"username": "dee"}]})
    }

    fn instagram_graph() -> Value {
        json!({"__typename": "GraphImage", "shortcode": "Bxyz", "owner": {"username": "ana.brews", "id": "1"},
            "taken_at_timestamp": SAID, "edge_media_to_caption": {"edges": [{"node": {"text": "Sour #beer"}}]},
            "edge_media_preview_like": {"count": 5}, "edge_media_to_comment": {"count": 1},
            "edge_media_to_tagged_user": {"edges": [{"node": {"user": {"username": "eve"}}}]}})
    }

    fn tiktok() -> Value {
        json!({"id": "7300000000000000001", "desc": "a stout #beer @ben", "createTime": SAID.to_string(),
            "author": {"id": "9", "uniqueId": "Ana", "nickname": "Ana B", "signature": "I brew"},
            "authorStats": {"followerCount": -5, "followingCount": 10, "videoCount": 20},
            "authorStatsV2": {"followerCount": "3000000000"},
            "stats": {"diggCount": 100, "shareCount": 2, "commentCount": 3, "playCount": 1000, "collectCount": "4"},
            "statsV2": {"diggCount": "101"}, "challenges": [{"title": "Beer"}],
            "textExtra": [{"hashtagName": "beer"}, {"userUniqueId": "Ben"}], "isAd": false, "adAuthorization": true})
    }

    fn tiktok_comment(comment: &str, by: &str, answers: &str) -> Value {
        json!({"cid": comment, "aweme_id": "73", "text": "cheers", "create_time": SAID, "digg_count": 1,
            "reply_id": answers,
            "user": {"uid": "5", "unique_id": by, "nickname": by},
            "share_info": {"url": "https://www.tiktok.com/@ana/video/73?share_comment_id=1"}})
    }

    fn tweet(id: &str, user: &str, text: &str) -> Value {
        let user = json!({"rest_id": user, "legacy": {"screen_name": format!("u{user}"), "name": "N",
            "description": "bio", "followers_count": 10, "friends_count": 5, "statuses_count": 7}});
        json!({"rest_id": id, "core": {"user_results": {"result": user}},
            "legacy": {"full_text": text, "created_at": "Wed Oct 10 20:19:24 +0000 2018", "favorite_count": 1,
                "retweet_count": 2, "reply_count": 3, "quote_count": 4, "conversation_id_str": id,
                "entities": {"user_mentions": [{"id_str": "2"}, {"id_str": "3"}], "hashtags": [{"text": "Beer"}]}},
            "views": {"count": "99"}})
    }

    fn reply(id: &str, user: &str, to: (&str, &str), root: &str) -> Value {
        let mut tweet = tweet(id, user, "yes");
        tweet["legacy"]["in_reply_to_status_id_str"] = json!(to.0);
        tweet["legacy"]["in_reply_to_user_id_str"] = json!(to.1);
        tweet["legacy"]["conversation_id_str"] = json!(root);
        tweet
    }

    #[test]
    fn an_instagram_post_is_read_in_both_of_its_layouts() {
        let found = read_items(&[wrapped("instagram.com", &instagram()), wrapped("instagram.com", &instagram_graph())]);
        assert_eq!(found.issues, []);
        assert_eq!(
            told(&found),
            ["ana.brews tag cy", "ana.brews tag dee", "ana.brews mention ben_hops", "ana.brews tag eve"]
        );
        let (video, picture) = (&found.facts.posts[0], &found.facts.posts[1]);
        assert_eq!(
            (video.native_id.as_str(), video.kind, video.paid_disclosure),
            ("Cab_1-x", PostKind::Video, Some(true))
        );
        assert_eq!((picture.native_id.as_str(), picture.kind, picture.paid_disclosure), ("Bxyz", PostKind::Post, None));
        assert_eq!(video.tags, ["ipa"]);
        assert_eq!(body(&found, 1), Some("Sour #beer"));
        assert_eq!(video.created_at, Timestamp::from_unix_seconds(SAID));
        let counts: Vec<_> = found.facts.post_metrics.iter().map(|one| (one.views, one.likes, one.comments)).collect();
        assert_eq!(counts, [(Some(400), Some(12), Some(3)), (None, Some(5), Some(1))]);
        assert_eq!(found.facts.profiles.len(), 1, "one a day");
        assert_eq!(found.facts.profiles[0].display_name.as_deref(), Some("Ana"));
        assert_eq!(found.facts.profiles[0].observed_at, Timestamp(SEEN * 1_000));
    }

    #[test]
    fn hidden_likes_are_not_known() {
        let mut post = instagram();
        post["like_and_view_counts_disabled"] = json!(true);
        post["like_count"] = json!(3);
        post["caption"] = Value::Null;
        let found = read_items(&[wrapped("instagram.com", &post)]);
        assert_eq!(found.facts.post_metrics[0].likes, None);
        assert_eq!(found.facts.post_metrics[0].comments, Some(3));
        assert_eq!(body(&found, 0), None);
    }

    #[test]
    fn a_tiktok_post_has_exact_counts_and_says_that_it_is_paid() {
        let found = read_items(&[wrapped("tiktok.com", &tiktok())]);
        assert_eq!(found.issues, []);
        let (post, profile, counts) = (&found.facts.posts[0], &found.facts.profiles[0], &found.facts.post_metrics[0]);
        assert_eq!(post.url.as_deref(), Some("https://www.tiktok.com/@ana/video/7300000000000000001"));
        assert_eq!(
            (post.kind, post.paid_disclosure, &post.tags),
            (PostKind::Video, Some(true), &vec!["beer".to_owned()])
        );
        assert_eq!((profile.followers, profile.following, profile.posts), (Some(3_000_000_000), Some(10), Some(20)));
        assert_eq!((counts.likes, counts.views, counts.saves), (Some(101), Some(1000), Some(4)));
        assert_eq!(told(&found), ["ana mention ben"]);
    }

    #[test]
    fn a_profile_without_followers_does_not_stand_in_the_way_of_one_with() {
        let mut bare = tiktok();
        bare["authorStats"] = Value::Null;
        bare["authorStatsV2"] = Value::Null;
        let items = [&bare, &bare, &tiktok(), &tiktok(), &bare].map(|item| wrapped("tiktok.com", item));
        let followers: Vec<_> = read_items(&items).facts.profiles.iter().map(|one| one.followers).collect();
        assert_eq!(followers, [None, Some(3_000_000_000)]);
    }

    #[test]
    fn comments_are_said_to_the_videos_author_and_replies_to_whom_they_answer() {
        let items = [("c1", "ben", "0"), ("c2", "ana", "c1"), ("c3", "cy", "c9")];
        let items = items.map(|(id, by, answers)| wrapped("tiktok-comments", &tiktok_comment(id, by, answers)));
        let found = read_items(&items);
        assert_eq!(told(&found), ["ben comment ana", "ana reply ben (own)", "cy reply ana"]);
        let reply = &found.facts.interactions[1];
        assert_eq!(reply.id, InteractionId::native(Platform::TikTok, "c2"));
        assert_eq!(reply.parent, Some(InteractionId::native(Platform::TikTok, "c1")));
        assert_eq!(reply.post, Some(PostId::of(Platform::TikTok, "73")));
        assert_eq!(found.facts.profiles, [], "who comments has no profile here");
    }

    #[test]
    fn tweets_are_posts_or_replies_or_repeat_and_quote_and_mention() {
        let mut quoting = tweet("13", "3", "look");
        quoting["quoted_status_result"] = json!({"result": {"tweet": tweet("10", "1", "root")}});
        let mut repeating = tweet("14", "4", "RT @u1: root");
        repeating["legacy"]["retweeted_status_result"] = json!({"result": tweet("10", "1", "root")});
        let items = [
            tweet("10", "1", "root"),
            reply("11", "2", ("10", "1"), "10"),
            reply("12", "1", ("11", "2"), "10"),
            quoting,
            repeating,
        ];
        let found = read_items(&items.map(|item| wrapped("twitter.com", &item)));
        assert_eq!(found.issues, []);
        let once = ["1 mention 2", "1 mention 3"];
        let expected = [
            &once[..],
            &["2 reply 1", "2 mention 3", "1 reply 2 (own)", "1 mention 3"],
            &once,
            &["3 quote 1", "3 mention 2"],
            &once,
            &["4 repost 1"],
        ];
        assert_eq!(told(&found), expected.concat());
        let reply = &found.facts.interactions[4];
        assert_eq!(reply.post, Some(PostId::of(Platform::X, "10")));
        assert_eq!(reply.parent, Some(InteractionId::native(Platform::X, "11")));
        assert_eq!(reply.text, Some(model::TextId::of("yes")));
        let posts: Vec<_> = found.facts.posts.iter().map(|post| post.native_id.as_str()).collect();
        assert_eq!(posts, ["10", "13", "10", "10"], "a reply is no post, a retweet none of its own");
        assert_eq!(found.facts.post_metrics.len(), found.facts.posts.len());
        let counts = &found.facts.post_metrics[0];
        assert_eq!((counts.views, counts.likes, counts.shares), (Some(99), Some(1), Some(6)));
        assert_eq!(found.facts.posts[0].url.as_deref(), Some("https://x.com/u1/status/10"));
        assert_eq!(found.facts.posts[0].tags, ["beer"]);
        assert_eq!(found.facts.profiles[0].handle.as_deref(), Some("u1"));
    }

    #[test]
    fn a_reply_to_nobody_known_is_a_reply_and_quotes_and_mentions_all_the_same() {
        let mut quoting = reply("12", "2", ("11", ""), "10");
        quoting["quoted_status_result"] = json!({"result": reply("9", "1", ("8", "3"), "8")});
        for platform in ["x.com", "twitter-comments"] {
            let found = read_items(&[wrapped(platform, &quoting)]);
            let quoted = ["1 reply 3", "1 mention 2"];
            assert_eq!(told(&found), [&["2 reply nobody"], &quoted[..], &["2 quote 1", "2 mention 3"]].concat());
            assert_eq!((found.facts.posts.len(), found.facts.post_metrics.len()), (0, 0));
        }
    }

    #[test]
    fn four_cat_keeps_the_wrapper_inside_the_item() {
        let mut item = tiktok();
        item["__import_meta"] = json!({"source_platform": "tiktok.com", "timestamp_collected": SEEN.to_string()});
        assert!(is_it(&item.to_string()));
        assert_eq!(read_items(&[item]).facts, read_items(&[wrapped("tiktok.com", &tiktok())]).facts);
    }

    #[test]
    fn other_platforms_are_counted_and_bad_lines_refused_with_their_number() {
        let other = wrapped("linkedin.com", &json!({"id": 1}));
        let mut undated = wrapped("tiktok.com", &tiktok());
        undated["timestamp_collected"] = Value::Null;
        let lines = format!(
            "\u{feff}{other}\n\n{{\"cut\nnull\n{}\n{other}\n{undated}",
            wrapped("instagram.com", &json!({"code": "x"}))
        );
        let found = read_all(lines.as_bytes());
        let refused: Vec<_> = found.issues.iter().map(|issue| (issue.row, issue.column.as_deref())).collect();
        assert_eq!(refused, [(Some(3), None), (Some(4), Some("data")), (Some(5), Some("user.username"))]);
        assert_eq!(found.rows, 6);
        assert_eq!(found.remarks[0], "2 items of linkedin.com are not read");
        assert!(found.remarks[1].contains("when they were collected"), "{:?}", found.remarks);
        assert_eq!((found.facts.posts.len(), found.facts.post_metrics.len(), found.facts.profiles.len()), (1, 0, 0));
    }

    #[test]
    fn a_line_beyond_all_measure_is_passed_over_and_the_next_one_read() {
        let long = format!("{{\"x\": \"{}\"}}\n{}\n", "x".repeat(17 << 20), wrapped("tiktok.com", &tiktok()));
        let found = read_all(long.as_bytes());
        assert_eq!((found.rows, found.facts.posts.len()), (2, 1));
        assert!(
            found.issues[0].to_string().contains("row 1 of items.ndjson: is longer than 16 MB"),
            "{}",
            found.issues[0]
        );
    }

    #[test]
    fn the_first_line_tells_what_the_file_is() {
        assert!(is_it(&wrapped("x.com", &json!({})).to_string()));
        for other in ["", "actor,target", "[1]", "{\"id\": 1}", "\"source_platform\""] {
            assert!(!is_it(other), "{other}");
        }
    }

    #[test]
    fn reading_ends_when_nobody_takes_more() {
        struct Closed(Collected);
        impl Receiver for Closed {
            fn facts(&mut self) -> &mut model::FactBatch {
                self.0.facts()
            }
            fn take_text(&mut self, body: &str) -> model::TextId {
                self.0.take_text(body)
            }
            fn note(&mut self, issue: model::RowIssue) {
                self.0.note(issue);
            }
            fn remark(&mut self, sentence: String) {
                self.0.remark(sentence);
            }
            fn row_read(&mut self) -> Result<(), Stopped> {
                Err(Stopped)
            }
        }
        let outcome = read("x", &mut "{}\n{}".as_bytes(), &mut Closed(Collected::default()));
        assert_eq!(outcome, Err(ReadError::Stopped(Stopped)));
    }

    /// Puts `with` in the place of the `nth` value of a document, counted with all that lie in it.
    pub(crate) fn replace_nth(value: &mut Value, nth: &mut usize, with: &Value) {
        if *nth == 0 {
            *value = with.clone();
        }
        *nth = nth.wrapping_sub(1);
        match value {
            Value::Array(entries) => entries.iter_mut().for_each(|entry| replace_nth(entry, nth, with)),
            Value::Object(fields) => fields.values_mut().for_each(|field| replace_nth(field, nth, with)),
            _ => {}
        }
    }

    /// Small values of every kind, wrong ones among them.
    pub(crate) fn any_value() -> impl Strategy<Value = Value> {
        let text = prop_oneof![Just(String::new()), "\\PC{0,12}", "[@#<&;:/.a-z0-9]{0,12}", "-?[0-9]{1,25}"];
        let plain = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        prop_oneof![
            4 => plain.clone(),
            1 => proptest::collection::vec(plain.clone(), 0..3).prop_map(Value::from),
            1 => plain.prop_map(|value| json!({"tweet": value.clone(), "result": value})),
        ]
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(
            noise in proptest::collection::vec(any::<u8>(), 0..200),
            changes in proptest::collection::vec((0usize..80, any_value()), 0..4),
            spoilt in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        ) {
            read_all(&noise);
            let mut quoting = reply("13", "3", ("10", "1"), "10");
            quoting["quoted_status_result"] = json!({"result": tweet("10", "1", "root")});
            let mut items = [
                wrapped("instagram.com", &instagram()),
                wrapped("instagram.com", &instagram_graph()),
                wrapped("tiktok.com", &tiktok()),
                wrapped("tiktok-comments", &tiktok_comment("c1", "ben", "c0")),
                wrapped("x.com", &quoting),
            ];
            for item in &mut items {
                for (nth, with) in &changes {
                    replace_nth(item, &mut nth.clone(), with);
                }
            }
            let rows = read_items(&items).rows;
            prop_assert_eq!(rows, 5);
            let mut bytes: Vec<u8> = items.iter().map(|item| format!("{item}\n")).collect::<String>().into_bytes();
            for (place, byte) in spoilt {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            read_all(&bytes);
        }
    }
}
