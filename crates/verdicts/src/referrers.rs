//! Sites that send requests with a made-up referrer, to be clicked on by who reads the report.
//!
//! A short list of our own: the best-known of them. A longer one, as Matomo keeps in the public domain, can be put in
//! its place by the operator: one host a line.

use std::collections::HashSet;

const WELL_KNOWN: &[&str] = &[
    "100dollars-seo.com",
    "4webmasters.org",
    "7makemoneyonline.com",
    "best-seo-offer.com",
    "best-seo-solution.com",
    "bestwebsitesawards.com",
    "blackhatworth.com",
    "buttons-for-website.com",
    "buttons-for-your-website.com",
    "buy-cheap-online.info",
    "cenoval.ru",
    "copyrightclaims.org",
    "darodar.com",
    "econom.co",
    "event-tracking.com",
    "floating-share-buttons.com",
    "free-share-buttons.com",
    "free-social-buttons.com",
    "get-free-traffic-now.com",
    "googlsucks.com",
    "guardlink.org",
    "hulfingtonpost.com",
    "humanorightswatch.org",
    "ilovevitaly.com",
    "iskalko.ru",
    "kambasoft.com",
    "o-o-6-o-o.com",
    "priceg.com",
    "rankings-analytics.com",
    "savetubevideo.com",
    "semalt.com",
    "semaltmedia.com",
    "sharebutton.net",
    "simple-share-buttons.com",
    "social-buttons.com",
    "success-seo.com",
    "traffic2cash.xyz",
    "trafficmonetize.org",
    "video--production.com",
    "videos-for-your-business.com",
];

/// Hosts whose referrers are made up; a host stands for its subdomains as well.
pub struct SpamHosts {
    hosts: HashSet<Box<str>>,
}

impl SpamHosts {
    /// The short list that comes with the program.
    pub fn shipped() -> SpamHosts {
        SpamHosts { hosts: WELL_KNOWN.iter().map(|host| Box::from(*host)).collect() }
    }

    /// A list with one host a line, in any case; empty lines and what follows `#` are left out. It takes the place of
    /// the shipped one. About 100 bytes of memory a host.
    pub fn of_lines(text: &str) -> SpamHosts {
        let hosts = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or_default().trim().trim_matches('.'))
            .filter(|host| !host.is_empty())
            .map(|host| host.to_ascii_lowercase().into_boxed_str())
            .collect();
        SpamHosts { hosts }
    }

    /// How many hosts are listed.
    pub fn count(&self) -> usize {
        self.hosts.len()
    }

    /// Whether this host, or a domain it lies in, is listed. Costs one look-up for each part of the name.
    pub fn contains(&self, host: &str) -> bool {
        // No name is longer than 253 bytes; a longer one is nobody's.
        if self.hosts.is_empty() || host.is_empty() || host.len() > 254 {
            return false;
        }
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let mut rest = host.as_str();
        loop {
            if self.hosts.contains(rest) {
                return true;
            }
            match rest.split_once('.') {
                Some((_, parent)) => rest = parent,
                None => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_stands_for_its_subdomains_and_for_nothing_else() {
        let hosts = SpamHosts::shipped();
        assert_eq!(hosts.count(), WELL_KNOWN.len());
        for listed in ["semalt.com", "SEMALT.com", "semalt.com.", "semalt.semalt.com", "a.b.semalt.com"] {
            assert!(hosts.contains(listed), "{listed}");
        }
        for other in
            ["", "com", ".", "..", "notsemalt.com", "semalt.com.example.org", "instagram.com", "müller.example"]
        {
            assert!(!hosts.contains(other), "{other}");
        }
    }

    #[test]
    fn a_list_of_the_operator_takes_its_place() {
        let hosts = SpamHosts::of_lines("# mine\n\nSpam.example\r\n  other.example # since May\n.third.example\n");
        assert_eq!(hosts.count(), 3);
        assert!(
            hosts.contains("www.spam.example") && hosts.contains("other.example") && hosts.contains("third.example")
        );
        assert!(!hosts.contains("semalt.com"));
        assert!(!SpamHosts::of_lines("").contains("spam.example"));
    }
}
