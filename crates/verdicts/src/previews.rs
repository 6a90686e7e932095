//! Which apps fetch a page to show a card under a message, and how they name themselves: our own list.
//!
//! The public list of crawlers does not tell these from search engines and misses some (Bluesky's Cardyb). The order
//! decides where an agent names several: Telegram's calls itself "like TwitterBot", KakaoTalk's begins with Facebook's.

use crate::reasons::Reason;
use crate::signs::{Place, Sign};

/// A fetcher that names itself so wherever it stands.
const fn fetcher(text: &'static str, reason: Reason) -> Sign {
    Sign { text, place: Place::Anywhere, reason }
}

/// A fetcher named like its app: inside a browser's agent the same word is the app's own browser, with a person in it.
const fn app(text: &'static str, reason: Reason) -> Sign {
    Sign { text, place: Place::OutsideBrowser, reason }
}

/// Strongest claim first. Compared in any case.
pub(crate) const PREVIEWS: &[Sign] = &[
    fetcher("kakaotalk-scrap", Reason::PreviewOther),
    fetcher("line-poker", Reason::PreviewOther),
    fetcher("telegrambot", Reason::PreviewTelegram),
    app("whatsapp", Reason::PreviewWhatsapp),
    fetcher("discordbot", Reason::PreviewDiscord),
    fetcher("slackbot", Reason::PreviewSlack),
    fetcher("slack-imgproxy", Reason::PreviewSlack),
    fetcher("linkedinbot", Reason::PreviewLinkedin),
    fetcher("pinterestbot", Reason::PreviewPinterest),
    fetcher("pinterest.com/bot", Reason::PreviewPinterest),
    app("pinterest/", Reason::PreviewPinterest),
    fetcher("cardyb", Reason::PreviewBluesky),
    fetcher("blueskypreviewbot", Reason::PreviewBluesky),
    app("bluesky/", Reason::PreviewBluesky),
    fetcher("skypeuripreview", Reason::PreviewTeams),
    fetcher("microsoftpreview", Reason::PreviewTeams),
    // Servers of the fediverse fetch a link once for each server that gets the post.
    app("mastodon", Reason::PreviewMastodon),
    app("pleroma", Reason::PreviewMastodon),
    app("akkoma", Reason::PreviewMastodon),
    app("misskey", Reason::PreviewMastodon),
    app("sharkey", Reason::PreviewMastodon),
    app("firefish", Reason::PreviewMastodon),
    app("iceshrimp", Reason::PreviewMastodon),
    app("summalybot", Reason::PreviewMastodon),
    app("gotosocial", Reason::PreviewMastodon),
    app("pixelfed", Reason::PreviewMastodon),
    app("friendica", Reason::PreviewMastodon),
    app("hubzilla", Reason::PreviewMastodon),
    app("peertube", Reason::PreviewMastodon),
    app("mobilizon", Reason::PreviewMastodon),
    app("lemmy", Reason::PreviewMastodon),
    app("kbin", Reason::PreviewMastodon),
    fetcher("facebookexternalhit", Reason::PreviewFacebook),
    fetcher("facebookcatalog", Reason::PreviewFacebook),
    fetcher("facebot", Reason::PreviewFacebook),
    fetcher("meta-externalfetcher", Reason::PreviewFacebook),
    fetcher("meta-externalhit", Reason::PreviewFacebook),
    fetcher("twitterbot", Reason::PreviewX),
    app("viber", Reason::PreviewOther),
    app("tumblr/", Reason::PreviewOther),
    app("notion/", Reason::PreviewOther),
    app("mattermost", Reason::PreviewOther),
    app("rocket.chat", Reason::PreviewOther),
    app("zulip", Reason::PreviewOther),
    fetcher("bingpreview", Reason::PreviewOther),
    fetcher("chatwork linkpreview", Reason::PreviewOther),
    fetcher("dingtalkbot-linkservice", Reason::PreviewOther),
    fetcher("discourse forum onebox", Reason::PreviewOther),
    fetcher("embedly", Reason::PreviewOther),
    fetcher("everyonesocialbot", Reason::PreviewOther),
    fetcher("evernoterichlinkbot", Reason::PreviewOther),
    fetcher("flipboardproxy", Reason::PreviewOther),
    fetcher("gg peekbot", Reason::PreviewOther),
    fetcher("google web preview", Reason::PreviewOther),
    fetcher("groupmebot", Reason::PreviewOther),
    fetcher("iframely", Reason::PreviewOther),
    fetcher("keybasebot", Reason::PreviewOther),
    fetcher("link preview", Reason::PreviewOther),
    fetcher("linkexpand", Reason::PreviewOther),
    fetcher("linkpreview", Reason::PreviewOther),
    fetcher("link-preview", Reason::PreviewOther),
    fetcher("mediumbot-metatagfetcher", Reason::PreviewOther),
    fetcher("odklbot", Reason::PreviewOther),
    fetcher("opengraph", Reason::PreviewOther),
    fetcher("quora link preview", Reason::PreviewOther),
    fetcher("redditbot", Reason::PreviewOther),
    fetcher("snap url preview", Reason::PreviewOther),
    fetcher("snapurlpreview", Reason::PreviewOther),
    fetcher("steamchaturllookup", Reason::PreviewOther),
    fetcher("synapse (bot", Reason::PreviewOther),
    fetcher("unfurl", Reason::PreviewOther),
    fetcher("urlpreview", Reason::PreviewOther),
    fetcher("vkshare", Reason::PreviewOther),
    fetcher("xing bot", Reason::PreviewOther),
    fetcher("zalo preview", Reason::PreviewOther),
];

/// Apple Messages presents itself as Facebook's and X's fetchers at once.
pub(crate) const APPLE_MESSAGES: [&str; 2] = ["facebookexternalhit", "twitterbot"];
