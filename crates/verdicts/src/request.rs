//! What is looked at in a request to a tracked link: borrowed header values, the network, the mail it came from.
//!
//! Header values are bytes as received; whether they are text is not asked for. No address is in here: the caller looks
//! the network up and hands its kind over.

/// Which method was asked with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Method {
    #[default]
    Get,
    Head,
    /// Anything else that reached the link.
    Other,
}

/// What the operator's network lists say of the address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Network {
    /// On no list.
    #[default]
    Unlisted,
    Datacentre,
    /// A mail security gateway's.
    SecurityGateway,
}

/// Which link of a mail was opened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MailLink {
    /// One that the reader sees.
    Visible,
    /// One that no reader sees; only a machine opens it.
    Honeypot,
}

/// A hit of a link that was sent by mail, told by the delivery token in the link.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MailHit {
    /// The one mail to the one recipient.
    pub token: u64,
    pub link: MailLink,
    /// Microseconds from the mail's delivery to the hit; below 0 where the hit came before the mail server's receipt
    /// was noted. `None` where the delivery is not known.
    pub since_delivery_micros: Option<i64>,
}

/// One request to a tracked link, as far as it decides a verdict. `None` means that the header was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Request<'a> {
    pub method: Method,
    pub user_agent: Option<&'a [u8]>,
    /// The host alone of `Referer`, without scheme, port and path.
    pub referrer_host: Option<&'a str>,
    pub sec_purpose: Option<&'a [u8]>,
    pub purpose: Option<&'a [u8]>,
    pub x_moz: Option<&'a [u8]>,
    pub sec_gpc: Option<&'a [u8]>,
    pub dnt: Option<&'a [u8]>,
    pub sec_fetch_dest: Option<&'a [u8]>,
    pub network: Network,
    pub mail: Option<MailHit>,
}

impl Request<'_> {
    /// Whether the person asks not to be recognised (`Sec-GPC: 1` or `DNT: 1`). The click counts; its visitor is 0, and
    /// a visitor 0 is neither a unique nor ever a duplicate.
    pub fn asks_for_privacy(&self) -> bool {
        let is_one = |header: Option<&[u8]>| header.is_some_and(|value| value.trim_ascii() == b"1");
        is_one(self.sec_gpc) || is_one(self.dnt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn privacy_is_asked_for_by_a_one_alone() {
        let check = |sec_gpc: Option<&str>, dnt: Option<&str>, expected: bool| {
            let (sec_gpc, dnt) = (sec_gpc.map(str::as_bytes), dnt.map(str::as_bytes));
            assert_eq!(Request { sec_gpc, dnt, ..Request::default() }.asks_for_privacy(), expected);
        };
        check(None, None, false);
        check(Some("1"), None, true);
        check(None, Some("1"), true);
        check(None, Some(" 1 "), true);
        check(Some("0"), Some("0"), false);
        check(Some("true"), Some("unspecified"), false);
    }
}
