//! Accounts of one person through the command line and the pages: suggested, said, taken back, and where that disagrees.

use serde_json::Value;

use crate::creators_own::Site;
use crate::harness::{Place, text};

fn accounts(place: &Place, platform: &str, rows: &str) {
    let file = place.file(&format!("{platform}.csv"), format!("account,followers,full_name,bio\n{rows}"));
    let map = "accounts:account=account,followers=followers,display_name=full_name,bio=bio";
    place.json(&["ingest", "csv", &text(&file), "--platform", platform, "--map", map]);
}

/// Ana links to herself on TikTok and back; one handle is two people's; Cleo's two accounts have nothing in common.
fn market() -> Place {
    let place = Place::new();
    accounts(
        &place,
        "instagram",
        "ana_b,5000,Ana Bakes,more on https://tiktok.com/@anab_tok\n\
         hopquill,4000,Xaver Stone,\n\
         cleo.l,3000,Cleo Lind,\n",
    );
    accounts(
        &place,
        "tiktok",
        "anab_tok,7000,Ana B,https://www.instagram.com/ana_b\n\
         hopquill,6000,Yara Moon,\n\
         theothercleo,2000,C.,\n",
    );
    place.json(&["refresh"]);
    place
}

fn pairs(merges: &Value) -> Vec<String> {
    merges["suggestions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["words"].as_str().expect("words").to_owned())
        .collect()
}

#[test]
fn profiles_that_link_to_each_other_are_suggested_and_an_equal_handle_alone_never_is() {
    let place = market();
    let merges = place.json(&["creators", "merges"]);
    let words = pairs(&merges);
    assert_eq!(words.len(), 1, "{merges}");
    assert!(words[0].contains("@ana_b") && words[0].contains("@anab_tok"), "{words:?}");
    assert!(merges["suggestions"][0]["chance"]["value"].as_f64() > Some(0.9), "{merges}");
    assert_eq!(merges["persons"], Value::Array(vec![]), "nothing merges by itself");
    let also = place.json(&["creators", "show", "instagram:ana_b"])["also"].clone();
    assert_eq!(also, Value::Array(vec![]));
}

#[test]
fn what_was_said_holds_until_it_is_taken_back() {
    let place = market();
    let merged = place.json(&["creators", "merge", "instagram:ana_b", "tiktok:anab_tok"]);
    assert_eq!(merged["person"].as_array().map(Vec::len), Some(2), "{merged}");
    let also = place.json(&["creators", "show", "tiktok:anab_tok"])["also"].clone();
    assert_eq!(also[0]["handle"], "ana_b", "{also}");
    assert_eq!(place.json(&["creators", "merges"])["open"], 0, "what was answered is not asked again");
    place.json(&["refresh", "--full"]);
    assert_eq!(place.json(&["creators", "merges"])["persons"].as_array().map(Vec::len), Some(1));
    let undone = place.json(&["creators", "merge", "tiktok:anab_tok", "instagram:ana_b", "--undo"]);
    assert_eq!(undone["changed"], true);
    let merges = place.json(&["creators", "merges"]);
    assert_eq!((&merges["persons"], &merges["open"]), (&Value::Array(vec![]), &1.into()), "{merges}");
    place.json(&["creators", "merge", "instagram:ana_b", "tiktok:anab_tok", "--not-same"]);
    place.json(&["refresh", "--full"]);
    assert_eq!(place.json(&["creators", "merges"])["open"], 0, "what was refused is not suggested again");
    assert!(place.refused(&["creators", "merge", "instagram:ana_b", "instagram:ana_b"]).contains("name two accounts"));
}

#[test]
fn a_refusal_that_others_go_round_is_told_and_forgetting_takes_all_that_was_said_along() {
    let place = market();
    place.json(&["creators", "merge", "instagram:cleo.l", "tiktok:theothercleo"]);
    place.json(&["creators", "merge", "tiktok:theothercleo", "instagram:hopquill"]);
    let last = place.json(&["creators", "merge", "instagram:cleo.l", "instagram:hopquill", "--not-same"]);
    assert_eq!(last["conflicts"], 1, "{last}");
    let conflict = place.json(&["creators", "merges"])["conflicts"][0].clone();
    assert_eq!(conflict["through"].as_array().map(Vec::len), Some(3), "{conflict}");
    place.json(&["creators", "forget", "tiktok:theothercleo"]);
    let merges = place.json(&["creators", "merges"]);
    assert_eq!(
        (&merges["conflicts"], merges["said"].as_array().map(Vec::len)),
        (&Value::Array(vec![]), Some(1)),
        "{merges}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suggestion_is_answered_on_its_page_and_shown_wherever_the_person_is() {
    let place = market();
    let find =
        |handle: &str| place.json(&["creators", "show", handle])["creator"]["account"].as_str().map(str::to_owned);
    let number = |handle: &str| {
        find(handle).unwrap_or_else(|| place.json(&["creators", "show", handle])["creator"]["account"].to_string())
    };
    let (ana, tok, cleo) = (number("instagram:ana_b"), number("tiktok:anab_tok"), number("instagram:cleo.l"));
    let site = Site::open(&place).await;
    let page = site.page("/creators/persons").await;
    assert!(page.contains("each profile links to the other") && page.contains("1 suggestion is to look at"), "{page}");
    assert!(site.page(&format!("/creators/{ana}")).await.contains("May be the same person"));
    let said = site.post("/creators/persons/say", &format!("a={ana}&b={tok}&do=same")).await;
    let page = site.page(&said.leads_to).await;
    assert!(
        page.contains("They are one person now") && page.contains("1 person is known by several accounts"),
        "{page}"
    );
    let creator = site.page(&format!("/creators/{ana}")).await;
    assert!(creator.contains("Also on <a") && creator.contains("Ana B"), "{creator}");
    assert!(site.page("/creators").await.contains("also on <a"));
    let compared = site.page(&format!("/creators/compare?creator={ana}&creator={tok}&creator={cleo}")).await;
    assert!(compared.contains("are accounts of one person"), "{compared}");
    let typed = site
        .post("/creators/persons/say", &format!("a={cleo}&who=tiktok%3Atheothercleo&do=same&back=%2Fcreators%2F{cleo}"))
        .await;
    assert!(typed.leads_to.starts_with(&format!("/creators/{cleo}")), "{}", typed.body);
    assert!(site.page(&format!("/creators/{cleo}")).await.contains("Also on <a"));
    let undone = site.post("/creators/persons/say", &format!("a={ana}&b={tok}&do=undo")).await;
    assert!(site.page(&undone.leads_to).await.contains("What was said is taken back"));
    assert!(!site.page(&format!("/creators/{ana}")).await.contains("Also on <a"));
    assert_eq!(site.post("/creators/persons/say", &format!("a={ana}&b=4711&do=same")).await.status, 404);
    assert_eq!(site.post("/creators/persons/say", "a=x&do=same").await.status, 400);
}
