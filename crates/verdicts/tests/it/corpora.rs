//! Thousands of user agents of bots and browsers, read from the folder that BELLWETHER_AGENTS names; fetched there by
//! `scripts/fetch_agents.sh`, never part of the repository. Without the folder each test says by name that it is
//! skipped.

use crate::known_agents::judge_agent;
use std::collections::BTreeMap;
use std::path::Path;
use verdicts::{Agent, BrowserFamily, DeviceClass, VerdictKind};

/// The text of a corpus, `None` with a word where it is not there.
fn corpus(test: &str, file: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("BELLWETHER_AGENTS") else {
        println!("skipped: {test} (BELLWETHER_AGENTS names no folder)");
        return None;
    };
    match std::fs::read_to_string(Path::new(&folder).join(file)) {
        Ok(text) => Some(text),
        Err(error) => {
            println!("skipped: {test} ({file}: {error})");
            None
        }
    }
}

#[test]
fn at_least_995_of_1000_crawlers_of_the_public_list_are_found() {
    let test = "at_least_995_of_1000_crawlers_of_the_public_list_are_found";
    let Some(text) = corpus(test, "crawlers.txt") else { return };
    let crawlers: Vec<&str> = text.lines().collect();
    let missed: Vec<&&str> = crawlers.iter().filter(|agent| judge_agent(agent.as_bytes()).is_human()).collect();
    let recall = 1.0 - missed.len() as f64 / crawlers.len() as f64;
    println!("recall = {recall:.4}, crawlers = {}, missed: {missed:#?}", crawlers.len());
    assert!(crawlers.len() >= 2_000 && recall >= 0.995);
}

#[test]
fn no_browser_of_the_corpora_is_taken_for_a_bot() {
    let Some(text) = corpus("no_browser_of_the_corpora_is_taken_for_a_bot", "browsers.txt") else { return };
    let browsers: Vec<&str> = text.lines().collect();
    let alarms: Vec<&&str> = browsers.iter().filter(|agent| !judge_agent(agent.as_bytes()).is_human()).collect();
    println!("false alarms = {}, browsers = {}", alarms.len(), browsers.len());
    assert!(browsers.len() >= 370 && alarms.is_empty(), "{alarms:#?}");
    let unknown: Vec<&&str> = browsers.iter().filter(|agent| !Agent::read(agent.as_bytes()).is_known).collect();
    println!("unknown = {}", unknown.len());
    assert!(unknown.len() * 100 <= browsers.len(), "{unknown:#?}");
}

/// What the oracle and the rules say of one corpus.
#[derive(Default)]
struct Agreement {
    both_bot: usize,
    both_human: usize,
    oracle_alone: usize,
    rules_alone: usize,
}

impl Agreement {
    fn agents(&self) -> usize {
        self.both_bot + self.both_human + self.oracle_alone + self.rules_alone
    }

    fn share(&self) -> f64 {
        (self.both_bot + self.both_human) as f64 / self.agents().max(1) as f64
    }
}

#[test]
fn an_independent_oracle_agrees_on_agents_that_are_not_on_the_list() {
    let test = "an_independent_oracle_agrees_on_agents_that_are_not_on_the_list";
    let Some(text) = corpus(test, "oracle.tsv") else { return };
    let mut by_corpus: BTreeMap<&str, Agreement> = BTreeMap::new();
    let mut all = Agreement::default();
    for line in text.lines() {
        let mut parts = line.splitn(3, '\t');
        let (Some(oracle), Some(corpus), Some(agent)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let is_bot = !judge_agent(agent.as_bytes()).is_human();
        for agreement in [by_corpus.entry(corpus).or_default(), &mut all] {
            match (oracle == "bot", is_bot) {
                (true, true) => agreement.both_bot += 1,
                (false, false) => agreement.both_human += 1,
                (true, false) => agreement.oracle_alone += 1,
                (false, true) => agreement.rules_alone += 1,
            }
        }
    }
    for (corpus, agreement) in &by_corpus {
        println!(
            "{corpus:18} agents = {}, agreement = {:.4}, both bot = {}, both human = {}, oracle alone = {}, rules alone = {}",
            agreement.agents(),
            agreement.share(),
            agreement.both_bot,
            agreement.both_human,
            agreement.oracle_alone,
            agreement.rules_alone
        );
    }
    println!("{:18} agents = {}, agreement = {:.4}", "all", all.agents(), all.share());
    assert!(all.share() >= 0.98, "{}", all.share());
    // Of browsers the oracle itself takes a hundredth for bots (televisions, phones called Discovery); of bots it is
    // sure.
    for (corpus, least) in [("detector-bots", 0.97), ("woothee-crawlers", 0.95), ("random-bots", 0.9)] {
        if let Some(agreement) = by_corpus.get(corpus) {
            assert!(agreement.share() >= least, "{corpus}: {}", agreement.share());
        }
    }
    if let Some(browsers) = by_corpus.get("detector-browsers") {
        assert!((browsers.rules_alone as f64) < 0.002 * browsers.agents() as f64, "{}", browsers.rules_alone);
    }
}

#[test]
fn devices_and_browsers_agree_with_a_detector_that_knows_every_model() {
    let test = "devices_and_browsers_agree_with_a_detector_that_knows_every_model";
    let Some(text) = corpus(test, "devices.tsv") else { return };
    // Right ones and all, by what is told.
    let mut told: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut count = |what: &'static str, is_right: bool| {
        let (right, all) = told.entry(what).or_default();
        *right += usize::from(is_right);
        *all += 1;
    };
    for line in text.lines() {
        let mut parts = line.splitn(3, '\t');
        let (Some(device), Some(client), Some(agent)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let read = Agent::read(agent.as_bytes());
        match device {
            "smartphone" => count("phones", read.device == DeviceClass::Phone),
            "tablet" => count("tablets", read.device == DeviceClass::Tablet),
            "desktop" if agent.starts_with("Mozilla/") => count("desktops", read.device == DeviceClass::Desktop),
            _ => {}
        }
        match client {
            "Chrome Mobile" => count("Chrome", read.browser == BrowserFamily::Chrome),
            "Microsoft Edge" => count("Edge", read.browser == BrowserFamily::Edge),
            "Samsung Browser" => count("Samsung", read.browser == BrowserFamily::Samsung),
            "Firefox Mobile" => count("Firefox", read.browser == BrowserFamily::Firefox),
            "Opera Mobile" => count("Opera", read.browser == BrowserFamily::Opera),
            "Mobile Safari" if agent.starts_with("Mozilla/5.0 (iPhone") => count(
                "Safari",
                // What shows a page inside an app names no browser.
                matches!(read.browser, BrowserFamily::Safari | BrowserFamily::OtherInApp),
            ),
            "Instagram" => count("Instagram", read.browser == BrowserFamily::Instagram),
            "Facebook" => count("Facebook", read.browser == BrowserFamily::Facebook),
            "Chrome Webview" => count("web views", read.browser == BrowserFamily::OtherInApp),
            _ => {}
        }
    }
    for (what, (right, all)) in &told {
        println!("{what:10} right = {right} of {all}, {:.4}", *right as f64 / *all as f64);
    }
    for (what, (right, all)) in told {
        // Tablets of makers that say `Mobile` and desktops that run Android are told by a list of models alone, and
        // this crate has none; the corpus has one of each model, however rare.
        let least = match what {
            "tablets" => 0.75,
            "desktops" => 0.75,
            _ => 0.95,
        };
        assert!(right as f64 >= least * all as f64, "{what}: {right} of {all}");
    }
}

#[test]
fn the_devices_of_real_visits_are_told() {
    let Some(text) = corpus("the_devices_of_real_visits_are_told", "categories.tsv") else { return };
    let mut right = 0;
    let mut wrong = Vec::new();
    for (category, agent) in text.lines().filter_map(|line| line.split_once('\t')) {
        let device = match category {
            "mobile" => DeviceClass::Phone,
            "tablet" => DeviceClass::Tablet,
            _ => DeviceClass::Desktop,
        };
        if Agent::read(agent.as_bytes()).device == device { right += 1 } else { wrong.push((category, agent)) }
    }
    println!("devices of visits right = {right} of {}, wrong: {wrong:#?}", right + wrong.len());
    assert!(wrong.len() * 50 <= right);
}

#[test]
fn the_browsers_inside_apps_of_the_corpora_are_people() {
    let Some(text) = corpus("the_browsers_inside_apps_of_the_corpora_are_people", "devices.tsv") else { return };
    let apps = [
        "Instagram",
        "Facebook",
        "Facebook Messenger",
        "TikTok",
        "Snapchat",
        "Pinterest",
        "LinkedIn",
        "Twitter",
        "Line",
    ];
    let mut seen = 0;
    for line in text.lines() {
        let mut parts = line.splitn(3, '\t').skip(1);
        let (Some(client), Some(agent)) = (parts.next(), parts.next()) else { continue };
        if apps.contains(&client) && agent.starts_with("Mozilla/") {
            seen += 1;
            assert_eq!(judge_agent(agent.as_bytes()).verdict, VerdictKind::Human, "{agent}");
        }
    }
    println!("browsers inside apps = {seen}");
    assert!(seen >= 100);
}
