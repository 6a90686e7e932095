//! Whom the brand's buyers really listen to: the planted truth a good ranking should find again.
//!
//! Each buyer has a few people whose word counts, chosen by hidden quality, by whether that person answers, and by
//! taste; fame hardly matters. No count of talk enters, so this is not the product's own formula turned around.

use crate::people::{People, Role, charm_of};
use crate::random::{Dice, Purpose, Stream, power};

/// One person a buyer listens to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listened {
    pub(crate) creator: u32,
    /// How much of the buyer's talk to listened-to people goes here; the weights of a buyer add up to 1.
    pub(crate) weight: f32,
    /// The chance that the buyer is moved by what this person says.
    pub(crate) probability: f32,
}

/// All buyers and whom they listen to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listening {
    /// In the order of accounts.
    pub(crate) buyers: Vec<u32>,
    starts: Vec<u32>,
    edges: Vec<Listened>,
}

impl Listening {
    pub(crate) fn plan(seed: u64, people: &People) -> Listening {
        let chance = Stream::new(seed, Purpose::Listening);
        let charm = Stream::new(seed, Purpose::Charm);
        let voices: Vec<Voice> = people
            .groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.has_buyers)
            .flat_map(|(number, group)| group.creators().map(move |account| (number, account)))
            .map(|(number, account)| {
                let mut voice = draw_voice(people, number, account, &mut chance.dice(account as u64));
                voice.quality *= charm_of(charm, account);
                voice
            })
            .collect();
        let mut listening = Listening { buyers: Vec::new(), starts: vec![0], edges: Vec::new() };
        for group in people.groups.iter().filter(|group| group.has_buyers) {
            for account in group.members().filter(|&account| people.persons[account].role == Role::Buyer) {
                let mut dice = chance.dice(account as u64);
                listening.buyers.push(account as u32);
                choose_listened(people, account, &voices, &mut dice, &mut listening.edges);
                listening.starts.push(listening.edges.len() as u32);
            }
        }
        listening
    }

    /// Whom the buyer at this position listens to, the most listened-to first.
    pub(crate) fn of(&self, buyer: usize) -> &[Listened] {
        &self.edges[self.starts[buyer] as usize..self.starts[buyer + 1] as usize]
    }
}

/// A creator as buyers see them.
#[derive(Clone, Copy, Debug)]
struct Voice {
    account: u32,
    group: usize,
    platform: u8,
    quality: f64,
    taste: f64,
}

fn draw_voice(people: &People, group: usize, account: usize, dice: &mut Dice) -> Voice {
    let person = &people.persons[account];
    let size_factor = if person.followers > 100_000 { 0.15 } else { 1.0 };
    Voice {
        account: account as u32,
        group,
        platform: person.platform,
        quality: dice.log_normal(1.0, 1.3) * (0.25 + person.answers()) * size_factor,
        taste: dice.uniform(),
    }
}

fn choose_listened(people: &People, buyer: usize, voices: &[Voice], dice: &mut Dice, edges: &mut Vec<Listened>) {
    let taste = dice.uniform();
    let own_group = people.group_number(buyer);
    let platform = people.persons[buyer].platform;
    let mut appeal: Vec<f64> = voices
        .iter()
        .map(|voice| {
            let apart = (voice.taste - taste).abs();
            let like_minded = if apart.min(1.0 - apart) < 0.22 { 1.0 } else { 0.2 };
            let near = match (Some(voice.group) == own_group, voice.platform == platform) {
                (true, _) => 1.0,
                (false, true) => 0.08,
                (false, false) => 0.0,
            };
            voice.quality * like_minded * near
        })
        .collect();
    let start = edges.len();
    let wanted = 1 + dice.below(5);
    for rank in 0..wanted {
        let total: f64 = appeal.iter().sum();
        if total <= 0.0 {
            break;
        }
        let mut mark = dice.uniform() * total;
        let chosen = appeal
            .iter()
            .position(|&share| {
                mark -= share;
                mark < 0.0
            })
            .unwrap_or(appeal.len() - 1);
        appeal[chosen] = 0.0;
        let strength = power(0.65, rank as f64);
        edges.push(Listened {
            creator: voices[chosen].account,
            weight: strength as f32,
            probability: (0.75 * strength * dice.between(0.6, 1.0)) as f32,
        });
    }
    let total: f32 = edges[start..].iter().map(|edge| edge.weight).sum();
    edges[start..].iter_mut().for_each(|edge| edge.weight /= total);
}
