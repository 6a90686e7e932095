//! Contacts put on a stage together, and put back: exactly those who still stand where they were put.

use model::Timestamp;
use model::outreach::{Stage, TouchKind};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use super::changes::{MOVE, NewChange, put_change, take_change};
use super::contacts::{image_of, move_stage, put_image, restage};
use super::touches::{NewTouch, put_touch};
use crate::database::Store;
use crate::error::StoreError;

/// What putting contacts on a stage did.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct MovedTogether {
    /// The number under which it can be taken back; `None` where nobody moved.
    pub change: Option<i64>,
    /// Who moved, and from which stage; those on it already are left out.
    pub moved: Vec<(i64, Stage)>,
}

/// What taking a move back did.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct PutBack {
    pub back: u64,
    /// Stand elsewhere by now, or are gone, and were let be.
    pub elsewhere: u64,
}

/// Who stood where before a move.
#[derive(Serialize, Deserialize)]
struct Before {
    to: String,
    at: i64,
    contacts: Vec<Stood>,
}

#[derive(Serialize, Deserialize)]
struct Stood {
    contact: i64,
    stage: String,
    since: i64,
}

impl Store {
    /// Puts contacts on a stage, all or none, so that it can be taken back.
    pub async fn move_together(
        &self,
        contacts: &[i64],
        stage: Stage,
        actor: &str,
        at: Timestamp,
    ) -> Result<MovedTogether, StoreError> {
        let failed = StoreError::of("setting a stage");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let mut moved = Vec::new();
        let mut before = Before { to: stage.code().to_owned(), at: at.0, contacts: Vec::new() };
        for contact in contacts {
            let since = stood_since(&mut transaction, *contact).await.map_err(&failed)?;
            if let Some(from) = move_stage(&mut transaction, *contact, stage, actor, at).await? {
                moved.push((*contact, from));
                let since = since.unwrap_or(at.0);
                before.contacts.push(Stood { contact: *contact, stage: from.code().to_owned(), since });
            }
        }
        let change = match moved.len() {
            0 => None,
            some => {
                let change = NewChange {
                    kind: MOVE,
                    summary: format!("{some} moved to “{}”", stage.words()),
                    before: serde_json::to_string(&before).unwrap_or_default(),
                };
                Some(put_change(&mut transaction, &change, at).await.map_err(&failed)?)
            }
        };
        transaction.commit().await.map_err(&failed)?;
        Ok(MovedTogether { change, moved })
    }

    /// Puts those back who still stand where a move put them, with the time they had stood there before. `None` where there is
    /// no such move, or it was taken back.
    pub async fn undo_move(&self, change: i64, actor: &str, at: Timestamp) -> Result<Option<PutBack>, StoreError> {
        let failed = StoreError::of("taking a move back");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let Some(before) = take_change(&mut transaction, change, MOVE, at).await.map_err(&failed)? else {
            return Ok(None);
        };
        let before: Before = serde_json::from_str(&before).map_err(|error| StoreError::Database {
            what: "a move that was kept cannot be read",
            problem: error.to_string(),
        })?;
        let mut done = PutBack::default();
        for stood in &before.contacts {
            let now = image_of(&mut transaction, stood.contact).await.map_err(&failed)?;
            let Some(mut image) = now.filter(|now| now.stage == before.to && now.stage_since == before.at) else {
                done.elsewhere += 1;
                continue;
            };
            let words =
                |code: &str| Stage::from_code(code).map_or_else(|| code.to_owned(), |stage| stage.words().into());
            let summary = format!("{} → {}, the move was taken back", words(&image.stage), words(&stood.stage));
            (image.stage, image.stage_since) = (stood.stage.clone(), stood.since);
            put_image(&mut transaction, stood.contact, &image).await.map_err(&failed)?;
            restage(&mut transaction, stood.contact).await.map_err(&failed)?;
            let touch = NewTouch {
                contact: stood.contact,
                at,
                kind: TouchKind::Stage,
                actor: actor.to_owned(),
                summary,
                detail: String::new(),
                mail: None,
            };
            put_touch(&mut transaction, &touch).await.map_err(&failed)?;
            done.back += 1;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(Some(done))
    }
}

async fn stood_since(connection: &mut SqliteConnection, contact: i64) -> Result<Option<i64>, sqlx::Error> {
    let row =
        sqlx::query("select stage_since from contact where id = $1").bind(contact).fetch_optional(connection).await?;
    Ok(row.map(|row| row.get("stage_since")))
}
