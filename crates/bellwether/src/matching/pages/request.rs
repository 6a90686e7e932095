//! What a ranking's address asks for: the brand, filters, order and page, read and written back without loss.

use model::AccountId;
use store::{RankedFilter, RankedSort};

use crate::matching::Talk;
use crate::web::query::Pairs;

/// Rows on a page unless more are asked for.
pub const ROWS_A_PAGE: u32 = 100;
/// A ranking never holds more creators than this.
pub const ROWS_MAX: u32 = 1_000;

/// The whole state of a ranking's page.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct RankingRequest {
    pub brand: Option<String>,
    /// Which talk counts more.
    pub talk: Talk,
    pub platforms: Vec<String>,
    pub tiers: Vec<String>,
    pub levels: Vec<String>,
    pub text: Option<String>,
    pub sort: RankedSort,
    pub direction: Direction,
    /// From 1.
    pub page: u32,
    pub rows: u32,
    /// Ticked creators.
    pub creators: Vec<AccountId>,
}

/// Which way a column is ordered.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Direction {
    #[default]
    Ascending,
    Descending,
}

/// A group of filters that are ticked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Facet {
    Platform,
    Tier,
    Level,
}

impl Facet {
    pub const ALL: [Facet; 3] = [Facet::Level, Facet::Tier, Facet::Platform];

    /// The key in the address.
    pub fn key(self) -> &'static str {
        match self {
            Facet::Platform => "platform",
            Facet::Tier => "tier",
            Facet::Level => "level",
        }
    }
}

impl RankingRequest {
    pub fn read(pairs: &Pairs) -> RankingRequest {
        let sort = pairs.one("sort").and_then(RankedSort::from_code).unwrap_or_default();
        let direction = match pairs.one("order") {
            Some("desc") => Direction::Descending,
            Some("asc") => Direction::Ascending,
            _ => usual_direction(sort),
        };
        RankingRequest {
            brand: pairs.one("brand").map(str::to_owned),
            talk: pairs.one("talk").and_then(Talk::from_code).unwrap_or_default(),
            platforms: pairs.all("platform"),
            tiers: pairs.all("tier"),
            levels: pairs.all("level"),
            text: pairs.one("q").map(str::to_owned),
            sort,
            direction,
            page: pairs.one("page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1),
            rows: pairs.one("rows").and_then(|rows| rows.parse().ok()).unwrap_or(ROWS_A_PAGE).clamp(10, ROWS_MAX),
            creators: pairs.all("creator").iter().filter_map(|account| account.parse().ok()).collect(),
        }
    }

    pub fn pairs(&self) -> Pairs {
        let usual = self.direction == usual_direction(self.sort);
        let mut pairs = self.filter_pairs();
        if self.sort != RankedSort::default() {
            pairs = pairs.with("sort", self.sort.code());
        }
        if !usual {
            pairs = pairs.with("order", if self.direction == Direction::Descending { "desc" } else { "asc" });
        }
        pairs
            .with_some("page", (self.page > 1).then_some(self.page))
            .with_some("rows", (self.rows != ROWS_A_PAGE).then_some(self.rows))
    }

    /// The brand and the filters alone.
    pub fn filter_pairs(&self) -> Pairs {
        let mut pairs = Pairs::default()
            .with_some("brand", self.brand.clone())
            .with_some("talk", (self.talk != Talk::default()).then(|| self.talk.code()));
        for facet in Facet::ALL {
            for value in self.ticked(facet) {
                pairs = pairs.with(facet.key(), value);
            }
        }
        pairs.with_some("q", self.text.clone())
    }

    pub fn ticked(&self, facet: Facet) -> &[String] {
        match facet {
            Facet::Platform => &self.platforms,
            Facet::Tier => &self.tiers,
            Facet::Level => &self.levels,
        }
    }

    fn ticked_mut(&mut self, facet: Facet) -> &mut Vec<String> {
        match facet {
            Facet::Platform => &mut self.platforms,
            Facet::Tier => &mut self.tiers,
            Facet::Level => &mut self.levels,
        }
    }

    pub fn has_filters(&self) -> bool {
        self.text.is_some() || Facet::ALL.iter().any(|facet| !self.ticked(*facet).is_empty())
    }

    pub fn without_filters(&self) -> RankingRequest {
        let mut request = self.on_first_page();
        request.text = None;
        for facet in Facet::ALL {
            request.ticked_mut(facet).clear();
        }
        request
    }

    pub fn without_facet(&self, facet: Facet) -> RankingRequest {
        let mut request = self.on_first_page();
        request.ticked_mut(facet).clear();
        request
    }

    pub fn without_value(&self, facet: Facet, value: &str) -> RankingRequest {
        let mut request = self.on_first_page();
        request.ticked_mut(facet).retain(|ticked| ticked != value);
        request
    }

    pub fn without_text(&self) -> RankingRequest {
        RankingRequest { text: None, ..self.on_first_page() }
    }

    pub fn on_page(&self, page: u32) -> RankingRequest {
        RankingRequest { page, ..self.clone() }
    }

    pub fn with_rows(&self, rows: u32) -> RankingRequest {
        RankingRequest { rows, ..self.on_first_page() }
    }

    /// Ordered by this column; the other way round when it already is.
    pub fn sorted_by(&self, sort: RankedSort) -> RankingRequest {
        let usual = usual_direction(sort);
        let direction = if self.sort == sort && self.direction == usual { opposite(usual) } else { usual };
        RankingRequest { sort, direction, ..self.on_first_page() }
    }

    fn on_first_page(&self) -> RankingRequest {
        RankingRequest { page: 1, ..self.clone() }
    }

    pub fn address(&self) -> String {
        self.pairs().address("/matching")
    }

    pub fn filter(&self) -> RankedFilter {
        RankedFilter {
            platforms: self.platforms.clone(),
            tiers: self.tiers.clone(),
            levels: self.levels.clone(),
            accounts: self.creators.clone(),
            text: self.text.clone(),
            sort: self.sort,
            descending: self.direction == Direction::Descending,
            limit: self.rows,
            offset: (self.page - 1).saturating_mul(self.rows),
        }
    }
}

/// Places and names begin with the first, figures with the highest.
pub fn usual_direction(sort: RankedSort) -> Direction {
    match sort {
        RankedSort::Position | RankedSort::Name => Direction::Ascending,
        _ => Direction::Descending,
    }
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Ascending => Direction::Descending,
        Direction::Descending => Direction::Ascending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> RankingRequest {
        RankingRequest::read(&Pairs(
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        ))
    }

    #[test]
    fn an_address_read_and_written_again_is_the_same_state() {
        let given = [
            ("brand", "7"),
            ("talk", "buying"),
            ("level", "many"),
            ("level", "some"),
            ("tier", "micro"),
            ("q", "ana"),
            ("sort", "followers"),
            ("order", "asc"),
            ("page", "2"),
        ];
        let request = read(&given);
        assert_eq!(RankingRequest::read(&request.pairs()), request);
        assert_eq!(request.filter().offset, 100);
        assert!(request.address().contains("talk=buying"));
        assert!(!request.filter().descending);
    }

    #[test]
    fn a_second_click_on_a_column_turns_its_order_round_and_returns_to_page_one() {
        let request = read(&[("brand", "7"), ("page", "3")]).sorted_by(RankedSort::Followers);
        assert_eq!((request.page, request.direction), (1, Direction::Descending));
        assert_eq!(request.sorted_by(RankedSort::Followers).direction, Direction::Ascending);
    }

    #[test]
    fn nonsense_in_an_address_falls_back_to_the_usual() {
        let request = read(&[("page", "-4"), ("rows", "9999999"), ("sort", "luck"), ("creator", "x")]);
        assert_eq!((request.page, request.rows, request.sort), (1, ROWS_MAX, RankedSort::Position));
        assert!(request.creators.is_empty());
    }
}
