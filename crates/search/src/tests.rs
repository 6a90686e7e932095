//! The index as a whole: what is found, counted, corrected and laid over, on a handful of made-up creators.

use model::AccountId;
use proptest::prelude::*;

use super::*;

fn layout() -> Layout {
    Layout {
        version: 1,
        ranges: vec![
            RangeColumn { name: "followers", interval: false, edges: vec![1_000.0, 10_000.0] },
            RangeColumn { name: "engagement", interval: true, edges: vec![0.02, 0.04] },
        ],
        facets: vec![FacetColumn { name: "platform" }, FacetColumn { name: "niche" }],
    }
}

fn creator(account: i64, name: &str, bio: &str, posts: &[&str]) -> CreatorDocument {
    CreatorDocument {
        account: AccountId(account),
        names: vec![name.to_owned()],
        bio: bio.to_owned(),
        posts: posts.iter().map(|post| (*post).to_owned()).collect(),
        other: vec![],
        ranges: vec![None, None],
        facets: vec![vec![], vec![]],
    }
}

impl CreatorDocument {
    fn with(mut self, followers: Option<f32>, engagement: Option<(f32, f32, f32)>, codes: &[&[&str]]) -> Self {
        self.ranges =
            vec![followers.map(Interval::exact), engagement.map(|(value, lo, hi)| Interval { value, lo, hi })];
        self.facets = codes.iter().map(|codes| codes.iter().map(|code| (*code).to_owned()).collect()).collect();
        self
    }
}

struct Held {
    _folder: tempfile::TempDir,
    index: SearchIndex,
}

fn held(creators: &[CreatorDocument]) -> Held {
    let folder = tempfile::tempdir().expect("a folder");
    let index = SearchIndex::open(folder.path(), layout()).expect("opens");
    let writer = index.writer().expect("writes");
    creators.iter().for_each(|creator| writer.add(creator).expect("adds"));
    writer.commit("first").expect("commits");
    Held { _folder: folder, index }
}

fn market() -> Held {
    held(&[
        creator(1, "Ana Bakes", "sourdough and rye, every week", &["my sourdough starter is called Gerda"]).with(
            Some(12_000.0),
            Some((0.05, 0.03, 0.08)),
            &[&["instagram"], &["baking"]],
        ),
        creator(2, "Ben Brews", "cold brew all year", &["a cold brew at home", "espresso with a capsule"]).with(
            Some(900.0),
            Some((0.035, 0.01, 0.06)),
            &[&["tiktok"], &["coffee", "drinks"]],
        ),
        creator(3, "Cold Days", "hiking", &["what a brew after the cold walk", "espresso on the hill"]).with(
            None,
            None,
            &[&["instagram"], &[]],
        ),
        creator(4, "Dora", "matcha latte", &["Gerda has nothing to do with sourdough"]).with(
            Some(5_000.0),
            None,
            &[&["instagram"], &["drinks"]],
        ),
    ])
}

fn asked(held: &Held, typed: &str) -> Found {
    let request = Request { text: TextQuery::parse(typed).expect("reads"), limit: 10, ..Request::default() };
    find(&held.index.newest().expect("reads"), &request).expect("finds")
}

fn accounts(found: &Found) -> Vec<i64> {
    let mut accounts: Vec<i64> = found.hits.iter().map(|hit| hit.account.0).collect();
    accounts.sort_unstable();
    accounts
}

#[test]
fn all_words_must_be_said_and_phrases_side_by_side() {
    let held = market();
    assert_eq!(accounts(&asked(&held, "cold brew")), [2, 3]);
    assert_eq!(accounts(&asked(&held, "\"cold brew\"")), [2]);
    assert_eq!(accounts(&asked(&held, "cold-brew")), [2]);
    assert_eq!(accounts(&asked(&held, "matcha OR rye")), [1, 4]);
}

#[test]
fn an_exclusion_takes_away_and_stands_alone() {
    let held = market();
    assert_eq!(accounts(&asked(&held, "espresso -capsule")), [3]);
    assert_eq!(accounts(&asked(&held, "-espresso")), [1, 4]);
    assert_eq!(accounts(&asked(&held, "espresso -\"cold brew\"")), [3]);
}

#[test]
fn a_mistyped_word_finds_what_was_meant_and_says_so() {
    let held = market();
    let found = asked(&held, "sourdogh");
    assert_eq!(accounts(&found), [1, 4]);
    assert_eq!(
        (found.understood.words[0].creators, &found.understood.words[0].mended[..]),
        (0, &["sourdough".to_owned()][..])
    );
    assert!(asked(&held, "\"sourdogh\"").hits.is_empty(), "in quotes a word is taken as it is");
}

#[test]
fn a_name_is_found_by_its_beginning_and_in_its_own_part() {
    let held = market();
    assert_eq!(accounts(&asked(&held, "bak")), [1]);
    assert_eq!(accounts(&asked(&held, "name:cold")), [3]);
    assert_eq!(accounts(&asked(&held, "bio:cold")), [2]);
}

#[test]
fn where_nobody_says_all_of_it_those_who_say_some_are_shown() {
    let found = asked(&market(), "matcha capsule");
    assert!(found.understood.some_of_it);
    assert_eq!(accounts(&found), [2, 4]);
}

#[test]
fn where_few_say_all_of_it_those_who_say_all_but_one_word_follow() {
    let held = market();
    let generation = held.index.newest().expect("reads");
    let request = Request {
        text: TextQuery::parse("espresso hill walk -capsule").expect("reads"),
        limit: 10,
        widen: true,
        ..Request::default()
    };
    let found = find(&generation, &request).expect("finds");
    assert_eq!((accounts(&found), found.understood.say_all), (vec![3], 1));
    let text = TextQuery::parse("sourdough gerda starter").expect("reads");
    let request = Request { text, ..request };
    let found = find(&generation, &request).expect("finds");
    assert_eq!(found.hits.iter().map(|hit| hit.account.0).collect::<Vec<_>>(), [1, 4]);
    assert_eq!((found.understood.some_of_it, found.understood.say_all), (true, 1));
    assert_eq!(
        count(&generation, &request, &["platform"]).expect("counts").total,
        2,
        "the counts are of the same people"
    );
    let strict = find(&generation, &Request { widen: false, ..request.clone() }).expect("finds");
    assert_eq!((accounts(&strict), strict.understood.some_of_it), (vec![1], false));
    let quoted = Request { text: TextQuery::parse("sourdough gerda \"starter\"").expect("reads"), ..request.clone() };
    assert_eq!(accounts(&find(&generation, &quoted).expect("finds")), [1], "what is in quotes may not be missing");
    let by_followers = Order::By { column: "followers".to_owned(), descending: true };
    let ordered = find(&generation, &Request { order: by_followers, ..request }).expect("finds");
    assert_eq!(accounts(&ordered), [1], "in another order nobody is added");
}

#[test]
fn a_word_that_nearly_everybody_says_orders_and_does_not_choose() {
    let creators: Vec<CreatorDocument> = (0..300)
        .map(|account| {
            let posts: &[&str] = match account {
                0 => &["cheese with wine"],
                1 => &["cheese, and wine by itself"],
                2 => &["cheese"],
                _ => &["tea with milk"],
            };
            creator(account, "somebody", "", posts)
        })
        .collect();
    let held = held(&creators);
    let found = asked(&held, "cheese with wine");
    assert_eq!(found.hits.iter().map(|hit| hit.account.0).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(found.understood.words.iter().filter(|word| word.common).count(), 1);
    assert_eq!(accounts(&asked(&held, "cheese \"with\" wine")), [0], "in quotes it is asked for");
    assert_eq!(asked(&held, "with").total, 298, "alone it is looked for");
}

#[test]
fn whoever_says_it_in_the_name_or_often_comes_first() {
    let found = asked(&market(), "sourdough");
    assert_eq!(found.hits[0].account.0, 1);
}

#[test]
fn words_said_in_the_same_places_count_less_than_the_word_itself() {
    let held = market();
    let alike = |word: &str| if word == "rye" { vec![("matcha".to_owned(), 0.5)] } else { vec![] };
    let text = TextQuery::parse("rye").expect("reads");
    let request = Request { text, limit: 10, alike: Some(&alike), ..Request::default() };
    let found = find(&held.index.newest().expect("reads"), &request).expect("finds");
    assert_eq!(found.hits.iter().map(|hit| hit.account.0).collect::<Vec<_>>(), [1, 4]);
    assert_eq!(found.understood.words[0].alike, ["matcha"]);
}

fn range(column: &str, from: Option<f32>, to: Option<f32>, read: Read, not_known: bool) -> Filter {
    Filter::Range { column: column.to_owned(), from, to, read, not_known }
}

fn filtered(held: &Held, filters: Vec<Filter>) -> (Vec<i64>, Counts) {
    let request = Request { filters, limit: 10, ..Request::default() };
    let generation = held.index.newest().expect("reads");
    let columns = ["followers", "engagement", "platform", "niche"];
    let counts = count(&generation, &request, &columns).expect("counts");
    (accounts(&find(&generation, &request).expect("finds")), counts)
}

#[test]
fn an_interval_is_surely_probably_or_possibly_above_a_limit() {
    let held = market();
    let above = |read, not_known| filtered(&held, vec![range("engagement", Some(0.03), None, read, not_known)]).0;
    assert_eq!(above(Read::Surely, false), [1]);
    assert_eq!(above(Read::Probably, false), [1, 2]);
    assert_eq!(above(Read::Probably, true), [1, 2, 3, 4]);
    let below = filtered(&held, vec![range("engagement", None, Some(0.06), Read::Surely, false)]).0;
    assert_eq!(below, [2]);
}

#[test]
fn counts_of_a_filtered_column_are_those_without_its_own_filter() {
    let held = market();
    let instagram = Filter::Codes {
        column: "platform".to_owned(),
        one_of: vec!["instagram".to_owned()],
        none_of: vec![],
        not_known: false,
    };
    let (found, counts) =
        filtered(&held, vec![instagram, range("followers", Some(1_000.0), None, Read::Probably, false)]);
    assert_eq!(found, [1, 4]);
    assert_eq!(counts.total, 2);
    assert_eq!(counts.by_words, 4);
    assert_eq!(counts.without, [2, 3]);
    assert_eq!(counts.facets["platform"].codes, [("instagram".to_owned(), 2)]);
    assert_eq!(counts.facets["niche"].codes, [("baking".to_owned(), 1), ("drinks".to_owned(), 1)]);
    assert_eq!(counts.ranges["followers"], Histogram { bins: vec![0, 1, 1], not_known: 1 });
    assert_eq!(counts.ranges["engagement"], Histogram { bins: vec![0, 0, 1], not_known: 1 });
}

#[test]
fn whoever_has_no_value_stands_last_in_both_directions() {
    let held = market();
    let order = |descending| {
        let order = Order::By { column: "followers".to_owned(), descending };
        let request = Request { order, limit: 10, ..Request::default() };
        let found = find(&held.index.newest().expect("reads"), &request).expect("finds");
        found.hits.iter().map(|hit| hit.account.0).collect::<Vec<_>>()
    };
    assert_eq!(order(true), [1, 4, 2, 3]);
    assert_eq!(order(false), [2, 4, 1, 3]);
}

#[test]
fn what_is_replaced_or_removed_is_gone_at_the_next_commit_and_not_before() {
    let held = market();
    let writer = held.index.writer().expect("writes");
    writer.replace(&creator(4, "Dora", "sencha now", &[])).expect("replaces");
    writer.remove(AccountId(1));
    assert_eq!(asked(&held, "matcha").total, 1);
    writer.commit("second").expect("commits");
    assert_eq!(asked(&held, "matcha").total, 0);
    assert_eq!(accounts(&asked(&held, "sencha")), [4]);
    let newest = held.index.newest().expect("reads");
    assert_eq!((newest.creators(), newest.payload.as_deref()), (3, Some("second")));
    let (_, counts) = filtered(&held, vec![]);
    assert_eq!((counts.total, counts.ranges["followers"].not_known), (3, 2));
}

#[test]
fn whoever_is_erased_leaves_no_word_on_disk() {
    let held = held(&[creator(1, "Quintessa", "", &["zyxwvut"]), creator(2, "Ben", "", &["tea"])]);
    assert_eq!(asked(&held, "zyxwvut").total, 1);
    held.index.erase(&[AccountId(1)]).expect("erases");
    assert_eq!(asked(&held, "zyxwvut").total, 0);
    assert_eq!(asked(&held, "tea").total, 1);
    assert_eq!(held.index.newest().expect("reads").payload.as_deref(), Some("first"));
    let folder = held._folder.path().join("v1");
    for entry in std::fs::read_dir(folder).expect("reads").flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let found = bytes.windows(7).any(|piece| piece == b"zyxwvut");
        assert!(!found, "{} still holds it", entry.path().display());
    }
}

#[test]
fn what_people_typed_is_laid_over_the_index() {
    let held = market();
    let overlay = Overlay::new(
        vec![OverlayRange {
            column: RangeColumn { name: "price", interval: true, edges: vec![100.0] },
            values: vec![(AccountId(2), Interval { value: 80.0, lo: 60.0, hi: 120.0 })],
        }],
        vec![
            OverlayFacet {
                column: FacetColumn { name: "list" },
                names: vec!["Spring".to_owned()],
                values: vec![(AccountId(3), vec![0])],
            },
            OverlayFacet {
                column: FacetColumn { name: "niche" },
                names: vec!["tea".to_owned()],
                values: vec![(AccountId(2), vec![0])],
            },
        ],
    );
    let generation = held.index.newest().expect("reads");
    let request = Request { limit: 10, overlay: Some(&overlay), ..Request::default() };
    let counts = count(&generation, &request, &["price", "list", "niche"]).expect("counts");
    assert_eq!(counts.facets["list"], FacetCounts { codes: vec![("Spring".to_owned(), 1)], not_known: 3 });
    let niche: Vec<&str> = counts.facets["niche"].codes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(niche, ["baking", "drinks", "tea"]);
    assert_eq!(counts.ranges["price"], Histogram { bins: vec![1, 0], not_known: 3 });
    let cheap = range("price", None, Some(100.0), Read::Surely, false);
    let found = find(&generation, &Request { filters: vec![cheap], ..request }).expect("finds");
    assert!(found.hits.is_empty(), "the interval reaches above 100");
}

#[test]
fn an_index_of_another_layout_is_begun_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let index = SearchIndex::open(folder.path(), layout()).expect("opens");
    let writer = index.writer().expect("writes");
    writer.add(&creator(1, "Ana", "", &[])).expect("adds");
    writer.commit("first").expect("commits");
    drop(index);
    let other = Layout { version: 2, ..layout() };
    assert_eq!(SearchIndex::open(folder.path(), other).expect("opens").newest().expect("reads").creators(), 0);
}

#[test]
fn a_damaged_index_is_begun_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(SearchIndex::open(folder.path(), layout()).expect("opens"));
    std::fs::write(folder.path().join("v1").join("meta.json"), "{").expect("writes");
    assert_eq!(SearchIndex::open(folder.path(), layout()).expect("opens").newest().expect("reads").creators(), 0);
}

#[test]
fn a_question_too_long_is_refused_with_what_to_do() {
    let error = TextQuery::parse(&"tea ".repeat(30)).expect_err("is refused");
    assert!(error.to_string().contains("leave out"), "{error}");
}

/// A creator by what the oracle below needs.
type Row = (i64, Option<u16>, u8, u8);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (proptest::option::of(0..40u16), 0..3u8, 0..4u8);
    proptest::collection::vec(row, 1..60)
        .prop_map(|rows| rows.into_iter().zip(1..).map(|((number, code, word), id)| (id, number, code, word)).collect())
}

const CODES: [&str; 3] = ["a", "b", "c"];
const SAID: [&str; 4] = ["tea", "coffee", "tea coffee", "nothing"];

fn of_rows(rows: &[Row]) -> Held {
    let creators: Vec<CreatorDocument> = rows
        .iter()
        .map(|(id, number, code, word)| {
            creator(*id, "x", SAID[*word as usize], &[]).with(
                number.map(f32::from),
                None,
                &[&[CODES[*code as usize]], &[]],
            )
        })
        .collect();
    held(&creators)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn pages_one_after_the_other_are_the_whole_in_order(rows in rows(), limit in 1..7usize, descending: bool) {
        let held = of_rows(&rows);
        let generation = held.index.newest().expect("reads");
        let order = Order::By { column: "followers".to_owned(), descending };
        let mut seen = vec![];
        let mut after = None;
        loop {
            let request = Request { order: order.clone(), after, limit, ..Request::default() };
            let found = find(&generation, &request).expect("finds");
            prop_assert_eq!(found.total, rows.len() as u64);
            seen.extend(found.hits.iter().map(|hit| hit.account.0));
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        let mut expected = rows.clone();
        expected.sort_by_key(|(id, number, _, _)| {
            let number = number.map(i32::from);
            (number.is_none(), number.map(|number| if descending { -number } else { number }), *id)
        });
        prop_assert_eq!(seen, expected.into_iter().map(|row| row.0).collect::<Vec<_>>());
    }

    #[test]
    fn counts_are_those_of_a_plain_loop(rows in rows(), from in 0..40u16, code in 0..3u8, not_known: bool) {
        let held = of_rows(&rows);
        let text = TextQuery::parse("tea").expect("reads");
        let filters = vec![
            range("followers", Some(f32::from(from)), None, Read::Probably, not_known),
            Filter::Codes {
                column: "platform".to_owned(),
                one_of: vec![CODES[code as usize].to_owned()],
                none_of: vec![],
                not_known: false,
            },
        ];
        let request = Request { text, filters, limit: 100, ..Request::default() };
        let generation = held.index.newest().expect("reads");
        let counts = count(&generation, &request, &["followers", "platform"]).expect("counts");
        let says = |row: &&Row| SAID[row.3 as usize].contains("tea");
        let in_range = |row: &&Row| row.1.map_or(not_known, |number| number >= from);
        let coded = |row: &&Row| row.2 == code;
        let total = rows.iter().filter(says).filter(in_range).filter(coded).count() as u64;
        prop_assert_eq!(counts.total, total);
        prop_assert_eq!(find(&generation, &request).expect("finds").total, total);
        for (place, name) in CODES.iter().enumerate() {
            let expected =
                rows.iter().filter(says).filter(in_range).filter(|row| row.2 as usize == place).count() as u64;
            let counted = counts.facets["platform"].codes.iter().find(|(code, _)| code == name).map_or(0, |code| code.1);
            prop_assert_eq!(counted, expected);
        }
        let unknown = rows.iter().filter(says).filter(coded).filter(|row| row.1.is_none()).count() as u64;
        prop_assert_eq!(counts.ranges["followers"].not_known, unknown);
    }
}
