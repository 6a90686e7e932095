//! Tests of threads: the rules one by one, and that the order of mails never matters.

use super::*;
use proptest::prelude::*;

/// An incoming mail of a counterpart that refers to ids.
fn from(key: i64, counterpart: &str, id: &str, refers_to: &[&str]) -> ThreadMail {
    ThreadMail {
        key,
        own_id: id.to_owned(),
        refers_to: refers_to.iter().map(|id| (*id).to_owned()).collect(),
        token: None,
        counterpart: counterpart.to_owned(),
        way: Way::Incoming,
        is_bulk: false,
    }
}

fn to(key: i64, counterpart: &str, id: &str, refers_to: &[&str]) -> ThreadMail {
    ThreadMail { way: Way::Outgoing, ..from(key, counterpart, id, refers_to) }
}

fn bulk(key: i64, id: &str) -> ThreadMail {
    ThreadMail { is_bulk: true, ..to(key, "many", id, &[]) }
}

fn with_token(mail: ThreadMail, token: &str) -> ThreadMail {
    ThreadMail { token: Some(token.to_owned()), ..mail }
}

fn check(mails: &[ThreadMail], expected: &[&[i64]]) {
    check_by_hand(mails, &ByHand::default(), expected);
}

fn check_by_hand(mails: &[ThreadMail], by_hand: &ByHand, expected: &[&[i64]]) {
    assert_eq!(threads(mails, by_hand), expected);
    let reversed: Vec<ThreadMail> = mails.iter().rev().cloned().collect();
    assert_eq!(threads(&reversed, by_hand), expected, "in reverse");
}

#[test]
fn a_chain_in_which_each_names_only_its_parent_is_one_thread() {
    let mails =
        [to(1, "ana", "a", &[]), from(2, "ana", "b", &["a"]), to(3, "ana", "c", &["b"]), from(4, "ana", "d", &["c"])];
    check(&mails, &[&[1, 2, 3, 4]]);
}

#[test]
fn a_reply_read_before_the_sent_copy_finds_it() {
    check(&[from(1, "ana", "b", &["a"]), to(2, "ana", "a", &[])], &[&[1, 2]]);
}

#[test]
fn a_colleague_in_copy_takes_part() {
    let mails = [to(1, "ana", "a", &[]), from(2, "ana", "b", &["a"]), from(3, "agent", "c", &["a", "b"])];
    check(&mails, &[&[1, 2, 3]]);
}

#[test]
fn replies_of_different_people_to_one_bulk_mail_never_meet() {
    let mails = [bulk(1, "x"), from(2, "ana", "b", &["x"]), from(3, "bo", "c", &["x"]), to(4, "ana", "d", &["x", "b"])];
    check(&mails, &[&[1], &[2, 4], &[3]]);
}

#[test]
fn a_bulk_mail_with_one_answerer_stands_with_that_one() {
    check(&[bulk(1, "x"), from(2, "ana", "b", &["x"]), from(3, "ana", "c", &["x"])], &[&[1, 2, 3]]);
    check(&[bulk(1, "x")], &[&[1]]);
}

#[test]
fn a_bulk_mail_does_not_follow_its_own_references() {
    let follow_up = ThreadMail { refers_to: vec!["x".into()], ..bulk(2, "y") };
    check(&[bulk(1, "x"), follow_up], &[&[1], &[2]]);
}

#[test]
fn an_id_that_is_not_held_joins_one_counterpart_only() {
    let mails = [from(1, "ana", "b", &["lost"]), from(2, "ana", "c", &["lost"]), from(3, "bo", "d", &["lost"])];
    check(&mails, &[&[1, 2], &[3]]);
}

#[test]
fn a_token_ties_a_mail_without_references() {
    let sent = with_token(to(1, "ana", "a", &[]), "TOK1");
    let other = with_token(to(2, "bo", "b", &[]), "TOK2");
    let reply = with_token(from(3, "ana", "c", &[]), "TOK1");
    let assistant = with_token(from(4, "assistant", "d", &[]), "TOK1");
    let stranger = with_token(from(5, "ana", "e", &[]), "TOK9");
    check(&[sent, other, reply, assistant, stranger], &[&[1, 3, 4], &[2], &[5]]);
}

#[test]
fn a_bulk_token_keeps_people_apart_too() {
    let sent = with_token(bulk(1, "x"), "TOK1");
    let ana = with_token(from(2, "ana", "b", &[]), "TOK1");
    let bo = with_token(from(3, "bo", "c", &["x"]), "TOK1");
    check(&[sent, ana, bo], &[&[1], &[2], &[3]]);
}

#[test]
fn mails_without_ids_stand_alone() {
    check(&[from(1, "ana", "", &[""]), from(2, "ana", "", &["", ""])], &[&[1], &[2]]);
}

#[test]
fn copies_of_one_mail_are_one() {
    check(&[to(1, "ana", "a", &[]), to(2, "ana", "a", &[]), from(3, "ana", "b", &["a"])], &[&[1, 2, 3]]);
}

#[test]
fn a_forged_copy_of_our_id_gets_none_of_its_answers() {
    let mails = [
        to(1, "ana", "a", &[]),
        from(2, "mallory", "a", &["z"]),
        from(3, "ana", "b", &["a"]),
        from(4, "agent", "c", &["a"]),
        from(5, "mallory", "d", &["z"]),
    ];
    check(&mails, &[&[1, 3, 4], &[2, 5]]);
}

#[test]
fn an_id_that_two_strangers_claim_joins_neither_with_the_other() {
    let mails =
        [from(1, "ana", "a", &[]), from(2, "bo", "a", &[]), to(3, "ana", "b", &["a"]), to(4, "bo", "c", &["a"])];
    check(&mails, &[&[1, 3], &[2, 4]]);
}

#[test]
fn a_mail_that_refers_to_itself_is_harmless() {
    check(&[from(1, "ana", "a", &["a"]), from(2, "ana", "b", &["c"]), from(3, "ana", "c", &["b"])], &[&[1], &[2, 3]]);
}

#[test]
fn a_cut_mail_begins_a_thread_and_keeps_its_descendants() {
    // 1 ← 2 ← 3 (cut) ← 4 ← 5; 4 lists all old ids, 5 lists the first one and its parent, as many programs do.
    let mails = [
        with_token(to(1, "ana", "a", &[]), "TOK1"),
        from(2, "ana", "b", &["a"]),
        with_token(from(3, "ana", "c", &["b", "a"]), "TOK1"),
        to(4, "ana", "d", &["c", "b", "a", "lost"]),
        with_token(from(5, "ana", "e", &["d", "a"]), "TOK1"),
        from(6, "ana", "f", &["b", "lost"]),
    ];
    check(&mails, &[&[1, 2, 3, 4, 5, 6]]);
    check_by_hand(&mails, &ByHand { cut: vec![3], ..ByHand::default() }, &[&[1, 2, 6], &[3, 4, 5]]);
}

#[test]
fn of_two_cuts_the_lower_keeps_what_descends_from_both() {
    let mails = [
        to(1, "ana", "a", &[]),
        from(2, "ana", "b", &["a"]),
        to(3, "ana", "c", &["b", "a"]),
        from(4, "ana", "d", &["c", "b", "a"]),
        from(5, "ana", "e", &["b"]),
    ];
    check_by_hand(&mails, &ByHand { cut: vec![2, 3], ..ByHand::default() }, &[&[1], &[2, 5], &[3, 4]]);
    check_by_hand(&mails, &ByHand { cut: vec![1], ..ByHand::default() }, &[&[1, 2, 3, 4, 5]]);
}

#[test]
fn a_cut_mail_is_cut_with_its_copies() {
    let mails = [
        to(1, "ana", "a", &[]),
        from(2, "ana", "b", &["a"]),
        from(3, "ana", "b", &["a"]),
        to(4, "ana", "c", &["b", "a"]),
    ];
    for cut in [2, 3] {
        check_by_hand(&mails, &ByHand { cut: vec![cut], ..ByHand::default() }, &[&[1], &[2, 3, 4]]);
    }
}

#[test]
fn cuts_in_a_circle_of_references_end() {
    let mails = [from(1, "ana", "a", &["c"]), from(2, "ana", "b", &["a"]), from(3, "ana", "c", &["b"])];
    check_by_hand(&mails, &ByHand { cut: vec![1, 2], ..ByHand::default() }, &[&[1, 3], &[2]]);
}

#[test]
fn joined_by_hand_holds_and_can_be_cut_elsewhere() {
    let mails =
        [to(1, "ana", "a", &[]), from(2, "ana", "b", &["a"]), to(3, "bo", "x", &[]), from(4, "bo", "y", &["x"])];
    let joined = ByHand { joined: vec![(2, 3), (2, 99)], cut: vec![] };
    check_by_hand(&mails, &joined, &[&[1, 2, 3, 4]]);
    check_by_hand(&mails, &ByHand { cut: vec![4], ..joined.clone() }, &[&[1, 2, 3], &[4]]);
    // A pair holds although one of its mails is cut: the mail leaves what it refers to, not whom it was joined with.
    check_by_hand(&mails, &ByHand { cut: vec![2, 77], ..joined }, &[&[1], &[2, 3, 4]]);
}

#[test]
fn twenty_thousand_mails_are_quick() {
    let mut mails = vec![];
    for key in 0..20_000i64 {
        let thread = key % 500;
        let refers: Vec<String> = (1..=20).map(|back| format!("id{}", key - back * 500)).collect();
        let refers: Vec<&str> = refers.iter().map(String::as_str).collect();
        mails.push(from(key, &format!("c{thread}"), &format!("id{key}"), &refers));
    }
    // All claim one id more, refer to it, and bear one token: the worst that strangers can send.
    mails.extend(
        (20_000..30_000).map(|key| with_token(from(key, &format!("m{key}"), "same", &["other", "same2"]), "TOK1")),
    );
    mails.extend((30_000..40_000).map(|key| with_token(to(key, "ana", "same2", &["same"]), "TOK1")));
    let by_hand = ByHand { cut: (5_000..5_100).collect(), ..ByHand::default() };
    let begin = std::time::Instant::now();
    let found = threads(&mails, &by_hand);
    let took = begin.elapsed();
    assert_eq!(found.iter().map(Vec::len).sum::<usize>(), mails.len());
    assert_eq!(found.iter().filter(|thread| thread[0] < 20_000).count(), 600);
    assert!(took.as_secs() < 30, "took {took:?}");
}

#[test]
fn the_same_subject_within_thirty_days_is_offered() {
    let loose = |key: i64, counterpart: &str, subject: &str, day: i64| Loose {
        key,
        counterpart: counterpart.into(),
        subject_norm: subject.into(),
        at_unix: day * 86_400,
    };
    let earlier = [
        loose(1, "ana", "coffee", 1),
        loose(2, "ana", "coffee", 20),
        loose(3, "bo", "coffee", 29),
        loose(4, "ana", "tea", 29),
        loose(5, "ana", "coffee", 40),
        loose(6, "ana", "", 30),
    ];
    assert_eq!(may_continue(&loose(9, "ana", "coffee", 30), earlier.iter()), Some(2));
    assert_eq!(may_continue(&loose(9, "ana", "coffee", 20 + 30), earlier[..4].iter()), Some(2));
    assert_eq!(may_continue(&loose(9, "ana", "coffee", 20 + 31), earlier[..4].iter()), None);
    assert_eq!(may_continue(&loose(9, "cy", "coffee", 30), earlier.iter()), None);
    assert_eq!(may_continue(&loose(9, "ana", "", 30), earlier.iter()), None);
    assert_eq!(may_continue(&loose(2, "ana", "coffee", 20), earlier[1..2].iter()), None);
}

/// Few ids, counterparts and tokens, so that all kinds of knots come about.
fn any_mails() -> impl Strategy<Value = Vec<ThreadMail>> {
    let id = || prop_oneof![1 => Just(String::new()), 12 => (0..14u8).prop_map(|id| format!("id{id}"))];
    let token = prop_oneof![3 => Just(None), 1 => (0..3u8).prop_map(|token| Some(format!("t{token}")))];
    let one = (id(), prop::collection::vec(id(), 0..4), token, 0..4u8, any::<bool>(), 0..8u8);
    prop::collection::vec(one, 0..16).prop_map(|mails| {
        let numbered = (1i64..).zip(mails);
        numbered
            .map(|(key, (own_id, refers_to, token, counterpart, is_outgoing, bulk))| ThreadMail {
                key,
                own_id,
                refers_to,
                token,
                counterpart: format!("c{counterpart}"),
                way: if is_outgoing { Way::Outgoing } else { Way::Incoming },
                is_bulk: is_outgoing && bulk == 0,
            })
            .collect()
    })
}

fn any_by_hand() -> impl Strategy<Value = ByHand> {
    let pairs = prop::collection::vec((1..16i64, 1..16i64), 0..3);
    (pairs, prop::collection::vec(1..16i64, 0..4)).prop_map(|(joined, cut)| ByHand { joined, cut })
}

fn same_thread(threads: &[Vec<i64>], one: i64, other: i64) -> bool {
    threads.iter().any(|thread| thread.contains(&one) && thread.contains(&other))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_order_gives_the_same_threads(
        (mails, shuffled) in any_mails().prop_flat_map(|mails| (Just(mails.clone()), Just(mails).prop_shuffle())),
        by_hand in any_by_hand(),
    ) {
        let found = threads(&mails, &by_hand);
        prop_assert_eq!(&threads(&shuffled, &by_hand), &found);
        let mut keys: Vec<i64> = found.concat();
        keys.sort_unstable();
        prop_assert_eq!(keys, (1..=mails.len() as i64).collect::<Vec<_>>());
    }

    /// Asked anew after each mail that arrives, in any order, the last answer is the one for all at once.
    #[test]
    fn mail_by_mail_ends_like_all_at_once(
        (mails, shuffled) in any_mails().prop_flat_map(|mails| (Just(mails.clone()), Just(mails).prop_shuffle())),
    ) {
        let mut held: Vec<ThreadMail> = vec![];
        let mut last = vec![];
        for mail in shuffled {
            held.push(mail);
            last = threads(&held, &ByHand::default());
        }
        prop_assert_eq!(last, threads(&mails, &ByHand::default()));
    }

    #[test]
    fn different_people_who_answer_one_mail_to_many_never_share_a_thread(
        repliers in prop::collection::vec((0..4u8, 0..3u8, any::<bool>()), 1..12),
        is_held in any::<bool>(),
    ) {
        // Each reply names one of three roots, its own earlier id, or both; ours answers go to one person each.
        let mut mails: Vec<ThreadMail> = vec![];
        if is_held {
            mails.extend((0..3i64).map(|root| with_token(bulk(1_000 + root, &format!("root{root}")), &format!("t{root}"))));
        }
        for (key, (person, root, is_ours)) in (1i64..).zip(repliers) {
            let (person, root) = (format!("c{person}"), format!("root{root}"));
            let before = mails.iter().rev().find(|mail| mail.counterpart == person).map(|mail| mail.own_id.clone());
            let refers: Vec<&str> = std::iter::once(root.as_str()).chain(before.as_deref()).collect();
            let mail = from(key, &person, &format!("id{key}"), &refers);
            mails.push(if is_ours { ThreadMail { way: Way::Outgoing, ..mail } } else { with_token(mail, &root.replace("root", "t")) });
        }
        let found = threads(&mails, &ByHand::default());
        for one in mails.iter().filter(|mail| !mail.is_bulk) {
            for other in mails.iter().filter(|other| !other.is_bulk && other.counterpart != one.counterpart) {
                prop_assert!(!same_thread(&found, one.key, other.key), "{} with {}", one.key, other.key);
            }
        }
    }

    /// A chain of replies with any further ids of the chain listed: whichever mail is cut, those before it stay together,
    /// and so do those after it with it.
    #[test]
    fn a_cut_splits_a_chain_in_two(count in 2..12usize, cut in 0..12usize, listed in prop::collection::vec(any::<u16>(), 12)) {
        let cut = cut % count;
        let mails: Vec<ThreadMail> = (0..count).map(|at| {
            let is_listed = |before: &usize| *before + 1 == at || listed[at] & (1 << *before) != 0;
            let refers: Vec<String> = (0..at).filter(is_listed).map(|before| format!("id{before}")).collect();
            let refers: Vec<&str> = refers.iter().map(String::as_str).collect();
            from(at as i64, "ana", &format!("id{at}"), &refers)
        }).collect();
        let found = threads(&mails, &ByHand { cut: vec![cut as i64], ..ByHand::default() });
        let (before, after): (Vec<i64>, Vec<i64>) = (0..count as i64).partition(|key| *key < cut as i64);
        let expected: Vec<Vec<i64>> = [before, after].into_iter().filter(|part| !part.is_empty()).collect();
        prop_assert_eq!(found, expected);
    }
}
