//! How much memory the program holds, as the system tells it.

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
