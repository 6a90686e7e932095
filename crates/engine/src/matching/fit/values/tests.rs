//! Tests of the shipped values and of which values texts show.

use std::collections::BTreeSet;

use model::Timestamp;

use super::super::TextSeen;
use super::*;

fn named(name: &str) -> BrandValue {
    BrandValue { name: name.to_owned(), words: vec![] }
}

fn all() -> Values {
    let all: Vec<BrandValue> = shipped_values().iter().map(|value| named(value.code)).collect();
    Values::of(&all).expect("the shipped values are allowed")
}

fn post(text: &str) -> TextSeen<'_> {
    TextSeen { text, at: Timestamp(1), is_bio: false, paid: None }
}

fn codes(text: &str, values: &Values) -> BTreeSet<String> {
    let texts = [post(text)];
    let shown = values_shown(&TextsRead::of(&texts), values);
    shown.into_iter().filter(|value| value.posts_with > 0).map(|value| value.code).collect()
}

#[test]
fn the_list_has_words_in_four_languages_and_none_about_the_person() {
    let rows: Vec<Vec<&str>> = include_str!("../values.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
        .collect();
    assert!((22..=30).contains(&shipped_values().len()));
    for value in shipped_values() {
        let languages: Vec<&str> = rows.iter().filter(|row| row[0] == value.code).map(|row| row[1]).collect();
        assert_eq!(&languages[..5], ["name", "en", "de", "fr", "es"], "{}", value.code);
        for word in value.words.iter().chain(&value.against).chain([&value.name]) {
            assert_eq!(refuse_about_the_person(value.code, word), Ok(()));
            assert!(!word.trim().is_empty() && word.trim() == *word, "{}: {word:?}", value.code);
        }
    }
}

#[rustfmt::skip]
const SHOWN: &[(&str, &str)] = &[
    ("sustainable", "Sustainable wardrobe, day 3"), ("sustainable", "So eine nachhaltige Idee"),
    ("sustainable", "Une marque éco-responsable"), ("sustainable", "Moda sostenible para todas"), ("sustainable", "#SustainableFashion"),
    ("less_waste", "My zero-waste kitchen"), ("less_waste", "Wir leben plastikfrei"), ("less_waste", "Objectif zéro déchet"),
    ("repair", "Repairing my old boots"), ("repair", "Repariert statt weggeworfen"), ("repair", "Des objets faits pour durer"),
    ("handmade", "Handmade mugs"), ("handmade", "Alles handgemacht"), ("handmade", "Fait main à Lyon"), ("handmade", "Hecho a mano en casa"),
    ("local", "Shop local this weekend"), ("local", "Gemüse aus der Region"), ("local", "Vive les circuits courts"),
    ("plant_based", "Vegan lasagne"), ("plant_based", "Pflanzliche Küche"), ("plant_based", "Cuisine végétale"),
    ("cruelty_free", "Not tested on animals, promise"), ("cruelty_free", "Tierversuchsfreie Pflege"), ("cruelty_free", "Sin crueldad"),
    ("fair_trade", "Fairtrade coffee only"), ("fair_trade", "Fair produzierte Jeans"), ("fair_trade", "Comercio justo"),
    ("affordable", "Budget-friendly dinner"), ("affordable", "Günstig und gut"), ("affordable", "Petit budget, grand goût"),
    ("science_based", "Peer-reviewed, at last"), ("science_based", "Studien zeigen es"), ("playful", "A quirky little room"),
    ("minimal", "Less is more"), ("minimal", "Weniger ist mehr"), ("inclusive_sizing", "Finally in every size"),
    ("family_friendly", "A kid friendly hike"), ("outdoors", "Camping under the stars"), ("outdoors", "Draußen ist es schön"),
    ("craftsmanship", "Un vrai savoir-faire"), ("transparent", "Full transparency on costs"), ("animal_loving", "My dog again"),
    ("sustainable", "Not only sustainable, it is pretty"), ("sustainable", "Ich kann nicht ohne nachhaltige Mode"),
    ("sustainable", "Nachhaltig leben ist nicht schwer"), ("sustainable", "Can't wait for sustainable fashion week"),
];

#[rustfmt::skip]
const NOT_SHOWN: &[(&str, &str)] = &[
    ("sustainable", "This is not sustainable"), ("sustainable", "Das ist leider nicht nachhaltig"),
    ("sustainable", "Nachhaltig ist das nicht"), ("sustainable", "Ce n'est pas du tout éco-responsable"),
    ("sustainable", "No es nada sostenible"), ("sustainable", "Fashion without sustainable fabrics"),
    ("handmade", "It isn't handmade"), ("handmade", "Nicht handgemacht"), ("plant_based", "I'm not vegan"),
    ("plant_based", "Keine vegane Option"), ("affordable", "Hardly affordable"), ("local", "Kein regionales Gemüse"),
    ("cruelty_free", "That is not cruelty free"), ("transparent", "A transparent blouse"), ("craftsmanship", "Der Handwerker kommt morgen"),
    ("sustainable", "Sustainable this is not"), ("premium", "My exclusive code"), ("organic", "Link in bio"),
    ("minimal", "Hablamos sobre todo"), ("outdoors", "We never go camping"),
];

#[test]
fn values_are_read_from_words_and_not_where_they_are_denied() {
    let values = all();
    let mut wrong: Vec<&str> =
        SHOWN.iter().filter(|(code, text)| !codes(text, &values).contains(*code)).map(|case| case.1).collect();
    wrong.extend(NOT_SHOWN.iter().filter(|(code, text)| codes(text, &values).contains(*code)).map(|case| case.1));
    assert!(wrong.is_empty(), "of {} planted: {wrong:?}", SHOWN.len() + NOT_SHOWN.len());
}

#[test]
fn paid_posts_count_nothing_and_the_profile_is_told_apart() {
    let texts = [
        TextSeen { is_bio: true, ..post("handmade things") },
        TextSeen { paid: Some(true), ..post("handmade towels") },
        TextSeen { at: Timestamp(2), ..post("a handmade bowl, all handmade") },
        post("rain"),
    ];
    let values = Values::of(&[named("Handmade")]).expect("a listed name");
    let shown = &values_shown(&TextsRead::of(&texts), &values)[0];
    assert_eq!((shown.posts_with, shown.posts_read, shown.paid_posts_with, shown.in_bio), (1, 2, 1, true));
    assert_eq!(shown.quotes.iter().map(|quote| quote.text).collect::<Vec<_>>(), [0, 2]);
    assert_eq!((shown.share.value, shown.share.n), (Some(0.5), 2));
    assert!(shown.share.explanation.adds_up());
}

#[test]
fn a_brands_own_value_needs_words_and_is_found_by_them() {
    let own = BrandValue { name: "slow tea".into(), words: vec!["Slow tea".into(), "tea (ceremony)".into()] };
    let values = Values::of(std::slice::from_ref(&own)).expect("a value with words");
    assert_eq!(codes("A tea ceremony", &values).len(), 1);
    assert_eq!(codes("no slow tea today", &values).len(), 0);
    assert_eq!(Values::of(&[named("slow tea")]).err(), Some(ValueError::NoWords("slow tea".into())));
    assert_eq!(Values::of(&[named(" ")]).err(), Some(ValueError::NoName));
}

#[test]
fn values_that_would_sort_people_are_refused() {
    for word in
        ["Christian", "halal", "politically active", "LGBTQ", "depression", "krebs", "#muslimfashion", "refugees"]
    {
        let value = BrandValue { name: "ours".into(), words: vec![word.into()] };
        assert!(matches!(Values::of(&[value]), Err(ValueError::AboutThePerson { .. })), "{word}");
        assert!(matches!(Values::of(&[named(word)]), Err(ValueError::AboutThePerson { .. })), "{word}");
    }
    for word in ["black tea", "christmas", "racing", "liberal use of butter", "polite"] {
        assert!(Values::of(&[BrandValue { name: "ours".into(), words: vec![word.into()] }]).is_ok(), "{word}");
    }
}

#[test]
fn the_part_rises_with_each_value_and_is_not_known_under_five_posts() {
    let values = Values::of(&[named("handmade"), named("local")]).expect("listed");
    let part = |with: usize, without: usize, bio: bool| {
        let mut texts = vec![post("handmade"); with];
        texts.extend(vec![post("rain"); without]);
        texts.extend(bio.then(|| TextSeen { is_bio: true, ..post("support local") }));
        values_part(&values_shown(&TextsRead::of(&texts), &values))
    };
    assert!(part(2, 2, true).not_known.expect("few").contains("at least 5"));
    let (none, one, more) = (part(0, 10, false), part(1, 9, false), part(1, 9, true));
    assert_eq!((none.value, one.value, more.value), (Some(0.0), Some(0.25), Some(0.5)));
    assert!(none.hi > Some(0.0) && more.explanation.adds_up());
    assert!(values_part(&[]).not_known.expect("no values").contains("names no values"));
}
