//! What of a web page's text is not the writer's own words: tags, entities, quotations, code.

/// What a tag means to somebody who reads only the words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TagKind {
    /// Not a tag: a lone `<`, as in "I <3 it".
    NoTag,
    /// Within a sentence, as `<b>`.
    Inline,
    /// Ends a sentence, as `<p>`.
    Block,
    /// A quotation or code, passed over with all that is in it.
    NotTheWriters,
    Link,
}

/// A tag and where the text goes on after it.
pub(super) struct Tag {
    pub(super) kind: TagKind,
    pub(super) end: usize,
}

/// What is not the writer's own words.
const NOT_THE_WRITERS: [&str; 5] = ["blockquote", "code", "pre", "script", "style"];

const INLINE: [&str; 14] =
    ["b", "i", "em", "strong", "span", "u", "s", "sub", "sup", "small", "strike", "del", "mark", "kbd"];

/// Reads the tag at `at`, where a `<` stands; a quotation that is never closed reaches to the end of the text.
///
/// A tag has no `<` inside, so that no place is read twice. Cost `O(what is passed over)`.
pub(super) fn pass_tag(text: &str, at: usize) -> Tag {
    let bytes = text.as_bytes();
    let Some(inside) = tag_inside(bytes, at) else { return Tag { kind: TagKind::NoTag, end: at + 1 } };
    let end = at + inside.len() + 2;
    let name = tag_name(inside);
    let is = |known: &&str| name.eq_ignore_ascii_case(known.as_bytes());
    let opens = inside[0] != b'/';
    if opens && NOT_THE_WRITERS.iter().any(is) && inside.last() != Some(&b'/') {
        return Tag { kind: TagKind::NotTheWriters, end: end_of_element(bytes, end, name) };
    }
    let kind = if is(&"a") {
        if opens { TagKind::Link } else { TagKind::Inline }
    } else if INLINE.iter().any(is) {
        TagKind::Inline
    } else {
        TagKind::Block
    };
    Tag { kind, end }
}

/// What stands between `<` and `>`, if this is a tag.
fn tag_inside(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let rest = &bytes[at + 1..];
    let begins = rest.first().is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!'));
    let length = rest.iter().position(|byte| matches!(byte, b'<' | b'>'))?;
    (begins && rest[length] == b'>').then(|| &rest[..length])
}

fn tag_name(inside: &[u8]) -> &[u8] {
    let name = inside.strip_prefix(b"/").unwrap_or(inside);
    let length = name.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(name.len());
    &name[..length]
}

/// Where the element that has just been opened is closed; elements of its own name may lie within.
fn end_of_element(bytes: &[u8], from: usize, name: &[u8]) -> usize {
    let (mut at, mut depth) = (from, 1_usize);
    while at < bytes.len() {
        let Some(inside) = (bytes[at] == b'<').then(|| tag_inside(bytes, at)).flatten() else {
            at += 1;
            continue;
        };
        at += inside.len() + 2;
        if tag_name(inside).eq_ignore_ascii_case(name) {
            depth = if inside[0] == b'/' { depth - 1 } else { depth + 1 };
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

/// How long the entity is that begins here, as `&amp;`; 0 when it is a plain `&`.
pub(super) fn entity_length(rest: &[u8]) -> usize {
    let name = rest[1..].iter().take(10).position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'#'));
    name.filter(|length| *length > 0 && rest[1 + length] == b';').map_or(0, |length| length + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kind: TagKind, left: &str) {
        let tag = pass_tag(text, 0);
        assert_eq!((tag.kind, &text[tag.end..]), (kind, left), "{text}");
    }

    #[test]
    fn tags_are_told_from_a_lone_sign() {
        check("<b>x", TagKind::Inline, "x");
        check("</p>x", TagKind::Block, "x");
        check("<a href=\"https://x.example\">x", TagKind::Link, "x");
        check("<3 it", TagKind::NoTag, "3 it");
        check("< 5 > 4", TagKind::NoTag, " 5 > 4");
        check("<p <b>", TagKind::NoTag, "p <b>");
        check("<", TagKind::NoTag, "");
    }

    #[test]
    fn quotations_and_code_are_passed_over_with_what_is_in_them() {
        check("<blockquote>a <blockquote>b</blockquote> c</blockquote> d", TagKind::NotTheWriters, " d");
        check("<code>buy()</code> x", TagKind::NotTheWriters, " x");
        check("<blockquote>never closed", TagKind::NotTheWriters, "");
    }

    #[test]
    fn an_entity_ends_in_a_semicolon() {
        for (text, length) in
            [("&amp; x", 5), ("&#39;s", 5), ("& x", 0), ("&;", 0), ("&", 0), ("&averyverylongname;", 0)]
        {
            assert_eq!(entity_length(text.as_bytes()), length, "{text}");
        }
    }
}
