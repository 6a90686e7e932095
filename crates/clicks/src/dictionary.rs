//! Referring hosts as small numbers, so that a click holds four bytes instead of a name.
//!
//! The names live in the log itself: in each segment, the record that says what an id means stands before the first
//! click that uses it. A segment can therefore be read, turned into a table or removed without any other. Ids are not
//! given twice: each segment's header says which were taken before it, so an id never comes to mean another host, even
//! after the segments that named it are gone. A host may come to have a second id (it was dropped from memory, or its
//! segments were removed before a restart), so results are kept by name, not by id.
//!
//! Whoever calls a link decides what its referrer says, so the number of names in memory is limited. Beyond it a host is
//! [`HostId::OTHER`], which is counted; when a segment is full, the hosts that it did not use make room.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::record::{HostId, MAX_HOST_BYTES};

/// The names of referring hosts and their ids. Shared by all requests; a known host costs one read lock and one look-up.
pub struct Dictionary {
    names: RwLock<Names>,
    max_hosts: usize,
    refused: AtomicU64,
}

struct Names {
    by_name: HashMap<Arc<str>, HostId>,
    by_id: HashMap<HostId, Arc<str>>,
    next_id: u32,
}

impl Dictionary {
    pub(crate) fn new(max_hosts: usize) -> Dictionary {
        let names = Names { by_name: HashMap::new(), by_id: HashMap::new(), next_id: HostId::FIRST_NAMED };
        Dictionary { names: RwLock::new(names), max_hosts, refused: AtomicU64::new(0) }
    }

    /// The id of a host, a new one if it was not seen before. The host is taken as a person would write it: lower case,
    /// without a trailing dot, of an overlong name the end. An empty one is [`HostId::NONE`]; one more than memory has
    /// room for is [`HostId::OTHER`].
    pub fn intern(&self, host: &str) -> HostId {
        let host = as_kept(host);
        if host.is_empty() {
            return HostId::NONE;
        }
        if let Some(id) = self.read().by_name.get(&*host) {
            return *id;
        }
        self.intern_new(&host)
    }

    fn intern_new(&self, host: &str) -> HostId {
        let mut names = self.write();
        if let Some(id) = names.by_name.get(host) {
            return *id;
        }
        if names.by_id.len() >= self.max_hosts || names.next_id == u32::MAX {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return HostId::OTHER;
        }
        let id = HostId(names.next_id);
        names.insert(id, host.into());
        id
    }

    /// The name behind an id; `None` for [`HostId::NONE`], [`HostId::OTHER`] and what memory no longer holds.
    pub fn name(&self, id: HostId) -> Option<Arc<str>> {
        self.read().by_id.get(&id).cloned()
    }

    /// How many names are held.
    pub fn len(&self) -> usize {
        self.read().by_id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How often a new host found no room since the log was opened.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Takes up what a segment says; of two ids for one name the later one is given from now on.
    pub(crate) fn restore(&self, id: HostId, name: &str) {
        self.write().insert(id, name.into());
    }

    /// Ids below this are never given again.
    pub(crate) fn skip_to(&self, next_id: u32) {
        let mut names = self.write();
        names.next_id = names.next_id.max(next_id);
    }

    /// The lowest id that was never given.
    pub(crate) fn next_id(&self) -> u32 {
        self.read().next_id
    }

    /// Once more than half of the room is taken, drops every host that `is_used` does not keep. A click that was given
    /// such an id before and is stored after says [`HostId::OTHER`].
    pub(crate) fn make_room(&self, is_used: impl Fn(HostId) -> bool) {
        let mut names = self.write();
        if names.by_id.len() * 2 <= self.max_hosts {
            return;
        }
        names.by_id.retain(|id, _| is_used(*id));
        names.by_name.retain(|_, id| is_used(*id));
    }

    fn read(&self) -> RwLockReadGuard<'_, Names> {
        self.names.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Names> {
        self.names.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Names {
    fn insert(&mut self, id: HostId, name: Arc<str>) {
        self.by_name.insert(Arc::clone(&name), id);
        self.by_id.insert(id, name);
        self.next_id = self.next_id.max(id.0.saturating_add(1));
    }
}

/// Lower case, no trailing dot, at most [`MAX_HOST_BYTES`] from the end (the registered name stands there).
fn as_kept(host: &str) -> Cow<'_, str> {
    let host = host.trim().trim_end_matches('.');
    let surplus = host.len().saturating_sub(MAX_HOST_BYTES);
    let start = (surplus..=host.len()).find(|at| host.is_char_boundary(*at)).unwrap_or(host.len());
    let host = &host[start..];
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_keeps_its_id_however_it_is_written() {
        let hosts = Dictionary::new(10);
        let id = hosts.intern("t.example");
        for written in ["T.Example", "t.example.", " t.example "] {
            assert_eq!(hosts.intern(written), id);
        }
        assert_eq!(hosts.name(id).as_deref(), Some("t.example"));
        assert_ne!(hosts.intern("other.example"), id);
        assert_eq!(hosts.intern(""), HostId::NONE);
        assert_eq!(hosts.intern("."), HostId::NONE);
    }

    #[test]
    fn of_a_long_host_the_end_is_kept() {
        let hosts = Dictionary::new(10);
        for filler in ["a", "ä", "語"] {
            let id = hosts.intern(&format!("{}.shop.example", filler.repeat(200)));
            let name = hosts.name(id).expect("it was just interned");
            assert!(name.len() <= MAX_HOST_BYTES && name.len() > MAX_HOST_BYTES - 4, "{} bytes", name.len());
            assert!(name.ends_with(".shop.example"));
        }
    }

    #[test]
    fn one_host_too_many_is_other_and_counted() {
        let hosts = Dictionary::new(2);
        let (a, b) = (hosts.intern("a.example"), hosts.intern("b.example"));
        assert_eq!(hosts.intern("c.example"), HostId::OTHER);
        assert_eq!((hosts.intern("a.example"), hosts.refused()), (a, 1));
        hosts.make_room(|id| id == b);
        let c = hosts.intern("c.example");
        assert!(c > b, "an id is not given twice");
        assert_eq!((hosts.name(a), hosts.intern("b.example")), (None, b));
    }
}
