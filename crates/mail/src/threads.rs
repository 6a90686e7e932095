//! Which mails belong to one conversation: a pure function of the set of mails, so that it cannot matter which of them
//! was read first.
//!
//! The rules, in the words of who reads the mailbox:
//! 1. **An id that is held joins everybody who refers to it.** A colleague in CC who answers takes part.
//! 2. **An id that is not held, or that is a mail to many, joins only mails with the same counterpart.** Replies of
//!    different people to one such mail never meet. The mail to many itself stands alone, unless exactly one counterpart
//!    refers to it: then it stands with that one. What it refers to itself is not looked at.
//! 3. **A token is an id more**: the outgoing mail that bears it is held under it, an incoming mail addressed to it refers
//!    to it. Two outgoing mails to one counterpart that bear one token stand together.
//! 4. **Two mails under one id.** With the same counterpart they are copies of one mail. Else the id belongs to the outgoing
//!    one, because we give our ids ourselves; a forged incoming copy gets none of its answers. Where that does not decide,
//!    the id joins like one that is not held (rule 2), each copy with its own counterpart.
//! 5. **A mail cut off by hand begins a thread.** It keeps whatever descends from it, and that alone: a mail that refers,
//!    directly or through held mails, to a cut mail is joined to the cut mail and to nothing else it refers to. So the old
//!    ids that mail programs list again in References do not lead back. Of several cut mails the lowest counts (one that
//!    descends from the others); where none does, the one whose id comes first.
//! 6. **Mails joined by hand are joined**, last and whatever else holds, also when one of them is cut: whoever cuts a mail
//!    later takes its pairs back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How far apart two mails under one subject may lie to be offered as one conversation.
const CONTINUES_SECONDS: i64 = 30 * 86_400;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Way {
    Incoming,
    Outgoing,
}

/// A mail as far as it matters for threads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ThreadMail {
    pub key: i64,
    /// Its Message-ID; empty where it has none.
    pub own_id: String,
    /// In-Reply-To and References, in any order.
    pub refers_to: Vec<String>,
    /// Outgoing: the token it was sent with. Incoming: the token it was addressed to.
    pub token: Option<String>,
    /// Whom it is from or to, as a hash.
    pub counterpart: String,
    pub way: Way,
    /// Outgoing to many, one copy for all.
    pub is_bulk: bool,
}

/// What people decided about threads.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ByHand {
    /// Mails whose threads are one.
    pub joined: Vec<(i64, i64)>,
    /// Mails that begin a thread of their own.
    pub cut: Vec<i64>,
}

/// Splits the mails into threads by the rules above.
///
/// `mails` in any order; keys of `by_hand` that are not among them are passed over. Each thread is sorted by key, the
/// threads by their first key; every mail is in exactly one. Costs little more than a pass over all references, and one
/// more over the descendants of each cut mail.
pub fn threads(mails: &[ThreadMail], by_hand: &ByHand) -> Vec<Vec<i64>> {
    let index = Index::of(mails);
    let places = index.places(&by_hand.cut);
    let mut sets = Sets::new(mails.len());

    for (at, mail) in mails.iter().enumerate() {
        sets.join(at, index.first_copy[at]);
        match places[at] {
            Place::Under(cut) => sets.join(at, cut),
            Place::Free if !mail.is_bulk => {
                for id in index.own_ids_of(at).filter(|id| index.is_holder(at, *id)) {
                    sets.join_at(at, index.meeting_point(at, id));
                }
                for id in index.references_of(at) {
                    sets.join_at(at, index.meeting_point(at, id));
                }
            }
            Place::Free | Place::Cut => {}
        }
    }
    join_bulk(&index, &places, &mut sets);
    for (one, other) in &by_hand.joined {
        if let (Some(one), Some(other)) = (index.by_key.get(one), index.by_key.get(other)) {
            sets.join(*one, *other);
        }
    }
    sets.partition(mails)
}

/// Rule 2 for the mail to many: with the one counterpart who refers to it, else alone.
fn join_bulk<'a>(index: &Index<'a>, places: &[Place], sets: &mut Sets<'a>) {
    let mut answered: HashMap<Id<'a>, BTreeSet<&'a str>> = HashMap::new();
    for (at, mail) in index.mails.iter().enumerate() {
        if mail.is_bulk || places[at] != Place::Free {
            continue;
        }
        for id in index.references_of(at).filter(|id| matches!(index.held.get(id), Some(Held::ByMany))) {
            answered.entry(id).or_default().insert(&mail.counterpart);
        }
    }
    for at in (0..index.mails.len()).filter(|at| index.mails[*at].is_bulk) {
        let ids: Vec<Id<'a>> = index.own_ids_of(at).filter(|id| answered.contains_key(id)).collect();
        let counterparts: BTreeSet<&str> = ids.iter().flat_map(|id| &answered[id]).copied().collect();
        if let (1, Some(counterpart)) = (counterparts.len(), counterparts.first()) {
            ids.into_iter().for_each(|id| sets.join_at(at, (id, Some(counterpart))));
        }
    }
}

/// An id that mails are held under or refer to: a Message-ID, or a token (rule 3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Id<'a> {
    Message(&'a str),
    Token(&'a str),
}

/// Where all meet that refer to an id: everybody, or everybody of one counterpart.
type MeetingPoint<'a> = (Id<'a>, Option<&'a str>);

/// Whose an id is.
enum Held {
    /// Of these, in truth one mail: everybody who refers to it meets there.
    By(Vec<usize>),
    /// Of a mail to many.
    ByMany,
    /// Of mails that contest it (rule 4).
    Contested,
}

/// Where a mail stands because of cuts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Free,
    Cut,
    /// It descends from this cut mail.
    Under(usize),
}

struct Index<'a> {
    mails: &'a [ThreadMail],
    by_key: HashMap<i64, usize>,
    /// For each mail the first that is a copy of the same mail, itself where there is none.
    first_copy: Vec<usize>,
    held: HashMap<Id<'a>, Held>,
    /// First copies of the mails, not to many, under an id and a counterpart.
    under: HashMap<(Id<'a>, &'a str), BTreeSet<usize>>,
}

impl<'a> Index<'a> {
    fn of(mails: &'a [ThreadMail]) -> Index<'a> {
        let mut index = Index {
            mails,
            by_key: mails.iter().enumerate().map(|(at, mail)| (mail.key, at)).collect(),
            first_copy: (0..mails.len()).collect(),
            held: HashMap::new(),
            under: HashMap::new(),
        };
        let mut copies: HashMap<(&str, &str, bool), usize> = HashMap::new();
        let mut holders: HashMap<Id<'a>, Vec<usize>> = HashMap::new();
        for (at, mail) in mails.iter().enumerate() {
            if !mail.own_id.is_empty() {
                index.first_copy[at] = *copies.entry((&mail.own_id, &mail.counterpart, mail.is_bulk)).or_insert(at);
            }
            for id in index.own_ids_of(at) {
                holders.entry(id).or_default().push(at);
                if !mail.is_bulk {
                    index.under.entry((id, mail.counterpart.as_str())).or_default().insert(index.first_copy[at]);
                }
            }
        }
        index.held = holders.into_iter().map(|(id, holders)| (id, whose(mails, holders))).collect();
        index
    }

    /// Its Message-ID and, when it is outgoing, its token.
    fn own_ids_of(&self, at: usize) -> impl Iterator<Item = Id<'a>> + use<'a> {
        let mail = &self.mails[at];
        let own = Some(mail.own_id.as_str()).filter(|id| !id.is_empty());
        let token = mail.token.as_deref().filter(|token| mail.way == Way::Outgoing && !token.is_empty());
        own.map(Id::Message).into_iter().chain(token.map(Id::Token))
    }

    /// What a mail refers to, its own id left out.
    fn references_of(&self, at: usize) -> impl Iterator<Item = Id<'a>> + use<'a> {
        let mail = &self.mails[at];
        let token = mail.token.as_deref().filter(|token| mail.way == Way::Incoming && !token.is_empty());
        let own = mail.own_id.as_str();
        let ids = mail.refers_to.iter().map(String::as_str).filter(move |id| !id.is_empty() && *id != own);
        ids.map(Id::Message).chain(token.map(Id::Token))
    }

    /// Whether a mail meets others under an id of its own: not when the id turned out to be another's (rule 4).
    fn is_holder(&self, at: usize, id: Id<'a>) -> bool {
        match self.held.get(&id) {
            Some(Held::By(owners)) => owners.binary_search(&at).is_ok(),
            _ => true,
        }
    }

    fn meeting_point(&self, at: usize, id: Id<'a>) -> MeetingPoint<'a> {
        match self.held.get(&id) {
            Some(Held::By(_)) => (id, None),
            _ => (id, Some(&self.mails[at].counterpart)),
        }
    }

    /// The held mails that a reference of `at` leads to, each by its first copy.
    fn parents_of(&self, at: usize, id: Id<'a>) -> Vec<usize> {
        match self.held.get(&id) {
            Some(Held::By(owners)) => match owners.as_slice() {
                // Copies under a Message-ID are one mail.
                [first, ..] if matches!(id, Id::Message(_)) => vec![self.first_copy[*first]],
                owners => owners.iter().map(|owner| self.first_copy[*owner]).collect(),
            },
            _ => {
                let found = self.under.get(&(id, self.mails[at].counterpart.as_str()));
                found.map(|under| under.iter().copied().collect()).unwrap_or_default()
            }
        }
    }

    /// Rule 5: for each mail, whether it is cut or which cut mail it descends from.
    fn places(&self, cut: &[i64]) -> Vec<Place> {
        // A copy of a cut mail is cut with it.
        let found = cut.iter().filter_map(|key| self.by_key.get(key));
        let cuts: BTreeSet<usize> = found.map(|at| self.first_copy[*at]).collect();
        if cuts.is_empty() {
            return vec![Place::Free; self.mails.len()];
        }
        let children = self.children();
        let below: BTreeMap<usize, BTreeSet<usize>> = cuts.iter().map(|&at| (at, descendants(&children, at))).collect();
        let mut above: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (cut, descendants) in &below {
            descendants.iter().for_each(|at| above.entry(*at).or_default().push(*cut));
        }
        let place_of = |at: usize| {
            let at = self.first_copy[at];
            if cuts.contains(&at) {
                return Place::Cut;
            }
            let Some(over) = above.get(&at) else { return Place::Free };
            let is_lowest = |cut: &usize| !over.iter().any(|other| other != cut && below[cut].contains(other));
            let lowest = over.iter().copied().filter(is_lowest).min_by_key(|cut| self.sorted_by(*cut));
            let any = over.iter().copied().min_by_key(|cut| self.sorted_by(*cut));
            lowest.or(any).map_or(Place::Free, Place::Under)
        };
        (0..self.mails.len()).map(place_of).collect()
    }

    /// What tells mails apart whatever order they came in.
    fn sorted_by(&self, at: usize) -> (&'a str, &'a str, i64) {
        let mail = &self.mails[at];
        (&mail.own_id, &mail.counterpart, mail.key)
    }

    /// For each first copy, the first copies of what refers to it. A mail to many refers to nothing (rule 2).
    fn children(&self) -> Vec<Vec<usize>> {
        let mut children = vec![vec![]; self.mails.len()];
        for at in (0..self.mails.len()).filter(|at| !self.mails[*at].is_bulk) {
            for id in self.references_of(at) {
                self.parents_of(at, id).into_iter().for_each(|parent| children[parent].push(self.first_copy[at]));
            }
        }
        children
    }
}

/// Rule 4. `holders` in ascending order, which `is_holder` counts on.
fn whose(mails: &[ThreadMail], holders: Vec<usize>) -> Held {
    if holders.iter().any(|holder| mails[*holder].is_bulk) {
        return Held::ByMany;
    }
    let have_one_counterpart =
        |held: &[usize]| held.windows(2).all(|pair| mails[pair[0]].counterpart == mails[pair[1]].counterpart);
    if have_one_counterpart(&holders) {
        return Held::By(holders);
    }
    let is_ours = |holder: &usize| mails[*holder].way == Way::Outgoing;
    let ours: Vec<usize> = holders.into_iter().filter(is_ours).collect();
    if !ours.is_empty() && have_one_counterpart(&ours) { Held::By(ours) } else { Held::Contested }
}

fn descendants(children: &[Vec<usize>], from: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut left = children[from].clone();
    while let Some(at) = left.pop() {
        if at != from && found.insert(at) {
            left.extend(&children[at]);
        }
    }
    found
}

/// Sets that are joined step by step (Tarjan, "Efficiency of a good but not linear set union algorithm", 1975): the mails,
/// and behind them meeting points of an id with a counterpart.
struct Sets<'a> {
    parent: Vec<usize>,
    size: Vec<usize>,
    points: HashMap<MeetingPoint<'a>, usize>,
}

impl<'a> Sets<'a> {
    fn new(count: usize) -> Sets<'a> {
        Sets { parent: (0..count).collect(), size: vec![1; count], points: HashMap::new() }
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.parent[at] != at {
            self.parent[at] = self.parent[self.parent[at]];
            at = self.parent[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if one == other {
            return;
        }
        let (small, large) = if self.size[one] < self.size[other] { (one, other) } else { (other, one) };
        self.parent[small] = large;
        self.size[large] += self.size[small];
    }

    /// Joins a mail to all others that meet there.
    fn join_at(&mut self, at: usize, point: MeetingPoint<'a>) {
        let next = self.parent.len();
        let node = *self.points.entry(point).or_insert(next);
        if node == next {
            self.parent.push(next);
            self.size.push(1);
        }
        self.join(at, node);
    }

    fn partition(mut self, mails: &[ThreadMail]) -> Vec<Vec<i64>> {
        let mut by_root: HashMap<usize, Vec<i64>> = HashMap::new();
        for (at, mail) in mails.iter().enumerate() {
            let root = self.root(at);
            by_root.entry(root).or_default().push(mail.key);
        }
        let mut threads: Vec<Vec<i64>> = by_root.into_values().collect();
        threads.iter_mut().for_each(|thread| thread.sort_unstable());
        threads.sort_unstable();
        threads
    }
}

/// A mail that refers to nothing known, as far as its subject may tell where it belongs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loose {
    pub key: i64,
    pub counterpart: String,
    /// As [`crate::read::normalised_subject`] gives it.
    pub subject_norm: String,
    pub at_unix: i64,
}

/// The earlier mail that this one may continue: same counterpart and subject within the 30 days before. A suggestion for a
/// person, never applied. The latest such mail is named, of equally late ones the one with the smallest key; an empty
/// subject continues nothing. Costs a pass.
pub fn may_continue<'a>(mail: &Loose, earlier: impl Iterator<Item = &'a Loose>) -> Option<i64> {
    if mail.subject_norm.trim().is_empty() {
        return None;
    }
    let is_near = |other: &&Loose| {
        let apart = mail.at_unix.saturating_sub(other.at_unix);
        other.key != mail.key
            && other.counterpart == mail.counterpart
            && other.subject_norm == mail.subject_norm
            && (0..=CONTINUES_SECONDS).contains(&apart)
    };
    earlier.filter(is_near).max_by_key(|other| (other.at_unix, std::cmp::Reverse(other.key))).map(|other| other.key)
}

#[cfg(test)]
mod tests;
