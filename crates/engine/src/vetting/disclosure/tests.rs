//! Tests of what looks sponsored and of what counts as saying so; false alarms on ordinary posts weigh most.

use proptest::prelude::*;

use super::*;

fn post(words: &str) -> PostWords<'_> {
    PostWords { at: Timestamp(1), words, marked_paid: None, declared_language: None }
}

fn seen(words: &str) -> Option<SponsoredPost> {
    disclosure(&[post(words)], None, Grade::B).posts.into_iter().next()
}

#[rustfmt::skip]
const ORDINARY: &[&str] = &[
    // Codes of programming, posts, doors, clothes.
    "Spent the weekend refactoring my code and it finally compiles",
    "My zip code is 90210 and nobody delivers here",
    "The dress code is SMART CASUAL, bring a jacket",
    "Got error code ERR500 all morning, any ideas?",
    "How to write clean code: PYTHON3 tips for beginners",
    "Scan the QR code at the entrance, doors open at 20:00",
    "I wrote this in Rust, the source code is on https://github.com/anna/tool?ref=main",
    "The code of conduct applies to everyone at the meetup",
    "We had a code RED at the hospital last night",
    "postal code SW1A and still no parcel",
    "use code blocks when you paste logs, please",
    "Der Code läuft jetzt 20 % schneller als vorher, ich bin so froh",
    "Türcode vergessen und zwei Stunden im Regen gestanden",
    "Le code de la route, je le passe demain à 10h",
    "El código postal de mi pueblo empieza por 41",
    "Il codice fiscale serve per tutto, anche per la palestra",
    "Error code HTTP404 and 20% of the pages are gone",
    "The code HASH20 in the paper is wrong",
    // Prices in general.
    "Everything is 20% off at the market on Saturdays, go early",
    "Is there any discount for students at the museum?",
    "Gibt es einen Rabattcode für IKEA? Frage für einen Freund",
    "Does anyone have a promo code for the train? I can't find one",
    "Heute 30 % Rabatt im Supermarkt um die Ecke, habe zu viel gekauft",
    "J'adore les soldes, -50 % sur tout et je repars avec rien",
    "Hay descuento los martes en el cine de mi barrio",
    "Save this post for later and tell me what you would add",
    "Use code MYSHOP20 for 20% off in my shop, my new prints are here",
    // "ad" inside other words, and publishing.
    "Just adding some cinnamon makes this porridge better",
    "I will publish the recipe tomorrow, promise",
    "We add salt only at the end #adventure #madrid #bread",
    "Great pub night with friends #pub #beer",
    "Publikum war super gestern, danke an alle",
    // Brands, mentions, links.
    "Love my new @nike shoes, ran 10k in them today",
    "Link in bio for the full recipe",
    "New song in collaboration with my best friend Ben, out on Friday",
    "Thanks to @lisa for sending me this photo of the sunset",
    "Thank you @grandma for sending birthday cards every year",
    "Danke an @lisa für den schönen Abend und das leckere Essen",
    "Danke an @tom für das Foto",
    "Merci à @julie pour cette belle journée à la plage",
    "Gracias a @marta por venir a visitarme a Sevilla",
    "Grazie a @luca per la bellissima serata di ieri",
    "Obrigado @joao por tudo, foi um ano incrível",
    "Read more at https://blog.example/post?utm_source=instagram&utm_medium=social",
    "My review of the grinder: https://www.amazon.de/dp/B0012345",
    "The gifted children in my class wrote poems",
    "My sister gave me this scarf for my birthday",
    "The concert is in collaboration with the city orchestra",
    "Unser Verein hat einen neuen Vorstand, in Zusammenarbeit mit der Stadt planen wir das Fest",
    // Talk about advertising.
    "Ich hasse Werbung im Fernsehen, jede Minute dasselbe",
    "Nicht gesponsert, selbst gekauft und trotzdem begeistert",
    "Not sponsored by @anybody, I just like this tea",
    "This post is sponsored by coffee and lack of sleep",
    "What is an affiliate link and how do people earn with it?",
    "Pour toute collaboration commerciale, écrivez-moi par mail",
    "La publicidad de los años ochenta era otra cosa",
    "La pubblicità degli anni ottanta era più divertente",
    "Anzeige bei der Polizei erstattet, mein Rad ist weg",
    "Our campaign for the bakery won a prize #werbung #agentur #marketing",
    "Thank you to everyone for sponsoring me, the marathon was for the children's hospital",
    "I turned down a paid partnership last week, here is why",
    "Reklam filmlerini çocukken çok severdim",
    // Written after the words had been chosen; of these 75, six were wrongly taken at first. One more is left out,
    // since it does name a price code ("mit STUDENT10").
    "Heute mal wieder Spaghetti Carbonara, ohne Sahne natürlich, 20 Minuten und fertig",
    "Sunday reset: laundry, plants, a long bath. What is your code for a calm week?",
    "Our school choir was sponsored by the local bank this year, thank you",
    "New episode is out! Guests: @maria and @tom, link in bio",
    "I finally paid my student loan, sponsored by three jobs and zero sleep",
    "Can someone explain promo codes to me? They never work",
    "This recipe is adapted from @nigella",
    "Finished the course, got my certificate, CODE2020 hackathon next",
    "#coding #code100 day 10: loops",
    "Vegan week day 5. Shopping list: oats, milk, 2 lemons, 100 g almonds",
    "Our flat was 30% cheaper with ROOM20 gone, sad but true",
    "Follow @weather for storm updates, code ORANGE until 20:00",
    "30 Tage ohne Zucker, Tag 15, ich will Kuchen",
    "J'ai fini le livre offert par ma sœur, superbe",
    "He recibido un regalo precioso de mi madre",
    "Danke für eure lieben Nachrichten zu meinem Geburtstag",
    "Thanks @paul for sending help when the car broke down",
    "Thank you @anna for sending me your old camera, I love it",
    "So grateful to my partner @ben for this trip",
    "Working with @studio as a designer since 2019",
    "The partnership with my coach ended after five years",
    "Werbung nervt mich, vor allem auf YouTube",
    "Reklame in de brievenbus, elke dag weer",
    "Jag hatar reklam på tv",
    "Mainokset ovat ärsyttäviä",
    "Che bella pubblicità quella del 1990",
    "AD 79: Vesuvius erupts and Pompeii is gone",
    "Ad astra! New tattoo",
    "AD ASTRA! New tattoo",
    "ad esempio potete usare la farina integrale",
    "Cześć, dziękuję @kasia za piękny dzień",
    "Tack @lisa för en underbar kväll",
    "Obrigada @ana pela amizade de sempre",
    "See https://example.org/?page=2&ref=nav for the map",
    "petition: https://change.example/p/x?utm_medium=email",
    "coupon of the day: none, I am broke",
    "Discounts at the zoo for kids under 12",
    "Bruk kode 1234 på porten",
    "El código de la puerta es CASA10",
    "Il codice del wifi è CASA2024",
    "My old code name was TIGER",
    "Dieser Beitrag entstand in Zusammenarbeit mit @freundin, wir haben gekocht",
    "wir heiraten! Danke an @fotograf für die Bilder",
    "Neues Rezept auf dem Blog: www.kochblog.example/rezepte",
    "I read that the company sponsored the Olympics",
    "Is this an ad or a real post?",
    "advertising used to be art",
    "Zwischen Anzeige und Artikel: wie Zeitungen Geld verdienen",
    "0:00 Intro 1:20 Setting up the tent 5:40 First night. Music by @band (CC BY). Camera: Sony A7. Follow me on instagram @anna",
    "Merch is back in stock, code MERCH10 in my shop",
    "Weekend market haul: apples 2€, bread 3€, cheese 8€",
    "My gym has a code for the door, it is GYM20, don't tell",
    "Rezept: 200 g Mehl, 10 % mehr Wasser als sonst, backen bei 220 Grad",
    "Mein Partner und ich sind in Kooperation gegangen: wir teilen uns den Haushalt",
    "Nouvelle vidéo ! Merci à @paul pour la caméra et le montage",
    "Gracias @carlos por las fotos tan bonitas",
    "Thanks @nina for the ride home and the snacks",
    "tbt to when @marc gifted me a cactus",
    "Teşekkürler @ayse güzel bir gündü",
    "@mehmet ile iş birliği yapmak çok keyifliydi, aynı sınıftayız",
    "I joined @company as a partner this week, so excited for the new job",
    "We partnered with the shelter to find homes for ten cats",
    "Congrats @anna on your brand new podcast episode",
    "Die Firma hat den Verein gesponsert, schöne Trikots",
    "Nuovo video in collaborazione con i miei compagni di scuola",
    "Novo projeto em parceria com a minha irmã",
    "Ad-free version of the song is out",
    "Mit Bus 20 spart ihr euch 10 Minuten",
    "Flight code BA10 delayed again, 3 hours",
    "My username is ANNA10 on the game, add me",
    "Level up! Use CHARIZARD10 with 20% less energy lol",
    "paid partnership? no, I bought it myself",
    "I get no commission from this, just love it",
    "Read my paper: https://doi.example/10.1000/xyz?ref=pdf",
    "Petition unterschreiben: https://weact.example/p?utm_source=mastodon",
    "",
];

#[rustfmt::skip]
const SPONSORED: &[(&str, MarkKind)] = &[
    // Codes, language by language.
    ("Use code ANNA10 for 10% off your first order", MarkKind::DiscountCode),
    ("My promo code: ANNA gets you free shipping", MarkKind::DiscountCode),
    ("get 15% off with my code ANNA", MarkKind::DiscountCode),
    ("use my discount code anna15 at checkout", MarkKind::DiscountCode),
    ("Code: ANNA20 🌿", MarkKind::DiscountCode),
    ("Save 20% with ANNA20 until Sunday", MarkKind::DiscountCode),
    ("-20 % with code LENA", MarkKind::DiscountCode),
    ("My ANNA10 code still works", MarkKind::DiscountCode),
    ("Mit dem Code ANNA15 spart ihr 15 % auf alles", MarkKind::DiscountCode),
    ("Rabattcode: LENA", MarkKind::DiscountCode),
    ("Mit LENA20 bekommt ihr 20 % Rabatt im Shop von @teehaus", MarkKind::DiscountCode),
    ("Gutscheincode\nTEE10", MarkKind::DiscountCode),
    ("Avec le code promo JULIE10 vous avez 10 % de réduction", MarkKind::DiscountCode),
    ("-15% avec le code JULIE", MarkKind::DiscountCode),
    ("Usad mi código MARTA10 para un 10% de descuento", MarkKind::DiscountCode),
    ("código de descuento: MARTA", MarkKind::DiscountCode),
    ("Con il codice sconto GIULIA15 risparmiate il 15%", MarkKind::DiscountCode),
    ("Usem o cupom JOANA10", MarkKind::DiscountCode),
    ("Kortingscode: SANNE10 voor 10% korting", MarkKind::DiscountCode),
    ("Kod rabatowy: KASIA20", MarkKind::DiscountCode),
    ("Rabattkod: EMMA15", MarkKind::DiscountCode),
    ("Alennuskoodilla AINO20 saat 20 % alennusta", MarkKind::DiscountCode),
    ("İndirim kodu: AYSE10", MarkKind::DiscountCode),
    // Links.
    ("The kettle: https://amzn.to/3abcd", MarkKind::AffiliateLink),
    ("shop my look ltk.app/anna", MarkKind::AffiliateLink),
    ("https://shop.example/tea?ref=anna", MarkKind::AffiliateLink),
    ("https://shop.example/tea?utm_source=yt&utm_medium=affiliate", MarkKind::AffiliateLink),
    ("https://www.amazon.com/dp/B001?tag=anna-20", MarkKind::AffiliateLink),
    ("This description contains affiliate links.", MarkKind::AffiliateLink),
    ("Grinder (affiliate link): see below", MarkKind::AffiliateLink),
    ("Die mit * markierten Links sind Affiliate-Links", MarkKind::AffiliateLink),
    // Partnerships.
    ("Made in collaboration with @teahouse", MarkKind::Partnership),
    ("Paid partnership with Teahouse", MarkKind::Partnership),
    ("This video is sponsored by Squarespace", MarkKind::Partnership),
    ("Thanks to Squarespace for sponsoring this video", MarkKind::Partnership),
    ("In Kooperation mit @teehaus zeige ich euch mein Rezept", MarkKind::Partnership),
    ("En partenariat avec @maisonduthe", MarkKind::Partnership),
    ("En colaboración con @casadelte", MarkKind::Partnership),
    ("In collaborazione con @casadelte", MarkKind::Partnership),
    ("Em parceria com @casadocha", MarkKind::Partnership),
    ("In samenwerking met @theehuis", MarkKind::Partnership),
    ("We współpracy z @herbaciarnia", MarkKind::Partnership),
    ("I samarbete med @tehuset", MarkKind::Partnership),
    ("I betalt samarbejde med @tehuset", MarkKind::Partnership),
    ("Kaupallisessa yhteistyössä @teetalo", MarkKind::Partnership),
    ("@cayevi iş birliği ile", MarkKind::Partnership),
    // Gifts.
    ("Scarf gifted by @woolhouse", MarkKind::Gift),
    ("Opening my PR sample of the new serum", MarkKind::Gift),
    ("Thanks to @teahouse for sending these over", MarkKind::Gift),
    ("Danke an @teehaus für das tolle Paket", MarkKind::Gift),
    ("Merci à @maisonduthe pour le colis", MarkKind::Gift),
    ("Gracias a @casadelte por enviarme esta tetera", MarkKind::Gift),
    ("Grazie a @casadelte per avermi inviato la teiera", MarkKind::Gift),
    ("Obrigada @casadocha pelos recebidos", MarkKind::Gift),
    ("Bedankt @theehuis voor het pakket", MarkKind::Gift),
    // Says so itself.
    ("My morning routine #ad", MarkKind::SaysSo),
    ("Werbung | Heute zeige ich euch meinen Tee", MarkKind::SaysSo),
    ("[Anzeige] Mein neuer Lieblingstee", MarkKind::SaysSo),
    ("AD | My new favourite tea", MarkKind::SaysSo),
    ("AD My new favourite tea", MarkKind::SaysSo),
    ("Mi rutina de mañana #publi", MarkKind::SaysSo),
    // Written after the words had been chosen, of which three were overlooked at first.
    ("Hey guys! Ridge wallet hooked me up, 10% off with code LINUS at ridge.com/linus", MarkKind::DiscountCode),
    ("Go to https://nordvpn.com/anna and use code ANNA to get a 2-year plan plus 4 additional months with a huge discount", MarkKind::DiscountCode),
    ("Thank you to Audible for sponsoring today's video", MarkKind::Partnership),
    ("Today's video is sponsored by BetterHelp", MarkKind::Partnership),
    ("#Werbung Ich habe die neue Creme von @nivea_de getestet", MarkKind::SaysSo),
    ("Anzeige | Mein Abendritual mit @teehaus", MarkKind::SaysSo),
    ("[Werbung] So mache ich mein Müsli", MarkKind::SaysSo),
    ("Mit \"MARIA15\" spart ihr 15% auf eure Bestellung bei @gymshark", MarkKind::DiscountCode),
    ("Mein Code: maria10 (10 % auf alles)", MarkKind::DiscountCode),
    ("Code JULIE = -15% sur tout le site", MarkKind::DiscountCode),
    ("Utilisez mon code CLARA20 pour -20%", MarkKind::DiscountCode),
    ("Collaboration commerciale avec @sephora", MarkKind::Partnership),
    ("Publi // mi nueva crema favorita", MarkKind::SaysSo),
    ("Con mi código LAURA15 tenéis un 15% de descuento en la web", MarkKind::DiscountCode),
    ("#adv ho provato la nuova crema", MarkKind::SaysSo),
    ("Usa il mio codice ELISA10 per avere uno sconto", MarkKind::DiscountCode),
    ("Com o cupom BIA15 vocês ganham 15% off", MarkKind::DiscountCode),
    ("Gebruik code LOTTE15 voor 15% korting", MarkKind::DiscountCode),
    ("Z kodem OLA15 macie 15% taniej", MarkKind::DiscountCode),
    ("Använd koden ELLEN20 för 20% rabatt", MarkKind::DiscountCode),
    ("Brug koden IDA15 og få 15% rabat", MarkKind::DiscountCode),
    ("Bruk koden NORA20 for 20 % rabatt", MarkKind::DiscountCode),
    ("Koodilla SANNI15 saat -15%", MarkKind::DiscountCode),
    ("ELIF15 koduyla %15 indirim", MarkKind::DiscountCode),
    ("Gifted | wearing the new coat, thank you @zara", MarkKind::Gift),
    ("#gifted new boots from @drmartens", MarkKind::Gift),
    ("Thanks @glossier for gifting me these goodies", MarkKind::Gift),
    ("kindly gifted by @boots", MarkKind::Gift),
    ("My @amazon storefront finds https://amzn.to/abc123", MarkKind::AffiliateLink),
    ("All links below are affiliate links, I earn a small commission", MarkKind::AffiliateLink),
    ("As an Amazon Associate I earn from qualifying purchases", MarkKind::AffiliateLink),
    ("* Affiliate-Link: https://shop.example", MarkKind::AffiliateLink),
    ("In paid partnership with @visitnorway", MarkKind::Partnership),
];

#[test]
fn no_ordinary_post_looks_sponsored() {
    let alarms: Vec<_> = ORDINARY.iter().filter_map(|words| seen(words).map(|post| (words, post.marks))).collect();
    println!("{} ordinary posts, {} called sponsored", ORDINARY.len(), alarms.len());
    assert!(ORDINARY.len() >= 40 && alarms.is_empty(), "{alarms:#?}");
}

#[test]
fn sponsored_posts_are_found_by_their_mark_and_quoted() {
    let found = |(words, kind): &&(&str, MarkKind)| {
        let post = seen(words);
        let mark = post.and_then(|post| post.marks.into_iter().find(|mark| mark.kind == *kind));
        mark.is_some_and(|mark| !mark.quote.is_empty())
    };
    let missed: Vec<_> = SPONSORED.iter().filter(|case| !found(case)).collect();
    println!("{} sponsored posts, {} overlooked", SPONSORED.len(), missed.len());
    assert!(SPONSORED.len() >= 40 && missed.is_empty(), "{missed:#?}");
}

/// Whether a sponsored post tells, and if so in which language.
fn told(words: &str) -> Option<&'static str> {
    seen(words).expect("it looks sponsored").disclosure.and_then(|told| told.in_language)
}

const GERMAN: &str = "Ich trinke diesen Tee jeden Morgen und finde ihn wirklich wunderbar, vor allem wenn es draußen kalt ist. \
                      Mit dem Code ANNA15 spart ihr 15 Prozent.";
const FRENCH: &str = "Je bois ce thé tous les matins et je le trouve vraiment délicieux, surtout quand il fait froid dehors. \
                      Avec le code promo JULIE15 vous économisez.";
const ITALIAN: &str = "Bevo questo tè ogni mattina e lo trovo davvero delizioso, soprattutto quando fuori fa freddo. \
                       Con il codice sconto GIULIA15 risparmiate.";
const ENGLISH: &str = "I drink this tea every single morning and I really think it is wonderful, above all when it is cold \
                       outside. Use code ANNA15 to save.";

#[test]
fn a_disclosure_counts_in_the_language_of_the_post_or_one_accepted_there() {
    let cases = [
        (GERMAN, "#ad", None),
        (GERMAN, "#werbung", Some("de")),
        (GERMAN, "Anzeige.", Some("de")),
        (GERMAN, "Unbezahlte Werbung", Some("de")),
        (GERMAN, "Das ist keine Werbung", None),
        (FRENCH, "#collab", None),
        (FRENCH, "Collaboration commerciale", Some("fr")),
        (FRENCH, "#sponsorisé", Some("fr")),
        (FRENCH, "#ad", None),
        (ITALIAN, "#ad", Some("en")),
        (ITALIAN, "#pubblicità", Some("it")),
        (ENGLISH, "#ad", Some("en")),
        (ENGLISH, "#added #adventure", None),
        (ENGLISH, "#werbung", None),
        (ENGLISH, "Not an advertisement", None),
        (ENGLISH, "Paid partnership", Some("en")),
        // Too short to tell the language: any counts.
        ("Code ANNA20", "#reklama", Some("pl")),
        ("Code ANNA20", "", None),
    ];
    for (post, more, expected) in cases {
        // At the head, so that it stands before the fold.
        assert_eq!(told(&format!("{more}\n{post}")), expected, "{more} in {post}");
    }
}

#[test]
fn a_disclosure_in_another_language_is_quoted_and_the_declared_language_counts_too() {
    let words = format!("{GERMAN} #ad");
    let post = seen(&words).expect("sponsored");
    assert_eq!((post.language.as_deref(), &post.disclosure), (Some("de"), &None));
    assert_eq!(post.other_language.and_then(|other| other.in_language), Some("en"));
    let declared = PostWords { declared_language: Some("en-GB"), ..super::tests::post(&words) };
    let seen = disclosure(&[declared], None, Grade::B);
    assert_eq!(seen.posts[0].disclosure.as_ref().and_then(|told| told.in_language), Some("en"));
}

#[test]
fn a_disclosure_behind_the_fold_counts_and_is_named() {
    let tags = "#tea #morning #cosy #winter";
    let cases = [
        (format!("#ad {ENGLISH} {tags}"), false),
        (format!("{ENGLISH} #tea #ad {tags}"), false),
        (format!("{ENGLISH} {tags} #ad"), true),
        (format!("{ENGLISH} This was a paid partnership."), true),
    ];
    for (words, behind) in cases {
        let post = seen(&words).expect("sponsored");
        assert_eq!(post.disclosure.map(|told| told.behind_the_fold), Some(behind), "{words}");
    }
    let words = format!("{ENGLISH} {tags} #ad");
    let all = disclosure(&[post(&words)], None, Grade::B);
    let parts: Vec<&str> = all.told.explanation.parts.iter().map(|part| part.words.as_str()).collect();
    assert_eq!(all.told.value, Some(1.0));
    assert!(parts.iter().any(|words| words.contains("behind")), "{parts:?}");
}

#[test]
fn the_platforms_label_counts_in_every_language_and_needs_no_words() {
    let labelled = PostWords {
        marked_paid: Some(true),
        ..post(
            "お茶が大好きです。毎朝このお茶を飲んでいますが、本当に美味しいです。寒い日には特におすすめです。ぜひ試してみてください。",
        )
    };
    let empty = PostWords { marked_paid: Some(true), ..post("") };
    let seen = disclosure(&[labelled, empty], Some(Timestamp(7)), Grade::A);
    assert_eq!((seen.sponsored, seen.told.value, seen.told.as_of), (2, Some(1.0), Some(Timestamp(7))));
    assert!(seen.posts.iter().all(|post| post.judged && post.disclosure.as_ref().is_some_and(|told| told.by_platform)));
}

#[test]
fn posts_in_a_language_without_words_here_are_listed_but_not_judged() {
    let japanese = "お茶が大好きです。毎朝このお茶を飲んでいますが、本当に美味しいです。寒い日には特におすすめです。ぜひ試してみてください。 https://amzn.to/3abcd";
    let seen = disclosure(&[post(japanese)], None, Grade::B);
    assert_eq!((seen.sponsored, seen.told.value, seen.posts[0].judged), (1, None, false));
    assert!(seen.told.not_known.as_deref().is_some_and(|reason| reason.contains("read the posts")));
}

#[test]
fn without_a_sponsored_post_the_share_is_not_known_and_never_zero() {
    for posts in [vec![], vec![post("Good morning"), post("")]] {
        let seen = disclosure(&posts, None, Grade::C);
        assert_eq!((seen.sponsored, seen.told.value, seen.told.grade), (0, None, Grade::C));
        assert!(seen.told.not_known.as_deref().is_some_and(|reason| reason.contains("import")));
    }
}

#[test]
fn the_share_has_its_interval_and_its_explanation_adds_up() {
    let mut words = vec!["Use code ANNA10 for 10% off #ad"; 6];
    words.extend(["Use code ANNA10 for 10% off"; 4]);
    words.extend(["Good morning"; 10]);
    let posts: Vec<PostWords> = words.into_iter().map(post).collect();
    let seen = disclosure(&posts, None, Grade::B);
    let told = &seen.told;
    assert_eq!((seen.posts_read, seen.sponsored, told.value, told.n), (20, 10, Some(0.6), 10));
    assert!(told.lo.is_some_and(|lo| lo < 0.4) && told.hi.is_some_and(|hi| hi > 0.8) && told.explanation.adds_up());
    assert_eq!(told.n_of, "posts that look sponsored");
    let json = serde_json::to_value(&seen).expect("serialises");
    assert_eq!(json["posts"][0]["marks"][0]["kind"], "discount_code");
    assert!(json["posts"][9]["disclosure"].is_null());
}

#[test]
fn no_word_of_a_result_accuses() {
    let posts: Vec<PostWords> = SPONSORED.iter().map(|(words, _)| post(words)).collect();
    let mut seen = disclosure(&posts, None, Grade::B);
    seen.posts.clear();
    let said = serde_json::to_string(&seen).expect("serialises").to_lowercase();
    for word in ["fake", "illegal", "unlawful", "cheat", "hidden", "fraud"] {
        assert!(!said.contains(word), "{word}");
    }
}

proptest! {
    #[test]
    fn the_order_of_posts_changes_no_count(places in proptest::collection::vec(0usize..110, 0..25), turn in 0usize..25) {
        let all: Vec<&str> = ORDINARY.iter().copied().chain(SPONSORED.iter().map(|case| case.0)).collect();
        let mut posts: Vec<PostWords> = places.iter().map(|place| post(all[place % all.len()])).collect();
        let found = disclosure(&posts, None, Grade::B);
        posts.rotate_left(turn % places.len().max(1));
        posts.reverse();
        let again = disclosure(&posts, None, Grade::B);
        prop_assert_eq!((found.sponsored, &found.told), (again.sponsored, &again.told));
        prop_assert!(found.told.explanation.adds_up());
    }

    #[test]
    fn any_words_at_all_are_read_without_harm(words in ".{0,200}", tail in "(#[a-zA-Zé_]{0,9}| @|<[a-z/]*>|%|code [A-Z]{3}10|\n|ad){0,12}") {
        let words = format!("{words}{tail}");
        let seen = disclosure(&[post(&words)], None, Grade::B);
        prop_assert!(seen.sponsored <= 1 && seen.posts.iter().all(|post| !post.marks.is_empty()));
    }
}
