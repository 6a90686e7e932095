//! Planted talk: topics that are said in two ways, never both in one text.

use super::*;
use crate::random::Sequence;

const TOPICS: usize = 30;
const CONCEPTS: usize = 10;
/// Words that both ways of saying a topic stand beside.
const COMPANY: usize = 12;
const FILLER: usize = 200;

/// A text of a topic said in one of its two ways: its own words of that way among the topic's company and filler.
fn text(chance: &mut Sequence, topic: usize, way: usize, concepts: usize, company: usize) -> Vec<String> {
    let mut words = vec![];
    for _ in 0..concepts {
        words.push(format!("t{topic}c{}w{way}", chance.below(CONCEPTS)));
    }
    for _ in 0..company {
        words.push(format!("t{topic}near{}", chance.below(COMPANY)));
    }
    for _ in 0..4 {
        words.push(format!("filler{}", chance.below(FILLER)));
    }
    let order = crate::random::Draws::new(chance.below(1 << 30) as u64, 0).order(words.len());
    order.into_iter().map(|place| words[place].clone()).collect()
}

fn corpus(count: usize, seed: u64) -> Vec<Vec<String>> {
    let mut chance = Sequence::new(seed, 1);
    (0..count)
        .map(|_| {
            let (topic, way) = (chance.below(TOPICS), chance.below(2));
            text(&mut chance, topic, way, 3, 4)
        })
        .collect()
}

fn fit(corpus: &[Vec<String>], settings: &VectorSettings) -> WordVectors {
    let read = |visit: &mut dyn FnMut(&[&str])| {
        for document in corpus {
            visit(&document.iter().map(String::as_str).collect::<Vec<&str>>());
        }
    };
    WordVectors::fit(read, settings)
}

fn borrowed(texts: &[Vec<String>]) -> Vec<Vec<&str>> {
    texts.iter().map(|text| text.iter().map(String::as_str).collect()).collect()
}

/// For each topic a creator who says it the first way is to find the one who says it the second way, among one of each
/// topic, each with so many texts: how often the first found is right, by vectors and by shared words.
fn precision(vectors: &WordVectors, texts: usize, company: usize, seed: u64) -> (f64, f64) {
    let mut chance = Sequence::new(seed, 2);
    let mut creators = |way: usize| -> Vec<Vec<Vec<String>>> {
        (0..TOPICS).map(|topic| (0..texts).map(|_| text(&mut chance, topic, way, 4, company)).collect()).collect()
    };
    let (asked, searched) = (creators(0), creators(1));
    let words = |creator: &Vec<Vec<String>>| -> Vec<(String, f32)> {
        words_of_texts(&borrowed(creator)).into_iter().map(|(word, count)| (word.to_owned(), count)).collect()
    };
    let (asked, searched): (Vec<_>, Vec<_>) = (asked.iter().map(words).collect(), searched.iter().map(words).collect());
    fn as_str(words: &[(String, f32)]) -> Vec<(&str, f32)> {
        words.iter().map(|(word, count)| (word.as_str(), *count)).collect()
    }
    let packed = |words: &Vec<(String, f32)>| {
        vectors.document(&as_str(words)).map_or(Packed::NOTHING_KNOWN, |direction| pack(&direction))
    };
    let all: Vec<Packed> = searched.iter().map(packed).collect();
    let all_words: Vec<Vec<(&str, f32)>> = searched.iter().map(|words| as_str(words)).collect();
    let is_first = |topic: usize, found: &[Alike]| found.first().is_some_and(|alike| alike.place == topic);
    let right = |find: &dyn Fn(usize) -> Vec<Alike>| {
        (0..TOPICS).filter(|topic| is_first(*topic, &find(*topic))).count() as f64 / TOPICS as f64
    };
    let by_vectors = right(&|topic| alike_by_topics(&packed(&asked[topic]), &all, &[], 3));
    let by_words = right(&|topic| alike_by_words(vectors, &as_str(&asked[topic]), &all_words, &[], 3));
    (by_vectors, by_words)
}

fn texts_of(topic: usize, way: usize, count: usize, seed: u64) -> Vec<Vec<String>> {
    let mut chance = Sequence::new(seed, 3);
    (0..count).map(|_| text(&mut chance, topic, way, 4, 1)).collect()
}

#[test]
fn who_says_the_same_in_other_words_is_found_by_vectors_and_not_by_words() {
    // Measured when this was written, found first of 30, no company words: vectors 1.00, shared words 0.00.
    let vectors = fit(&corpus(2_000, 3), &VectorSettings::default());
    let (by_vectors, by_words) = precision(&vectors, 1, 0, 5);
    assert!(by_vectors >= 0.8 && by_words <= 0.2, "one text: vectors {by_vectors:.2}, words {by_words:.2}");
    let (by_vectors, by_words) = precision(&vectors, 6, 1, 5);
    assert!(by_vectors >= 0.9 && by_vectors > by_words, "six texts: vectors {by_vectors:.2}, words {by_words:.2}");
}

#[test]
fn below_the_stated_number_of_texts_vectors_find_less() {
    let vectors = fit(&corpus(500, 3), &VectorSettings::default());
    let (few, _) = precision(&vectors, 1, 0, 5);
    assert!(few < 0.5, "found first: {few:.2}");
    assert_eq!(method_for(&vectors), LikenessMethod::SharedWords);
}

#[test]
fn a_word_is_near_to_its_planted_synonyms() {
    let vectors = fit(&corpus(3_000, 4), &VectorSettings::default());
    let mut right = 0;
    for topic in 0..TOPICS {
        for concept in 0..CONCEPTS {
            let near = vectors.nearest(&format!("t{topic}c{concept}w0"), 60);
            let first = near.iter().find(|near| near.word.ends_with("w1"));
            right += usize::from(first.is_some_and(|near| near.word.starts_with(&format!("t{topic}c"))));
            assert!(near.windows(2).all(|pair| pair[0].similarity >= pair[1].similarity));
        }
    }
    let share = right as f64 / (TOPICS * CONCEPTS) as f64;
    assert!(share > 0.9, "{share:.3} of the words have one of their own topic, said the other way, nearest");
    assert!(vectors.similarity("t1c1w0", "t1c1w1") > vectors.similarity("t1c1w0", "t2c1w1"));
    assert!(vectors.nearest("unheard", 5).is_empty() && vectors.similarity("unheard", "t1c1w0").is_none());
}

#[test]
fn the_same_texts_give_the_same_bytes_for_any_number_of_threads() {
    let texts = corpus(800, 6);
    let all = fit(&texts, &VectorSettings::default()).to_bytes();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
    assert_eq!(pool.install(|| fit(&texts, &VectorSettings::default()).to_bytes()), all);
    let other = fit(&texts, &VectorSettings { seed: 2, ..VectorSettings::default() });
    assert_ne!(other.to_bytes(), all);
}

#[test]
fn few_pairs_held_or_few_words_still_give_a_table() {
    let texts = corpus(300, 6);
    let small = fit(&texts, &VectorSettings { pairs_max: 100, words_max: 40, ..VectorSettings::default() });
    assert_eq!(small.words(), 40);
    for texts in [vec![], vec![vec![]], vec![vec!["one".to_owned(); 9]]] {
        let vectors = fit(&texts, &VectorSettings::default());
        assert_eq!(vectors.document(&[("one", 1.0)]), None);
    }
}

#[test]
fn the_words_of_a_pair_add_up_to_how_alike_it_is_and_the_answer_says_what_answered() {
    let settings = LikenessSettings::default();
    let (one, other, far) = (texts_of(1, 0, 12, 7), texts_of(1, 1, 12, 8), texts_of(9, 1, 12, 9));
    for (count, method) in [(2_500, LikenessMethod::OwnWordVectors), (300, LikenessMethod::SharedWords)] {
        let vectors = fit(&corpus(count, 3), &VectorSettings::default());
        let alike = |one: &[Vec<String>], other: &[Vec<String>]| {
            likeness(&vectors, &borrowed(one), &borrowed(other), &settings)
        };
        let near = alike(&one, &other);
        assert_eq!(near.method, method.words());
        assert!(near.explanation.adds_up() && near.explanation.parts.len() > 2, "{:#?}", near.explanation);
        assert!(near.lo < near.value && near.value < near.hi, "{near:?}");
        assert_eq!(near, alike(&one, &other));
        let sides = alike(&other, &one).value.zip(near.value);
        assert!(sides.is_some_and(|(left, right)| (left - right).abs() < 1e-9), "either side gives the same");
        let apart = alike(&one, &far);
        assert!(apart.explanation.adds_up());
        if method == LikenessMethod::OwnWordVectors {
            assert!(near.lo > apart.hi, "{:?} {:?}", (near.lo, near.value), (apart.value, apart.hi));
        }
    }
}

#[test]
fn the_interval_needs_three_texts_and_a_creator_without_known_words_is_not_compared() {
    let vectors = fit(&corpus(2_500, 3), &VectorSettings::default());
    let (one, other) = (texts_of(1, 0, 2, 7), texts_of(1, 1, 12, 8));
    let settings = LikenessSettings::default();
    let few = likeness(&vectors, &borrowed(&one), &borrowed(&other), &settings);
    assert!(few.value.is_some() && few.lo.is_none() && few.hi.is_none());
    assert!(
        few.explanation.adds_up()
            && few.explanation.parts.iter().any(|part| part.words.starts_with("interval not known"))
    );
    let unheard = likeness(&vectors, &[vec!["unheard"]], &borrowed(&other), &settings);
    assert!(unheard.value.is_none() && unheard.not_known.is_some());
}

#[test]
fn packed_documents_are_as_alike_as_the_pair_says() {
    let vectors = fit(&corpus(2_500, 3), &VectorSettings::default());
    let (one, other) = (texts_of(3, 0, 9, 7), texts_of(3, 1, 9, 8));
    let (one, other) = (borrowed(&one), borrowed(&other));
    let packed = |texts: &[Vec<&str>]| pack(&vectors.document(&words_of_texts(texts)).expect("known words"));
    let by_scan = similarity_packed(&packed(&one), &packed(&other));
    let by_pair = likeness(&vectors, &one, &other, &LikenessSettings::default()).value.expect("is known");
    assert!((f64::from(by_scan) - by_pair).abs() < 0.02, "{by_scan} {by_pair}");
}

#[test]
fn words_are_those_that_carry_meaning_without_pairs() {
    let mut words = vec![];
    visit_words("The dark chocolate, again @maria", |word| words.push(word.to_owned()));
    assert_eq!(words, ["dark", "chocolate"]);
    assert_eq!(words_of_texts(&[vec!["b", "a", "b"], vec!["b"]]), [("a", 1.0), ("b", 2.0)]);
}
