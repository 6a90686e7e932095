//! What is still to be said: answers on their way, and the little each account needs to remember to be answered.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use model::PostId;

use crate::sentences::Mood;

/// The post something is said under: its author's position among the posters and its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) poster: u32,
    pub(crate) post_number: u32,
}

/// Why somebody is about to do something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cause {
    /// They were spoken to.
    Answer { parent: u32, mood: Mood, depth: u8 },
    /// A member of their pod has posted.
    Pod,
    /// A post went viral; who comes is decided then.
    Crowd,
    /// A bot's turn; whom it praises is decided then.
    Bot,
    /// A bot delivers a bought follow.
    BoughtFollow,
}

/// One thing that will be done at a known second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// Seconds since the start of the world.
    pub(crate) at: u32,
    pub(crate) actor: u32,
    pub(crate) target: u32,
    pub(crate) place: Option<Place>,
    pub(crate) cause: Cause,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    turn: Turn,
    /// Keeps the order of equal seconds.
    number: u64,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Waiting {}
impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Waiting {
    /// Earlier turns are greater, so that the heap hands them out first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.turn.at, other.number).cmp(&(self.turn.at, self.number))
    }
}

/// Turns in the order of their seconds. Holds what is under way, a few days of answers, never the whole talk.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    heap: BinaryHeap<Waiting>,
    pushed: u64,
}

impl Turns {
    pub(crate) fn push(&mut self, turn: Turn) {
        self.pushed += 1;
        self.heap.push(Waiting { turn, number: self.pushed });
    }

    /// The second of the earliest turn.
    pub(crate) fn next_at(&self) -> Option<u32> {
        self.heap.peek().map(|waiting| waiting.turn.at)
    }

    pub(crate) fn pop(&mut self) -> Option<Turn> {
        self.heap.pop().map(|waiting| waiting.turn)
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }
}

/// The last thing an account said, so that others can reply to it; number 0: nothing yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastComment {
    pub(crate) number: u32,
    pub(crate) at: u32,
    pub(crate) place: Place,
}

impl LastComment {
    pub(crate) const NONE: LastComment = LastComment { number: 0, at: 0, place: Place { poster: 0, post_number: 0 } };
}

/// How many posts back an author's posts are remembered.
pub(crate) const POSTS_KEPT: usize = 14;

#[derive(Clone, Copy, Debug)]
pub(crate) struct RecentPost {
    pub(crate) id: PostId,
    pub(crate) at: u32,
    /// Comments in the stream so far.
    pub(crate) comments: u32,
}

/// The latest posts of one author, in a ring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecentPosts {
    pub(crate) made: u32,
    posts: [RecentPost; POSTS_KEPT],
}

impl RecentPosts {
    pub(crate) const NONE: RecentPosts =
        RecentPosts { made: 0, posts: [RecentPost { id: PostId(0), at: 0, comments: 0 }; POSTS_KEPT] };

    /// Adds a post and gives its number, counted from 0.
    pub(crate) fn add(&mut self, id: PostId, at: u32) -> u32 {
        let number = self.made;
        self.posts[number as usize % POSTS_KEPT] = RecentPost { id, at, comments: 0 };
        self.made += 1;
        number
    }

    /// The post of this number, if it is still remembered.
    pub(crate) fn get(&self, number: u32) -> Option<&RecentPost> {
        let kept = number < self.made && (self.made - number) as usize <= POSTS_KEPT;
        kept.then(|| &self.posts[number as usize % POSTS_KEPT])
    }

    pub(crate) fn count_comment(&mut self, number: u32) {
        if self.get(number).is_some() {
            self.posts[number as usize % POSTS_KEPT].comments += 1;
        }
    }
}
