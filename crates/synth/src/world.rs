//! A made-up market: planned once, told as a stream of facts as often as wanted.

use model::{AccountId, Timestamp};

use crate::batches::Batches;
use crate::brand;
use crate::groups::plan_groups;
use crate::listening::Listening;
use crate::names::Namer;
use crate::people::People;
use crate::posters::Posters;
use crate::settings::{WorldError, WorldSettings};
use crate::texts::Writer;
use crate::truth::Truth;

/// The share of accounts that are bots.
const BOT_SHARE: f64 = 0.025;

/// A person and the number of the group they are in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupMember {
    pub account: AccountId,
    pub group: u32,
}

/// A planned world. It holds some sixty bytes an account and no fact: those are made while they are read.
#[derive(Debug)]
pub struct World {
    pub(crate) settings: WorldSettings,
    pub(crate) namer: Namer,
    pub(crate) people: People,
    pub(crate) listening: Listening,
    pub(crate) posters: Posters,
    pub(crate) writer: Writer,
    truth: Truth,
}

impl World {
    /// Decides who there is, who talks to whom and what is planted. Cost: O(accounts).
    ///
    /// ```
    /// use synth::{World, WorldSettings, WorldSize};
    /// let world = World::plan(WorldSettings::new(7, WorldSize::Small))?;
    /// let facts: usize = world.batches().take(1).map(|batch| batch.len()).sum();
    /// assert!(facts > 0 && !world.truth().buyers.is_empty());
    /// # Ok::<(), synth::WorldError>(())
    /// ```
    pub fn plan(settings: WorldSettings) -> Result<World, WorldError> {
        let settings = settings.checked()?;
        let accounts = settings.size.accounts();
        let bots = (accounts as f64 * BOT_SHARE) as usize;
        let human_count = accounts - bots - brand::PLATFORMS.len();
        let namer = Namer::new(settings.seed);
        let groups = plan_groups(&settings, human_count);
        let mut people = People::plan(&settings, groups, human_count, namer);
        let listening = Listening::plan(settings.seed, &people);
        let posters = Posters::plan(&settings, &mut people, &listening);
        let truth = Truth::gather(&settings, &people, &listening, &posters);
        Ok(World { settings, namer, people, listening, posters, writer: Writer::new(), truth })
    }

    pub fn settings(&self) -> &WorldSettings {
        &self.settings
    }

    /// What is planted.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// Which group each person belongs to; bots and the brand's accounts belong to none.
    pub fn members(&self) -> impl Iterator<Item = GroupMember> {
        (0..self.people.human_count).map(|account| {
            let group = self.people.group_number(account).expect("people have a group") as u32;
            GroupMember { account: self.people.ids[account], group }
        })
    }

    /// The facts in the order in which they happened, in portions of about fifty thousand interactions. All accounts
    /// with their first profiles come first; nothing is named before it exists.
    pub fn batches(&self) -> Batches<'_> {
        Batches::new(self)
    }

    /// Bytes of planned state, without the truth and without what a running stream keeps.
    pub fn state_bytes(&self) -> usize {
        self.people.bytes() + self.posters.bytes()
    }

    /// The moment `seconds` after the start.
    pub(crate) fn moment(&self, seconds: u32) -> Timestamp {
        Timestamp::from_unix_seconds(self.settings.start_at().unix_seconds() + i64::from(seconds))
    }
}
