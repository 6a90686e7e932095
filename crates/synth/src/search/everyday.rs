//! The frequent words of four languages, roughly by how often they are used, and the towns creators name.

use crate::sentences::Language;

/// A town a bio may name, with its country.
#[derive(Debug)]
pub(super) struct Town {
    pub(super) name: &'static str,
    pub(super) country: &'static str,
}

const fn town(name: &'static str, country: &'static str) -> Town {
    Town { name, country }
}

/// Towns by the language their creators write in.
pub(super) fn towns(language: Language) -> &'static [Town] {
    match language {
        Language::English => &ENGLISH_TOWNS,
        Language::German => &GERMAN_TOWNS,
        Language::Spanish => &SPANISH_TOWNS,
        Language::French => &FRENCH_TOWNS,
    }
}

const ENGLISH_TOWNS: [Town; 14] = [
    town("London", "GB"),
    town("Chicago", "US"),
    town("Toronto", "CA"),
    town("Austin", "US"),
    town("Melbourne", "AU"),
    town("Lisbon", "PT"),
    town("Edinburgh", "GB"),
    town("Portland", "US"),
    town("Amsterdam", "NL"),
    town("Dublin", "IE"),
    town("Stockholm", "SE"),
    town("Bristol", "GB"),
    town("Wellington", "NZ"),
    town("Denver", "US"),
];
const GERMAN_TOWNS: [Town; 8] = [
    town("Berlin", "DE"),
    town("Hamburg", "DE"),
    town("Wien", "AT"),
    town("München", "DE"),
    town("Köln", "DE"),
    town("Zürich", "CH"),
    town("Leipzig", "DE"),
    town("Graz", "AT"),
];
const SPANISH_TOWNS: [Town; 7] = [
    town("Madrid", "ES"),
    town("Ciudad de México", "MX"),
    town("Barcelona", "ES"),
    town("Buenos Aires", "AR"),
    town("Bogotá", "CO"),
    town("Sevilla", "ES"),
    town("Valencia", "ES"),
];
const FRENCH_TOWNS: [Town; 7] = [
    town("Paris", "FR"),
    town("Lyon", "FR"),
    town("Bruxelles", "BE"),
    town("Montréal", "CA"),
    town("Nantes", "FR"),
    town("Lille", "FR"),
    town("Genève", "CH"),
];

/// How a bio says where somebody lives; the town follows.
pub(super) fn based_in(language: Language) -> &'static str {
    ["based in ", "lebt in ", "desde ", "basée à "][language as usize]
}

/// How a bio says which language the posts are in.
pub(super) fn posting_in(language: Language) -> &'static str {
    ["posting in English", "auf Deutsch", "en español", "en français"][language as usize]
}

/// The tag of a paid post.
pub(super) fn paid_tag(language: Language) -> &'static str {
    ["ad", "werbung", "publi", "partenariat"][language as usize]
}

/// The frequent words, most frequent first, separated by spaces.
pub(super) fn frequent_words(language: Language) -> &'static str {
    match language {
        Language::English => ENGLISH,
        Language::German => GERMAN,
        Language::Spanish => SPANISH,
        Language::French => FRENCH,
    }
}

const ENGLISH: &str = "the and to a of i in it is for my that on you with this was but so have at we as be not all are \
    from one they just about when me up or out what your if can like more an by had how do then there our now time \
    get some no after too than day been into who here make other only over back new good little again still first \
    always really best even every got love today never made because last take much before week where two thing \
    people way down off go going things long year years home know want see need right try tried next most many few \
    old small great well while morning night evening hour hours minutes days weeks month months season summer winter \
    spring autumn weekend monday friday sunday maybe almost enough both without until since between through around \
    together friend friends family sister brother mother father neighbour kids dog cat work working kitchen garden \
    table window door street city town village mountain river forest road bridge train station bus car boat rain sun \
    snow wind light dark colour green blue white black warm soft hard quiet loud fast easy simple honest perfect \
    favourite happy tired hungry lucky proud strange funny beautiful fresh clean full empty open early late later \
    soon yesterday tomorrow tonight lunch dinner breakfast bread butter salt sugar soup salad apple lemon tomato \
    cheese egg rice plate cup bowl knife spoon paper wood stone glass water fire smoke smell taste sound music song \
    story book page letter photo picture video camera phone screen list plan idea question answer reason mistake \
    trick tip step start end half part piece bit bunch pair box bag pocket shoe shirt jacket hat hands feet eyes \
    face hair head heart voice word words name number price money cheap worth free sale shop store order delivery \
    review test result change difference problem trouble luck hope dream memory moment life world place space room \
    corner floor wall roof chair lamp clock mirror blanket pillow bed sleep walk run ride drive stay leave arrive \
    return wait look watch listen read write talk tell ask think feel find keep give bring buy sell pay save spend \
    use build fix break cut mix pour fill hold carry lift push pull turn move stop";

const GERMAN: &str = "und die der ich das ist nicht in es zu mit ein den auf so für von eine mir wir dem auch als noch \
    aber man bei war nur wie im am was mich wenn dann mal oder schon sich hier nach immer aus wieder mein meine heute \
    ganz sehr mehr alles doch jetzt einfach hat haben kann sind vom zum zur über unter vor zwischen ohne gegen seit \
    bis weil dass ob euch uns ihr sie er du dich dir kein keine viel wenig gut besser schön neu alt klein groß lange \
    kurz früh spät morgen gestern abend nacht tag woche monat jahr zeit stunde leben welt stadt dorf straße haus \
    garten küche tisch fenster tür wald berg fluss regen sonne schnee wind licht farbe grün blau weiß schwarz warm \
    kalte leise laut schnell leicht schwer ehrlich fertig müde hungrig glücklich freundin freund familie schwester \
    bruder mutter vater nachbarin kinder hund katze arbeit brot butter salz zucker suppe apfel zitrone käse teller \
    tasse messer papier holz stein wasser feuer musik lied buch brief bild frage antwort grund fehler anfang ende \
    stück paar tasche schuhe hemd jacke augen gesicht haare herz stimme wort name preis geld billig laden kaufen \
    gehen laufen fahren bleiben warten sehen hören lesen schreiben reden fragen denken finden geben bringen bauen";

const SPANISH: &str = "de la que el en y a los se un no por las con una para lo me mi es como más pero al muy del ya \
    si todo hoy yo le porque cuando hay este esta sin sobre también hasta donde quien desde nos siempre otra vez ni \
    son fue ser tengo tiene hace bien mejor casa día días año tiempo vida mundo ciudad calle pueblo mañana tarde \
    noche semana mes hora amiga amigo familia hermana hermano madre padre vecino perro gato trabajo cocina mesa \
    ventana puerta jardín bosque río monte lluvia sol nieve viento luz color verde azul blanco negro suave duro \
    lento rápido fácil difícil feliz cansada rico fresco limpio lleno nuevo viejo pequeño grande largo corto pan \
    queso sal azúcar sopa manzana limón tomate plato taza cuchillo papel madera piedra agua fuego música canción \
    libro carta foto pregunta respuesta razón error principio final parte pieza bolsa zapatos camisa ojos cara pelo \
    corazón voz palabra nombre precio dinero barato tienda comprar vender pagar andar correr llegar volver esperar \
    mirar escuchar leer escribir hablar contar pensar sentir encontrar guardar dar traer hacer romper cortar";

const FRENCH: &str = "de la le et les je à un en que des une pour dans pas est ce du on qui avec mon ma plus sur au il \
    tout mais se j'ai c'est ne si bien très comme aussi elle nous vous me par sans même encore toujours jamais fait \
    faire peu trop deux aujourd'hui demain hier matin soir nuit jour semaine mois année heure temps vie monde ville \
    rue village maison cuisine table fenêtre porte jardin forêt rivière montagne pluie soleil neige vent lumière \
    couleur vert bleu blanc noir doux dur lent rapide facile difficile heureuse fatiguée bon meilleur beau nouveau \
    vieux petit grand long court amie ami famille soeur frère mère père voisin chien chat travail pain beurre sel \
    sucre soupe pomme citron fromage assiette tasse couteau papier bois pierre eau feu musique chanson livre lettre \
    photo question réponse raison erreur début fin partie morceau sac chaussures chemise yeux visage cheveux coeur \
    voix mot nom prix argent boutique acheter vendre payer marcher courir arriver rester attendre regarder écouter \
    lire écrire parler demander penser sentir trouver garder donner apporter construire casser couper";
