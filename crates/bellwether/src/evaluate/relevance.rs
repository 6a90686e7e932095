//! `bellwether evaluate relevance`: whether the search finds whom people judged to be meant, beside plain BM25, on the
//! creators of this data directory.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use engine::random::Draws;
use model::{AccountId, Estimate, Explanation, Unit};
use serde::{Deserialize, Serialize};

use super::search::ndcg_at_10;
use crate::creators::search::first_by_each_way;
use crate::data_directory::DataDirectory;
use crate::output::{Output, estimate_text};

/// The largest grade.
const GRADE_MAX: u8 = 3;
/// Times the queries are drawn anew for an interval.
const DRAWS: usize = 2_000;

#[derive(Args)]
pub struct RelevanceArguments {
    /// A table with the columns query, account and grade (0 to 3), tabs between them.
    #[arg(long)]
    judged: PathBuf,
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Deserialize)]
struct Judgement {
    query: String,
    account: i64,
    grade: u8,
}

/// How one question was answered; in the order of [`WAYS`].
#[derive(Serialize)]
struct QueryFigures {
    query: String,
    judged: usize,
    relevant: usize,
    ndcg_at_10: [f64; 3],
    /// Of the first ten, how many were judged.
    judged_at_10: [usize; 3],
}

const WAYS: [&str; 3] = ["search", "search with words said in the same places", "plain BM25"];

#[derive(Serialize)]
struct Figures {
    queries: Vec<QueryFigures>,
    search: Estimate,
    search_wider: Estimate,
    plain_bm25: Estimate,
    search_over_plain: Estimate,
}

/// Reads the judgements, asks, prints.
pub async fn run(data: &DataDirectory, arguments: &RelevanceArguments, output: Output<'_>) -> anyhow::Result<()> {
    let judged = read(&arguments.judged)?;
    let mut queries = vec![];
    for (query, answers) in &judged {
        let found = first_by_each_way(data, query, 10).await?;
        let of = |found: &Vec<AccountId>| found.iter().filter(|account| answers.contains_key(account)).count();
        queries.push(QueryFigures {
            query: query.clone(),
            judged: answers.len(),
            relevant: answers.values().filter(|grade| **grade > 0).count(),
            ndcg_at_10: [0, 1, 2].map(|way| ndcg_at_10(&found[way], answers)),
            judged_at_10: [0, 1, 2].map(|way| of(&found[way])),
        });
    }
    let scores = |way: usize| queries.iter().map(|query| query.ndcg_at_10[way]).collect::<Vec<f64>>();
    let over: Vec<f64> = queries.iter().map(|query| query.ndcg_at_10[0] - query.ndcg_at_10[2]).collect();
    let figures = Figures {
        search: mean("ndcg@10 of the search", &scores(0), arguments.seed),
        search_wider: mean("ndcg@10 with words said in the same places", &scores(1), arguments.seed),
        plain_bm25: mean("ndcg@10 of plain BM25", &scores(2), arguments.seed),
        search_over_plain: mean("ndcg@10 of the search over plain BM25", &over, arguments.seed),
        queries,
    };
    output.result(&figures, |out| {
        for query in &figures.queries {
            let [ours, wider, plain] = query.ndcg_at_10;
            writeln!(out, "{ours:.2}  {wider:.2}  {plain:.2}  {} ({} meant)", query.query, query.relevant)?;
        }
        writeln!(out, "columns: {}", WAYS.join(", "))?;
        writeln!(out, "search: {}", estimate_text(&figures.search))?;
        writeln!(out, "wider: {}", estimate_text(&figures.search_wider))?;
        writeln!(out, "plain BM25: {}", estimate_text(&figures.plain_bm25))?;
        writeln!(out, "search over plain BM25: {}", estimate_text(&figures.search_over_plain))
    })
}

fn read(file: &PathBuf) -> anyhow::Result<BTreeMap<String, BTreeMap<AccountId, u8>>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b'\t')
        .quoting(false)
        .from_path(file)
        .with_context(|| format!("reading {}", file.display()))?;
    let mut judged: BTreeMap<String, BTreeMap<AccountId, u8>> = BTreeMap::new();
    for (row, judgement) in reader.deserialize().enumerate() {
        let judgement: Judgement =
            judgement.with_context(|| format!("row {} of {} cannot be read", row + 2, file.display()))?;
        if judgement.grade > GRADE_MAX {
            bail!("row {}: column grade is {}; grades go from 0 to {GRADE_MAX}", row + 2, judgement.grade);
        }
        judged.entry(judgement.query).or_default().insert(AccountId(judgement.account), judgement.grade);
    }
    match judged.is_empty() {
        true => {
            bail!("{} holds no judgement\nhint: columns query, account and grade, tabs between them", file.display())
        }
        false => Ok(judged),
    }
}

/// The mean over queries; interval: queries drawn anew, 5th to 95th percentile.
fn mean(words: &str, scores: &[f64], seed: u64) -> Estimate {
    let n = scores.len();
    let value = scores.iter().sum::<f64>() / n as f64;
    let mut means: Vec<f64> = (0..DRAWS)
        .map(|draw| {
            let draws = Draws::new(seed, draw as u64);
            (0..n).map(|place| scores[draws.below(place as u64, n)]).sum::<f64>() / n as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[((DRAWS as f64 * share) as usize).min(DRAWS - 1)];
    let leaf = Explanation::leaf(words, Some(value), Unit::Score);
    Estimate::known(value, at(0.05).min(value), at(0.95).max(value), n as u64, "queries", "ndcg", leaf)
}
