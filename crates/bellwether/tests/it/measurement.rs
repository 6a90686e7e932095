//! Measurement: did it work? Lifts found where they are planted and not found where they are not, by the command line.

use serde_json::{Value, json};

use crate::bare_points;
use crate::harness::{Place, real_data, text};

#[test]
fn lifts_of_three_public_series_are_those_of_the_reference_and_the_same_again() {
    let name = "lifts_of_three_public_series_are_those_of_the_reference_and_the_same_again";
    let Some(folder) = real_data(name, "measurement") else { return };
    let place = Place::new();
    for (file, pre, effect, verdict) in [
        ("arma_data.csv", "70", 0.834_488, "cannot tell"),
        ("google_data.csv", "61", 27.526, "seen"),
        ("basque.csv", "21", -0.885_585, "less than without"),
    ] {
        let path = text(&folder.join(file));
        let ask = || place.json(&["evaluate", "lift", "--data", &path, "--pre", pre]);
        let first = ask();
        let found = first["effect"].as_f64().expect("a number");
        assert!((found / effect - 1.0).abs() < 1e-4, "{file}: {found}");
        assert_eq!(first["verdict"], json!(verdict), "{file}");
        let without_time = |mut value: Value| {
            value["wall_ms"] = Value::Null;
            value
        };
        assert_eq!(without_time(first), without_time(ask()));
    }
}

#[test]
fn many_made_series_raise_few_alarms_and_intervals_hold_what_is_planted() {
    let place = Place::new();
    let words = ["evaluate", "lift-many", "--made", "memory-3,counts", "--number", "40", "--pre", "98", "--post", "28"];
    let many = place.json(&words);
    assert_eq!(many["series"], json!(80));
    assert!(many["kinds"]["memory-3"]["false_alarm"].as_f64() < Some(0.13), "{many}");
    assert!(
        many["coverage"].as_f64() > Some(0.85) && many["kinds"]["counts"]["mean_width"].as_f64() > Some(1.0),
        "{many}"
    );
    let none = place.refused(&["evaluate", "lift-many", "--made", "weather", "--pre", "98"]);
    assert!(none.contains("no kind of series is \"weather\"") && none.contains("drift-20"), "{none}");
}

#[test]
fn series_of_a_file_are_told_apart_and_wrong_cells_are_named() {
    let place = Place::new();
    let mut rows = "series,day,y,x1\n".to_owned();
    for series in ["a", "b"] {
        for day in 0..120 {
            let wave = f64::from((day * 7919) % 13) - 6.0;
            rows.push_str(&format!("{series},{day},{},{}\n", 100.0 + wave + f64::from(day % 7), 50.0 + wave));
        }
    }
    let file = text(&place.file("many.csv", &rows));
    let many = place.json(&["evaluate", "lift-many", "--data", &file, "--pre", "92"]);
    assert_eq!((&many["series"], &many["power"]), (&json!(2), &json!(1.0)), "{many}");
    let said = place.refused(&["evaluate", "lift", "--data", &file, "--pre", "92"]);
    assert!(said.contains("2 series") && said.contains("lift-many"), "{said}");
    let wrong = text(&place.file("wrong.csv", "day,y\n1,5\n2,much\n"));
    let said = place.refused(&["evaluate", "lift", "--data", &wrong, "--pre", "1"]);
    assert!(said.contains("row 3") && said.contains("column `y`") && said.contains("much"), "{said}");
    let twice = text(&place.file("twice.csv", "day,y\n1,5\n1,6\n"));
    assert!(place.refused(&["evaluate", "lift", "--data", &twice, "--pre", "1"]).contains("two rows of one day"));
}

#[test]
fn the_second_opinion_agrees_with_what_its_model_published() {
    let name = "the_second_opinion_agrees_with_what_its_model_published";
    let Some(folder) = real_data(name, "measurement") else { return };
    let place = Place::new();
    for (file, pre, effect, lo, hi) in
        [("arma_data.csv", "70", 0.89, 0.27, 1.5), ("google_data.csv", "61", 27.0, 18.0, 36.0)]
    {
        let path = text(&folder.join(file));
        let found = place.json(&["evaluate", "lift", "--data", &path, "--pre", pre, "--engine", "gibbs"]);
        let sd = (hi - lo) / 3.92;
        let near = |key: &str, expect: f64, part: f64| {
            let value = found[key].as_f64().expect("a number");
            assert!((value - expect).abs() < part * sd, "{file} {key}: {value} against {expect}");
        };
        near("effect", effect, 0.15);
        near("lo", lo, 0.25);
        near("hi", hi, 0.25);
        assert_eq!(found["verdict"], json!("seen"));
    }
}

#[test]
fn two_public_panels_have_the_effects_that_are_known_of_them() {
    let name = "two_public_panels_have_the_effects_that_are_known_of_them";
    let Some(folder) = real_data(name, "measurement") else { return };
    let place = Place::new();
    let near = |found: &Value, key: &str, expect: f64, within: f64| {
        let value = found[key].as_f64().expect("a number");
        assert!((value - expect).abs() < within, "{key}: {value}");
    };
    let geo = text(&folder.join("GeoLift_Test.csv"));
    let found = place.json(&["evaluate", "panel", "--data", &geo, "--treated", "chicago,portland", "--pre", "90"]);
    near(&found, "att", 155.555, 0.005);
    near(&found, "l2", 909.4885, 0.001);
    assert!(found["p_placebo"].is_number() && found["weights"].as_object().is_some_and(|weights| weights.len() > 1));
    let smoke = text(&folder.join("california_prop99.csv"));
    let found = place.json(&["evaluate", "panel", "--data", &smoke, "--treated", "California", "--pre", "19"]);
    near(&found, "did", -27.349_111_083_6, 1e-8);
    near(&found, "plain", -19.513_6, 0.001);
    let said = place.refused(&["evaluate", "panel", "--data", &smoke, "--treated", "Atlantis", "--pre", "19"]);
    assert!(said.contains("no place \"Atlantis\"") && said.contains("Alabama"), "{said}");
}

// ---- Questions asked of a campaign, through pages and commands.

/// Orders of a shop for so many days up to yesterday: about `level` a day by weekday, `lift` more in the last `during` ones.
fn orders_file(days: i64, during: i64, level: f64, lift: f64) -> String {
    let today = bellwether::clock::now().0.div_euclid(86_400_000_000);
    let mut rows = "order,at,amount,currency\n".to_owned();
    let mut state = 12_345_u64;
    let mut chance = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1u32 << 31)
    };
    for day in today - days..today {
        let weekday = [1.0, 0.9, 0.95, 1.0, 1.1, 1.25, 0.8][day.rem_euclid(7) as usize];
        let more = if day >= today - during { 1.0 + lift } else { 1.0 };
        let noise: f64 = (0..6).map(|_| chance()).sum::<f64>() - 3.0;
        let orders = (level * weekday * more + noise * 2.5).round().max(0.0) as i64;
        for order in 0..orders {
            let at = day * 86_400 + 3_600 + (chance() * 80_000.0) as i64;
            let at = bellwether::clock::iso(model::Timestamp::from_unix_seconds(at));
            rows.push_str(&format!("{day}-{order},{at},{:.2},EUR\n", 30.0 + 20.0 * chance()));
        }
    }
    rows
}

fn day(from_today: i64) -> String {
    let today = bellwether::clock::now().0.div_euclid(86_400_000_000);
    bellwether::clock::iso_day(model::Timestamp((today + from_today) * 86_400_000_000))
}

fn with_orders(place: &Place, rows: &str) {
    place.json(&["tracking", "shop", "Own", "--kind", "file", "--currency", "EUR"]);
    let file = text(&place.file("orders.csv", rows));
    let taken = place.json(&["tracking", "orders", &file, "--shop", "Own"]);
    assert_eq!(taken["refused"], json!([]), "{taken}");
}

/// Numbers in the documents of measurement that are no estimates.
const NO_ESTIMATES: &[&str] = &[
    // What a row is called, and what was asked.
    "measurement",
    "campaign",
    "contact",
    "piece",
    "version",
    "design.margin_basis_points",
    "design.settle_days",
    "design.window_days",
    // How many rows and windows there were, and which.
    "creators[].posts",
    "days_before",
    "placebos.alarms",
    "placebos.rank",
    "placebos.step",
    "windows[].first_day",
    "windows",
    "alarms",
    "days_known",
    "days_needed",
    "detectable.windows",
    "days[].day",
    "posts[].day",
    "too_few_conversions.conversions",
    "too_few_conversions.needed",
    // What happened on a day, by the rows held of it.
    "days[].seen",
    // A value with both of its ends, and an interval alone.
    "days[].expected[]",
    "days[].gained[]",
    "windows[].a_day[]",
    "pooled.roi",
    "pooled.lo",
    "pooled.hi",
    // Chances and weights, which say themselves how sure something is; and an effect that was tried.
    "power[][]",
    "events[][]",
    "others[].p",
    "primary.p",
    "creators[].chance_best",
    "detectable.relative",
    "shares",
];

/// Numbers on pages of measurement that are no estimates: sums of what was typed, an effect that was tried, weights of kinds of noise,
/// versions, names of pieces, how many rows there are.
const SAID: &[&str] = &[
    "It cost",
    "would mostly be seen",
    "is not seen here",
    "speak for",
    "the same data and versions",
    "story 1",
    "the newest",
    "are too few",
    "never 0",
    "and not 0",
    "answered, ",
];

#[tokio::test]
async fn a_question_kept_before_is_watched_while_it_runs_and_answered_on_its_day() {
    let place = Place::new();
    with_orders(&place, &orders_file(190, 0, 40.0, 0.0));
    let foreseen = place.json(&["measurement", "foresee", "orders", "--from", &day(1), "--to", &day(28)]);
    assert_eq!(bare_points::of_document(&foreseen, NO_ESTIMATES), Default::default());
    assert!(foreseen["windows"].as_u64() > Some(3), "{foreseen}");
    assert!(foreseen["smallest"]["value"].as_f64() < Some(0.5), "{}", foreseen["smallest"]);
    let asked = place.json(&[
        "measurement",
        "ask",
        "orders",
        "--from",
        &day(1),
        "--to",
        &day(28),
        "--name",
        "Spring",
        "--also",
        "revenue",
        "--margin",
        "40",
    ]);
    assert_eq!(asked["design"]["is_late"], json!(false));
    let id = asked["measurement"].to_string();
    let early = place.refused(&["measurement", "report", &id]);
    assert!(early.contains("may be read from") && early.contains("measurement live"), "{early}");
    let again =
        place.refused(&["measurement", "ask", "orders", "--from", &day(1), "--to", &day(28), "--name", "SPRING"]);
    assert!(again.contains("already"), "{again}");
    place.json(&[
        "measurement",
        "cost",
        &id,
        "--fee",
        "900",
        "--shipping",
        "0",
        "--hours",
        "4",
        "--hourly-rate",
        "30 EUR",
    ]);
    let browser = crate::outreach_pages::Browser::at(&place).await;
    let ahead = browser.get(&format!("/measurement/{id}")).await;
    assert!(ahead.text.contains("is not changed any more"), "{}", ahead.text);
    browser.data.let_time_pass(std::time::Duration::from_secs(12 * 86_400));
    let running = browser.get(&format!("/measurement/{id}")).await.text;
    assert_eq!(bare_points::of_page(&running, SAID), Default::default());
    assert!(running.contains("Safe to look at every day") && !running.contains("Incremental"), "{running}");
    let file = browser.get(&format!("/measurement/{id}/report.json")).await;
    assert_eq!(file.status, axum::http::StatusCode::CONFLICT);
    browser.data.let_time_pass(std::time::Duration::from_secs(25 * 86_400));
    let answered = browser.get(&format!("/measurement/{id}")).await.text;
    for piece in
        ["Attributed", "Incremental", "What is not known", "What the words mean", "share of tools", "commission"]
    {
        assert!(answered.contains(piece), "{piece} is missing");
    }
    // The file of orders ends before it began: that is no day without an order, and nothing is said of it.
    assert!(answered.contains("What it added in orders is not known"), "{answered}");
    assert!(answered.contains("nobody told of orders from"), "{answered}");
    let document: Value =
        serde_json::from_str(&browser.get(&format!("/measurement/{id}/report.json")).await.text).expect("JSON");
    assert_eq!(bare_points::of_document(&document, NO_ESTIMATES), Default::default());
    assert_eq!(document["found"]["cost"]["total"]["value"], json!(102_000.0), "900 and 4 hours of 30");
    for table in ["figures.csv", "creators.csv", "days.csv"] {
        let answer = browser.get(&format!("/measurement/{id}/{table}")).await;
        assert_eq!(answer.status, axum::http::StatusCode::OK, "{table}");
        assert_eq!(bare_points::of_table(&answer.text, &["contact", "posts"]), Default::default(), "{table}");
    }
    assert_eq!(bare_points::of_page(&answered, SAID), Default::default());
    let asked_again = format!("/new?name=Again&primary=orders&starts_on={}&ends_on={}", day(60), day(87));
    for page in ["", "/new", &asked_again, "/series", &format!("/{id}/costs")] {
        let text = browser.get(&format!("/measurement{page}")).await.text;
        assert_eq!(bare_points::of_page(&text, SAID), Default::default(), "/measurement{page}");
    }
    let book = browser.get(&format!("/measurement/{id}/report.xlsx")).await;
    assert!(book.status == axum::http::StatusCode::OK && book.text.starts_with("PK"), "a workbook is a zip file");
}

#[test]
fn what_a_campaign_added_is_found_with_its_interval_and_both_returns_and_is_the_same_again() {
    let place = Place::new();
    with_orders(&place, &orders_file(200, 28, 60.0, 0.25));
    let ask =
        ["measurement", "ask", "orders", "--from", &day(-28), "--to", &day(-1), "--margin", "40", "--settle", "0"];
    let asked = place.json(&[&ask[..], &["--name", "Autumn", "--also", "revenue"]].concat());
    assert_eq!(asked["design"]["is_late"], json!(true), "the days are over");
    let id = asked["measurement"].to_string();
    place.json(&["measurement", "cost", &id, "--fee", "2000"]);
    let report = place.json(&["measurement", "report", &id]);
    let found = &report["found"];
    let gained = &found["primary"]["gained"];
    let (lo, hi) = (gained["lo"].as_f64().expect("lo"), gained["hi"].as_f64().expect("hi"));
    let truth = 0.25 * 60.0 * 28.0;
    assert!(lo > 0.0 && lo < truth && truth < hi, "{lo} to {hi} around {truth}");
    assert_eq!(found["primary"]["verdict"], json!("seen_more"));
    assert!(report["answer"].as_str().is_some_and(|answer| answer.contains("more margin than without")), "{report}");
    assert!(found["incremental"]["roi"]["value"].as_f64() > Some(0.0), "{}", found["incremental"]["roi"]);
    assert_eq!(found["attributed"]["roi"]["value"], json!(-1.0), "no order came by a link");
    assert!(found["remarks"][0].as_str().is_some_and(|remark| remark.contains("hint and no test")));
    assert!(found["secondary"][0]["p_among_all"].as_f64().is_some());
    let again = place.json(&["measurement", "report", &id]);
    assert_eq!((&again["data_hash"], &again["found"]), (&report["data_hash"], &report["found"]));
    // A refund comes in: the answer is made anew, and the one that was read first stays beside it.
    place.json(&["measurement", "cost", &id, "--tools", "100"]);
    let after = place.json(&["measurement", "report", &id]);
    assert_ne!(after["data_hash"], report["data_hash"]);
    assert_eq!(after["found"]["cost"]["total"]["value"], json!(210_000.0));
}

#[test]
fn what_cannot_be_measured_is_refused_where_it_is_typed() {
    let place = Place::new();
    let nothing = place.json(&["measurement", "foresee", "orders", "--from", &day(1), "--to", &day(28)]);
    assert!(nothing["why_not"].as_str().is_some_and(|why| why.contains("nothing is held of orders")), "{nothing}");
    let ask = |words: &[&str]| place.refused(&[&["measurement", "ask"][..], words].concat());
    assert!(ask(&["sales", "--from", &day(1), "--to", &day(28)]).contains("no outcome"));
    assert!(ask(&["orders", "--from", &day(9), "--to", &day(1)]).contains("before the first"));
    assert!(ask(&["orders", "--from", "soon", "--to", &day(1)]).contains("2026-03-01"));
    assert!(ask(&["series:4", "--from", &day(1), "--to", &day(28)]).contains("there is no series 4"));
    let rows: String = (0..90).map(|back| format!("{},{}\n", day(-90 + back), 10 + back % 7)).collect();
    let file = text(&place.file("hashtag.csv", format!("date,own hashtag\n{rows}yesterday,3\n2026-01-01,many\n")));
    let taken = place.json(&["measurement", "import-series", &file]);
    assert_eq!((&taken["series"][0]["new"], &taken["refused"]), (&json!(90), &json!(2)), "{taken}");
    let again = place.json(&["measurement", "import-series", &file]);
    assert_eq!((&again["series"][0]["new"], &again["series"][0]["known"]), (&json!(0), &json!(90)));
    let beside = ask(&["leads", "--from", &day(1), "--to", &day(28), "--beside", "1"]);
    assert!(beside.contains("own campaigns move"), "{beside}");
}

#[tokio::test]
async fn a_report_is_read_by_its_link_alone_until_it_is_revoked() {
    let place = Place::new();
    with_orders(&place, &orders_file(150, 21, 30.0, 0.0));
    let asked = place.json(&["measurement", "ask", "orders", "--from", &day(-21), "--to", &day(-1), "--settle", "0"]);
    let id = asked["measurement"].to_string();
    let shared = place.json(&["measurement", "share", &id, "--note", "the board"]);
    let address = shared["address"].as_str().expect("an address").to_owned();
    let browser = crate::outreach_pages::Browser::at(&place).await;
    let page = browser.get(&address).await;
    assert_eq!(page.status, axum::http::StatusCode::OK);
    assert!(page.text.contains("the board") && page.text.contains("noindex"), "{}", page.text);
    assert_eq!(bare_points::of_page(&page.text, SAID), Default::default());
    let inside: Vec<&str> = page.text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let leads_in: Vec<&&str> = inside
        .iter()
        .filter(|link| link.starts_with('/') && !link.starts_with("/static") && !link.starts_with('#'))
        .collect();
    assert!(leads_in.is_empty(), "nothing leads into the program: {leads_in:?}");
    let links = place.json(&["measurement", "links", &id]);
    assert_eq!((&links[0]["opened"], &links[0]["state"]), (&json!(1), &json!("open")));
    place.json(&["measurement", "revoke", &id, &links[0]["link"].to_string()]);
    let gone = browser.get(&address).await;
    assert_eq!(gone.status, axum::http::StatusCode::NOT_FOUND);
    assert!(!gone.text.contains("the board"));
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const SLOT: &str = "T12:00:00Z";

#[tokio::test]
async fn a_campaign_is_told_by_creator_with_its_clicks_orders_posts_costs_plan_and_share_of_voice() {
    use crate::outreach_campaigns::{agreed, campaign, place};
    let place = place();
    place.json(&["matching", "brand", "Kiln", "--keyword", "grinder"]);
    place.json(&["matching", "profile", "--brand", "Kiln", "--rival", "Glaze Works"]);
    let said = ["I love my kiln.", "A KILN, at last", "kilns are no Kiln", "Glaze Works is fine", "Nothing at all"];
    let talk: String = said
        .iter()
        .enumerate()
        .map(|(place, words)| format!("u{place},ana.brews,{}{SLOT},\"{words}\"\n", day(-1)))
        .collect();
    let talk = text(&place.file("talk.csv", format!("who,whom,when,words\n{talk}")));
    let map = "interactions:actor=who,target=whom,at=when,text=words,every-kind=comment";
    place.json(&["ingest", "csv", &talk, "--platform", "instagram", "--map", map]);
    with_orders(&place, &orders_file(150, 0, 20.0, 0.0));
    let browser = crate::outreach_pages::Browser::at(&place).await;
    assert_eq!(campaign(&browser).await, 1);
    let terms = ["--campaign", "1", "--fee", "200 EUR", "--piece", "1 story instagram"];
    let deal = agreed(&place, &browser, &terms).await.to_string();
    let link = place.json(&["tracking", "link", "https://shop.example/", "--deal", &deal]);
    let slug = link["slug"].as_str().expect("a slug").to_owned();
    for from in ["203.0.113.9", "203.0.113.10", "203.0.113.11"] {
        let request = axum::http::Request::get(format!("/t/{slug}")).header("user-agent", FIREFOX);
        let request = request.header("x-forwarded-for", from).body(axum::body::Body::empty());
        let answer = browser.send(request.expect("a request")).await;
        assert_eq!(answer.status, axum::http::StatusCode::FOUND);
    }
    place.json(&["tracking", "order", "own-1", "--amount", "60", "--link", &slug]);
    let posted = [("do", "posted"), ("url", "https://www.instagram.com/p/Kiln1/")];
    browser.post("/outreach/pieces/1", &posted).await.location();
    place.json(&["tracking", "posts", "published", "1", &format!("{}T08:00Z", day(-1))]);
    let now = bellwether::clock::iso(browser.data.now());
    place.json(&[
        "tracking",
        "posts",
        "measure",
        "1",
        "reach=900",
        "views=1800",
        "likes=80",
        "comments=10",
        "--at",
        &now,
    ]);
    let words =
        ["measurement", "ask", "orders", "--from", &day(-2), "--to", &day(0), "--settle", "0", "--margin", "50"];
    let asked = place.json(&[&words[..], &["--campaign", "1", "--name", "Spring"]].concat());
    let id = asked["measurement"].to_string();
    place.json(&["measurement", "cost", &id, "--product-at-cost", "40"]);
    place.json(&["measurement", "mail", &id, "1"]);
    browser.data.let_time_pass(std::time::Duration::from_secs(2 * 86_400));
    let answer = browser.get(&format!("/measurement/{id}/report.json")).await;
    let document: Value = serde_json::from_str(&answer.text).unwrap_or_else(|_| panic!("{}", answer.text));
    let found = &document["found"];
    assert_eq!(bare_points::of_document(&document, NO_ESTIMATES), Default::default());
    let value = |estimate: &Value| estimate["value"].as_f64();
    assert_eq!(value(&found["cost"]["total"]), Some(24_000.0), "200 agreed and 40 typed: {}", found["cost"]);
    let [ana] = found["creators"].as_array().expect("creators").as_slice() else { panic!("{}", found["creators"]) };
    assert_eq!((&ana["contact"], value(&ana["clicks"]), value(&ana["orders"])), (&json!(1), Some(3.0), Some(1.0)));
    assert_eq!((value(&ana["value"]), value(&ana["cost"])), (Some(6_000.0), Some(24_000.0)));
    assert!(ana["roi"]["not_known"].as_str().is_some_and(|why| why.contains("fewer than 10")), "{}", ana["roi"]);
    assert!(ana["roi"]["lo"].as_f64() < ana["roi"]["hi"].as_f64(), "the pooled range alone");
    let steps: Vec<(&str, Option<f64>)> = found["funnel"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| (step["words"].as_str().unwrap_or(""), value(&step["estimate"])))
        .collect();
    assert_eq!(
        (steps[0].1, steps[1].1, steps[2].1, steps[4].1),
        (Some(900.0), Some(90.0), Some(3.0), Some(1.0)),
        "{steps:?}"
    );
    assert_eq!(value(&found["distinct"]), Some(900.0), "one post alone");
    let voice = &found["share_of_voice"];
    assert_eq!((value(voice), &voice["n"]), (Some(0.75), &json!(4)), "whole words in any case: {voice}");
    let posts = &found["promises"][0];
    assert_eq!((value(&posts["promised"]), value(&posts["came"])), (Some(4.0), Some(1.0)), "{posts}");
    assert_eq!(value(&found["attributed"]["margin"]), Some(3_000.0));
    let kept = browser.data.store.study_results(1).await.expect("reads").pop().expect("is kept").found;
    assert!(
        !kept.contains("Ana Ruiz") && !kept.contains("ana.brews") && !kept.contains("Kiln1"),
        "nobody is named: {kept}"
    );
    let page = browser.get(&format!("/measurement/{id}")).await.text;
    assert_eq!(bare_points::of_page(&page, SAID), Default::default());
    assert!(page.contains("Ana Ruiz, story 1") && !page.contains("creator #"), "named where it is shown");
    assert!(page.contains("https://www.instagram.com/p/Kiln1/"));

    // The answer goes out once, with a link that opens under the public address.
    let sent = bellwether::measurement::mailing::round(&browser.data).await.expect("sends");
    assert_eq!((sent, bellwether::measurement::mailing::round(&browser.data).await.expect("asks")), (1, 0));
    let mail = browser.data.store.outgoing_of_contact(1, 1).await.expect("reads").pop().expect("is queued");
    assert!(mail.subject.contains("what it brought") && mail.body.contains("It cost 240"), "{}", mail.body);
    let address =
        mail.body.split_whitespace().find(|word| word.starts_with("https://mail.brand.test/")).expect("a link");
    let shared = browser.get_at("mail.brand.test", address.trim_start_matches("https://mail.brand.test")).await;
    assert_eq!(shared.status, axum::http::StatusCode::OK);
    assert!(shared.text.contains("by mail to contact 1") && shared.text.contains("It cost 240"), "{}", shared.text);

    // What posts reached is what the next plan takes, and what was clicked and bought stands beside it.
    let rates = bellwether::measurement::learning::rates(&browser.data).await.expect("reads");
    let told: Vec<Option<f64>> = rates.iter().map(|rate| rate.value).collect();
    assert_eq!(told, [Some(3.0 / 900.0), Some(1.0 / 3.0)]);
}

#[tokio::test]
async fn a_report_that_cannot_be_mailed_is_a_task_and_its_link_opens_nothing() {
    let place = crate::outreach_pages::place_with_people();
    with_orders(&place, &orders_file(150, 21, 30.0, 0.0));
    let asked = place.json(&["measurement", "ask", "orders", "--from", &day(-21), "--to", &day(-1), "--settle", "0"]);
    let id = asked["measurement"].to_string();
    // Ben has no address.
    place.json(&["measurement", "mail", &id, "2"]);
    let browser = crate::outreach_pages::Browser::at(&place).await;
    assert_eq!(bellwether::measurement::mailing::round(&browser.data).await.expect("goes on"), 0);
    let tasks = browser.data.store.open_tasks(&[2]).await.expect("reads");
    assert!(tasks.iter().any(|task| task.title.contains("could not be mailed")), "{tasks:?}");
    let links = place.json(&["measurement", "links", &id]);
    assert_eq!(links[0]["state"], json!("revoked"), "{links}");
}
