//! Links that name an account: which one, on which platform.

use model::Platform;
use serde::{Deserialize, Serialize};

use super::handles::normal_handle;
use super::hosts::{AT_NAMES_ELSEWHERE, is_below};
use super::sites::parts;

/// By what a link names an account.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKey {
    /// In the platform's form ([`normal_handle`]).
    Handle(String),
    /// The platform's own id; of Stack Exchange `host/number`.
    NativeId(String),
    /// A name from before the platform gave out handles (`youtube.com/c/…`, `/user/…`); often, not always, the handle.
    OlderName(String),
}

/// The account a link leads to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct AccountLink {
    pub platform: Platform,
    pub key: LinkKey,
}

/// Which account a link leads to; `None` for posts, searches, short links and pages of the platform's own.
///
/// Reads Instagram, TikTok, YouTube, Bluesky (also `at://` and a bare `did:`), Mastodon (`https://host/@user`), X, Reddit,
/// Twitch and Stack Exchange. A link to a post names nobody: people link to what others made. Cost `O(letters)`.
///
/// ```
/// use engine::matching::identity::{AccountLink, LinkKey, account_link};
/// use model::Platform;
/// let ana = AccountLink { platform: Platform::TikTok, key: LinkKey::Handle("ana".to_owned()) };
/// assert_eq!(account_link("https://www.tiktok.com/@Ana?lang=en"), Some(ana));
/// assert_eq!(account_link("https://www.instagram.com/p/Cx1/"), None);
/// ```
pub fn account_link(url: &str) -> Option<AccountLink> {
    let text = url.trim();
    if let Some(link) = at_protocol(text) {
        return link;
    }
    let link = parts(text)?;
    let segments: Vec<&str> = link.segments.iter().map(String::as_str).collect();
    let host = link.host.as_str();
    let handle =
        |platform, name: &str| Some(AccountLink { platform, key: LinkKey::Handle(normal_handle(platform, name)?) });
    let native = |platform, id: String| Some(AccountLink { platform, key: LinkKey::NativeId(id) });
    match host {
        "instagram.com" | "instagr.am" => match segments.as_slice() {
            ["_u" | "stories", name] | [name] | [name, "tagged" | "reels"]
                if !INSTAGRAM_PAGES.contains(&lower(name).as_str()) =>
            {
                handle(Platform::Instagram, name)
            }
            _ => None,
        },
        "tiktok.com" => match segments.as_slice() {
            [name] if name.starts_with('@') => handle(Platform::TikTok, name),
            _ => None,
        },
        "youtube.com" | "music.youtube.com" => youtube(&segments),
        "bsky.app" => match segments.as_slice() {
            ["profile", did] if did.starts_with("did:") => native(Platform::Bluesky, (*did).to_owned()),
            ["profile", name] => handle(Platform::Bluesky, name),
            _ => None,
        },
        "x.com" | "twitter.com" => match segments.as_slice() {
            ["i", "user", id] if is_number(id) => native(Platform::X, (*id).to_owned()),
            [name] | [name, "with_replies" | "media" | "likes" | "followers" | "following"]
                if !X_PAGES.contains(&lower(name).as_str()) =>
            {
                handle(Platform::X, name)
            }
            _ => None,
        },
        "reddit.com" | "old.reddit.com" | "new.reddit.com" | "np.reddit.com" => match segments.as_slice() {
            ["user" | "u", name] | ["user" | "u", name, "submitted" | "comments" | "overview"] if *name != "me" => {
                handle(Platform::Reddit, name)
            }
            _ => None,
        },
        "twitch.tv" => match segments.as_slice() {
            [name] | [name, "videos" | "about" | "schedule" | "clips"]
                if !TWITCH_PAGES.contains(&lower(name).as_str()) =>
            {
                handle(Platform::Twitch, name)
            }
            _ => None,
        },
        _ if is_stack_exchange(host) => match segments.as_slice() {
            ["users", id] | ["users", id, _] if is_number(id) => {
                native(Platform::StackExchange, format!("{host}/{id}"))
            }
            _ => None,
        },
        _ if host.ends_with(".bsky.social") && segments.is_empty() => handle(Platform::Bluesky, host),
        _ => match segments.as_slice() {
            [name] | ["web", name] if name.starts_with('@') && !is_below(host, &AT_NAMES_ELSEWHERE) => {
                let name = name.trim_start_matches('@');
                let whole = if name.contains('@') { name.to_owned() } else { format!("{name}@{host}") };
                handle(Platform::Mastodon, &whole)
            }
            _ => None,
        },
    }
}

const INSTAGRAM_PAGES: [&str; 18] = [
    "about",
    "accounts",
    "ar",
    "challenge",
    "developer",
    "direct",
    "directory",
    "explore",
    "legal",
    "p",
    "press",
    "reel",
    "reels",
    "s",
    "share",
    "stories",
    "tv",
    "web",
];
const X_PAGES: [&str; 21] = [
    "about",
    "account",
    "compose",
    "download",
    "explore",
    "hashtag",
    "home",
    "i",
    "intent",
    "jobs",
    "login",
    "logout",
    "messages",
    "notifications",
    "privacy",
    "search",
    "settings",
    "share",
    "signup",
    "tos",
    "who_to_follow",
];
const TWITCH_PAGES: [&str; 18] = [
    "collections",
    "directory",
    "downloads",
    "embed",
    "friends",
    "inventory",
    "jobs",
    "moderator",
    "p",
    "popout",
    "prime",
    "search",
    "settings",
    "store",
    "subscriptions",
    "team",
    "turbo",
    "wallet",
];
const YOUTUBE_PAGES: [&str; 24] = [
    "about",
    "account",
    "ads",
    "attribution_link",
    "clip",
    "creators",
    "embed",
    "feed",
    "gaming",
    "hashtag",
    "howyoutubeworks",
    "kids",
    "live",
    "new",
    "oembed",
    "playlist",
    "post",
    "premium",
    "redirect",
    "results",
    "shorts",
    "t",
    "v",
    "watch",
];
const YOUTUBE_TABS: [&str; 9] =
    ["about", "community", "featured", "live", "playlists", "podcasts", "shorts", "streams", "videos"];

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `None`: it is no link of the AT protocol; `Some(None)`: it is one, to a post.
fn at_protocol(text: &str) -> Option<Option<AccountLink>> {
    let bluesky = |key| Some(AccountLink { platform: Platform::Bluesky, key });
    let is_did = |did: &str| {
        let method = ["did:plc:", "did:web:"].iter().find_map(|start| did.strip_prefix(start));
        method.is_some_and(|id| {
            !id.is_empty() && id.chars().all(|sign| sign.is_ascii_alphanumeric() || ".-:%".contains(sign))
        })
    };
    if let Some(rest) = text.strip_prefix("at://") {
        let rest = rest.trim_end_matches('/');
        let key = match rest {
            _ if is_did(rest) => Some(LinkKey::NativeId(rest.to_owned())),
            _ => normal_handle(Platform::Bluesky, rest).map(LinkKey::Handle),
        };
        return Some(key.and_then(bluesky));
    }
    let bare = ["https://plc.directory/", "http://plc.directory/"].iter().find_map(|start| text.strip_prefix(start));
    let did = bare.unwrap_or(text);
    is_did(did).then(|| bluesky(LinkKey::NativeId(did.to_owned())))
}

fn youtube(segments: &[&str]) -> Option<AccountLink> {
    let named = |key| Some(AccountLink { platform: Platform::YouTube, key });
    let (name, tab) = match segments {
        ["channel" | "c" | "user", name] => (name, None),
        ["channel" | "c" | "user", name, tab] => (name, Some(tab)),
        [name] => (name, None),
        [name, tab] => (name, Some(tab)),
        _ => return None,
    };
    if tab.is_some_and(|tab| !YOUTUBE_TABS.contains(tab)) {
        return None;
    }
    let older = || normal_handle(Platform::YouTube, name).map(LinkKey::OlderName).and_then(named);
    match segments[0] {
        "channel" => {
            let is_id = name.len() == 24
                && name.starts_with("UC")
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
            is_id.then(|| LinkKey::NativeId((*name).to_owned())).and_then(named)
        }
        "c" | "user" if segments.len() > 1 => older(),
        _ if name.starts_with('@') => normal_handle(Platform::YouTube, name).map(LinkKey::Handle).and_then(named),
        _ if YOUTUBE_PAGES.contains(&lower(name).as_str()) || ["c", "user"].contains(name) => None,
        _ => older(),
    }
}

/// Sites of the network; its front page, `stackexchange.com`, has ids of its own.
fn is_stack_exchange(host: &str) -> bool {
    let alone =
        ["askubuntu.com", "mathoverflow.net", "serverfault.com", "stackapps.com", "stackoverflow.com", "superuser.com"];
    host.ends_with(".stackexchange.com") || is_below(host, &alone)
}

#[cfg(test)]
mod tests {
    use super::super::sites::{domain_of, page_of};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_profile_link_names_its_account() {
        use LinkKey::{Handle, NativeId, OlderName};
        let cases: Vec<(&str, Platform, LinkKey)> = vec![
            ("instagram.com/Hop.Maria", Platform::Instagram, Handle("hop.maria".into())),
            ("HTTPS://www.Instagram.com/hopmaria/?hl=de", Platform::Instagram, Handle("hopmaria".into())),
            ("https://instagram.com/stories/hopmaria", Platform::Instagram, Handle("hopmaria".into())),
            ("https://www.tiktok.com/%40ana", Platform::TikTok, Handle("ana".into())),
            ("https://youtube.com/@AnaBrews/videos", Platform::YouTube, Handle("anabrews".into())),
            (
                "https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv",
                Platform::YouTube,
                NativeId("UCabcdefghijklmnopqrstuv".into()),
            ),
            ("youtube.com/c/AnaBrews", Platform::YouTube, OlderName("anabrews".into())),
            ("youtube.com/user/anabrews/about", Platform::YouTube, OlderName("anabrews".into())),
            ("youtube.com/AnaBrews", Platform::YouTube, OlderName("anabrews".into())),
            ("https://bsky.app/profile/ana.bsky.social", Platform::Bluesky, Handle("ana.bsky.social".into())),
            ("https://bsky.app/profile/did:plc:abc123", Platform::Bluesky, NativeId("did:plc:abc123".into())),
            ("did:plc:abc123", Platform::Bluesky, NativeId("did:plc:abc123".into())),
            ("at://ana.example.com", Platform::Bluesky, Handle("ana.example.com".into())),
            ("https://ana.bsky.social", Platform::Bluesky, Handle("ana.bsky.social".into())),
            ("https://beer.example/@Ana", Platform::Mastodon, Handle("ana@beer.example".into())),
            ("https://mastodon.example/@ana@beer.example", Platform::Mastodon, Handle("ana@beer.example".into())),
            ("https://x.com/ana_b", Platform::X, Handle("ana_b".into())),
            ("https://mobile.twitter.com/ana_b/media", Platform::X, Handle("ana_b".into())),
            ("https://x.com/i/user/123", Platform::X, NativeId("123".into())),
            ("https://old.reddit.com/u/Ana-B/", Platform::Reddit, Handle("ana-b".into())),
            ("https://www.twitch.tv/ana_b/clips", Platform::Twitch, Handle("ana_b".into())),
            (
                "https://beer.stackexchange.com/users/12/ana",
                Platform::StackExchange,
                NativeId("beer.stackexchange.com/12".into()),
            ),
            ("https://stackoverflow.com/users/7", Platform::StackExchange, NativeId("stackoverflow.com/7".into())),
        ];
        for (url, platform, key) in cases {
            assert_eq!(account_link(url), Some(AccountLink { platform, key }), "{url}");
        }
    }

    #[test]
    fn a_link_to_a_post_a_search_or_a_page_of_the_platform_names_nobody() {
        for url in [
            "https://instagram.com/p/Cx1",
            "https://instagram.com/reel/Cx1",
            "https://instagram.com/hopmaria/p/Cx1",
            "https://instagram.com/explore",
            "https://instagram.com/",
            "https://www.tiktok.com/@ana/video/7",
            "https://vm.tiktok.com/Zx",
            "https://www.tiktok.com/discover",
            "https://youtube.com/watch?v=abc",
            "https://youtube.com/channel/short",
            "https://youtube.com/@ana/post",
            "https://youtu.be/abc",
            "https://bsky.app/profile/ana.bsky.social/post/3k",
            "at://did:plc:abc123/app.bsky.feed.post/3k",
            "https://x.com/ana/status/1",
            "https://twitter.com/intent/tweet?text=a",
            "https://twitter.com/hashtag/ipa",
            "https://x.com/share",
            "https://reddit.com/r/beer",
            "https://reddit.com/user/me",
            "https://twitch.tv/directory",
            "https://stackexchange.com/users/12",
            "https://medium.com/@ana",
            "https://www.threads.net/@ana",
            "ana@beer.example",
            "",
            "ana",
        ] {
            assert_eq!(account_link(url), None, "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reading_of_links(text in "\\PC{0,40}") {
            let _ = (account_link(&text), domain_of(&text), page_of(&text));
        }

        #[test]
        fn any_handle_of_a_platform_comes_back_from_its_link(name in "[a-z]{5}[a-z0-9_]{1,9}") {
            for (host, platform) in [("instagram.com/", Platform::Instagram), ("tiktok.com/@", Platform::TikTok), ("twitch.tv/", Platform::Twitch)] {
                let link = account_link(&format!("https://www.{host}{name}/"));
                let is_page = INSTAGRAM_PAGES.contains(&name.as_str()) || TWITCH_PAGES.contains(&name.as_str());
                let named = Some(AccountLink { platform, key: LinkKey::Handle(name.clone()) });
                prop_assert!(is_page || link == named);
            }
        }
    }
}
