//! `bellwether evaluate search`: the search index at size, and whether it finds what was planted, on made-up creators.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use model::{AccountId, TierSettings};
use search::{
    Counts, CreatorDocument, Filter, Generation, Interval, Order, Read, Request, SearchIndex, TextQuery, count, find,
};
use serde::Serialize;
use synth::search::{PlantedQuery, SearchCreator, SearchSettings, SearchWorld};

use super::cpu_seconds;
use crate::creators::search::fields::{self, CODES, From, RANGES};
use crate::creators::search::likeness::{Likeness, LikenessMaking};
use crate::memory;
use crate::output::{Output, grouped};

#[derive(Args)]
pub struct SearchArguments {
    /// Made-up creators.
    #[arg(long, default_value_t = 100_000)]
    creators: usize,
    /// Readers that ask at the same time.
    #[arg(long, default_value_t = 8)]
    readers: usize,
    /// Questions asked by all of them together.
    #[arg(long, default_value_t = 2_000)]
    questions: usize,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Writes creators and questions here as lines of JSON, so that another program can be asked the same.
    #[arg(long)]
    export: Option<PathBuf>,
    /// Where the index is made; a temporary folder without it.
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// What it came to; times in milliseconds unless named.
#[derive(Serialize)]
struct Figures {
    creators: usize,
    index_cpu_s: Option<f64>,
    index_wall_s: f64,
    index_bytes: u64,
    learn_cpu_s: Option<f64>,
    questions: usize,
    readers: usize,
    /// Words and five filters, the first twenty.
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    /// The same the first time each question is asked, when nothing is remembered of its words.
    first_asked_p50_ms: f64,
    first_asked_p95_ms: f64,
    found_median: u64,
    counts_p50_ms: f64,
    counts_p95_ms: f64,
    counts_of_everybody_ms: f64,
    columns_counted: usize,
    columns_in_memory_bytes: u64,
    new_creators_found_after_s: f64,
    memory_peak_bytes: Option<u64>,
    ndcg_at_10: f64,
    ndcg_at_10_only_words: f64,
    ndcg_at_10_plain_bm25: f64,
    by_kind: BTreeMap<String, [f64; 3]>,
    queries: Vec<QueryFigures>,
}

/// How one question was understood and answered.
#[derive(Serialize)]
struct QueryFigures {
    query: String,
    kind: &'static str,
    answers: usize,
    mended: Vec<String>,
    alike: Vec<String>,
    /// As in `by_kind`.
    ndcg_at_10: [f64; 3],
}

/// Makes the index, asks it, and prints the figures.
pub fn run(arguments: &SearchArguments, output: Output<'_>) -> anyhow::Result<()> {
    let world = SearchWorld::plan(SearchSettings::new(arguments.seed, arguments.creators));
    let queries = world.queries();
    if let Some(file) = &arguments.export {
        export(file, &world, &queries)?;
    }
    let temporary = tempfile_folder()?;
    let folder = arguments.folder.clone().unwrap_or_else(|| temporary.0.clone());
    std::fs::create_dir_all(&folder).with_context(|| format!("making the folder {}", folder.display()))?;
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let index = SearchIndex::open(&folder, fields::layout())?;
    let mut writer = index.writer()?;
    writer.begin_anew()?;
    let mut learning = LikenessMaking::new();
    for creator in world.creators() {
        let document = document(&creator);
        learning.look_at(&document);
        writer.add(&document)?;
    }
    writer.commit("{}")?;
    let index_cpu_s = cpu.zip(cpu_seconds()).map(|(before, after)| after - before);
    let index_wall_s = began.elapsed().as_secs_f64();
    let cpu = cpu_seconds();
    let likeness = learning.learn();
    let learn_cpu_s = cpu.zip(cpu_seconds()).map(|(before, after)| after - before);
    let generation = index.newest()?;
    let times = ask_side_by_side(&generation, &queries, &likeness, arguments)?;
    let (counts_ms, everybody_ms, columns_counted) = count_times(&generation, &queries)?;
    let columns_in_memory_bytes = generation.columns_in_memory_bytes();
    let relevance = relevance(&generation, &queries, &likeness)?;
    let followed = Instant::now();
    let writer = index.writer()?;
    for creator in world.creators().take(1_000) {
        let mut document = document(&creator);
        document.posts.push("zzyzxian freshly brought in".to_owned());
        writer.replace(&document)?;
    }
    writer.commit("{}")?;
    let request = Request { text: TextQuery::parse("zzyzxian")?, limit: 20, ..Request::default() };
    anyhow::ensure!(
        find(&*index.newest()?, &request)?.total == 1_000.min(arguments.creators as u64),
        "new facts were not found"
    );
    let mut first_asked: Vec<f64> = times.iter().take(queries.len()).map(|(took, _)| *took).collect();
    first_asked.sort_by(f64::total_cmp);
    let mut found: Vec<u64> = times.iter().map(|(_, found)| *found).collect();
    found.sort_unstable();
    let mut latency: Vec<f64> = times.into_iter().map(|(took, _)| took).collect();
    latency.sort_by(f64::total_cmp);
    let figures = Figures {
        creators: arguments.creators,
        index_cpu_s,
        index_wall_s,
        index_bytes: index.size_bytes(),
        learn_cpu_s,
        questions: latency.len(),
        readers: arguments.readers,
        p50_ms: quantile(&latency, 0.5),
        p95_ms: quantile(&latency, 0.95),
        p99_ms: quantile(&latency, 0.99),
        first_asked_p50_ms: quantile(&first_asked, 0.5),
        first_asked_p95_ms: quantile(&first_asked, 0.95),
        found_median: found.get(found.len() / 2).copied().unwrap_or(0),
        counts_p50_ms: quantile(&counts_ms, 0.5),
        counts_p95_ms: quantile(&counts_ms, 0.95),
        counts_of_everybody_ms: everybody_ms,
        columns_counted,
        columns_in_memory_bytes,
        new_creators_found_after_s: followed.elapsed().as_secs_f64(),
        memory_peak_bytes: memory::peak_bytes(),
        ndcg_at_10: relevance.mean[0],
        ndcg_at_10_only_words: relevance.mean[1],
        ndcg_at_10_plain_bm25: relevance.mean[2],
        by_kind: relevance.by_kind,
        queries: relevance.queries,
    };
    output.result(&figures, |out| {
        let cpu = figures.index_cpu_s.map_or_else(String::new, |cpu| format!(", {cpu:.1} s of CPU"));
        writeln!(
            out,
            "{} creators indexed in {:.1} s{cpu}, {} MB",
            grouped(figures.creators as u64),
            figures.index_wall_s,
            grouped(figures.index_bytes / 1_000_000)
        )?;
        writeln!(
            out,
            "words and five filters, {} readers: p50 {:.1}, p95 {:.1}, p99 {:.1} ms; a question's first time p50 {:.1}, \
             p95 {:.1} ms (middle answer {} creators)",
            figures.readers,
            figures.p50_ms,
            figures.p95_ms,
            figures.p99_ms,
            figures.first_asked_p50_ms,
            figures.first_asked_p95_ms,
            grouped(figures.found_median)
        )?;
        writeln!(
            out,
            "exact counts of {} columns: p50 {:.1}, p95 {:.1} ms; of everybody {:.1} ms",
            figures.columns_counted, figures.counts_p50_ms, figures.counts_p95_ms, figures.counts_of_everybody_ms
        )?;
        writeln!(out, "1,000 changed creators found after {:.2} s", figures.new_creators_found_after_s)?;
        writeln!(
            out,
            "ndcg@10: {:.3} with words said in the same places, {:.3} without, {:.3} plain BM25",
            figures.ndcg_at_10, figures.ndcg_at_10_only_words, figures.ndcg_at_10_plain_bm25
        )?;
        for (kind, [ours, words, plain]) in &figures.by_kind {
            writeln!(out, "  {kind:<16} {ours:.3}  {words:.3}  {plain:.3}")?;
        }
        Ok(())
    })
}

/// A folder that is removed at the end.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn tempfile_folder() -> anyhow::Result<Temporary> {
    let folder = std::env::temp_dir().join(format!("bellwether-search-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("making the folder {}", folder.display()))?;
    Ok(Temporary(folder))
}

/// A made-up creator as the index holds one.
fn document(creator: &SearchCreator) -> CreatorDocument {
    let figures = &creator.figures;
    let exact = |value: Option<f64>| value.map(|value| Interval::exact(value as f32));
    let measured = |value: Option<synth::search::Measured>| {
        value.map(|value| Interval { value: value.value as f32, lo: value.lo as f32, hi: value.hi as f32 })
    };
    let newest = creator.posts.iter().map(|post| post.at.day()).max().unwrap_or(0);
    let number = |key: &str| match key {
        "followers" => exact(Some(creator.followers as f64)),
        "posts" => exact(Some(creator.posts.len() as f64)),
        "engagement" => measured(figures.engagement_by_followers),
        "reply_rate" => measured(figures.reply_rate),
        "growth" => exact(figures.growth_90_days),
        "posts_a_week" => exact(figures.posts_per_week),
        "last_post" => exact(figures.last_post_day.map(|day| f64::from((newest - day).max(0)))),
        "paid_share" => exact(figures.paid_share),
        _ => None,
    };
    let tags: std::collections::BTreeSet<&String> = creator.posts.iter().flat_map(|post| &post.tags).collect();
    let tier = TierSettings::default().tier(Some(creator.followers), None);
    let codes = |key: &str| match key {
        "platform" => vec![creator.platform.code().to_owned()],
        "language" => creator.language.into_iter().map(str::to_owned).collect(),
        "country" => creator.country.into_iter().map(str::to_owned).collect(),
        "level" => match figures.conversation_level {
            "not-known" => vec![],
            level => vec![level.to_owned()],
        },
        "niche" => vec![figures.niche.to_string()],
        "group" => figures.groups.iter().map(ToString::to_string).collect(),
        "topic" => tags.iter().map(|tag| (*tag).clone()).collect(),
        "tier" => tier.map(|tier| tier.code().to_owned()).into_iter().collect(),
        _ => vec![],
    };
    CreatorDocument {
        account: creator.account,
        names: vec![creator.display_name.clone(), creator.handle.clone()],
        bio: creator.bio.clone(),
        posts: creator
            .posts
            .iter()
            .map(|post| post.tags.iter().fold(post.text.clone(), |text, tag| format!("{text} #{tag}")))
            .collect(),
        other: vec![],
        ranges: RANGES.iter().filter(|field| field.from == From::Index).map(|field| number(field.key)).collect(),
        facets: CODES.iter().filter(|field| field.from == From::Index).map(|field| codes(field.key)).collect(),
    }
}

/// Five filters as a marketer would set them.
fn five_filters() -> Vec<Filter> {
    let range =
        |column: &str, from, to, read| Filter::Range { column: column.to_owned(), from, to, read, not_known: true };
    let codes = |column: &str, codes: &[&str]| Filter::Codes {
        column: column.to_owned(),
        one_of: codes.iter().map(|code| (*code).to_owned()).collect(),
        none_of: vec![],
        not_known: false,
    };
    vec![
        codes("platform", &["instagram", "tiktok", "youtube"]),
        range("followers", Some(1_000.0), Some(100_000.0), Read::Probably),
        range("engagement", Some(0.01), None, Read::Surely),
        range("last_post", None, Some(365.0), Read::Probably),
        range("growth", Some(-0.2), None, Read::Probably),
    ]
}

/// Every question with five filters, by several readers at once: how long each took and how many were found, in the order
/// they were asked.
fn ask_side_by_side(
    generation: &Generation,
    queries: &[PlantedQuery],
    likeness: &Likeness,
    arguments: &SearchArguments,
) -> anyhow::Result<Vec<(f64, u64)>> {
    let texts: Vec<TextQuery> = queries.iter().map(|query| TextQuery::parse(&query.text)).collect::<Result<_, _>>()?;
    // The first question of all takes columns into memory.
    ask(generation, &texts[0], likeness)?;
    let next = AtomicUsize::new(0);
    let reader = || -> anyhow::Result<Vec<(usize, (f64, u64))>> {
        let mut times = vec![];
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= arguments.questions {
                return Ok(times);
            }
            let began = Instant::now();
            let found = ask(generation, &texts[place % texts.len()], likeness)?;
            times.push((place, (began.elapsed().as_secs_f64() * 1e3, found)));
        }
    };
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..arguments.readers.max(1)).map(|_| scope.spawn(reader)).collect();
        let mut times = vec![];
        for reader in readers {
            times.extend(reader.join().expect("a reader does not panic")?);
        }
        times.sort_unstable_by_key(|(place, _)| *place);
        Ok(times.into_iter().map(|(_, time)| time).collect())
    })
}

fn ask(generation: &Generation, text: &TextQuery, likeness: &Likeness) -> anyhow::Result<u64> {
    let alike = |word: &str| likeness.alike(word);
    let request = Request {
        text: text.clone(),
        filters: five_filters(),
        order: Order::Words,
        limit: 20,
        alike: Some(&alike),
        widen: true,
        ..Request::default()
    };
    Ok(find(generation, &request)?.total)
}

/// How long exact counts of all columns take for each question, sorted, and for everybody; and how many columns.
fn count_times(generation: &Generation, queries: &[PlantedQuery]) -> anyhow::Result<(Vec<f64>, f64, usize)> {
    let columns: Vec<&str> = RANGES
        .iter()
        .filter(|field| field.from == From::Index)
        .map(|field| field.key)
        .chain(CODES.iter().filter(|field| field.from == From::Index).map(|field| field.key))
        .collect();
    let timed = |request: &Request<'_>| -> anyhow::Result<(f64, Counts)> {
        let began = Instant::now();
        let counts = count(generation, request, &columns)?;
        Ok((began.elapsed().as_secs_f64() * 1e3, counts))
    };
    let everybody = Request { filters: five_filters(), ..Request::default() };
    timed(&everybody)?;
    let mut of_everybody: Vec<f64> = vec![];
    for _ in 0..5 {
        of_everybody.push(timed(&everybody)?.0);
    }
    of_everybody.sort_by(f64::total_cmp);
    let mut times = vec![];
    for query in queries {
        let request = Request { text: TextQuery::parse(&query.text)?, filters: five_filters(), ..Request::default() };
        times.push(timed(&request)?.0);
    }
    times.sort_by(f64::total_cmp);
    Ok((times, quantile(&of_everybody, 0.5), columns.len()))
}

struct Relevance {
    /// Ours with words said in the same places, ours with the words alone, plain BM25.
    mean: [f64; 3],
    by_kind: BTreeMap<String, [f64; 3]>,
    queries: Vec<QueryFigures>,
}

fn relevance(generation: &Generation, queries: &[PlantedQuery], likeness: &Likeness) -> anyhow::Result<Relevance> {
    let alike = |word: &str| likeness.alike(word);
    let mut all: Vec<[f64; 3]> = vec![];
    let mut kinds: BTreeMap<String, Vec<[f64; 3]>> = BTreeMap::new();
    let mut queries_told = vec![];
    for query in queries {
        let text = TextQuery::parse(&query.text)?;
        let request = Request { text: text.clone(), limit: 10, widen: true, ..Request::default() };
        let accounts = |found: search::Found| found.hits.iter().map(|hit| hit.account).collect::<Vec<_>>();
        let ours = find(generation, &Request { alike: Some(&alike), ..request.clone() })?;
        let understood = ours.understood.words.clone();
        let ours = accounts(ours);
        let words = accounts(find(generation, &request)?);
        let plain = accounts(search::find_plain(generation, &text, 10)?);
        let scores = [&ours, &words, &plain].map(|found| ndcg_at_10(found, &query.answers));
        queries_told.push(QueryFigures {
            query: query.text.clone(),
            kind: query.kind.code(),
            answers: query.answers.len(),
            mended: understood.iter().flat_map(|word| word.mended.clone()).collect(),
            alike: understood.iter().flat_map(|word| word.alike.clone()).collect(),
            ndcg_at_10: scores,
        });
        all.push(scores);
        kinds.entry(query.kind.code().to_owned()).or_default().push(scores);
    }
    let mean = |scores: &[[f64; 3]]| {
        [0, 1, 2].map(|way| scores.iter().map(|scores| scores[way]).sum::<f64>() / scores.len().max(1) as f64)
    };
    let by_kind = kinds.iter().map(|(kind, scores)| (kind.clone(), mean(scores))).collect();
    Ok(Relevance { mean: mean(&all), by_kind, queries: queries_told })
}

/// Discounted gain of the first ten over the best possible; a gain is 2 to the power of the grade, less one.
pub(super) fn ndcg_at_10(found: &[AccountId], answers: &BTreeMap<AccountId, u8>) -> f64 {
    let gain = |grade: u8| f64::from(2u32.pow(u32::from(grade)) - 1);
    let discounted = |grades: &mut dyn Iterator<Item = u8>| -> f64 {
        grades.take(10).enumerate().map(|(place, grade)| gain(grade) / (place as f64 + 2.0).log2()).sum()
    };
    let mut best: Vec<u8> = answers.values().copied().collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let ideal = discounted(&mut best.into_iter());
    let got = discounted(&mut found.iter().map(|account| answers.get(account).copied().unwrap_or(0)));
    if ideal > 0.0 { got / ideal } else { 0.0 }
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(place).copied().unwrap_or(0.0)
}

/// Creators as lines of JSON, then the questions.
fn export(file: &std::path::Path, world: &SearchWorld, queries: &[PlantedQuery]) -> anyhow::Result<()> {
    use std::io::Write;
    let failed = || format!("writing {}", file.display());
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).with_context(failed)?);
    for creator in world.creators() {
        let document = document(&creator);
        let number = |key: &str| {
            let place = RANGES.iter().filter(|field| field.from == From::Index).position(|field| field.key == key)?;
            document.ranges[place]
        };
        let code = |key: &str| {
            let place = CODES.iter().filter(|field| field.from == From::Index).position(|field| field.key == key)?;
            Some(document.facets[place].clone())
        };
        let line = serde_json::json!({
            "account": creator.account, "name": document.names.join(" "), "bio": document.bio,
            "posts": document.posts.join("\n"), "platform": code("platform"), "language": code("language"),
            "country": code("country"), "level": code("level"), "niche": code("niche"), "tier": code("tier"),
            "followers": number("followers").map(|value| value.value),
            "engagement": number("engagement").map(|value| value.value),
            "engagement_lo": number("engagement").map(|value| value.lo),
            "last_post": number("last_post").map(|value| value.value),
            "growth": number("growth").map(|value| value.value),
        });
        writeln!(out, "{line}").with_context(failed)?;
    }
    for query in queries {
        writeln!(out, "{}", serde_json::json!({ "query": query.text, "kind": query.kind.code() }))
            .with_context(failed)?;
    }
    out.flush().with_context(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_possible_order_has_an_ndcg_of_one_and_a_miss_none() {
        let answers: BTreeMap<AccountId, u8> = [(AccountId(1), 3), (AccountId(2), 1)].into();
        assert!((ndcg_at_10(&[AccountId(1), AccountId(2)], &answers) - 1.0).abs() < 1e-12);
        assert!(ndcg_at_10(&[AccountId(2), AccountId(1)], &answers) < 0.8);
        assert_eq!(ndcg_at_10(&[AccountId(9)], &answers), 0.0);
    }
}
