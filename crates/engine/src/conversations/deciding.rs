//! Who a buyer speaks with when deciding: the people in the threads where buyers ask, compare, price and order, the
//! questions they asked, who answered, and what followed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A turn that was made under no known post.
pub const NO_THREAD: i64 = -1;

/// One turn by or to a buyer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecidingTurn {
    pub actor: u32,
    pub target: u32,
    pub at_unix: i64,
    /// The post it was made under, or [`NO_THREAD`].
    pub thread: i64,
    /// Whether its own words are about choosing or buying.
    pub is_buying: bool,
    /// Whether they ask: for advice, a price, or where to get something.
    pub asks: bool,
    /// Whether they say that something was bought.
    pub bought: bool,
    /// The number of its words, for the caller; negative without any.
    pub text: i64,
}

/// A post by which a buyer asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AskingPost {
    pub author: u32,
    pub thread: i64,
    pub at_unix: i64,
    /// The number of its words, for the caller; negative without any.
    pub text: i64,
}

/// Somebody buyers speak with when deciding.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecidingPartner {
    pub account: u32,
    /// Different buyers who spoke with them while deciding.
    pub buyers: u32,
    /// Turns between them and buyers while deciding, both ways.
    pub turns: u32,
    /// Of these, the partner's own turns to a buyer.
    pub answers: u32,
    /// Different buyers they have any talk with, deciding or not.
    pub buyers_in_all_talk: u32,
}

/// One thing a buyer asked, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub asker: u32,
    pub at_unix: i64,
    pub thread: i64,
    /// Whether the post itself asks, or a turn under it.
    pub by_post: bool,
    /// The number of the words that ask; negative without any.
    pub text: i64,
    /// Who turned to the asker afterwards in the same thread, in the order they came.
    pub answered_by: Vec<u32>,
    /// Seconds until the first of them; `None` without an answer.
    pub first_answer_seconds: Option<i64>,
    /// Turns of the asker to those who answered, after the first answer.
    pub came_back: u32,
    /// Whether the asker said later in the thread that they bought.
    pub bought_later: bool,
}

/// How a segment of buyers decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Deciding {
    /// Buyers with any deciding turn or question.
    pub buyers: u32,
    pub turns: u32,
    pub threads: u32,
    /// Most buyers first.
    pub partners: Vec<DecidingPartner>,
    /// Newest first.
    pub questions: Vec<Question>,
}

/// Reads how buyers decide out of their turns and posts.
///
/// A turn belongs to a decision when its own words are buying talk, or when it lies in a thread that a buyer's
/// question opened, after it and with the asker at one end: then answers belong to it whatever their words. `buyers` are different accounts, sorted; turns
/// have a buyer at one end at least. Talk between two buyers counts each as the other's partner.
/// Cost `O(turns log turns)`.
pub fn deciding(turns: &[DecidingTurn], posts: &[AskingPost], buyers: &[u32]) -> Deciding {
    let is_buyer = |account: u32| buyers.binary_search(&account).is_ok();
    // When each asker first asked in each thread.
    let mut asked: BTreeMap<(i64, u32), i64> = BTreeMap::new();
    let by_posts = posts.iter().map(|post| (post.thread, post.author, post.at_unix));
    let by_turns = turns.iter().filter(|turn| turn.asks).map(|turn| (turn.thread, turn.actor, turn.at_unix));
    for (thread, asker, at) in by_posts.chain(by_turns) {
        if thread != NO_THREAD && is_buyer(asker) {
            let first = asked.entry((thread, asker)).or_insert(at);
            *first = at.min(*first);
        }
    }
    let in_asked_thread = |turn: &DecidingTurn| {
        let since = |asker: u32| asked.get(&(turn.thread, asker)).is_some_and(|&at| turn.at_unix >= at);
        since(turn.actor) || since(turn.target)
    };
    // (partner, buyer, is an answer, is deciding): one entry a turn and buyer end.
    let mut met: Vec<(u32, u32, bool, bool)> = vec![];
    let mut threads: Vec<i64> = asked.keys().map(|(thread, _)| *thread).collect();
    let mut counted = 0;
    for turn in turns {
        let is_deciding = turn.is_buying || in_asked_thread(turn);
        counted += u32::from(is_deciding);
        if is_deciding && turn.thread != NO_THREAD {
            threads.push(turn.thread);
        }
        if is_buyer(turn.actor) {
            met.push((turn.target, turn.actor, false, is_deciding));
        }
        if is_buyer(turn.target) {
            met.push((turn.actor, turn.target, true, is_deciding));
        }
    }
    let mut deciding_buyers: Vec<u32> = met.iter().filter(|met| met.3).map(|met| met.1).collect();
    deciding_buyers.extend(asked.keys().map(|(_, asker)| *asker));
    let distinct = |accounts: &mut Vec<u32>| {
        accounts.sort_unstable();
        accounts.dedup();
        accounts.len() as u32
    };
    met.sort_unstable();
    let mut partners: Vec<DecidingPartner> = met
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|of_partner| {
            let deciding: Vec<&(u32, u32, bool, bool)> = of_partner.iter().filter(|met| met.3).collect();
            (!deciding.is_empty()).then(|| DecidingPartner {
                account: of_partner[0].0,
                buyers: distinct(&mut deciding.iter().map(|met| met.1).collect()),
                turns: deciding.len() as u32,
                answers: deciding.iter().filter(|met| met.2).count() as u32,
                buyers_in_all_talk: distinct(&mut of_partner.iter().map(|met| met.1).collect()),
            })
        })
        .collect();
    partners
        .sort_by_key(|partner| (std::cmp::Reverse((partner.buyers, partner.answers, partner.turns)), partner.account));
    threads.sort_unstable();
    threads.dedup();
    Deciding {
        buyers: distinct(&mut deciding_buyers),
        turns: counted,
        threads: threads.len() as u32,
        partners,
        questions: questions(turns, posts, &is_buyer),
    }
}

fn questions(turns: &[DecidingTurn], posts: &[AskingPost], is_buyer: &impl Fn(u32) -> bool) -> Vec<Question> {
    let mut by_thread: Vec<&DecidingTurn> = turns.iter().filter(|turn| turn.thread != NO_THREAD).collect();
    by_thread.sort_by_key(|turn| (turn.thread, turn.at_unix));
    let in_thread = |thread: i64| {
        let from = by_thread.partition_point(|turn| turn.thread < thread);
        let to = by_thread.partition_point(|turn| turn.thread <= thread);
        &by_thread[from..to]
    };
    let mut asked: Vec<(u32, i64, i64, bool, i64)> = posts
        .iter()
        .filter(|post| is_buyer(post.author))
        .map(|post| (post.author, post.thread, post.at_unix, true, post.text))
        .collect();
    let in_turns = by_thread.iter().filter(|turn| turn.asks && is_buyer(turn.actor));
    asked.extend(in_turns.map(|turn| (turn.actor, turn.thread, turn.at_unix, false, turn.text)));
    // One question for a person and thread: the post where it asks, else the first turn that does.
    asked.sort_by_key(|&(asker, thread, at, by_post, text)| (asker, thread, !by_post, at, text));
    asked.dedup_by_key(|asked| (asked.0, asked.1));
    let mut found: Vec<Question> = asked
        .into_iter()
        .map(|(asker, thread, at, by_post, text)| {
            let after = in_thread(thread).iter().filter(|turn| turn.at_unix >= at);
            let mut answered_by: Vec<u32> = vec![];
            let mut first = None;
            let (mut came_back, mut bought_later) = (0, false);
            for turn in after {
                if turn.target == asker && turn.actor != asker {
                    first.get_or_insert(turn.at_unix - at);
                    if !answered_by.contains(&turn.actor) {
                        answered_by.push(turn.actor);
                    }
                } else if turn.actor == asker {
                    came_back += u32::from(answered_by.contains(&turn.target));
                    bought_later |= turn.bought && turn.at_unix > at;
                }
            }
            Question {
                asker,
                at_unix: at,
                thread,
                by_post,
                text,
                answered_by,
                first_answer_seconds: first,
                came_back,
                bought_later,
            }
        })
        .collect();
    found.sort_by_key(|question| (std::cmp::Reverse(question.at_unix), question.thread, question.asker));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(actor: u32, target: u32, at_unix: i64, thread: i64) -> DecidingTurn {
        DecidingTurn { actor, target, at_unix, thread, is_buying: false, asks: false, bought: false, text: -1 }
    }

    #[test]
    fn answers_to_a_buyers_question_belong_to_the_decision_whatever_their_words() {
        let posts = [AskingPost { author: 1, thread: 7, at_unix: 100, text: 3 }];
        let mut bought = turn(1, 5, 400, 7);
        (bought.is_buying, bought.bought) = (true, true);
        let turns = [turn(5, 1, 160, 7), turn(6, 1, 200, 7), bought, turn(6, 1, 900, 8), turn(5, 9, 170, 7)];
        let found = deciding(&turns, &posts, &[1, 2]);
        assert_eq!((found.buyers, found.turns, found.threads), (1, 3, 1));
        let told: Vec<(u32, u32, u32, u32)> = found
            .partners
            .iter()
            .map(|partner| (partner.account, partner.buyers, partner.turns, partner.answers))
            .collect();
        assert_eq!(told, [(5, 1, 2, 1), (6, 1, 1, 1)]);
        let question = &found.questions[0];
        assert_eq!((question.answered_by.as_slice(), question.first_answer_seconds), ([5, 6].as_slice(), Some(60)));
        assert_eq!((question.came_back, question.bought_later), (1, true));
    }

    #[test]
    fn a_comment_that_asks_is_a_question_and_talk_beside_the_matter_is_none() {
        let mut asks = turn(1, 4, 50, 3);
        (asks.is_buying, asks.asks) = (true, true);
        let found = deciding(&[asks, turn(4, 1, 80, 3), turn(1, 8, 90, 2)], &[], &[1]);
        assert_eq!(found.partners.iter().map(|partner| partner.account).collect::<Vec<_>>(), [4]);
        assert_eq!(found.questions.len(), 1);
        assert_eq!(found.questions[0].answered_by, [4]);
        assert!(!found.questions[0].by_post);
    }

    #[test]
    fn two_buyers_who_speak_are_each_others_partners() {
        let mut said = turn(1, 2, 5, NO_THREAD);
        said.is_buying = true;
        let found = deciding(&[said], &[], &[1, 2]);
        assert_eq!(found.partners.iter().map(|partner| partner.account).collect::<Vec<_>>(), [1, 2]);
    }
}
