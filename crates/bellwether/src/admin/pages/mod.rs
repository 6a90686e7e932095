//! `/admin` and `/sign-in`: signing in, one's own account, who else is here, what was done.

pub mod acts;
pub mod me;
pub mod people;
pub mod sign_in;

use crate::web::error::sentence;
use crate::web::forms::Problem;

use super::AdminError;
use crate::web::error::WebError;

/// What was wrong belongs beside the field it is about.
fn problem_of(error: AdminError) -> Result<Problem, WebError> {
    let (field, words, hint) = match error {
        AdminError::Refused { field, problem, hint } => (field, problem, Some(sentence(hint))),
        AdminError::NotKnown => {
            let hint = "A forgotten password is made anew by an owner, who sends you a new link.";
            ("", "address, password or code is wrong".to_owned(), Some(hint.to_owned()))
        }
        AdminError::LastOwner => (
            "role",
            "one owner who can sign in has to stay".to_owned(),
            Some("Make somebody else an owner first.".to_owned()),
        ),
        AdminError::Waits { .. } => ("", error.to_string(), None),
        other => return Err(other.into()),
    };
    Ok(Problem { field, words: sentence(&words), hint, links: vec![] })
}
