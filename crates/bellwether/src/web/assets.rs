//! Style, script, text face and icons: embedded, addressed by the hash of their content, kept by browsers for good.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::extract::{Path, RawQuery};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/static"]
struct Static;

/// The address of each file with the hash of its content, made once.
static ADDRESSES: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    Static::iter()
        .filter_map(|path| {
            let file = Static::get(&path)?;
            let hash: String = file.metadata.sha256_hash().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
            Some((path.to_string(), format!("/static/{path}?v={hash}")))
        })
        .collect()
});

/// The address of a file in `static/`.
pub fn address(path: &str) -> &'static str {
    ADDRESSES.get(path).map_or("/static/missing", String::as_str)
}

/// An icon of the vendored set as markup; it stands beside words and says nothing to those who listen.
pub fn icon(name: &str) -> String {
    let set = address("vendor/lucide/icons.svg");
    format!("<svg class=\"icon\" aria-hidden=\"true\" focusable=\"false\"><use href=\"{set}#{name}\"/></svg>")
}

/// `GET /static/{*path}`
pub async fn show(Path(path): Path<String>, RawQuery(query): RawQuery) -> Response {
    let Some(file) = Static::get(&path) else { return StatusCode::NOT_FOUND.into_response() };
    let named_by_content = query.is_some_and(|query| query.starts_with("v="));
    let keep = if named_by_content { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type(&path))),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
    ];
    (headers, file.data.into_owned()).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_a_page_needs_is_embedded_under_its_hash() {
        for path in ["app.css", "app.js", "bell.svg", "vendor/lucide/icons.svg"] {
            assert!(address(path).starts_with(&format!("/static/{path}?v=")), "{path} is not embedded");
        }
    }

    #[test]
    fn the_script_of_a_page_stays_small() {
        let script = Static::get("app.js").expect("there is a script");
        assert!(script.data.len() < 10_000, "app.js has {} bytes", script.data.len());
    }

    #[test]
    fn vendored_files_come_with_licence_and_version() {
        for folder in ["graphology", "inter", "lucide", "sigma"] {
            for name in ["LICENSE", "VERSION"] {
                assert!(Static::get(&format!("vendor/{folder}/{name}")).is_some(), "vendor/{folder}/{name} is missing");
            }
        }
    }
}
