//! By which words a program gives itself away: our own supplement to the public list of crawlers.
//!
//! The list knows programs that somebody met; these words know the ones nobody met yet. They are looked for outside the
//! device comment of an Android agent alone, for there stand phones: Cubot, M bot 54, Spider 8, GM Discovery.

use crate::reasons::Reason;
use crate::signs::{Place, Sign};

const fn word(text: &'static str) -> Sign {
    Sign { text, place: Place::Anywhere, reason: Reason::CrawlerNamed }
}

/// A word that counts only where no letter follows: `checker` and `checkers`, not `checkered`.
const fn ending(text: &'static str) -> Sign {
    Sign { text, place: Place::WordEnd, reason: Reason::CrawlerNamed }
}

const fn headless(text: &'static str) -> Sign {
    Sign { text, place: Place::Anywhere, reason: Reason::CrawlerHeadless }
}

const fn program(text: &'static str) -> Sign {
    Sign { text, place: Place::WordEnd, reason: Reason::CrawlerProgram }
}

/// Compared in any case.
pub(crate) const PROGRAMS: &[Sign] = &[
    Sign { text: "bot", place: Place::Bot, reason: Reason::CrawlerNamed },
    word("crawl"),
    word("spider"),
    word("scrap"),
    word("slurp"),
    word("harvest"),
    // A home page or a mail address is what robots leave for complaints.
    Sign { text: "://", place: Place::HomePage, reason: Reason::CrawlerNamed },
    word("mailto:"),
    word("(via "),
    word("google-"),
    // Browsers say `(KHTML, like Gecko)` and no more; a program that poses as one adds its name there.
    word("khtml, like gecko; "),
    ending("agent"),
    ending("analyzer"),
    ending("archiver"),
    ending("audit"),
    ending("auditor"),
    ending("checker"),
    ending("detector"),
    ending("diagnostics"),
    ending("downloader"),
    ending("extractor"),
    ending("fetcher"),
    ending("fingerprint"),
    ending("indexer"),
    ending("inspector"),
    ending("monitor"),
    ending("monitoring"),
    ending("observatory"),
    ending("parser"),
    ending("probe"),
    ending("recon"),
    ending("research"),
    ending("retriever"),
    ending("scan"),
    ending("scanner"),
    ending("synthetic"),
    ending("thumbnail"),
    ending("transcoder"),
    ending("uptime"),
    ending("validator"),
    ending("verification"),
    ending("verifier"),
    headless("headless"),
    headless("phantomjs"),
    headless("slimerjs"),
    headless("puppeteer"),
    headless("playwright"),
    headless("selenium"),
    headless("webdriver"),
    headless("cypress/"),
    headless("chrome-lighthouse"),
    program("curl/"),
    program("wget"),
    program("python"),
    program("aiohttp"),
    program("httpclient"),
    program("http-client"),
    program("okhttp"),
    // Office programs ask for a page before they have the browser open it.
    program("microsoft office"),
    program("node-fetch"),
    program("undici"),
    program("postmanruntime"),
];
