//! The niches a person may choose from: about 120 of the taxonomy, the others reachable by code or name.

use crate::conversations::portraits::niches::{Niche, TAXONOMY, find};

/// One niche as a picker shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NicheNode {
    /// The code in IAB Content Taxonomy 3.1.
    pub code: &'static str,
    pub name: &'static str,
    /// The code of the nearest shown niche it lies in.
    pub parent: Option<&'static str>,
    /// Shown niches it lies in, 0 for a root.
    pub depth: usize,
}

/// The codes shown, by root. What few creators speak of is left out of the picker, not out of what is found.
const SHOWN: [&str; 122] = [
    "150", "155", "159", "1", "19", "22", "34", "27", "42", "46", "48", "49", "52", "58", "61", "123", "127", "132",
    "137", "147", "JLBCU7", "324", "338", "355", "363", "640", "641", "186", "192", "201", "203", "204", "207", "209",
    "210", "211", "215", "216", "217", "218", "221", "222", "212", "213", "214", "223", "225", "227", "239", "248",
    "251", "253", "254", "255", "257", "258", "259", "261", "264", "268", "269", "270", "271", "272", "242", "243",
    "246", "274", "275", "278", "280", "283", "277", "163", "165", "391", "397", "410", "422", "424", "425", "426",
    "441", "464", "472", "473", "482", "483", "484", "518", "547", "485", "492", "500", "502", "504", "505", "511",
    "512", "520", "531", "533", "537", "539", "544", "552", "553", "554", "555", "556", "558", "559", "577", "595",
    "596", "597", "618", "631", "632", "635", "653", "680",
];

/// The niches of a picker in the order of the taxonomy's branches, each after what it lies in.
///
/// ```
/// let tree = engine::matching::niches::niche_tree();
/// let coffee = tree.iter().find(|node| node.name == "Non-Alcoholic Beverages").expect("is shown");
/// assert_eq!((coffee.parent, coffee.depth), (Some("210"), 1));
/// ```
pub fn niche_tree() -> Vec<NicheNode> {
    SHOWN.iter().filter_map(|code| niche_named(code)).collect()
}

/// The niche of a code or name, shown in the picker or not; `None` when it is not in the shipped taxonomy, as is every
/// branch on health, religion, politics and other sensitive matters.
pub fn niche_named(code: &str) -> Option<NicheNode> {
    let niche: Niche = find(code)?;
    let line = TAXONOMY.lineage(TAXONOMY.place(niche.code)?);
    let shown: Vec<&'static str> =
        line.iter().map(|above| above.code).filter(|above| *above != niche.code && SHOWN.contains(above)).collect();
    Some(NicheNode { code: niche.code, name: niche.name, parent: shown.last().copied(), depth: shown.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picker_shows_about_120_niches_each_once_and_after_its_parent() {
        let tree = niche_tree();
        assert_eq!(tree.len(), SHOWN.len(), "a shown code is not in the taxonomy");
        assert!((110..=130).contains(&tree.len()));
        for (place, node) in tree.iter().enumerate() {
            let before: Vec<&str> = tree[..place].iter().map(|before| before.code).collect();
            assert!(!before.contains(&node.code), "{node:?} twice");
            assert!(node.parent.is_none_or(|parent| before.contains(&parent)), "{node:?} before its parent");
        }
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "a test may read the open test data; the engine itself reads no file"
    )]
    fn the_shipped_taxonomy_is_the_published_one_without_its_sensitive_branches() {
        let beside = || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
        let root = std::env::var_os("BELLWETHER_TEST_DATA").map_or_else(beside, std::path::PathBuf::from);
        let path = root.join("taxonomy/iab-content-3.1.tsv");
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!(
                "skipped: the_shipped_taxonomy_is_the_published_one_without_its_sensitive_branches because {} is not there",
                path.display()
            );
            return;
        };
        let published: std::collections::BTreeMap<&str, (&str, &str)> = (text.lines().skip(2))
            .map(|line| line.split('\t').collect::<Vec<_>>())
            .filter(|cells| cells.len() > 2 && !cells[0].is_empty())
            .map(|cells| (cells[0].trim(), (cells[1].trim(), cells[2].trim())))
            .collect();
        let roots = published.values().filter(|(parent, _)| parent.is_empty()).count();
        let lettered = published.keys().filter(|code| code.chars().any(|sign| sign.is_ascii_alphabetic())).count();
        let orphans: Vec<_> = (published.iter())
            .filter(|(_, (parent, _))| !parent.is_empty() && !published.contains_key(parent))
            .collect();
        assert_eq!((published.len(), roots, lettered, orphans), (704, 37, 31, vec![]));
        for niche in &TAXONOMY.niches {
            let (parent, name) = published[niche.code];
            assert_eq!(niche.name, name, "{}", niche.code);
            let above = niche.parent.map(|place| TAXONOMY.niches[usize::from(place)].code);
            assert_eq!(above.unwrap_or_default(), parent, "{}", niche.code);
        }
    }

    #[test]
    fn niches_outside_the_picker_are_reachable_and_sensitive_ones_are_not() {
        let jazz = niche_named("357").expect("in the taxonomy");
        assert_eq!((jazz.name, jazz.parent, jazz.depth), ("Jazz", Some("338"), 2));
        assert_eq!(niche_named("jazz"), Some(jazz));
        for name in
            ["Medical Health", "Religion & Spirituality", "Politics", "Sensitive Topics", "Dating", "Weight Loss"]
        {
            assert_eq!(niche_named(name), None, "{name}");
        }
        for taken in ["MQ2XML", "ZJG29S", "KHPC5A"] {
            assert_eq!(niche_named(taken), None, "{taken}");
        }
    }
}
