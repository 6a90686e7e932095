//! What was done, by whom, with the rows as they were before and after: written by the database itself as rows change, never changed later.
//!
//! Whoever acts is named for a stretch of work ([`acting`]); each connection that such work takes from the pool is told, and triggers of that
//! connection write down the rows. What the program does by itself (mail that comes, portions of a stream, figures) is not written down.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use model::{AccountId, Timestamp};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::database::Store;
use crate::error::StoreError;

tokio::task_local! {
    static ACTOR: String;
}

/// Does work in somebody's name.
pub async fn acting<F: Future>(actor: String, work: F) -> F::Output {
    ACTOR.scope(actor, work).await
}

/// In whose name work goes on now; to be handed on to work on another thread. Empty: the program's own.
pub fn actor_now() -> String {
    ACTOR.try_with(Clone::clone).unwrap_or_default()
}

/// What people decide: rows are written down whole, but for what is secret.
const WRITTEN_DOWN: [&str; 51] = [
    "account_claim",
    "attribution_report",
    "brand",
    "brand_profile",
    "brief",
    "campaign",
    "campaign_creator",
    "campaign_stage",
    "code",
    "column_mapping",
    "conflict_aside",
    "connection",
    "contest",
    "conversion_decision",
    "creator_link",
    "creator_stage",
    "deal",
    "deal_choice",
    "deal_price",
    "declared_event",
    "deliverable",
    "fit_weights",
    "identity_claim",
    "known_group",
    "mailbox",
    "niche_correction",
    "outreach_view",
    "payment",
    "person_here",
    "plan",
    "price_fact",
    "saved_search",
    "sequence",
    "setting",
    "series",
    "shared_report",
    "shop",
    "shortlist",
    "shortlist_column",
    "shortlist_link",
    "shortlist_member",
    "source",
    "study",
    "study_cost",
    "study_link",
    "suppression",
    "template",
    "tracked_link",
    "tracked_link_target",
    "watched",
    "webhook_endpoint",
];

/// About people outside: only which columns changed is written down, so that nothing of them outlives their row.
const NAMED_ALONE: [&str; 11] = [
    "contact",
    "contact_account",
    "contact_address",
    "contact_file",
    "contact_tag",
    "contact_value",
    "draft_comment",
    "enrolment",
    "own_file",
    "task",
    "touch",
];

/// Parts of names of columns that hold secrets or their hashes.
const SECRET: [&str; 6] = ["secret", "password", "token", "hash", "sealed", "totp"];
/// Letters of a value that are written down.
const LETTERS_MAX: usize = 2_000;

/// Makes a connection write down who changes what; its tables must be up to date.
pub(crate) async fn write_down(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut statements = "create temp table if not exists acting (actor text not null);
        insert into temp.acting select '' where not exists (select 1 from temp.acting);"
        .to_owned();
    let columns: Vec<(String, String, i64)> = sqlx::query_as(
        "select m.name, p.name, p.pk from main.sqlite_master m, pragma_table_info(m.name) p where m.type = 'table'
         order by m.name, p.cid",
    )
    .fetch_all(&mut *connection)
    .await?;
    for (table, is_whole) in
        WRITTEN_DOWN.iter().map(|table| (*table, true)).chain(NAMED_ALONE.iter().map(|table| (*table, false)))
    {
        let of_table: Vec<(&str, bool)> = columns
            .iter()
            .filter(|(name, _, _)| name == table)
            .map(|(_, column, key)| (column.as_str(), *key > 0))
            .collect();
        if of_table.is_empty() {
            return Err(sqlx::Error::Configuration(
                format!("there is no table {table} whose changes are written down").into(),
            ));
        }
        for operation in ["insert", "update", "delete"] {
            statements.push_str(&trigger(table, &of_table, operation, is_whole));
        }
    }
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut *connection).await?;
    Ok(())
}

fn trigger(table: &str, columns: &[(&str, bool)], operation: &str, is_whole: bool) -> String {
    let row = if operation == "delete" { "old" } else { "new" };
    let keys: Vec<String> =
        columns.iter().filter(|(_, is_key)| *is_key).map(|(name, _)| format!("{row}.{name}")).collect();
    let key = if keys.is_empty() { format!("{row}.rowid") } else { keys.join(" || '/' || ") };
    let values = |row: &str| {
        let value = |name: &str| {
            if SECRET.iter().any(|secret| name.contains(secret)) {
                format!("case when {row}.{name} is null then null else '(not written down)' end")
            } else {
                format!(
                    "case typeof({row}.{name}) when 'blob' then '(sealed)' when 'text' then substr({row}.{name}, 1, {LETTERS_MAX}) else {row}.{name} end"
                )
            }
        };
        // A function takes so many arguments at most: the objects of the parts are put together.
        let parts: Vec<String> = columns
            .chunks(30)
            .map(|some| {
                let pairs: Vec<String> = some.iter().map(|(name, _)| format!("'{name}', {}", value(name))).collect();
                format!("json_object({})", pairs.join(", "))
            })
            .collect();
        parts.into_iter().reduce(|whole, part| format!("json_patch({whole}, {part})")).unwrap_or_default()
    };
    let changed: Vec<String> = columns
        .iter()
        .map(|(name, _)| format!("case when old.{name} is not new.{name} then ' {name}' else '' end"))
        .collect();
    let (before, after) = match (is_whole, operation) {
        (true, "insert") => ("null".to_owned(), values("new")),
        (true, "update") => (values("old"), values("new")),
        (true, _) => (values("old"), "null".to_owned()),
        (false, "update") => ("null".to_owned(), format!("json_object('changed', trim({}))", changed.join(" || "))),
        (false, _) => ("null".to_owned(), "null".to_owned()),
    };
    let differs: Vec<String> = columns.iter().map(|(name, _)| format!("old.{name} is not new.{name}")).collect();
    let differs = if operation == "update" { format!(" and ({})", differs.join(" or ")) } else { String::new() };
    format!(
        "create temp trigger if not exists act_{operation}_{table} after {operation} on main.{table}
         when (select actor from acting) <> ''{differs} begin
         insert into act_change (at, actor, table_name, row_key, operation, before, after)
         select cast(unixepoch('subsec') * 1000000 as integer), actor, '{table}', cast({key} as text), '{operation}', {before}, {after} from acting;
         end;\n"
    )
}

/// Whether anybody has acted since the program started: most commands, and whoever only looks, need no triggers.
static HAS_ACTED: AtomicBool = AtomicBool::new(false);

/// Tells a connection in whose name it is used; the first time it is made to write down what changes, which takes a tenth of a second.
pub(crate) async fn name_actor(connection: &mut SqliteConnection, actor: &str) -> Result<(), sqlx::Error> {
    if actor.is_empty() {
        return Ok(());
    }
    HAS_ACTED.store(true, Ordering::Relaxed);
    if !writes_down(connection).await? {
        write_down(connection).await?;
    }
    sqlx::query("update temp.acting set actor = $1").bind(actor).execute(connection).await?;
    Ok(())
}

/// Tells a connection that it is used in nobody's name any more.
pub(crate) async fn nobody_acts(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    if HAS_ACTED.load(Ordering::Relaxed) && writes_down(connection).await? {
        sqlx::query("update temp.acting set actor = '' where actor <> ''").execute(connection).await?;
    }
    Ok(())
}

async fn writes_down(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let (does,): (bool,) = sqlx::query_as("select exists (select 1 from sqlite_temp_master where name = 'acting')")
        .fetch_one(connection)
        .await?;
    Ok(does)
}

/// Something that was done, or tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Act {
    pub id: i64,
    pub at: Timestamp,
    pub person: Option<i64>,
    pub actor: String,
    pub what: String,
    pub subject: String,
    pub outcome: String,
}

/// A row as it was before and after.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActChange {
    pub id: i64,
    pub at: Timestamp,
    pub actor: String,
    pub table: String,
    pub key: String,
    pub operation: String,
    /// JSON.
    pub before: Option<String>,
    pub after: Option<String>,
}

/// Which acts are asked for.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ActsAsked {
    pub person: Option<i64>,
    /// Only those before this one.
    pub before: Option<i64>,
    pub limit: i64,
}

impl Store {
    /// Writes down that something was done or tried.
    pub async fn note_act(
        &self,
        person: Option<i64>,
        actor: &str,
        what: &str,
        subject: &str,
        outcome: &str,
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        let (id,): (i64,) = sqlx::query_as(
            "insert into act (at, person_id, actor, what, subject, outcome) values ($1, $2, $3, $4, $5, $6) returning id",
        )
        .bind(at.0)
        .bind(person)
        .bind(actor)
        .bind(what)
        .bind(subject)
        .bind(outcome)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("writing down what was done"))?;
        Ok(id)
    }

    /// What was done, newest first.
    pub async fn acts(&self, asked: &ActsAsked) -> Result<Vec<Act>, StoreError> {
        let rows = sqlx::query(
            "select * from act where ($1 is null or person_id = $1) and ($2 is null or id < $2) order by id desc limit $3",
        )
        .bind(asked.person)
        .bind(asked.before)
        .bind(asked.limit)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what was done"))?;
        let act = |row: &SqliteRow| Act {
            id: row.get("id"),
            at: Timestamp(row.get("at")),
            person: row.get("person_id"),
            actor: row.get("actor"),
            what: row.get("what"),
            subject: row.get("subject"),
            outcome: row.get("outcome"),
        };
        Ok(rows.iter().map(act).collect())
    }

    /// Rows that changed, newest first: of one table and row where they are named, before one change where it is.
    pub async fn act_changes(
        &self,
        table: Option<&str>,
        key: Option<&str>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<ActChange>, StoreError> {
        let rows = sqlx::query(
            "select * from act_change where ($1 is null or table_name = $1) and ($2 is null or row_key = $2)
             and ($3 is null or id < $3) order by id desc limit $4",
        )
        .bind(table)
        .bind(key)
        .bind(before)
        .bind(limit)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what was changed"))?;
        let change = |row: &SqliteRow| ActChange {
            id: row.get("id"),
            at: Timestamp(row.get("at")),
            actor: row.get("actor"),
            table: row.get("table_name"),
            key: row.get("row_key"),
            operation: row.get("operation"),
            before: row.get("before"),
            after: row.get("after"),
        };
        Ok(rows.iter().map(change).collect())
    }

    /// Lets what was done before a moment go.
    pub async fn remove_acts_before(&self, moment: Timestamp) -> Result<u64, StoreError> {
        let failed = StoreError::of("letting what was done long ago go");
        let mut removed = 0;
        for statement in ["delete from act where at < $1", "delete from act_change where at < $1"] {
            let done = sqlx::query(statement).bind(moment.0).execute(&self.pool).await.map_err(&failed)?;
            removed += done.rows_affected();
        }
        Ok(removed)
    }

    /// Removes what was written down about rows of these accounts.
    pub async fn forget_in_acts(&self, accounts: &[AccountId]) -> Result<(), StoreError> {
        let failed = StoreError::of("removing what was written down about an account");
        for account in accounts {
            sqlx::query(
                "delete from act_change where $1 in (json_extract(before, '$.account_id'), json_extract(after, '$.account_id'))
                 or $1 in (json_extract(before, '$.creator_id'), json_extract(after, '$.creator_id'))
                 or $1 in (json_extract(before, '$.other_account_id'), json_extract(after, '$.other_account_id'))
                 or row_key = cast($1 as text) or row_key like '%/' || $1 or row_key like $1 || '/%' or row_key like '%/' || $1 || '/%'",
            )
            .bind(account.0)
            .execute(&self.pool)
            .await
            .map_err(&failed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rows_are_written_down_before_and_after_in_the_name_of_whoever_acts_and_secrets_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        store.set_setting("zone", "Europe/Berlin").await.expect("keeps");
        assert_eq!(store.act_changes(None, None, None, 9).await.expect("reads"), [], "the program's own work is not");
        acting("1|Ana".to_owned(), store.set_setting("zone", "Europe/Madrid")).await.expect("keeps");
        acting("1|Ana".to_owned(), store.set_setting("zone", "Europe/Madrid")).await.expect("keeps the same");
        acting("2|Bo".to_owned(), store.set_setting("reminders", "weekly")).await.expect("keeps");
        store.set_setting("zone", "UTC").await.expect("keeps");
        let found = store.act_changes(Some("setting"), None, None, 9).await.expect("reads");
        let seen: Vec<String> = (found.iter())
            .map(|one| format!("{} {} {} {:?} {:?}", one.actor, one.operation, one.key, one.before, one.after))
            .collect();
        assert_eq!(
            seen,
            [
                r#"2|Bo insert reminders None Some("{\"name\":\"reminders\",\"value\":\"weekly\"}")"#,
                r#"1|Ana update zone Some("{\"name\":\"zone\",\"value\":\"Europe/Berlin\"}") Some("{\"name\":\"zone\",\"value\":\"Europe/Madrid\"}")"#,
            ]
        );
        let id =
            acting("1|Ana".to_owned(), store.add_person_here("c@x.example", "Cy", model::Role::Viewer, Timestamp(1)));
        let id = id.await.expect("adds").expect("is new");
        acting("1|Ana".to_owned(), store.set_password_hash(id, "$argon2id$a", None)).await.expect("keeps");
        let found = store.act_changes(Some("person_here"), None, None, 9).await.expect("reads");
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|one| !format!("{one:?}").contains("argon2id")), "{found:?}");
        assert!(found[0].after.as_deref().is_some_and(|after| after.contains("(not written down)")), "{found:?}");
        assert!((found[0].at.0 - 1_700_000_000_000_000) > 0, "{found:?}");
    }

    #[tokio::test]
    async fn what_was_done_is_never_changed_and_goes_with_its_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        let first = store.note_act(Some(1), "Ana", "POST /x", "/x", "done", Timestamp(5)).await.expect("notes");
        store.note_act(None, "command line", "admin user add", "", "done", Timestamp(9)).await.expect("notes");
        let changed = sqlx::query("update act set actor = 'Bo'").execute(&store.pool).await;
        assert!(changed.expect_err("is refused").to_string().contains("never changed"));
        let all = ActsAsked { limit: 9, ..ActsAsked::default() };
        assert_eq!(store.acts(&all).await.expect("reads").len(), 2);
        let of_ana = ActsAsked { person: Some(1), ..all.clone() };
        assert_eq!(store.acts(&of_ana).await.expect("reads")[0].id, first);
        assert_eq!(store.remove_acts_before(Timestamp(6)).await.expect("removes"), 1);
        assert_eq!(store.acts(&all).await.expect("reads")[0].actor, "command line");
    }
}
