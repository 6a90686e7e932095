//! What must hold of the talk under a creator's posts: who answers whom, what is a thread, and when it is not known.

use super::*;
use crate::random::Sequence;
use proptest::prelude::*;

const CREATOR: i64 = -1;

fn hour(hours: i64) -> Timestamp {
    Timestamp::from_unix_seconds(hours * 3_600)
}

fn turn(id: i64, post: u32, at: i64, commenter: i64, answers: Option<i64>) -> TurnUnder<'static> {
    let words = Some("a few words on it");
    TurnUnder { post, at: hour(at), id, commenter, is_creator: commenter == CREATOR, answers, words }
}

fn seen_with(turns: &[TurnUnder], replies: Replies, settings: &AudienceTalkSettings) -> AudienceTalkSeen {
    how_they_talk(&TurnsUnderPosts { turns, replies, observed_until: hour(24 * 60), grade: Grade::B }, settings)
}

/// With so low limits that a handful of comments says something.
fn seen(turns: &[TurnUnder]) -> AudienceTalkSeen {
    let settings = AudienceTalkSettings {
        threads_min: 2,
        people_min: 1,
        questions_min: 1,
        replies_min: 1,
        comments_min: 1,
        ..AudienceTalkSettings::default()
    };
    seen_with(turns, Replies::Delivered, &settings)
}

fn all(seen: &AudienceTalkSeen) -> [&Estimate; 6] {
    [&seen.depth, &seen.returning, &seen.questions_answered, &seen.expressive, &seen.asks_back, &seen.audience_talk]
}

/// Ben is answered, answers back and is answered again; Cem is answered once; Dee is not.
fn named() -> Vec<TurnUnder<'static>> {
    vec![
        turn(1, 0, 1, 10, None),
        turn(2, 0, 2, CREATOR, Some(1)),
        turn(3, 0, 3, 10, Some(2)),
        turn(4, 0, 4, CREATOR, Some(3)),
        turn(5, 1, 5, 11, None),
        turn(6, 1, 6, CREATOR, Some(5)),
        turn(7, 1, 7, 12, None),
    ]
}

#[test]
fn a_thread_is_what_replies_join_where_they_name_each_other() {
    let depth = seen(&named()).depth;
    assert_eq!((depth.value, depth.n, depth.n_of.as_str()), (Some(3.0), 2, "threads"), "four turns and two");
    assert!(depth.explanation.adds_up());
    let mut cut: Vec<TurnUnder> = named().into_iter().filter(|turn| turn.id != 1).collect();
    let found = seen(&cut).depth;
    assert_eq!((found.value, found.n), (Some(2.5), 2));
    assert!(found.explanation.words.contains("the beginning of 1 of them is not held"));
    cut.retain(|turn| turn.id != 3);
    assert_eq!(seen(&cut).depth.value, None, "a creator alone is no thread");
}

#[test]
fn without_names_a_thread_is_one_commenter_with_the_creators_next_comment() {
    let unnamed: Vec<TurnUnder> = named().into_iter().map(|turn| TurnUnder { answers: None, ..turn }).collect();
    let found = seen(&unnamed);
    // Ben: two comments, two answers. Cem: one and one. Dee came after the creator's last word.
    assert_eq!((found.depth.value, found.depth.n), (Some(3.0), 2));
    assert!(found.depth.explanation.words.contains("name nobody"));
    assert_eq!(found.audience_talk.value, None, "who answers whom is not told");
}

#[test]
fn a_question_is_answered_by_the_reply_that_names_it_and_else_by_the_next_comment() {
    let asks = |turn: TurnUnder<'static>| TurnUnder { words: Some("Which lens is it?"), ..turn };
    let two = [asks(turn(1, 0, 1, 10, None)), asks(turn(2, 0, 2, 11, None)), turn(3, 0, 3, CREATOR, Some(2))];
    assert_eq!(seen(&two).questions_answered.value, Some(0.5), "the other question is passed over");
    let unnamed = two.map(|turn| TurnUnder { answers: None, ..turn });
    assert_eq!(seen(&unnamed).questions_answered.value, Some(1.0), "one comment answers the thread");
    let elsewhere = [asks(turn(1, 0, 1, 10, None)), turn(3, 1, 3, CREATOR, None)];
    assert_eq!(seen(&elsewhere).questions_answered.value, Some(0.0), "another post answers nothing");
    let late = [asks(turn(1, 0, 1, 10, None)), turn(3, 0, 1 + 24 * 8, CREATOR, Some(1))];
    assert_eq!(seen(&late).questions_answered.value, Some(0.0), "eight days are too late");
    let early = [asks(turn(1, 0, 5, 10, None)), turn(3, 0, 1, CREATOR, Some(1))];
    assert_eq!(seen(&early).questions_answered.value, None, "answered before it was asked: left out");
    let young = [asks(turn(1, 0, 24 * 59, 10, None))];
    assert!(seen(&young).questions_answered.not_known.is_some_and(|reason| reason.contains("1 younger")));
}

#[test]
fn who_writes_forty_times_under_one_post_does_not_return() {
    let mut turns: Vec<TurnUnder> = (0..40).map(|id| turn(id, 0, id, 10, None)).collect();
    turns.extend([turn(50, 0, 50, 11, None), turn(51, 1, 51, 11, None), turn(52, 1, 52, 12, None)]);
    let returning = seen(&turns).returning;
    assert_eq!((returning.value, returning.n, returning.n_of.as_str()), (Some(1.0 / 3.0), 3, "commenters"));
    turns.retain(|turn| turn.post == 0);
    assert!(seen(&turns).returning.not_known.is_some_and(|reason| reason.contains("fewer than two posts")));
}

#[test]
fn replies_say_something_or_are_stock_and_notes_to_oneself_are_no_replies() {
    let says = |id: i64, answers: i64, words: &'static str| TurnUnder {
        words: Some(words),
        ..turn(id, 0, id, CREATOR, Some(answers))
    };
    let turns = [
        turn(1, 0, 1, 10, None),
        turn(2, 0, 2, 11, None),
        says(3, 1, "thank you so much 😍"),
        says(4, 2, "It is the red one from Ghent"),
        says(5, 1, "which one?"),
        says(6, 4, "the shop is called Kaffee and Kuchen, what else?"),
        TurnUnder { words: None, ..turn(7, 0, 7, CREATOR, Some(2)) },
    ];
    let found = seen(&turns);
    assert_eq!((found.expressive.value, found.expressive.n), (Some(2.0 / 3.0), 3));
    assert_eq!(found.asks_back.value, Some(1.0 / 3.0));
}

#[test]
fn talk_among_the_audience_is_to_another_person_and_not_to_the_creator_or_oneself() {
    let turns = [
        turn(1, 0, 1, 10, None),
        turn(2, 0, 2, 11, Some(1)),
        turn(3, 0, 3, CREATOR, Some(1)),
        turn(4, 0, 4, 12, Some(3)),
        turn(5, 0, 5, 10, Some(1)),
        turn(6, 0, 6, 13, Some(999)),
    ];
    let found = seen(&turns).audience_talk;
    assert_eq!((found.value, found.n), (Some(0.25), 4), "what answers something not held is left out");
    assert!(found.explanation.words.contains("1 more answer something that is not held"));
}

#[test]
fn a_source_without_replies_or_words_is_not_known_and_says_what_to_do() {
    let turns = named();
    let settings = AudienceTalkSettings { people_min: 3, ..AudienceTalkSettings::default() };
    let found = seen_with(&turns, Replies::NotDelivered, &settings);
    for estimate in [&found.depth, &found.questions_answered, &found.expressive, &found.asks_back, &found.audience_talk]
    {
        assert!(
            estimate.value.is_none() && estimate.not_known.as_ref().is_some_and(|told| told.contains("import replies"))
        );
    }
    assert_eq!(found.returning.value, Some(0.0), "who comes back is seen without replies");
    let wordless: Vec<TurnUnder> = turns.iter().map(|turn| TurnUnder { words: None, ..*turn }).collect();
    let found = seen(&wordless);
    for estimate in [&found.questions_answered, &found.expressive, &found.asks_back] {
        assert!(estimate.not_known.as_ref().is_some_and(|told| told.contains("with their text")), "{estimate:?}");
    }
    assert!(found.depth.value.is_some());
    for estimate in all(&seen_with(&[], Replies::Delivered, &AudienceTalkSettings::default())) {
        assert!(estimate.value.is_none() && estimate.not_known.is_some() && estimate.as_of.is_some());
    }
    for estimate in all(&seen_with(&turns, Replies::Delivered, &AudienceTalkSettings::default())) {
        assert!(estimate.value.is_none(), "seven comments are too few for anything by default: {estimate:?}");
    }
}

#[test]
fn comments_after_the_end_of_the_observation_are_not_seen() {
    let mut turns = named();
    let before = seen(&turns);
    turns.push(turn(90, 0, 24 * 61, CREATOR, Some(7)));
    turns.push(turn(91, 5, 24 * 61, 77, None));
    assert_eq!(seen(&turns), before);
}

#[test]
fn the_interval_of_depth_covers_the_true_mean_of_uneven_threads() {
    let mut draw = Sequence::new(8, 2);
    for count in [10, 30, 100] {
        let (mut covered, runs) = (0, 1_000);
        for _ in 0..runs {
            // Two turns, and after each a further one with a chance of .6: mean 3.5.
            let mut turns: Vec<f64> = (0..count)
                .map(|_| {
                    let mut turns = 2.0;
                    while draw.uniform() < 0.6 {
                        turns += 1.0;
                    }
                    turns
                })
                .collect();
            turns.sort_by(f64::total_cmp);
            let range = mean_range(&turns, 0);
            covered += u32::from(range.lo <= 3.5 && 3.5 <= range.hi);
        }
        let share = f64::from(covered) / f64::from(runs);
        println!("depth, {count} threads: 90 % interval covers {share:.3}");
        assert!(share >= 0.85, "{count}: {share}");
    }
}

#[test]
fn above_two_thousand_threads_the_interval_is_the_same_without_draws() {
    let turns: Vec<f64> = (0..2_400).map(|at| 2.0 + (at / 400) as f64).collect();
    let direct = mean_range(&turns, 0);
    let fewer: Vec<f64> = turns.iter().step_by(2).copied().collect();
    let drawn = mean_range(&fewer, 0);
    let ratio = (drawn.hi - drawn.lo) / (direct.hi - direct.lo);
    assert!((ratio / 2f64.sqrt() - 1.0).abs() < 0.12, "{ratio}");
}

/// The program's own pairing, written as plainly as can be.
fn answered_plainly(turns: &[TurnUnder]) -> Vec<(i64, Option<Timestamp>)> {
    let mut rows = turns.to_vec();
    rows.sort();
    let by_creator = || rows.iter().filter(|row| row.is_creator);
    let any_named = by_creator().any(|row| row.answers.is_some());
    let answer = |row: &TurnUnder| {
        let is_answer = |other: &&TurnUnder| match any_named {
            true => other.answers == Some(row.id),
            false => other.post == row.post && (other.at, other.id) > (row.at, row.id),
        };
        by_creator().filter(is_answer).map(|other| other.at).min()
    };
    rows.iter().filter(|row| !row.is_creator).map(|row| (row.id, answer(row))).collect()
}

/// Post, hour, person, what it answers and which text, as drawn.
type Drawn = (u32, i64, i64, Option<i64>, Option<usize>);

fn any_turns() -> impl Strategy<Value = Vec<TurnUnder<'static>>> {
    let texts = ["Which lens is it?", "nice", "It is the red one from Ghent", "thanks!"];
    let row = (0_u32..3, 0_i64..400, -1_i64..6, prop::option::of(0_i64..40), prop::option::of(0_usize..4));
    (prop::collection::vec(row, 0..40), any::<bool>()).prop_map(move |(rows, named)| {
        let of = |(id, (post, at, commenter, answers, text)): (usize, Drawn)| {
            let answers = answers.filter(|_| named || commenter != CREATOR);
            TurnUnder { words: text.map(|text| texts[text]), ..turn(id as i64, post, at, commenter, answers) }
        };
        rows.into_iter().enumerate().map(of).collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_comments_changes_nothing_and_every_figure_holds(mut turns in any_turns()) {
        let found = seen(&turns);
        for estimate in all(&found) {
            prop_assert!(estimate.explanation.adds_up());
            prop_assert_eq!(estimate.value.is_none(), estimate.not_known.is_some());
            prop_assert!(estimate.lo <= estimate.value && estimate.value <= estimate.hi);
        }
        prop_assert!(found.depth.value.is_none_or(|depth| depth >= 2.0) && found.depth.lo.is_none_or(|lo| lo >= 2.0));
        for share in &all(&found)[1..] {
            prop_assert!(share.hi.is_none_or(|hi| hi <= 1.0) && share.lo.is_none_or(|lo| lo >= 0.0));
        }
        turns.reverse();
        prop_assert_eq!(found, seen(&turns));
    }

    #[test]
    fn comments_are_paired_with_their_answers_as_everywhere_in_the_program(turns in any_turns()) {
        let talk = Talk::of(&turns, hour(24 * 60));
        let paired: Vec<(i64, Option<Timestamp>)> = talk
            .turns
            .iter()
            .zip(&talk.answered_by)
            .filter(|(turn, _)| !turn.is_creator)
            .map(|(turn, answer)| (turn.id, answer.map(|answer| talk.turns[answer].at)))
            .collect();
        prop_assert_eq!(paired, answered_plainly(&turns));
    }
}
