//! What `bellwether refresh` makes from the facts, kept apart so that it can be deleted and made again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use model::{AccountId, Platform};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow, SqliteSynchronous};
use sqlx::{QueryBuilder, Row, Sqlite};

use crate::conversations::{GROUP_TABLES, GroupsKept, forget_members, replace_groups};
use crate::database::{empty_journal, open_pool};
use crate::error::StoreError;
use crate::fit::{READING_TABLES, forget_reading};
use crate::persons::{MERGE_TABLES, forget_merges};

/// A change of the tables below, or of what is written into them, raises this; an older file is made anew.
const DERIVED_VERSION: i64 = 7;

/// What vetting makes of each creator, once in force and once of a refresh that is still running: of many creators they
/// are more than memory should hold.
const FIGURE_TABLES: [&str; 2] = ["creator_figures", "creator_commenter"];
const CREATE_FIGURES: [&str; 4] = [
    "create table if not exists creator_figures (account_id integer primary key, level text not null, reply_rate real, \
     engagement real, platform text not null, followers integer, posts integer not null, comment_like real, \
     like_spread real, detail text not null)",
    "create table if not exists creator_commenter (author_id integer not null, commenter_id integer not null, \
     posts_commented integer not null, posts integer not null, primary key (author_id, commenter_id)) without rowid",
    "create table if not exists next_creator_figures (account_id integer primary key, level text not null, \
     reply_rate real, engagement real, platform text not null, followers integer, posts integer not null, \
     comment_like real, like_spread real, detail text not null)",
    "create table if not exists next_creator_commenter (author_id integer not null, commenter_id integer not null, \
     posts_commented integer not null, posts integer not null, primary key (author_id, commenter_id)) without rowid",
];

/// Values made from the facts of one data revision.
#[derive(Clone)]
pub struct Derived {
    pub(crate) pool: SqlitePool,
}

/// Everything one refresh made.
pub struct DerivedValues<'a> {
    pub revision: i64,
    /// Which facts were seen, as JSON.
    pub facts_seen: &'a str,
    /// The listening model as JSON.
    pub listening_model: &'a str,
    /// Texts that are buying talk: the number, the chance that it is, and its kinds as bits.
    pub text_talk: &'a [(i64, f32, u8)],
    pub groups: &'a GroupsKept,
}

/// What becomes of values that were kept before.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum KeptBefore<'a> {
    /// Everything was made anew.
    Goes,
    /// Texts and creators that are not among the new values stay as they are, except these texts, which are no buying
    /// talk any more, and these creators, whose figures are new.
    Stays { texts_gone: &'a [i64], figures: &'a [CreatorFigures] },
}

/// What vetting found about one creator: the columns a ranking sorts by, and the estimates as JSON.
#[derive(Clone, PartialEq, Debug)]
pub struct CreatorFigures {
    pub account: AccountId,
    pub level: String,
    pub reply_rate: Option<f64>,
    pub engagement: Option<f64>,
    pub measures: CreatorMeasures,
    /// Others who publish and comment under many of this creator's posts.
    pub commenters: Vec<FrequentCommenter>,
    pub detail: String,
}

/// What a creator is compared with peers by; unknown is `None`.
#[derive(Clone, PartialEq, Debug)]
pub struct CreatorMeasures {
    pub platform: Platform,
    /// Followers as last seen.
    pub followers: Option<i64>,
    /// Posts of theirs that are held.
    pub posts: u32,
    /// Comments for each like, over the posts that count.
    pub comment_like: Option<f64>,
    /// How much likes differ from post to post.
    pub like_spread: Option<f64>,
}

/// Somebody who publishes and comments under many posts of a creator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrequentCommenter {
    pub commenter: AccountId,
    /// Posts of the creator with a comment by them.
    pub posts_commented: u32,
}

/// A row of who comments under whose posts, with how many posts of the author are held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommentingRow {
    pub author: AccountId,
    pub commenter: AccountId,
    pub posts_commented: u32,
    pub posts: u32,
}

impl Derived {
    /// Opens `derived.sqlite` in `folder`; a file of another version is replaced by an empty one.
    pub async fn open(folder: &Path) -> Result<Derived, StoreError> {
        let path = folder.join("derived.sqlite");
        let opened = match Derived::open_file(&path).await {
            // All of it can be made again, so a file that is broken is put aside and another one begun.
            Err(error) if is_broken(&error.to_string()) => {
                put_aside(&path);
                Derived::open_file(&path).await?
            }
            opened => opened?,
        };
        if opened.number("version").await? == Some(DERIVED_VERSION) {
            return Ok(opened);
        }
        opened.pool.close().await;
        remove_database(&path);
        let fresh = Derived::open_file(&path).await?;
        fresh.set_number("version", DERIVED_VERSION).await?;
        Ok(fresh)
    }

    async fn open_file(path: &Path) -> Result<Derived, StoreError> {
        let pool = open_pool(path, SqliteSynchronous::Normal).await?;
        let derived = Derived { pool };
        for statement in [
            "create table if not exists number (name text primary key, value integer not null)",
            "create table if not exists document (name text primary key, value text not null)",
            "create table if not exists text_talk (text_id integer primary key, chance real not null, kinds integer not null)",
        ]
        .into_iter()
        .chain(CREATE_FIGURES)
        .chain(GROUP_TABLES)
        .chain(READING_TABLES)
        .chain(MERGE_TABLES)
        {
            sqlx::query(statement).execute(&derived.pool).await.map_err(StoreError::of("preparing derived values"))?;
        }
        Ok(derived)
    }

    /// The data revision these values were made from; `None` when they have not been made, or not to the end.
    pub async fn revision(&self) -> Result<Option<i64>, StoreError> {
        self.number("revision").await
    }

    /// Begins new figures of creators: what an earlier refresh left unfinished is thrown away.
    pub async fn begin_figures(&self) -> Result<(), StoreError> {
        let failed = StoreError::of("beginning creators' figures");
        for table in FIGURE_TABLES {
            let statement = format!("delete from next_{table}");
            sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&self.pool).await.map_err(&failed)?;
        }
        Ok(())
    }

    /// Keeps a part of the new figures; nobody reads them before [`Derived::keep`] puts all in force.
    pub async fn add_figures(&self, figures: &[CreatorFigures]) -> Result<(), StoreError> {
        let failed = StoreError::of("keeping creators' figures");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        insert_figures(&mut transaction, "next_", figures).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    /// Keeps the values of one refresh in one transaction, so that a reader sees the old values or the new ones. Where
    /// everything was made anew, the figures are those added since [`Derived::begin_figures`].
    pub async fn keep(&self, values: &DerivedValues<'_>, before: KeptBefore<'_>) -> Result<(), StoreError> {
        let failed = StoreError::of("keeping derived values");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        match before {
            KeptBefore::Goes => {
                let mut statements = vec!["delete from text_talk".to_owned()];
                for table in FIGURE_TABLES {
                    statements.push(format!("drop table {table}"));
                    statements.push(format!("alter table next_{table} rename to {table}"));
                }
                statements.extend(CREATE_FIGURES.map(str::to_owned));
                for statement in statements {
                    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut *transaction).await.map_err(&failed)?;
                }
            }
            KeptBefore::Stays { texts_gone, figures } => {
                for text in texts_gone {
                    sqlx::query("delete from text_talk where text_id = $1")
                        .bind(text)
                        .execute(&mut *transaction)
                        .await
                        .map_err(&failed)?;
                }
                insert_figures(&mut transaction, "", figures).await.map_err(&failed)?;
            }
        }
        for portion in values.text_talk.chunks(5_000) {
            let mut insert: QueryBuilder<Sqlite> =
                QueryBuilder::new("insert or replace into text_talk (text_id, chance, kinds) ");
            insert.push_values(portion, |mut row, (text, chance, kinds)| {
                row.push_bind(*text).push_bind(*chance).push_bind(i64::from(*kinds));
            });
            insert.build().execute(&mut *transaction).await.map_err(&failed)?;
        }
        replace_groups(&mut transaction, values.groups).await.map_err(&failed)?;
        let documents = [
            ("facts_seen", values.facts_seen),
            ("listening_model", values.listening_model),
            ("groups", &values.groups.found),
        ];
        for (name, document) in documents {
            sqlx::query("insert or replace into document (name, value) values ($1, $2)")
                .bind(name)
                .bind(document)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        sqlx::query("insert or replace into number (name, value) values ('revision', $1)")
            .bind(values.revision)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    /// Removes what was derived about these accounts.
    pub async fn forget(&self, accounts: &[AccountId]) -> Result<(), StoreError> {
        let failed = StoreError::of("removing what was derived about an account");
        for account in accounts {
            for statement in [
                "delete from creator_figures where account_id = $1",
                "delete from next_creator_figures where account_id = $1",
                "delete from creator_commenter where author_id = $1 or commenter_id = $1",
                "delete from next_creator_commenter where author_id = $1 or commenter_id = $1",
            ] {
                sqlx::query(statement).bind(account.0).execute(&self.pool).await.map_err(&failed)?;
            }
            let mut connection = self.pool.acquire().await.map_err(&failed)?;
            forget_members(&mut connection, *account).await.map_err(&failed)?;
            forget_reading(&mut connection, *account).await.map_err(&failed)?;
            forget_merges(&self.pool, *account).await.map_err(&failed)?;
        }
        empty_journal(&self.pool).await.map_err(&failed)
    }

    /// The listening model in force, as JSON.
    pub async fn listening_model(&self) -> Result<Option<String>, StoreError> {
        self.document("listening_model").await
    }

    /// Which facts the newest values were made from, as JSON.
    pub async fn facts_seen(&self) -> Result<Option<String>, StoreError> {
        self.document("facts_seen").await
    }

    /// The same facts lie in other files now; what was made from them stays.
    pub async fn keep_facts_seen(&self, seen: &str) -> Result<(), StoreError> {
        sqlx::query("insert or replace into document (name, value) values ('facts_seen', $1)")
            .bind(seen)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("keeping where the facts lie"))?;
        Ok(())
    }

    async fn document(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = sqlx::query_as("select value from document where name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading derived values"))?;
        Ok(row.map(|(value,)| value))
    }

    /// How many creators have figures.
    pub async fn figures_count(&self) -> Result<u64, StoreError> {
        let (count,): (i64,) = sqlx::query_as("select count(*) from creator_figures")
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::of("counting creators' figures"))?;
        Ok(count as u64)
    }

    /// Every text that is buying talk: its number, the chance that it is, and its kinds as bits.
    pub async fn text_talk(&self) -> Result<Vec<(i64, f32, u8)>, StoreError> {
        let rows: Vec<(i64, f64, i64)> =
            sqlx::query_as("select text_id, chance, kinds from text_talk order by text_id")
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading buying talk"))?;
        Ok(rows.into_iter().map(|(text, chance, kinds)| (text, chance as f32, kinds as u8)).collect())
    }

    /// The figures of these creators, without their frequent commenters; who has none is absent.
    pub async fn figures(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, CreatorFigures>, StoreError> {
        let mut found = HashMap::new();
        for portion in accounts.chunks(10_000) {
            let mut query: QueryBuilder<Sqlite> =
                QueryBuilder::new("select * from creator_figures where account_id in (");
            let mut list = query.separated(", ");
            for account in portion {
                list.push_bind(account.0);
            }
            query.push(")");
            let rows =
                query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading creators' figures"))?;
            for row in &rows {
                let account = AccountId(row.get("account_id"));
                let figures = CreatorFigures {
                    account,
                    level: row.get("level"),
                    reply_rate: row.get("reply_rate"),
                    engagement: row.get("engagement"),
                    measures: measures(row),
                    commenters: vec![],
                    detail: row.get("detail"),
                };
                found.insert(account, figures);
            }
        }
        Ok(found)
    }

    /// Everybody who has figures: those who published something that is held. By account.
    pub async fn creators(&self) -> Result<Vec<AccountId>, StoreError> {
        let rows: Vec<(i64,)> = sqlx::query_as("select account_id from creator_figures order by account_id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading who is a creator"))?;
        Ok(rows.into_iter().map(|(account,)| AccountId(account)).collect())
    }

    /// The engagement by followers of every creator that has one.
    pub async fn engagement(&self) -> Result<Vec<(AccountId, f64)>, StoreError> {
        let rows: Vec<(i64, f64)> =
            sqlx::query_as("select account_id, engagement from creator_figures where engagement is not null")
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading creators' engagement"))?;
        Ok(rows.into_iter().map(|(account, rate)| (AccountId(account), rate)).collect())
    }

    /// What every creator is compared by, with the engagement by followers, by account.
    pub async fn measures(&self) -> Result<Vec<(AccountId, Option<f64>, CreatorMeasures)>, StoreError> {
        let rows = sqlx::query(
            "select account_id, engagement, platform, followers, posts, comment_like, like_spread from creator_figures \
             order by account_id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what creators are compared by"))?;
        Ok(rows.iter().map(|row| (AccountId(row.get("account_id")), row.get("engagement"), measures(row))).collect())
    }

    /// Who publishes and comments under many posts of whom, by author and commenter.
    pub async fn commenters(&self) -> Result<Vec<CommentingRow>, StoreError> {
        let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
            "select author_id, commenter_id, posts_commented, posts from creator_commenter order by author_id, commenter_id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading who comments under whose posts"))?;
        let row = |(author, commenter, commented, posts)| CommentingRow {
            author: AccountId(author),
            commenter: AccountId(commenter),
            posts_commented: count(commented),
            posts: count(posts),
        };
        Ok(rows.into_iter().map(row).collect())
    }

    pub(crate) async fn number(&self, name: &str) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as("select value from number where name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading derived values"))?;
        Ok(row.map(|(value,)| value))
    }

    pub(crate) async fn set_number(&self, name: &str, value: i64) -> Result<(), StoreError> {
        sqlx::query("insert or replace into number (name, value) values ($1, $2)")
            .bind(name)
            .bind(value)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("keeping derived values"))?;
        Ok(())
    }
}

/// Puts figures into the tables in force, or into those of the `next_` refresh.
async fn insert_figures(
    connection: &mut SqliteConnection,
    which: &'static str,
    figures: &[CreatorFigures],
) -> Result<(), sqlx::Error> {
    for portion in figures.chunks(2_000) {
        let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(format!(
            "insert or replace into {which}creator_figures (account_id, level, reply_rate, engagement, platform, \
             followers, posts, comment_like, like_spread, detail) "
        ));
        insert.push_values(portion, |mut row, figures| {
            let measures = &figures.measures;
            row.push_bind(figures.account.0)
                .push_bind(&figures.level)
                .push_bind(figures.reply_rate)
                .push_bind(figures.engagement)
                .push_bind(measures.platform.code())
                .push_bind(measures.followers)
                .push_bind(i64::from(measures.posts))
                .push_bind(measures.comment_like)
                .push_bind(measures.like_spread)
                .push_bind(&figures.detail);
        });
        insert.build().execute(&mut *connection).await?;
        let mut gone: QueryBuilder<Sqlite> =
            QueryBuilder::new(format!("delete from {which}creator_commenter where author_id in ("));
        let mut list = gone.separated(", ");
        for figures in portion {
            list.push_bind(figures.account.0);
        }
        gone.push(")");
        gone.build().execute(&mut *connection).await?;
        let rows: Vec<(i64, FrequentCommenter, u32)> = portion
            .iter()
            .flat_map(|of| of.commenters.iter().map(|one| (of.account.0, *one, of.measures.posts)))
            .collect();
        for rows in rows.chunks(5_000) {
            let mut insert: QueryBuilder<Sqlite> = QueryBuilder::new(format!(
                "insert into {which}creator_commenter (author_id, commenter_id, posts_commented, posts) "
            ));
            insert.push_values(rows, |mut row, (author, one, posts)| {
                row.push_bind(author)
                    .push_bind(one.commenter.0)
                    .push_bind(i64::from(one.posts_commented))
                    .push_bind(i64::from(*posts));
            });
            insert.build().execute(&mut *connection).await?;
        }
    }
    Ok(())
}

fn measures(row: &SqliteRow) -> CreatorMeasures {
    CreatorMeasures {
        platform: Platform::from_code(row.get("platform")).unwrap_or(Platform::Other),
        followers: row.get("followers"),
        posts: count(row.get("posts")),
        comment_like: row.get("comment_like"),
        like_spread: row.get("like_spread"),
    }
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// Whether the database says that its file is no database, or a broken one.
fn is_broken(said: &str) -> bool {
    ["file is not a database", "malformed", "file is encrypted", "unsupported file format"]
        .iter()
        .any(|sign| said.contains(sign))
}

/// Renames a broken file, for whoever wants to look at it; the one put aside before goes.
fn put_aside(path: &Path) {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".broken");
    // Where it cannot be renamed it is removed: nothing in it was known nowhere else.
    drop(std::fs::rename(path, PathBuf::from(aside)));
    remove_database(path);
}

fn remove_database(path: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        // A file that is not there is as good as removed.
        drop(std::fs::remove_file(PathBuf::from(name)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations::GroupRow;

    fn measures_of_nobody() -> CreatorMeasures {
        CreatorMeasures {
            platform: Platform::Other,
            followers: Some(12),
            posts: 40,
            comment_like: None,
            like_spread: Some(0.5),
        }
    }

    #[tokio::test]
    async fn a_broken_file_is_put_aside_and_another_one_begun() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(
            folder.path().join("derived.sqlite"),
            "this is no database, and longer than a header of one".repeat(200),
        )
        .expect("writes");
        let derived = Derived::open(folder.path()).await.expect("opens");
        assert_eq!(derived.revision().await.expect("reads"), None);
        assert!(folder.path().join("derived.sqlite.broken").exists());
    }

    #[tokio::test]
    async fn derived_values_can_be_deleted_and_are_then_simply_not_made_yet() {
        let folder = tempfile::tempdir().expect("a folder");
        let derived = Derived::open(folder.path()).await.expect("opens");
        let figures = CreatorFigures {
            account: AccountId(7),
            level: "many".into(),
            reply_rate: Some(0.5),
            engagement: None,
            measures: measures_of_nobody(),
            commenters: vec![],
            detail: "{}".into(),
        };
        let groups = GroupsKept {
            found: "{}".into(),
            groups: vec![GroupRow { id: 4, members: 1, detail: "{}".into(), ..GroupRow::default() }],
            members: vec![(AccountId(7), 4)],
        };
        let values = DerivedValues {
            revision: 3,
            facts_seen: "{}",
            listening_model: "{}",
            text_talk: &[(11, 0.75, 4)],
            groups: &groups,
        };
        let known = [AccountId(7), AccountId(8)];
        let left_behind = CreatorFigures { account: AccountId(8), ..figures.clone() };
        derived.add_figures(&[left_behind]).await.expect("keeps");
        derived.begin_figures().await.expect("throws away");
        derived.add_figures(std::slice::from_ref(&figures)).await.expect("keeps");
        assert!(derived.figures(&known).await.expect("reads").is_empty(), "nobody sees figures before all are made");
        derived.keep(&values, KeptBefore::Goes).await.expect("keeps");
        assert_eq!(derived.groups().await.expect("reads"), groups);
        assert_eq!(derived.revision().await.expect("reads"), Some(3));
        assert_eq!(derived.figures(&known).await.expect("reads"), HashMap::from([(AccountId(7), figures)]));
        assert_eq!(derived.text_talk().await.expect("reads"), [(11, 0.75, 4)]);
        assert_eq!(derived.facts_seen().await.expect("reads").as_deref(), Some("{}"));
        assert_eq!(derived.creators().await.expect("reads"), [AccountId(7)]);
        derived.keep_map_places("groups", &[(0.5, -2.0)]).await.expect("keeps");
        assert_eq!(derived.map_places("groups").await.expect("reads"), Some(vec![(0.5, -2.0)]));
        derived.keep(&values, KeptBefore::Goes).await.expect("keeps");
        assert_eq!(derived.map_places("groups").await.expect("reads"), None, "other groups lie elsewhere");
        drop(derived);
        remove_database(&folder.path().join("derived.sqlite"));
        let again = Derived::open(folder.path()).await.expect("opens");
        assert_eq!(again.revision().await.expect("reads"), None);
    }

    #[tokio::test]
    async fn what_a_small_change_does_not_touch_stays_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let derived = Derived::open(folder.path()).await.expect("opens");
        let creator = |account: i64, level: &str| CreatorFigures {
            account: AccountId(account),
            level: level.into(),
            reply_rate: None,
            engagement: None,
            measures: measures_of_nobody(),
            commenters: vec![
                FrequentCommenter { commenter: AccountId(9), posts_commented: 3 },
                FrequentCommenter { commenter: AccountId(20 + i64::from(level == "rarely")), posts_commented: 5 },
            ],
            detail: "{}".into(),
        };
        let member = |account: i64, group: i64| (AccountId(account), group);
        let groups = |members: Vec<(AccountId, i64)>| GroupsKept { found: "{}".into(), groups: vec![], members };
        let (first, second) = (
            groups(vec![member(1, 4), member(2, 4), member(3, 5)]),
            groups(vec![member(1, 4), member(3, 4), member(9, 5)]),
        );
        let (all, one) = ([creator(1, "many"), creator(2, "some")], [creator(2, "rarely")]);
        let values = DerivedValues {
            revision: 1,
            facts_seen: "1",
            listening_model: "{}",
            text_talk: &[(11, 0.75, 4), (12, 0.5, 1), (13, 0.5, 1)],
            groups: &first,
        };
        derived.add_figures(&all).await.expect("keeps");
        derived.keep(&values, KeptBefore::Goes).await.expect("keeps");
        let change =
            DerivedValues { revision: 2, facts_seen: "2", text_talk: &[(12, 0.875, 2)], groups: &second, ..values };
        derived.keep(&change, KeptBefore::Stays { texts_gone: &[13], figures: &one }).await.expect("keeps");
        assert_eq!(derived.text_talk().await.expect("reads"), [(11, 0.75, 4), (12, 0.875, 2)]);
        let figures = derived.figures(&[AccountId(1), AccountId(2)]).await.expect("reads");
        assert_eq!((figures[&AccountId(1)].level.as_str(), figures[&AccountId(2)].level.as_str()), ("many", "rarely"));
        assert_eq!(derived.groups().await.expect("reads").members, second.members);
        assert_eq!(derived.revision().await.expect("reads"), Some(2));
        assert_eq!(derived.figures_count().await.expect("reads"), 2);
        let commenters = |rows: Vec<CommentingRow>| -> Vec<(i64, i64)> {
            rows.into_iter().map(|row| (row.author.0, row.commenter.0)).collect()
        };
        assert_eq!(commenters(derived.commenters().await.expect("reads")), [(1, 9), (1, 20), (2, 9), (2, 21)]);
        derived.forget(&[AccountId(9), AccountId(2)]).await.expect("forgets");
        assert_eq!(
            commenters(derived.commenters().await.expect("reads")),
            [(1, 20)],
            "nobody's list holds the forgotten"
        );
        assert_eq!(derived.measures().await.expect("reads"), [(AccountId(1), None, measures_of_nobody())]);
    }
}
