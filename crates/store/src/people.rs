//! People who use this program: who they are, their invitations, sign-ins and failures to sign in.

use model::{Role, Timestamp};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::database::Store;
use crate::error::StoreError;

/// Somebody who may sign in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersonHere {
    pub id: i64,
    pub email: String,
    pub name: String,
    pub role: Role,
    /// A PHC string; `None` before a password was chosen.
    pub password_hash: Option<String>,
    /// Sealed; `None` without a second step.
    pub totp_secret: Option<Vec<u8>>,
    pub recovery_codes_left: usize,
    pub is_barred: bool,
    pub created_at: Timestamp,
    pub signed_in_at: Option<Timestamp>,
}

/// A sign-in that is open, as it is listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedInRow {
    pub hash: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    pub agent: String,
}

/// What became of a change of somebody's role or state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PersonChanged {
    Done,
    NoSuchPerson,
    /// Nobody would be left who manages people.
    LastOwner,
}

impl Store {
    /// Whether anybody has to sign in: somebody who has chosen a password is here.
    pub async fn has_people(&self) -> Result<bool, StoreError> {
        let (has,): (bool,) =
            sqlx::query_as("select exists (select 1 from person_here where password_hash is not null)")
                .fetch_one(&self.pool)
                .await
                .map_err(StoreError::of("looking whether anybody signs in"))?;
        Ok(has)
    }

    /// Everybody, by name.
    pub async fn people_here(&self) -> Result<Vec<PersonHere>, StoreError> {
        let rows = sqlx::query("select * from person_here order by lower(name), id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading who uses this program"))?;
        Ok(rows.iter().map(person_here).collect())
    }

    pub async fn person_here(&self, id: i64) -> Result<Option<PersonHere>, StoreError> {
        let row = sqlx::query("select * from person_here where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading somebody who uses this program"))?;
        Ok(row.as_ref().map(person_here))
    }

    /// By the folded address.
    pub async fn person_of_email(&self, email: &str) -> Result<Option<PersonHere>, StoreError> {
        let row = sqlx::query("select * from person_here where email = $1")
            .bind(email)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading somebody who uses this program"))?;
        Ok(row.as_ref().map(person_here))
    }

    /// Adds somebody; `None` where the address is here already.
    pub async fn add_person_here(
        &self,
        email: &str,
        name: &str,
        role: Role,
        at: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as(
            "insert into person_here (email, name, role, created_at) values ($1, $2, $3, $4)
             on conflict (email) do nothing returning id",
        )
        .bind(email)
        .bind(name)
        .bind(role.code())
        .bind(at.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("adding somebody"))?;
        Ok(row.map(|(id,)| id))
    }

    /// Changes what somebody is called, may do, and whether they may come in. Whoever is barred is signed out at once.
    pub async fn change_person_here(
        &self,
        id: i64,
        name: &str,
        role: Role,
        is_barred: bool,
    ) -> Result<PersonChanged, StoreError> {
        let failed = StoreError::of("changing somebody");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let had_people = has_people(&mut transaction).await.map_err(&failed)?;
        let done = sqlx::query("update person_here set name = $2, role = $3, state = $4 where id = $1")
            .bind(id)
            .bind(name)
            .bind(role.code())
            .bind(if is_barred { "barred" } else { "active" })
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        if done.rows_affected() == 0 {
            return Ok(PersonChanged::NoSuchPerson);
        }
        if had_people && !has_owner(&mut transaction).await.map_err(&failed)? {
            return Ok(PersonChanged::LastOwner);
        }
        if is_barred {
            for statement in
                ["delete from signed_in where person_id = $1", "delete from invitation where person_id = $1"]
            {
                sqlx::query(statement).bind(id).execute(&mut *transaction).await.map_err(&failed)?;
            }
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(PersonChanged::Done)
    }

    /// Removes somebody; what they did stays under the name they had.
    pub async fn remove_person_here(&self, id: i64) -> Result<PersonChanged, StoreError> {
        let failed = StoreError::of("removing somebody");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let had_people = has_people(&mut transaction).await.map_err(&failed)?;
        let done = sqlx::query("delete from person_here where id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        if done.rows_affected() == 0 {
            return Ok(PersonChanged::NoSuchPerson);
        }
        if had_people && !has_owner(&mut transaction).await.map_err(&failed)? {
            return Ok(PersonChanged::LastOwner);
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(PersonChanged::Done)
    }

    /// Keeps a password's hash; every sign-in but `except` ends, and so do invitations.
    pub async fn set_password_hash(&self, id: i64, hash: &str, except: Option<&str>) -> Result<(), StoreError> {
        let failed = StoreError::of("keeping a password");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::query("update person_here set password_hash = $2 where id = $1")
            .bind(id)
            .bind(hash)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        sqlx::query("delete from invitation where person_id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        sqlx::query("delete from signed_in where person_id = $1 and hash <> $2")
            .bind(id)
            .bind(except.unwrap_or_default())
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    /// Sets or, with `None`, removes the second step, with hashes of the codes that stand in for it.
    pub async fn set_second_step(
        &self,
        id: i64,
        sealed: Option<&[u8]>,
        recovery_hashes: &[String],
    ) -> Result<(), StoreError> {
        sqlx::query("update person_here set totp_secret = $2, totp_step = 0, recovery_hashes = $3 where id = $1")
            .bind(id)
            .bind(sealed)
            .bind(serde_json::to_string(recovery_hashes).expect("hashes serialise"))
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("keeping a second step"))?;
        Ok(())
    }

    /// Notes that the code of a step of time was used; `false` where it, or a later one, was already.
    pub async fn use_totp_step(&self, id: i64, step: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("update person_here set totp_step = $2 where id = $1 and totp_step < $2")
            .bind(id)
            .bind(step)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("noting that a code was used"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Uses one of the codes that stand in for the second step; `false` where there is none such.
    pub async fn use_recovery_code(&self, id: i64, hash: &str) -> Result<bool, StoreError> {
        let failed = StoreError::of("using a recovery code");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        let row: Option<(String,)> = sqlx::query_as("select recovery_hashes from person_here where id = $1")
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(&failed)?;
        let Some((before,)) = row else { return Ok(false) };
        let mut hashes: Vec<String> = serde_json::from_str(&before).unwrap_or_default();
        let Some(place) = hashes.iter().position(|kept| kept == hash) else { return Ok(false) };
        hashes.remove(place);
        // Whoever used one at the same moment has changed the list.
        let done = sqlx::query("update person_here set recovery_hashes = $2 where id = $1 and recovery_hashes = $3")
            .bind(id)
            .bind(serde_json::to_string(&hashes).expect("hashes serialise"))
            .bind(&before)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(done.rows_affected() > 0)
    }

    /// Keeps an invitation by its hash; those before it are void.
    pub async fn invite(
        &self,
        person: i64,
        hash: &str,
        expires_at: Timestamp,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = StoreError::of("keeping an invitation");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::query("delete from invitation where person_id = $1")
            .bind(person)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        sqlx::query("insert into invitation (hash, person_id, created_at, expires_at) values ($1, $2, $3, $4)")
            .bind(hash)
            .bind(person)
            .bind(at.0)
            .bind(expires_at.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    /// Whom an open invitation is for.
    pub async fn invited(&self, hash: &str, now: Timestamp) -> Result<Option<PersonHere>, StoreError> {
        let row = sqlx::query(
            "select p.* from invitation i join person_here p on p.id = i.person_id
             where i.hash = $1 and i.expires_at > $2 and p.state = 'active'",
        )
        .bind(hash)
        .bind(now.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("reading an invitation"))?;
        Ok(row.as_ref().map(person_here))
    }

    /// Keeps a sign-in by its hash, and lets those go whose time is over.
    pub async fn sign_in(
        &self,
        person: i64,
        hash: &str,
        agent: &str,
        expires_at: Timestamp,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = StoreError::of("keeping a sign-in");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::query("delete from signed_in where expires_at <= $1")
            .bind(at.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        sqlx::query(
            "insert into signed_in (hash, person_id, created_at, seen_at, expires_at, agent) values ($1, $2, $3, $3, $4, $5)",
        )
        .bind(hash)
        .bind(person)
        .bind(at.0)
        .bind(expires_at.0)
        .bind(agent)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        sqlx::query("update person_here set signed_in_at = $2 where id = $1")
            .bind(person)
            .bind(at.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    /// Who is signed in by this hash, seen at `seen_after` or later, and when they were seen last.
    pub async fn signed_in(
        &self,
        hash: &str,
        now: Timestamp,
        seen_after: Timestamp,
    ) -> Result<Option<(PersonHere, Timestamp)>, StoreError> {
        let row = sqlx::query(
            "select p.*, s.seen_at as seen_at from signed_in s join person_here p on p.id = s.person_id
             where s.hash = $1 and s.expires_at > $2 and s.seen_at >= $3 and p.state = 'active'",
        )
        .bind(hash)
        .bind(now.0)
        .bind(seen_after.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("reading who is signed in"))?;
        Ok(row.as_ref().map(|row| (person_here(row), Timestamp(row.get("seen_at")))))
    }

    pub async fn note_somebody_seen(&self, hash: &str, at: Timestamp) -> Result<(), StoreError> {
        sqlx::query("update signed_in set seen_at = $2 where hash = $1")
            .bind(hash)
            .bind(at.0)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("noting that somebody was here"))?;
        Ok(())
    }

    /// The open sign-ins of somebody, last seen first.
    pub async fn sign_ins(&self, person: i64, now: Timestamp) -> Result<Vec<SignedInRow>, StoreError> {
        let rows =
            sqlx::query("select * from signed_in where person_id = $1 and expires_at > $2 order by seen_at desc")
                .bind(person)
                .bind(now.0)
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading where somebody is signed in"))?;
        let row = |row: &SqliteRow| SignedInRow {
            hash: row.get("hash"),
            created_at: Timestamp(row.get("created_at")),
            seen_at: Timestamp(row.get("seen_at")),
            agent: row.get("agent"),
        };
        Ok(rows.iter().map(row).collect())
    }

    /// Ends one sign-in of somebody.
    pub async fn sign_out(&self, hash: &str) -> Result<(), StoreError> {
        sqlx::query("delete from signed_in where hash = $1")
            .bind(hash)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("signing out"))?;
        Ok(())
    }

    /// Ends every sign-in of somebody but one.
    pub async fn sign_out_elsewhere(&self, person: i64, except: &str) -> Result<u64, StoreError> {
        let done = sqlx::query("delete from signed_in where person_id = $1 and hash <> $2")
            .bind(person)
            .bind(except)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("signing out elsewhere"))?;
        Ok(done.rows_affected())
    }

    /// Failures to sign in under a key since the last success, and until when nothing is tried.
    pub async fn sign_in_failures(&self, key: &str) -> Result<(u32, Timestamp, Timestamp), StoreError> {
        let row: Option<(i64, i64, i64)> =
            sqlx::query_as("select failures, last_at, barred_until from sign_in_failure where key = $1")
                .bind(key)
                .fetch_optional(&self.pool)
                .await
                .map_err(StoreError::of("reading failures to sign in"))?;
        let (failures, last_at, until) = row.unwrap_or((0, 0, 0));
        Ok((failures as u32, Timestamp(last_at), Timestamp(until)))
    }

    /// Keeps how often signing in has failed; those a day old go.
    pub async fn note_sign_in_failure(
        &self,
        key: &str,
        failures: u32,
        barred_until: Timestamp,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let failed = StoreError::of("noting a failure to sign in");
        let mut transaction = self.pool.begin().await.map_err(&failed)?;
        sqlx::query("delete from sign_in_failure where last_at < $1 and barred_until < $2")
            .bind(at.0 - 86_400_000_000)
            .bind(at.0)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        sqlx::query(
            "insert into sign_in_failure (key, failures, last_at, barred_until) values ($1, $2, $3, $4)
             on conflict (key) do update set failures = $2, last_at = $3, barred_until = $4",
        )
        .bind(key)
        .bind(i64::from(failures))
        .bind(at.0)
        .bind(barred_until.0)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    /// Somebody signed in: failures under the key are over.
    pub async fn forgive_sign_in_failures(&self, key: &str) -> Result<(), StoreError> {
        sqlx::query("delete from sign_in_failure where key = $1")
            .bind(key)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("letting failures to sign in go"))?;
        Ok(())
    }
}

/// Whether anybody signs in. Once somebody does, one owner has to stay who can: nobody is let in without signing in by the last one's going.
async fn has_people(transaction: &mut sqlx::Transaction<'_, sqlx::Sqlite>) -> Result<bool, sqlx::Error> {
    let (has,): (bool,) = sqlx::query_as("select exists (select 1 from person_here where password_hash is not null)")
        .fetch_one(&mut **transaction)
        .await?;
    Ok(has)
}

async fn has_owner(transaction: &mut sqlx::Transaction<'_, sqlx::Sqlite>) -> Result<bool, sqlx::Error> {
    let (has,): (bool,) = sqlx::query_as(
        "select exists (select 1 from person_here where role = 'owner' and state = 'active' and password_hash is not null)",
    )
    .fetch_one(&mut **transaction)
    .await?;
    Ok(has)
}

fn person_here(row: &SqliteRow) -> PersonHere {
    let recovery: Vec<String> = serde_json::from_str(row.get("recovery_hashes")).unwrap_or_default();
    PersonHere {
        id: row.get("id"),
        email: row.get("email"),
        name: row.get("name"),
        role: Role::from_code(row.get("role")).unwrap_or(Role::Viewer),
        password_hash: row.get("password_hash"),
        totp_secret: row.get("totp_secret"),
        recovery_codes_left: recovery.len(),
        is_barred: row.get::<String, _>("state") != "active",
        created_at: Timestamp(row.get("created_at")),
        signed_in_at: row.get::<Option<i64>, _>("signed_in_at").map(Timestamp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn opened() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        (folder, store)
    }

    #[tokio::test]
    async fn nobody_signs_in_before_somebody_has_a_password_and_the_last_owner_stays() {
        let (_folder, store) = opened().await;
        let id = store.add_person_here("ana@x.example", "Ana", Role::Owner, Timestamp(1)).await.expect("adds");
        let ana = id.expect("is new");
        assert_eq!(store.add_person_here("ana@x.example", "A", Role::Viewer, Timestamp(1)).await.expect("looks"), None);
        assert!(!store.has_people().await.expect("looks"));
        store.set_password_hash(ana, "hash", None).await.expect("keeps");
        assert!(store.has_people().await.expect("looks"));
        let bo = store.add_person_here("bo@x.example", "Bo", Role::Manager, Timestamp(1)).await.expect("adds");
        let bo = bo.expect("is new");
        for (role, is_barred) in [(Role::Manager, false), (Role::Owner, true)] {
            let done = store.change_person_here(ana, "Ana", role, is_barred).await.expect("tries");
            assert_eq!(done, PersonChanged::LastOwner);
        }
        assert_eq!(store.remove_person_here(ana).await.expect("tries"), PersonChanged::LastOwner);
        assert_eq!(store.person_here(ana).await.expect("reads").map(|one| one.role), Some(Role::Owner));
        store.set_password_hash(bo, "hash", None).await.expect("keeps");
        assert_eq!(store.change_person_here(bo, "Bo", Role::Owner, false).await.expect("does"), PersonChanged::Done);
        assert_eq!(store.remove_person_here(ana).await.expect("does"), PersonChanged::Done);
        assert_eq!(store.remove_person_here(99).await.expect("looks"), PersonChanged::NoSuchPerson);
    }

    #[tokio::test]
    async fn a_sign_in_ends_with_its_time_its_idleness_its_person_and_another_password() {
        let (_folder, store) = opened().await;
        let ana = store.add_person_here("a", "Ana", Role::Owner, Timestamp(1)).await.expect("adds").expect("is new");
        store.set_password_hash(ana, "hash", None).await.expect("keeps");
        let bo = store.add_person_here("b", "Bo", Role::Viewer, Timestamp(1)).await.expect("adds").expect("is new");
        for hash in ["h1", "h2"] {
            store.sign_in(bo, hash, "a browser", Timestamp(100), Timestamp(10)).await.expect("signs in");
        }
        let who = |hash: &'static str, now: i64, seen_after: i64| {
            let store = store.clone();
            async move {
                let found = store.signed_in(hash, Timestamp(now), Timestamp(seen_after)).await.expect("looks");
                found.map(|(person, _)| person.name)
            }
        };
        assert_eq!(who("h1", 50, 5).await.as_deref(), Some("Bo"));
        assert_eq!(who("h1", 100, 5).await, None, "its time is over");
        assert_eq!(who("h1", 50, 11).await, None, "nobody was seen for long");
        assert_eq!(who("h3", 50, 5).await, None);
        store.set_password_hash(bo, "another", Some("h2")).await.expect("keeps");
        assert_eq!((who("h1", 50, 5).await, who("h2", 50, 5).await.as_deref()), (None, Some("Bo")));
        store.change_person_here(bo, "Bo", Role::Viewer, true).await.expect("bars");
        assert_eq!(who("h2", 50, 5).await, None);
    }

    #[tokio::test]
    async fn a_code_is_good_once_and_so_is_an_invitation_until_a_password_is_chosen() {
        let (_folder, store) = opened().await;
        let ana = store.add_person_here("a", "Ana", Role::Owner, Timestamp(1)).await.expect("adds").expect("is new");
        store.set_second_step(ana, Some(b"sealed"), &["r1".into(), "r2".into()]).await.expect("keeps");
        assert!(store.use_totp_step(ana, 7).await.expect("uses"));
        assert!(
            !store.use_totp_step(ana, 7).await.expect("looks") && !store.use_totp_step(ana, 6).await.expect("looks")
        );
        assert!(store.use_recovery_code(ana, "r1").await.expect("uses"));
        assert!(!store.use_recovery_code(ana, "r1").await.expect("looks"));
        store.invite(ana, "i1", Timestamp(50), Timestamp(1)).await.expect("invites");
        store.invite(ana, "i2", Timestamp(50), Timestamp(1)).await.expect("invites");
        assert!(store.invited("i1", Timestamp(2)).await.expect("looks").is_none(), "the one before is void");
        assert!(store.invited("i2", Timestamp(2)).await.expect("looks").is_some());
        assert!(store.invited("i2", Timestamp(50)).await.expect("looks").is_none());
        store.set_password_hash(ana, "hash", None).await.expect("keeps");
        assert!(store.invited("i2", Timestamp(2)).await.expect("looks").is_none());
    }
}
