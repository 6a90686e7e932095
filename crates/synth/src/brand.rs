//! The made-up brand of every world: Kettle & Crane, maker of coffee and tea gear.

use model::brand::OwnAccount;
use model::{BuyerDefinition, Platform};

/// The brand's name.
pub(crate) const NAME: &str = "Kettle & Crane";

/// The name of its own account, the same on each of its platforms.
pub(crate) const HANDLE: &str = "kettleandcrane";

/// Where it has an account of its own.
pub(crate) const PLATFORMS: [Platform; 2] = [Platform::Instagram, Platform::YouTube];

/// What its buyers call its things. Nobody else's vocabulary holds these words.
pub(crate) const PRODUCTS: [&str; 6] = [
    "Crane grinder",
    "Heron dripper",
    "Heron kettle",
    "Kettle and Crane pot",
    "Crane pour stand",
    "Kettle & Crane scale",
];

/// The tags its buyers use.
pub(crate) const TAGS: [&str; 2] = ["kettleandcrane", "heronpour"];

/// The rule a marketer of this brand would type in to find its buyers.
pub(crate) fn buyer_definition() -> BuyerDefinition {
    let words =
        ["crane grinder", "heron dripper", "heron kettle", "kettle and crane", "crane pour stand", "kettle & crane"];
    let own_account = |platform| OwnAccount { platform, native_id: HANDLE.to_owned() };
    let definition = BuyerDefinition {
        keywords: words.map(str::to_owned).to_vec(),
        tags: TAGS.map(str::to_owned).to_vec(),
        own_accounts: PLATFORMS.map(own_account).to_vec(),
        mentions_min: 2,
        platforms: Vec::new(),
    };
    definition.checked().expect("the made-up brand has keywords")
}
