//! Whose turn it is: the most urgent work first, and within it one page for each brand after the other, so that nobody waits behind a
//! large one.

use std::collections::{BTreeMap, VecDeque};

use store::JobRow;

/// Puts work that is due in the order in which it is done.
pub fn in_turn(due: Vec<JobRow>) -> VecDeque<JobRow> {
    let mut by_urgency: BTreeMap<i64, BTreeMap<Option<String>, VecDeque<JobRow>>> = BTreeMap::new();
    for job in due {
        by_urgency.entry(job.priority).or_default().entry(job.brand.clone()).or_default().push_back(job);
    }
    let mut turns = VecDeque::new();
    for (_, mut brands) in by_urgency {
        while !brands.is_empty() {
            for jobs in brands.values_mut() {
                turns.extend(jobs.pop_front());
            }
            brands.retain(|_, jobs| !jobs.is_empty());
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;

    fn job(id: i64, priority: i64, brand: &str) -> JobRow {
        JobRow {
            id,
            connection: 1,
            watched: None,
            task: "likes".into(),
            subject: id.to_string(),
            cursor: None,
            due_at: Timestamp(id),
            every_seconds: None,
            priority,
            attempts: 0,
            problem: None,
            round_began_at: None,
            pages: 0,
            rounds: 0,
            done_at: None,
            brand: (!brand.is_empty()).then(|| brand.to_owned()),
        }
    }

    #[test]
    fn urgent_work_comes_first_and_a_large_brand_does_not_keep_a_small_one_waiting() {
        let due =
            vec![job(1, 5, "large"), job(2, 5, "large"), job(3, 5, "large"), job(4, 5, "small"), job(5, 0, "other")];
        let order: Vec<i64> = in_turn(due).iter().map(|job| job.id).collect();
        assert_eq!(order, [5, 1, 4, 2, 3]);
    }
}
