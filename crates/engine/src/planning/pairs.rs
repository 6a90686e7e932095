//! Who may be reached by whom: for every candidate the people it may reach, each with the chance, packed by candidate.
//!
//! Compressed columns: 8 bytes a pair. Chances are of one whole campaign; given a person, meeting different creators is
//! taken as independent, which past campaigns can test (predicted against observed distinct reach).

/// Chances below this are not stored: they add nothing that is seen.
pub const CHANCE_MIN: f32 = 1e-4;

/// Why pairs were refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PairsError {
    #[error(
        "candidate {candidate} (counted from 0): its people are not ascending, each once; sort them and merge repetitions"
    )]
    NotAscending { candidate: usize },
    #[error("candidate {candidate} (counted from 0): person {person} is not among the {people} people")]
    NoSuchPerson { candidate: usize, person: u32, people: usize },
    #[error("candidate {candidate} (counted from 0), person {person}: a chance lies between 0 and 1, got {chance}")]
    NotAChance { candidate: usize, person: u32, chance: f32 },
    #[error("the columns do not fit together: {offsets} offsets, {people} people, {chances} chances")]
    Columns { offsets: usize, people: usize, chances: usize },
}

/// The people of one candidate with their chances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column<'a> {
    /// Places among all people, ascending.
    pub people: &'a [u32],
    /// 0..=1 each.
    pub chances: &'a [f32],
}

impl<'a> Column<'a> {
    /// Person and chance, one after the other.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = (usize, f64)> + 'a {
        self.people.iter().zip(self.chances).map(|(person, chance)| (*person as usize, f64::from(*chance)))
    }
}

/// The pairs of all candidates.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    people: usize,
    offsets: Vec<usize>,
    rows: Vec<u32>,
    chances: Vec<f32>,
}

impl Pairs {
    /// Packs one list of (person, chance) a candidate, in any order; a person given twice keeps the larger chance and
    /// chances below [`CHANCE_MIN`] are dropped.
    ///
    /// Inputs: `people`, how many there are; chances 0..=1. Errors: [`PairsError`]. Cost: `O(pairs log pairs)`.
    ///
    /// ```
    /// use engine::planning::pairs::Pairs;
    /// let pairs = Pairs::from_lists(3, vec![vec![(2, 0.5), (0, 1.0)], vec![]]).unwrap();
    /// assert_eq!(pairs.column(0).people, [0, 2]);
    /// assert_eq!((pairs.candidates(), pairs.len()), (2, 2));
    /// ```
    pub fn from_lists(people: usize, lists: Vec<Vec<(u32, f32)>>) -> Result<Pairs, PairsError> {
        let mut offsets = Vec::with_capacity(lists.len() + 1);
        let (mut rows, mut chances): (Vec<u32>, Vec<f32>) = (vec![], vec![]);
        offsets.push(0);
        for (candidate, mut list) in lists.into_iter().enumerate() {
            if let Some((person, chance)) = list.iter().find(|pair| !(0.0..=1.0).contains(&pair.1)) {
                return Err(PairsError::NotAChance { candidate, person: *person, chance: *chance });
            }
            list.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
            list.dedup_by_key(|pair| pair.0);
            for (person, chance) in list.into_iter().filter(|pair| pair.1 >= CHANCE_MIN) {
                rows.push(person);
                chances.push(chance);
            }
            offsets.push(rows.len());
        }
        Pairs::from_columns(people, offsets, rows, chances)
    }

    /// Takes columns that are packed already; `offsets` has one entry more than there are candidates.
    ///
    /// Errors: [`PairsError`]. Cost: `O(pairs)`, 8 bytes a pair kept.
    pub fn from_columns(
        people: usize,
        offsets: Vec<usize>,
        rows: Vec<u32>,
        chances: Vec<f32>,
    ) -> Result<Pairs, PairsError> {
        let is_whole = offsets.first() == Some(&0)
            && offsets.last() == Some(&rows.len())
            && offsets.is_sorted()
            && rows.len() == chances.len();
        if !is_whole {
            let (offsets, chances) = (offsets.len(), chances.len());
            return Err(PairsError::Columns { offsets, people: rows.len(), chances });
        }
        let pairs = Pairs { people, offsets, rows, chances };
        for candidate in 0..pairs.candidates() {
            let column = pairs.column(candidate);
            if !column.people.is_sorted_by(|a, b| a < b) {
                return Err(PairsError::NotAscending { candidate });
            }
            if let Some(person) = column.people.last().filter(|person| **person as usize >= people) {
                return Err(PairsError::NoSuchPerson { candidate, person: *person, people });
            }
            for (person, chance) in column.people.iter().zip(column.chances) {
                if !(0.0..=1.0).contains(chance) {
                    return Err(PairsError::NotAChance { candidate, person: *person, chance: *chance });
                }
            }
        }
        Ok(pairs)
    }

    pub fn candidates(&self) -> usize {
        self.offsets.len() - 1
    }

    pub fn people(&self) -> usize {
        self.people
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    #[inline]
    pub fn column(&self, candidate: usize) -> Column<'_> {
        let range = self.offsets[candidate]..self.offsets[candidate + 1];
        Column { people: &self.rows[range.clone()], chances: &self.chances[range] }
    }

    /// The same people with other chances, one a pair in order; each is held within 0..=1. For draws of what is not sure.
    pub fn with_chances(&self, chance: impl Fn(usize, u32, f32) -> f32) -> Pairs {
        let mut chances = Vec::with_capacity(self.len());
        for candidate in 0..self.candidates() {
            let column = self.column(candidate);
            let drawn = column.people.iter().zip(column.chances);
            chances.extend(drawn.map(|(person, old)| chance(candidate, *person, *old).clamp(0.0, 1.0)));
        }
        Pairs { people: self.people, offsets: self.offsets.clone(), rows: self.rows.clone(), chances }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_given_twice_keeps_the_larger_chance_and_tiny_chances_are_dropped() {
        let pairs = Pairs::from_lists(4, vec![vec![(3, 0.1), (3, 0.4), (1, 1e-6)]]).expect("pairs");
        assert_eq!(pairs.column(0), Column { people: &[3], chances: &[0.4] });
    }

    #[test]
    fn what_is_no_chance_and_who_is_nobody_is_refused_by_name() {
        let check = |list: Vec<(u32, f32)>, expected: &str| {
            let refused = Pairs::from_lists(2, vec![vec![], list]).expect_err("refuses").to_string();
            assert!(refused.contains(expected) && refused.contains("candidate 1"), "{refused}");
        };
        check(vec![(0, 1.5)], "got 1.5");
        check(vec![(0, f32::NAN)], "got NaN");
        check(vec![(2, 0.5)], "not among the 2 people");
        let unsorted = Pairs::from_columns(3, vec![0, 2], vec![1, 0], vec![0.5, 0.5]);
        assert_eq!(unsorted, Err(PairsError::NotAscending { candidate: 0 }));
        assert!(Pairs::from_columns(3, vec![0, 3], vec![1, 0], vec![0.5, 0.5]).is_err());
    }
}
