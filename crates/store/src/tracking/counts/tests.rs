//! Counts however the clicks were cut into portions, against a plain adding up, and made anew beside those in force.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A small generator that repeats (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

const START: i64 = 20_000 * DAY;

fn made_up(dice: &mut Dice, count: usize) -> Vec<CountedClick> {
    let click = |dice: &mut Dice| {
        let is_person = dice.below(3) > 0;
        CountedClick {
            link: 1 + dice.below(5) as u32,
            at: Timestamp(START + dice.below(3 * DAY as u64) as i64),
            verdict: if is_person { 0 } else { 1 + dice.below(8) as u8 },
            is_person,
            // Some have none, some a number that needs the highest bit.
            visitor: dice.below(40) * (u64::MAX / 40),
            reasons: if is_person { 0 } else { 1 << dice.below(32) | 1 << dice.below(32) },
            referrer: ["", "insta.example", "b'a\"d.example", "ü.example"][dice.below(4) as usize].to_owned(),
        }
    };
    (0..count).map(|_| click(dice)).collect()
}

async fn store() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    (Store::open(folder.path()).await.expect("opens"), folder)
}

type Rows = BTreeMap<&'static str, Vec<String>>;

/// Every row of every table of counts, as text.
async fn rows_of(store: &Store) -> Rows {
    let mut all = BTreeMap::new();
    for (table, columns) in [
        ("click_day", "link_id || ' ' || day || ' ' || verdict || ' ' || clicks || ' ' || first_at || ' ' || last_at"),
        ("click_minute", "link_id || ' ' || minute || ' ' || people || ' ' || others"),
        ("click_reason", "link_id || ' ' || reason || ' ' || clicks"),
        ("click_referrer", "link_id || ' ' || host || ' ' || clicks"),
        ("click_visitor", "link_id || ' ' || day || ' ' || visitor"),
        ("click_unique", "link_id || ' ' || day || ' ' || uniques"),
        (
            "click_total",
            "link_id || ' ' || verdict || ' ' || clicks || ' ' || uniques || ' ' || first_at || ' ' || last_at",
        ),
        ("click_day_total", "day || ' ' || verdict || ' ' || clicks || ' ' || uniques"),
        ("click_counted", "segment || ' ' || offset || ' ' || clicks || ' ' || damaged"),
    ] {
        let statement = format!("select {columns} from {table} order by 1");
        let rows: Vec<(String,)> =
            sqlx::query_as(sqlx::AssertSqlSafe(statement)).fetch_all(&store.pool).await.expect("reads");
        all.insert(table, rows.into_iter().map(|row| row.0).collect());
    }
    all
}

/// Which tables hold other rows.
fn other_tables(one: &Rows, other: &Rows) -> Vec<&'static str> {
    one.iter().filter(|(table, rows)| other[*table] != **rows).map(|(table, _)| *table).collect()
}

async fn count_in_portions(store: &Store, dice: &mut Dice, clicks: &[CountedClick]) {
    let mut at = store.counted().await.expect("reads");
    let mut rest = clicks;
    while !rest.is_empty() {
        let (portion, later) = rest.split_at((1 + dice.below(60) as usize).min(rest.len()));
        let clicks = at.clicks + portion.len() as u64;
        let to = Counted { segment: 1, offset: 128 + clicks as u32 * 128, clicks, damaged: 0 };
        assert!(store.count_clicks(at, portion, to).await.expect("counts"));
        (at, rest) = (to, later);
    }
}

#[tokio::test]
async fn counts_are_those_of_plain_adding_up_however_the_clicks_are_cut_into_portions() {
    for seed in [3, 17, 92] {
        let mut dice = Dice(seed);
        let clicks = made_up(&mut dice, 700);
        let (store, _folder) = store().await;
        count_in_portions(&store, &mut dice, &clicks).await;
        let (one_go, _other) = self::store().await;
        let to = store.counted().await.expect("reads");
        one_go.count_clicks(Counted::default(), &clicks, to).await.expect("counts");
        let rows = rows_of(&store).await;
        assert_eq!(other_tables(&rows, &rows_of(&one_go).await), [""; 0], "seed {seed}");

        let mut days: BTreeMap<(i64, u8), u64> = BTreeMap::new();
        let mut visitors: BTreeSet<(u32, i64, u64)> = BTreeSet::new();
        for click in &clicks {
            let day = click.at.0.div_euclid(DAY);
            *days.entry((day, click.verdict)).or_default() += 1;
            if click.is_person && click.visitor != 0 {
                visitors.insert((click.link, day, click.visitor));
            }
        }
        let totals = store.day_totals(0).await.expect("reads");
        let counted: BTreeMap<(i64, u8), u64> = totals.iter().map(|row| ((row.day, row.verdict), row.clicks)).collect();
        assert_eq!(counted, days);
        let brought = store.links_brought(&LinkFilter::default(), 0).await.expect("reads");
        assert_eq!(brought.visitors_by_day, visitors.len() as u64);
        assert_eq!(brought.clicks, clicks.iter().filter(|click| click.is_person).count() as u64);
        let by_link = store.verdict_counts(None).await.expect("reads");
        assert_eq!(by_link.iter().map(|row| row.clicks).sum::<u64>(), clicks.len() as u64);
        assert_eq!(by_link.iter().map(|row| row.uniques).sum::<u64>(), visitors.len() as u64);
        assert_eq!(store.verdict_counts_of(&[1, 2, 3, 4, 5]).await.expect("reads"), by_link);
        assert_eq!(store.verdict_counts_of(&[]).await.expect("reads"), []);
    }
}

#[tokio::test]
async fn counting_anew_gives_the_same_rows_and_mends_what_was_wrong() {
    let mut dice = Dice(5);
    let clicks = made_up(&mut dice, 500);
    let (store, _folder) = store().await;
    count_in_portions(&store, &mut dice, &clicks).await;
    // After today the first day's visitors have gone, and an hour later nothing else has.
    let now = Timestamp(START + 2 * DAY + 5);
    store.forget_visitors(now).await.expect("removes");
    let rows = rows_of(&store).await;
    store.spoil_counts().await;
    assert_eq!(other_tables(&rows_of(&store).await, &rows), ["click_day", "click_total"]);

    let goal = store.counted().await.expect("reads");
    let mut recount = store.begin_recount().await.expect("begins");
    let half = Counted { segment: 1, offset: 128 * 201, clicks: 200, damaged: 0 };
    recount.count(&clicks[..200], half).await.expect("counts");
    assert_eq!(recount.put_in_force(now).await.expect("asks"), Some(goal), "the counts in force reach further");
    assert_eq!(other_tables(&rows_of(&store).await, &rows).len(), 2, "until the new ones are whole the old ones stand");
    recount.count(&clicks[200..], goal).await.expect("counts");
    assert_eq!(recount.put_in_force(now).await.expect("puts"), None);
    recount.end().await.expect("ends");
    assert_eq!(other_tables(&rows_of(&store).await, &rows), [""; 0]);

    // Whoever counts goes on from there.
    let more = made_up(&mut dice, 20);
    let to = Counted { offset: goal.offset + 20 * 128, clicks: goal.clicks + 20, ..goal };
    assert!(store.count_clicks(goal, &more, to).await.expect("counts"));
}

#[tokio::test]
async fn totals_of_an_older_database_are_filled_from_its_days() {
    let mut dice = Dice(8);
    let clicks = made_up(&mut dice, 300);
    let (store, folder) = store().await;
    count_in_portions(&store, &mut dice, &clicks).await;
    let rows = rows_of(&store).await;
    // As it was before there were totals, with the tables as they were made then.
    let older = include_str!("../../../migrations/0014_tracking.sql");
    for (of_then, columns) in [
        ("click_day", "link_id, day, verdict, clicks, first_at, last_at"),
        ("click_minute", "link_id, minute, people, others"),
        ("click_visitor", "link_id, day, visitor"),
        ("click_unique", "link_id, day, uniques"),
    ] {
        let from = older.find(&format!("create table {of_then} (")).expect("was made then");
        let made = older[from..].split_once(';').expect("ends").0;
        for statement in [
            &format!("alter table {of_then} rename to {of_then}_of_now"),
            made,
            &format!("insert into {of_then} ({columns}) select {columns} from {of_then}_of_now"),
            &format!("drop table {of_then}_of_now"),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(statement.to_owned())).execute(&store.pool).await.expect("takes back");
        }
    }
    for statement in [
        "alter table click_minute add column told integer not null default 0",
        "drop table click_total",
        "drop table click_day_total",
        "delete from _sqlx_migrations where version = 18",
    ] {
        sqlx::query(statement).execute(&store.pool).await.expect("takes back");
    }
    drop(store);
    let store = Store::open(folder.path()).await.expect("brings it up to date");
    assert_eq!(other_tables(&rows_of(&store).await, &rows), [""; 0]);
}

#[tokio::test]
async fn what_links_brought_is_found_by_whichever_filter_is_given() {
    use super::super::NewLink;
    let (store, _folder) = store().await;
    let link = |slug: &str| NewLink {
        slug: slug.to_owned(),
        slug_hash: slug.to_owned(),
        name: slug.to_owned(),
        target: "https://shop.example/".to_owned(),
        contact: None,
        deal: None,
        deliverable: None,
        campaign: None,
        is_bare: false,
        expires_at: None,
        actor: "team".to_owned(),
    };
    store.add_links(&[link("a"), link("b")], Timestamp(1)).await.expect("keeps").expect("are new");
    let clicks = made_up(&mut Dice(4), 200);
    store
        .count_clicks(Counted::default(), &clicks, Counted { clicks: 200, ..Counted::default() })
        .await
        .expect("counts");
    let all = store.links_brought(&LinkFilter::default(), 0).await.expect("reads");
    assert_eq!(all.links, 2);
    for filter in [
        LinkFilter { contact: Some(1), ..LinkFilter::default() },
        LinkFilter { deal: Some(1), ..LinkFilter::default() },
        LinkFilter { campaign: Some(1), ..LinkFilter::default() },
        LinkFilter { contact: Some(1), deal: Some(1), campaign: Some(1) },
    ] {
        let none = store.links_brought(&filter, 0).await.expect("reads");
        assert_eq!((none.links, none.clicks), (0, 0), "{filter:?}");
        assert_eq!(store.links_page(&filter, 0, 9).await.expect("reads"), []);
    }
    let page = store.links_page(&LinkFilter::default(), 1, 9).await.expect("reads");
    assert_eq!(page.iter().map(|row| row.slug.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(store.links_numbered(&[2, 9, 1]).await.expect("reads").len(), 2);
}
