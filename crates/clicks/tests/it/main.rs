//! The click log against what a machine does to it: killed at random moments, out of disk, many readers' positions.

mod full_disk;
mod kill;

use std::path::Path;

use clicks::{Click, ClickLog, Outcome, Position, Reader};

pub fn click(number: u64) -> Click {
    Click { link: 3, delivery: number, time_us: 1_772_323_200_000_000, ..Click::default() }
}

/// Stores a click the way a request does: at once if possible, else by waiting for the answer.
pub fn store(log: &ClickLog, click: &Click) -> Outcome {
    log.append_now(click).unwrap_or_else(|| {
        let (told, answer) = std::sync::mpsc::channel();
        log.submit(click, Box::new(move |outcome| told.send(outcome).expect("the request waits")));
        answer.recv().expect("every click is answered")
    })
}

/// The numbers of all clicks in a folder, in the order of the log.
pub fn numbers_in(folder: &Path) -> Vec<u64> {
    let reader = Reader::open(folder, Position::START).expect("the folder is whole");
    reader.map(|read| read.expect("the segment is readable").click.delivery).collect()
}
