//! Other people's words on our pages: tags removed, entities read, links only to the open web.

/// Text as a person reads it: markup of the source is taken off, paragraphs stay apart. Drawn escaped all the same.
pub fn plain(text: &str) -> String {
    if !text.contains(['<', '&']) {
        return text.trim().to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        let after = &rest[open + 1..];
        let is_tag = after.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '/' || letter == '!');
        match after.find('>').filter(|_| is_tag) {
            Some(close) => {
                if breaks_line(&after[..close]) {
                    out.push('\n');
                }
                rest = &after[close + 1..];
            }
            None => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    tidy_lines(&read_entities(&out))
}

fn breaks_line(tag: &str) -> bool {
    let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or("");
    let blocks = ["p", "br", "li", "ul", "ol", "div", "blockquote", "pre", "h1", "h2", "h3", "hr", "tr"];
    blocks.iter().any(|block| name.eq_ignore_ascii_case(block))
}

fn read_entities(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&nbsp;", " "),
        ("&hellip;", "…"),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}

/// At most one empty line between paragraphs, none at the ends.
fn tidy_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        out.push_str(line);
        empty = 0;
    }
    out
}

/// A link that leads to the open web and nowhere else.
pub fn safe_link(url: Option<&str>) -> Option<String> {
    url.filter(|url| url.starts_with("https://") || url.starts_with("http://")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_taken_off_and_words_stay() {
        for (given, expect) in [
            ("<p>Try a <a href=\"x\">stout</a>.</p>\n<p>Or &amp; a porter</p>", "Try a stout.\n\nOr & a porter"),
            ("a < b and c > d", "a < b and c > d"),
            ("plain", "plain"),
            ("<script>alert(1)</script>", "alert(1)"),
            ("I <3 it", "I <3 it"),
        ] {
            assert_eq!(plain(given), expect);
        }
    }

    #[test]
    fn a_link_that_runs_something_is_no_link() {
        assert_eq!(safe_link(Some("javascript:alert(1)")), None);
        assert!(safe_link(Some("https://example.org/")).is_some());
    }
}
