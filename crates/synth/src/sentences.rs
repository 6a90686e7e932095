//! The moulds sentences are cast in, per language and mood; the words in braces are filled from the circle's own.
//!
//! `{product}` is one of the made-up brand's things, `{name}` the handle of the person spoken of.

/// What somebody means by a comment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mood {
    SmallTalk,
    Praise,
    Question,
    Advice,
    Price,
    Ordered,
    Regret,
    Thanks,
    /// The praise that bots leave under anything.
    StockPraise,
    /// The quick praise that members of a pod leave under each other's posts.
    PodPraise,
    BrandQuestion,
    BrandPrice,
    BrandOrdered,
    BrandRegret,
    BrandPost,
    Caption,
    Title,
}

impl Mood {
    pub(crate) const COUNT: usize = 17;

    /// Whether it asks for an answer with substance.
    pub(crate) fn asks(self) -> bool {
        matches!(self, Mood::Question | Mood::Price | Mood::BrandQuestion | Mood::BrandPrice | Mood::Regret)
    }
}

/// The language an account writes in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Language {
    English = 0,
    German = 1,
    Spanish = 2,
    French = 3,
}

impl Language {
    pub(crate) const ALL: [Language; 4] = [Language::English, Language::German, Language::Spanish, Language::French];

    pub(crate) fn code(self) -> &'static str {
        ["en", "de", "es", "fr"][self as usize]
    }
}

/// The moulds of one mood in one language.
pub(crate) fn moulds(language: Language, mood: Mood) -> &'static [&'static str] {
    match (language, mood) {
        (_, Mood::StockPraise) => STOCK_PRAISE,
        (_, Mood::PodPraise) => POD_PRAISE,
        (Language::English, _) => english(mood),
        (Language::German, _) => german(mood),
        (Language::Spanish, _) => spanish(mood),
        (Language::French, _) => french(mood),
    }
}

/// Words before a sentence.
pub(crate) fn openers(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            "ok, ",
            "honestly, ",
            "not gonna lie, ",
            "quick one: ",
            "hm, ",
            "so ",
            "late to this but ",
            "ha, ",
            "you know, ",
            "as a beginner, ",
            "after a long week: ",
            "for what it's worth, ",
            "serious question, ",
            "first time here, ",
        ],
        Language::German => &["ehrlich, ", "na ja, ", "kurze Frage: ", "ach, ", "mal so gesagt, ", "spät dran, aber "],
        Language::Spanish => &["la verdad, ", "una cosa: ", "oye, ", "bueno, ", "llego tarde, pero "],
        Language::French => &["franchement, ", "petite question : ", "bon, ", "dis, ", "j'arrive tard, mais "],
    }
}

/// Words after a sentence.
pub(crate) fn closers(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            " :)",
            " 😊",
            " haha",
            " 🙌",
            " asking for a friend",
            " just saying",
            " cheers from up north",
            " 😅",
            " x",
            " and yes, again",
            " ❤️",
            " or is it just me",
            " no rush",
        ],
        Language::German => &[" :)", " 😊", " haha", " liebe Grüße", " 🙏"],
        Language::Spanish => &[" :)", " jaja", " 😊", " un saludo", " 🙏"],
        Language::French => &[" :)", " haha", " 😊", " bises", " 🙏"],
    }
}

fn english(mood: Mood) -> &'static [&'static str] {
    match mood {
        Mood::SmallTalk => &[
            "{line}",
            "{topic}? {line}",
            "me after {number} days of {doing}: {line}",
            "I spent the whole evening {doing} and regret nothing",
            "same here, {topic} got me too",
            "how was your weekend, still {doing}?",
            "{topic} is all we talk about at home",
            "{doing} on a Monday, bold choice",
            "tell me you also think about {topic} at night",
            "my week was mostly {doing}",
            "I thought I was the only one {doing}",
            "{topic} again? I am in",
            "your {topic} post made my neighbour laugh too",
            "we tried {doing} with the kids, chaos",
            "still thinking about what you said on {topic}",
            "day {number} of {doing} and I am getting somewhere",
            "your {item} looks exactly like the one my aunt had",
            "{doing} beats watching the news",
        ],
        Mood::Praise => &[
            "this is so {praise}, wow",
            "the {item} in this one looks {praise}",
            "you make {doing} look easy",
            "best thing on {topic} I have seen this month",
            "so {praise}, I had to show it to my sister",
            "finally somebody explains {topic} without shouting",
            "I keep coming back to this one about {topic}",
            "{praise} and {praise2}, my favourite of yours so far",
            "your way of {doing} is a joy to watch",
            "I learned more about {topic} here than anywhere",
            "that {item} shot, so {praise}",
            "please never stop {doing}",
        ],
        Mood::Question => &[
            "which {item} should I get for {doing}?",
            "which {item} would you take under {price}?",
            "any {item} you can recommend for a beginner?",
            "is the {item} really worth it for {doing}?",
            "does it matter which {item} I use for {topic}?",
            "what do you do about {topic}?",
            "would you rather save on the {item} or on the {item2}?",
            "how long did it take you to get good at {doing}?",
            "{item} or {item2} first, if you could only buy one?",
            "what am I doing wrong with {topic}?",
            "do you still use the {item} from last year?",
            "is a used {item} a bad idea?",
            "how do you handle {topic} when you have no time?",
            "what should I look for in a {item}?",
        ],
        Mood::Advice => &[
            "I would take the simpler {item}, you will use it more",
            "for {doing} a decent {item} is enough, really",
            "start with {topic}, the {item} can wait",
            "buy the {item} used, they last for years",
            "skip the {item}, put the money into a better {item2}",
            "try {doing} a little slower, that fixed it for me",
            "I had the same trouble with {topic}, a new {item} solved it",
            "depends, how often are you {doing}?",
            "go for the heavier {item}, the light one wobbles",
            "honest answer: the {price} one is as good as the expensive one",
            "do not overthink {topic}, just keep {doing}",
            "I recommend the small {item}, it is {praise}",
            "ask {name}, nobody knows {topic} better",
        ],
        Mood::Price => &[
            "how much was the {item}?",
            "what did you pay for that {item}?",
            "is {price} fair for a used {item}?",
            "where can I buy that {item}?",
            "do they ship the {item} abroad?",
            "is there a cheaper {item} that does the job?",
            "{price} for a {item}, is that normal now?",
            "any discount on the {item} at the moment?",
        ],
        Mood::Ordered => &[
            "I just ordered the {item}, thanks to you",
            "bought a {item} last week, so {praise}",
            "my {item} arrived today after you recommended it",
            "ended up buying the {item} for {price}, no regrets",
            "picked up a second-hand {item} for {doing}",
            "you convinced me, the {item} is on its way",
            "ordered the {item} after {name} recommended it",
            "finally replaced my old {item}",
        ],
        Mood::Regret => &[
            "I returned my {item}, it broke after {number} days",
            "should have listened, the cheap {item} is useless",
            "not happy with my {item}, {topic} got worse",
            "paid {price} for a {item} and regret it",
            "sent the {item} back twice already, what now?",
            "my {item} leaks, is yours fine?",
            "wish I had bought the {item2} instead of the {item}",
        ],
        Mood::Thanks => &[
            "thank you, that means a lot",
            "happy you like it, more on {topic} soon",
            "ha, you made my day",
            "thanks for being here since the beginning",
            "good point about {topic}, I will try that",
            "glad it helped, tell me how the {doing} goes",
            "oh I love that, thank you",
            "right? {topic} is underrated",
            "you are too kind",
            "same here, {doing} keeps me sane",
            "that is exactly how I felt about {topic}",
            "noted, a post on {topic} is coming",
            "thank you, let me know how it works out",
        ],
        Mood::BrandQuestion => &[
            "is the {product} worth it?",
            "which one should I get, the {product} or a plain {item}?",
            "has anyone here tried the {product}?",
            "would you recommend the {product} for {doing}?",
            "thinking about the {product}, any regrets?",
            "does the {product} help with {topic}?",
            "{product} or {product2}, what would you take?",
            "how does the {product} compare to your {item}?",
        ],
        Mood::BrandPrice => &[
            "how much is the {product} these days?",
            "is {price} a good price for the {product}?",
            "where can I buy the {product}?",
            "any code for the {product}?",
            "does Kettle and Crane ship here?",
        ],
        Mood::BrandOrdered => &[
            "I ordered the {product} after {name} recommended it",
            "my {product} arrived, so {praise}",
            "bought the {product} because of {name}, no regrets",
            "finally got the {product}, {doing} is fun again",
            "the {product} is on its way, thank {name}",
            "just ordered from Kettle and Crane, cannot wait",
        ],
        Mood::BrandRegret => &[
            "my {product} came with a dent, has anyone written to them?",
            "the {product} is fine but the lid rattles",
            "returned the {product}, too big for my kitchen",
            "should have taken the {product2}, not the {product}",
        ],
        Mood::BrandPost => &[
            "morning with the {product}, {line}",
            "week {number} with the {product}: still {praise}",
            "new on the shelf: {product}. now {doing} every day",
            "the {product} and a slow Sunday, {topic} included",
            "my honest view of the {product} after {number} days of {doing}",
        ],
        Mood::Caption => &[
            "{line}. how is it for you?",
            "a few thoughts on {topic} and {topic2}",
            "{doing} before sunrise, {topic} after",
            "what {number} days of {doing} taught me about {topic}",
            "today: {topic}. ask me anything below",
            "the {item} I keep using, and the one I gave away",
            "three mistakes with {topic} that I made so you need not",
            "{doing}, slowly. {line}",
            "my {item} after a year of {doing}: {praise}, mostly",
            "you asked about {topic}, here we go",
            "unpopular opinion on {topic}: {line}",
            "{item} or {item2}? I tried both for {number} days",
            "no filter, no plan, just {doing}",
        ],
        Mood::Title => &[
            "{topic}: what nobody tells you",
            "I tried {doing} for {number} days",
            "The {item} question, answered",
            "{item} or {item2}? A calm comparison",
            "Five mistakes with {topic}",
            "{doing} for beginners",
            "A year with my {item}",
            "Let's talk about {topic}",
            "Before you buy a {item}",
            "{topic} and {topic2}, explained slowly",
        ],
        Mood::StockPraise | Mood::PodPraise => STOCK_PRAISE,
    }
}

fn german(mood: Mood) -> &'static [&'static str] {
    match mood {
        Mood::SmallTalk | Mood::Caption => &[
            "bei mir war heute auch {topic} dran",
            "Tag {number} und ich bin immer noch dabei",
            "das mit {topic} kenne ich nur zu gut",
            "mein Nachbar fragt schon, was ich da mache",
            "ein bisschen {topic} geht immer",
            "wie war euer Wochenende? Bei uns nur {topic}",
            "so fing es bei mir auch an",
        ],
        Mood::Praise | Mood::Thanks => &[
            "danke dir, das hilft wirklich weiter",
            "wie schön, das macht richtig Lust",
            "vielen Dank für die Mühe mit {topic}",
            "endlich erklärt das jemand in Ruhe",
            "freut mich sehr, danke fürs Zuschauen",
            "sehr gut gemacht, wie immer",
        ],
        Mood::Question | Mood::Advice => &[
            "welches {item} würdest du nehmen?",
            "lohnt sich ein {item} für Anfänger?",
            "kannst du ein {item} unter {price} empfehlen?",
            "ich würde das einfachere {item} nehmen",
            "was machst du bei {topic}?",
            "kauf das {item} lieber gebraucht",
        ],
        Mood::Price => &[
            "was hat das {item} gekostet?",
            "wo kann man das {item} kaufen?",
            "sind {price} für ein {item} in Ordnung?",
        ],
        Mood::Ordered => &["ich habe mir das {item} bestellt, danke", "gestern ein {item} gekauft und sehr zufrieden"],
        Mood::Regret => &["mein {item} ging nach {number} Tagen kaputt", "ich habe das {item} zurückgeschickt"],
        Mood::BrandQuestion => &["lohnt sich der {product}?", "hat hier jemand den {product} schon probiert?"],
        Mood::BrandPrice => &["was kostet der {product} gerade?", "wo bekommt man den {product}?"],
        Mood::BrandOrdered => {
            &["ich habe den {product} bestellt, weil {name} ihn empfohlen hat", "mein {product} ist endlich da"]
        }
        Mood::BrandRegret => &["mein {product} kam mit einer Delle an", "der Deckel vom {product} klappert"],
        Mood::BrandPost => {
            &["Sonntag mit dem {product}", "nach {number} Tagen mit dem {product}: immer noch zufrieden"]
        }
        Mood::Title => &["Alles über {topic}", "Ein Jahr mit meinem {item}", "Fünf Fehler bei {topic}"],
        Mood::StockPraise | Mood::PodPraise => STOCK_PRAISE,
    }
}

fn spanish(mood: Mood) -> &'static [&'static str] {
    match mood {
        Mood::SmallTalk | Mood::Caption => &[
            "yo también pasé la tarde con {topic}",
            "llevo {number} días y sigo aprendiendo",
            "en casa solo se habla de {topic}",
            "así empecé yo, con mucha paciencia",
            "hoy tocaba {topic}, mañana descanso",
            "mi vecina ya pregunta qué hago",
        ],
        Mood::Praise | Mood::Thanks => &[
            "muchas gracias, me ha servido un montón",
            "qué bonito, dan ganas de probarlo",
            "gracias por explicar {topic} con calma",
            "me alegro mucho de que te guste",
            "me encanta cómo lo cuentas",
        ],
        Mood::Question | Mood::Advice => &[
            "¿qué {item} me recomiendas?",
            "¿vale la pena un {item} para empezar?",
            "¿hay algún {item} por menos de {price}?",
            "yo compraría el {item} de segunda mano",
            "¿qué haces con {topic}?",
        ],
        Mood::Price => &["¿cuánto te costó el {item}?", "¿dónde puedo comprar ese {item}?"],
        Mood::Ordered => &["acabo de pedir el {item}, gracias a ti", "compré el {item} y estoy feliz"],
        Mood::Regret => &["devolví el {item} a los {number} días", "mi {item} se rompió enseguida"],
        Mood::BrandQuestion => &["¿vale la pena el {product}?", "¿alguien ha probado el {product}?"],
        Mood::BrandPrice => &["¿cuánto cuesta el {product} ahora?", "¿dónde se compra el {product}?"],
        Mood::BrandOrdered => &["pedí el {product} porque {name} lo recomendó", "ya llegó mi {product}"],
        Mood::BrandRegret => &["mi {product} llegó con un golpe", "devolví el {product}, era muy grande"],
        Mood::BrandPost => &["domingo con el {product}", "{number} días con el {product} y sigo contenta"],
        Mood::Title => &["Todo sobre {topic}", "Un año con mi {item}", "Cinco errores con {topic}"],
        Mood::StockPraise | Mood::PodPraise => STOCK_PRAISE,
    }
}

fn french(mood: Mood) -> &'static [&'static str] {
    match mood {
        Mood::SmallTalk | Mood::Caption => &[
            "moi aussi, {topic} toute la soirée",
            "jour {number} et je continue",
            "à la maison on ne parle que de {topic}",
            "c'est comme ça que j'ai commencé",
            "un peu de {topic} et la journée est sauvée",
            "ma voisine me prend pour une folle",
        ],
        Mood::Praise | Mood::Thanks => &[
            "merci beaucoup, ça m'aide vraiment",
            "c'est magnifique, ça donne envie",
            "merci d'expliquer {topic} calmement",
            "ravie que ça te plaise",
            "j'adore ta façon de raconter",
        ],
        Mood::Question | Mood::Advice => &[
            "quel {item} tu me conseilles ?",
            "est-ce qu'un {item} vaut le coup pour débuter ?",
            "un {item} à moins de {price}, ça existe ?",
            "je prendrais le {item} d'occasion",
            "comment tu fais avec {topic} ?",
        ],
        Mood::Price => &["combien a coûté le {item} ?", "où peut-on acheter ce {item} ?"],
        Mood::Ordered => &["je viens de commander le {item}, merci", "j'ai acheté le {item} et j'en suis ravie"],
        Mood::Regret => &["j'ai rendu le {item} au bout de {number} jours", "mon {item} est déjà cassé"],
        Mood::BrandQuestion => &["est-ce que le {product} vaut le coup ?", "quelqu'un a essayé le {product} ?"],
        Mood::BrandPrice => &["combien coûte le {product} en ce moment ?", "où trouver le {product} ?"],
        Mood::BrandOrdered => &["j'ai commandé le {product} grâce à {name}", "mon {product} est enfin arrivé"],
        Mood::BrandRegret => &["mon {product} est arrivé cabossé", "j'ai rendu le {product}, trop grand"],
        Mood::BrandPost => &["dimanche avec le {product}", "{number} jours avec le {product} et toujours contente"],
        Mood::Title => &["Tout sur {topic}", "Un an avec mon {item}", "Cinq erreurs avec {topic}"],
        Mood::StockPraise | Mood::PodPraise => STOCK_PRAISE,
    }
}

const STOCK_PRAISE: &[&str] = &[
    "Nice pic!",
    "Amazing!",
    "Great post!",
    "So cool",
    "Love it",
    "Wow",
    "Awesome content",
    "Nice!",
    "Beautiful",
    "Great shot!",
    "🔥🔥🔥",
    "😍😍",
    "Keep it up!",
    "Cool post, check out my page",
    "Very nice post dear",
    "Super",
    "👏👏👏",
    "Nice one bro",
    "Follow me back please",
    "Great work, DM me",
    "Perfect",
    "Stunning!",
    "Best post today",
    "So good!",
    "❤️❤️❤️",
];

const POD_PRAISE: &[&str] = &[
    "love love love this!!",
    "saving this one, so {praise}!",
    "okay this is everything 🔥",
    "you always deliver, so {praise}",
    "obsessed with this {item} 😍",
    "needed this today!!",
    "{topic} goals 🙌",
    "stop, this is so {praise} 😍",
    "your feed is unreal",
    "so proud of you!!",
    "yes to all of this 🔥🔥",
    "this {item} though 😍",
    "the best on {topic}, hands down",
];
