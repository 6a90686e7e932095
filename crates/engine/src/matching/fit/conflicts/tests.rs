//! Tests of what speaks against working together, on planted sentences of both kinds; false alarms weigh most.

use proptest::prelude::*;

use super::super::BrandValue;
use super::*;

fn brand() -> BrandProfile {
    let value = |name: &str| BrandValue { name: name.to_owned(), words: vec![] };
    BrandProfile {
        name: "Hop House".to_owned(),
        product_words: vec![
            "craft beer".to_owned(),
            "beer".to_owned(),
            "Bier".to_owned(),
            "bière".to_owned(),
            "cerveza".to_owned(),
        ],
        values: vec![value("sustainable"), value("plant_based"), value("outdoors")],
        rivals: vec!["Barrelo".to_owned(), "Golden Keg".to_owned(), "Gap".to_owned()],
        ..BrandProfile::default()
    }
}

fn seen(text: &str, is_bio: bool, paid: Option<bool>) -> TextSeen<'_> {
    TextSeen { text, at: Timestamp(1), is_bio, paid }
}

fn found(text: TextSeen<'_>, words: &BrandWords) -> ConflictsFound {
    conflicts(&TextsRead::of(&[text]), words)
}

use ConflictKind::{AgainstValue, RivalAmbassador, RivalPaidPost, StatedRefusal};

/// Each with the kind it is; written as posts.
#[rustfmt::skip]
const SPEAK_AGAINST: &[(ConflictKind, &str)] = &[
    (StatedRefusal, "Just so you know, I don't do sponsored posts."),
    (StatedRefusal, "I don’t accept paid partnerships, so please stop asking"),
    (StatedRefusal, "We never do brand deals on this page"),
    (StatedRefusal, "I do not take any sponsorships. Never have."),
    (StatedRefusal, "I refuse all brand deals, sorry"),
    (StatedRefusal, "I say no to all paid collabs"),
    (StatedRefusal, "I have always said I don't do paid promotions"),
    (StatedRefusal, "No collabs please! This is my diary"),
    (StatedRefusal, "I'm not open to collaborations right now"),
    (StatedRefusal, "I turn down sponsorships because I want to stay independent"),
    (StatedRefusal, "I don't do ads for money"),
    (StatedRefusal, "I won't work with Hop House again"),
    (StatedRefusal, "I would never promote beer"),
    (StatedRefusal, "We don't partner with any beer brands"),
    (StatedRefusal, "Ich mache keine Werbung, also spart euch die Anfragen"),
    (StatedRefusal, "Ich nehme keine bezahlten Kooperationen an"),
    (StatedRefusal, "Ich lehne Kooperationen ab"),
    (StatedRefusal, "Werbung mache ich grundsätzlich nicht"),
    (StatedRefusal, "Auf diesem Kanal gibt es keine gesponserten Videos"),
    (StatedRefusal, "Ich mache keine Werbung für Bier"),
    (StatedRefusal, "Ich arbeite nicht mit Hop House zusammen"),
    (StatedRefusal, "Keine Kooperationen bitte"),
    (StatedRefusal, "Je ne fais pas de collaborations commerciales"),
    (StatedRefusal, "Je n'accepte aucun partenariat rémunéré"),
    (StatedRefusal, "Je refuse tout placement de produits"),
    (StatedRefusal, "Je ne travaille pas avec des marques de bière"),
    (StatedRefusal, "No hago colaboraciones pagadas"),
    (StatedRefusal, "No acepto publicidad en mi perfil"),
    (StatedRefusal, "Nunca haré publicidad de cerveza"),
    (RivalAmbassador, "So proud to be a Barrelo ambassador this year"),
    (RivalAmbassador, "As an ambassador for Golden Keg I get to travel"),
    (RivalAmbassador, "Great day out! #barreloambassador"),
    (RivalAmbassador, "Ich bin jetzt Markenbotschafterin für @barrelo"),
    (RivalAmbassador, "Très fière d'être ambassadrice Barrelo"),
    (RivalAmbassador, "Soy embajadora de Golden Keg desde enero"),
    (RivalPaidPost, "Sponsored by @barrelo: my summer favourites"),
    (RivalPaidPost, "Use my code ANNA10 at Golden Keg for 10% off"),
    (RivalPaidPost, "In partnership with @golden.keg we brewed something"),
    (RivalPaidPost, "#ad A crisp evening with @barrelo"),
    (RivalPaidPost, "Werbung | Mein Abend mit Barrelo"),
    (RivalPaidPost, "Barrelo nights are the best. Code ANNA10 saves you 10%"),
    (RivalPaidPost, "Thank you @barrelo for sending me this box"),
    (RivalPaidPost, "Bezahlte Kooperation mit @barrelo"),
    (RivalPaidPost, "Collaboration commerciale avec @goldenkeg"),
    (RivalPaidPost, "Colaboración pagada con @barrelo"),
    (AgainstValue, "I hate camping, there I said it"),
    (AgainstValue, "Sustainability is just a scam"),
    (AgainstValue, "I couldn't care less about sustainability"),
    (AgainstValue, "Veganes Essen ist total überbewertet"),
    (AgainstValue, "Nachhaltigkeit ist mir egal"),
    (AgainstValue, "Je déteste la randonnée"),
    (AgainstValue, "Odio el senderismo"),
];

/// Profiles, where a label is about everything.
#[rustfmt::skip]
const PROFILES_AGAINST: &[(ConflictKind, &str)] = &[
    (StatedRefusal, "Mum of two | no paid partnerships | London"),
    (StatedRefusal, "Bread & books 🌿 no collabs"),
    (StatedRefusal, "Keine Werbung. Nur Garten."),
    (StatedRefusal, "Keine Kooperationen 🙏"),
    (StatedRefusal, "Recettes simples • pas de partenariats"),
    (StatedRefusal, "Viajes y pan. No colaboraciones"),
    (StatedRefusal, "Strictly no ads"),
    (StatedRefusal, "ad-free page"),
    (RivalAmbassador, "Runner | @barrelo ambassador"),
    (RivalAmbassador, "Ambassador: @goldenkeg"),
    (RivalAmbassador, "Sponsored by Barrelo"),
    (RivalAmbassador, "my Barrelo code: ANNA10"),
];

#[rustfmt::skip]
const FINE: &[&str] = &[
    // Denied, thought up, past, reported, asked.
    "I never said no to collabs",
    "I have never said I don't do sponsored posts",
    "If I said no paid partnerships I would be broke",
    "I used to say I don't do brand deals, times change",
    "People who say “no collabs” puzzle me",
    "She says I don't do paid promotions enough",
    "Why don't creators do sponsored posts?",
    "No collabs? You must be joking",
    "It's not that I don't do sponsored posts",
    "I don't do sponsored posts for free",
    "I don't do sponsored posts often",
    "I don't do paid partnerships without a contract",
    "We don't accept sponsorships from brands that test on animals",
    "I don't do unpaid collabs",
    "I don't only do paid collabs",
    "I can't wait to do more brand deals",
    "I don't mind ads at all",
    "I don't work with anyone but Hop House",
    "I don't work without my coffee",
    "I don't drink beer on weekdays",
    "I would never say that beer is healthy",
    "I won't work late with beer on the table",
    // About this post alone.
    "No sponsorship, I bought this myself",
    "Keine Werbung, selbst gekauft",
    "Unbezahlte Werbung, da Marken zu sehen sind",
    "Not an ad, just happy",
    "Keine bezahlte Werbung, nur Liebe",
    "Pas de pub, juste un coup de cœur",
    "No es publicidad, lo compré yo",
    "Ich hasse Werbung im Fernsehen",
    "Ich mache keine halben Sachen",
    "Früher sagte ich, ich mache keine Werbung",
    "Wenn ich keine Kooperationen annehme, wovon lebe ich",
    "Ich mache keine Werbung für Zigaretten",
    "Je ne fais pas de gâteaux sans beurre",
    "No hago pan sin sal",
    "Open for collabs, write me",
    "Kooperationen gern per Mail",
    // Rivals that are merely named.
    "Barrelo was crowded last night",
    "Better than Barrelo, and half the price",
    "Tried Golden Keg with my sister, too sweet for me",
    "Mind the gap between the train and the platform",
    "I closed a gap in my CV, #ad for my own course",
    "I am not a Barrelo ambassador, stop asking",
    "I was a Barrelo ambassador until last year",
    "I would love to be a Barrelo ambassador one day",
    "Congrats to my friend, the new Barrelo ambassador!",
    "The Barrelo ambassador said hello",
    "Applied to the Barrelo ambassador program",
    "Not sponsored by Barrelo, I just like the can",
    "Früher war ich Botschafterin für Barrelo",
    "Ancienne ambassadrice Barrelo, toujours fan",
    "Paid partnership with @hophouse. So much better than Barrelo",
    "#ad My evening with Hop House instead of Barrelo",
    "Use code ANNA10 for 10% off at @otherbrand. Then we went to Barrelo",
    "Sponsored by @otherbrand, and no, Barrelo is not in it",
    "My zip code is 90210, the Barrelo next door is closed",
    // Values that are only named.
    "I don't hate camping, I hate packing",
    "I hate that sustainable fashion is so expensive",
    "People say sustainability is a scam, they are wrong",
    "This shirt is not sustainable",
    "Is veganism overrated?",
    "I hate plastic. Sustainable living for me",
    "Ich hasse Stau. Wandern ist mir lieber",
    "Ich esse nicht vegan, aber gern Gemüse",
];

/// Written after the words had been chosen; posts of both kinds. At first 22 of the 24 were found and 2 of the 33 that follow
/// were false alarms; three of these four have led to better words since, so what the test prints now is no fresh figure.
#[rustfmt::skip]
const WRITTEN_AFTER_AGAINST: &[(ConflictKind, &str)] = &[
    (StatedRefusal, "To all agencies: I do not do paid collaborations."),
    (StatedRefusal, "We don't take sponsors on this channel"),
    (StatedRefusal, "Reminder that I never accept brand deals"),
    (StatedRefusal, "I don't do promos, I don't need the money"),
    (StatedRefusal, "Ich schalte grundsätzlich keine Werbung"),
    (StatedRefusal, "Bei mir gibt es keine Kooperationen"),
    (StatedRefusal, "Wir machen keine bezahlten Kooperationen mehr"),
    (StatedRefusal, "Je ne prends plus de partenariats"),
    (StatedRefusal, "Je fais pas de pub sur mon compte"),
    (StatedRefusal, "No hago publicidad, gracias por entenderlo"),
    (StatedRefusal, "I will never work with Hop House"),
    (StatedRefusal, "Für Bier werbe ich nicht"),
    (RivalAmbassador, "Two years as Golden Keg ambassador today"),
    (RivalAmbassador, "Als Botschafter von Golden Keg unterwegs"),
    (RivalAmbassador, "Ambassadeur Golden Keg, troisième année"),
    (RivalPaidPost, "Our weekend was sponsored by Golden Keg"),
    (RivalPaidPost, "Teamed up with @barrelo for a giveaway"),
    (RivalPaidPost, "Mit dem Rabattcode ANNA15 bei Barrelo 15 % sparen"),
    (RivalPaidPost, "Anzeige | Neues von @goldenkeg"),
    (RivalPaidPost, "En partenariat avec @barrelo, un concours"),
    (RivalPaidPost, "Patrocinado por @goldenkeg, mi receta favorita"),
    (AgainstValue, "Honestly I despise hiking"),
    (AgainstValue, "Vegan food is so overrated"),
    (AgainstValue, "Ich hasse Camping"),
];
#[rustfmt::skip]
const WRITTEN_AFTER_FINE: &[&str] = &[
    "I don't do mornings", "We do not take reservations for groups", "No posts tomorrow, I'm on a train", "No collaboration without trust",
    "I do not accept friend requests from people I don't know", "I never do the dishes", "Nobody ever told me no to a collab",
    "You don't do sponsored posts? Why?", "My mum asks why I don't do ads", "Sponsorships don't pay my rent",
    "Keine Ahnung, was Werbung kostet", "Ich mache keine Pause", "Ich mache nicht nur Werbung, ich koche auch", "Kein Bier vor vier",
    "Ich arbeite nicht mit Bier im Kopf", "Je ne fais pas de sport", "Pas de bière ce soir", "No hago nada los domingos",
    "No quiero colaborar en el caos", "Golden Keg raised its prices again", "A review of Barrelo, bought by myself",
    "The queue at Golden Keg, oh my", "My brother is a Barrelo ambassador", "Barrelo sponsored the marathon in my town",
    "Gap year plans", "Golden Keg is looking for ambassadors", "I'd rather drink water than Barrelo", "Bin kein Botschafter von Golden Keg",
    "Hiking beats everything, I hate sitting", "I don't care what you say about vegan food, I love it",
    "Sustainable fashion is overpriced, is it?", "Ich hasse es, wenn veganes Essen kalt ist", "Me encanta el senderismo y odio la lluvia",
];

struct Tally {
    right: usize,
    overlooked: Vec<&'static str>,
    false_alarms: Vec<(&'static str, ConflictsFound)>,
}

type Case = (ConflictKind, &'static str);

fn tally(posts: &[Case], profiles: &[Case], fine: &[&'static str]) -> Tally {
    let words = BrandWords::of(&brand()).expect("a brand");
    let mut tally = Tally { right: 0, overlooked: vec![], false_alarms: vec![] };
    let against = posts.iter().map(|case| (case, false)).chain(profiles.iter().map(|case| (case, true)));
    for ((kind, text), is_bio) in against {
        let found = found(seen(text, is_bio, None), &words);
        match found.conflicts.as_slice() {
            [only] if only.kind == *kind => tally.right += 1,
            [] => tally.overlooked.push(text),
            _ => tally.false_alarms.push((text, found)),
        }
    }
    for text in fine {
        let found = found(seen(text, false, None), &words);
        if !found.conflicts.is_empty() {
            tally.false_alarms.push((text, found));
        }
    }
    tally
}

fn check(tally: &Tally, against: usize, precision_min: f64, recall_min: f64) {
    let precision = tally.right as f64 / (tally.right + tally.false_alarms.len()) as f64;
    let recall = tally.right as f64 / against as f64;
    println!("{against} that speak against: precision {precision:.3}, recall {recall:.3}");
    tally.overlooked.iter().for_each(|text| println!("overlooked: {text}"));
    for (text, found) in &tally.false_alarms {
        let said: Vec<&str> = found.conflicts.iter().map(|found| found.words.as_str()).collect();
        println!("false alarm: {text}: {said:?}");
    }
    assert!(precision >= precision_min && recall >= recall_min, "precision {precision}, recall {recall}");
}

#[test]
fn what_speaks_against_is_found_and_what_does_not_is_left() {
    let against = SPEAK_AGAINST.len() + PROFILES_AGAINST.len();
    check(&tally(SPEAK_AGAINST, PROFILES_AGAINST, FINE), against, 0.98, 0.98);
}

#[test]
fn sentences_written_after_the_words_are_told_apart_as_well() {
    let tally = tally(WRITTEN_AFTER_AGAINST, &[], WRITTEN_AFTER_FINE);
    check(&tally, WRITTEN_AFTER_AGAINST.len(), 0.9, 0.8);
}

#[test]
fn a_rival_that_is_only_named_is_a_mention() {
    let words = BrandWords::of(&brand()).expect("a brand");
    let found = found(seen("Barrelo was crowded, so off to @golden_keg", false, None), &words);
    let rivals: Vec<&str> = found.mentions.iter().map(|mention| mention.rival.as_str()).collect();
    assert_eq!((found.conflicts.len(), rivals), (0, vec!["Barrelo", "Golden Keg"]));
}

#[test]
fn a_post_known_to_be_paid_for_counts_where_it_names_the_rival_alone() {
    let words = BrandWords::of(&brand()).expect("a brand");
    let kinds = |text| {
        found(seen(text, false, Some(true)), &words).conflicts.iter().map(|found| found.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds("Summer nights with Barrelo"), [RivalPaidPost]);
    assert_eq!(kinds("Summer nights with @hophouse, Barrelo was full"), []);
    assert_eq!(kinds("Summer nights with @hop.house and @barrelo"), []);
    assert_eq!(kinds("Summer nights with @somebody near Barrelo"), []);
    assert_eq!(kinds("Summer nights with @somebody and @barrelo_es"), [RivalPaidPost]);
}

#[test]
fn a_label_in_a_post_is_about_that_post() {
    let words = BrandWords::of(&brand()).expect("a brand");
    assert_eq!(found(seen("Keine Werbung", false, None), &words).conflicts.len(), 0);
    assert_eq!(found(seen("Keine Werbung", true, None), &words).conflicts.len(), 1);
}

#[test]
fn the_gravest_stand_first_with_quotes_dates_and_what_was_paid_since() {
    let at = |text, day: i64, paid| TextSeen { text, at: Timestamp(day), is_bio: false, paid };
    let texts = [
        at("I hate camping", 9, None),
        at("I don't do sponsored posts", 3, None),
        at("Lovely towels", 5, Some(true)),
        at("Proud Barrelo ambassador", 1, None),
        at("Sorry but I don't accept brand deals", 4, None),
    ];
    let found = conflicts(&TextsRead::of(&texts), &BrandWords::of(&brand()).expect("a brand"));
    let kinds: Vec<ConflictKind> = found.conflicts.iter().map(|found| found.kind).collect();
    assert_eq!(kinds, [RivalAmbassador, StatedRefusal, AgainstValue]);
    let refusal = &found.conflicts[1];
    assert_eq!((refusal.posts, refusal.newest_at), (2, Timestamp(4)));
    assert_eq!(refusal.words, "2 texts say that paid work is refused; one paid post is newer than that");
    assert_eq!(refusal.quotes[0].words(&texts), "Sorry but I don't accept brand deals");
}

#[test]
fn a_brand_without_a_name_or_words_finds_refusals_all_the_same() {
    let words = BrandWords::of(&BrandProfile::default()).expect("an empty brand");
    let found = found(seen("I don't do sponsored posts", false, None), &words);
    assert_eq!(found.conflicts.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_is_read_and_quotes_lie_within_it(text in "(no|keine|I|don't|do|#ad|@barrelo|Barrelo|collabs|code|X10|,|\\.|ü| ){0,30}", is_bio: bool) {
        let words = BrandWords::of(&brand()).expect("a brand");
        let texts = [seen(&text, is_bio, None)];
        let found = conflicts(&TextsRead::of(&texts), &words);
        for quote in found.conflicts.iter().flat_map(|found| &found.quotes) {
            prop_assert!(!quote.words(&texts).is_empty());
        }
    }
}
