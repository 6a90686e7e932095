//! Two contacts become one, with everything as it was kept beside it, and become two again.
//!
//! Nothing is thrown away: addresses, accounts, mails, threads and touches go to the one who stays; the other is shown
//! nowhere. Taking it back gives each what was theirs. What has been changed since stays with the one who stayed, and is named.

use model::Timestamp;
use model::outreach::TouchKind;
use serde::{Deserialize, Serialize};
use sqlx::Row;

use super::bounces::{give_back_bounces, move_bounces};
use super::campaigns::{give_back_campaign_moves, move_campaign_moves};
use super::changes::{MERGE, NewChange, put_change, take_change};
use super::contacts::{
    ContactImage, give_back_accounts, give_back_addresses, image_of, main_addresses, move_accounts, move_addresses,
    put_image, restage, set_main, set_merged,
};
use super::creator_links::{give_back_links, move_links};
use super::deals::{give_back_deals, move_deals};
use super::files::{give_back_files, move_files};
use super::mails::{give_back_mails, move_mails};
use super::rights::{
    give_back_claims, give_back_contests, give_back_erasure_requests, move_claims, move_contests, move_erasure_requests,
};
use super::sending::{give_back_outgoing, move_outgoing};
use super::sequences::{end_shared, give_back_enrolments, go_on, move_enrolments};
use super::tasks::{give_back_tasks, move_tasks, put_tag, put_value, tags_of, take_tag, values_of};
use super::threads::{give_back_threads, move_threads};
use super::touches::{NewTouch, give_back_touches, move_touches, put_touch, remove_touch};
use crate::codes::{give_back_codes, move_codes};
use crate::conversions::{give_back_decided, move_decided};
use crate::database::Store;
use crate::error::StoreError;
use crate::tracking::{give_back_followed_links, move_followed_links};

/// What of the one who goes is taken over; everything else stays as the other has it, or is taken where they have nothing.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct TakenOver {
    pub name: bool,
    pub greeting: bool,
    pub stage: bool,
    pub owner: bool,
    pub language: bool,
    pub zone: bool,
    pub source: bool,
    /// Mail goes to their main address.
    pub main_address: bool,
    /// Fields of the team's own, by their numbers.
    pub fields: Vec<i64>,
}

/// Everything needed to make two of one again.
#[derive(Serialize, Deserialize)]
struct Before {
    stays: i64,
    goes: i64,
    stays_was: ContactImage,
    stays_became: ContactImage,
    goes_was: ContactImage,
    stays_main: Vec<i64>,
    goes_main: Vec<i64>,
    addresses: Vec<i64>,
    accounts: Vec<i64>,
    touches: Vec<i64>,
    tasks: Vec<i64>,
    enrolments: Vec<i64>,
    ended: Vec<(i64, String)>,
    outgoing: Vec<i64>,
    bounces: Vec<i64>,
    mails: Vec<i64>,
    threads: Vec<i64>,
    #[serde(default)]
    deals: Vec<i64>,
    #[serde(default)]
    links: Vec<i64>,
    #[serde(default)]
    contests: Vec<i64>,
    #[serde(default)]
    claims: Vec<i64>,
    #[serde(default)]
    erasures: Vec<i64>,
    #[serde(default)]
    files: Vec<i64>,
    #[serde(default)]
    followed: Vec<i64>,
    #[serde(default)]
    codes: Vec<i64>,
    #[serde(default)]
    decided: Vec<i64>,
    #[serde(default)]
    campaign_moves: Vec<i64>,
    /// Put on the one who stays.
    tags: Vec<String>,
    /// Filled for the one who stays.
    values: Vec<(i64, String)>,
    /// Filled otherwise for the one who stays: field, as it was, as it became.
    #[serde(default)]
    replaced: Vec<(i64, String, String)>,
    /// The line in the timeline that tells of the merge.
    touch: i64,
}

impl Store {
    /// Makes two contacts one; the number under which it can be taken back, or `None` where one of them is not there.
    pub async fn merge_contacts(
        &self,
        stays: i64,
        goes: i64,
        taken: TakenOver,
        actor: &str,
        at: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        let failed = StoreError::of("merging two contacts");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let connection = &mut *transaction;
        let images =
            (image_of(connection, stays).await.map_err(&failed)?, image_of(connection, goes).await.map_err(&failed)?);
        let (Some(stays_was), Some(goes_was)) = images else { return Ok(None) };
        if stays == goes {
            return Ok(None);
        }
        let pick = |of: bool, stays: &str, goes: &str| {
            let takes = of || stays.is_empty();
            if takes && !goes.is_empty() { goes.to_owned() } else { stays.to_owned() }
        };
        let later = goes_was.last_touch_at > stays_was.last_touch_at;
        let became = ContactImage {
            name: pick(taken.name, &stays_was.name, &goes_was.name),
            greeting: pick(taken.greeting, &stays_was.greeting, &goes_was.greeting),
            stage: if taken.stage { goes_was.stage.clone() } else { stays_was.stage.clone() },
            stage_since: if taken.stage { goes_was.stage_since } else { stays_was.stage_since },
            owner: pick(taken.owner, &stays_was.owner, &goes_was.owner),
            language: pick(taken.language, &stays_was.language, &goes_was.language),
            zone: pick(taken.zone, &stays_was.zone, &goes_was.zone),
            source: pick(taken.source, &stays_was.source, &goes_was.source),
            // Told once is told.
            informed_at: match (stays_was.informed_at, goes_was.informed_at) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
            last_touch_at: stays_was.last_touch_at.max(goes_was.last_touch_at),
            last_touch: if later { goes_was.last_touch.clone() } else { stays_was.last_touch.clone() },
        };
        let stays_main = main_addresses(connection, stays).await.map_err(&failed)?;
        let goes_main = main_addresses(connection, goes).await.map_err(&failed)?;
        let ended = end_shared(connection, goes, stays).await.map_err(&failed)?;
        let mut before = Before {
            stays,
            goes,
            addresses: move_addresses(connection, goes, stays).await.map_err(&failed)?,
            accounts: move_accounts(connection, goes, stays).await.map_err(&failed)?,
            touches: move_touches(connection, goes, stays).await.map_err(&failed)?,
            tasks: move_tasks(connection, goes, stays).await.map_err(&failed)?,
            enrolments: move_enrolments(connection, goes, stays).await.map_err(&failed)?,
            ended,
            outgoing: move_outgoing(connection, goes, stays).await.map_err(&failed)?,
            bounces: move_bounces(connection, goes, stays).await.map_err(&failed)?,
            mails: move_mails(connection, goes, stays).await.map_err(&failed)?,
            threads: move_threads(connection, goes, stays).await.map_err(&failed)?,
            deals: move_deals(connection, goes, stays).await.map_err(&failed)?,
            links: move_links(connection, goes, stays).await.map_err(&failed)?,
            contests: move_contests(connection, goes, stays).await.map_err(&failed)?,
            claims: move_claims(connection, goes, stays).await.map_err(&failed)?,
            erasures: move_erasure_requests(connection, goes, stays).await.map_err(&failed)?,
            files: move_files(connection, goes, stays).await.map_err(&failed)?,
            followed: move_followed_links(connection, goes, stays).await.map_err(&failed)?,
            codes: move_codes(connection, goes, stays).await.map_err(&failed)?,
            decided: move_decided(connection, goes, stays).await.map_err(&failed)?,
            campaign_moves: move_campaign_moves(connection, goes, stays).await.map_err(&failed)?,
            stays_main: stays_main.clone(),
            goes_main: goes_main.clone(),
            tags: Vec::new(),
            values: Vec::new(),
            replaced: Vec::new(),
            stays_was,
            stays_became: became.clone(),
            goes_was,
            touch: 0,
        };
        let takes_theirs = stays_main.is_empty() || (taken.main_address && !goes_main.is_empty());
        let main = if takes_theirs { &goes_main } else { &stays_main };
        set_main(connection, stays, main).await.map_err(&failed)?;
        for tag in tags_of(connection, goes).await.map_err(&failed)? {
            if put_tag(connection, stays, &tag).await.map_err(&failed)? {
                before.tags.push(tag);
            }
        }
        let held = values_of(connection, stays).await.map_err(&failed)?;
        for (field, value) in values_of(connection, goes).await.map_err(&failed)? {
            match held.iter().find(|(of, _)| *of == field) {
                Some((_, own)) if taken.fields.contains(&field) && *own != value => {
                    put_value(connection, stays, field, Some(&value)).await.map_err(&failed)?;
                    before.replaced.push((field, own.clone(), value));
                }
                Some(_) => {}
                None => {
                    put_value(connection, stays, field, Some(&value)).await.map_err(&failed)?;
                    before.values.push((field, value));
                }
            }
        }
        put_image(connection, stays, &became).await.map_err(&failed)?;
        restage(connection, stays).await.map_err(&failed)?;
        set_merged(connection, goes, Some(stays)).await.map_err(&failed)?;
        let touch = NewTouch {
            contact: stays,
            at,
            kind: TouchKind::Merge,
            actor: actor.to_owned(),
            summary: format!("{} (contact {goes}) became part of this one", before.goes_was.name),
            detail: String::new(),
            mail: None,
        };
        before.touch = put_touch(connection, &touch).await.map_err(&failed)?;
        if let Some(image) = image_of(connection, stays).await.map_err(&failed)? {
            before.stays_became = image;
        }
        let change = NewChange {
            kind: MERGE,
            summary: format!("{} became part of {}", before.goes_was.name, before.stays_became.name),
            before: serde_json::to_string(&before).unwrap_or_default(),
        };
        let id = put_change(connection, &change, at).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(Some(id))
    }

    /// Makes two of one again; what was changed since and stays with the one who stayed. `None` where there is nothing to take
    /// back under this number.
    pub async fn undo_contact_merge(&self, change: i64, at: Timestamp) -> Result<Option<Vec<String>>, StoreError> {
        let failed = StoreError::of("taking a merge back");
        let mut transaction = self.pool.begin_with("begin immediate").await.map_err(&failed)?;
        let connection = &mut *transaction;
        let Some(before) = take_change(connection, change, MERGE, at).await.map_err(&failed)? else { return Ok(None) };
        let before: Before = serde_json::from_str(&before).map_err(|error| StoreError::Database {
            what: "a merge that was kept cannot be read",
            problem: error.to_string(),
        })?;
        let Some(now) = image_of(connection, before.stays).await.map_err(&failed)? else {
            return Ok(None);
        };
        let (stays, goes) = (before.stays, before.goes);
        let mut kept = Vec::new();
        let became = &before.stays_became;
        let back = |what: &str, was: &str, became: &str, now: &str, kept: &mut Vec<String>| {
            if now == became {
                return was.to_owned();
            }
            kept.push(format!("{what}: {now}"));
            now.to_owned()
        };
        let was = &before.stays_was;
        let stage_is_new = (&now.stage, now.stage_since) != (&became.stage, became.stage_since);
        if stage_is_new {
            kept.push(format!("stage: {}", now.stage));
        }
        let touched_since = now.last_touch_at != became.last_touch_at;
        let image = ContactImage {
            name: back("name", &was.name, &became.name, &now.name, &mut kept),
            greeting: back("greeting", &was.greeting, &became.greeting, &now.greeting, &mut kept),
            owner: back("owner", &was.owner, &became.owner, &now.owner, &mut kept),
            language: back("language", &was.language, &became.language, &now.language, &mut kept),
            zone: back("zone", &was.zone, &became.zone, &now.zone, &mut kept),
            source: back("source", &was.source, &became.source, &now.source, &mut kept),
            stage: if stage_is_new { now.stage.clone() } else { was.stage.clone() },
            stage_since: if stage_is_new { now.stage_since } else { was.stage_since },
            informed_at: if now.informed_at == became.informed_at { was.informed_at } else { now.informed_at },
            last_touch_at: if touched_since { now.last_touch_at } else { was.last_touch_at },
            last_touch: if touched_since { now.last_touch.clone() } else { was.last_touch.clone() },
        };
        set_merged(connection, goes, None).await.map_err(&failed)?;
        give_back_addresses(connection, &before.addresses, stays, goes).await.map_err(&failed)?;
        give_back_accounts(connection, &before.accounts, stays, goes).await.map_err(&failed)?;
        give_back_touches(connection, &before.touches, stays, goes).await.map_err(&failed)?;
        give_back_tasks(connection, &before.tasks, stays, goes).await.map_err(&failed)?;
        give_back_enrolments(connection, &before.enrolments, stays, goes).await.map_err(&failed)?;
        go_on(connection, &before.ended).await.map_err(&failed)?;
        give_back_outgoing(connection, &before.outgoing, stays, goes).await.map_err(&failed)?;
        give_back_bounces(connection, &before.bounces, stays, goes).await.map_err(&failed)?;
        give_back_mails(connection, &before.mails, stays, goes).await.map_err(&failed)?;
        give_back_threads(connection, &before.threads, stays, goes).await.map_err(&failed)?;
        give_back_deals(connection, &before.deals, stays, goes).await.map_err(&failed)?;
        give_back_links(connection, &before.links, stays, goes).await.map_err(&failed)?;
        give_back_contests(connection, &before.contests, stays, goes).await.map_err(&failed)?;
        give_back_claims(connection, &before.claims, stays, goes).await.map_err(&failed)?;
        give_back_erasure_requests(connection, &before.erasures, stays, goes).await.map_err(&failed)?;
        give_back_files(connection, &before.files, stays, goes).await.map_err(&failed)?;
        give_back_followed_links(connection, &before.followed, stays, goes).await.map_err(&failed)?;
        give_back_codes(connection, &before.codes, stays, goes).await.map_err(&failed)?;
        give_back_decided(connection, &before.decided, stays, goes).await.map_err(&failed)?;
        give_back_campaign_moves(connection, &before.campaign_moves, stays, goes).await.map_err(&failed)?;
        set_main(connection, stays, &before.stays_main).await.map_err(&failed)?;
        set_main(connection, goes, &before.goes_main).await.map_err(&failed)?;
        for tag in &before.tags {
            take_tag(connection, stays, tag).await.map_err(&failed)?;
        }
        let values = values_of(connection, stays).await.map_err(&failed)?;
        for (field, value) in &before.values {
            match values.iter().find(|(of, _)| of == field) {
                Some((_, now)) if now == value => put_value(connection, stays, *field, None).await.map_err(&failed)?,
                Some((_, now)) => kept.push(format!("field {field}: {now}")),
                None => {}
            }
        }
        for (field, was, became) in &before.replaced {
            match values.iter().find(|(of, _)| of == field) {
                Some((_, now)) if now == became => {
                    put_value(connection, stays, *field, Some(was)).await.map_err(&failed)?;
                }
                Some((_, now)) => kept.push(format!("field {field}: {now}")),
                None => kept.push(format!("field {field}: empty")),
            }
        }
        remove_touch(connection, before.touch).await.map_err(&failed)?;
        put_image(connection, stays, &image).await.map_err(&failed)?;
        put_image(connection, goes, &before.goes_was).await.map_err(&failed)?;
        restage(connection, stays).await.map_err(&failed)?;
        restage(connection, goes).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        Ok(Some(kept))
    }

    /// Every contact with their name and sealed addresses, for the search for doubles.
    pub async fn contacts_for_doubles(&self) -> Result<Vec<(i64, String, Vec<u8>)>, StoreError> {
        let rows = sqlx::query(
            "select contact.id, name, coalesce(address, x'') as address from contact left join contact_address on \
             contact_id = contact.id and channel = 'email' where merged_into is null order by contact.id, contact_address.id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::of("reading contacts to look for doubles"))?;
        Ok(rows.iter().map(|row| (row.get("id"), row.get("name"), row.get("address"))).collect())
    }
}
