//! Longer work with its progress: imports, undoing one, bringing figures up to date. One runs at a time.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::WebError;
use crate::ingest::sink::Progress;

/// How many finished jobs are remembered.
const KEPT: usize = 50;

/// How a job ended.
#[derive(Clone, PartialEq, Debug)]
pub enum Ended {
    /// Done; the address shows what came of it.
    At(String),
    Failed(WebError),
}

/// One piece of longer work.
pub struct Job {
    pub number: u64,
    /// What it is, for a person: "bringing in comments.csv".
    pub title: String,
    pub size_bytes: u64,
    pub progress: Arc<Progress>,
    step: Mutex<String>,
    ended: Mutex<Option<Ended>>,
}

impl Job {
    /// Says what is being done now.
    pub fn step(&self, words: &str) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = words.to_owned();
    }

    pub fn current_step(&self) -> String {
        self.step.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn ended(&self) -> Option<Ended> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How much of the input has been read, in percent; `None` when its size is not known.
    pub fn percent(&self) -> Option<u64> {
        let read = self.progress.bytes.load(Ordering::Relaxed);
        (self.size_bytes > 0).then(|| (read.saturating_mul(100) / self.size_bytes).min(100))
    }
}

/// All jobs since the program started.
#[derive(Default)]
pub struct Jobs {
    last: AtomicU64,
    jobs: Mutex<BTreeMap<u64, Arc<Job>>>,
}

/// A job about to begin.
pub struct NewJob {
    pub title: String,
    pub size_bytes: u64,
}

impl Jobs {
    /// Starts work on a thread of its own; it may compute between awaits without holding up any page.
    pub fn start<W, F>(&self, new: NewJob, work: W) -> Arc<Job>
    where
        W: FnOnce(Arc<Job>) -> F + Send + 'static,
        F: Future<Output = Result<String, WebError>>,
    {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let job = Arc::new(Job {
            number,
            title: new.title,
            size_bytes: new.size_bytes,
            progress: Arc::default(),
            step: Mutex::new("starting".to_owned()),
            ended: Mutex::new(None),
        });
        self.remember(job.clone());
        let (running, runtime, actor) = (job.clone(), tokio::runtime::Handle::current(), store::actor_now());
        tokio::spawn(async move {
            let inner = running.clone();
            let done = tokio::task::spawn_blocking(move || runtime.block_on(store::acting(actor, work(inner)))).await;
            let ended = match done {
                Ok(Ok(address)) => Ended::At(address),
                Ok(Err(error)) => Ended::Failed(error),
                Err(error) => Ended::Failed(WebError::fault("doing the work", &error)),
            };
            *running.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
        });
        job
    }

    pub fn find(&self, number: u64) -> Option<Arc<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }

    /// The job that is running now, if one is.
    pub fn running(&self) -> Option<Arc<Job>> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.values().rev().find(|job| job.ended().is_none()).cloned()
    }

    fn remember(&self, job: Arc<Job>) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.insert(job.number, job);
        while jobs.len() > KEPT {
            let Some(oldest) = jobs.iter().find(|(_, job)| job.ended().is_some()).map(|(number, _)| *number) else {
                break;
            };
            jobs.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_ends_where_its_result_is_shown() {
        let jobs = Jobs::default();
        let job = jobs.start(NewJob { title: "counting".into(), size_bytes: 0 }, |job| async move {
            job.step("counting");
            Ok("/ingest/1".to_owned())
        });
        while job.ended().is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(job.ended(), Some(Ended::At("/ingest/1".into())));
        assert!(jobs.running().is_none());
    }
}
