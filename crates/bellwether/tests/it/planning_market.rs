//! Plans of a market: made, kept, refused with reasons, put side by side, handed over, forgotten; by command and by page.

use axum::http::StatusCode;
use model::Estimate;
use serde_json::Value;

use crate::creators_own::Site;
use crate::harness::{Place, real_data, text};

fn create(place: &Place, more: &[&str]) -> Value {
    let mut words = vec!["planning", "create", "--campaign", "Spring"];
    words.extend(more);
    place.json(&words)
}

fn picks(plan: &Value) -> &Vec<Value> {
    plan["made"]["picks"].as_array().expect("picks")
}

fn account(pick: &Value) -> String {
    pick["account"].to_string()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Every estimate below a value, found by its shape.
fn estimates(value: &Value, found: &mut Vec<Estimate>) {
    match value {
        Value::Object(fields) if fields.contains_key("explanation") && fields.contains_key("grade") => {
            found.push(serde_json::from_value(value.clone()).expect("an estimate"));
        }
        Value::Object(fields) => fields.values().for_each(|value| estimates(value, found)),
        Value::Array(values) => values.iter().for_each(|value| estimates(value, found)),
        _ => {}
    }
}

#[test]
fn a_plan_keeps_its_rules_and_budget_and_says_how_far_from_the_best_it_can_be() {
    let place = Place::with_demo();
    let plan = create(&place, &["--budget", "2500 USD"]);
    let (made, told) = (&plan["made"], &plan["made"]["told"]);
    assert!((2..=20).contains(&picks(&plan).len()), "{plan}");
    let cost: i64 = picks(&plan).iter().map(|pick| pick["cost_minor_units"].as_i64().expect("a cost")).sum();
    assert!(cost <= 250_000 && number(&told["cost"]["value"]) == cost as f64);
    let ratio = number(&made["ratio"]);
    assert!(ratio > 0.9 && ratio <= 1.0, "{ratio}");
    let mut all = vec![];
    estimates(made, &mut all);
    assert!(all.len() > 60, "{}", all.len());
    for estimate in &all {
        assert!(estimate.explanation.adds_up(), "{:?}", estimate.explanation);
        assert!(estimate.lo <= estimate.value && estimate.value <= estimate.hi || estimate.value.is_none());
        assert!(!estimate.method.is_empty() && !estimate.n_of.is_empty());
    }
    let adds: f64 =
        told["picks"].as_array().expect("picks").iter().map(|pick| number(&pick["marginal"]["value"])).sum();
    assert!((adds - number(&told["reach"]["value"])).abs() < 1e-6, "what each adds makes up the reach");
    assert!(number(&told["reached_at_least"][1]["value"]) < number(&told["reached_at_least"][0]["value"]));
    // The curve only rises, lies below its bound, and holds the plan.
    let curve = made["curve"].as_array().expect("a curve");
    let reach: Vec<f64> = curve.iter().map(|at| number(&at["reach"])).collect();
    assert!(curve.len() >= 8 && reach.windows(2).all(|pair| pair[0] <= pair[1] + 1e-9));
    assert!(curve.iter().all(|at| number(&at["reach"]) <= number(&at["bound"]) + 1e-9));
    // The same again is the same plan.
    assert_eq!(create(&place, &["--budget", "2500 USD"])["made"]["picks"], made["picks"]);

    let first = picks(&plan)[0]["account"].to_string();
    let second = picks(&plan)[1]["account"].to_string();
    let without = create(&place, &["--budget", "2500 USD", "--never", &first, "--agreed", &format!("{second}=11")]);
    let accounts: Vec<String> = picks(&without).iter().map(|pick| pick["account"].to_string()).collect();
    assert!(!accounts.contains(&first) && accounts.contains(&second));
    let agreed = picks(&without).iter().find(|pick| account(pick) == second).expect("is in");
    assert_eq!((agreed["cost_minor_units"].as_i64(), agreed["is_agreed"].as_bool()), (Some(1_100), Some(true)));
    let platform = create(&place, &["--budget", "2500 USD", "--limit", "platform:Instagram=2-2"]);
    let filed =
        |pick: &&Value| pick["filed_under"].as_array().expect("labels").iter().any(|label| label == "Instagram");
    assert_eq!(picks(&platform).iter().filter(filed).count(), 2);
    let costly = create(
        &place,
        &["--budget", "2500 USD", "--product", "50", "--hours", "2", "--hour-rate", "40", "--team-hours", "9"],
    );
    assert!(picks(&costly).len() <= 4, "nine hours are enough for four creators");
    let formats = ["--format", "post", "--format", "story", "--format", "short_video"];
    let several = create(&place, &[&["--budget", "2500 USD", "--must", &first][..], &formats].concat());
    let of_first: Vec<&Value> = picks(&several).iter().filter(|pick| account(pick) == first).collect();
    assert_eq!(of_first.len(), 1, "one offer of a creator at most, and who must be in is");
    let wide = create(&place, &["--budget", "2500 USD", "--targeted", "0"]);
    assert!(number(&wide["made"]["told"]["reach"]["value"]) > number(&told["reach"]["value"]), "wide counts everybody");
    let dial = made["dial"]["at"].as_array().expect("a dial");
    let (widest, targeted) = (&dial[0], &dial[dial.len() - 1]);
    assert!(number(&widest["everybody"]) >= number(&targeted["everybody"]));
    assert!(number(&targeted["buyers"]) >= number(&widest["buyers"]));
}

#[test]
fn what_cannot_be_planned_is_refused_with_what_would_help() {
    let place = Place::with_demo();
    let refused = |more: &[&str]| {
        let mut words = vec!["planning", "create", "--campaign", "Spring"];
        words.extend(more);
        place.refused(&words)
    };
    assert!(refused(&["--budget", "0 USD"]).contains("the budget is 0"));
    assert!(refused(&["--budget", "lots"]).contains("2500 EUR"));
    let poor = refused(&["--budget", "0.50 USD"]);
    assert!(poor.contains("nobody is affordable") && poor.contains("costs"), "{poor}");
    let clash = refused(&["--budget", "2500 USD", "--creators-min", "9", "--creators-max", "3"]);
    assert!(clash.contains("at least 9 creators; at most 3 creators") && clash.contains("What would help"), "{clash}");
    place.json(&["matching", "prices", "--currency", "USD"]);
    let mixed = refused(&["--budget", "2500 EUR"]);
    assert!(mixed.contains("in USD") && mixed.contains("--currency EUR"), "{mixed}");
    assert!(refused(&["--budget", "2500 USD", "--product", "40 EUR"]).contains("one currency"));
    assert!(refused(&["--budget", "2500 USD", "--must", "nobody-of-that-name"]).contains("nobody-of-that-name"));
    assert!(refused(&["--budget", "2500 USD", "--limit", "colour:red=1-2"]).contains("platform:Instagram=1-3"));
    assert!(
        refused(&["--budget", "2500 USD", "--starts-on", "2026-03-02", "--ends-on", "2026-03-01"])
            .contains("turn the two")
    );
    // Nobody has a price of their own, so only known prices leave nobody.
    assert!(refused(&["--budget", "2500 USD", "--own-prices"]).contains("nobody is left to choose from"));
    assert!(refused(&["--budget", "2.500 USD"]).contains("read in two ways"));
    assert!(refused(&["--budget=-250 USD"]).contains("0 or more"));
    assert!(refused(&["--budget", "2500 $"]).contains("three letters"));
    assert!(refused(&["--budget", "2500 USD", "--limit", "tier:gigantic=-1"]).contains("gigantic"));
    assert!(place.refused(&["planning", "show", "99"]).contains("there is no plan 99"));
    assert!(place.refused(&["planning", "compare", "1"]).contains("2 to 4 plans"));
    assert_eq!(place.json(&["planning", "list"]).as_array().map(Vec::len), Some(0), "nothing of it is kept");
    let nobody = Place::new();
    assert!(
        nobody.refused(&["planning", "create", "--campaign", "X", "--budget", "10 EUR"]).contains("there is no brand")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_planner_tries_keeps_compares_tests_hands_over_and_forgets() {
    let place = Place::with_demo();
    let site = Site::open(&place).await;
    let empty = site.page("/planning").await;
    assert!(empty.contains("A new plan") && empty.contains("None yet"));
    let tried = site.page("/planning/try?campaign=Spring&budget=2500%20USD&creators_max=12").await;
    for words in [
        "of the best possible plan",
        "Keep this plan",
        "Exchanges that may be worth it",
        "Who meets the same people",
        "Wide or targeted",
        "Left out, and why",
        "not known until a campaign of yours has been measured",
        "How sure it is",
    ] {
        assert!(tried.contains(words), "{words} is not in {tried}");
    }
    assert!(!tried.contains("NaN"));
    let problem = site.page("/planning/try?budget=2500%20USD&creators_min=9&creators_max=3").await;
    assert!(problem.contains("These rules cannot hold together") && problem.contains("What would help"), "{problem}");
    let unreadable = site.page("/planning/try?budget=2500%20USD&posts=many").await;
    assert!(unreadable.contains("problem-posts"), "the message stands at its field");
    let refused = site.post("/planning", "campaign=Spring&budget=0").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept = site.post("/planning", "campaign=Spring&budget=2500+USD&creators_max=12").await;
    assert_eq!(kept.leads_to, "/planning/1", "{}", kept.body);
    let page = site.page("/planning/1").await;
    assert!(page.contains("Begin this campaign") && page.contains("Test before spend"));
    site.post("/planning", "campaign=Spring&budget=1000+USD&creators_max=12").await;
    let compared = site.page("/planning/compare?plan=1&plan=2").await;
    assert!(compared.contains("Who is in which") && compared.contains("in all of them"));
    assert_eq!(site.get("/planning/compare?plan=1").await.status, StatusCode::BAD_REQUEST);
    let sheet = site.page("/planning/1/plan.csv").await;
    assert!(sheet.starts_with("account,name,format,posts,cost_minor_units,currency"), "{sheet}");
    assert!(sheet.lines().count() > 2 && sheet.contains("adds_value"));
    let sharing = site.page("/planning/1/sharing").await;
    assert!(sharing.contains("never added to them") && sharing.contains("with confidence"), "{sharing}");
    let test = site.page("/planning/1/test").await;
    assert!(test.contains("must show"), "{test}");
    let days: String = (1..=28)
        .chain(1..=28)
        .enumerate()
        .map(|(at, day)| {
            let month = 2 + at / 28;
            format!("2026-{month:02}-{day:02}%2C{}%0A", 40 + (day * 7) % 11)
        })
        .collect();
    let given = site.post("/planning/1/test", &format!("history={days}")).await;
    assert!(
        given.body.contains("of what you gave (56 days)") || given.body.contains("Of what you gave (56 days)"),
        "{}",
        given.body
    );
    let wrong = site.post("/planning/1/test", "history=soon%2C4%0A2026-01-02%2Cmany").await;
    assert!(wrong.body.contains("line 2"), "{}", wrong.body);
    let begun = site.post("/planning/1/campaign", "").await;
    assert_eq!(begun.leads_to, "/planning/campaigns/1");
    assert!(site.page("/planning/campaigns/1").await.contains("estimated: ask them"));
    assert_eq!(site.post("/planning/1/campaign", "").await.status, StatusCode::CONFLICT, "a campaign begins once");
    // Somebody in the plan is forgotten: no plan and no campaign names them any more.
    let shown = place.json(&["planning", "show", "1"]);
    let gone = picks(&shown)[0]["account"].to_string();
    let name = picks(&shown)[0]["name"].as_str().expect("a name").to_owned();
    place.json(&["creators", "forget", &gone, "--reason", "asked us to"]);
    let anew = place.json(&["planning", "show", "1"]);
    assert!(picks(&anew).iter().all(|pick| account(pick) != gone));
    assert!(!anew.to_string().contains(&gone) && !anew.to_string().contains(&name), "nothing of them is left");
    assert!(!place.json(&["planning", "campaigns", "1"]).to_string().contains(&gone));
    let deleted = site.post("/planning/1/delete", "").await;
    assert!(deleted.leads_to.starts_with("/planning?done="));
    assert_eq!(site.get("/planning/1").await.status, StatusCode::NOT_FOUND);
    assert!(site.page("/planning/campaigns/1").await.contains("is deleted"), "the campaign outlives its plan");
}

#[test]
fn a_plan_is_made_from_a_shortlist_and_from_prices_that_were_asked() {
    let place = Place::with_demo();
    let ranked = create(&place, &["--budget", "2500 USD"]);
    let some: Vec<String> = picks(&ranked).iter().take(4).map(|pick| pick["account"].to_string()).collect();
    let mut add = vec!["creators", "list", "add", "Spring"];
    add.extend(some.iter().map(String::as_str));
    place.json(&add);
    place.json(&["matching", "price", "add", &some[0], "400 USD", "--kind", "quote"]);
    let plan = create(&place, &["--budget", "100000 USD", "--from", "Spring"]);
    let chosen: Vec<String> = picks(&plan).iter().map(|pick| pick["account"].to_string()).collect();
    assert!(chosen.iter().all(|account| some.contains(account)) && chosen.len() == 4, "{plan}");
    let priced = picks(&plan).iter().find(|pick| account(pick) == some[0]).expect("is in");
    assert_eq!(priced["has_own_price"].as_bool(), Some(true));
    assert!(number(&priced["fee"]["value"]) > 10_000.0, "what was asked moves the estimate: {priced}");
    let only = create(&place, &["--budget", "100000 USD", "--from", "Spring", "--own-prices"]);
    assert_eq!(picks(&only).len(), 1);
    assert!(only["made"]["warnings"].to_string().contains("one creator alone"), "{only}");
}

#[test]
fn plans_made_before_a_moment_reach_buyers_after_it_as_well_as_those_talked_to_most() {
    let name = "plans_made_before_a_moment_reach_buyers_after_it_as_well_as_those_talked_to_most";
    let Some(folder) = real_data(name, "conversations") else { return };
    let place = Place::new();
    let folder = text(&folder.join("collegemsg"));
    let found = place.json(&["evaluate", "plan-ahead", "--data", &folder, "--anchors", "100"]);
    let of = |method: &str, which: &str| number(&found["methods"][method][which]["mean"]);
    assert!(of("plan", "once") >= 0.30, "{found}");
    assert!(of("plan_twice", "twice") >= 0.072, "{found}");
    assert!(
        of("plan", "once") >= of("talk", "once") - 0.005 && of("plan", "once") > of("in_degree", "once"),
        "{found}"
    );
    assert!(number(&found["plan_less"]["in_degree"]["lo"]) > 0.0, "{found}");
    assert!(of("hindsight", "once") >= of("plan", "once"));
}
