//! All conversation groups as a list, narrowed by a word or a niche.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use engine::conversations::portraits::niches::{self, Niche};
use model::Brand;

use super::super::super::groups::{Found, no_groups_words, objective_words};
use super::super::super::market::GroupAbout;
use super::{GroupLine, at_hand, how_found};
use crate::web::app::{App, Page, draw};
use crate::web::brands::brand_at_hand;
use crate::web::error::WebError;
use crate::web::estimates::round_scale_end;
use crate::web::format;
use crate::web::layout::{Layout, Word};
use crate::web::query::Pairs;
use crate::web::visit::Visit;

/// Groups on one page of the list.
const GROUPS_A_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "conversations/groups.html")]
struct GroupsPage {
    layout: Layout,
    brand: Option<Brand>,
    lines: Vec<GroupLine>,
    has_groups: bool,
    /// Why there are none although they were looked for.
    none_found: Option<String>,
    total: String,
    from: String,
    to: String,
    scale: String,
    query: String,
    niches: Vec<NicheChoice>,
    /// "speak of …": what the list was narrowed to.
    about: String,
    how: String,
    tried: Vec<TriedLine>,
    previous: Option<String>,
    next: Option<String>,
    clear: String,
}

/// One objective that was tried.
struct TriedLine {
    words: String,
    groups: String,
    bits: String,
    inside: String,
    by_chance: String,
}

/// A niche that groups of the market talk in.
struct NicheChoice {
    code: String,
    words: String,
    is_here: bool,
}

/// `GET /conversations/groups?brand=…&q=…&niche=…&offset=…`
pub async fn index(State(app): State<App>, visit: Visit, Query(pairs): Query<Vec<(String, String)>>) -> Page {
    let query = Pairs(pairs);
    let brand = brand_at_hand(&app, query.one("brand")).await?;
    let at_hand = at_hand(&app, brand.clone()).await?;
    let list = &at_hand.market.list;
    let text = query.one("q").unwrap_or("").trim().to_lowercase();
    let niche = match query.one("niche") {
        Some(named) => Some(niches::find(named).ok_or_else(|| {
            let hint = "A niche is named by its code or name in the IAB Content Taxonomy 3.1, e.g. niche=211.";
            WebError::unreadable(format!("niche={named} is not understood"), hint)
        })?),
        None => None,
    };
    let offset = query.offset("offset");
    let is_wanted = |group: &GroupAbout| {
        (text.is_empty() || group.speaks_of(&text)) && niche.is_none_or(|niche| group.is_in_niche(niche.code))
    };
    let mut places: Vec<u32> = (0..list.len() as u32).filter(|&place| is_wanted(&list[place as usize])).collect();
    if at_hand.buyers.is_some() {
        places.sort_by_key(|&place| std::cmp::Reverse(at_hand.buyers_in(place).map_or(0, |here| here.talks)));
    }
    let highest = places
        .iter()
        .filter_map(|&place| at_hand.buyers_in(place))
        .map(|here| here.share_of_talk.hi)
        .fold(0.0, f64::max);
    let scale_to = round_scale_end(highest);
    let shown: Vec<u32> = places.iter().copied().skip(offset).take(GROUPS_A_PAGE).collect();
    let names = at_hand.names(&app, &shown).await?;
    let lines: Vec<GroupLine> = shown.iter().map(|&place| at_hand.line(place, scale_to, &names)).collect();
    let base = || Pairs::default().with_some("brand", brand.as_ref().map(|brand| brand.id));
    let at = |offset: usize| {
        base()
            .with_some("q", (!text.is_empty()).then_some(&text))
            .with_some("niche", niche.map(|niche| niche.code))
            .with("offset", offset)
            .address("/conversations/groups")
    };
    let found = at_hand.market.found.as_ref();
    draw(GroupsPage {
        layout: Layout::load(&app, visit, Word::Conversations, "Conversation groups").await?,
        has_groups: !list.is_empty(),
        none_found: found.filter(|_| list.is_empty()).map(no_groups_words),
        total: format::count(places.len() as u64),
        from: format::count(if lines.is_empty() { 0 } else { offset as u64 + 1 }),
        to: format::count((offset + lines.len()) as u64),
        scale: format::scale_end(scale_to, model::Unit::Share),
        previous: (offset > 0).then(|| at(offset.saturating_sub(GROUPS_A_PAGE))),
        next: (places.len() > offset + GROUPS_A_PAGE).then(|| at(offset + GROUPS_A_PAGE)),
        clear: base().address("/conversations/groups"),
        how: found.map(how_found).unwrap_or_default(),
        tried: found.map(tried_lines).unwrap_or_default(),
        niches: niche_choices(list, niche),
        about: about_words(&text, niche),
        query: text,
        brand,
        lines,
    })
    .await
}

/// The niches of the market's groups and those they lie in, as an outline, with how many groups talk in each.
fn niche_choices(list: &[GroupAbout], here: Option<Niche>) -> Vec<NicheChoice> {
    let mut groups: BTreeMap<Vec<&str>, (&str, u32)> = BTreeMap::new();
    for group in list {
        let mut of_group: Vec<&str> =
            group.detail.niches.iter().flat_map(|niche| niches::codes_above(&niche.code)).collect();
        of_group.sort_unstable();
        of_group.dedup();
        for code in of_group {
            groups.entry(niches::path(code)).or_insert((code, 0)).1 += 1;
        }
    }
    groups
        .into_iter()
        .map(|(path, (code, groups))| NicheChoice {
            words: format!(
                "{}{} ({})",
                "– ".repeat(path.len() - 1),
                path.last().copied().unwrap_or_default(),
                format::count(u64::from(groups))
            ),
            is_here: here.is_some_and(|niche| niche.code == code),
            code: code.to_owned(),
        })
        .collect()
}

/// What the list was narrowed to, in words; empty when it was not.
fn about_words(text: &str, niche: Option<Niche>) -> String {
    let speaks = (!text.is_empty()).then(|| format!("speak of “{text}”"));
    let talks = niche.map(|niche| format!("talk in the niche {}", niches::path(niche.code).join(" › ")));
    [speaks, talks].into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

fn tried_lines(found: &Found) -> Vec<TriedLine> {
    found
        .tried
        .iter()
        .map(|tried| TriedLine {
            words: objective_words(tried.objective),
            groups: format::count(tried.groups as u64),
            bits: format!("{:.2}", tried.bits_per_talk),
            inside: format!("{:.0}\u{a0}%", 100.0 * tried.share_inside),
            by_chance: format!("{:.0}\u{a0}%", 100.0 * tried.share_by_chance),
        })
        .collect()
}
