//! The words by which people refuse paid work, tell that they work for a brand, or speak against a value, in English, German,
//! French and Spanish; written by hand, folded, as phrases of `phrases.rs`.

use std::sync::LazyLock;

use super::super::phrases::Phrases;

/// How paid work is named, for each language.
#[rustfmt::skip]
const PAID_WORK: [&[&str]; 4] = [
    &[
        "(any|all|more)? (paid|brand|commercial)? (collab|collabs|collaboration|collaborations|partnership|partnerships)",
        "(any|all)? (paid|brand)? (sponsorship|sponsorships|sponsors|sponsor|promos|promo|promotion|promotions|ads|adverts|advertising)",
        "(any|all)? (brand|paid|sponsorship|influencer) (deal|deals|work|jobs|campaigns)",
        "(any|all)? (sponsored|paid) (post|posts|content|video|videos|reels|stories|reviews|stuff|things)",
        "(any|all)? product placement*", "(any|all)? (pr|gifted) (packages|products|boxes|samples)",
    ],
    &[
        "(bezahlte|bezahlten|bezahlter|kommerzielle|kommerziellen|irgendwelche)? (werbung|kooperation|kooperationen|werbekooperationen)",
        "(bezahlte|bezahlten|kommerzielle)? (kooperationsanfragen|werbeanfragen|partnerschaften|zusammenarbeiten|sponsorings|sponsoring)",
        "(gesponserte|gesponserten|bezahlte|bezahlten) (posts|beitrage|beitragen|videos|inhalte|inhalten)", "(collabs|koops|werbedeals)",
        "(produktplatzierungen|produktplatzierung|werbepartner)",
    ],
    &[
        "(les|des|la|une)? (collab|collabs|collaboration|collaborations) (commerciale|commerciales|remunerees|payantes|sponsorisees)?",
        "(les|des|un)? (partenariat|partenariats) (remunere|remuneres|payants|commerciaux)?", "(la|les)? (pub|pubs|publicite|publicites)",
        "(contenu|contenus|posts|videos|publications) (sponsorise|sponsorises|sponsorisees)", "(placement|placements) de (produit|produits)",
    ],
    &[
        "(las|mas)? (colaboraciones|colaboracion|collabs|colabs|colaborar) (pagadas|pagada|remuneradas|comerciales)?",
        "(la)? (publicidad|patrocinios|patrocinio|anuncios|patrocinadores)", "(contenido|posts|videos) (patrocinado|patrocinados)",
        "publicaciones (patrocinadas|pagadas)", "promociones (pagadas)?", "(acuerdos|tratos) con marcas",
    ],
];

/// "I do not do …": the beginnings of a refusal in the first person.
#[rustfmt::skip]
const I_REFUSE: [&[&str]; 4] = [
    &[
        "(i|we) (do|will) not (ever|currently|personally)? (do|accept|take|take on|make|offer|want|run|publish|post|need)",
        "(i|we) (don|won) t (ever|currently|personally)? (do|accept|take|make|offer|want|run|publish|post)", "(i|we) (don|won) t take on",
        "(i|we) (dont|wont) (ever)? (do|accept|take|make|offer|want)", "(i|we) (will)? never (do|accept|take|make|took|did|accepted)",
        "(i|we) (refuse|decline|reject)", "(i|we) (say|said) no to", "(i|we) turn down", "(i|we) (am|m|are|re) not (open|available) (to|for)",
        "(i|we) (no longer|stopped) (do|doing|accept|accepting|take|taking)", "(i|we) (am|m|are|re) not (doing|accepting|taking)",
    ],
    &[
        "(ich|wir) (mache|machen|mach|nehme|nehmen|schalte|schalten|poste|posten|akzeptiere|akzeptieren|will|wollen) \
         (grundsatzlich|generell|hier|prinzipiell|aktuell|derzeit|auch)? (keine|keinerlei)",
        "(mache|nehme|schalte|akzeptiere|machen|nehmen) (ich|wir) (grundsatzlich|generell|hier|prinzipiell)? (keine|keinerlei)",
        "(hier|bei mir|auf diesem kanal|auf diesem account|auf diesem profil|auf meinem kanal|auf meinem profil) gibt es (keine|keinerlei)",
        "bei mir gibt es (keine|keinerlei)", "(kanal|account|profil|seite) gibt es (keine|keinerlei)",
        "(ich|wir) (lehne|lehnen) (alle|jede|jegliche|samtliche)?", "(ich|wir) (bin|sind) nicht offen fur",
        "(ich|wir) (werde|werden) (nie|niemals|keine|keinerlei)",
    ],
    &[
        "(je|on|nous) (ne|n) (fais|fait|faisons|prends|accepte|acceptons|veux|cherche) (pas|plus|aucune|aucun|jamais) (de|d)?",
        "(je|on) (fais|fait|prends|accepte|veux) (pas|plus|jamais) (de|d)?", "j (n)? accepte (pas|plus|aucune|aucun|jamais) (de|d)?",
        "(je|on) refuse (tous|toutes|tout|toute)?", "je ne suis pas (ouverte|ouvert) (aux|a)",
    ],
    &[
        "no (hago|hacemos|acepto|aceptamos|tomo|quiero|publico|busco|realizo) (ninguna|ningun)?",
        "(nunca|jamas) (hago|acepto|hare|aceptare|haria|aceptaria)", "(ya)? no (hago|acepto)", "rechazo (todas|toda|todos|cualquier)",
        "no estoy (abierta|abierto) a",
    ],
];

/// "No …" as a label; it must stand at the head of a clause.
#[rustfmt::skip]
const LABELS: [&[&str]; 4] = [
    &["(no|zero)", "not (open|available) (to|for)", "not (accepting|taking|doing)"],
    &["(keine|keinerlei|null)", "nicht offen fur"],
    &["(pas|aucun|aucune|zero|plus) (de|d)?", "sans"],
    &["(no|cero|ninguna|sin)", "no a (las|la)?"],
];

/// Labels of one word or with their own form.
const OWN_LABELS: &[&str] = &[
    "(ad|sponsor) free (page|account|channel|zone|blog|space|profile)?",
    "werbefrei*",
    "(page|compte|chaine) sans (pub|publicite)",
    "(cuenta|perfil|canal) sin publicidad",
];

fn joined(beginnings: [&[&str]; 4]) -> Vec<String> {
    let each = |(beginnings, works): (&[&str], &[&str])| -> Vec<String> {
        beginnings.iter().flat_map(|begin| works.iter().map(move |work| format!("{begin} {work}"))).collect()
    };
    beginnings.into_iter().zip(PAID_WORK).flat_map(each).collect()
}

/// Refusals in the first person, which mean what they say wherever they stand.
pub(super) static REFUSALS: LazyLock<Phrases> = LazyLock::new(|| {
    let verbs_last = [
        "(werbung|kooperationen|kooperation) (mache|nehme|schalte) ich (nicht|keine|nie|grundsatzlich nicht)",
        "(werbung|kooperationen|kooperation) lehne ich (grundsatzlich|generell)? ab",
        "(les)? (partenariats|collaborations|collabs) (tres peu|non merci)",
    ];
    let verbs_last = verbs_last.into_iter().map(str::to_owned);
    Phrases::new(joined(I_REFUSE).into_iter().chain(verbs_last))
});

/// Refusals as labels, which in a post may be about that post alone.
pub(super) static REFUSAL_LABELS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(joined(LABELS).into_iter().chain(OWN_LABELS.iter().map(|label| (*label).to_owned())))
});

/// With one of these right after, a label in a post is about all the creator does.
#[rustfmt::skip]
pub(super) const ALWAYS: &[&str] = &[
    "here", "ever", "please", "anymore", "thanks", "hier", "bitte", "danke", "mehr", "niemals", "ici", "merci", "svp", "jamais", "aqui",
    "gracias", "nunca",
];

/// Before a label at the head of a clause one of these may stand.
pub(super) const BEFORE_A_LABEL: &[&str] = &[
    "sorry",
    "please",
    "strictly",
    "absolutely",
    "currently",
    "and",
    "bitte",
    "und",
    "aktuell",
    "desole",
    "desolee",
    "et",
    "y",
    "lo",
    "siento",
];

/// In the same clause before, these make a refusal reported, past or thought up: "people who say", "if I said", "used to".
#[rustfmt::skip]
pub(super) const NOT_MEANT: &[&str] = &[
    "if", "say", "says", "said", "saying", "claim", "claims", "pretend", "imagine", "used", "would", "wish", "why", "people", "who",
    "when", "they", "she", "he", "until", "before", "wenn", "falls", "sage", "sagen", "sagt", "sagte", "gesagt", "fruher", "wurde",
    "warum", "leute", "behauptet", "ware", "als", "si", "dis", "dit", "disent", "dire", "avant", "imagine", "pourquoi", "quand", "ceux",
    "digo", "dice", "dicen", "dije", "dicho", "decir", "antes", "imagina", "porque", "cuando", "quienes", "gente",
];
/// German sets a comma after words of saying: "früher sagte ich, ich …".
pub(super) const SAID_BEFORE_A_COMMA: &[&str] = &["sagte", "sagten", "gesagt", "behauptet", "dachte", "meinte"];
/// "I have always said that …" is meant.
pub(super) const SINCE_EVER: &[&str] = &["always", "immer", "toujours", "siempre"];

/// Right after a refusal, these narrow it: "for free", "without a contract", "often".
#[rustfmt::skip]
pub(super) const NARROWING: &[&str] = &[
    "for", "with", "from", "about", "in", "on", "during", "without", "unless", "if", "often", "frequently", "lightly", "that", "which",
    "where", "i", "much", "except", "just", "when", "to", "fur", "mit", "von", "zu", "im", "ohne", "ausser", "wenn", "oft", "die", "bei",
    "pour", "avec", "sans", "si", "sauf", "souvent", "dans", "que", "quand", "para", "con", "sin", "salvo", "en", "de", "cuando",
    "menudo", "a", "every", "jeden", "jede", "tous", "cada", "was", "were", "meine", "is", "are",
];
/// "very often": the word after it decides.
pub(super) const VERY: &[&str] = &["very", "too", "so", "sehr", "tres", "muy", "trop"];
/// Among the words after, these keep a narrowing wide: "with brands", "on this page", "für Geld".
#[rustfmt::skip]
pub(super) const STILL_ALL: &[&str] = &[
    "anyone", "anybody", "brands", "brand", "companies", "company", "money", "anything", "page", "account", "channel", "blog", "profile",
    "marken", "firmen", "unternehmen", "niemanden", "niemandem", "geld", "kanal", "profil", "seite", "marques", "entreprises", "personne",
    "argent", "compte", "marcas", "empresas", "nadie", "dinero", "cuenta", "perfil", "canal", "principle", "prinzip",
];
/// After such words, these narrow it again: "with brands I don't trust".
pub(super) const NARROWED_AGAIN: &[&str] = &[
    "i", "that", "who", "which", "whose", "die", "deren", "ich", "qui", "que", "dont", "cuyas", "without", "ohne",
    "sans", "sin",
];

/// Refusals to work with what the caller found: the brand's own name or its kind of product.
#[rustfmt::skip]
pub(super) static TARGETED: LazyLock<Phrases> = LazyLock::new(|| {
    let never = ["(i|we) (won|don|wouldn|can) t (ever)?", "(i|we) (will|would|do) (not|never) (ever)?", "(i|we) (wont|dont|never)",
        "(i|we) (d|ll) never (ever)?", "(i|we) refuse to"];
    let work = ["(work|partner|collaborate|collab|team) (up)? with (any|the|these|those)? ~2 TARGET", "(promote|advertise|endorse) ~2 TARGET",
        "(do|accept|take|make|run) (any|paid)? (ads|ad|promos|collabs|sponsorships|partnerships|posts|deals|campaigns|advertising) \
         (for|with|from|by) ~2 TARGET"];
    let english = never.iter().flat_map(|never| work.iter().map(move |work| format!("{never} {work}")));
    let others = [
        "(no|zero) (paid)? (collabs|ads|partnerships|promos|sponsorships|promo|deals|collaborations) (for|with|from) ~2 TARGET",
        "(ich|wir) (arbeite|arbeiten|kooperiere|kooperieren) (grundsatzlich)? (nicht|nie|niemals) (mehr)? mit ~2 TARGET",
        "(arbeite|kooperiere) ich (grundsatzlich)? (nicht|nie|niemals) (mehr)? mit ~2 TARGET",
        "(ich|wir) (werde|wurde|werden) (nicht|nie|niemals) (mehr)? (mit|fur) ~2 TARGET ~1 (arbeiten|zusammenarbeiten|kooperieren|werben)",
        "(ich|wir) (mache|machen|werde) (keine|nie|niemals) (werbung|kooperationen|kooperation) (fur|mit) ~2 TARGET",
        "keine (werbung|kooperation|kooperationen) (fur|mit|von) ~2 TARGET", "(ich|wir) (werbe|werben) (nicht|nie|niemals) fur ~2 TARGET",
        "mit ~2 TARGET (arbeite|kooperiere) ich (nicht|nie|niemals)", "fur ~2 TARGET (mache|werbe) ich (nicht|nie|niemals|keine)",
        "(je|on) (ne)? (travaille|collabore|travaillerai|collaborerai|travaillerais) (pas|jamais|plus) avec ~3 TARGET",
        "(je|on) (ne)? (ferai|fais|fait) (pas|jamais|plus|aucune) (de|d)? (pub|publicite|promo|promotion|partenariat|partenariats) \
         (pour|avec) ~2 TARGET",
        "je refuse de (travailler|collaborer) avec ~2 TARGET",
        "(pas|aucun|aucune) (de|d)? (pub|partenariat|partenariats|collab|collabs) (pour|avec) ~2 TARGET",
        "(no|nunca|jamas) (trabajo|colaboro|trabajare|colaborare|colaboraria|trabajaria) con ~2 TARGET",
        "(no|nunca|jamas) (hago|hare|haria) (publicidad|promocion|anuncios|colaboraciones) (de|para|con) ~2 TARGET",
        "me niego a (trabajar|colaborar) con ~2 TARGET", "(no|nunca) (promociono|anuncio|promocionare) ~2 TARGET",
    ];
    Phrases::new(english.chain(others.into_iter().map(str::to_owned)))
});
/// After a kind of product, these keep it a refusal of its makers: "with beer brands"; "with beer in my hand" is none.
#[rustfmt::skip]
pub(super) const OF_THE_TRADE: &[&str] = &[
    "brands", "brand", "companies", "company", "makers", "industry", "again", "ever", "anymore", "either", "marken", "marke", "firmen",
    "hersteller", "herstellern", "zusammen", "mehr", "auch", "marques", "entreprises", "marcas", "empresas", "or", "and", "oder", "und",
];
/// Between the refusal and its target, these turn it round: "with anyone but".
pub(super) const EXCEPT: &[&str] = &[
    "but", "except", "other", "besides", "only", "without", "ausser", "andere", "anderen", "nur", "sauf", "autre",
    "salvo", "otra", "otras",
];

/// Words of somebody who works for a rival.
#[rustfmt::skip]
pub(super) static AMBASSADOR: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new([
        "TARGET (brand|official|sports|global|student|community|team)? (ambassador|ambassadors|ambassadress|athlete|partner|affiliate)",
        "(ambassador|ambassadress|athlete|spokesperson) (for|of|at|with|to)? (the)? (brand)? TARGET", "(member|part) of (the)? team TARGET",
        "(i|we) (represent|am the face of|m the face of) TARGET", "face of TARGET",
        "TARGET (botschafter|botschafterin|markenbotschafter|markenbotschafterin|athlet|athletin|partnerin|gesicht)",
        "(botschafter|botschafterin|markenbotschafter|markenbotschafterin|werbegesicht|athlet|athletin) (von|fur|bei|der marke)? TARGET",
        "(ambassadeur|ambassadrice|egerie|athlete) (officiel|officielle)? (de|d|pour|chez)? (la marque)? TARGET",
        "(embajador|embajadora|imagen) (oficial)? (de|para)? (la marca)? TARGET", "TARGET (ambassadeur|ambassadrice|embajador|embajadora)",
    ])
});
/// A rival's name followed by one of these in one hashtag.
#[rustfmt::skip]
pub(super) const AMBASSADOR_TAGS: &[&str] = &[
    "ambassador", "ambassadors", "brandambassador", "partner", "athlete", "botschafter", "botschafterin", "markenbotschafter",
    "ambassadeur", "ambassadrice", "embajador", "embajadora", "creator", "squad",
];
pub(super) const PAID_TAGS: &[&str] =
    &["ad", "partnership", "sponsored", "werbung", "kooperation", "pub", "collab", "paid", "gifted"];

/// Words of a post that is paid for by a rival.
#[rustfmt::skip]
pub(super) static PAID: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new([
        "(sponsored|gifted|powered|supported|provided) by (the)? (team|people)? (at)? TARGET",
        "(paid|sponsored|in|official)? (partnership|collaboration|collab|cooperation) with (my friends at)? TARGET",
        "(partnered|partnering|collaborating|teamed|teaming|collaborated|working) (up)? with TARGET",
        "(thanks|thank) (you)? (so much)? (to)? TARGET for (sending|gifting|sponsoring|having|supporting)", "TARGET (kindly|generously)? (gifted|sponsored) (me|us|this)",
        "TARGET kindly sent", "(my|our) TARGET (code|link|discount)", "TARGET (code|rabattcode|discount code|promo code)",
        "(code|codes|rabattcode|gutscheincode|codigo) ~4 (at|bei|auf|chez|en|on|for|fur|sur) TARGET",
        "(ad|advert|advertisement|werbung|anzeige|publicite|publicidad) (for|fur|mit|pour|with|de|con)? TARGET",
        "(bezahlte)? (kooperation|zusammenarbeit|partnerschaft) mit TARGET", "gesponsert (von|durch) TARGET",
        "von TARGET (zur verfugung gestellt|gesponsert|gesponsort|zugeschickt)",
        "(collaboration|partenariat|collab) (commerciale|commercial|remuneree|remunere)? avec TARGET", "(offert|offerts|sponsorise|sponsorisee) par TARGET",
        "code (promo)? ~1 (chez|sur) TARGET", "mon code (promo)? TARGET",
        "(colaboracion|alianza) (pagada)? con TARGET", "(patrocinado|patrocinada|regalado|regalada) por TARGET", "mi codigo (de)? TARGET",
    ])
});

/// In the same clause before, these tell of somebody else, of the past or of a wish.
#[rustfmt::skip]
pub(super) const NOT_NOW_NOT_ME: &[&str] = &[
    "former", "formerly", "ex", "previously", "was", "were", "been", "used", "wish", "want", "become", "becoming", "apply", "applied",
    "applying", "dream", "dreaming", "would", "if", "congrats", "congratulations", "friend", "she", "he", "her", "his", "they", "their",
    "who", "met", "meet", "interview", "the", "longer", "stopped", "ended", "imagine", "someday", "one", "hope", "rejected", "should", "brother",
    "sister", "husband", "wife", "mum", "mom", "dad", "boyfriend", "girlfriend", "colleague", "neighbour", "bruder", "schwester", "mann",
    "frau", "kollege", "kollegin", "frere", "soeur", "mari", "collegue", "hermano", "hermana", "marido", "prima", "primo",
    "fruher", "fruhere", "fruherer", "ehemalige", "ehemaliger", "war", "ware", "wurde", "gern", "gerne", "wenn", "gluckwunsch", "freundin",
    "freund", "sie", "er", "ihre", "seine", "traum", "bewerbe", "ancien", "ancienne", "etais", "etait", "voudrais", "aimerais", "reve",
    "devenir", "si", "felicitations", "elle", "il", "amie", "ami", "l", "antigua", "antiguo", "era", "fui", "fue", "quiero", "gustaria",
    "sueno", "felicidades", "ella", "amiga", "amigo", "el", "la", "wants",
];
/// After, these tell of a thing and not of the writer: "Nike ambassador program"; or that it is over: "until 2021".
#[rustfmt::skip]
pub(super) const OF_A_THING: &[&str] = &[
    "program", "programme", "programm", "programa", "application", "applications", "store", "stores", "shop", "shops", "until", "till",
    "bis", "jusqu", "jusque", "hasta", "wanted", "said", "ended", "werden", "is", "was", "are", "gesucht",
];

/// Before a rival's name, these compare: "better than", "instead of".
#[rustfmt::skip]
pub(super) const COMPARES: &[&str] = &[
    "than", "unlike", "instead", "alternative", "alternatives", "dupe", "dupes", "over", "versus", "vs", "replaced", "replaces", "like",
    "als", "statt", "anstatt", "anstelle", "wie", "que", "plutot", "comme", "dupes", "como", "goodbye", "ersetzt", "remplace", "against",
];

/// Speaking against a value that the caller found.
#[rustfmt::skip]
pub(super) static AGAINST: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new([
        "(i|we) (hate|despise|dislike|detest) (all|this|these|the)? (whole)? TARGET",
        "(sick|tired) of (all|this|these|the|hearing about)? (the|this)? TARGET",
        "(i|we) (don|do|couldn|could) (t|not) care (less)? (at all)? about (all|this|the|your)? TARGET",
        "TARGET ~1 (is|are) (so|such|totally|just|completely|all|pure)? (a|an)? (overrated|nonsense|scam|rubbish|pointless|bullshit|joke|hoax)",
        "(ich|wir) (hasse|hassen) (diese|dieses|den|das|die)? (ganze|ganzen)? TARGET", "TARGET ist (mir|uns) (vollig|total|komplett)? (egal|wurscht)",
        "(mir|uns) ist TARGET (vollig|total|komplett)? (egal|wurscht)",
        "TARGET ~1 (ist|sind) (doch|nur|vollig|total|so|alles)? (uberbewertet|quatsch|unsinn|blodsinn|abzocke)",
        "(je|on) (deteste|hais) (le|la|les|l|cette|ce)? TARGET", "(je|on) (me|se) (fiche|fous|moque) (de|du|des)? (la|l|le)? TARGET",
        "TARGET (est|sont|c est) (vraiment|completement|totalement)? (surcote|surcotee|surfait|surfaite|une arnaque|du bidon|n importe quoi)",
        "(odio|detesto) (la|el|los|las|lo|esta|este)? TARGET", "(no|me) me importa (la|el|lo)? TARGET", "me da igual (la|el|lo)? TARGET",
        "TARGET (es|son) (una|un|pura|puro)? (estafa|tonteria|timo|cuento|sobrevalorado|sobrevalorada)",
    ])
});
