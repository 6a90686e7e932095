//! Reading Rust well enough for the rules: comments gone, string literals apart, tests gone, paths spelled out.

use std::collections::BTreeSet;

use super::SourceFile;

/// A source whose comments are gone and whose string literals are set apart; its lines keep their numbers.
pub(super) struct RustText {
    pub(super) code: String,
    pub(super) literals: Vec<Literal>,
}

pub(super) struct Literal {
    pub(super) line: usize,
    /// Escapes and line breaks are blanks.
    pub(super) text: String,
}

pub(super) fn read_rust(text: &str) -> RustText {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut literals) = (String::with_capacity(text.len()), Vec::new());
    let (mut place, mut line) = (0, 1);
    while place < chars.len() {
        let (here, next) = (chars[place], chars.get(place + 1).copied());
        let skipped = match (here, next) {
            ('/', Some('/')) => chars[place..].iter().take_while(|c| **c != '\n').count(),
            ('/', Some('*')) => block_comment_length(&chars[place..]),
            ('"', _) => {
                let (length, text) = literal_at(&chars[place..], hashes_before(&code));
                literals.push(Literal { line, text });
                code.push_str("\"\"");
                length
            }
            ('\'', Some('\\')) => 4 + chars[place + 3..].iter().take_while(|c| **c != '\'').count(),
            ('\'', Some(_)) if chars.get(place + 2) == Some(&'\'') => 3,
            _ => {
                code.push(here);
                line += usize::from(here == '\n');
                place += 1;
                continue;
            }
        };
        let breaks = chars[place..place + skipped].iter().filter(|c| **c == '\n').count();
        code.extend(std::iter::repeat_n('\n', breaks));
        line += breaks;
        place += skipped;
    }
    RustText { code, literals }
}

pub(super) fn block_comment_length(chars: &[char]) -> usize {
    let (mut depth, mut place) = (0, 0);
    while place < chars.len() {
        match (chars[place], chars.get(place + 1)) {
            ('/', Some('*')) => (depth, place) = (depth + 1, place + 2),
            ('*', Some('/')) => (depth, place) = (depth - 1, place + 2),
            _ => place += 1,
        }
        if depth == 0 {
            break;
        }
    }
    place
}

/// `Some(n)` when the code read so far ends as a raw string of n hashes begins (`r##`), else `None`.
pub(super) fn hashes_before(code: &str) -> Option<usize> {
    let bare = code.trim_end_matches('#');
    let before = bare.strip_suffix('r')?;
    let before = before.strip_suffix(['b', 'c']).unwrap_or(before);
    let in_a_name = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    (!in_a_name).then_some(code.len() - bare.len())
}

/// The length of the literal that begins here, quotes included, and its text.
pub(super) fn literal_at(chars: &[char], raw_hashes: Option<usize>) -> (usize, String) {
    let (mut text, mut place) = (String::new(), 1);
    while place < chars.len() {
        match (chars[place], raw_hashes) {
            ('\\', None) => {
                text.push(' ');
                place += 2;
                continue;
            }
            ('"', None) => break,
            ('"', Some(hashes)) if chars[place + 1..].iter().take_while(|c| **c == '#').count() >= hashes => break,
            (c, _) => text.push(if c == '\n' { ' ' } else { c }),
        }
        place += 1;
    }
    ((place + 1).min(chars.len()), text)
}

/// The code without what is marked `#[cfg(test)]`; lines keep their numbers.
pub(super) fn without_tests(code: &str) -> String {
    let mut left = code.to_owned();
    while let Some(from) = left.find("#[cfg(test)]") {
        let to = from + item_length(&left[from..]);
        let blank: String = left[from..to].chars().filter(|c| *c == '\n').collect();
        left.replace_range(from..to, &blank);
    }
    if left.contains("#![cfg(test)]") { String::new() } else { left }
}

/// How far an item reaches: to its closing brace, or to the semicolon of one without a body.
pub(super) fn item_length(code: &str) -> usize {
    let (mut braces, mut brackets) = (0usize, 0usize);
    for (place, c) in code.char_indices() {
        match c {
            '[' | '(' => brackets += 1,
            ']' | ')' => brackets = brackets.saturating_sub(1),
            '{' => braces += 1,
            '}' if braces <= 1 => return place + 1,
            '}' => braces -= 1,
            ';' if braces == 0 && brackets == 0 => return place + 1,
            _ => {}
        }
    }
    code.len()
}

/// A path as code names it, imports spelled out one by one.
pub(super) struct Named {
    pub(super) line: usize,
    pub(super) path: String,
}

impl Named {
    pub(super) fn has_segment(&self, wanted: &str) -> bool {
        self.path.split("::").any(|segment| segment == wanted)
    }

    /// Whether the path is `wanted` or lies below it.
    pub(super) fn is_in(&self, wanted: &str) -> bool {
        self.path.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }
}

/// Every path of at least one segment in the code: `use a::{b, c::d};` is `a::b` and `a::c::d`.
pub(super) fn names_in(code: &str) -> Vec<Named> {
    let tokens = tokens_of(code);
    let (mut names, mut place) = (Vec::new(), 0);
    while place < tokens.len() {
        if tokens[place].text == "use" {
            place = use_tree(&tokens, place + 1, "", &mut names);
        } else if tokens[place].is_name() {
            let (line, mut path) = (tokens[place].line, tokens[place].text.to_owned());
            while place + 2 < tokens.len() && tokens[place + 1].text == "::" && tokens[place + 2].is_name() {
                path = format!("{path}::{}", tokens[place + 2].text);
                place += 2;
            }
            names.push(Named { line, path });
            place += 1;
        } else {
            place += 1;
        }
    }
    names
}

/// Reads one branch of an import and returns where reading goes on.
pub(super) fn use_tree(tokens: &[Token<'_>], mut place: usize, above: &str, names: &mut Vec<Named>) -> usize {
    let mut path = above.to_owned();
    let mut named = None;
    while place < tokens.len() {
        let token = &tokens[place];
        match token.text {
            "::" => {}
            "{" => {
                place += 1;
                while place < tokens.len() && tokens[place].text != "}" {
                    place = use_tree(tokens, place, &path, names);
                    place += usize::from(place < tokens.len() && tokens[place].text == ",");
                }
                named = None;
            }
            "as" => place += 1,
            "self" if !path.is_empty() => named = Some(token.line),
            _ if token.is_name() => {
                path = if path.is_empty() { token.text.to_owned() } else { format!("{path}::{}", token.text) };
                named = Some(token.line);
            }
            _ => break,
        }
        place += 1;
    }
    names.extend(named.map(|line| Named { line, path }));
    place
}

pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) line: usize,
}

impl Token<'_> {
    pub(super) fn is_name(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// Names, `::` and single signs, with their lines.
pub(super) fn tokens_of(code: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut line, mut rest) = (Vec::new(), 1, code);
    while let Some(first) = rest.chars().next() {
        let name = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let length = match first {
            _ if name > 0 => name,
            ':' if rest.starts_with("::") => 2,
            _ => first.len_utf8(),
        };
        line += usize::from(first == '\n');
        if !first.is_whitespace() {
            tokens.push(Token { text: &rest[..length], line });
        }
        rest = &rest[length..];
    }
    tokens
}

/// Files that are compiled for tests alone because their parent says `#[cfg(test)] mod tests;`.
pub(super) fn test_files(files: &[SourceFile]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files {
        let code = read_rust(&file.text).code;
        for (from, _) in code.match_indices("#[cfg(test)]") {
            let item = &code[from..from + item_length(&code[from..])];
            let Some((_, name)) = item.trim_end_matches(';').rsplit_once("mod ").filter(|_| item.ends_with(';')) else {
                continue;
            };
            let (folder, stem) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
            let is_folder = ["mod.rs", "lib.rs", "main.rs"].contains(&stem);
            let folder =
                if is_folder { folder.to_owned() } else { format!("{folder}/{}", stem.trim_end_matches(".rs")) };
            found.insert(format!("{folder}/{}.rs", name.trim()));
            found.insert(format!("{folder}/{}/mod.rs", name.trim()));
        }
    }
    found
}
