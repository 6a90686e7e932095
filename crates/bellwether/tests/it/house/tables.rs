//! The tables of the house's rules: words, edges, owners. A change of the house is made here.

/// The marketer's lifecycle. Every layer says these words and no others.
pub(super) const WORDS: [&str; 9] =
    ["ingest", "creators", "conversations", "vetting", "matching", "planning", "outreach", "tracking", "measurement"];

/// Folders of the program that are no stage of the lifecycle, and why they may be there.
pub(super) const NOT_A_WORD: [(&str, &str); 3] = [
    ("web", "what all pages share: the router, the layout, the error page"),
    ("evaluate", "runs the product on labelled data; it cuts through all nine words"),
    (
        "admin",
        "who may use the program and how it is kept: people, their rights, what was done; it cuts through all nine words",
    ),
];

/// The only edges between crates.
pub(super) const EDGES: [(&str, &str); 16] = [
    ("bellwether", "clicks"),
    ("bellwether", "engine"),
    ("bellwether", "lake"),
    ("bellwether", "mail"),
    ("bellwether", "model"),
    ("bellwether", "platforms"),
    ("bellwether", "search"),
    ("bellwether", "store"),
    ("bellwether", "synth"),
    ("bellwether", "verdicts"),
    ("engine", "model"),
    ("lake", "model"),
    ("platforms", "model"),
    ("search", "model"),
    ("store", "model"),
    ("synth", "model"),
];

/// A heavy dependency and the crates that may name it.
pub(super) struct Owned {
    /// Package names; a trailing `*` stands for any ending.
    pub(super) packages: &'static [&'static str],
    pub(super) owners: &'static [&'static str],
    pub(super) instead: &'static str,
}

pub(super) const OWNED: [Owned; 7] = [
    Owned {
        packages: &["arrow*", "parquet*", "datafusion*", "deltalake*", "object_store", "delta_kernel*", "ballista*"],
        owners: &["lake"],
        instead: "ask the question in crates/lake and return plain columns of model types",
    },
    Owned {
        packages: &["sqlx*", "rusqlite", "libsqlite3-sys", "diesel*", "tokio-postgres"],
        owners: &["store"],
        instead: "write the statement in crates/store and return model types",
    },
    Owned {
        packages: &["tantivy*"],
        owners: &["search"],
        instead: "ask the question in crates/search and return accounts and counts",
    },
    Owned {
        packages: &["lettre*", "async-imap", "mail-parser", "mail-auth", "minijinja*", "ammonia"],
        owners: &["mail"],
        instead: "read, write and send mail in crates/mail and return its plain values",
    },
    Owned {
        packages: &["axum*", "askama*", "tower-http", "hyper*", "reqwest", "clap*"],
        owners: &["bellwether"],
        instead: "HTTP, HTML and the command line belong to crates/bellwether",
    },
    Owned {
        packages: &["tokio*", "async-std", "smol"],
        owners: &["bellwether", "lake", "mail", "store"],
        instead: "keep the function plain; the program calls it on a blocking thread",
    },
    Owned {
        packages: &["rand*", "getrandom", "fastrand"],
        owners: &["clicks"],
        instead: "use engine::random or synth's generator, which repeat for a seed",
    },
];

/// Packages of which two copies would mean two builds, and types that look alike and do not fit.
pub(super) const ONE_COPY: [&str; 4] = ["arrow", "parquet", "datafusion", "object_store"];

/// What a pure crate must not name, and what to do instead: everything below a path (`tokio::` is a whole package),
/// or a name wherever it stands in one.
pub(super) const IMPURE: [(&str, &str); 9] = [
    ("std::fs", "take the content as an argument; the program reads files"),
    ("std::net", "take the content as an argument; the program speaks to the network"),
    ("std::env", "take a settings struct; the program reads the environment"),
    ("std::process", "return a value or an error; the program decides how it ends"),
    ("SystemTime", "take the moment as an argument, so that the same input gives the same bytes"),
    ("Instant", "time it from outside: the program, a test or a bench"),
    ("tokio::", "keep the function plain; the program calls it on a blocking thread"),
    ("rand::", "draw from engine::random or synth's generator with the seed of the settings"),
    ("thread_rng", "draw from engine::random or synth's generator with the seed of the settings"),
];

/// Calls that look pure and are not: they read the clock and the system's randomness.
pub(super) const UNREPEATABLE: [&str; 4] = ["now_v7", "new_v4", "BrandId::new", "BrandId::default"];

/// The one place in a pure crate that may: ids of what people make, asked for by use cases alone.
pub(super) const MAY_BE_UNREPEATABLE: &str = "crates/model/src/ids.rs";

/// The engine's words from left to right; each may use those before it.
pub(super) const ENGINE_ORDER: [&str; 6] = ["graph", "conversations", "vetting", "matching", "planning", "measurement"];

/// Names of files that end up holding everything.
pub(super) const DRAWERS: [&str; 7] = ["util", "utils", "helper", "helpers", "common", "misc", "shared"];

/// Types of the query engine that must not be seen from outside the lake.
pub(super) const COLUMNAR_TYPES: [&str; 13] = [
    "RecordBatch",
    "ArrayRef",
    "SchemaRef",
    "Schema",
    "Field",
    "DataType",
    "DataFrame",
    "SessionContext",
    "DeltaTable",
    "DeltaTableError",
    "DataFusionError",
    "ScalarValue",
    "Add",
];

/// Whether a layer has something to say about a word today.
pub(super) enum Layer {
    Here,
    /// Not yet, or never, and why.
    Not(&'static str),
}
use Layer::{Here, Not};

/// Where each word lives once the program has it. A word that comes gets its row filled in; a `Not` that has become
/// untrue fails, so that the table stays right.
pub(super) const LAYERS: [(&str, Layer, Layer, Layer); 9] = [
    ("ingest", Not("reading files computes nothing"), Here, Here),
    ("creators", Not("telling whose accounts are whose lies in matching/identity"), Here, Here),
    ("conversations", Here, Here, Here),
    ("vetting", Here, Here, Here),
    ("matching", Here, Here, Here),
    ("planning", Here, Not("who is around creators is asked of `matching`"), Here),
    ("outreach", Not("its states live in model"), Not("it observes nothing"), Here),
    ("tracking", Not("what posts had at the same age lies in measurement/same_age"), Here, Here),
    ("measurement", Here, Here, Here),
];
