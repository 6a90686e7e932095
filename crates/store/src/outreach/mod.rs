//! Outreach as it is kept: contacts and every touch, mail, what leaves and what came back.

/// Two functions over one table whose rows belong to contacts: all rows of one contact go to another, and tell their numbers;
/// rows of some numbers go back, where they still belong to whom they went.
macro_rules! moves {
    ($away:ident, $back:ident, $table:literal, $number:literal) => {
        pub(crate) async fn $away(
            connection: &mut sqlx::sqlite::SqliteConnection,
            from: i64,
            into: i64,
        ) -> Result<Vec<i64>, sqlx::Error> {
            let moved: Vec<(i64,)> = sqlx::query_as(concat!(
                "update ",
                $table,
                " set contact_id = $2 where contact_id = $1 returning ",
                $number
            ))
            .bind(from)
            .bind(into)
            .fetch_all(connection)
            .await?;
            Ok(moved.into_iter().map(|(number,)| number).collect())
        }

        pub(crate) async fn $back(
            connection: &mut sqlx::sqlite::SqliteConnection,
            numbers: &[i64],
            from: i64,
            into: i64,
        ) -> Result<(), sqlx::Error> {
            for number in numbers {
                sqlx::query(concat!(
                    "update ",
                    $table,
                    " set contact_id = $3 where contact_id = $2 and ",
                    $number,
                    " = $1"
                ))
                .bind(number)
                .bind(from)
                .bind(into)
                .execute(&mut *connection)
                .await?;
            }
            Ok(())
        }
    };
}

pub(crate) use moves;

pub mod bounces;
pub mod briefs;
pub mod campaigns;
pub mod changes;
pub mod choices;
pub mod contacts;
pub mod content;
pub mod creator_links;
pub mod deals;
pub mod files;
pub mod imports;
pub mod mailboxes;
pub mod mails;
pub mod merging;
pub mod moving;
pub mod payments;
pub mod reminders;
pub mod rights;
pub mod sending;
pub mod sequences;
pub mod suppressions;
pub mod tasks;
pub mod telling;
pub mod threads;
pub mod touches;
pub mod views;
pub mod waiting;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::error::StoreError;

#[cfg(test)]
mod tests;

/// A code that was kept, as what it stands for.
pub(crate) fn coded<T>(row: &SqliteRow, column: &str, of: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
    let code: String = row.get(column);
    of(&code).ok_or_else(|| StoreError::Database {
        what: "a code of outreach cannot be read",
        problem: format!("{column} is {code:?}"),
    })
}
