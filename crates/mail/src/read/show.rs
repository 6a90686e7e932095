//! The HTML of a mail made safe to show: no script, no form, no style, nothing loaded from outside.
//!
//! An image that would be fetched tells its sender who read the mail, when and where; so only images that came with the
//! mail (`cid:`) or stand in the text (`data:image/…`) keep their source. The others keep the words they stand for.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use mail_parser::decoders::html::html_to_text;

/// What links may lead to. `cid` and `data` are for images and taken from links below.
const SCHEMES: [&str; 6] = ["http", "https", "mailto", "tel", "cid", "data"];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::default();
    cleaner
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .add_clean_content_tags(["title", "head", "select", "textarea", "svg", "math", "object"])
        .rm_tag_attributes("blockquote", ["cite"])
        .rm_tag_attributes("q", ["cite"])
        .rm_tag_attributes("del", ["cite"])
        .rm_tag_attributes("ins", ["cite"])
        .rm_tags(["map", "area"])
        .strip_comments(true)
        .attribute_filter(|element, attribute, value| match (element, attribute) {
            ("img", "src") => is_own_image(value).then(|| value.into()),
            ("a", "href") => leads_out(value).then(|| value.into()),
            _ => Some(value.into()),
        });
    cleaner
});

/// Elements within each other up to which HTML is taken as such: cleaning costs their number squared, and no mail that
/// somebody wrote comes near.
const OPEN_MAX: usize = 2_000;

/// Makes the HTML of a mail safe to stand in a page: input as it came, output a fragment. HTML whose elements stand too deep
/// in each other comes out as its words alone. Costs a pass over the HTML.
pub fn safe_html(html: &str) -> String {
    if open_at_most(html) > OPEN_MAX {
        return as_words(html);
    }
    CLEANER.clean(html).to_string()
}

/// How many elements may be open at once: for each name, starts without their ends. Elements that end by themselves count
/// too, so the truth is this or less.
fn open_at_most(html: &str) -> usize {
    const EMPTY: [&str; 12] =
        ["br", "img", "hr", "input", "meta", "link", "col", "area", "wbr", "base", "source", "embed"];
    let mut open: HashMap<String, usize> = HashMap::new();
    let (mut all, mut most) = (0usize, 0usize);
    for (at, _) in html.match_indices('<') {
        let rest = &html[at + 1..];
        let (is_end, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
        let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).take(20).collect();
        let name = name.to_ascii_lowercase();
        if name.is_empty() || EMPTY.contains(&name.as_str()) {
            continue;
        }
        let count = open.entry(name).or_default();
        match is_end {
            true if *count > 0 => (*count, all) = (*count - 1, all - 1),
            true => {}
            false => (*count, all) = (*count + 1, all + 1),
        }
        most = most.max(all);
    }
    most
}

fn as_words(html: &str) -> String {
    let words = html_to_text(html).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<p>{}</p>", words.trim().replace("\r\n", "\n").replace('\n', "<br>"))
}

fn is_own_image(source: &str) -> bool {
    let source = source.trim().to_ascii_lowercase();
    source.starts_with("cid:") || (source.starts_with("data:image/") && !source.starts_with("data:image/svg"))
}

fn leads_out(link: &str) -> bool {
    let link = link.trim().to_ascii_lowercase();
    !link.starts_with("cid:") && !link.starts_with("data:")
}
