//! How much memory the program holds, as the system tells it, and how soon what it no longer needs goes back there.

/// How long the allocator keeps memory that was freed, in milliseconds, as its library reads it at the start.
#[cfg(unix)]
const KEPT_FOR: &str = "MIMALLOC_PURGE_DELAY";

/// Begins the program once more, with freed memory going back to the system at once; returns where that is done already
/// or cannot be done.
///
/// The allocator otherwise keeps what each of many reading threads has freed: a pass over 100 million interactions
/// held 1 GB afterwards instead of 0.2, in the same time. It reads its settings before `main` and from nowhere but the
/// environment. Whoever has set one keeps theirs.
pub fn give_back_at_once() {
    #[cfg(unix)]
    if std::env::var_os(KEPT_FOR).is_none()
        && let Ok(program) = std::env::current_exe()
    {
        use std::os::unix::process::CommandExt;
        let mut arguments = std::env::args_os();
        let name = arguments.next().unwrap_or_else(|| program.clone().into_os_string());
        let failed = std::process::Command::new(program).arg0(name).args(arguments).env(KEPT_FOR, "0").exec();
        tracing::debug!(%failed, "the program goes on with the allocator's own delay");
    }
}

/// The most memory this process has held so far, in bytes; `None` where the system does not tell (it does on Linux).
pub fn peak_bytes() -> Option<u64> {
    peak_of(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn peak_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_what_linux_says_and_not_known_where_it_says_nothing() {
        assert_eq!(peak_of("VmPeak:\t  100 kB\nVmHWM:\t   12 kB\nVmRSS:\t 8 kB\n"), Some(12 * 1024));
        assert_eq!(peak_of("Name: a\n"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_running_program_has_held_something() {
        assert!(peak_bytes().is_some_and(|bytes| bytes > 100_000));
    }
}
