//! Conversation groups: which ones have been met and what became of them, and who is in them as last computed.

use model::{AccountId, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row, Sqlite};

use crate::database::Store;
use crate::derived::Derived;
use crate::error::StoreError;

/// A group that has been met.
#[derive(Clone, PartialEq, Debug)]
pub struct KnownGroup {
    pub id: i64,
    pub name: Option<String>,
    pub began_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// What happened to a group.
#[derive(Clone, PartialEq, Debug)]
pub struct GroupEventRow {
    pub at: Timestamp,
    /// `began`, `split_off`, `merged_into`, `ended`, `renamed`.
    pub kind: String,
    pub group: i64,
    pub other: Option<i64>,
    pub share: Option<f64>,
    pub words: Option<String>,
}

/// A group as one refresh found it: a new one, or one met before.
#[derive(Clone, PartialEq, Debug)]
pub struct MetGroup {
    pub id: Option<i64>,
    pub name: Option<String>,
    pub core: Vec<AccountId>,
}

/// What a refresh found happening; groups by their place among the [`MetGroup`]s, earlier ones by their number.
#[derive(Clone, PartialEq, Debug)]
pub enum MetEvent {
    Began { place: usize },
    SplitOff { place: usize, from: i64, share: f64 },
    MergedInto { earlier: i64, place: usize, share: f64 },
    Ended { earlier: i64 },
    Renamed { place: usize, before: String },
}

/// One group as last computed.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct GroupRow {
    pub id: i64,
    /// The family it belongs to: the number of a larger cut.
    pub family: i64,
    pub members: i64,
    /// Its figures as JSON, without the names of people.
    pub detail: String,
    pub voices: Vec<VoiceRow>,
    pub samples: Vec<SampleRow>,
}

/// Somebody whom members of a group turn to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct VoiceRow {
    pub account: AccountId,
    pub listeners: u32,
    pub answered: u32,
}

/// Words that show what a group talks about.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SampleRow {
    pub text: i64,
    pub author: AccountId,
    pub other: Option<AccountId>,
}

/// All groups as last computed.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct GroupsKept {
    /// How they were found, as JSON; empty before any was.
    pub found: String,
    pub groups: Vec<GroupRow>,
    /// Every member with its group, by account.
    pub members: Vec<(AccountId, i64)>,
}

impl Store {
    /// Writes what a refresh met and returns the numbers of the groups, in their order. Groups met before and not
    /// among these have ended. One transaction.
    pub async fn meet_groups(
        &self,
        met: &[MetGroup],
        events: &[MetEvent],
        at: Timestamp,
    ) -> Result<Vec<i64>, StoreError> {
        let failed = StoreError::of("keeping the conversation groups");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let connection = &mut *transaction;
        let mut ids = Vec::with_capacity(met.len());
        sqlx::query("update known_group set ended_at = $1 where ended_at is null")
            .bind(at.0)
            .execute(&mut *connection)
            .await
            .map_err(&failed)?;
        sqlx::query("delete from known_group_core").execute(&mut *connection).await.map_err(&failed)?;
        for group in met {
            let id = meet(connection, group, at).await.map_err(&failed)?;
            for portion in group.core.chunks(1_000) {
                let mut insert: QueryBuilder<Sqlite> =
                    QueryBuilder::new("insert into known_group_core (group_id, account_id) ");
                insert.push_values(portion, |mut values, account| {
                    values.push_bind(id).push_bind(account.0);
                });
                insert.build().execute(&mut *connection).await.map_err(&failed)?;
            }
            ids.push(id);
        }
        for event in events {
            keep_event(connection, event, &ids, at).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(ids)
    }

    /// All groups ever met, by number.
    pub async fn known_groups(&self) -> Result<Vec<KnownGroup>, StoreError> {
        let rows = sqlx::query("select id, name, began_at, ended_at from known_group order by id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the conversation groups"))?;
        Ok(rows
            .iter()
            .map(|row| KnownGroup {
                id: row.get("id"),
                name: row.get("name"),
                began_at: Timestamp(row.get("began_at")),
                ended_at: row.get::<Option<i64>, _>("ended_at").map(Timestamp),
            })
            .collect())
    }

    /// The members by whom groups are recognised again.
    pub async fn group_cores(&self) -> Result<Vec<(AccountId, i64)>, StoreError> {
        let rows: Vec<(i64, i64)> =
            sqlx::query_as("select account_id, group_id from known_group_core order by account_id")
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading the conversation groups"))?;
        Ok(rows.into_iter().map(|(account, group)| (AccountId(account), group)).collect())
    }

    /// What happened to groups, newest first; of one group, or of all.
    pub async fn group_events(&self, group: Option<i64>, limit: u32) -> Result<Vec<GroupEventRow>, StoreError> {
        let rows = sqlx::query(
            "select at, kind, group_id, other_group_id, share, words from group_event
             where $1 is null or group_id = $1 or other_group_id = $1 order by id desc limit $2",
        )
        .bind(group)
        .bind(limit)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading what happened to groups"))?;
        Ok(rows
            .iter()
            .map(|row| GroupEventRow {
                at: Timestamp(row.get("at")),
                kind: row.get("kind"),
                group: row.get("group_id"),
                other: row.get("other_group_id"),
                share: row.get("share"),
                words: row.get("words"),
            })
            .collect())
    }

    /// Takes forgotten people out of what groups are recognised by.
    pub async fn forget_in_groups(&self, accounts: &[AccountId]) -> Result<(), StoreError> {
        for account in accounts {
            sqlx::query("delete from known_group_core where account_id = $1")
                .bind(account.0)
                .execute(&self.pool)
                .await
                .map_err(StoreError::of("taking an account out of its group"))?;
        }
        Ok(())
    }
}

async fn meet(connection: &mut SqliteConnection, group: &MetGroup, at: Timestamp) -> Result<i64, sqlx::Error> {
    let Some(id) = group.id else {
        let row = sqlx::query("insert into known_group (name, began_at) values ($1, $2) returning id")
            .bind(&group.name)
            .bind(at.0)
            .fetch_one(connection)
            .await?;
        return Ok(row.get("id"));
    };
    sqlx::query("update known_group set name = $1, ended_at = null where id = $2")
        .bind(&group.name)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(id)
}

async fn keep_event(
    connection: &mut SqliteConnection,
    event: &MetEvent,
    ids: &[i64],
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let (kind, group, other, share, words) = match event {
        MetEvent::Began { place } => ("began", ids[*place], None, None, None),
        MetEvent::SplitOff { place, from, share } => ("split_off", ids[*place], Some(*from), Some(*share), None),
        MetEvent::MergedInto { earlier, place, share } => {
            ("merged_into", *earlier, Some(ids[*place]), Some(*share), None)
        }
        MetEvent::Ended { earlier } => ("ended", *earlier, None, None, None),
        MetEvent::Renamed { place, before } => ("renamed", ids[*place], None, None, Some(before)),
    };
    sqlx::query(
        "insert into group_event (at, kind, group_id, other_group_id, share, words) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(at.0)
    .bind(kind)
    .bind(group)
    .bind(other)
    .bind(share)
    .bind(words)
    .execute(connection)
    .await?;
    Ok(())
}

/// The tables of the groups as last computed.
pub(crate) const GROUP_TABLES: [&str; 6] = [
    "create table if not exists conversation_group (id integer primary key, family integer not null, \
     members integer not null, detail text not null)",
    "create table if not exists group_member (account_id integer primary key, group_id integer not null)",
    "create index if not exists group_member_by_group on group_member (group_id)",
    "create table if not exists group_voice (group_id integer not null, place integer not null, \
     account_id integer not null, listeners integer not null, answered integer not null, primary key (group_id, place))",
    "create table if not exists group_sample (group_id integer not null, place integer not null, \
     text_id integer not null, author_id integer not null, other_id integer, primary key (group_id, place))",
    "create table if not exists map_places (map text primary key, places blob not null)",
];

/// Puts these groups in the place of those before, inside a transaction.
pub(crate) async fn replace_groups(connection: &mut SqliteConnection, kept: &GroupsKept) -> Result<(), sqlx::Error> {
    for table in ["conversation_group", "group_voice", "group_sample", "map_places"] {
        sqlx::query(sqlx::AssertSqlSafe(format!("delete from {table}"))).execute(&mut *connection).await?;
    }
    for group in &kept.groups {
        sqlx::query("insert into conversation_group (id, family, members, detail) values ($1, $2, $3, $4)")
            .bind(group.id)
            .bind(group.family)
            .bind(group.members)
            .bind(&group.detail)
            .execute(&mut *connection)
            .await?;
        for (place, voice) in group.voices.iter().enumerate() {
            sqlx::query("insert into group_voice (group_id, place, account_id, listeners, answered) values ($1, $2, $3, $4, $5)")
                .bind(group.id)
                .bind(place as i64)
                .bind(voice.account.0)
                .bind(voice.listeners)
                .bind(voice.answered)
                .execute(&mut *connection)
                .await?;
        }
        for (place, sample) in group.samples.iter().enumerate() {
            sqlx::query(
                "insert into group_sample (group_id, place, text_id, author_id, other_id) values ($1, $2, $3, $4, $5)",
            )
            .bind(group.id)
            .bind(place as i64)
            .bind(sample.text)
            .bind(sample.author.0)
            .bind(sample.other.map(|other| other.0))
            .execute(&mut *connection)
            .await?;
        }
    }
    replace_members(connection, &kept.members).await
}

/// Writes who has come, gone or changed groups; most members stay where they were.
async fn replace_members(connection: &mut SqliteConnection, members: &[(AccountId, i64)]) -> Result<(), sqlx::Error> {
    let before: Vec<(i64, i64)> = sqlx::query_as("select account_id, group_id from group_member order by account_id")
        .fetch_all(&mut *connection)
        .await?;
    let same = |account: AccountId, group: i64| before.binary_search(&(account.0, group)).is_ok();
    let changed: Vec<&(AccountId, i64)> = members.iter().filter(|(account, group)| !same(*account, *group)).collect();
    for portion in changed.chunks(10_000) {
        let mut insert: QueryBuilder<Sqlite> =
            QueryBuilder::new("insert or replace into group_member (account_id, group_id) ");
        insert.push_values(portion, |mut values, (account, group)| {
            values.push_bind(account.0).push_bind(*group);
        });
        insert.build().execute(&mut *connection).await?;
    }
    for (account, _) in &before {
        if members.binary_search_by_key(account, |(member, _)| member.0).is_err() {
            sqlx::query("delete from group_member where account_id = $1")
                .bind(account)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

/// Removes forgotten people from the groups as last computed.
pub(crate) async fn forget_members(connection: &mut SqliteConnection, account: AccountId) -> Result<(), sqlx::Error> {
    for statement in [
        "delete from group_member where account_id = $1",
        "delete from group_voice where account_id = $1",
        "delete from group_sample where author_id = $1 or other_id = $1",
    ] {
        sqlx::query(statement).bind(account.0).execute(&mut *connection).await?;
    }
    Ok(())
}

impl Derived {
    /// Keeps where the nodes of a map lie, until the groups are replaced.
    pub async fn keep_map_places(&self, map: &str, places: &[(f32, f32)]) -> Result<(), StoreError> {
        let bytes: Vec<u8> = places.iter().flat_map(|(x, y)| [x.to_le_bytes(), y.to_le_bytes()]).flatten().collect();
        sqlx::query("insert or replace into map_places (map, places) values ($1, $2)")
            .bind(map)
            .bind(bytes)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("keeping the places of a map"))?;
        Ok(())
    }

    /// Where the nodes of a map lie, as kept since the groups were last replaced.
    pub async fn map_places(&self, map: &str) -> Result<Option<Vec<(f32, f32)>>, StoreError> {
        let row: Option<(Vec<u8>,)> = sqlx::query_as("select places from map_places where map = $1")
            .bind(map)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading the places of a map"))?;
        let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        Ok(row.map(|(bytes,)| bytes.chunks_exact(8).map(|place| (number(&place[..4]), number(&place[4..]))).collect()))
    }

    /// The groups of these accounts, by account; who is in none is absent. Cost: a look-up each.
    pub async fn groups_of(&self, accounts: &[AccountId]) -> Result<Vec<(AccountId, i64)>, StoreError> {
        let mut found = Vec::new();
        for portion in accounts.chunks(1_000) {
            let mut query = QueryBuilder::new("select account_id, group_id from group_member where account_id in (");
            let mut named = query.separated(", ");
            portion.iter().for_each(|account| _ = named.push_bind(account.0));
            query.push(") order by account_id");
            let rows: Vec<(i64, i64)> = query
                .build_query_as()
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading the groups of accounts"))?;
            found.extend(rows.into_iter().map(|(account, group)| (AccountId(account), group)));
        }
        found.sort_unstable();
        Ok(found)
    }

    /// How the groups were found, as JSON; empty before the first refresh.
    pub async fn groups_found(&self) -> Result<String, StoreError> {
        let found: Option<(String,)> = sqlx::query_as("select value from document where name = 'groups'")
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading the conversation groups"))?;
        Ok(found.map(|(value,)| value).unwrap_or_default())
    }

    /// Every group's number, size and figures as JSON, without its people.
    pub async fn group_details(&self) -> Result<Vec<GroupRow>, StoreError> {
        let rows = sqlx::query("select id, family, members, detail from conversation_group order by id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the conversation groups"))?;
        let group = |row: &SqliteRow| GroupRow {
            id: row.get("id"),
            family: row.get("family"),
            members: row.get("members"),
            detail: row.get("detail"),
            ..GroupRow::default()
        };
        Ok(rows.iter().map(group).collect())
    }

    /// The groups of everybody who has published something, by account; who is in none is absent.
    pub async fn groups_of_creators(&self) -> Result<Vec<(AccountId, i64)>, StoreError> {
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "select account_id, group_id from creator_figures join group_member using (account_id) order by account_id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading the groups of creators"))?;
        Ok(rows.into_iter().map(|(account, group)| (AccountId(account), group)).collect())
    }

    /// The groups as last computed; without any before the first refresh.
    pub async fn groups(&self) -> Result<GroupsKept, StoreError> {
        let failed = StoreError::of("reading the conversation groups");
        let found: Option<(String,)> = sqlx::query_as("select value from document where name = 'groups'")
            .fetch_optional(&self.pool)
            .await
            .map_err(&failed)?;
        let mut groups = self.group_details().await?;
        let place = |id: i64, groups: &[GroupRow]| groups.binary_search_by_key(&id, |group| group.id).ok();
        let voices = sqlx::query("select * from group_voice order by group_id, place")
            .fetch_all(&self.pool)
            .await
            .map_err(&failed)?;
        for row in &voices {
            let Some(place) = place(row.get("group_id"), &groups) else { continue };
            groups[place].voices.push(VoiceRow {
                account: AccountId(row.get("account_id")),
                listeners: row.get("listeners"),
                answered: row.get("answered"),
            });
        }
        let samples = sqlx::query("select * from group_sample order by group_id, place")
            .fetch_all(&self.pool)
            .await
            .map_err(&failed)?;
        for row in &samples {
            let Some(place) = place(row.get("group_id"), &groups) else { continue };
            groups[place].samples.push(SampleRow {
                text: row.get("text_id"),
                author: AccountId(row.get("author_id")),
                other: row.get::<Option<i64>, _>("other_id").map(AccountId),
            });
        }
        let members: Vec<(i64, i64)> =
            sqlx::query_as("select account_id, group_id from group_member order by account_id")
                .fetch_all(&self.pool)
                .await
                .map_err(&failed)?;
        Ok(GroupsKept {
            found: found.map(|(found,)| found).unwrap_or_default(),
            groups,
            members: members.into_iter().map(|(account, group)| (AccountId(account), group)).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(id: Option<i64>, name: &str, core: &[i64]) -> MetGroup {
        MetGroup { id, name: Some(name.to_owned()), core: core.iter().map(|&account| AccountId(account)).collect() }
    }

    #[tokio::test]
    async fn a_group_keeps_its_number_and_one_that_is_gone_keeps_its_row() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        let first = [met(None, "rye, bread", &[1, 2]), met(None, "trail", &[3])];
        let ids = store.meet_groups(&first, &[], Timestamp(10)).await.expect("keeps");
        let again = [met(Some(ids[0]), "rye, bread", &[1, 4])];
        let events = [MetEvent::MergedInto { earlier: ids[1], place: 0, share: 0.9 }];
        assert_eq!(store.meet_groups(&again, &events, Timestamp(20)).await.expect("keeps"), [ids[0]]);
        let known = store.known_groups().await.expect("reads");
        assert_eq!((known[0].ended_at, known[1].ended_at), (None, Some(Timestamp(20))));
        assert_eq!(store.group_cores().await.expect("reads"), [(AccountId(1), ids[0]), (AccountId(4), ids[0])]);
        let told = store.group_events(Some(ids[0]), 10).await.expect("reads");
        assert_eq!((told[0].kind.as_str(), told[0].group, told[0].other), ("merged_into", ids[1], Some(ids[0])));
        store.forget_in_groups(&[AccountId(4)]).await.expect("forgets");
        assert_eq!(store.group_cores().await.expect("reads"), [(AccountId(1), ids[0])]);
    }
}
