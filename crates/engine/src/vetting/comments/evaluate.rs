//! How good the comment model is: on groups of comments it had not seen, or on another collection.

use serde::Serialize;

use super::model::{CommentTraining, LabelledComment, train};
use crate::vetting::accounts::figures::{ChanceFigures, Judged, figures};

/// What `evaluate comments` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CommentsEvaluation {
    pub comments: usize,
    pub spam: usize,
    /// Groups that comments stand in; 0 with a collection to test on.
    pub groups: usize,
    /// Parts that were left out one after the other: each group, or several together where there are more than twenty.
    pub parts: usize,
    #[serde(flatten)]
    pub figures: ChanceFigures,
}

const PARTS_MAX: usize = 20;

/// Figures of comments each of whose group was left out of what was learned; `None` where what is left teaches nothing.
/// Many groups are dealt into twenty parts, each whole in one. Cost: a training for every part.
pub fn leave_one_group_out(
    labelled: &[LabelledComment<'_>],
    groups: &[String],
    training: &CommentTraining,
) -> Option<CommentsEvaluation> {
    let mut names: Vec<&String> = groups.iter().collect();
    names.sort_unstable();
    names.dedup();
    let parts = names.len().min(PARTS_MAX);
    let part_of: Vec<usize> =
        groups.iter().map(|group| names.binary_search(&group).expect("a group that was named") % parts).collect();
    let mut judged = Vec::with_capacity(labelled.len());
    for part in 0..parts {
        let rows = |is_left_out: bool| {
            labelled.iter().zip(&part_of).filter(move |(_, of)| (**of == part) == is_left_out).map(|(row, _)| *row)
        };
        let model = train(&rows(false).collect::<Vec<_>>(), training)?;
        judged.extend(rows(true).map(|row| Judged { chance: model.chance(row.text), is_positive: row.is_spam }));
    }
    Some(CommentsEvaluation { groups: names.len(), parts, ..of(labelled, &judged) })
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
        parts: 0,
        figures: figures(judged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_groups_are_left_out_in_twenty_parts_and_every_comment_is_judged_once() {
        let texts = ["check out my channel now", "this song makes me happy"];
        let labelled: Vec<LabelledComment<'_>> =
            (0..200).map(|row| LabelledComment { text: texts[row % 2], is_spam: row % 2 == 0 }).collect();
        let groups: Vec<String> = (0..200).map(|row| format!("author {}", row / 2)).collect();
        let found = leave_one_group_out(&labelled, &groups, &CommentTraining::default()).expect("enough comments");
        assert_eq!((found.groups, found.parts, found.comments), (100, 20, 200));
        assert!(found.figures.auc > 0.99);
    }
}
