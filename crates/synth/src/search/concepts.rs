//! Things that can be said in several ways which share no word: what a search must learn from who says what where.
//!
//! Every way is said in the same surroundings, by planted creators and, once in a while, by ordinary ones, so that
//! words which stand together can teach that they mean the same.

use super::QueryKind;
use super::topics::{Beside, Topic};

const fn concept(
    ways: &'static [&'static str],
    near: &'static [&'static str],
    astray: &'static [&'static str],
    reserved: &'static [&'static str],
) -> Topic {
    Topic { kind: QueryKind::OtherWords, query: ways[0], ways, near, astray, reserved, beside: Beside::Nothing }
}

// Kept as word lists rather than one word a line.
#[rustfmt::skip]
pub(super) const CONCEPTS: [Topic; 12] = [
    concept(&["electric bicycle", "ebike", "pedelec", "motor-assisted cycle", "battery two-wheeler"],
        &["charging", "hills", "torque", "motor", "range", "commute", "battery", "display"],
        &["an electric guitar in the hallway", "electric storms all night", "grandpa's rusty bicycle in the shed"],
        &["electric", "bicycle", "ebike", "pedelec", "assisted", "wheeler"]),
    concept(&["thrifted wardrobe", "preloved outfits", "secondhand garments", "charity-shop finds"],
        &["rummage", "bargain", "seventies", "hanger", "rail", "label", "mended", "buttons"],
        &["the wardrobe door does not close", "an oak wardrobe on the stairs"],
        &["thrift", "wardrobe", "preloved", "secondhand", "garment", "charity"]),
    concept(&["bodyweight exercises", "calisthenics", "equipment-free drills", "park-bench circuits"],
        &["planks", "rings", "push-ups", "handstand", "core", "reps", "dips", "balance"],
        &["breathing exercises before the meeting", "listening exercises for the choir"],
        &["bodyweight", "exercise", "calisthen", "equipment", "drills", "circuits"]),
    concept(&["vegan recipes", "plantbased meals", "meatless dishes", "animal-free suppers"],
        &["lentils", "chickpeas", "tofu", "spices", "curry", "oats", "beans", "herbs"],
        &["old cake recipes from an aunt", "vegan leather boots"],
        &["vegan", "recipe", "plantbased", "meatless", "animal", "supper"]),
    concept(&["toddler crafts", "preschool tinkering", "nursery collages", "little-hands makings"],
        &["glue", "cardboard", "glitter", "crayons", "scissors", "stickers", "felt", "beads"],
        &["toddler tantrum in aisle four", "a harbour full of small crafts"],
        &["toddler", "craft", "preschool", "tinker", "collage", "makings"]),
    concept(&["van conversion", "campervan build", "motorhome refit", "self-made camper"],
        &["insulation", "plywood", "solar panel", "roof vent", "bed frame", "tank", "curtains", "hinges"],
        &["the moving van blocked the road", "currency conversion at the airport"],
        &["van", "conversion", "campervan", "motorhome", "refit", "camper"]),
    concept(&["smarthome gadgets", "domotics", "domestic automation", "connected-household devices"],
        &["sensor", "hub", "thermostat", "bulbs", "schedule", "voice", "switch", "dashboard"],
        &["kitchen gadgets nobody needs", "plastic gadgets in cereal"],
        &["smarthome", "gadget", "domotic", "domestic", "automation", "household", "devices"]),
    concept(&["stargazing", "amateur astronomy", "night-sky watching", "backyard skywatching"],
        &["nebula", "saturn", "comet", "constellations", "moonless", "binoculars", "meteors", "tripod"],
        &[], &["stargaz", "amateur", "astronom", "sky", "backyard"]),
    concept(&["outdoor swimming", "open-water dips", "lake plunges", "river bathing"],
        &["wetsuit", "goggles", "buoy", "shivering", "jetty", "towel", "reeds", "flask"],
        &["outdoor furniture on offer", "my head is swimming today"],
        &["outdoor", "swim", "plung", "bathing", "dips"]),
    concept(&["sneaker restoration", "trainers refurbishing", "kicks revival", "footwear rescue"],
        &["sole", "laces", "suede", "scrub", "stitching", "cleaner", "toe box", "eyelets"],
        &["restoration of the church organ", "a sneaker in the washing machine"],
        &["sneaker", "restor", "refurbish", "revival", "kicks", "footwear", "rescue", "trainers"]),
    concept(&["decluttering", "paring-down belongings", "clearing-out surplus", "owning less"],
        &["drawers", "donate", "shelves", "boxes", "keepsakes", "closet", "cables", "labels"],
        &[], &["declutter", "paring", "belongings", "surplus", "owning"]),
    concept(&["foraging", "wild-food gathering", "hedgerow picking", "woodland harvesting"],
        &["nettles", "elderflower", "basket", "chanterelles", "sloe", "berries", "field guide", "moss"],
        &[], &["forag", "gathering", "hedgerow", "woodland", "harvesting"]),
];
