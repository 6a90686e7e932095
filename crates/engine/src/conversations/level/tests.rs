//! What must hold of a creator's conversation level: whom it counts as answered, and when it is not known.

use super::*;
use proptest::prelude::*;

fn hour(hours: i64) -> Timestamp {
    Timestamp::from_unix_seconds(hours * 3_600)
}

const END: i64 = 24 * 60;

fn comment(commenter: u32, at: i64, answered: Option<i64>) -> AudienceComment {
    AudienceComment { commenter, at: hour(at), answered_at: answered.map(hour) }
}

fn measure_with(comments: &[AudienceComment], replies: Replies, partners: Option<&[TalkPartner]>) -> ConversationLevel {
    let talk = AudienceTalk { comments, replies, partners, observed_until: hour(END), grade: Grade::B };
    conversation_level(&talk, &LevelSettings::default())
}

fn measure(comments: &[AudienceComment]) -> ConversationLevel {
    measure_with(comments, Replies::Delivered, None)
}

/// `n` comments by `n` people, the first `answered` of them answered after three hours.
fn answered(answered: u32, n: u32) -> Vec<AudienceComment> {
    (0..n).map(|who| comment(who, 10, (who < answered).then_some(13))).collect()
}

#[test]
fn three_answered_and_five_not_have_no_middle_time_rather_than_two_hours() {
    let mut comments: Vec<AudienceComment> = (1..=3).map(|at| comment(at as u32, 0, Some(at))).collect();
    comments.extend((4..=8).map(|who| comment(who, 0, None)));
    let latency = measure(&comments).reply_latency;
    assert_eq!((latency.value, latency.lo, latency.hi), (None, None, None));
    assert!(latency.not_known.is_some_and(|reason| reason.starts_with("not reached")));
    assert_eq!(latency.explanation.parts.last().map(|part| part.value), Some(Some(7_200.0)));
}

#[test]
fn most_answered_have_a_middle_time_that_counts_the_unanswered() {
    let latency = measure(&answered(25, 30)).reply_latency;
    assert_eq!((latency.value, latency.n), (Some(3.0 * 3_600.0), 30));
    assert!(latency.explanation.adds_up());
}

#[test]
fn under_twenty_answerable_comments_the_reply_rate_is_not_known() {
    let few = measure(&answered(19, 19));
    assert_eq!((few.reply_rate.value, few.word), (None, LevelWord::NotKnown));
    assert!(few.reply_rate.not_known.is_some_and(|reason| reason.contains("only 19")));
    assert!(measure(&answered(19, 20)).reply_rate.value.is_some());
}

#[test]
fn the_word_is_decided_by_the_interval_and_not_by_the_value() {
    let cases = [
        (20, 20, LevelWord::AnswersAlmostEveryone),
        (17, 20, LevelWord::AnswersMany),
        (90, 100, LevelWord::AnswersAlmostEveryone),
        (82, 100, LevelWord::AnswersMany),
        (30, 100, LevelWord::AnswersSome),
        (3, 100, LevelWord::RarelyAnswers),
        (0, 40, LevelWord::RarelyAnswers),
        (3, 20, LevelWord::NotKnown),
    ];
    for (hits, n, word) in cases {
        let level = measure(&answered(hits, n));
        assert_eq!(level.word, word, "{hits} of {n}: {:?}..{:?}", level.reply_rate.lo, level.reply_rate.hi);
    }
}

#[test]
fn the_fan_who_writes_forty_times_counts_once() {
    let mut comments: Vec<AudienceComment> = (0..40).map(|at| comment(1, at, Some(at + 1))).collect();
    comments.extend((0..12).map(|who| comment(100 + who, 5, None)));
    let level = measure(&comments);
    assert_eq!((level.reply_rate.n, level.reply_rate_people.n), (52, 13));
    assert!(level.reply_rate.value > Some(0.7) && level.reply_rate_people.value < Some(0.1));
    assert_eq!(level.word, LevelWord::NotKnown);
}

#[test]
fn a_late_reply_and_a_young_comment_are_told_apart() {
    let mut comments = answered(20, 20);
    comments.push(comment(50, 10, Some(10 + 24 * 8)));
    comments.push(comment(51, END - 24, None));
    let level = measure(&comments);
    assert_eq!((level.reply_rate.n, level.reply_rate.value), (21, Some(20.0 / 21.0)));
    assert!(level.reply_rate.explanation.adds_up());
}

#[test]
fn a_reply_dated_before_its_comment_is_left_out_and_counted() {
    let mut comments = answered(20, 20);
    comments.push(comment(50, 10, Some(9)));
    comments.push(comment(51, END + 1, None));
    let level = measure(&comments);
    assert_eq!((level.reply_rate.n, level.reply_latency.n), (20, 20));
    assert_eq!(level.reply_rate.explanation.parts[1].parts.last().and_then(|part| part.value), Some(-2.0));
}

#[test]
fn a_source_without_replies_is_not_a_creator_who_answers_nobody() {
    let level = measure_with(&answered(0, 500), Replies::NotDelivered, None);
    assert_eq!(level.word, LevelWord::NotKnown);
    for estimate in [&level.reply_rate, &level.reply_rate_people, &level.reply_latency, &level.conversation_rate] {
        assert_eq!(estimate.value, None);
        assert!(estimate.not_known.is_some());
    }
}

#[test]
fn two_turns_each_way_are_a_conversation_and_one_is_not() {
    let partner = |person, to, from| TalkPartner { person, turns_to_creator: to, turns_from_creator: from };
    let mut partners: Vec<TalkPartner> = (0..6).map(|who| partner(who, 2, 2)).collect();
    partners.extend((6..12).map(|who| partner(who, 9, 1)));
    partners.extend((12..16).map(|who| partner(who, 0, 1)));
    let level = measure_with(&[], Replies::Delivered, Some(&partners));
    assert_eq!((level.conversation_rate.n, level.conversation_rate.value), (12, Some(0.5)));
    assert_eq!((level.mutual_share.n, level.mutual_share.value), (16, Some(0.75)));
    assert!(level.conversation_rate.explanation.adds_up() && level.mutual_share.explanation.adds_up());
}

proptest! {
    #[test]
    fn the_order_of_comments_changes_nothing_and_all_adds_up(
        rows in prop::collection::vec((0_u32..30, 0_i64..END + 9, prop::option::of(0_i64..END + 9)), 0..80)
    ) {
        let mut comments: Vec<AudienceComment> = rows.into_iter().map(|(who, at, to)| comment(who, at, to)).collect();
        let forwards = measure(&comments);
        comments.reverse();
        prop_assert_eq!(&forwards, &measure(&comments));
        for estimate in [&forwards.reply_rate, &forwards.reply_rate_people, &forwards.reply_latency] {
            prop_assert!(estimate.explanation.adds_up());
            prop_assert_eq!(estimate.value.is_none(), estimate.not_known.is_some());
        }
    }

    #[test]
    fn a_comment_too_young_to_judge_never_moves_the_reply_rate(hits in 0_u32..40, at in END - 24 * 7 + 1..END) {
        let mut comments = answered(hits, 40);
        let before = measure(&comments);
        comments.push(comment(99, at, None));
        let after = measure(&comments);
        prop_assert_eq!((before.reply_rate.value, before.reply_rate.lo), (after.reply_rate.value, after.reply_rate.lo));
        prop_assert_eq!(before.word, after.word);
    }
}
