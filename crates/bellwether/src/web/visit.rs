//! Who looks: the appearance and habits a browser has chosen, kept in two cookies, and where it is now.

use axum::extract::{Form, FromRequestParts};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::convert::Infallible;

use super::guard::is_from_this_machine;
use crate::admin::SignedIn;

/// Light, dark, or as the system says.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Theme {
    #[default]
    Automatic,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Theme; 3] = [Theme::Automatic, Theme::Light, Theme::Dark];

    pub fn code(self) -> &'static str {
        match self {
            Theme::Automatic => "automatic",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Theme::Automatic => "Automatic",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        }
    }

    fn from_code(code: &str) -> Option<Theme> {
        Theme::ALL.into_iter().find(|theme| theme.code() == code)
    }
}

/// Whether single keys move through lists.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Shortcuts {
    #[default]
    On,
    Off,
}

impl Shortcuts {
    pub fn code(self) -> &'static str {
        match self {
            Shortcuts::On => "on",
            Shortcuts::Off => "off",
        }
    }
}

/// One request's visitor.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Visit {
    pub theme: Theme,
    pub shortcuts: Shortcuts,
    /// The address of this page, to come back to.
    pub here: String,
    /// Who is signed in; nobody where nobody has to.
    pub who: Option<SignedIn>,
    /// Whether they sit at this machine, as far as can be told: nothing handed the request on.
    pub is_at_this_machine: bool,
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Visit, Infallible> {
        Ok(visit_of(parts))
    }
}

/// Reads the visitor from a request's head.
pub fn visit_of(parts: &Parts) -> Visit {
    let cookies = parts.headers.get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let cookie = |name: &str| {
        cookies
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let shortcuts = if cookie("shortcuts") == Some("off") { Shortcuts::Off } else { Shortcuts::On };
    Visit {
        theme: cookie("theme").and_then(Theme::from_code).unwrap_or_default(),
        shortcuts,
        here: address_of(&parts.uri),
        who: parts.extensions.get::<SignedIn>().cloned(),
        is_at_this_machine: is_from_this_machine(&parts.headers, &parts.uri),
    }
}

fn address_of(uri: &Uri) -> String {
    uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string)
}

/// What the small forms at the foot of each page send.
#[derive(Deserialize)]
pub struct Choice {
    theme: Option<String>,
    shortcuts: Option<String>,
    #[serde(default)]
    back: String,
}

/// `POST /appearance`: keeps a choice for a year and returns to the page it was made on.
pub async fn choose(Form(choice): Form<Choice>) -> Response {
    let mut response = Redirect::to(own_address(&choice.back)).into_response();
    let theme = choice.theme.as_deref().and_then(Theme::from_code).map(|theme| ("theme", theme.code()));
    let shortcuts = match choice.shortcuts.as_deref() {
        Some("off") => Some(("shortcuts", "off")),
        Some(_) => Some(("shortcuts", "on")),
        None => None,
    };
    for (name, value) in theme.into_iter().chain(shortcuts) {
        let cookie = format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");
        let cookie = HeaderValue::try_from(cookie).expect("made of plain words");
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// An address of this program, never another site's: `//evil` and `https://evil` become `/`.
pub fn own_address(address: &str) -> &str {
    let own = address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains(['\\', '\n', '\r'])
        && address.is_ascii();
    if own { address } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coming_back_never_leads_to_another_site() {
        for (given, expect) in [
            ("/matching?brand=7", "/matching?brand=7"),
            ("//example.org", "/"),
            ("https://example.org", "/"),
            ("/\\example.org", "/"),
            ("", "/"),
        ] {
            assert_eq!(own_address(given), expect);
        }
    }
}
