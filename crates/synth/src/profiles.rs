//! What an account's profile says on a day: name, followers, a few words, country and language.

use model::facts::{AccountFact, AccountKind, ProfileFact};
use model::{AccountId, Timestamp};

use crate::brand;
use crate::growth::Following;
use crate::names::Namer;
use crate::people::{People, Role};
use crate::random::Stream;
use crate::sentences::Language;

/// Countries by language, the frequent ones several times.
fn countries(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["US", "US", "US", "GB", "GB", "CA", "AU", "NL", "SE", "IN"],
        Language::German => &["DE", "DE", "AT", "CH"],
        Language::Spanish => &["ES", "MX", "AR", "CO"],
        Language::French => &["FR", "FR", "BE", "CA"],
    }
}

/// Makes the account and profile facts of a world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profiler<'w> {
    pub(crate) people: &'w People,
    pub(crate) namer: Namer,
    pub(crate) chance: Stream,
}

impl Profiler<'_> {
    pub(crate) fn account(&self, account: usize) -> AccountFact {
        let role = self.people.persons[account].role;
        let mut native_id = String::with_capacity(24);
        match role {
            Role::Brand => native_id.push_str(brand::HANDLE),
            _ => self.namer.native_id(&mut native_id, self.people.platform(account), account),
        }
        let kind = match role {
            Role::Brand => AccountKind::Brand,
            Role::Creator => AccountKind::Person,
            _ => AccountKind::Unknown,
        };
        let id: AccountId = self.people.ids[account];
        AccountFact { id, platform: self.people.platform(account), scope: String::new(), native_id, kind }
    }

    /// The profile as it stands; `following` and `posts_made` for those who publish.
    pub(crate) fn profile(
        &self,
        account: usize,
        observed_at: Timestamp,
        following: Option<Following>,
        posts_made: u32,
    ) -> ProfileFact {
        let person = &self.people.persons[account];
        let niche = self.people.niche(account);
        let mut dice = self.chance.dice(account as u64);
        let mut profile = ProfileFact::empty(self.people.ids[account], observed_at);
        profile.followers = Some(following.map_or(i64::from(person.followers), |following| following.shown()));
        let mut handle = String::with_capacity(24);
        match person.role {
            Role::Bot => {
                self.namer.bot_handle(&mut handle, account);
                profile.following = Some(dice.log_normal(1_100.0, 0.7) as i64);
                profile.posts = Some(dice.below(7) as i64);
                profile.bio = dice.chance(0.12).then(|| "follow for follow · made-up account".to_owned());
            }
            Role::Brand => {
                handle.push_str(brand::HANDLE);
                profile.display_name = Some(brand::NAME.to_owned());
                profile.bio = Some("Coffee and tea gear for slow mornings · made-up account".to_owned());
                profile.posts = Some(220 + i64::from(posts_made));
                profile.following = Some(310);
                profile.external_url = Some("https://kettleandcrane.example".to_owned());
            }
            Role::Creator => {
                self.namer.handle(&mut handle, account, niche);
                profile.display_name = Some(self.namer.display_name(account, niche));
                profile.bio = Some(self.namer.bio(account, niche));
                profile.following = Some(dice.log_normal(420.0, 0.7) as i64);
                profile.posts = Some(dice.log_normal(140.0, 0.8) as i64 + i64::from(posts_made));
                if dice.chance(0.3) {
                    profile.external_url = Some(format!("https://{handle}.example"));
                }
            }
            Role::Ordinary | Role::Buyer => {
                self.namer.handle(&mut handle, account, niche);
                profile.following = Some(dice.log_normal(280.0, 0.9) as i64);
                profile.posts = Some((dice.log_normal(45.0, 1.3) - 1.0).max(0.0) as i64 + i64::from(posts_made));
                profile.display_name = dice.chance(0.9).then(|| self.namer.display_name(account, niche));
                profile.bio = dice.chance(0.55).then(|| self.namer.bio(account, niche));
                if dice.chance(0.08) {
                    profile.followers = None;
                }
            }
        }
        profile.handle = Some(handle);
        if person.role != Role::Bot {
            profile.language = dice.chance(0.7).then(|| person.language.code().to_owned());
            profile.country = dice.chance(0.6).then(|| (*dice.choose(countries(person.language))).to_owned());
        }
        profile
    }
}
