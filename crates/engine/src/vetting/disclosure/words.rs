//! The words: what says openly that a post is paid for, language by language, and what shows that it is promotion.
//!
//! Entered by hand from what authorities and self-regulation of the countries publish for creators. What they call too
//! vague is left out on purpose: "collab", "partner", "gifted", "affiliate link", "samenwerking", "i samarbete med". Patterns
//! are written as [`super::reading::Patterns`] says.

/// What discloses in one language.
pub(super) struct Wording {
    /// ISO 639-1.
    pub language: &'static str,
    /// Languages whose words are commonly accepted here as well.
    pub accepts: &'static [&'static str],
    /// Hashtags, without `#`.
    pub tags: &'static [&'static str],
    /// Hashtags that go on after this.
    pub tags_from: &'static [&'static str],
    /// Anywhere in the text.
    pub phrases: &'static [&'static str],
    /// Only where they stand apart as a label, since inside a sentence they mean something else.
    pub labels: &'static [&'static str],
}

#[rustfmt::skip]
pub(super) const WORDINGS: &[Wording] = &[
    Wording {
        language: "en", accepts: &[],
        tags: &["ad", "ads", "advert", "advertisement", "sponsored", "sponsoredpost", "sponsoredby", "sponsoredcontent", "paidad",
            "paidadvert", "paidpartnership", "paidpromotion", "paidpromo", "paidcollaboration", "adfeature"],
        tags_from: &["sponsoredby", "adpaid"],
        phrases: &["paid partnership", "paid collaboration", "paid promotion", "paid promo", "paid ad", "paid advert",
            "paid advertisement", "paid advertising", "advertisement", "sponsored (by|post|video|content|episode|reel|story)",
            "(is|was|are) ~2 sponsored", "for sponsoring", "for sponsoring ~2 (video|episode|post)", "sponsor of (this|today)",
            "sponsored this (video|episode|post)", "this (video|episode|post) s sponsor", "today s sponsor", "paid link",
            "paid links", "(earn|get|receive|make) ~3 commission", "(earn|get|receive|make) ~3 commissions",
            "amazon associate"],
        labels: &["ad", "advert", "sponsored", "paid", "ad feature"],
    },
    Wording {
        language: "de", accepts: &[],
        tags: &["bezahltewerbung", "bezahltepartnerschaft", "bezahltekooperation", "unbezahltewerbung", "dauerwerbung",
            "dauerwerbesendung", "werbepost"],
        tags_from: &["werbung", "anzeige"],
        phrases: &["werbung", "anzeige", "bezahlte partnerschaft", "bezahlter partnerschaft", "bezahlte kooperation",
            "bezahlter kooperation", "bezahlte zusammenarbeit", "(werbelink|werbelinks)", "dauerwerbesendung",
            "entgeltliche einschaltung", "gesponsert (von|durch)", "gesponserter (beitrag|post)", "gesponsertes video",
            "(erhalte|bekomme|verdiene) ~3 provision"],
        labels: &["gesponsert"],
    },
    Wording {
        language: "fr", accepts: &[],
        tags: &["publicite", "pub", "sponsorise", "sponsorisee", "collaborationcommerciale", "collabcommerciale",
            "partenariatremunere", "partenariatcommercial", "collaborationremuneree", "contenusponsorise"],
        tags_from: &[],
        phrases: &["publicite", "collaboration commerciale", "partenariat commercial", "partenariat remunere",
            "collaboration remuneree", "(sponsorise|sponsorisee) par", "contenu sponsorise", "video sponsorisee",
            "(post|article) sponsorise", "(touche|percois|recois) ~3 commission"],
        labels: &["pub", "sponsorise", "sponsorisee"],
    },
    Wording {
        language: "es", accepts: &[],
        tags: &["publi", "publicidad", "colaboracionpagada", "colaboracionremunerada", "patrocinado", "contenidopatrocinado",
            "patrocinadopor", "publipost"],
        tags_from: &["publicidad"],
        phrases: &["publi", "publicidad", "colaboracion (pagada|remunerada)", "asociacion pagada", "patrocinado por",
            "patrocinada por", "contenido patrocinado", "(video|post) patrocinado", "en colaboracion con @",
            "(recibo|gano) ~3 comision"],
        labels: &["patrocinado"],
    },
    Wording {
        language: "it", accepts: &["en"],
        tags: &["adv", "pubblicita", "sponsorizzato", "sponsorizzata", "advertising", "contenutosponsorizzato",
            "collaborazioneretribuita", "partnershipretribuita"],
        tags_from: &["advby"],
        phrases: &["pubblicita", "advertising", "(sponsorizzato|sponsorizzata) da", "contenuto (sponsorizzato|pubblicitario)",
            "(video|post) sponsorizzato", "(collaborazione|partnership) (retribuita|pagata)", "collaborazione a pagamento",
            "in collaborazione con @", "promosso da @", "(ricevo|guadagno) ~3 commissione"],
        labels: &["adv", "sponsorizzato"],
    },
    Wording {
        language: "pt", accepts: &[],
        tags: &["publi", "publicidade", "parceriapaga", "pub", "publipost", "conteudopatrocinado", "conteudopago",
            "parceriaremunerada", "patrocinado"],
        tags_from: &["publicidade"],
        phrases: &["publi", "publicidade", "parceria (paga|remunerada)", "colaboracao paga", "patrocinado por", "patrocinada por",
            "conteudo (pago|patrocinado)", "(video|post) patrocinado", "publipost", "(recebo|ganho) ~3 comissao"],
        labels: &["pub", "patrocinado"],
    },
    Wording {
        language: "nl", accepts: &["en"],
        tags: &["advertentie", "adv", "reclame", "gesponsord", "spon", "betaaldesamenwerking", "betaaldpartnerschap",
            "betaaldepartnerschap"],
        tags_from: &["advertentie"],
        phrases: &["advertentie", "reclame", "betaalde samenwerking", "betaald partnerschap", "betaalde promotie", "gesponsord door",
            "gesponsorde (post|video)", "(ontvang|krijg|verdien) ~3 commissie"],
        labels: &["adv", "spon", "gesponsord"],
    },
    Wording {
        language: "pl", accepts: &[],
        tags: &["reklama", "wspolpracareklamowa", "wspolpracaplatna", "platnawspolpraca", "materialreklamowy",
            "materialsponsorowany", "postsponsorowany", "platnapromocja"],
        tags_from: &[],
        phrases: &["reklama", "wspolpraca (reklamowa|platna)", "wspolpracy (reklamowej|platnej)", "platna (wspolpraca|promocja)",
            "platne partnerstwo", "platnej wspolpracy", "material (reklamowy|sponsorowany)", "(sponsorowane|sponsorowany) przez"],
        labels: &["sponsorowane"],
    },
    Wording {
        language: "sv", accepts: &[],
        tags: &["reklam", "annons", "betaltsamarbete", "betaltpartnerskap", "reklamlank", "annonslank", "sponsrat"],
        tags_from: &["annons"],
        phrases: &["reklam", "annons", "betalt (samarbete|partnerskap)", "(annonslank|annonslankar|reklamlank|reklamlankar)",
            "sponsrat (inlagg|avsnitt)", "(sponsras|sponsrad|sponsrat) av"],
        labels: &[],
    },
    Wording {
        language: "da", accepts: &["no"],
        tags: &["reklame", "annonce", "betaltsamarbejde", "betaltpartnerskab", "sponsoreret", "reklamelink"],
        tags_from: &["reklame", "annonce"],
        phrases: &["reklame", "annonce", "betalt (samarbejde|partnerskab)", "sponsoreret (indhold|af|opslag)",
            "(reklamelink|reklamelinks|annoncelink)"],
        labels: &["sponsoreret"],
    },
    Wording {
        language: "no", accepts: &["da"],
        tags: &["reklame", "annonse", "betaltsamarbeid", "betaltpartnerskap", "sponset", "annonselenke", "reklamelenke"],
        tags_from: &["reklame", "annonse"],
        phrases: &["reklame", "annonse", "betalt (samarbeid|partnerskap)", "sponset (innhold|av|innlegg)",
            "(annonselenke|annonselenker|reklamelenke|reklamelenker)"],
        labels: &["sponset"],
    },
    Wording {
        language: "fi", accepts: &[],
        tags: &["mainos", "kaupallinenyhteistyo", "maksettuyhteistyo", "maksettukumppanuus", "sponsoroitu", "mainoslinkki"],
        tags_from: &[],
        phrases: &["mainos", "kaupallinen yhteistyo", "kaupallisessa yhteistyossa", "maksettu (yhteistyo|kumppanuus)",
            "(mainoslinkki|mainoslinkkeja|mainoslinkit)", "sponsoroitu sisalto"],
        labels: &["sponsoroitu"],
    },
    Wording {
        language: "tr", accepts: &[],
        tags: &["reklam", "tanitim", "isbirligi", "sponsorlu", "sponsor", "ucretliisbirligi", "ucretliortaklik"],
        tags_from: &["reklam"],
        phrases: &["reklam", "reklam icerir", "tanitim", "ucretli (ortaklik|isbirligi|tanitim)", "ucretli is birligi",
            "sponsorlu icerik", "@ isbirligi", "@ is birligi", "@ ile isbirligi", "@ ile is birligi"],
        labels: &["sponsorlu"],
    },
];

/// Disclosing hashtags that by themselves show that a post is promotion: nobody uses them for anything else.
#[rustfmt::skip]
pub(super) const TAGS_THAT_SAY_SO: &[&str] = &[
    "ad", "advert", "sponsored", "sponsoredpost", "sponsoredby", "paidad", "paidadvert", "paidpartnership", "paidpromotion",
    "werbung", "anzeige", "bezahltewerbung", "bezahltepartnerschaft", "bezahltekooperation", "sponsorise", "sponsorisee",
    "collaborationcommerciale", "collabcommerciale", "partenariatremunere", "publi", "publicidad", "colaboracionpagada",
    "adv", "sponsorizzato", "parceriapaga", "publipost", "publicidade", "advertentie", "gesponsord", "betaaldesamenwerking",
    "betaaldpartnerschap", "wspolpracareklamowa", "platnawspolpraca", "materialreklamowy", "materialsponsorowany",
    "betaltsamarbete", "betaltpartnerskap", "betaltsamarbejde", "betaltpartnerskab", "betaltsamarbeid", "annonselenke",
    "kaupallinenyhteistyo", "maksettuyhteistyo",
];

/// Where a hashtag holds one of these the post is about advertising as a trade, and its "#werbung" says nothing.
pub(super) const TRADE_OF_ADVERTISING: &[&str] = &[
    "marketing",
    "advertising",
    "agency",
    "agentur",
    "agencia",
    "agence",
    "agenzia",
    "branding",
    "copywrit",
    "grafik",
    "graphicdesign",
    "werbetechnik",
    "creativedirector",
];

/// Words that show a paid partnership with somebody named.
#[rustfmt::skip]
pub(super) const PARTNERSHIPS: &[&str] = &[
    "in (paid|sponsored)? (collaboration|partnership) with @", "(paid|sponsored) (partnership|collaboration) with NAME",
    "sponsored by @", "(video|episode|post|reel|story|stream|content|portion|podcast) ~2 sponsored by NAME", "for sponsoring (this|today|my|our|the) ~2 (video|episode|post|portion|stream)",
    "sponsored this (video|episode|post)", "(partnered|partnering) (up)? with @", "brand ambassador for @",
    "as (a|an) @ (ambassador|partner)", "today s sponsor NAME",
    "in (bezahlter|werblicher)? kooperation mit @", "in (bezahlter|werblicher) (zusammenarbeit|partnerschaft) mit @",
    "(bezahlte|bezahlter) (kooperation|zusammenarbeit|partnerschaft|werbung) mit NAME", "(werbung|anzeige|kooperation) mit @",
    "gesponsert (von|durch) @", "(video|folge) (wird|wurde|ist) ~4 gesponsert",
    "en (collaboration|partenariat) (commerciale|commercial|remuneree|remunere)? avec @",
    "(collaboration|partenariat) (commerciale|commercial|remuneree|remunere) avec NAME",
    "(sponsorise|sponsorisee) par @", "(video|post|episode) ~2 (sponsorise|sponsorisee) par NAME",
    "en (colaboracion|asociacion|alianza) (pagada)? con @", "colaboracion (pagada|remunerada) con NAME",
    "(patrocinado|patrocinada) por @", "(video|post|episodio) ~2 (patrocinado|patrocinada) (por|pela|pelo) NAME",
    "in (collaborazione|partnership) con @", "(collaborazione|partnership) (retribuita|pagata) con NAME",
    "(sponsorizzato|sponsorizzata) da @", "(video|post|episodio) ~2 (sponsorizzato|sponsorizzata) da NAME",
    "em (parceria|colaboracao) (paga)? com @", "parceria (paga|remunerada) com NAME",
    "in (betaalde)? samenwerking met @", "betaalde samenwerking met NAME", "betaald partnerschap met NAME",
    "gesponsord door @", "(video|post|aflevering) ~2 gesponsord door NAME",
    "we wspolpracy (reklamowej|platnej)? z @", "wspolpraca (reklamowa|platna) z NAME",
    "(sponsorowane|sponsorowany) przez @",
    "i (betalt|kommersiellt)? samarbete med @", "betalt (samarbete|partnerskap) med NAME", "reklam for @",
    "i (betalt|kommercielt)? samarbejde med @", "betalt (samarbejde|partnerskab) med NAME", "reklame for @",
    "i (betalt|kommersielt)? samarbeid med @", "betalt (samarbeid|partnerskap) med NAME", "annonse for @",
    "yhteistyossa @", "kaupallinen yhteistyo @", "kaupallinen yhteistyo NAME", "kaupallisessa yhteistyossa",
    "@ ile (ucretli)? (isbirligiyle|isbirligimiz)", "@ ile (ucretli)? is (birligiyle|birligimiz)",
    "@ (isbirligiyle|sponsorlugunda)", "@ isbirligi ile", "@ is birligi ile", "@ is birligiyle", "@ ile ucretli is birligi",
];

/// Words that show a gift or a sample of somebody who sells.
#[rustfmt::skip]
pub(super) const GIFTS: &[&str] = &[
    "gifted by @", "#gifted", "#giftedby", "#giftedproduct", "#gifteditem", "#prsample", "#prsamples", "#prgift", "#prpackage",
    "#pressdrop", "#freeproduct", "pr (sample|samples|package|gift)", "press sample", "pr muster",
    "(thanks|thank) (you)? (so)? (much)? (to)? @ ~2 for gifting",
    "(thanks|thank) (you)? (so)? (much)? (to)? @ ~2 for sending (me|us|over)? (this|these|their|the|some|out|over|along)",
    "(thanks|thank) (you)? (so)? (much)? (to)? @ ~2 for the (pr|gift|gifts|samples|products|package|gifted)",
    "@ (kindly|very|generously) (kindly|generously)? (gifted|sent) (me|us)", "@ gifted (me|us) (this|these)",
    "sent to me by @", "complimentary (product|products|stay|meal|treatment) ~2 @",
    "danke an @ ~1 fur (die|das|den|mein|meine|euer|eure|dieses|diese|dieses)? ~2 (paket|packchen|produkt|produkte|produkten|zusendung|goodies|testpaket|kooperation|zusammenarbeit|probe|proben|muster|outfit)",
    "danke @ ~1 fur (die|das|den|mein|meine|euer|eure|dieses|diese)? ~2 (paket|packchen|produkt|produkte|zusendung|goodies|testpaket|kooperation|zusammenarbeit|probe|proben)",
    "(kostenlos|gratis) (von @)? zur verfugung gestellt", "von @ (kostenlos|gratis)? zur verfugung gestellt",
    "von @ (kostenlos|gratis|kostenfrei) (zugeschickt|bekommen|erhalten|geschickt)",
    "merci (a)? @ ~1 pour (l|le|les|la|ce|cet|ces|cette) ~1 (envoi|colis|produit|produits|cadeau|cadeaux|collaboration|partenariat)",
    "produit offert par", "produits offerts par", "#produitoffert", "#produitsofferts", "colis offert par",
    "gracias a @ por (enviarme|enviarnos|mandarme|mandarnos|regalarme|regalarnos)",
    "gracias a @ por (el|los|este|estos|la|las|esta|estas) (envio|regalo|regalos|producto|productos|paquete|colaboracion|muestras)",
    "producto regalado por", "productos regalados por",
    "grazie (a)? @ per (avermi|averci) (inviato|mandato|regalato)",
    "grazie (a)? @ per (il|i|l|lo|la|questo|questi) (omaggio|invio|pacco|prodotto|prodotti|collaborazione|campione|campioni)",
    "gentilmente (offerto|offerta|offerti|inviato|inviati) da @", "prodotto omaggio", "prodotti omaggio", "#suppliedby",
    "(obrigado|obrigada) (a|ao|aos)? @ (por|pelo|pelos|pela) (enviar|enviarem|envio|produto|produtos|recebido|recebidos|mimo|mimos|parceria|kit)",
    "recebidos (da|do|de) @", "#recebidos",
    "(bedankt|dank) (je)? (jullie)? (aan)? @ voor (het|de|deze) (opsturen|toesturen|pakket|pakketje|product|producten)",
    "(gekregen|ontvangen) van @ ~3 (review|test|product|producten)", "#pressgift",
    "(dziekuje|dzieki) @ za (paczke|przesylke|produkty|produkt|wspolprace)",
    "tack (till)? @ for (produkterna|produkten|paketet|samarbetet)", "(pressprov|prsampel)", "#pressutskick",
    "tak til @ for (produkterne|produktet|pakken|samarbejdet)", "takk til @ for (produktene|produktet|pakken|samarbeidet)",
    "(tuote|tuotteet) saatu", "saatu blogin kautta", "pr nayte",
    "@ (tarafindan)? (hediye|gonderildi|hediyesi) (edildi|urun)",
];

/// What a friend may send as well: with one of these in the four words after, thanks are no sign of a gift to a creator.
#[rustfmt::skip]
pub(super) const SENT_BY_FRIENDS: &[&str] = &[
    "photo", "photos", "pic", "pics", "picture", "pictures", "video", "videos", "link", "links", "meme", "memes", "clip", "clips",
    "letter", "letters", "question", "questions", "message", "messages", "love", "postcard", "postcards", "article", "song",
    "photograph", "screenshot", "recipe", "foto", "fotos", "bilder", "hugs", "birthday", "note", "good", "vibes",
];

/// Words that name links for which a commission is paid.
#[rustfmt::skip]
pub(super) const AFFILIATE: &[&str] = &[
    "(contains|contain|containing|includes|include|uses) ~2 (affiliate|commissionable|referral) (link|links)",
    "(link|links) ~4 (are|is) ~1 affiliate (link|links)", "(these|those) are ~1 affiliate (link|links)",
    "as an amazon associate i", "#affiliate", "#affiliatelink", "#affiliatelinks", "#afflink", "#werbelink", "#werbelinks",
    "(enthalt|enthalten) ~2 affiliate (link|links)", "(link|links) ~5 sind ~1 affiliate (link|links)",
    "(contient|contiennent) ~2 (lien|liens) (affilie|affilies)", "(contient|contiennent) ~2 liens d affiliation",
    "#lienaffilie", "#liensaffilies", "(contiene|contienen) ~2 (enlace|enlaces) de (afiliado|afiliados|afiliacion)",
    "(contiene|contengono) ~2 (link|links) (affiliato|affiliati|affiliazione)", "#linkaffiliato",
    "(contem) ~2 (link|links) de (afiliado|afiliados)", "(bevat|bevatten) ~2 affiliate (link|links)",
    "(zawiera|zawieraja) ~2 (linki|link) (afiliacyjne|afiliacyjny)", "(sisaltaa) ~2 (mainoslinkkeja|mainoslinkin)",
];

/// The same, only where it stands apart as a label: inside a sentence people explain what the word means.
#[rustfmt::skip]
pub(super) const AFFILIATE_LABELS: &[&str] = &[
    "affiliate (link|links)", "(werbelink|werbelinks)", "(lien|liens) (affilie|affilies)", "(enlace|enlaces) de (afiliado|afiliados)",
    "link (affiliato|affiliati)", "(link|links) de (afiliado|afiliados)", "(linki|link) (afiliacyjne|afiliacyjny)",
    "(annonslank|annonslankar|reklamlank|reklamlankar)", "(annonselenke|annonselenker|reklamelenke|reklamelenker)",
    "(reklamelink|reklamelinks|annoncelink|annoncelinks)", "(mainoslinkki|mainoslinkit)",
];

/// Hosts that only send on for a commission.
#[rustfmt::skip]
pub(super) const AFFILIATE_HOSTS: &[&str] = &[
    "amzn.to", "ltk.app", "liketk.it", "liketoknow.it", "shopltk.com", "rstyle.me", "shopstyle.it", "shopmy.us", "go.shopmy.us",
    "go.magik.ly", "go.skimresources.com", "awin1.com", "tidd.ly", "shareasale.com", "click.linksynergy.com", "prf.hn",
    "howl.me", "shrsl.com", "bit.bz", "s.click.aliexpress.com", "partner-ads.com", "track.adtraction.com", "tc.tradetracker.net",
];

/// Hosts whose `ref=` names a page or a branch, not a partner.
#[rustfmt::skip]
pub(super) const REF_IS_NO_PARTNER: &[&str] = &[
    "github.com", "gitlab.com", "imdb.com", "wikipedia.org", "producthunt.com", "facebook.com", "twitter.com", "x.com",
    "instagram.com", "youtube.com", "linkedin.com", "reddit.com", "kickstarter.com", "etsy.com", "ebay.com", "indiegogo.com",
    "networkedblogs.com", "medium.com", "bsky.app", "pinterest.com", "goodreads.com", "meetup.com", "eventbrite.com",
];
/// Values of `ref=` that name a place on a page.
#[rustfmt::skip]
pub(super) const REF_IS_A_PLACE: &[&str] = &[
    "main", "master", "home", "homepage", "nav", "menu", "share", "sharing", "header", "footer", "search", "organic", "top",
    "twitter", "facebook", "instagram", "youtube", "newsletter", "rss", "email", "blog", "index", "reddit", "stream", "sidebar",
    "related", "feed", "card", "badge", "producthunt", "hackernews", "discover", "bookmarks", "timeline", "profile", "page",
    "post", "recommended", "popular", "trending", "develop", "heads", "tags", "pdf", "doi",
];

/// What a gift is called where it stands apart, in brackets or before a stroke at the head.
pub(super) const GIFT_LABELS: &[&str] = &["gifted", "pr gift", "gifted product"];

/// Words that name a code which can only be for a price.
#[rustfmt::skip]
pub(super) const PROMO_CODES: &[&str] = &[
    "(promo|discount|coupon|voucher|affiliate|referral|creator|savings) (code|codes)", "(promocode|discountcode)", "coupon",
    "(rabatt|gutschein|aktions|vorteils|spar) code", "(rabattcode|gutscheincode|aktionscode|vorteilscode|sparcode)",
    "code (promo|promotionnel|reduc|reduction|avantage)", "code de (reduction|reduc|promo)",
    "codigo (promocional|descuento|desconto|promo)", "codigo de (descuento|desconto|promocion)", "(cupon|cupom)",
    "codice (sconto|promo|promozionale)", "codice di sconto", "(kortingscode|actiecode)", "kortings code",
    "kod (rabatowy|promocyjny|znizkowy)", "(rabattkod|rabattkoden|kampanjkod)", "(rabatkode|rabatkoden|rabattkode|rabattkoden)",
    "(alennuskoodi|alennuskoodilla|alekoodi|alekoodilla)", "indirim (kodu|kodum|koduyla|kodumla)", "(kupon|promosyon) (kodu|kodum)",
];

/// Words for any code.
#[rustfmt::skip]
pub(super) const CODES: &[&str] = &[
    "code", "codes", "codigo", "codice", "kod", "koden", "kodem", "kode", "koodi", "koodilla", "koodini", "kodu", "kodum",
    "kodumla", "koduyla",
];

/// Before or after such a word a code is none for a price.
#[rustfmt::skip]
pub(super) const OTHER_CODES: &[&str] = &[
    "zip", "post", "postal", "dress", "area", "country", "error", "qr", "bar", "source", "building", "color", "colour", "status",
    "exit", "morse", "machine", "http", "python", "java", "rust", "access", "door", "gate", "tracking", "product", "style",
    "room", "wifi", "verification", "security", "model", "engine", "fault", "trouble", "airport", "flight", "booking", "tax",
    "fiscale", "penal", "penale", "civil", "civile", "cheat", "game", "course", "of", "red", "review", "legacy", "html", "css",
    "hex", "paint", "batch", "lot", "serial", "part", "item", "sku", "fehler", "erreur", "activation", "unit", "module", "postleit",
];

/// What may stand between the word "code" and the code.
#[rustfmt::skip]
pub(super) const BEFORE_A_CODE: &[&str] = &[
    "is", "my", "the", "ist", "lautet", "mein", "dem", "mit", "est", "es", "e", "mon", "mi", "mio", "meu", "mijn", "min", "jest",
    "er", "ar", "on", "with", "here", "hier", "ici", "aqui", "qui",
];

/// What stands before a code, or before the word "code", when it is given to be used,
#[rustfmt::skip]
pub(super) const USED_WITH: &[&str] = &[
    "with", "use", "using", "enter", "apply", "my", "mit", "meinem", "meinen", "mein", "nutzt", "nutze", "avec", "mon", "con", "usa",
    "usad", "mi", "mio", "com", "usem", "meu", "met", "mijn", "z", "med", "min", "kayttamalla",
];

/// perhaps with one of these between.
#[rustfmt::skip]
pub(super) const ARTICLES: &[&str] = &["the", "dem", "den", "le", "el", "il", "o", "de"];

/// Words of a price that falls.
#[rustfmt::skip]
pub(super) const SAVINGS: &[&str] = &[
    "off", "discount", "discounts", "save", "saves", "saving", "savings", "rabatt", "sparen", "spart", "sparst", "spare", "nachlass",
    "gunstiger", "reduktion", "reduction", "reduc", "remise", "descuento", "dto", "ahorra", "ahorras", "sconto", "sconti",
    "risparmia", "risparmi", "desconto", "descontos", "korting", "rabat", "rabatu", "znizki", "znizka", "znizke", "taniej",
    "alennus", "alennusta", "alennuksen", "alen", "indirim", "indirimi", "indirimli", "versandkostenfrei", "gratisversand",
];

/// Words for goods of the creator's own: their price codes promote nobody else.
#[rustfmt::skip]
pub(super) const OWN_GOODS: &[&str] = &[
    "my (own|new|online)? (shop|store|course|ebook|book|presets|merch|brand|etsy|webshop|website|workshop|class|coaching)",
    "(mein|meine|meinem|meinen|meiner) (eigenen|neuen|neues)? (shop|kurs|buch|onlineshop|onlinekurs|ebook|laden|workshop|etsy|marke)",
    "(ma|mon|mes) (boutique|livre|formation|shop|ebook|marque|cours)", "(mi|mis) (tienda|libro|curso|marca|taller)",
    "(mio|mia|miei) (shop|negozio|libro|corso|ebook|brand)", "(meu|minha) (loja|livro|curso|ebook|marca)",
    "mijn (eigen)? (shop|webshop|winkel|boek|cursus|merk)", "(min|mitt) (shop|butik|bok|kurs|webshop|nettbutikk)",
];

/// Words that deny what follows.
#[rustfmt::skip]
pub(super) const DENIALS: &[&str] = &[
    "not", "no", "never", "isn", "wasn", "aren", "don", "doesn", "didn", "without", "nicht", "kein", "keine", "keinen", "keiner",
    "ohne", "nie", "pas", "sans", "aucune", "aucun", "sin", "nunca", "non", "senza", "nessuna", "nao", "sem", "niet", "geen",
    "zonder", "bez", "inte", "utan", "ingen", "ikke", "uden", "uten", "ei", "ilman",
];
