//! How good the comment model is: on groups of comments it had not seen, or on another collection.

use serde::Serialize;

use super::model::{CommentTraining, LabelledComment, train};
use crate::vetting::accounts::figures::{ChanceFigures, Judged, figures};

/// What `evaluate comments` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CommentsEvaluation {
    pub comments: usize,
    pub spam: usize,
    /// Groups that were left out one after the other; 0 with a collection to test on.
    pub groups: usize,
    #[serde(flatten)]
    pub figures: ChanceFigures,
}

/// Figures of comments each of whose group was left out of what was learned; `None` where what is left teaches nothing.
/// Cost: a training for every group.
pub fn leave_one_group_out(
    labelled: &[LabelledComment<'_>],
    groups: &[String],
    training: &CommentTraining,
) -> Option<CommentsEvaluation> {
    let mut names: Vec<&String> = groups.iter().collect();
    names.sort_unstable();
    names.dedup();
    let mut judged = Vec::with_capacity(labelled.len());
    for name in &names {
        let others = labelled.iter().zip(groups).filter(|(_, group)| group != name).map(|(row, _)| *row);
        let model = train(&others.collect::<Vec<_>>(), training)?;
        let left_out = labelled.iter().zip(groups).filter(|(_, group)| group == name).map(|(row, _)| row);
        judged.extend(left_out.map(|row| Judged { chance: model.chance(row.text), is_positive: row.is_spam }));
    }
    Some(CommentsEvaluation { groups: names.len(), ..of(labelled, &judged) })
}

/// Figures on another collection; `None` where the first teaches nothing.
pub fn on_another(
    labelled: &[LabelledComment<'_>],
    test: &[LabelledComment<'_>],
    training: &CommentTraining,
) -> Option<CommentsEvaluation> {
    let model = train(labelled, training)?;
    let judge = |row: &LabelledComment<'_>| Judged { chance: model.chance(row.text), is_positive: row.is_spam };
    Some(of(test, &test.iter().map(judge).collect::<Vec<_>>()))
}

fn of(labelled: &[LabelledComment<'_>], judged: &[Judged]) -> CommentsEvaluation {
    CommentsEvaluation {
        comments: labelled.len(),
        spam: labelled.iter().filter(|row| row.is_spam).count(),
        groups: 0,
        figures: figures(judged),
    }
}
