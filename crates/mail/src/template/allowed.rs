//! What a mail template may do, checked before it is read: `if`, `for` and `raw`, a list of filters and tests, and lists of
//! numbers up to 100.
//!
//! Left out is whatever reaches other templates (`include`, `import`, `extends`), defines (`macro`, `set`), repeats without
//! bound (`recursive`, more than two loops in each other) or multiplies (`*`). Without those, a mail is at most its source
//! times the values it is given.

/// Instructions that may stand in `{% … %}`.
const INSTRUCTIONS: [&str; 8] = ["if", "elif", "else", "endif", "for", "endfor", "raw", "endraw"];
pub(super) const FILTERS: [&str; 12] =
    ["capitalize", "d", "default", "first", "join", "last", "length", "lower", "round", "title", "trim", "upper"];
pub(super) const TESTS: [&str; 3] = ["defined", "none", "undefined"];
/// Words that a bracket may follow.
const KEYWORDS: [&str; 7] = ["and", "else", "if", "in", "is", "not", "or"];
const LOOPS_DEEP_MAX: usize = 2;
pub(super) const RANGE_MAX: usize = 100;

/// What is not allowed, and where.
#[derive(Debug)]
pub(super) struct Refused {
    /// From 1.
    pub line: usize,
    pub what: String,
}

#[derive(Clone, PartialEq, Debug)]
enum Token {
    Word(String),
    Number(i64),
    Text,
    Sign(char),
}

/// Looks through every `{% … %}` and `{{ … }}`. What is not closed is left to the reader of the language to tell.
pub(super) fn check(source: &str) -> Result<(), Refused> {
    let mut rest = source;
    let mut loops_deep = 0;
    while let Some(open) = rest.find('{') {
        rest = &rest[open..];
        let before = &source[..source.len() - rest.len()];
        let refuse = |what: String| Err(Refused { line: before.matches('\n').count() + 1, what });
        match rest.as_bytes().get(1) {
            Some(b'#') => rest = rest.find("#}").map_or("", |end| &rest[end + 2..]),
            Some(b'{') => {
                let (inside, after) = inside_of(&rest[2..], "}}");
                check_words(&tokens(inside)).or_else(refuse)?;
                rest = after;
            }
            Some(b'%') => {
                let (inside, after) = inside_of(&rest[2..], "%}");
                rest = after;
                let tokens = tokens(inside.trim_start_matches(['-', '+']));
                let Some(Token::Word(instruction)) = tokens.first() else { continue };
                if !INSTRUCTIONS.contains(&instruction.as_str()) {
                    return refuse(format!("`{instruction}` is not for mail templates; if, for and raw are"));
                }
                match instruction.as_str() {
                    "raw" => rest = after_raw(rest),
                    "for" => {
                        loops_deep += 1;
                        if loops_deep > LOOPS_DEEP_MAX {
                            return refuse(format!("more than {LOOPS_DEEP_MAX} loops stand in each other"));
                        }
                        if tokens.contains(&Token::Word("recursive".to_owned())) {
                            return refuse("a loop may not call itself; leave `recursive` out".to_owned());
                        }
                    }
                    "endfor" => loops_deep = usize::saturating_sub(loops_deep, 1),
                    _ => {}
                }
                check_words(&tokens[1..]).or_else(refuse)?;
            }
            _ => rest = &rest[1..],
        }
    }
    Ok(())
}

/// What stands before the closing mark, quotes respected, and what comes after it.
fn inside_of<'a>(source: &'a str, close: &str) -> (&'a str, &'a str) {
    let mut quote = None;
    let mut escaped = false;
    for (at, sign) in source.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if sign == '\\' => escaped = true,
            Some(open) if sign == open => quote = None,
            Some(_) => {}
            None if sign == '"' || sign == '\'' => quote = Some(sign),
            None if source[at..].starts_with(close) => return (&source[..at], &source[at + close.len()..]),
            None => {}
        }
    }
    (source, "")
}

/// Behind `{% endraw %}`.
fn after_raw(source: &str) -> &str {
    let mut rest = source;
    while let Some(open) = rest.find("{%") {
        rest = &rest[open + 2..];
        let inside = rest.trim_start_matches(['-', '+']).trim_start();
        if inside.starts_with("endraw") {
            return inside.find("%}").map_or("", |end| &inside[end + 2..]);
        }
    }
    ""
}

fn tokens(inside: &str) -> Vec<Token> {
    let mut found = vec![];
    let mut rest = inside.chars().peekable();
    while let Some(sign) = rest.next() {
        if sign.is_whitespace() {
            continue;
        }
        if sign == '"' || sign == '\'' {
            while let Some(next) = rest.next() {
                if next == '\\' {
                    rest.next();
                } else if next == sign {
                    break;
                }
            }
            found.push(Token::Text);
        } else if sign.is_alphanumeric() || sign == '_' {
            let mut word = sign.to_string();
            while let Some(next) = rest.next_if(|next| next.is_alphanumeric() || *next == '_') {
                word.push(next);
            }
            found.push(match word.replace('_', "").parse() {
                Ok(number) => Token::Number(number),
                Err(_) => Token::Word(word),
            });
        } else {
            found.push(Token::Sign(sign));
        }
    }
    found
}

fn check_words(tokens: &[Token]) -> Result<(), String> {
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        match token {
            Token::Sign('*') => return Err("`*` is not for mail templates; work the number out before".to_owned()),
            Token::Sign('(') => check_call(tokens, at)?,
            Token::Word(word) if before == Some(&Token::Sign('|')) && !FILTERS.contains(&word.as_str()) => {
                return Err(format!("there is no filter `{word}`; there are {}", FILTERS.join(", ")));
            }
            Token::Word(word) if is_test(tokens, at) && !TESTS.contains(&word.as_str()) => {
                return Err(format!("there is no test `{word}`; there are {}", TESTS.join(", ")));
            }
            _ => {}
        }
    }
    Ok(())
}

/// `x is word`, `x is not word`.
fn is_test(tokens: &[Token], at: usize) -> bool {
    let is_word = |back: usize, word: &str| {
        at.checked_sub(back).is_some_and(|held| matches!(&tokens[held], Token::Word(held) if held == word))
    };
    let is_not = matches!(&tokens[at], Token::Word(word) if word == "not");
    (is_word(1, "is") && !is_not) || (is_word(1, "not") && is_word(2, "is"))
}

/// A bracket behind a word calls it: filters and tests may be called, and `range`.
fn check_call(tokens: &[Token], at: usize) -> Result<(), String> {
    let called = at.checked_sub(1).map(|before| &tokens[before]);
    let before_it = at.checked_sub(2).map(|before| &tokens[before]);
    let name = match called {
        Some(Token::Word(name)) => name,
        Some(Token::Text | Token::Sign(')' | ']')) => return Err("only `range` and filters can be called".to_owned()),
        _ => return Ok(()),
    };
    if before_it == Some(&Token::Sign('|')) || KEYWORDS.contains(&name.as_str()) || is_test(tokens, at - 1) {
        return Ok(());
    }
    if name != "range" || before_it == Some(&Token::Sign('.')) {
        return Err(format!("`{name}(…)` cannot be called; only `range` and filters can"));
    }
    let inside: Vec<&Token> = tokens[at + 1..].iter().take_while(|token| **token != Token::Sign(')')).collect();
    let bounds: Option<Vec<i64>> = signed_numbers(&inside);
    let count = bounds.and_then(|bounds| match bounds[..] {
        [upper] => range_count(0, upper, 1),
        [lower, upper] => range_count(lower, upper, 1),
        [lower, upper, step] => range_count(lower, upper, step),
        _ => None,
    });
    match count {
        Some(count) if count > RANGE_MAX => Err(format!("a range of {count} numbers; {RANGE_MAX} are the most")),
        _ => Ok(()),
    }
}

/// `1, -5, 2` as numbers; `None` where anything else stands there.
fn signed_numbers(tokens: &[&Token]) -> Option<Vec<i64>> {
    tokens
        .split(|token| **token == Token::Sign(','))
        .map(|part| match part {
            [Token::Number(number)] => Some(*number),
            [Token::Sign('-'), Token::Number(number)] => Some(-number),
            _ => None,
        })
        .collect()
}

/// How many numbers a range has; `None` for steps of nought.
pub(super) fn range_count(lower: i64, upper: i64, step: i64) -> Option<usize> {
    let (lower, upper, step) = (i128::from(lower), i128::from(upper), i128::from(step));
    let count = match step {
        0 => return None,
        step if step > 0 => (upper - lower + step - 1).div_euclid(step),
        step => (lower - upper - step - 1).div_euclid(-step),
    };
    Some(usize::try_from(count.max(0)).unwrap_or(usize::MAX))
}
