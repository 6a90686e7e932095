//! What the team and clients say of the people on a shortlist, and the links by which clients look at one.

use model::{AccountId, Timestamp};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::database::Store;
use crate::error::StoreError;

/// Who voted: somebody of the team, or somebody who came by a link. The same name is another person on another link.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Voter {
    pub link: Option<i64>,
    pub name: String,
}

impl Voter {
    fn kept(&self) -> String {
        match self.link {
            Some(link) => format!("link:{link}:{}", self.name),
            None => format!("team:{}", self.name),
        }
    }

    fn of(kept: &str) -> Voter {
        let by_link = kept.strip_prefix("link:").and_then(|rest| rest.split_once(':'));
        match by_link.and_then(|(link, name)| Some((link.parse().ok()?, name))) {
            Some((link, name)) => Voter { link: Some(link), name: name.to_owned() },
            None => Voter { link: None, name: kept.strip_prefix("team:").unwrap_or(kept).to_owned() },
        }
    }
}

/// What somebody said of somebody on a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShortlistVote {
    pub account: AccountId,
    pub voter: Voter,
    /// 1, 0, -1
    pub vote: i8,
    pub comment: String,
    pub voted_at: Timestamp,
}

/// A link by which a client looks at a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShortlistLink {
    pub id: i64,
    pub list: i64,
    pub note: String,
    pub shows_prices: bool,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub opened: u64,
    pub last_opened_at: Option<Timestamp>,
}

fn vote_of(row: &SqliteRow) -> ShortlistVote {
    ShortlistVote {
        account: AccountId(row.get("account_id")),
        voter: Voter::of(row.get("voter")),
        vote: row.get::<i64, _>("vote").signum() as i8,
        comment: row.get("comment"),
        voted_at: Timestamp(row.get("voted_at")),
    }
}

fn link_of(row: &SqliteRow) -> ShortlistLink {
    let moment = |column: &str| row.get::<Option<i64>, _>(column).map(Timestamp);
    ShortlistLink {
        id: row.get("id"),
        list: row.get("shortlist_id"),
        note: row.get("note"),
        shows_prices: row.get::<i64, _>("shows_prices") != 0,
        created_at: Timestamp(row.get("created_at")),
        expires_at: Timestamp(row.get("expires_at")),
        revoked_at: moment("revoked_at"),
        opened: row.get::<i64, _>("opened").unsigned_abs(),
        last_opened_at: moment("last_opened_at"),
    }
}

impl Store {
    /// Every vote on a list, newest first.
    pub async fn shortlist_votes(&self, list: i64) -> Result<Vec<ShortlistVote>, StoreError> {
        let failed = StoreError::of("reading votes");
        let mut connection = self.pool.acquire().await.map_err(&failed)?;
        votes_of(&mut connection, list).await.map_err(&failed)
    }

    /// Keeps a vote in the place of the same voter's earlier one; whether the person is on the list.
    pub async fn keep_vote(&self, list: i64, vote: &ShortlistVote) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "insert into shortlist_vote (shortlist_id, account_id, voter, vote, comment, voted_at) \
             select $1, $2, $3, $4, $5, $6 \
             where exists (select 1 from shortlist_member where shortlist_id = $1 and account_id = $2) \
             on conflict (shortlist_id, account_id, voter) do update set vote = $4, comment = $5, voted_at = $6",
        )
        .bind(list)
        .bind(vote.account.0)
        .bind(vote.voter.kept())
        .bind(i64::from(vote.vote))
        .bind(&vote.comment)
        .bind(vote.voted_at.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("keeping a vote"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Takes a voter's vote on somebody back; whether there was one.
    pub async fn take_vote_back(&self, list: i64, account: AccountId, voter: &Voter) -> Result<bool, StoreError> {
        let done = sqlx::query("delete from shortlist_vote where shortlist_id = $1 and account_id = $2 and voter = $3")
            .bind(list)
            .bind(account.0)
            .bind(voter.kept())
            .execute(&self.pool)
            .await
            .map_err(StoreError::of("taking a vote back"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Keeps a link to a list and returns its number.
    pub async fn share_shortlist(&self, secret_hash: &str, link: &ShortlistLink) -> Result<i64, StoreError> {
        let row = sqlx::query(
            "insert into shortlist_link (shortlist_id, secret_hash, note, shows_prices, created_at, expires_at) \
             values ($1, $2, $3, $4, $5, $6) returning id",
        )
        .bind(link.list)
        .bind(secret_hash)
        .bind(&link.note)
        .bind(i64::from(link.shows_prices))
        .bind(link.created_at.0)
        .bind(link.expires_at.0)
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::of("sharing a shortlist"))?;
        Ok(row.get("id"))
    }

    /// The open link with this hash; nothing is counted.
    pub async fn shared_shortlist(
        &self,
        secret_hash: &str,
        at: Timestamp,
    ) -> Result<Option<ShortlistLink>, StoreError> {
        let row = sqlx::query(
            "select * from shortlist_link where secret_hash = $1 and revoked_at is null and expires_at > $2",
        )
        .bind(secret_hash)
        .bind(at.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("looking at a shared shortlist"))?;
        Ok(row.as_ref().map(link_of))
    }

    /// Opens a link by its hash and counts it.
    pub async fn open_shared_shortlist(
        &self,
        secret_hash: &str,
        at: Timestamp,
    ) -> Result<Option<ShortlistLink>, StoreError> {
        let row = sqlx::query(
            "update shortlist_link set opened = opened + 1, last_opened_at = $2 \
             where secret_hash = $1 and revoked_at is null and expires_at > $2 returning *",
        )
        .bind(secret_hash)
        .bind(at.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::of("opening a shared shortlist"))?;
        Ok(row.as_ref().map(link_of))
    }

    /// The links to a list, newest first.
    pub async fn shortlist_links(&self, list: i64) -> Result<Vec<ShortlistLink>, StoreError> {
        let rows =
            sqlx::query("select * from shortlist_link where shortlist_id = $1 order by created_at desc, id desc")
                .bind(list)
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::of("reading the links to a shortlist"))?;
        Ok(rows.iter().map(link_of).collect())
    }

    /// Ends a link; whether it was open.
    pub async fn revoke_shortlist_link(&self, list: i64, link: i64, at: Timestamp) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "update shortlist_link set revoked_at = $3 \
             where id = $2 and shortlist_id = $1 and revoked_at is null and expires_at > $3",
        )
        .bind(list)
        .bind(link)
        .bind(at.0)
        .execute(&self.pool)
        .await
        .map_err(StoreError::of("revoking a link"))?;
        Ok(done.rows_affected() > 0)
    }
}

pub(crate) async fn votes_of(connection: &mut SqliteConnection, list: i64) -> Result<Vec<ShortlistVote>, sqlx::Error> {
    let rows = sqlx::query(
        "select account_id, voter, vote, comment, voted_at from shortlist_vote where shortlist_id = $1 \
         order by voted_at desc, account_id, voter",
    )
    .bind(list)
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(vote_of).collect())
}

/// Brings votes back that are not there; one given since stays.
pub(crate) async fn put_votes(
    connection: &mut SqliteConnection,
    list: i64,
    votes: &[ShortlistVote],
) -> Result<(), sqlx::Error> {
    for vote in votes {
        sqlx::query(
            "insert into shortlist_vote (shortlist_id, account_id, voter, vote, comment, voted_at) \
             values ($1, $2, $3, $4, $5, $6) on conflict (shortlist_id, account_id, voter) do nothing",
        )
        .bind(list)
        .bind(vote.account.0)
        .bind(vote.voter.kept())
        .bind(i64::from(vote.vote))
        .bind(&vote.comment)
        .bind(vote.voted_at.0)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

pub(crate) async fn drop_votes(
    connection: &mut SqliteConnection,
    list: i64,
    account: AccountId,
) -> Result<(), sqlx::Error> {
    sqlx::query("delete from shortlist_vote where shortlist_id = $1 and account_id = $2")
        .bind(list)
        .bind(account.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn forget_votes(connection: &mut SqliteConnection, account: AccountId) -> Result<(), sqlx::Error> {
    sqlx::query("delete from shortlist_vote where account_id = $1").bind(account.0).execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_on_a_link_is_nobody_of_the_team_and_nobody_on_another_link() {
        let voters = [None, Some(3), Some(31)].map(|link| Voter { link, name: "link:3:Ana: the first".to_owned() });
        for voter in &voters {
            assert_eq!(Voter::of(&voter.kept()), *voter);
            assert_eq!(voters.iter().filter(|other| other.kept() == voter.kept()).count(), 1);
        }
    }

    #[tokio::test]
    async fn a_link_opens_until_it_ends_and_a_vote_is_changed_by_its_voter_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).await.expect("opens");
        let list = store.name_shortlist(None, "Spring", Timestamp(5)).await.expect("begins");
        let one = AccountId(1);
        store.add_to_shortlist(list, &[one], "map", Timestamp(6)).await.expect("adds");
        let link = ShortlistLink {
            id: 0,
            list,
            note: "the board".to_owned(),
            shows_prices: true,
            created_at: Timestamp(6),
            expires_at: Timestamp(20),
            revoked_at: None,
            opened: 0,
            last_opened_at: None,
        };
        let id = store.share_shortlist("hash", &link).await.expect("shares");
        assert!(store.open_shared_shortlist("other", Timestamp(7)).await.expect("asks").is_none());
        assert_eq!(store.open_shared_shortlist("hash", Timestamp(7)).await.expect("opens").expect("is open").opened, 1);
        assert!(store.shared_shortlist("hash", Timestamp(8)).await.expect("looks").expect("is open").shows_prices);
        assert!(store.open_shared_shortlist("hash", Timestamp(20)).await.expect("asks").is_none(), "it is over");
        let vote = |link: Option<i64>, vote: i8| ShortlistVote {
            account: one,
            voter: Voter { link, name: "Ana".to_owned() },
            vote,
            comment: String::new(),
            voted_at: Timestamp(9),
        };
        for given in [vote(Some(id), 1), vote(None, 1), vote(Some(id), -1)] {
            assert!(store.keep_vote(list, &given).await.expect("keeps"));
        }
        let somebody_else = ShortlistVote { account: AccountId(2), ..vote(None, 1) };
        assert!(!store.keep_vote(list, &somebody_else).await.expect("asks"), "who is not on the list gets no vote");
        let mut held: Vec<(Option<i64>, i8)> = store
            .shortlist_votes(list)
            .await
            .expect("reads")
            .into_iter()
            .map(|vote| (vote.voter.link, vote.vote))
            .collect();
        held.sort_unstable();
        assert_eq!(held, [(None, 1), (Some(id), -1)]);
        assert!(store.revoke_shortlist_link(list, id, Timestamp(9)).await.expect("revokes"));
        assert!(store.shared_shortlist("hash", Timestamp(10)).await.expect("looks").is_none());
        assert!(!store.revoke_shortlist_link(list, id, Timestamp(11)).await.expect("asks"));
    }
}
