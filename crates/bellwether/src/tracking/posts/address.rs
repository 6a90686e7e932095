//! Addresses of posts: however one is copied from an app, a browser or a message, it comes down to the same post.

use std::fmt::Write;

use model::{Platform, PostId};
use url::Url;

/// An address of a post, read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostAddress {
    /// `None` where the address does not tell.
    pub platform: Option<Platform>,
    /// What two addresses of one post have in common.
    pub key: String,
    /// What addresses of this post hold, for finding them among others.
    pub name: String,
    /// How platforms may call the post in what is imported.
    natives: Vec<String>,
}

impl PostAddress {
    /// The ids that a fact of this post may have.
    pub fn ids(&self) -> Vec<PostId> {
        let Some(platform) = self.platform else { return vec![] };
        self.natives.iter().map(|native| PostId::of(platform, native)).collect()
    }
}

/// What a platform's own id of a post comes down to.
pub fn key_of(platform: Platform, native_id: &str) -> String {
    format!("{}/{native_id}", platform.code())
}

/// Pieces of a question that say who passed an address on, and nothing of what it is.
const NOISE: [&str; 16] = [
    "fbclid",
    "gclid",
    "igsh",
    "igshid",
    "ig_rid",
    "img_index",
    "mc_cid",
    "mc_eid",
    "si",
    "feature",
    "ref",
    "ref_src",
    "ref_url",
    "share_id",
    "xmt",
    "_branch_match_id",
];

/// Reads an address; `None` for what is none, or leads to no single page.
pub fn read(text: &str) -> Option<PostAddress> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("at://") {
        return at_uri(rest, text);
    }
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&with_scheme).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?.trim_end_matches('.').to_lowercase();
    let bare = ["www.", "m.", "mobile.", "amp.", "old.", "music."]
        .iter()
        .find_map(|begin| host.strip_prefix(begin).filter(|rest| rest.contains('.')))
        .unwrap_or(&host)
        .to_owned();
    let parts: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
    if is_of_sound(&bare, &parts) {
        return None;
    }
    of_platform(&bare, &parts, &url).or_else(|| of_page(&bare, &parts, &url))
}

fn found(platform: Platform, name: &str, natives: &[&str]) -> PostAddress {
    let mut natives: Vec<String> = natives.iter().map(|native| (*native).to_owned()).collect();
    natives.insert(0, name.to_owned());
    PostAddress { platform: Some(platform), key: key_of(platform, name), name: name.to_owned(), natives }
}

/// `did:plc:abc/app.bsky.feed.post/3k2a`
fn at_uri(rest: &str, whole: &str) -> Option<PostAddress> {
    let name = rest.split('/').nth(2).filter(|name| is_name(name))?;
    Some(found(Platform::Bluesky, name, &[whole]))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-' || letter == b'_')
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit())
}

/// What stands behind one of some words, wherever in the path.
fn behind<'a>(parts: &[&'a str], words: &[&str]) -> Option<&'a str> {
    let place = parts.iter().position(|part| words.contains(part))?;
    parts.get(place + 1).copied().filter(|name| is_name(name))
}

/// Pages of a sound hold everything that uses it, and are no post: `/reels/audio/1234`, `/music/a-song-1234`.
fn is_of_sound(host: &str, parts: &[&str]) -> bool {
    match host {
        "instagram.com" | "instagr.am" => matches!(parts, ["reels" | "reel", "audio", ..] | ["audio", ..]),
        "tiktok.com" => matches!(parts, ["music" | "sound", ..]),
        _ => false,
    }
}

fn of_platform(host: &str, parts: &[&str], url: &Url) -> Option<PostAddress> {
    match host {
        "instagram.com" | "instagr.am" => {
            if parts.first() == Some(&"stories") {
                return parts.get(2).filter(|id| is_number(id)).map(|id| found(Platform::Instagram, id, &[]));
            }
            // An address to pass on is another for the same post, which only the platform knows.
            let is_passed_on = parts.first() == Some(&"share");
            let name = behind(parts, &["p", "reel", "reels", "tv"]).filter(|_| !is_passed_on)?;
            Some(found(Platform::Instagram, name, &[]))
        }
        "tiktok.com" => {
            let name = behind(parts, &["video", "photo", "v"]);
            let name = name.or_else(|| parts.get(1).and_then(|last| last.strip_suffix(".html")))?;
            is_number(name).then(|| found(Platform::TikTok, name, &[]))
        }
        "youtube.com" | "youtube-nocookie.com" => {
            let asked = url.query_pairs().find(|(key, _)| key == "v").map(|(_, value)| value.into_owned());
            let name = match parts {
                ["watch"] | [] => asked.filter(|name| is_name(name)),
                _ => behind(parts, &["shorts", "live", "embed", "v", "post"]).map(str::to_owned),
            };
            name.map(|name| found(Platform::YouTube, &name, &[]))
        }
        "youtu.be" => parts.first().filter(|name| is_name(name)).map(|name| found(Platform::YouTube, name, &[])),
        "x.com" | "twitter.com" | "fxtwitter.com" | "vxtwitter.com" | "nitter.net" => {
            let name = behind(parts, &["status", "statuses"]).filter(|name| is_number(name))?;
            Some(found(Platform::X, name, &[]))
        }
        "bsky.app" => {
            let name = behind(parts, &["post"])?;
            let whole = parts.get(1).filter(|who| who.starts_with("did:"));
            let whole = whole.map(|who| format!("at://{who}/app.bsky.feed.post/{name}"));
            Some(found(Platform::Bluesky, name, &whole.as_deref().into_iter().collect::<Vec<_>>()))
        }
        "reddit.com" => {
            let name = behind(parts, &["comments"])?;
            Some(found(Platform::Reddit, name, &[&format!("t3_{name}")]))
        }
        "redd.it" => {
            let name = parts.first().filter(|name| is_name(name))?;
            Some(found(Platform::Reddit, name, &[&format!("t3_{name}")]))
        }
        "twitch.tv" => {
            let name = behind(parts, &["videos", "video", "clip"])?;
            Some(found(Platform::Twitch, name, &[&format!("v{name}")]))
        }
        _ => mastodon(host, parts),
    }
}

/// `/@ana/1234` and `/users/ana/statuses/1234`, on whatever server.
fn mastodon(host: &str, parts: &[&str]) -> Option<PostAddress> {
    let (who, id) = match parts {
        [who, id] if who.starts_with('@') && is_number(id) => (who.trim_start_matches('@'), id),
        ["users", who, "statuses", id] if is_number(id) => (*who, id),
        _ => return None,
    };
    let natives = vec![format!("{host}/{id}"), format!("https://{host}/users/{who}/statuses/{id}")];
    Some(PostAddress {
        platform: Some(Platform::Mastodon),
        key: format!("mastodon/{host}/{id}"),
        name: (*id).to_owned(),
        // The number alone names a post of every server.
        natives,
    })
}

/// Any other page: its host and path, and what it is asked beside who passed it on.
fn of_page(host: &str, parts: &[&str], url: &Url) -> Option<PostAddress> {
    if parts.is_empty() {
        return None;
    }
    let mut asked: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(key, _)| !key.starts_with("utm_") && !NOISE.contains(&key.as_ref()))
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect();
    asked.sort();
    let name = format!("{host}/{}", parts.join("/"));
    let mut key = name.clone();
    if let Some(port) = url.port() {
        write!(key, ":{port}").expect("writing to a string");
    }
    for (place, (name, value)) in asked.iter().enumerate() {
        write!(key, "{}{name}={value}", if place == 0 { '?' } else { '&' }).expect("writing to a string");
    }
    Some(PostAddress { platform: None, key, name, natives: vec![] })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn same(key: &str, addresses: &[&str]) {
        for address in addresses {
            assert_eq!(read(address).map(|read| read.key).as_deref(), Some(key), "{address}");
        }
    }

    #[test]
    fn addresses_of_one_post_come_down_to_the_same() {
        same(
            "instagram/C9_aB-1xyz",
            &[
                "https://www.instagram.com/p/C9_aB-1xyz/",
                "http://instagram.com/p/C9_aB-1xyz",
                "instagram.com/reel/C9_aB-1xyz/?igsh=MWQ1ZGUxMzBkMA==",
                "https://www.instagram.com/ana.brews/p/C9_aB-1xyz/?utm_source=ig_web_copy_link#comments",
                "https://m.instagram.com/reels/C9_aB-1xyz/?img_index=2",
                "https://www.instagram.com/reel/C9_aB-1xyz/?utm_source=ig_web_button_share_sheet",
                "https://www.instagram.com/ana.brews/reel/C9_aB-1xyz/",
                "https://www.instagram.com/tv/C9_aB-1xyz/embed",
            ],
        );
        same("instagram/3141592653", &["https://www.instagram.com/stories/ana/3141592653/?utm_source=x"]);
        same(
            "tiktok/7301234567890123456",
            &[
                "https://www.tiktok.com/@ana/video/7301234567890123456?is_from_webapp=1&sender_device=pc",
                "https://m.tiktok.com/v/7301234567890123456.html",
                "tiktok.com/@ana/photo/7301234567890123456",
            ],
        );
        same(
            "youtube/dQw4w9WgXcQ",
            &[
                "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=42s&si=abc",
                "https://youtu.be/dQw4w9WgXcQ?si=abc",
                "https://youtube.com/shorts/dQw4w9WgXcQ?feature=share",
                "https://m.youtube.com/watch?feature=share&v=dQw4w9WgXcQ",
                "https://www.youtube.com/live/dQw4w9WgXcQ",
                "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
            ],
        );
        same(
            "x/1700000000000000001",
            &[
                "https://twitter.com/ana/status/1700000000000000001?s=20",
                "https://x.com/ana/status/1700000000000000001/photo/1",
                "https://mobile.twitter.com/i/web/status/1700000000000000001",
            ],
        );
        same(
            "bluesky/3k44deefqdk2g",
            &[
                "https://bsky.app/profile/ana.bsky.social/post/3k44deefqdk2g",
                "https://bsky.app/profile/did:plc:abc/post/3k44deefqdk2g",
                "at://did:plc:abc/app.bsky.feed.post/3k44deefqdk2g",
            ],
        );
        same(
            "reddit/1abcde",
            &["https://old.reddit.com/r/coffee/comments/1abcde/a_grinder/", "https://redd.it/1abcde"],
        );
        same(
            "mastodon/coffee.example/110",
            &["https://coffee.example/@ana/110", "https://coffee.example/users/ana/statuses/110"],
        );
        same(
            "blog.example/2026/grinder?page=2",
            &[
                "https://www.blog.example/2026/grinder/?page=2&utm_medium=mail",
                "http://blog.example/2026/grinder?fbclid=x&page=2#top",
            ],
        );
    }

    #[test]
    fn other_posts_and_addresses_that_only_the_platform_can_follow_stay_apart() {
        let key = |address: &str| read(address).expect("an address").key;
        assert_ne!(key("https://youtu.be/dQw4w9WgXcQ"), key("https://youtu.be/dQw4w9WgXcq"), "letters have a case");
        assert_ne!(key("https://www.instagram.com/share/p/BAxyz"), key("https://www.instagram.com/p/BAxyz"));
        assert_eq!(read("https://vm.tiktok.com/ZMabc/").expect("an address").platform, None);
        assert_ne!(key("https://a.example/@ana/110"), key("https://b.example/@ana/110"));
    }

    #[test]
    fn what_is_no_address_of_a_post_is_none() {
        for text in [
            "",
            "soon",
            "https://",
            "ftp://a.example/b",
            "https://a.example",
            "javascript:alert(1)",
            "at://x",
            "https://www.instagram.com/reels/audio/1234567890/",
            "https://www.tiktok.com/music/original-sound-7301234567890123456",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_tells_how_facts_may_call_the_post() {
        let ids = read("https://youtu.be/dQw4w9WgXcQ").expect("an address").ids();
        assert!(ids.contains(&PostId::of(Platform::YouTube, "dQw4w9WgXcQ")));
        let ids = read("https://bsky.app/profile/did:plc:abc/post/3k").expect("an address").ids();
        assert!(ids.contains(&PostId::of(Platform::Bluesky, "at://did:plc:abc/app.bsky.feed.post/3k")));
        let ids = read("https://coffee.example/@ana/110").expect("an address").ids();
        assert!(ids.contains(&PostId::of(Platform::Mastodon, "https://coffee.example/users/ana/statuses/110")));
        assert!(!ids.contains(&PostId::of(Platform::Mastodon, "110")), "every server has a post of that number");
    }

    proptest! {
        #[test]
        fn who_passed_an_address_on_changes_nothing(
            name in "[A-Za-z0-9_-]{11}", who in "u[0-9]{1,6}", noise in "[A-Za-z0-9]{1,12}", which in 0usize..6, slash in any::<bool>(),
        ) {
            let bare = format!("https://www.instagram.com/p/{name}");
            let end = if slash { "/" } else { "" };
            let way = ["igsh", "utm_source", "fbclid", "si", "img_index", "utm_campaign"][which];
            let noisy = format!("http://m.instagram.com/{who}/reel/{name}{end}?{way}={noise}#{noise}");
            prop_assert_eq!(read(&bare), read(&noisy));
        }

        #[test]
        fn nothing_that_is_typed_breaks_reading(text in "\\PC{0,60}") {
            drop(read(&text));
        }
    }
}
