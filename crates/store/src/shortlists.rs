//! Shortlists: who is on which, with a note and an owner, the columns people made for a list, and changes that are made
//! all or none, only where nobody was quicker, and that can be taken back.

use std::collections::HashSet;

use model::{AccountId, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use crate::database::Store;
use crate::error::StoreError;
use crate::reviews::{ShortlistVote, drop_votes, forget_votes, put_votes, votes_of};

/// A list of people picked out to be looked at, compared and written to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shortlist {
    pub id: i64,
    /// Told apart without regard to case.
    pub name: String,
    /// Who looks after it; empty where nobody was named.
    pub owner: String,
    pub created_at: Timestamp,
    /// How many people are on it.
    pub people: u64,
    /// When somebody was last added who is still on it.
    pub added_to_at: Option<Timestamp>,
}

/// Somebody on a shortlist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShortlistMember {
    pub account: AccountId,
    pub added_at: Timestamp,
    /// Where they were picked: `map`, `ranking`, `profile`, `list`, `search`, `file` or `command`.
    pub picked_on: String,
    pub note: String,
    /// Who of the team looks after them; empty where nobody was named.
    pub owner: String,
}

/// A column that people made for one list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShortlistColumn {
    pub id: i64,
    /// Told apart without regard to case.
    pub name: String,
}

/// What a column of a list holds about somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShortlistValue {
    pub account: AccountId,
    pub column: i64,
    pub value: String,
}

/// What one list holds about some accounts: changes are made, checked and taken back in this unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShortlistRows {
    pub list: i64,
    /// Whom it is about, ascending; whoever of them is no member is not on the list.
    pub accounts: Vec<AccountId>,
    /// By account.
    pub members: Vec<ShortlistMember>,
    /// By account, then column.
    pub values: Vec<ShortlistValue>,
    /// Votes are brought back with somebody, and go with them; otherwise a change leaves them alone.
    pub votes: Vec<ShortlistVote>,
}

const SHORTLIST: &str =
    "select shortlist.id, name, shortlist.owner, created_at, count(account_id) as people, max(added_at) as added_to_at
    from shortlist left join shortlist_member on shortlist_id = shortlist.id";

fn shortlist_of(row: &SqliteRow) -> Shortlist {
    Shortlist {
        id: row.get("id"),
        name: row.get("name"),
        owner: row.get("owner"),
        created_at: Timestamp(row.get("created_at")),
        people: row.get::<i64, _>("people").unsigned_abs(),
        added_to_at: row.get::<Option<i64>, _>("added_to_at").map(Timestamp),
    }
}

fn member_of(row: &SqliteRow) -> ShortlistMember {
    ShortlistMember {
        account: AccountId(row.get("account_id")),
        added_at: Timestamp(row.get("added_at")),
        picked_on: row.get("picked_on"),
        note: row.get("note"),
        owner: row.get("owner"),
    }
}

fn value_of(row: &SqliteRow) -> ShortlistValue {
    ShortlistValue { account: AccountId(row.get("account_id")), column: row.get("column_id"), value: row.get("value") }
}

fn named_twice(name: &str, doing: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| match &error {
        sqlx::Error::Database(inner) if inner.is_unique_violation() => StoreError::ShortlistExists(name.to_owned()),
        _ => StoreError::of(doing)(error),
    }
}

impl Store {
    /// Every shortlist, by name.
    pub async fn shortlists(&self) -> Result<Vec<Shortlist>, StoreError> {
        let mut query = QueryBuilder::new(SHORTLIST);
        query.push(" group by shortlist.id order by lower(name)");
        let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading the shortlists"))?;
        Ok(rows.iter().map(shortlist_of).collect())
    }

    /// The shortlist with this number.
    pub async fn shortlist(&self, id: i64) -> Result<Option<Shortlist>, StoreError> {
        let mut query = QueryBuilder::new(SHORTLIST);
        query.push(" where shortlist.id = ").push_bind(id).push(" group by shortlist.id");
        let row = query.build().fetch_optional(&self.pool).await.map_err(StoreError::of("reading a shortlist"))?;
        Ok(row.as_ref().map(shortlist_of))
    }

    /// Begins a shortlist, or gives it another name, and returns its number.
    pub async fn name_shortlist(&self, id: Option<i64>, name: &str, at: Timestamp) -> Result<i64, StoreError> {
        let failed = named_twice(name, "naming a shortlist");
        let Some(id) = id else {
            let row = sqlx::query("insert into shortlist (name, created_at) values ($1, $2) returning id")
                .bind(name)
                .bind(at.0)
                .fetch_one(&self.pool)
                .await
                .map_err(failed)?;
            return Ok(row.get("id"));
        };
        sqlx::query("update shortlist set name = $1 where id = $2")
            .bind(name)
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        Ok(id)
    }

    /// Removes a shortlist; the people on it stay.
    pub async fn delete_shortlist(&self, id: i64) -> Result<(), StoreError> {
        sqlx::query("delete from shortlist where id = $1")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("removing a shortlist"))?;
        Ok(())
    }

    /// Adds people to a shortlist, all or none, and returns how many were not on it before. Who was, keeps the day and
    /// place of the first time.
    pub async fn add_to_shortlist(
        &self,
        id: i64,
        accounts: &[AccountId],
        picked_on: &str,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let failed = StoreError::of("adding to a shortlist");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let mut added = 0;
        for portion in accounts.chunks(1_000) {
            let mut insert =
                QueryBuilder::new("insert into shortlist_member (shortlist_id, account_id, added_at, picked_on) ");
            insert.push_values(portion, |mut values, account| {
                values.push_bind(id).push_bind(account.0).push_bind(at.0).push_bind(picked_on);
            });
            insert.push(" on conflict (shortlist_id, account_id) do nothing");
            added += insert.build().execute(&mut *transaction).await.map_err(&failed)?.rows_affected();
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(added)
    }

    /// Everybody on a shortlist, last added first.
    pub async fn shortlist_members(&self, id: i64) -> Result<Vec<ShortlistMember>, StoreError> {
        let rows =
            sqlx::query(MEMBERS).bind(id).fetch_all(&self.pool).await.map_err(StoreError::of("reading a shortlist"))?;
        Ok(rows.iter().map(member_of).collect())
    }

    /// The numbers of the shortlists somebody is on.
    pub async fn shortlists_with(&self, account: AccountId) -> Result<HashSet<i64>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as("select shortlist_id from shortlist_member where account_id = $1")
            .bind(account.0)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading who is on which shortlist"))?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    /// Says who looks after a shortlist.
    pub async fn own_shortlist(&self, id: i64, owner: &str) -> Result<(), StoreError> {
        sqlx::query("update shortlist set owner = $1 where id = $2")
            .bind(owner)
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("naming a shortlist's owner"))?;
        Ok(())
    }

    /// A list's columns in their order.
    pub async fn shortlist_columns(&self, list: i64) -> Result<Vec<ShortlistColumn>, StoreError> {
        let rows = sqlx::query("select id, name from shortlist_column where shortlist_id = $1 order by position, id")
            .bind(list)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading a shortlist's columns"))?;
        Ok(rows.iter().map(|row| ShortlistColumn { id: row.get("id"), name: row.get("name") }).collect())
    }

    /// Makes a column at the end and returns its number.
    pub async fn add_shortlist_column(&self, list: i64, name: &str) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "insert into shortlist_column (shortlist_id, name, position) values ($1, $2, \
             (select coalesce(max(position), 0) + 1 from shortlist_column where shortlist_id = $1)) returning id",
        )
        .bind(list)
        .bind(name)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("making a shortlist's column"))?;
        Ok(row.get("id"))
    }

    pub async fn rename_shortlist_column(&self, column: i64, name: &str) -> Result<(), StoreError> {
        sqlx::query("update shortlist_column set name = $1 where id = $2")
            .bind(name)
            .bind(column)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("naming a shortlist's column"))?;
        Ok(())
    }

    /// Puts a list's columns in this order.
    pub async fn order_shortlist_columns(&self, columns: &[i64]) -> Result<(), StoreError> {
        let failed = StoreError::of("ordering a shortlist's columns");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        for (place, column) in (1i64..).zip(columns) {
            sqlx::query("update shortlist_column set position = $1 where id = $2")
                .bind(place)
                .bind(column)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Removes a column with everything in it, which is returned.
    pub async fn remove_shortlist_column(&self, column: i64) -> Result<Vec<ShortlistValue>, StoreError> {
        let failed = StoreError::of("removing a shortlist's column");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let rows = sqlx::query("delete from shortlist_value where column_id = $1 returning *")
            .bind(column)
            .fetch_all(&mut *transaction)
            .await
            .map_err(&failed)?;
        sqlx::query("delete from shortlist_column where id = $1")
            .bind(column)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(rows.iter().map(value_of).collect())
    }

    /// Puts a removed column back, with what it held about those still on the list.
    pub async fn put_back_shortlist_column(
        &self,
        list: i64,
        column: &ShortlistColumn,
        position: i64,
        values: &[ShortlistValue],
    ) -> Result<(), StoreError> {
        let failed = StoreError::of("putting a shortlist's column back");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::query("insert into shortlist_column (id, shortlist_id, name, position) values ($1, $2, $3, $4)")
            .bind(column.id)
            .bind(list)
            .bind(&column.name)
            .bind(position)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        for value in values {
            sqlx::query(
                "insert into shortlist_value (column_id, account_id, value) select $1, $2, $3 \
                 where exists (select 1 from shortlist_member where shortlist_id = $4 and account_id = $2)",
            )
            .bind(column.id)
            .bind(value.account.0)
            .bind(&value.value)
            .bind(list)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// Everything the columns of a list hold, by account and column.
    pub async fn shortlist_values(&self, list: i64) -> Result<Vec<ShortlistValue>, StoreError> {
        let failed = StoreError::of("reading a shortlist's columns");
        let rows = sqlx::query(VALUES).bind(list).fetch_all(&self.pool).await.map_err(&failed)?;
        Ok(rows.iter().map(value_of).collect())
    }

    /// What a list holds about these accounts.
    pub async fn shortlist_rows(&self, list: i64, accounts: &[AccountId]) -> Result<ShortlistRows, StoreError> {
        let failed = StoreError::of("reading a shortlist");
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        rows_about(&mut connection, list, accounts).await.map_err(&failed)
    }

    /// Makes the lists hold `to` where they still hold `expected`, all or none; whether they did. Members and values are
    /// compared and replaced, votes of whoever leaves go, and votes in `to` that are not there come back.
    pub async fn change_shortlists(
        &self,
        expected: &[ShortlistRows],
        to: &[ShortlistRows],
    ) -> Result<bool, StoreError> {
        let failed = StoreError::of("changing a shortlist");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        // Takes the writers' lock before anything is read, so that what is compared cannot change in between.
        sqlx::query("update shortlist set name = name where id = -1")
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        for expected in expected {
            let held = rows_about(&mut transaction, expected.list, &expected.accounts).await.map_err(&failed)?;
            if held.members != expected.members || held.values != expected.values {
                return Ok(false);
            }
        }
        for rows in to {
            put_rows(&mut transaction, rows).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }
}

const MEMBERS: &str = "select account_id, added_at, picked_on, note, owner from shortlist_member \
    where shortlist_id = $1 order by added_at desc, account_id";
const VALUES: &str = "select account_id, column_id, value from shortlist_value \
    join shortlist_column on shortlist_column.id = column_id where shortlist_id = $1 order by account_id, column_id";

async fn rows_about(
    connection: &mut SqliteConnection,
    list: i64,
    accounts: &[AccountId],
) -> Result<ShortlistRows, sqlx::Error> {
    let mut accounts = accounts.to_vec();
    accounts.sort_unstable();
    accounts.dedup();
    let is_asked = |account: AccountId| accounts.binary_search(&account).is_ok();
    let members = sqlx::query(MEMBERS).bind(list).fetch_all(&mut *connection).await?;
    let mut members: Vec<ShortlistMember> = members.iter().map(member_of).collect();
    members.retain(|member| is_asked(member.account));
    members.sort_by_key(|member| member.account);
    let values = sqlx::query(VALUES).bind(list).fetch_all(&mut *connection).await?;
    let mut values: Vec<ShortlistValue> = values.iter().map(value_of).collect();
    values.retain(|value| is_asked(value.account));
    let mut votes = votes_of(&mut *connection, list).await?;
    votes.retain(|vote| is_asked(vote.account));
    Ok(ShortlistRows { list, accounts, members, values, votes })
}

async fn put_rows(connection: &mut SqliteConnection, rows: &ShortlistRows) -> Result<(), sqlx::Error> {
    let stay: HashSet<AccountId> = rows.members.iter().map(|member| member.account).collect();
    for account in &rows.accounts {
        sqlx::query(
            "delete from shortlist_value where account_id = $1 and column_id in \
             (select id from shortlist_column where shortlist_id = $2)",
        )
        .bind(account.0)
        .bind(rows.list)
        .execute(&mut *connection)
        .await?;
        if !stay.contains(account) {
            sqlx::query("delete from shortlist_member where shortlist_id = $1 and account_id = $2")
                .bind(rows.list)
                .bind(account.0)
                .execute(&mut *connection)
                .await?;
            drop_votes(&mut *connection, rows.list, *account).await?;
        }
    }
    for member in &rows.members {
        sqlx::query(
            "insert into shortlist_member (shortlist_id, account_id, added_at, picked_on, note, owner) \
             values ($1, $2, $3, $4, $5, $6) on conflict (shortlist_id, account_id) \
             do update set added_at = $3, picked_on = $4, note = $5, owner = $6",
        )
        .bind(rows.list)
        .bind(member.account.0)
        .bind(member.added_at.0)
        .bind(&member.picked_on)
        .bind(&member.note)
        .bind(&member.owner)
        .execute(&mut *connection)
        .await?;
    }
    for value in rows.values.iter().filter(|value| !value.value.is_empty()) {
        sqlx::query(
            "insert into shortlist_value (column_id, account_id, value) select $1, $2, $3 \
             where exists (select 1 from shortlist_column where id = $1 and shortlist_id = $4)",
        )
        .bind(value.column)
        .bind(value.account.0)
        .bind(&value.value)
        .bind(rows.list)
        .execute(&mut *connection)
        .await?;
    }
    put_votes(connection, rows.list, &rows.votes).await
}

/// Takes an account off every list, with its notes, values and votes.
pub(crate) async fn forget_in_shortlists(
    connection: &mut SqliteConnection,
    account: AccountId,
) -> Result<(), sqlx::Error> {
    for statement in
        ["delete from shortlist_value where account_id = $1", "delete from shortlist_member where account_id = $1"]
    {
        sqlx::query(statement).bind(account.0).execute(&mut *connection).await?;
    }
    forget_votes(connection, account).await
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::reviews::Voter;

    #[tokio::test]
    async fn a_shortlist_keeps_each_person_once_and_loses_the_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        let list = store.name_shortlist(None, "Spring", Timestamp(5)).await.expect("begins");
        let people = [AccountId(1), AccountId(2), AccountId(3)];
        assert_eq!(store.add_to_shortlist(list, &people, "map", Timestamp(6)).await.expect("adds"), 3);
        assert_eq!(store.add_to_shortlist(list, &people[..2], "ranking", Timestamp(9)).await.expect("adds"), 0);
        let members = store.shortlist_members(list).await.expect("reads");
        assert!(members.iter().all(|member| member.picked_on == "map" && member.added_at == Timestamp(6)));
        store.keep_erasure(AccountId(2), "other", "hash", "asked", Timestamp(7)).await.expect("forgets");
        let before = store.shortlist_rows(list, &[AccountId(3), AccountId(4)]).await.expect("reads");
        let without = ShortlistRows { members: vec![], ..before.clone() };
        assert!(store.change_shortlists(from_ref(&before), &[without]).await.expect("takes off"));
        let held = store.shortlist(list).await.expect("reads").expect("is there");
        assert_eq!((held.people, held.added_to_at), (1, Some(Timestamp(6))));
        assert!(store.shortlists_with(AccountId(1)).await.expect("reads").contains(&list));
        store.delete_shortlist(list).await.expect("removes");
        assert!(store.shortlists_with(AccountId(1)).await.expect("reads").is_empty());
    }

    #[tokio::test]
    async fn two_shortlists_cannot_bear_one_name_in_whatever_case() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        let first = store.name_shortlist(None, "Spring", Timestamp(5)).await.expect("begins");
        let error = store.name_shortlist(None, "SPRING", Timestamp(5)).await.expect_err("is refused");
        assert!(matches!(error, StoreError::ShortlistExists(_)), "{error}");
        assert_eq!(store.name_shortlist(Some(first), "spring", Timestamp(6)).await.expect("renames"), first);
        assert_eq!(store.shortlists().await.expect("reads")[0].name, "spring");
    }

    fn voted(account: AccountId, name: &str, vote: i8) -> ShortlistVote {
        let voter = Voter { link: None, name: name.to_owned() };
        ShortlistVote { account, voter, vote, comment: String::new(), voted_at: Timestamp(8) }
    }

    #[tokio::test]
    async fn a_change_is_made_only_where_nobody_was_quicker_and_taken_back_brings_everything_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        let list = store.name_shortlist(None, "Spring", Timestamp(5)).await.expect("begins");
        let (one, two) = (AccountId(1), AccountId(2));
        store.add_to_shortlist(list, &[one, two], "map", Timestamp(6)).await.expect("adds");
        let column = store.add_shortlist_column(list, "Budget").await.expect("makes a column");
        store.keep_vote(list, &voted(one, "Ana", 1)).await.expect("votes");
        let before = store.shortlist_rows(list, &[two, one]).await.expect("reads");
        let mut noted = before.clone();
        noted.members[0].note = "asks for samples".to_owned();
        noted.values.push(ShortlistValue { account: one, column, value: "200".to_owned() });
        assert!(store.change_shortlists(from_ref(&before), from_ref(&noted)).await.expect("changes"));
        assert!(!store.change_shortlists(from_ref(&before), from_ref(&before)).await.expect("is refused"));
        let nobody = ShortlistRows { members: vec![], values: vec![], votes: vec![], ..noted.clone() };
        assert!(store.change_shortlists(from_ref(&noted), from_ref(&nobody)).await.expect("takes off"));
        assert!(store.shortlist_votes(list).await.expect("reads").is_empty());
        assert!(store.change_shortlists(&[nobody], from_ref(&noted)).await.expect("takes back"));
        assert_eq!(store.shortlist_rows(list, &[one, two]).await.expect("reads"), noted);
        let held = store.remove_shortlist_column(column).await.expect("removes");
        assert_eq!(held.len(), 1);
        let removed = ShortlistColumn { id: column, name: "Budget".to_owned() };
        store.put_back_shortlist_column(list, &removed, 1, &held).await.expect("puts back");
        assert_eq!(store.shortlist_values(list).await.expect("reads"), held);
    }

    #[tokio::test]
    async fn the_forgotten_leave_no_note_no_value_and_no_vote() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        let list = store.name_shortlist(None, "Spring", Timestamp(5)).await.expect("begins");
        let one = AccountId(1);
        store.add_to_shortlist(list, &[one], "map", Timestamp(6)).await.expect("adds");
        let column = store.add_shortlist_column(list, "Budget").await.expect("makes a column");
        let before = store.shortlist_rows(list, &[one]).await.expect("reads");
        let mut noted = before.clone();
        noted.members[0].note = "asks for samples".to_owned();
        noted.values.push(ShortlistValue { account: one, column, value: "200".to_owned() });
        store.change_shortlists(&[before], &[noted]).await.expect("changes");
        store.keep_vote(list, &voted(one, "Ana", -1)).await.expect("votes");
        store.keep_erasure(one, "other", "hash", "asked", Timestamp(7)).await.expect("forgets");
        let held = store.shortlist_rows(list, &[one]).await.expect("reads");
        assert!(held.members.is_empty() && held.values.is_empty() && held.votes.is_empty(), "{held:?}");
    }
}
