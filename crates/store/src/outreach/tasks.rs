//! What is to be done about contacts, what they are tagged with, and fields a team adds of its own.

use model::Timestamp;
use model::outreach::TouchKind;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row};

use super::touches::{NewTouch, put_touch};
use crate::database::Store;
use crate::error::StoreError;

/// Something to be done about a contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskRow {
    pub id: i64,
    pub contact: i64,
    pub title: String,
    /// A day as 2026-03-01.
    pub due_on: String,
    pub owner: String,
    pub created_at: Timestamp,
    pub done_at: Option<Timestamp>,
}

/// A field the team added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldRow {
    pub id: i64,
    pub name: String,
    /// text, number, day, choice
    pub kind: String,
    /// One a line.
    pub choices: String,
}

fn task_of(row: &SqliteRow) -> TaskRow {
    TaskRow {
        id: row.get("id"),
        contact: row.get("contact_id"),
        title: row.get("title"),
        due_on: row.get("due_on"),
        owner: row.get("owner"),
        created_at: Timestamp(row.get("created_at")),
        done_at: row.get::<Option<i64>, _>("done_at").map(Timestamp),
    }
}

impl Store {
    pub async fn add_task(
        &self,
        contact: i64,
        title: &str,
        due_on: &str,
        owner: &str,
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        let failed = StoreError::of("keeping a task");
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        put_task(&mut connection, contact, title, due_on, owner, at).await.map_err(&failed)
    }

    /// Ends a task and writes it into the timeline; whether it was open.
    pub async fn end_task(&self, task: i64, actor: &str, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("ending a task");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query("update task set done_at = $2 where id = $1 and done_at is null returning *")
            .bind(task)
            .bind(at.0)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
        let Some(task) = row.as_ref().map(task_of) else { return Ok(false) };
        let touch = NewTouch {
            contact: task.contact,
            at,
            kind: TouchKind::Task,
            actor: actor.to_owned(),
            summary: format!("done: {}", task.title),
            detail: String::new(),
            mail: None,
        };
        put_touch(&mut transaction, &touch).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// Open tasks due by a day, the most urgent first.
    pub async fn tasks_due(&self, by: &str, at_most: u64) -> Result<Vec<TaskRow>, StoreError> {
        let rows =
            sqlx::query("select * from task where done_at is null and due_on <= $1 order by due_on, id limit $2")
                .bind(by)
                .bind(at_most as i64)
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading tasks"))?;
        Ok(rows.iter().map(task_of).collect())
    }

    /// The open tasks of contacts.
    pub async fn open_tasks(&self, contacts: &[i64]) -> Result<Vec<TaskRow>, StoreError> {
        let mut found = Vec::new();
        for part in contacts.chunks(500) {
            let mut query = QueryBuilder::new("select * from task where done_at is null and contact_id in (");
            let mut numbers = query.separated(", ");
            for id in part {
                numbers.push_bind(*id);
            }
            query.push(") order by due_on, id");
            let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading tasks"))?;
            found.extend(rows.iter().map(task_of));
        }
        Ok(found)
    }

    pub async fn contact_tags(&self, contacts: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
        let mut found = Vec::new();
        for part in contacts.chunks(500) {
            let mut query = QueryBuilder::new("select contact_id, tag from contact_tag where contact_id in (");
            let mut numbers = query.separated(", ");
            for id in part {
                numbers.push_bind(*id);
            }
            query.push(") order by contact_id, tag");
            let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading tags"))?;
            found.extend(rows.iter().map(|row| (row.get("contact_id"), row.get("tag"))));
        }
        Ok(found)
    }

    /// Puts tags on contacts and takes others off, all or none.
    pub async fn tag_contacts(&self, contacts: &[i64], on: &[String], off: &[String]) -> Result<(), StoreError> {
        let failed = StoreError::of("tagging contacts");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        for contact in contacts {
            for tag in on {
                put_tag(&mut transaction, *contact, tag).await.map_err(&failed)?;
            }
            for tag in off {
                take_tag(&mut transaction, *contact, tag).await.map_err(&failed)?;
            }
        }
        transaction.commit().await.map_err(&failed)
    }

    pub async fn contact_fields(&self) -> Result<Vec<FieldRow>, StoreError> {
        let rows = sqlx::query("select * from contact_field order by position, id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading the fields of contacts"))?;
        let of = |row: &SqliteRow| FieldRow {
            id: row.get("id"),
            name: row.get("name"),
            kind: row.get("kind"),
            choices: row.get("choices"),
        };
        Ok(rows.iter().map(of).collect())
    }

    /// Adds a field; `None` where one of that name is there.
    pub async fn add_contact_field(&self, name: &str, kind: &str, choices: &str) -> Result<Option<i64>, StoreError> {
        let row = sqlx::query(
            "insert into contact_field (name, kind, choices, position) \
             select $1, $2, $3, coalesce(max(position), 0) + 1 from contact_field where true \
             on conflict do nothing returning id",
        )
        .bind(name)
        .bind(kind)
        .bind(choices)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("adding a field"))?;
        Ok(row.map(|row| row.get("id")))
    }

    /// What stands in the fields of contacts: contact, field, value.
    pub async fn contact_values(&self, contacts: &[i64]) -> Result<Vec<(i64, i64, String)>, StoreError> {
        let mut found = Vec::new();
        for part in contacts.chunks(500) {
            let mut query =
                QueryBuilder::new("select contact_id, field_id, value from contact_value where contact_id in (");
            let mut numbers = query.separated(", ");
            for id in part {
                numbers.push_bind(*id);
            }
            query.push(") order by contact_id, field_id");
            let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading fields"))?;
            found.extend(rows.iter().map(|row| (row.get("contact_id"), row.get("field_id"), row.get("value"))));
        }
        Ok(found)
    }

    /// Fills a field of a contact, or empties it.
    pub async fn set_contact_value(&self, contact: i64, field: i64, value: &str) -> Result<(), StoreError> {
        let query = match value {
            "" => sqlx::query("delete from contact_value where contact_id = $1 and field_id = $2")
                .bind(contact)
                .bind(field),
            value => sqlx::query(
                "insert into contact_value (contact_id, field_id, value) values ($1, $2, $3) \
                 on conflict (contact_id, field_id) do update set value = $3",
            )
            .bind(contact)
            .bind(field)
            .bind(value),
        };
        query.execute(&self.pool).await.map_err(StoreError::of("filling a field"))?;
        Ok(())
    }
}

pub(crate) async fn put_task(
    connection: &mut SqliteConnection,
    contact: i64,
    title: &str,
    due_on: &str,
    owner: &str,
    at: Timestamp,
) -> Result<i64, sqlx::Error> {
    let row = sqlx::query(
        "insert into task (contact_id, title, due_on, owner, created_at) values ($1, $2, $3, $4, $5) returning id",
    )
    .bind(contact)
    .bind(title)
    .bind(due_on)
    .bind(owner)
    .bind(at.0)
    .fetch_one(connection)
    .await?;
    Ok(row.get("id"))
}

/// Puts a tag on a contact; whether it was not there.
pub(crate) async fn put_tag(connection: &mut SqliteConnection, contact: i64, tag: &str) -> Result<bool, sqlx::Error> {
    let put = sqlx::query("insert into contact_tag (contact_id, tag) values ($1, $2) on conflict do nothing")
        .bind(contact)
        .bind(tag)
        .execute(connection)
        .await?;
    Ok(put.rows_affected() > 0)
}

pub(crate) async fn take_tag(connection: &mut SqliteConnection, contact: i64, tag: &str) -> Result<(), sqlx::Error> {
    sqlx::query("delete from contact_tag where contact_id = $1 and tag = $2")
        .bind(contact)
        .bind(tag)
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn tags_of(connection: &mut SqliteConnection, contact: i64) -> Result<Vec<String>, sqlx::Error> {
    let rows: Vec<(String,)> = sqlx::query_as("select tag from contact_tag where contact_id = $1 order by tag")
        .bind(contact)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|(tag,)| tag).collect())
}

/// What stands in a contact's fields: field, value.
pub(crate) async fn values_of(
    connection: &mut SqliteConnection,
    contact: i64,
) -> Result<Vec<(i64, String)>, sqlx::Error> {
    sqlx::query_as("select field_id, value from contact_value where contact_id = $1 order by field_id")
        .bind(contact)
        .fetch_all(connection)
        .await
}

pub(crate) async fn put_value(
    connection: &mut SqliteConnection,
    contact: i64,
    field: i64,
    value: Option<&str>,
) -> Result<(), sqlx::Error> {
    match value {
        None => {
            sqlx::query("delete from contact_value where contact_id = $1 and field_id = $2").bind(contact).bind(field)
        }
        Some(value) => sqlx::query(
            "insert into contact_value (contact_id, field_id, value) values ($1, $2, $3) \
             on conflict (contact_id, field_id) do update set value = $3",
        )
        .bind(contact)
        .bind(field)
        .bind(value),
    }
    .execute(connection)
    .await?;
    Ok(())
}

moves!(move_tasks, give_back_tasks, "task", "id");
