//! What each circle of people talks about: its things to buy, its doings, its topics and its tags.
//!
//! All of it is everyday language; no word here is a real brand, product or person.

/// The words of one circle of interest.
#[derive(Debug)]
pub(crate) struct Niche {
    pub(crate) name: &'static str,
    /// Things one buys.
    pub(crate) items: &'static [&'static str],
    /// What people do, in the -ing form.
    pub(crate) doings: &'static [&'static str],
    /// What a post is about.
    pub(crate) topics: &'static [&'static str],
    /// How people there call something good.
    pub(crate) praises: &'static [&'static str],
    /// Lower case, without `#`.
    pub(crate) tags: &'static [&'static str],
    /// Whole sentences only this circle would say.
    pub(crate) lines: &'static [&'static str],
}

/// The circles in which the made-up brand's buyers talk, by position in [`NICHES`].
pub(crate) const COFFEE: usize = 0;
pub(crate) const TEA: usize = 1;
pub(crate) const BAKING: usize = 2;

// Kept as word lists rather than one word a line.
#[rustfmt::skip]
pub(crate) const NICHES: [Niche; 14] = [
    Niche {
        name: "coffee",
        items: &[
            "grinder", "kettle", "dripper", "scale", "espresso machine", "milk jug", "moka pot", "travel press",
            "filter papers", "tamper", "bag of light roast", "brewing stand",
        ],
        doings: &[
            "dialling in", "brewing", "blooming the grounds", "steaming milk", "cupping", "descaling",
            "roasting at home", "pulling shots", "pouring slowly", "cleaning the burrs",
        ],
        topics: &[
            "extraction time", "water temperature", "the new washed lot", "a flat bed", "grind size", "milk texture",
            "the morning routine", "crema", "batch brew", "decaf that tastes of something",
        ],
        praises: &["clean", "balanced", "juicy", "sweet", "bright", "well rounded"],
        tags: &["coffee", "pourover", "espresso", "homebarista", "coffeetime", "filtercoffee", "latteart", "brewguide"],
        lines: &[
            "two more seconds of bloom changed everything for me",
            "my flat white finally looks like a leaf and not like a potato",
            "I stopped chasing numbers and just drink the thing now",
            "hard water ruins every light roast in this town",
            "the second cup is always the better one, change my mind",
            "I weigh the beans, my flatmate weighs my sanity",
        ],
    },
    Niche {
        name: "tea",
        items: &[
            "teapot", "gaiwan", "kettle", "tea tray", "matcha whisk", "tin of oolong", "strainer", "cast-iron pot",
            "cup set", "thermos", "sampler box", "tea scale",
        ],
        doings: &[
            "steeping", "rinsing the leaves", "whisking", "cold brewing", "tasting blind", "storing leaves",
            "warming the cups", "blending", "comparing harvests", "reading the liquor",
        ],
        topics: &[
            "the second infusion", "spring harvest", "storage in tins", "bitterness", "water just off the boil",
            "roasted oolong", "a rainy afternoon pot", "white tea", "morning matcha", "smoky leaves",
        ],
        praises: &["mellow", "floral", "gentle", "deep", "grassy in a good way", "calming"],
        tags: &["tea", "teatime", "looseleaf", "oolong", "matcha", "teaware", "teasession", "slowmornings"],
        lines: &[
            "the third infusion is where it starts to sing",
            "I cannot go back to bags after this week",
            "my cat guards the tea tray like treasure",
            "cold brew overnight and the bitterness is just gone",
            "a small pot makes me slow down, that is the point",
        ],
    },
    Niche {
        name: "home baking",
        items: &[
            "stand mixer", "proofing basket", "dutch oven", "baking steel", "bread knife", "loaf tin", "rolling pin",
            "sourdough jar", "scale", "flour mill", "oven thermometer", "piping set",
        ],
        doings: &[
            "folding", "proofing", "shaping", "scoring", "laminating", "feeding the starter", "kneading", "glazing",
            "baking at night", "cooling on the rack",
        ],
        topics: &[
            "open crumb", "a sticky dough", "the crust", "croissant layers", "rye bread", "cinnamon rolls",
            "hydration", "a lazy starter", "cheesecake cracks", "gluten-free loaves",
        ],
        praises: &["fluffy", "crisp", "golden", "soft", "buttery", "rustic"],
        tags: &["homebaking", "sourdough", "bread", "pastry", "bakefromscratch", "crumbshot", "cakes", "weekendbake"],
        lines: &[
            "the ears on that loaf deserve their own account",
            "my starter is called Gerda and she is in a mood",
            "the whole staircase smells of cinnamon now, sorry neighbours",
            "underproofed again and I ate it anyway",
            "steam in the first ten minutes, always",
        ],
    },
    Niche {
        name: "skincare",
        items: &[
            "sunscreen", "cleanser", "serum", "night cream", "lip balm", "toner", "clay mask", "retinal cream",
            "face oil", "eye gel", "barrier cream", "exfoliating pads",
        ],
        doings: &[
            "double cleansing", "patch testing", "layering", "moisturising", "reapplying", "slugging", "exfoliating",
            "simplifying the shelf", "reading the label", "masking on Sundays",
        ],
        topics: &[
            "a damaged barrier", "dry winter skin", "white cast", "texture", "oily afternoons",
            "fragrance-free picks", "redness", "the ten-minute routine", "sensitive eyes", "dark spots",
        ],
        praises: &["hydrating", "light", "gentle", "glowy", "soothing", "non-greasy"],
        tags: &["skincare", "beauty", "glow", "sunscreen", "skinbarrier", "nomakeup", "skinroutine", "sensitiveskin"],
        lines: &[
            "my forehead has been calm for two weeks, I am afraid to say it aloud",
            "less products, more sleep, that was the whole trick",
            "it pills under make-up though, at least on me",
            "thank you for showing skin that looks like skin",
            "patch test first, I learned it the red way",
        ],
    },
    Niche {
        name: "trail running",
        items: &[
            "trail shoes", "running vest", "head torch", "poles", "soft flask", "rain jacket", "gaiters",
            "watch strap", "merino socks", "gels", "foam roller", "sun cap",
        ],
        doings: &[
            "climbing", "tapering", "running downhill", "fuelling", "pacing", "recovering", "doing hill repeats",
            "scrambling", "running before work", "stretching",
        ],
        topics: &[
            "the ridge loop", "muddy descents", "black toenails", "the first fifty", "long slow miles",
            "vertical gain", "the aid station soup", "sore calves", "winter training", "heart rate zones",
        ],
        praises: &["grippy", "strong", "tough", "wild", "smooth", "relentless"],
        tags: &["trailrunning", "ultrarunning", "runhappy", "mountains", "longrun", "vert", "running", "trailshoes"],
        lines: &[
            "walked every climb and still smiled at the finish",
            "my knees have opened a complaint ticket",
            "the fog lifted exactly at the summit, what a morning",
            "potatoes with salt at kilometre forty, nothing better",
            "lost the trail twice, found a waterfall once",
        ],
    },
    Niche {
        name: "fitness",
        items: &[
            "kettlebell", "resistance bands", "lifting belt", "yoga mat", "adjustable bench", "chalk", "pull-up bar",
            "shaker", "jump rope", "wrist wraps", "dumbbell set", "protein powder",
        ],
        doings: &[
            "deadlifting", "warming up", "deloading", "squatting", "tracking protein", "training at home",
            "stretching hips", "rowing", "bracing", "progressing slowly",
        ],
        topics: &[
            "the five by five", "grip strength", "rest days", "shoulder pain", "a plateau", "meal prep", "mobility",
            "first pull-up", "form checks", "sleep and recovery",
        ],
        praises: &["solid", "strong", "clean", "powerful", "consistent", "controlled"],
        tags: &["fitness", "strength", "homegym", "mobility", "workout", "training", "liftheavy", "fitfam"],
        lines: &[
            "first unassisted pull-up today, I nearly cried on the bar",
            "rest day means rest, I tell myself while stretching",
            "that last rep moved like a church door",
            "my dog thinks planks are an invitation",
            "add half a kilo, smile, repeat",
        ],
    },
    Niche {
        name: "board games",
        items: &[
            "deck builder", "expansion", "card sleeves", "dice tray", "co-op box", "player mat", "storage insert",
            "party game", "starter set", "worker placement game", "solo mode", "family edition",
        ],
        doings: &[
            "teaching the rules", "drafting", "bluffing", "setting up", "playing solo", "counting points",
            "painting minis", "trading", "house-ruling", "sorting tokens",
        ],
        topics: &[
            "analysis paralysis", "the end game", "two-player balance", "a rule we got wrong", "game night",
            "table presence", "the rulebook", "replay value", "the shelf of shame", "campaign spoilers",
        ],
        praises: &["clever", "tense", "elegant", "chaotic", "crunchy", "charming"],
        tags: &[
            "boardgames", "gamenight", "tabletop", "cardgames", "soloboardgames", "eurogames", "familygames", "dice",
        ],
        lines: &[
            "we played one rule wrong for two years and prefer it that way",
            "my sister has won every trade since nineteen ninety-nine",
            "set-up takes longer than the game and I do not care",
            "lost by a single sheep again",
            "the box insert is a puzzle of its own",
        ],
    },
    Niche {
        name: "photography",
        items: &[
            "prime lens", "tripod", "camera strap", "film roll", "light meter", "filter set", "camera bag", "flash",
            "macro lens", "memory card", "scanner", "used rangefinder",
        ],
        doings: &[
            "metering", "shooting in rain", "editing", "scanning", "waiting for light", "printing", "framing",
            "chasing fog", "developing at home", "shooting wide open",
        ],
        topics: &[
            "golden hour", "grain", "backlight", "street scenes", "long exposure", "colour grading", "an old lens",
            "composition", "portraits of strangers", "black and white",
        ],
        praises: &["moody", "crisp", "dreamy", "honest", "cinematic", "quiet"],
        tags: &[
            "photography", "streetphoto", "filmisnotdead", "landscape", "portrait", "goldenhour", "35mm", "lightroom",
        ],
        lines: &[
            "the reflection in the puddle is the real picture",
            "I would hang this above my desk tomorrow",
            "you waited for that bird, admit it",
            "the shadows do all the talking here",
            "my whole roll came out blank, send help",
        ],
    },
    Niche {
        name: "travel",
        items: &[
            "carry-on", "packing cubes", "rail pass", "travel adapter", "daypack", "guidebook", "rain poncho",
            "neck pillow", "hostel bed", "ferry ticket", "walking shoes", "phone card",
        ],
        doings: &[
            "packing light", "taking night trains", "hiking the coast", "eating at markets", "getting lost",
            "planning routes", "sleeping in huts", "travelling alone", "avoiding queues", "learning ten words",
        ],
        topics: &[
            "the slow train", "hidden beaches", "a week without flying", "street food", "the old town",
            "a long layover", "budget per day", "off-season travel", "island hopping", "border crossings",
        ],
        praises: &["peaceful", "breathtaking", "cosy", "wild", "friendly", "underrated"],
        tags: &[
            "travel", "slowtravel", "traintravel", "solotravel", "wanderlust", "backpacking", "citybreak",
            "hiddenplaces",
        ],
        lines: &[
            "the soup at that station kiosk stays with me",
            "we missed the ferry and got the best evening of the trip",
            "one bag, three weeks, no regrets",
            "the map said path, the goat said otherwise",
            "go in October, you will have it for yourself",
        ],
    },
    Niche {
        name: "gaming",
        items: &[
            "controller", "headset", "mechanical keyboard", "capture card", "gaming chair", "indie bundle", "monitor",
            "mouse mat", "season pass", "handheld", "microphone", "memory kit",
        ],
        doings: &[
            "grinding", "speedrunning", "streaming", "modding", "farming loot", "ranking up", "building bases",
            "playing co-op", "dodging", "reading lore",
        ],
        topics: &[
            "the last boss", "the new patch", "frame drops", "the soundtrack", "ranked matches", "a hidden ending",
            "the crafting system", "couch co-op", "permadeath", "the demo",
        ],
        praises: &["smooth", "brutal", "cosy", "addictive", "clean", "hilarious"],
        tags: &["gaming", "indiegame", "cosygames", "speedrun", "coop", "retrogaming", "streamer", "letsplay"],
        lines: &[
            "that parry was illegal in three countries",
            "I spent four hours decorating a shed, no notes",
            "chat was right, never trust the mimic",
            "died to the tutorial again, proud of it",
            "the rain sounds alone are worth it",
        ],
    },
    Niche {
        name: "style",
        items: &[
            "linen shirt", "wool coat", "loafers", "vintage denim", "silk scarf", "tote bag", "raincoat", "knit vest",
            "boots", "belt", "wide trousers", "second-hand blazer",
        ],
        doings: &[
            "layering", "thrifting", "tailoring", "mending", "packing a capsule", "mixing prints",
            "dressing for rain", "repeating outfits", "hemming", "sorting the wardrobe",
        ],
        topics: &[
            "a capsule wardrobe", "autumn layers", "petite fits", "office outfits", "colour seasons", "a thrift haul",
            "wedding guest looks", "natural fabrics", "one coat, five ways", "shoe care",
        ],
        praises: &["timeless", "sharp", "effortless", "cosy", "bold", "flattering"],
        tags: &["style", "ootd", "thrifted", "slowfashion", "capsulewardrobe", "streetstyle", "vintage", "outfitideas"],
        lines: &[
            "the sleeve length is doing so much work here",
            "I have the same one from my grandmother, still going",
            "pockets, finally somebody thought of pockets",
            "the brown with the blue, write that down",
            "mended twice and prettier for it",
        ],
    },
    Niche {
        name: "houseplants",
        items: &[
            "grow light", "terracotta pot", "moss pole", "watering can", "potting mix", "humidifier", "plant stand",
            "pruning shears", "fertiliser", "propagation jar", "mister", "self-watering planter",
        ],
        doings: &[
            "repotting", "propagating", "pruning", "watering from below", "dusting leaves", "fighting gnats",
            "rotating pots", "rooting cuttings", "misting", "waiting for a new leaf",
        ],
        topics: &[
            "yellow leaves", "root rot", "a new unfurling", "north-facing windows", "thrips", "variegation",
            "winter light", "aerial roots", "a chunky mix", "plant swaps",
        ],
        praises: &["lush", "happy", "jungly", "perky", "dramatic", "healthy"],
        tags: &[
            "houseplants", "plantparent", "urbanjungle", "monstera", "propagation", "plantcare", "greenhome",
            "leaves",
        ],
        lines: &[
            "that leaf is bigger than my ambitions",
            "I looked at mine and it dropped a leaf out of spite",
            "gnats again, I have become a sticky-trap person",
            "bottom watering saved my calathea and my marriage",
            "it only wanted to be ignored",
        ],
    },
    Niche {
        name: "knitting",
        items: &[
            "circular needles", "sock yarn", "stitch markers", "yarn winder", "blocking mat", "project bag",
            "merino skein", "cable needle", "pattern book", "mohair", "row counter", "darning egg",
        ],
        doings: &[
            "casting on", "frogging", "blocking", "turning heels", "swatching", "weaving in ends", "cabling",
            "knitting on trains", "seaming", "counting rows",
        ],
        topics: &[
            "second sock syndrome", "gauge", "a yoke sweater", "colourwork", "dropped stitches", "the stash",
            "a baby blanket", "brioche", "short rows", "hand-dyed yarn",
        ],
        praises: &["cosy", "squishy", "even", "gorgeous", "neat", "warm"],
        tags: &[
            "knitting", "knitstagram", "sockknitting", "handmade", "yarn", "sweaterweather", "colourwork", "fibreart",
        ],
        lines: &[
            "the swatch lied to me, as swatches do",
            "frogged it three times and I would do it again",
            "that colour is moss after rain",
            "my train stop came two rows too early",
            "one more row, she said, at midnight",
        ],
    },
    Niche {
        name: "cycling",
        items: &[
            "saddle", "gravel tyres", "bike light", "pannier", "helmet", "chain lube", "handlebar bag", "bib shorts",
            "pedals", "repair kit", "mudguards", "floor pump",
        ],
        doings: &[
            "commuting", "bikepacking", "climbing", "truing wheels", "riding gravel", "fixing flats",
            "riding in rain", "drafting", "waxing the chain", "carrying too much",
        ],
        topics: &[
            "tyre pressure", "the gravel loop", "saddle sores", "bike lanes", "a loaded tour", "the first hundred",
            "gear ratios", "headwind", "winter commuting", "a squeaky bottom bracket",
        ],
        praises: &["smooth", "fast", "comfy", "tough", "silent", "reliable"],
        tags: &["cycling", "bikepacking", "gravel", "bikecommute", "roadbike", "touring", "bikelife", "cyclinglife"],
        lines: &[
            "headwind both ways, as tradition demands",
            "the squeak was the water bottle all along",
            "overtaken by a cargo bike with two kids, humbling",
            "wax the chain once and you never go back",
            "cake at the halfway point is a training plan",
        ],
    },
];
