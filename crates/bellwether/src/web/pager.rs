//! Lists in pages: which rows a page shows, and the addresses before and after.

use super::format;
use super::query::Pairs;

/// A page of a list: from which row, and the addresses before and after.
pub struct Pages {
    pub from: u64,
    pub words: String,
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// Which rows of `all` the page named under `page` shows; further pages keep the other pairs.
pub fn pages(asked: &Pairs, path: &str, a_page: u64, all: u64) -> Pages {
    let last = all.saturating_sub(1) / a_page + 1;
    let page = asked.one("page").and_then(|page| page.parse::<u64>().ok()).unwrap_or(1).clamp(1, last);
    let from = (page - 1) * a_page;
    let to = (from + a_page).min(all);
    let kept: Vec<(String, String)> =
        asked.0.iter().filter(|(key, value)| !value.is_empty() && key != "page" && key != "done").cloned().collect();
    let at = |page: u64| Pairs(kept.clone()).with_some("page", (page > 1).then_some(page)).address(path);
    Pages {
        from,
        words: match all {
            0 => String::new(),
            _ => format!("{}–{} of {}", format::count(from + 1), format::count(to), format::count(all)),
        },
        previous: (page > 1).then(|| at(page - 1)),
        next: (to < all).then(|| at(page + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_beyond_the_last_is_the_last() {
        let asked = Pairs::default().with("words", "ana").with("page", 9).with("done", "x");
        let pages = pages(&asked, "/outreach/contacts", 50, 120);
        assert_eq!((pages.from, pages.words.as_str(), pages.next), (100, "101–120 of 120", None));
        assert_eq!(pages.previous.as_deref(), Some("/outreach/contacts?words=ana&page=2"));
    }
}
