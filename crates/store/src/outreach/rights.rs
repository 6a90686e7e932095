//! What creators ask for as their right: facts they contest with the answers, accounts they show to be theirs, and being forgotten
//! on a day to come.

use model::outreach::TouchKind;
use model::outreach::rights::ContestState;
use model::{AccountId, Timestamp};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::coded;
use super::touches::{NewTouch, put_touch};
use crate::database::Store;
use crate::error::StoreError;

/// A fact that somebody contests, and what they were answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContestRow {
    pub id: i64,
    pub contact: i64,
    pub fact: String,
    pub account: Option<AccountId>,
    pub what: String,
    /// What was held when it was contested.
    pub said: String,
    pub claim: String,
    pub proof: String,
    pub state: ContestState,
    pub opened_at: Timestamp,
    /// A day as 2026-03-01.
    pub answer_due_on: String,
    pub answer: String,
    pub decided_by: String,
    pub decided_at: Option<Timestamp>,
    /// Of the facts, at the decision.
    pub revision: Option<i64>,
}

/// A contest about to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewContest<'a> {
    pub contact: i64,
    pub fact: &'a str,
    pub account: Option<AccountId>,
    pub what: &'a str,
    pub said: &'a str,
    pub claim: &'a str,
    pub proof: &'a str,
    pub answer_due_on: &'a str,
    /// Who contests, for the timeline.
    pub actor: &'a str,
}

/// A decision on a contest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision<'a> {
    pub contest: i64,
    pub state: ContestState,
    pub answer: &'a str,
    pub actor: &'a str,
    pub revision: Option<i64>,
}

/// An account that somebody says is theirs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimRow {
    pub id: i64,
    pub contact: i64,
    pub account: AccountId,
    pub code: String,
    pub opened_at: Timestamp,
    pub expires_at: Timestamp,
    pub proved_at: Option<Timestamp>,
    pub evidence: String,
}

/// Somebody who is to be forgotten on a day to come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ErasureRequest {
    pub contact: i64,
    pub asked_at: Timestamp,
    pub due_at: Timestamp,
}

fn contest_of(row: &SqliteRow) -> Result<ContestRow, StoreError> {
    Ok(ContestRow {
        id: row.get("id"),
        contact: row.get("contact_id"),
        fact: row.get("fact"),
        account: row.get::<Option<i64>, _>("account_id").map(AccountId),
        what: row.get("what"),
        said: row.get("said"),
        claim: row.get("claim"),
        proof: row.get("proof"),
        state: coded(row, "state", ContestState::from_code)?,
        opened_at: Timestamp(row.get("opened_at")),
        answer_due_on: row.get("answer_due_on"),
        answer: row.get("answer"),
        decided_by: row.get("decided_by"),
        decided_at: row.get::<Option<i64>, _>("decided_at").map(Timestamp),
        revision: row.get("revision"),
    })
}

fn claim_of(row: &SqliteRow) -> ClaimRow {
    ClaimRow {
        id: row.get("id"),
        contact: row.get("contact_id"),
        account: AccountId(row.get("account_id")),
        code: row.get("code"),
        opened_at: Timestamp(row.get("opened_at")),
        expires_at: Timestamp(row.get("expires_at")),
        proved_at: row.get::<Option<i64>, _>("proved_at").map(Timestamp),
        evidence: row.get("evidence"),
    }
}

fn request_of(row: &SqliteRow) -> ErasureRequest {
    ErasureRequest {
        contact: row.get("contact_id"),
        asked_at: Timestamp(row.get("asked_at")),
        due_at: Timestamp(row.get("due_at")),
    }
}

impl Store {
    /// Keeps a contest with its line in the timeline; `None` where another of the same contact is still open.
    pub async fn open_contest(&self, contest: &NewContest<'_>, at: Timestamp) -> Result<Option<i64>, StoreError> {
        let failed = StoreError::of("keeping what is contested");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query(
            "insert into contest (contact_id, fact, account_id, what, said, claim, proof, state, opened_at, answer_due_on) \
             select $1, $2, $3, $4, $5, $6, $7, 'open', $8, $9 \
             where not exists (select 1 from contest where contact_id = $1 and state = 'open') returning id",
        )
        .bind(contest.contact)
        .bind(contest.fact)
        .bind(contest.account.map(|account| account.0))
        .bind(contest.what)
        .bind(contest.said)
        .bind(contest.claim)
        .bind(contest.proof)
        .bind(at.0)
        .bind(contest.answer_due_on)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        let Some(row) = row else { return Ok(None) };
        let touch = NewTouch {
            contact: contest.contact,
            at,
            kind: TouchKind::Right,
            actor: contest.actor.to_owned(),
            summary: format!("contests what is held: {}", contest.what),
            detail: contest.claim.to_owned(),
            mail: None,
        };
        put_touch(&mut transaction, &touch).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(Some(row.get("id")))
    }

    /// Closes an open contest with its answer; whether it was open.
    pub async fn decide_contest(&self, decision: &Decision<'_>, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("answering what is contested");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query(
            "update contest set state = $2, answer = $3, decided_by = $4, decided_at = $5, revision = $6 \
             where id = $1 and state = 'open' returning *",
        )
        .bind(decision.contest)
        .bind(decision.state.code())
        .bind(decision.answer)
        .bind(decision.actor)
        .bind(at.0)
        .bind(decision.revision)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        let Some(row) = row else { return Ok(false) };
        let contest = contest_of(&row)?;
        let touch = NewTouch {
            contact: contest.contact,
            at,
            kind: TouchKind::Right,
            actor: decision.actor.to_owned(),
            summary: format!("what was contested is {}: {}", decision.state.words(), contest.what),
            detail: decision.answer.to_owned(),
            mail: None,
        };
        put_touch(&mut transaction, &touch).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    pub async fn contest(&self, id: i64) -> Result<Option<ContestRow>, StoreError> {
        let row = sqlx::query("select * from contest where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading what is contested"))?;
        row.as_ref().map(contest_of).transpose()
    }

    /// What a contact has contested, the newest first.
    pub async fn contests_of(&self, contact: i64) -> Result<Vec<ContestRow>, StoreError> {
        let rows = sqlx::query("select * from contest where contact_id = $1 order by id desc")
            .bind(contact)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what is contested"))?;
        rows.iter().map(contest_of).collect()
    }

    /// What is or was contested about an account, the newest first.
    pub async fn contests_about(&self, account: AccountId) -> Result<Vec<ContestRow>, StoreError> {
        let rows = sqlx::query("select * from contest where account_id = $1 order by id desc")
            .bind(account.0)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading what is contested"))?;
        rows.iter().map(contest_of).collect()
    }

    /// Everything contested that is open, the most urgent first, then so many answers, the newest first; and whether there are
    /// older ones.
    pub async fn contests(&self, answered_at_most: u64) -> Result<(Vec<ContestRow>, bool), StoreError> {
        let failed = StoreError::of("reading what is contested");
        let open = sqlx::query("select * from contest where state = 'open' order by answer_due_on, id")
            .fetch_all(&self.pool)
            .await
            .map_err(&failed)?;
        let answered = sqlx::query("select * from contest where state <> 'open' order by id desc limit $1")
            .bind(answered_at_most as i64 + 1)
            .fetch_all(&self.pool)
            .await
            .map_err(&failed)?;
        let is_cut = answered.len() as u64 > answered_at_most;
        let rows = open.iter().chain(answered.iter().take(answered_at_most as usize));
        Ok((rows.map(contest_of).collect::<Result<_, _>>()?, is_cut))
    }

    /// Keeps a claim in place of open ones of the same contact on the same account.
    pub async fn open_claim(
        &self,
        contact: i64,
        account: AccountId,
        code: &str,
        expires_at: Timestamp,
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        let failed = StoreError::of("keeping whose an account is said to be");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        sqlx::query("delete from account_claim where contact_id = $1 and account_id = $2 and proved_at is null")
            .bind(contact)
            .bind(account.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        let row = sqlx::query(
            "insert into account_claim (contact_id, account_id, code, opened_at, expires_at) \
             values ($1, $2, $3, $4, $5) returning id",
        )
        .bind(contact)
        .bind(account.0)
        .bind(code)
        .bind(at.0)
        .bind(expires_at.0)
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(row.get("id"))
    }

    /// Notes what showed a claim to be true; whether it was open and the account was nobody else's.
    pub async fn prove_claim(
        &self,
        claim: i64,
        evidence: &str,
        actor: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let failed = StoreError::of("noting whose an account is");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let row = sqlx::query(
            "update account_claim set proved_at = $3, evidence = $2 where id = $1 and proved_at is null and expires_at > $3 \
             and not exists (select 1 from account_claim as other \
                 where other.account_id = account_claim.account_id and other.proved_at is not null) returning *",
        )
        .bind(claim)
        .bind(evidence)
        .bind(at.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(&failed)?;
        let Some(row) = row else { return Ok(false) };
        let claim = claim_of(&row);
        let touch = NewTouch {
            contact: claim.contact,
            at,
            kind: TouchKind::Right,
            actor: actor.to_owned(),
            summary: "showed that an account is theirs".to_owned(),
            detail: evidence.to_owned(),
            mail: None,
        };
        put_touch(&mut transaction, &touch).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// The claims of a contact, the newest first.
    pub async fn claims_of(&self, contact: i64) -> Result<Vec<ClaimRow>, StoreError> {
        let rows = sqlx::query("select * from account_claim where contact_id = $1 order by id desc")
            .bind(contact)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading whose accounts are said to be"))?;
        Ok(rows.iter().map(claim_of).collect())
    }

    /// Claims that nobody has shown to be true and whose days are not over.
    pub async fn open_claims(&self, at: Timestamp) -> Result<Vec<ClaimRow>, StoreError> {
        let rows = sqlx::query("select * from account_claim where proved_at is null and expires_at > $1 order by id")
            .bind(at.0)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading whose accounts are said to be"))?;
        Ok(rows.iter().map(claim_of).collect())
    }

    /// The claim by which an account was shown to be somebody's.
    pub async fn proved_claim(&self, account: AccountId) -> Result<Option<ClaimRow>, StoreError> {
        let row = sqlx::query("select * from account_claim where account_id = $1 and proved_at is not null")
            .bind(account.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading whose an account is"))?;
        Ok(row.as_ref().map(claim_of))
    }

    /// Notes that somebody is to be forgotten on a day; an earlier wish stays as it was.
    pub async fn ask_to_be_forgotten(
        &self,
        contact: i64,
        due_at: Timestamp,
        actor: &str,
        at: Timestamp,
    ) -> Result<ErasureRequest, StoreError> {
        let failed = StoreError::of("noting who is to be forgotten");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let held = sqlx::query("select * from erasure_request where contact_id = $1 order by due_at limit 1")
            .bind(contact)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
        if let Some(row) = held {
            return Ok(request_of(&row));
        }
        sqlx::query("insert into erasure_request (contact_id, asked_at, due_at) values ($1, $2, $3)")
            .bind(contact)
            .bind(at.0)
            .bind(due_at.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        let touch = right(contact, actor, "asked to be forgotten on a day to come", at);
        put_touch(&mut transaction, &touch).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(ErasureRequest { contact, asked_at: at, due_at })
    }

    /// Takes the wish to be forgotten back; whether there was one.
    pub async fn keep_after_all(&self, contact: i64, actor: &str, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("noting that somebody is not to be forgotten");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let done = sqlx::query("delete from erasure_request where contact_id = $1")
            .bind(contact)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let touch = right(contact, actor, "does not want to be forgotten after all", at);
        put_touch(&mut transaction, &touch).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(true)
    }

    /// Who is to be forgotten by a moment, the earliest first.
    pub async fn erasure_requests(&self, by: Timestamp) -> Result<Vec<ErasureRequest>, StoreError> {
        let rows = sqlx::query("select * from erasure_request where due_at <= $1 order by due_at, id")
            .bind(by.0)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading who is to be forgotten"))?;
        Ok(rows.iter().map(request_of).collect())
    }

    pub async fn erasure_request(&self, contact: i64) -> Result<Option<ErasureRequest>, StoreError> {
        let row = sqlx::query("select * from erasure_request where contact_id = $1 order by due_at limit 1")
            .bind(contact)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading who is to be forgotten"))?;
        Ok(row.as_ref().map(request_of))
    }
}

fn right(contact: i64, actor: &str, summary: &str, at: Timestamp) -> NewTouch {
    NewTouch {
        contact,
        at,
        kind: TouchKind::Right,
        actor: actor.to_owned(),
        summary: summary.to_owned(),
        detail: String::new(),
        mail: None,
    }
}

moves!(move_contests, give_back_contests, "contest", "id");
moves!(move_claims, give_back_claims, "account_claim", "id");
moves!(move_erasure_requests, give_back_erasure_requests, "erasure_request", "id");
