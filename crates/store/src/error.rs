//! What can go wrong with the store, in words its operator can act on.

/// Why the store could not answer or keep something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database {path} cannot be opened: {problem}; check that the folder may be written to")]
    Open { path: String, problem: String },
    #[error("there is no room left where the database is kept; free some space and try again")]
    NoSpaceLeft,
    #[error("another program is writing to the database; wait until it has finished and try again")]
    Busy,
    #[error("a brand named {0:?} exists already; choose another name or change that brand")]
    BrandExists(String),
    #[error("a shortlist named {0:?} exists already; choose another name or add to that one")]
    ShortlistExists(String),
    #[error("{what}: {problem}")]
    Database { what: &'static str, problem: String },
}

impl StoreError {
    pub(crate) fn of(what: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
        move |error| {
            let problem = error.to_string();
            if problem.contains("database or disk is full") || problem.contains("disk I/O error") {
                StoreError::NoSpaceLeft
            } else if problem.contains("database is locked") {
                StoreError::Busy
            } else {
                StoreError::Database { what, problem }
            }
        }
    }
}
