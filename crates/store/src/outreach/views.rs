//! Filters of a list, kept under a name to come back to.

use model::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::database::Store;
use crate::error::StoreError;

/// A view of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ViewRow {
    pub id: i64,
    /// Told apart without regard to case, among the views of one list.
    pub name: String,
    /// The list: `/outreach/contacts`, `/outreach/deals`.
    pub path: String,
    /// The question of its address.
    pub query: String,
    pub created_at: Timestamp,
}

/// What came of giving a view another name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Renamed {
    Done,
    /// Another view of the list is called so.
    Taken,
    NotThere,
}

fn view_of(row: &SqliteRow) -> ViewRow {
    ViewRow {
        id: row.get("id"),
        name: row.get("name"),
        path: row.get("path"),
        query: row.get("query"),
        created_at: Timestamp(row.get("created_at")),
    }
}

impl Store {
    /// Every view, by list and name.
    pub async fn outreach_views(&self) -> Result<Vec<ViewRow>, StoreError> {
        let rows = sqlx::query("select * from outreach_view order by path, lower(name)")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading views"))?;
        Ok(rows.iter().map(view_of).collect())
    }

    /// Keeps a view; its number, or `None` where one of the list is called so.
    pub async fn keep_outreach_view(
        &self,
        name: &str,
        path: &str,
        query: &str,
        at: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query(
            "insert into outreach_view (name, path, query, created_at) values ($1, $2, $3, $4) \
             on conflict do nothing returning id",
        )
        .bind(name)
        .bind(path)
        .bind(query)
        .bind(at.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("keeping a view"))?;
        Ok(row.map(|row| row.get("id")))
    }

    pub async fn rename_outreach_view(&self, id: i64, name: &str) -> Result<Renamed, StoreError> {
        let failed = StoreError::of("renaming a view");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let taken: Option<(i64,)> = sqlx::query_as(
            "select other.id from outreach_view join outreach_view as other on other.path = outreach_view.path \
             where outreach_view.id = $1 and other.id <> $1 and lower(other.name) = lower($2)",
        )
        .bind(id)
        .bind(name)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        if taken.is_some() {
            return Ok(Renamed::Taken);
        }
        let done = sqlx::query("update outreach_view set name = $2 where id = $1")
            .bind(id)
            .bind(name)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(if done.rows_affected() > 0 { Renamed::Done } else { Renamed::NotThere })
    }

    pub async fn delete_outreach_view(&self, id: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from outreach_view where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("deleting a view"))?;
        Ok(done.rows_affected() > 0)
    }
}

/// The words of a text, small, one blank between them and at both ends.
fn words_of(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |all, word| all + &word.to_lowercase() + " ")
}

/// A part of an address as it was before its signs were written as `%…`.
fn plain(part: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(part.len()), part.bytes());
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                let code = std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                bytes.extend(code);
            }
            b'+' => bytes.push(b' '),
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a view is one of somebody: it looks for their name, or bears it where that is more than one word.
fn is_of(name: &str, view: &ViewRow) -> bool {
    let name = words_of(name);
    if name.trim().is_empty() {
        return false;
    }
    let sought = view.query.split('&').filter_map(|pair| pair.strip_prefix("words="));
    let is_sought = sought.map(|words| words_of(&plain(words))).any(|words| words.contains(&name));
    is_sought || (name.trim().contains(' ') && words_of(&view.name).contains(&name))
}

/// Removes views that look for a contact by name.
pub(crate) async fn forget_views(connection: &mut SqliteConnection, contact: i64) -> Result<(), sqlx::Error> {
    let name: Option<(String,)> =
        sqlx::query_as("select name from contact where id = $1").bind(contact).fetch_optional(&mut *connection).await?;
    let Some((name,)) = name else { return Ok(()) };
    let rows = sqlx::query("select * from outreach_view").fetch_all(&mut *connection).await?;
    for view in rows.iter().map(view_of).filter(|view| is_of(&name, view)) {
        sqlx::query("delete from outreach_view where id = $1").bind(view.id).execute(&mut *connection).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_that_looks_for_somebody_is_theirs_and_one_that_only_sounds_alike_is_not() {
        let view = |name: &str, query: &str| ViewRow {
            id: 1,
            name: name.to_owned(),
            path: "/outreach/contacts".to_owned(),
            query: query.to_owned(),
            created_at: Timestamp(0),
        };
        for (of, name, query, expect) in [
            ("Ana Ruiz", "Mine", "words=ana%20ruiz&stage=talking", true),
            ("Ana Ruiz", "Mine", "words=ana+ruiz", true),
            ("Ana Ruiz", "For ANA RUIZ", "stage=talking", true),
            ("Ana", "Ana", "owner=Ana", false),
            ("Ana", "Fruit", "words=banana", false),
            ("", "Fruit", "words=banana", false),
            ("Łucja Ż", "Mine", "words=%C5%81ucja%20%C5%BB", true),
        ] {
            assert_eq!(is_of(of, &view(name, query)), expect, "{of} {name} {query}");
        }
    }
}
