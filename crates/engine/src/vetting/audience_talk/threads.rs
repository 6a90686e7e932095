//! Threads: which comment answers which, and which belong together.

use model::Timestamp;

use super::TurnUnder;

/// The turns in the order of post and time, and who answers whom.
pub(super) struct Talk<'a> {
    pub(super) turns: Vec<TurnUnder<'a>>,
    /// Whether any reply of the creator names the comment it answers.
    pub(super) names_replies: bool,
    /// Whether anybody's comment names one.
    pub(super) names_anything: bool,
    /// Of each turn by others, the place of the creator's turn that answers it first.
    pub(super) answered_by: Vec<Option<usize>>,
    /// The places of the creator's turns that answer somebody else, ascending.
    pub(super) replies: Vec<usize>,
    /// Every comment by its id.
    places: Vec<(i64, usize)>,
}

/// Threads that hold both sides.
pub(super) struct Threads {
    /// Turns of each, ascending.
    pub(super) turns: Vec<u64>,
    /// How many of them begin with something that is not held.
    pub(super) cut: u64,
}

impl<'a> Talk<'a> {
    /// Cost O(turns log turns).
    pub(super) fn of(turns: &[TurnUnder<'a>], until: Timestamp) -> Talk<'a> {
        let mut turns: Vec<TurnUnder<'a>> = turns.iter().filter(|turn| turn.at <= until).copied().collect();
        turns.sort_unstable();
        let mut places: Vec<(i64, usize)> = turns.iter().enumerate().map(|(place, turn)| (turn.id, place)).collect();
        places.sort_unstable();
        let mut talk = Talk {
            names_replies: turns.iter().any(|turn| turn.is_creator && turn.answers.is_some()),
            names_anything: turns.iter().any(|turn| turn.answers.is_some()),
            answered_by: vec![None; turns.len()],
            replies: Vec::new(),
            places,
            turns,
        };
        if talk.names_replies {
            talk.pair_by_name()
        } else {
            talk.pair_by_order()
        }
        talk
    }

    /// The place of the comment with this id.
    pub(super) fn find(&self, id: i64) -> Option<usize> {
        let at = self.places.partition_point(|held| held.0 < id);
        self.places.get(at).filter(|held| held.0 == id).map(|held| held.1)
    }

    fn pair_by_name(&mut self) {
        for place in 0..self.turns.len() {
            let turn = self.turns[place];
            let Some(answered) = turn.answers.filter(|_| turn.is_creator) else { continue };
            let Some(answered) = self.find(answered) else {
                // Somebody is answered whose comment is not held.
                self.replies.push(place);
                continue;
            };
            if self.turns[answered].is_creator {
                continue;
            }
            self.replies.push(place);
            let first = &mut self.answered_by[answered];
            if first.is_none_or(|first| self.turns[place].at < self.turns[first].at) {
                *first = Some(place);
            }
        }
    }

    fn pair_by_order(&mut self) {
        let mut next_by_creator: Option<usize> = None;
        for place in (0..self.turns.len()).rev() {
            let turn = self.turns[place];
            let same_post = next_by_creator.filter(|next| self.turns[*next].post == turn.post);
            if turn.is_creator {
                next_by_creator = Some(place);
            } else {
                self.answered_by[place] = same_post;
                self.replies.extend(same_post);
            }
        }
        self.replies.sort_unstable();
        self.replies.dedup();
    }

    /// Turns of each thread that holds both sides. Cost O(turns log turns).
    pub(super) fn threads(&self) -> Threads {
        let mut threads = if self.names_replies { self.chains() } else { self.pairs() };
        threads.turns.sort_unstable();
        threads
    }

    /// Everything joined by names.
    fn chains(&self) -> Threads {
        let count = self.turns.len();
        let mut missing: Vec<i64> =
            self.turns.iter().filter_map(|turn| turn.answers).filter(|id| self.find(*id).is_none()).collect();
        missing.sort_unstable();
        missing.dedup();
        // What is named and not held joins those who name it, behind the places of the turns.
        let mut together: Vec<usize> = (0..count + missing.len()).collect();
        for (place, turn) in self.turns.iter().enumerate() {
            let Some(answered) = turn.answers else { continue };
            let other = self.find(answered).unwrap_or_else(|| count + missing.partition_point(|id| *id < answered));
            let (one, other) = (root(&mut together, place), root(&mut together, other));
            together[one.max(other)] = one.min(other);
        }
        let mut of_root = vec![[0u64; 3]; together.len()];
        for place in 0..together.len() {
            let kind = match self.turns.get(place) {
                Some(turn) => usize::from(turn.is_creator),
                None => 2,
            };
            of_root[root(&mut together, place)][kind] += 1;
        }
        let both = || of_root.iter().filter(|[others, creator, _]| *others > 0 && *creator > 0);
        Threads {
            turns: both().map(|[others, creator, _]| others + creator).collect(),
            cut: both().filter(|[_, _, missing]| *missing > 0).count() as u64,
        }
    }

    /// One commenter under one post, with the creator's turns that answer them.
    fn pairs(&self) -> Threads {
        let mut spoken: Vec<(u32, i64, Option<usize>)> = self
            .turns
            .iter()
            .zip(&self.answered_by)
            .filter(|(turn, _)| !turn.is_creator)
            .map(|(turn, answer)| (turn.post, turn.commenter, *answer))
            .collect();
        spoken.sort_unstable();
        let mut turns = Vec::new();
        for of_one in spoken.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let mut answers: Vec<usize> = of_one.iter().filter_map(|(_, _, answer)| *answer).collect();
            answers.dedup();
            if !answers.is_empty() {
                turns.push((of_one.len() + answers.len()) as u64);
            }
        }
        Threads { turns, cut: 0 }
    }
}

fn root(together: &mut [usize], mut place: usize) -> usize {
    while together[place] != place {
        together[place] = together[together[place]];
        place = together[place];
    }
    place
}
