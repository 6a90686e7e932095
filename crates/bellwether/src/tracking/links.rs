//! Links that are followed: made one by one or for every deal of a campaign, led elsewhere, ended; where each leads is kept.

use aws_lc_rs::rand;
use std::net::IpAddr;

use hmac::{Hmac, Mac};
use jiff::civil::Date;
use model::Timestamp;
use model::outreach::deals::DealState;
use sha2::Sha256;
use store::outreach::deals::DealFilter;
use store::tracking::{LinkFilter, LinkRow, NewLink};
use url::{Url, form_urlencoded};

use super::{PATH, TrackingError};
use crate::data_directory::DataDirectory;
use crate::outreach::settings::{self, OutreachSettings};
use crate::outreach::{OutreachError, contacts, deals};

const NAME_LETTERS_MAX: usize = 120;
const SLUG_LETTERS_MAX: usize = 60;
const TARGET_LETTERS_MAX: usize = 2_000;
const LINKS_AT_ONCE_MAX: usize = 5_000;
const DAY: i64 = 86_400_000_000;
/// Where shops send to.
const RESERVED: [&str; 2] = ["in", "conversion"];
/// Letters that are read and typed without mistakes.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789x";

/// A link as somebody asks for one.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct LinkGiven {
    /// Where it leads; what names the creator and the campaign is added.
    pub target: String,
    pub name: String,
    /// Behind the address; empty: made of the name.
    pub slug: String,
    pub deal: Option<i64>,
    pub deliverable: Option<i64>,
    pub contact: Option<i64>,
    pub campaign: Option<i64>,
    /// The last day on which it leads on, as 2026-03-01; empty: for ever.
    pub until: String,
    /// Leave the address as it was given, without what names creator and campaign.
    pub is_bare: bool,
}

/// What is added to the address of a target, so that other programs can tell who sent somebody.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
struct Utm {
    source: String,
    campaign: String,
    content: String,
}

fn refused(field: &'static str, problem: impl Into<String>) -> TrackingError {
    TrackingError::Field { field, problem: problem.into() }
}

/// Words as part of an address: lower case, letters, digits and `-`.
pub fn slug_of(words: &str) -> String {
    let mut slug = String::new();
    for letter in words.to_lowercase().chars() {
        match letter {
            'a'..='z' | '0'..='9' => slug.push(letter),
            'ä' => slug.push_str("ae"),
            'ö' => slug.push_str("oe"),
            'ü' => slug.push_str("ue"),
            'ß' => slug.push_str("ss"),
            'é' | 'è' | 'ê' => slug.push('e'),
            'á' | 'à' | 'â' => slug.push('a'),
            'í' => slug.push('i'),
            'ó' | 'ô' => slug.push('o'),
            'ú' => slug.push('u'),
            'ñ' => slug.push('n'),
            'ç' => slug.push('c'),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
        if slug.len() >= 40 {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

fn random_letters(count: usize) -> Result<String, TrackingError> {
    let mut bytes = vec![0u8; count];
    rand::fill(&mut bytes).map_err(|_| TrackingError::Log("the system gives no random bytes".to_owned()))?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}

/// An address that may be led to.
fn checked_target(text: &str, settings: &OutreachSettings) -> Result<Url, TrackingError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(refused("target", "say where the link leads, such as https://shop.example/grinder"));
    }
    if text.len() > TARGET_LETTERS_MAX {
        return Err(refused("target", format!("it is longer than {TARGET_LETTERS_MAX} letters")));
    }
    let url = Url::parse(text)
        .map_err(|_| refused("target", format!("{text:?} is no address such as https://shop.example/grinder")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(refused("target", "only addresses that begin with http:// or https:// are led to"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("target", "it holds a name or a password, which everybody would see"));
    }
    let own = settings::public_host(settings);
    let host = url.host_str().unwrap_or("").trim_end_matches('.').to_owned();
    let is_loopback =
        host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let with_port = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
    let is_own = is_loopback || own.is_some_and(|own| own == host || own == with_port);
    if is_own && url.path().starts_with(&format!("{PATH}/")) {
        return Err(refused("target", "it is a link of this program itself, and would lead in a circle"));
    }
    Ok(url)
}

/// The address with what names source, campaign and creator; what it says already stays letter for letter, and only pieces of the
/// same names are replaced.
fn with_utm(url: &Url, utm: &Utm) -> String {
    let ours = [
        ("utm_source", utm.source.as_str()),
        ("utm_medium", "creator"),
        ("utm_campaign", utm.campaign.as_str()),
        ("utm_content", utm.content.as_str()),
    ];
    let ours: Vec<(&str, &str)> = ours.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let is_ours = |piece: &&str| ours.iter().any(|(own, _)| *own == piece.split('=').next().unwrap_or(""));
    let mut pieces: Vec<String> = url
        .query()
        .unwrap_or("")
        .split('&')
        .filter(|piece| !piece.is_empty() && !is_ours(piece))
        .map(str::to_owned)
        .collect();
    pieces.push(form_urlencoded::Serializer::new(String::new()).extend_pairs(ours.iter().copied()).finish());
    let mut url = url.clone();
    url.set_query(Some(&pieces.join("&")));
    url.into()
}

fn until_of(text: &str) -> Result<Option<Timestamp>, TrackingError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let day: Date =
        text.trim().parse().map_err(|_| refused("until", format!("{text:?} is no day such as 2026-03-01")))?;
    let end = crate::clock::parse_utc_without_zone(&format!("{day}T00:00:00"))
        .ok_or_else(|| refused("until", format!("{text:?} is no day such as 2026-03-01")))?;
    // To the end of that day.
    Ok(Some(Timestamp(end.0 + DAY)))
}

/// What stays of a slug when it goes with whom it names.
fn slug_hash(key: &[u8], slug: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(b"slug\0");
    mac.update(slug.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn checked_slug(text: &str) -> Result<String, TrackingError> {
    let slug = text.trim().to_lowercase();
    let is_plain = slug.bytes().all(|letter| matches!(letter, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if !is_plain || slug.len() < 2 || slug.len() > SLUG_LETTERS_MAX {
        let problem = format!("{text:?} is not 2 to {SLUG_LETTERS_MAX} letters, digits and - ");
        return Err(refused("slug", problem.trim_end()));
    }
    if RESERVED.contains(&slug.as_str()) {
        return Err(refused("slug", format!("shops send to {slug:?}; choose another")));
    }
    if slug.bytes().all(|letter| letter.is_ascii_digit()) {
        return Err(refused("slug", "it is a number alone, and would be taken for the number of a link: add a letter"));
    }
    Ok(slug)
}

/// Makes a link.
///
/// Errors: a field where the target is no address that may be led to, the slug is taken, or what it is for is not there.
pub async fn make(data: &DataDirectory, given: &LinkGiven, actor: &str) -> Result<LinkRow, TrackingError> {
    let new = ready(data, given, actor).await?;
    let ids = data.store.add_links(std::slice::from_ref(&new), data.now()).await?;
    let id = ids.map_err(|slug| refused("slug", format!("{slug:?} is taken; choose another")))?[0];
    data.store.link(id).await?.ok_or_else(|| TrackingError::NoLink(id.to_string()))
}

async fn ready(data: &DataDirectory, given: &LinkGiven, actor: &str) -> Result<NewLink, TrackingError> {
    let settings = settings::settings(data).await?;
    let target = checked_target(&given.target, &settings)?;
    let of = of_whom(data, given).await?;
    let named = match of.contact {
        Some(contact) => contacts::shown(data, contact).await?.row.name,
        None => String::new(),
    };
    let name = given.name.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = match (name.is_empty(), named.is_empty()) {
        (false, _) => name,
        (true, false) => named.clone(),
        (true, true) => target.host_str().unwrap_or("link").to_owned(),
    };
    if name.chars().count() > NAME_LETTERS_MAX {
        return Err(refused("name", format!("it is longer than {NAME_LETTERS_MAX} letters")));
    }
    let slug = match given.slug.trim() {
        "" => {
            let begin = slug_of(if named.is_empty() { &name } else { &named });
            let end = random_letters(if begin.is_empty() { 7 } else { 4 })?;
            if begin.is_empty() { end } else { format!("{begin}-{end}") }
        }
        slug => checked_slug(slug)?,
    };
    Ok(NewLink {
        slug_hash: slug_hash(&data.outreach_key, &slug),
        slug,
        name,
        target: of.target(&target, given.is_bare),
        contact: of.contact,
        deal: of.deal,
        deliverable: given.deliverable,
        campaign: of.campaign,
        is_bare: given.is_bare,
        expires_at: match until_of(&given.until)? {
            Some(until) if until <= data.now() => return Err(refused("until", "this day is over; say a later one")),
            until => until,
        },
        actor: actor.to_owned(),
    })
}

/// Whose a link is, and what names them in its target.
#[derive(Default)]
struct OfWhom {
    contact: Option<i64>,
    deal: Option<i64>,
    campaign: Option<i64>,
    utm: Utm,
}

impl OfWhom {
    fn target(&self, target: &Url, is_bare: bool) -> String {
        let utm = &self.utm;
        let is_named = !utm.source.is_empty() || !utm.campaign.is_empty() || !utm.content.is_empty();
        if is_bare || !is_named { target.as_str().to_owned() } else { with_utm(target, utm) }
    }
}

async fn of_whom(data: &DataDirectory, given: &LinkGiven) -> Result<OfWhom, TrackingError> {
    let mut of = OfWhom { contact: given.contact, deal: given.deal, campaign: given.campaign, utm: Utm::default() };
    if let Some(piece) = given.deliverable {
        let held = data.store.deliverable(piece).await?.filter(|held| given.deal.is_none_or(|deal| held.deal == deal));
        let held = held.ok_or_else(|| TrackingError::from(OutreachError::NoDeliverable(piece)))?;
        of.utm.source = held.platform;
        of.deal = Some(held.deal);
    }
    if let Some(deal) = of.deal {
        let held = deals::shown(data, deal).await?;
        of.contact = Some(held.row.contact);
        of.campaign = of.campaign.or(held.row.campaign);
        of.utm.content = format!("deal-{deal}");
        if of.utm.source.is_empty() {
            of.utm.source = held.terms.pieces.first().map_or_else(String::new, |piece| piece.platform.clone());
        }
    }
    if let Some(id) = of.campaign {
        let held = data.store.campaign(id).await?;
        of.utm.campaign = slug_of(&held.ok_or_else(|| refused("campaign", format!("there is no campaign {id}")))?.name);
    }
    Ok(of)
}

/// What a campaign's links are made for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Each {
    #[default]
    Deal,
    /// Every piece that is to be made under a deal, so that posts are told apart.
    Piece,
}

/// Makes a link for every deal of a campaign, or every piece of them, that has none yet, all or none; how many.
pub async fn make_for_campaign(
    data: &DataDirectory,
    campaign: i64,
    target: &str,
    each: Each,
    actor: &str,
) -> Result<Vec<LinkRow>, TrackingError> {
    if data.store.campaign(campaign).await?.is_none() {
        return Err(refused("campaign", format!("there is no campaign {campaign}")));
    }
    let filter = LinkFilter { campaign: Some(campaign), ..LinkFilter::default() };
    let held = data.store.links(&filter).await?;
    let deals_with: std::collections::HashSet<i64> = held.iter().filter_map(|link| link.deal).collect();
    let pieces_with: std::collections::HashSet<i64> = held.iter().filter_map(|link| link.deliverable).collect();
    let mut new = Vec::new();
    for deal in data.store.deals(&DealFilter { campaign: Some(campaign), ..DealFilter::default() }).await? {
        if matches!(deal.state, DealState::Declined | DealState::Withdrawn) {
            continue;
        }
        let given = LinkGiven { target: target.to_owned(), deal: Some(deal.id), ..LinkGiven::default() };
        match each {
            Each::Deal if !deals_with.contains(&deal.id) => new.push(ready(data, &given, actor).await?),
            Each::Deal => {}
            Each::Piece => {
                for piece in data.store.deliverables(deal.id).await? {
                    if !pieces_with.contains(&piece.id) {
                        let given = LinkGiven { deliverable: Some(piece.id), ..given.clone() };
                        new.push(ready(data, &given, actor).await?);
                    }
                }
            }
        }
    }
    if new.is_empty() {
        checked_target(target, &settings::settings(data).await?)?;
        return Ok(vec![]);
    }
    if new.len() > LINKS_AT_ONCE_MAX {
        return Err(refused("campaign", format!("it lacks more than {LINKS_AT_ONCE_MAX} links")));
    }
    let ids = data.store.add_links(&new, data.now()).await?;
    let ids = ids.map_err(|slug| refused("slug", format!("{slug:?} was drawn twice; try again")))?;
    let rows = data.store.links(&filter).await?;
    Ok(rows.into_iter().filter(|row| ids.contains(&row.id)).collect())
}

/// A link by its number or slug.
pub async fn find(data: &DataDirectory, named: &str) -> Result<LinkRow, TrackingError> {
    let by_number = match named.parse::<u32>() {
        Ok(id) => data.store.link(id).await?,
        Err(_) => None,
    };
    match by_number {
        Some(row) => Ok(row),
        None => data.store.link_by_slug(named).await?.ok_or_else(|| TrackingError::NoLink(named.to_owned())),
    }
}

/// Leads a link elsewhere from now on, with who sent somebody as before; where it led stays known.
pub async fn retarget(data: &DataDirectory, link: u32, target: &str, actor: &str) -> Result<(), TrackingError> {
    let target = checked_target(target, &settings::settings(data).await?)?;
    let row = data.store.link(link).await?.ok_or_else(|| TrackingError::NoLink(link.to_string()))?;
    let given = LinkGiven {
        deal: row.deal,
        deliverable: row.deliverable,
        contact: row.contact,
        campaign: row.campaign,
        ..LinkGiven::default()
    };
    let target = of_whom(data, &given).await?.target(&target, row.is_bare);
    match data.store.retarget_link(link, &target, actor, data.now()).await? {
        true => Ok(()),
        false => Err(TrackingError::NoLink(link.to_string())),
    }
}

/// A link by its number.
pub async fn numbered(data: &DataDirectory, link: u32) -> Result<LinkRow, TrackingError> {
    data.store.link(link).await?.ok_or_else(|| TrackingError::NoLink(link.to_string()))
}

/// The whole address of a link, below the public address where there is one.
pub async fn address_of(data: &DataDirectory, slug: &str) -> Result<String, TrackingError> {
    let public = settings::settings(data).await?.public_address;
    Ok(format!("{public}{PATH}/{slug}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_what_it_says_and_gets_who_sent_somebody() {
        let url = Url::parse("https://shop.example/a?color=red&utm_source=news#top").expect("an address");
        let utm = Utm { source: "instagram".to_owned(), campaign: "spring".to_owned(), content: "deal-4".to_owned() };
        assert_eq!(
            with_utm(&url, &utm),
            "https://shop.example/a?color=red&utm_source=instagram&utm_medium=creator&utm_campaign=spring&utm_content=deal-4#top"
        );
        let odd = Url::parse("https://shop.example/?flag&q=a%20b&city=K%F6ln").expect("an address");
        let kept = with_utm(&odd, &utm);
        assert!(kept.starts_with("https://shop.example/?flag&q=a%20b&city=K%F6ln&utm_source="), "{kept}");
    }

    #[test]
    fn only_addresses_of_the_web_are_led_to_and_none_in_a_circle() {
        let settings =
            OutreachSettings { public_address: "https://go.brand.example".to_owned(), ..OutreachSettings::default() };
        for bad in [
            "",
            "shop.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://shop.example/",
            "https://user:secret@shop.example/",
            "https://go.brand.example/t/ana",
            "https://go.brand.example./t/ana",
            "http://127.0.0.1:7878/t/ana",
            "https://",
        ] {
            assert!(checked_target(bad, &settings).is_err(), "{bad}");
        }
        for good in ["https://shop.example", "http://shop.example:8080/a?b=c#d", "https://go.brand.example/shop"] {
            assert!(checked_target(good, &settings).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_name_becomes_part_of_an_address() {
        assert_eq!(slug_of("Ana  Röst & Söhne!"), "ana-roest-soehne");
        assert_eq!(slug_of("安娜"), "");
        assert!(checked_slug("Ana 1").is_err() && checked_slug("a").is_err() && checked_slug("12").is_err());
        assert_eq!(checked_slug(" Ana-1 ").ok().as_deref(), Some("ana-1"));
    }

    #[test]
    fn a_last_day_counts_to_its_end() {
        let end = until_of("2026-03-01").expect("a day").expect("a day");
        assert_eq!(crate::clock::iso(end), "2026-03-02T00:00:00Z");
        assert!(until_of("March").is_err());
    }
}
