//! Running the program as a person would: in a data directory of its own, by its command line.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_bellwether");

/// A data directory and folder for files, removed afterwards.
pub struct Place {
    pub folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Place {
        Place { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A made-up market with its brand. It is made once for all tests; each has a copy of its own.
    pub fn with_demo() -> Place {
        static MADE: OnceLock<PathBuf> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("demo");
            drop(std::fs::remove_dir_all(&folder));
            let output = Command::new(PROGRAM).arg("--data-dir").arg(&folder).args(["demo", "--no-serve"]).output();
            let output = output.expect("the program starts");
            assert!(output.status.success(), "{}", words(&output));
            folder
        });
        let place = Place::new();
        copy_folder(made, &place.data_dir());
        place
    }

    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Writes a file to import.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("has a folder")).expect("makes the folder");
        std::fs::write(&path, content).expect("writes the file");
        path
    }

    /// A command on this data directory, not yet run.
    pub fn command<S: AsRef<str>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--data-dir").arg(self.data_dir());
        command.args(arguments.iter().map(AsRef::as_ref));
        command.env_remove("BELLWETHER_DATA_DIR");
        command
    }

    pub fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// Runs a command that must succeed and returns its JSON document.
    pub fn json<S: AsRef<str>>(&self, arguments: &[S]) -> Value {
        let output = self.command(arguments).arg("--json").output().expect("the program starts");
        assert!(output.status.success(), "{}", words(&output));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", words(&output)))
    }

    /// Runs a command that must be refused and returns what it says.
    pub fn refused<S: AsRef<str>>(&self, arguments: &[S]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{}", words(&output));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

/// Everything a run said.
fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("makes the folder");
    for entry in std::fs::read_dir(from).expect("reads the folder").flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).expect("copies the file")),
        }
    }
}

pub fn words(output: &Output) -> String {
    format!(
        "exit {:?}\nstdout: {}\nstderr: {}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A path as an argument.
pub fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The folder of real data, or `None` after saying which test is skipped.
pub fn real_data(test: &str, part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BELLWETHER_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let place = root.join(part);
    if place.exists() {
        return Some(place);
    }
    println!("skipped: {test} because {} is not there", place.display());
    None
}

/// A small interactions file: `rows` rows between twenty accounts, one a minute.
pub fn interactions_csv(rows: usize) -> String {
    let mut content = String::from("actor,target,kind,at_unix\n");
    for row in 0..rows {
        let (actor, target) = (row % 20, (row * 7 + 3) % 20);
        content.push_str(&format!("u{actor},u{target},reply,{}\n", 1_600_000_000 + row * 60));
    }
    content
}
