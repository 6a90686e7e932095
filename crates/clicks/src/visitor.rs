//! One person, one link, one day: a number that counts people without keeping who they are.
//!
//! The number is the first eight bytes of HMAC-SHA256 over address, user agent and link under a random key of the UTC
//! day. Whoever had the key could try all addresses; so the key lies in a file of its own, which belongs outside the
//! database and outside backups, and 48 hours after its day began it is overwritten and removed. It cannot be made again:
//! it was drawn, not derived. The link is part of the input, so nobody is followed from one creator's link to another's.
//!
//! Addresses and user agents are read here and kept nowhere. Whether a visitor wants to be counted at all (`Sec-GPC`,
//! `DNT`) is the caller's question; such a click has visitor 0, and [`DayKeys::visitor`] never gives 0.
//!
//! A disk may keep what it was told to overwrite (copy-on-write, wear levelling); on such disks the folder is best kept
//! in memory (`tmpfs`), at the price that a restart begins the day's visitors anew.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv6Addr};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock, RwLockWriteGuard};

use hmac::{Hmac, Mac};
use sha2::Sha256;

const KEY_BYTES: usize = 32;
/// Of the name that a key is written under at first.
const NAME_BYTES: usize = 8;
const US_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;
/// How long a key lives, from the beginning of its day.
const LIFE_US: i64 = 2 * US_PER_DAY;
/// How long before a day begins [`DayKeys::tend`] makes its key.
const AHEAD_US: i64 = US_PER_DAY / 12;

/// Why there is no visitor number.
#[derive(thiserror::Error, Debug)]
pub enum KeyError {
    #[error("{}: {doing} failed: {source}", path.display())]
    Io { path: PathBuf, doing: &'static str, source: io::Error },
    #[error("{}: has {bytes} bytes, a day key has {KEY_BYTES}; remove it: the day's visitors then begin anew", path.display())]
    Damaged { path: PathBuf, bytes: usize },
    #[error("the key of {day} is destroyed, 48 h after the day began")]
    Destroyed { day: String },
    #[error("the system gave no random bytes: {0}")]
    Random(getrandom::Error),
}

/// The keys of today and yesterday, in a folder with a file for each: `day-2026-03-01.key`, readable by the owner alone.
///
/// Shared by all requests. Times are microseconds since 1970 UTC. What is *now* is told by [`DayKeys::tend`]; if that
/// clock goes back, the day of a destroyed key gets a new one: its visitors begin anew, the old ones stay unknowable.
pub struct DayKeys {
    folder: PathBuf,
    keys: RwLock<Keys>,
    making: Mutex<()>,
}

struct Keys {
    by_day: BTreeMap<i64, Hmac<Sha256>>,
    now_us: i64,
}

impl DayKeys {
    /// Opens the folder, made if missing with mode 0700, and destroys what is too old at `now_us`.
    pub fn open(folder: &Path, now_us: i64) -> Result<DayKeys, KeyError> {
        let mut made = fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut made, 0o700);
        made.recursive(true).create(folder).map_err(failed(folder, "creating the folder"))?;
        let keys = Keys { by_day: BTreeMap::new(), now_us };
        let keys = DayKeys { folder: folder.to_owned(), keys: RwLock::new(keys), making: Mutex::new(()) };
        keys.tend(now_us)?;
        Ok(keys)
    }

    /// The number of a visitor of a link on the UTC day of `time_us`: the same for the same network, user agent (any
    /// bytes), link and day; never 0. Of an IPv6 address the first 64 bits count; an IPv4 address in IPv6's notation is one of IPv4.
    ///
    /// The first call of a day may have to make its key (two flushes); [`DayKeys::tend`] does it beforehand. Any other
    /// costs a few rounds of SHA-256, under a microsecond. Error: [`KeyError::Destroyed`] for a day that is too old.
    pub fn visitor(&self, time_us: i64, address: IpAddr, user_agent: &[u8], link: u32) -> Result<u64, KeyError> {
        let mut mac = self.key_of(time_us)?;
        mac.update(&network_of(address));
        mac.update(&[0]);
        mac.update(user_agent);
        mac.update(&[0]);
        mac.update(&link.to_le_bytes());
        let hash = mac.finalize().into_bytes();
        let mut first = [0; 8];
        first.copy_from_slice(&hash[..8]);
        Ok(u64::from_le_bytes(first).max(1))
    }

    /// To be called every few minutes: destroys keys whose 48 hours are over, and makes the next day's in the two hours
    /// before it begins. Says how many were destroyed. Every key is tried, even after one failed. Requests go on
    /// meanwhile.
    pub fn tend(&self, now_us: i64) -> Result<u32, KeyError> {
        let mut keys = self.write();
        keys.now_us = now_us;
        keys.by_day.retain(|day, _| !is_over(*day, now_us));
        drop(keys);
        let destroyed = DayKeys::destroy_old(&self.folder, now_us)?;
        for time_us in [now_us, now_us.saturating_add(AHEAD_US)] {
            self.key_of(time_us)?;
        }
        Ok(destroyed)
    }

    /// Destroys the keys in a folder whose 48 hours are over, and makes none: for a program that judges no hits, so that keys go
    /// in time also where nobody else runs. A folder that is not there holds none.
    pub fn destroy_old(folder: &Path, now_us: i64) -> Result<u32, KeyError> {
        if !folder.exists() {
            return Ok(0);
        }
        let mut destroyed = 0;
        let mut problem = None;
        for file in key_files(folder)?.into_iter().filter(|file| is_over(file.day, now_us)) {
            match destroy(&file.path) {
                Ok(()) => destroyed += 1,
                // Another program was quicker.
                Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
                Err(error) => problem = Some(error),
            }
        }
        if destroyed > 0 {
            sync_folder(folder)?;
        }
        match problem {
            Some(problem) => Err(problem),
            None => Ok(destroyed),
        }
    }

    fn key_of(&self, time_us: i64) -> Result<Hmac<Sha256>, KeyError> {
        let day = day_of(time_us);
        if let Some(key) = self.held(day)? {
            return Ok(key);
        }
        // One at a time, so that a day has one key; who has its key already does not wait.
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = self.held(day)? {
            return Ok(key);
        }
        let key = self.read_or_make(day)?;
        self.write().by_day.insert(day, key.clone());
        Ok(key)
    }

    fn held(&self, day: i64) -> Result<Option<Hmac<Sha256>>, KeyError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        if is_over(day, keys.now_us) {
            return Err(KeyError::Destroyed { day: date_of(day) });
        }
        Ok(keys.by_day.get(&day).cloned())
    }

    fn read_or_make(&self, day: i64) -> Result<Hmac<Sha256>, KeyError> {
        let path = self.path_of(day);
        let mut read = fs::read(&path);
        if read.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            self.make(&path)?;
            read = fs::read(&path);
        }
        let key = read.map_err(failed(&path, "reading"))?;
        match key.len() {
            KEY_BYTES => Ok(Hmac::new_from_slice(&key).expect("HMAC takes a key of any length")),
            bytes => Err(KeyError::Damaged { path, bytes }),
        }
    }

    /// Draws a key and puts it on disk under a name of its own first, so that a file with a key's name is whole; then gives it the
    /// key's name, which only one can have: whoever comes second reads what the first one drew.
    fn make(&self, path: &Path) -> Result<(), KeyError> {
        let mut drawn = [0; KEY_BYTES + NAME_BYTES];
        getrandom::fill(&mut drawn).map_err(KeyError::Random)?;
        let (key, name) = drawn.split_at(KEY_BYTES);
        let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let unnamed = path.with_extension(format!("{name}.new"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let written = options.open(&unnamed).and_then(|mut file| {
            file.write_all(key)?;
            file.sync_all()?;
            match fs::hard_link(&unnamed, path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    // Drawn for nothing, and nobody's business all the same.
                    file.write_all_at(&[0; KEY_BYTES], 0)?;
                    file.sync_all()
                }
                linked => linked,
            }
        });
        let removed = fs::remove_file(&unnamed);
        written.and(removed).map_err(failed(path, "writing the key"))?;
        sync_folder(&self.folder)
    }

    fn path_of(&self, day: i64) -> PathBuf {
        self.folder.join(format!("day-{}.key", date_of(day)))
    }

    fn write(&self) -> RwLockWriteGuard<'_, Keys> {
        self.keys.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address as 16 bytes, as far as it counts: all of IPv4, the network's half of IPv6.
fn network_of(address: IpAddr) -> [u8; 16] {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).octets(),
    }
}

fn day_of(time_us: i64) -> i64 {
    time_us.div_euclid(US_PER_DAY)
}

fn is_over(day: i64, now_us: i64) -> bool {
    now_us.saturating_sub(day.saturating_mul(US_PER_DAY)) >= LIFE_US
}

/// Overwritten, flushed, unlinked, in this order.
fn destroy(path: &Path) -> Result<(), KeyError> {
    let mut file = OpenOptions::new().write(true).open(path).map_err(failed(path, "opening"))?;
    let bytes = file.metadata().map_err(failed(path, "measuring"))?.len();
    let zeros = vec![0; usize::try_from(bytes).unwrap_or(KEY_BYTES).max(KEY_BYTES)];
    file.write_all(&zeros).map_err(failed(path, "overwriting"))?;
    file.sync_all().map_err(failed(path, "flushing"))?;
    fs::remove_file(path).map_err(failed(path, "removing"))
}

fn sync_folder(folder: &Path) -> Result<(), KeyError> {
    File::open(folder).and_then(|opened| opened.sync_all()).map_err(failed(folder, "flushing"))
}

struct KeyFile {
    path: PathBuf,
    day: i64,
}

/// Keys in the folder, those too that a crash left under the name they were begun with.
fn key_files(folder: &Path) -> Result<Vec<KeyFile>, KeyError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder, "listing"))? {
        let path = entry.map_err(failed(folder, "listing"))?.path();
        let is_key = path.extension().is_some_and(|ending| ending == "key" || ending == "new");
        let stem = path.file_stem().and_then(|stem| stem.to_str()?.strip_prefix("day-"));
        // What stands behind the date is the name of one that was never finished.
        let date = stem.map(|stem| stem.split_once('.').map_or(stem, |(date, _)| date));
        if let Some(day) = date.and_then(day_named).filter(|_| is_key) {
            files.push(KeyFile { path, day });
        }
    }
    Ok(files)
}

fn failed(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::Io { path, doing, source }
}

/// `2026-03-01` for a count of days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms",
/// `civil_from_days`).
fn date_of(day: i64) -> String {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day_of_month:02}")
}

/// The other way round (`days_from_civil`); `None` for what is no date.
fn day_named(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let (year, month, day_of_month) = (parts.next()?, parts.next()?, parts.next()?);
    let year: i64 = year.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let month: i64 = month.parse().ok().filter(|month| (1..=12).contains(month))?;
    let day_of_month: i64 = day_of_month.parse().ok().filter(|day| (1..=31).contains(day))?;
    let year = year - i64::from(month <= 2);
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day_of_month - 1;
    let year_of_era = year.rem_euclid(400);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let day = year.div_euclid(400) * 146_097 + day_of_era - 719_468;
    (date_of(day) == date).then_some(day)
}

#[cfg(test)]
#[path = "visitor/tests.rs"]
mod tests;
