//! Reading what is said in the groups: the terms that tell them apart, their languages, and sample words.

use engine::conversations::portraits::figures::{Groups, NO_GROUP};
use engine::conversations::portraits::words_held::{HeldMax, SaidInGroups, Words, WordsHeld};
use lake::Said;

use super::{ConversationsError, Snapshot};
use crate::data_directory::DataDirectory;

/// What is read where all groups are looked at; of more words a part is read, chosen by their ids.
pub const READ_FOR_ALL: HeldMax = HeldMax { words: 2_000_000, bytes: 384 << 20 };
/// The same where only a few groups are new and the others keep what was read before.
pub const READ_FOR_NEW_GROUPS: HeldMax = HeldMax { words: 100_000, bytes: 64 << 20 };

/// Reads the words of the groups: terms, languages and samples. Cost one reading of the texts.
pub async fn read_texts(
    data: &DataDirectory,
    snapshot: &Snapshot,
    groups: &Groups,
    max: HeldMax,
) -> Result<SaidInGroups, ConversationsError> {
    let one_in = data.lake.text_count(data.now()).await?.div_ceil(max.words as u64);
    let mut held = WordsHeld::new(max, one_in);
    data.lake
        .for_each_said(one_in, data.now(), |said| {
            if let Some(words) = words_of(snapshot, groups, &said) {
                held.hold(&words);
            }
        })
        .await?;
    let count = groups.count;
    let read = tokio::task::spawn_blocking(move || held.read(count));
    Ok(read.await.expect("reading words does not panic"))
}

/// Words with the group they belong to: that of the one who said them, unless they went to somebody of another group.
fn words_of<'a>(snapshot: &Snapshot, groups: &Groups, said: &Said<'a>) -> Option<Words<'a>> {
    let author = snapshot.place(said.author)?;
    let group = groups.of_account[author as usize];
    let other = said.other.and_then(|other| snapshot.place(other));
    let elsewhere = other.is_some_and(|other| groups.of_account[other as usize] != group);
    let number = said.text.or(said.post)?;
    let is_text = said.text.is_some();
    (group != NO_GROUP && !elsewhere).then_some(Words { number, is_text, author, other, group, body: said.body })
}
