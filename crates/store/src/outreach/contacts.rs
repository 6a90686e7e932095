//! Contacts: who they are, where they are reached, how far one has got with them, and every touch.

use model::outreach::{Channel, Stage, SuppressionReason, TouchKind};
use model::{AccountId, Timestamp};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row, Sqlite};

use super::campaigns::hand_moves_to;
use super::changes::forget_changes;
use super::coded;
use super::imports::forget_issues;
use super::mails::forget_mails;
use super::payments::strip_payments;
use super::suppressions::{SuppressionRow, put_suppression};
use super::tasks::put_tag;
use super::touches::{NewTouch, put_touch};
use super::views::forget_views;
use crate::codes::forget_codes;
use crate::database::{Store, empty_journal};
use crate::error::StoreError;
use crate::prices::forget_deal_prices;
use crate::searches::put_stage;
use crate::tracking::forget_links;

/// Somebody one writes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactRow {
    pub id: i64,
    pub name: String,
    pub greeting: String,
    pub stage: Stage,
    pub stage_since: Timestamp,
    pub owner: String,
    pub language: String,
    pub zone: String,
    pub source: String,
    pub informed_at: Option<Timestamp>,
    pub last_touch_at: Option<Timestamp>,
    pub last_touch: String,
    pub created_at: Timestamp,
    pub import: Option<i64>,
    pub merged_into: Option<i64>,
}

/// Where somebody is reached; the address itself is sealed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactAddressRow {
    pub id: i64,
    pub contact: i64,
    pub channel: Channel,
    pub sealed: Vec<u8>,
    pub hash: String,
    pub basis: String,
    pub source: String,
    pub is_main: bool,
    pub added_at: Timestamp,
}

/// An address about to be added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAddress {
    pub channel: Channel,
    pub sealed: Vec<u8>,
    pub hash: String,
    pub basis: String,
    pub source: String,
}

/// A contact about to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewContact {
    pub name: String,
    pub greeting: String,
    pub stage: Stage,
    pub owner: String,
    pub language: String,
    pub zone: String,
    pub source: String,
    pub addresses: Vec<NewAddress>,
    pub accounts: Vec<AccountId>,
    pub tags: Vec<String>,
}

/// What of a contact a person may change; `None` leaves it.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ContactChange {
    pub name: Option<String>,
    pub greeting: Option<String>,
    pub owner: Option<String>,
    pub language: Option<String>,
    pub zone: Option<String>,
}

/// Which contacts are asked for.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ContactFilter {
    /// In the name, in any case.
    pub words: Option<String>,
    /// Whose address has this hash; asked for beside the words.
    pub address_hash: Option<String>,
    pub stage: Option<Stage>,
    pub owner: Option<String>,
    pub tag: Option<String>,
    /// Not touched since.
    pub untouched_since: Option<Timestamp>,
    pub import: Option<i64>,
}

/// How a list of contacts is ordered.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum ContactOrder {
    /// The longest on their stage first.
    #[default]
    Waiting,
    Name,
    LastTouch,
    Newest,
}

/// How many stand on a stage, and for how long the first of them has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StageCount {
    pub stage: Stage,
    pub contacts: u64,
    pub longest_since: Option<Timestamp>,
}

pub(crate) fn contact_of(row: &SqliteRow) -> Result<ContactRow, StoreError> {
    let moment = |column: &str| row.get::<Option<i64>, _>(column).map(Timestamp);
    Ok(ContactRow {
        id: row.get("id"),
        name: row.get("name"),
        greeting: row.get("greeting"),
        stage: coded(row, "stage", Stage::from_code)?,
        stage_since: Timestamp(row.get("stage_since")),
        owner: row.get("owner"),
        language: row.get("language"),
        zone: row.get("zone"),
        source: row.get("source"),
        informed_at: moment("informed_at"),
        last_touch_at: moment("last_touch_at"),
        last_touch: row.get("last_touch"),
        created_at: Timestamp(row.get("created_at")),
        import: row.get("import_id"),
        merged_into: row.get("merged_into"),
    })
}

fn address_of(row: &SqliteRow) -> Result<ContactAddressRow, StoreError> {
    Ok(ContactAddressRow {
        id: row.get("id"),
        contact: row.get("contact_id"),
        channel: coded(row, "channel", Channel::from_code)?,
        sealed: row.get("address"),
        hash: row.get("address_hash"),
        basis: row.get("basis"),
        source: row.get("source"),
        is_main: row.get::<i64, _>("is_main") != 0,
        added_at: Timestamp(row.get("added_at")),
    })
}

/// What a `like` looks for, with its own signs meant as they stand.
fn anywhere(words: &str) -> String {
    let escaped = words.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

fn narrow(query: &mut QueryBuilder<Sqlite>, filter: &ContactFilter) {
    query.push(" where merged_into is null");
    match (&filter.words, &filter.address_hash) {
        (Some(words), hash) => {
            query.push(" and (lower(name) like ").push_bind(anywhere(words)).push(" escape '\\'");
            query.push(" or id in (select contact_id from contact_tag where lower(tag) = ");
            query.push_bind(words.to_lowercase()).push(")");
            if let Some(hash) = hash {
                query.push(" or id in (select contact_id from contact_address where address_hash = ");
                query.push_bind(hash.clone()).push(")");
            }
            query.push(")");
        }
        (None, Some(hash)) => {
            query.push(" and id in (select contact_id from contact_address where address_hash = ");
            query.push_bind(hash.clone()).push(")");
        }
        (None, None) => {}
    }
    if let Some(stage) = filter.stage {
        query.push(" and stage = ").push_bind(stage.code());
    }
    if let Some(owner) = &filter.owner {
        query.push(" and owner = ").push_bind(owner.clone());
    }
    if let Some(tag) = &filter.tag {
        query.push(" and id in (select contact_id from contact_tag where tag = ");
        query.push_bind(tag.clone()).push(")");
    }
    if let Some(since) = filter.untouched_since {
        query.push(" and (last_touch_at is null or last_touch_at < ").push_bind(since.0).push(")");
    }
    if let Some(import) = filter.import {
        query.push(" and import_id = ").push_bind(import);
    }
}

impl Store {
    /// Makes a contact with their addresses; refused where an address is somebody's already, whose number it returns.
    pub async fn add_contact(
        &self,
        new: &NewContact,
        import: Option<i64>,
        actor: &str,
        at: Timestamp,
    ) -> Result<Result<i64, i64>, StoreError> {
        let failed = StoreError::of("keeping a contact");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        for address in &new.addresses {
            let held: Option<(i64,)> =
                sqlx::query_as("select contact_id from contact_address where channel = $1 and address_hash = $2")
                    .bind(address.channel.code())
                    .bind(&address.hash)
                    .fetch_optional(&mut *transaction)
                    .await
                    .map_err(&failed)?;
            if let Some((held,)) = held {
                return Ok(Err(held));
            }
        }
        let id = put_contact(&mut transaction, new, import, actor, at).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(Ok(id))
    }

    pub async fn contact(&self, id: i64) -> Result<Option<ContactRow>, StoreError> {
        let row = sqlx::query("select * from contact where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::of("reading a contact"))?;
        row.as_ref().map(contact_of).transpose()
    }

    /// Every contact's name, but of those who are somebody else by now: number and name.
    pub async fn contact_names(&self) -> Result<Vec<(i64, String)>, StoreError> {
        sqlx::query_as("select id, name from contact where merged_into is null order by id")
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::of("reading contacts"))
    }

    /// Several contacts by their numbers, in any order.
    pub async fn contacts_numbered(&self, ids: &[i64]) -> Result<Vec<ContactRow>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for part in ids.chunks(500) {
            let mut query = QueryBuilder::new("select * from contact where id in (");
            let mut numbers = query.separated(", ");
            for id in part {
                numbers.push_bind(*id);
            }
            query.push(")");
            let rows = query
                .build()
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading contacts by their numbers"))?;
            for row in &rows {
                found.push(contact_of(row)?);
            }
        }
        Ok(found)
    }

    /// A page of the contacts asked for, and how many there are in all.
    pub async fn contacts_found(
        &self,
        filter: &ContactFilter,
        order: ContactOrder,
        from: u64,
        at_most: u64,
    ) -> Result<(Vec<ContactRow>, u64), StoreError> {
        let failed = StoreError::of("looking for contacts");
        let mut query = QueryBuilder::new("select * from contact");
        narrow(&mut query, filter);
        query.push(match order {
            ContactOrder::Waiting => " order by stage_since, id",
            ContactOrder::Name => " order by lower(name), id",
            ContactOrder::LastTouch => " order by last_touch_at desc nulls last, id",
            ContactOrder::Newest => " order by id desc",
        });
        query.push(" limit ").push_bind(at_most as i64).push(" offset ").push_bind(from as i64);
        let rows = query.build().fetch_all(&self.pool).await.map_err(&failed)?;
        let found = rows.iter().map(contact_of).collect::<Result<Vec<_>, _>>()?;
        let mut query = QueryBuilder::new("select count(*) as all_of_them from contact");
        narrow(&mut query, filter);
        let all = query.build().fetch_one(&self.pool).await.map_err(&failed)?;
        Ok((found, all.get::<i64, _>("all_of_them").unsigned_abs()))
    }

    /// How many stand on each stage that anybody stands on.
    pub async fn contact_stages(&self, filter: &ContactFilter) -> Result<Vec<StageCount>, StoreError> {
        let mut query = QueryBuilder::new("select stage, count(*) as contacts, min(stage_since) as since from contact");
        narrow(&mut query, filter);
        query.push(" group by stage");
        let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("counting stages"))?;
        let of = |row: &SqliteRow| {
            Ok(StageCount {
                stage: coded(row, "stage", Stage::from_code)?,
                contacts: row.get::<i64, _>("contacts").unsigned_abs(),
                longest_since: row.get::<Option<i64>, _>("since").map(Timestamp),
            })
        };
        rows.iter().map(of).collect()
    }

    /// Every owner and tag in use, for the choices of a form.
    pub async fn contact_choices(&self) -> Result<(Vec<String>, Vec<String>), StoreError> {
        let failed = StoreError::of("reading owners and tags");
        let owners: Vec<(String,)> = sqlx::query_as(
            "select distinct owner from contact where owner <> '' and merged_into is null order by owner",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(&failed)?;
        let tags: Vec<(String,)> = sqlx::query_as("select distinct tag from contact_tag order by tag")
            .fetch_all(&self.pool)
            .await
            .map_err(&failed)?;
        Ok((owners.into_iter().map(|(of,)| of).collect(), tags.into_iter().map(|(of,)| of).collect()))
    }

    /// The addresses of contacts, the main one of each first.
    pub async fn contact_addresses(&self, contacts: &[i64]) -> Result<Vec<ContactAddressRow>, StoreError> {
        let mut found = Vec::new();
        for part in contacts.chunks(500) {
            let mut query = QueryBuilder::new("select * from contact_address where contact_id in (");
            let mut numbers = query.separated(", ");
            for id in part {
                numbers.push_bind(*id);
            }
            query.push(") order by contact_id, is_main desc, id");
            let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading addresses"))?;
            for row in &rows {
                found.push(address_of(row)?);
            }
        }
        Ok(found)
    }

    /// Whose address this is.
    pub async fn contact_with_address(&self, channel: Channel, hash: &str) -> Result<Option<i64>, StoreError> {
        let row: Option<(i64,)> =
            sqlx::query_as("select contact_id from contact_address where channel = $1 and address_hash = $2")
                .bind(channel.code())
                .bind(hash)
                .fetch_optional(&self.pool)
                .await
                .map_err(StoreError::of("looking for an address"))?;
        Ok(row.map(|(contact,)| contact))
    }

    /// Adds an address; `Err` names the contact who has it.
    pub async fn add_contact_address(
        &self,
        contact: i64,
        new: &NewAddress,
        at: Timestamp,
    ) -> Result<Result<i64, i64>, StoreError> {
        let failed = StoreError::of("adding an address");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let held: Option<(i64,)> =
            sqlx::query_as("select contact_id from contact_address where channel = $1 and address_hash = $2")
                .bind(new.channel.code())
                .bind(&new.hash)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(&failed)?;
        if let Some((held,)) = held {
            return Ok(Err(held));
        }
        let first: (i64,) = sqlx::query_as("select count(*) from contact_address where contact_id = $1")
            .bind(contact)
            .fetch_one(&mut *transaction)
            .await
            .map_err(&failed)?;
        let id = put_address(&mut transaction, contact, new, first.0 == 0, at).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(Ok(id))
    }

    /// Makes one of a contact's addresses the one that mail goes to.
    pub async fn prefer_contact_address(&self, contact: i64, address: i64) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update contact_address set is_main = (id = $2) where contact_id = $1 \
             and exists (select 1 from contact_address where id = $2 and contact_id = $1)",
        )
        .bind(contact)
        .bind(address)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("preferring an address"))?;
        Ok(done.rows_affected() > 0)
    }

    pub async fn remove_contact_address(&self, contact: i64, address: i64) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from contact_address where contact_id = $1 and id = $2")
            .bind(contact)
            .bind(address)
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("removing an address"))?;
        Ok(done.rows_affected() > 0)
    }

    pub async fn contact_accounts(&self, contact: i64) -> Result<Vec<AccountId>, StoreError> {
        let rows: Vec<(i64,)> =
            sqlx::query_as("select account_id from contact_account where contact_id = $1 order by account_id")
                .bind(contact)
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading a contact's accounts"))?;
        Ok(rows.into_iter().map(|(account,)| AccountId(account)).collect())
    }

    /// Which contact an account belongs to, for those that belong to any.
    pub async fn contacts_of_accounts(&self, accounts: &[AccountId]) -> Result<Vec<(AccountId, i64)>, StoreError> {
        let mut found = Vec::new();
        for part in accounts.chunks(500) {
            let mut query =
                QueryBuilder::new("select account_id, contact_id from contact_account where account_id in (");
            let mut numbers = query.separated(", ");
            for account in part {
                numbers.push_bind(account.0);
            }
            query.push(")");
            let rows = query.build().fetch_all(&self.pool).await.map_err(StoreError::of("reading whose accounts"))?;
            found.extend(rows.iter().map(|row| (AccountId(row.get("account_id")), row.get("contact_id"))));
        }
        Ok(found)
    }

    /// Says that an account is a contact's; it leaves whoever had it.
    pub async fn claim_account(&self, contact: i64, account: AccountId) -> Result<(), StoreError> {
        let failed = StoreError::of("claiming an account");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        put_account(&mut transaction, contact, account).await.map_err(&failed)?;
        restage(&mut transaction, contact).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    pub async fn change_contact(&self, id: i64, change: &ContactChange) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update contact set name = coalesce($2, name), greeting = coalesce($3, greeting), owner = coalesce($4, owner), \
             language = coalesce($5, language), zone = coalesce($6, zone) where id = $1",
        )
        .bind(id)
        .bind(&change.name)
        .bind(&change.greeting)
        .bind(&change.owner)
        .bind(&change.language)
        .bind(&change.zone)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("changing a contact"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Puts contacts on a stage, all or none, and tells which stage each came from; those on it already are left out.
    pub async fn set_contact_stage(
        &self,
        contacts: &[i64],
        stage: Stage,
        actor: &str,
        at: Timestamp,
    ) -> Result<Vec<(i64, Stage)>, StoreError> {
        let failed = StoreError::of("setting a stage");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let mut moved = Vec::new();
        for contact in contacts {
            if let Some(from) = move_stage(&mut transaction, *contact, stage, actor, at).await? {
                moved.push((*contact, from));
            }
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(moved)
    }

    /// Removes one contact as if they had asked to be forgotten by an account; whether there was one.
    pub async fn forget_contact(&self, contact: i64, at: Timestamp) -> Result<bool, StoreError> {
        let failed = StoreError::of("forgetting a contact");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let is_there = image_of(&mut transaction, contact).await.map_err(&failed)?.is_some();
        forget_contact(&mut transaction, contact, at).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        empty_journal(&self.pool).await.map_err(&failed)?;
        Ok(is_there)
    }

    /// Removes the contacts to whom accounts belong, with their addresses, mails and timeline; the addresses are barred for
    /// ever by their hashes.
    pub async fn forget_in_outreach(&self, accounts: &[AccountId], at: Timestamp) -> Result<(), StoreError> {
        let failed = StoreError::of("forgetting somebody in outreach");
        self.forget_in_campaigns(accounts).await?;
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        for account in accounts {
            let row: Option<(i64,)> = sqlx::query_as("select contact_id from contact_account where account_id = $1")
                .bind(account.0)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(&failed)?;
            if let Some((contact,)) = row {
                forget_contact(&mut transaction, contact, at).await.map_err(&failed)?;
            }
        }
        transaction.commit().await.map_err(&failed)?;
        empty_journal(&self.pool).await.map_err(&failed)
    }
}

/// Removes a contact and whoever became part of them, however many merges ago.
async fn forget_contact(connection: &mut SqliteConnection, contact: i64, at: Timestamp) -> Result<(), sqlx::Error> {
    let all: Vec<(i64,)> = sqlx::query_as(
        "with recursive part (id) as (select $1 union select contact.id from contact join part on merged_into = part.id) \
         select id from part",
    )
    .bind(contact)
    .fetch_all(&mut *connection)
    .await?;
    for (id,) in &all {
        let hashes: Vec<(String,)> = sqlx::query_as("select address_hash from contact_address where contact_id = $1")
            .bind(id)
            .fetch_all(&mut *connection)
            .await?;
        for (address_hash,) in hashes {
            let row = SuppressionRow {
                address_hash,
                reason: SuppressionReason::Erased,
                at,
                evidence: "asked to be forgotten".to_owned(),
            };
            put_suppression(connection, &row).await?;
        }
        forget_mails(connection, *id).await?;
        strip_payments(connection, *id).await?;
        forget_deal_prices(connection, *id).await?;
        forget_changes(connection, *id).await?;
        forget_issues(connection).await?;
        forget_views(connection, *id).await?;
        forget_links(connection, *id, at).await?;
        forget_codes(connection, *id, at).await?;
        sqlx::query("update contact set merged_into = null where merged_into = $1")
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    for (id,) in &all {
        sqlx::query("delete from contact where id = $1").bind(id).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Notes when a contact was told where their address came from; the first time counts.
pub(crate) async fn note_informed(
    connection: &mut SqliteConnection,
    contact: i64,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query("update contact set informed_at = coalesce(informed_at, $2) where id = $1")
        .bind(contact)
        .bind(at.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn remove_address(connection: &mut SqliteConnection, address: i64) -> Result<(), sqlx::Error> {
    sqlx::query("delete from contact_address where id = $1").bind(address).execute(connection).await?;
    Ok(())
}

/// Removes the contacts of an import with whom nothing has happened; the others stay, and belong to no import any more.
pub(crate) async fn remove_untouched(
    connection: &mut SqliteConnection,
    import: i64,
) -> Result<(u64, Vec<(i64, String)>), sqlx::Error> {
    // Nothing but having been made: no other touch, no mail, no task, no place in a sequence or in the queue.
    let stay: Vec<(i64, String)> = sqlx::query_as(
        "select id, name from contact where import_id = $1 and (\
         (select count(*) from touch where contact_id = contact.id) > 1 \
         or exists (select 1 from mail where contact_id = contact.id) \
         or exists (select 1 from task where contact_id = contact.id) \
         or exists (select 1 from enrolment where contact_id = contact.id) \
         or exists (select 1 from outgoing where contact_id = contact.id) \
         or exists (select 1 from contact_account where contact_id = contact.id) \
         or exists (select 1 from creator_link where contact_id = contact.id) \
         or exists (select 1 from campaign_move where contact_id = contact.id) \
         or exists (select 1 from tracked_link where contact_id = contact.id) \
         or exists (select 1 from code where contact_id = contact.id) \
         or exists (select 1 from conversion_decision where contact_id = contact.id) \
         or exists (select 1 from contact as other where other.merged_into = contact.id) \
         or merged_into is not null) order by id",
    )
    .bind(import)
    .fetch_all(&mut *connection)
    .await?;
    for (contact, _) in &stay {
        sqlx::query("update contact set import_id = null where id = $1")
            .bind(contact)
            .execute(&mut *connection)
            .await?;
    }
    let removed =
        sqlx::query("delete from contact where import_id = $1").bind(import).execute(connection).await?.rows_affected();
    Ok((removed, stay))
}

pub(crate) async fn put_contact(
    connection: &mut SqliteConnection,
    new: &NewContact,
    import: Option<i64>,
    actor: &str,
    at: Timestamp,
) -> Result<i64, sqlx::Error> {
    let row = sqlx::query(
        "insert into contact (name, greeting, stage, stage_since, owner, language, zone, source, import_id, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $4) returning id",
    )
    .bind(&new.name)
    .bind(&new.greeting)
    .bind(new.stage.code())
    .bind(at.0)
    .bind(&new.owner)
    .bind(&new.language)
    .bind(&new.zone)
    .bind(&new.source)
    .bind(import)
    .fetch_one(&mut *connection)
    .await?;
    let id: i64 = row.get("id");
    for (place, address) in new.addresses.iter().enumerate() {
        put_address(connection, id, address, place == 0, at).await?;
    }
    for account in &new.accounts {
        put_account(connection, id, *account).await?;
        put_stage(connection, *account, Some(new.stage.code()), at).await?;
    }
    for tag in &new.tags {
        put_tag(connection, id, tag).await?;
    }
    let made = NewTouch {
        contact: id,
        at,
        kind: TouchKind::Stage,
        actor: actor.to_owned(),
        summary: format!("made a contact, {}", new.stage.words()),
        detail: new.source.clone(),
        mail: None,
    };
    put_touch(connection, &made).await?;
    Ok(id)
}

pub(crate) async fn put_address(
    connection: &mut SqliteConnection,
    contact: i64,
    new: &NewAddress,
    is_main: bool,
    at: Timestamp,
) -> Result<i64, sqlx::Error> {
    let row = sqlx::query(
        "insert into contact_address (contact_id, channel, address, address_hash, basis, source, is_main, added_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
    )
    .bind(contact)
    .bind(new.channel.code())
    .bind(&new.sealed)
    .bind(&new.hash)
    .bind(&new.basis)
    .bind(&new.source)
    .bind(i64::from(is_main))
    .bind(at.0)
    .fetch_one(connection)
    .await?;
    Ok(row.get("id"))
}

async fn put_account(connection: &mut SqliteConnection, contact: i64, account: AccountId) -> Result<(), sqlx::Error> {
    hand_moves_to(connection, account, contact).await?;
    sqlx::query(
        "insert into contact_account (account_id, contact_id) values ($1, $2) \
         on conflict (account_id) do update set contact_id = $2",
    )
    .bind(account.0)
    .bind(contact)
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves a contact with their accounts to a stage; from which, or `None` where they are there or are nowhere.
pub(crate) async fn move_stage(
    connection: &mut SqliteConnection,
    contact: i64,
    stage: Stage,
    actor: &str,
    at: Timestamp,
) -> Result<Option<Stage>, StoreError> {
    let failed = StoreError::of("setting a stage");
    let row = sqlx::query("select stage from contact where id = $1 and merged_into is null")
        .bind(contact)
        .fetch_optional(&mut *connection)
        .await
        .map_err(&failed)?;
    let Some(row) = row else { return Ok(None) };
    let from = coded(&row, "stage", Stage::from_code)?;
    if from == stage {
        return Ok(None);
    }
    sqlx::query("update contact set stage = $2, stage_since = $3 where id = $1")
        .bind(contact)
        .bind(stage.code())
        .bind(at.0)
        .execute(&mut *connection)
        .await
        .map_err(&failed)?;
    let accounts: Vec<(i64,)> = sqlx::query_as("select account_id from contact_account where contact_id = $1")
        .bind(contact)
        .fetch_all(&mut *connection)
        .await
        .map_err(&failed)?;
    for (account,) in accounts {
        put_stage(&mut *connection, AccountId(account), Some(stage.code()), at).await.map_err(&failed)?;
    }
    let touch = NewTouch {
        contact,
        at,
        kind: TouchKind::Stage,
        actor: actor.to_owned(),
        summary: format!("{} → {}", from.words(), stage.words()),
        detail: String::new(),
        mail: None,
    };
    put_touch(connection, &touch).await.map_err(&failed)?;
    Ok(Some(from))
}

/// Where a creator's stage was set on another page, their contact follows.
pub(crate) async fn follow_stage(
    connection: &mut SqliteConnection,
    account: AccountId,
    stage: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let Some(stage) = Stage::from_code(stage) else { return Ok(()) };
    let row: Option<(i64,)> = sqlx::query_as("select contact_id from contact_account where account_id = $1")
        .bind(account.0)
        .fetch_optional(&mut *connection)
        .await
        .map_err(StoreError::of("reading whose account it is"))?;
    if let Some((contact,)) = row
        && move_stage(connection, contact, stage, "team", at).await?.is_some()
    {
        super::sequences::stop_all(connection, contact, model::outreach::StopReason::StageChange, at).await?;
    }
    Ok(())
}

/// Everything of a contact's own row that a merge may change.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct ContactImage {
    pub name: String,
    pub greeting: String,
    pub stage: String,
    pub stage_since: i64,
    pub owner: String,
    pub language: String,
    pub zone: String,
    pub source: String,
    pub informed_at: Option<i64>,
    pub last_touch_at: Option<i64>,
    pub last_touch: String,
}

pub(crate) async fn image_of(
    connection: &mut SqliteConnection,
    contact: i64,
) -> Result<Option<ContactImage>, sqlx::Error> {
    let row = sqlx::query("select * from contact where id = $1 and merged_into is null")
        .bind(contact)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| ContactImage {
        name: row.get("name"),
        greeting: row.get("greeting"),
        stage: row.get("stage"),
        stage_since: row.get("stage_since"),
        owner: row.get("owner"),
        language: row.get("language"),
        zone: row.get("zone"),
        source: row.get("source"),
        informed_at: row.get("informed_at"),
        last_touch_at: row.get("last_touch_at"),
        last_touch: row.get("last_touch"),
    }))
}

pub(crate) async fn put_image(
    connection: &mut SqliteConnection,
    contact: i64,
    image: &ContactImage,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update contact set name = $2, greeting = $3, stage = $4, stage_since = $5, owner = $6, language = $7, zone = $8, \
         source = $9, informed_at = $10, last_touch_at = $11, last_touch = $12 where id = $1",
    )
    .bind(contact)
    .bind(&image.name)
    .bind(&image.greeting)
    .bind(&image.stage)
    .bind(image.stage_since)
    .bind(&image.owner)
    .bind(&image.language)
    .bind(&image.zone)
    .bind(&image.source)
    .bind(image.informed_at)
    .bind(image.last_touch_at)
    .bind(&image.last_touch)
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts every account of a contact on the contact's own stage, since when the contact stands there.
pub(crate) async fn restage(connection: &mut SqliteConnection, contact: i64) -> Result<(), sqlx::Error> {
    let row = sqlx::query("select stage, stage_since from contact where id = $1")
        .bind(contact)
        .fetch_one(&mut *connection)
        .await?;
    let (stage, since): (String, i64) = (row.get("stage"), row.get("stage_since"));
    let accounts: Vec<(i64,)> = sqlx::query_as("select account_id from contact_account where contact_id = $1")
        .bind(contact)
        .fetch_all(&mut *connection)
        .await?;
    for (account,) in accounts {
        put_stage(connection, AccountId(account), Some(&stage), Timestamp(since)).await?;
    }
    Ok(())
}

/// Says whose part a contact has become; `None` makes them somebody of their own again.
pub(crate) async fn set_merged(
    connection: &mut SqliteConnection,
    contact: i64,
    into: Option<i64>,
) -> Result<(), sqlx::Error> {
    sqlx::query("update contact set merged_into = $2 where id = $1")
        .bind(contact)
        .bind(into)
        .execute(connection)
        .await?;
    Ok(())
}

/// Which of a contact's addresses is the main one, if any is; and making some the main ones, all others not.
pub(crate) async fn main_addresses(connection: &mut SqliteConnection, contact: i64) -> Result<Vec<i64>, sqlx::Error> {
    let rows: Vec<(i64,)> = sqlx::query_as("select id from contact_address where contact_id = $1 and is_main = 1")
        .bind(contact)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub(crate) async fn set_main(connection: &mut SqliteConnection, contact: i64, main: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query("update contact_address set is_main = 0 where contact_id = $1")
        .bind(contact)
        .execute(&mut *connection)
        .await?;
    for address in main {
        sqlx::query("update contact_address set is_main = 1 where id = $1 and contact_id = $2")
            .bind(address)
            .bind(contact)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Keeps beside a contact what a list shows of their latest touch.
pub(crate) async fn note_touch(connection: &mut SqliteConnection, touch: &NewTouch) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update contact set last_touch_at = $2, last_touch = $3 \
         where id = $1 and (last_touch_at is null or last_touch_at <= $2)",
    )
    .bind(touch.contact)
    .bind(touch.at.0)
    .bind(&touch.summary)
    .execute(connection)
    .await?;
    Ok(())
}

moves!(move_addresses, give_back_addresses, "contact_address", "id");
moves!(move_accounts, give_back_accounts, "contact_account", "account_id");
