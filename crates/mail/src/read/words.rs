//! The words of a mail as they are compared: addresses in one spelling, subjects without "Re:", and what is new in a reply
//! above the history it quotes.

use super::one_line;

/// Prefixes by which mail programs say "answer to" and "forwarded", lower case, without colon.
const SUBJECT_PREFIXES: [&str; 24] = [
    "re", "fwd", "fw", "aw", "wg", "sv", "tr", "rv", "antw", "antwort", "vs", "vb", "ref", "réf", "rif", "r", "i",
    "enc", "doorst", "fyi", "odp", "pd", "res", "回复",
];
/// How many lines a line such as "On Monday …\nSomeone wrote:" may be broken into.
const WROTE_LINES_MAX: usize = 4;

/// An address as compared and hashed: without spaces around, in lower case. A domain in other letters than Latin stays as
/// it is written. Costs a pass.
pub fn folded(address: &str) -> String {
    address.trim().to_lowercase()
}

/// Cuts a plus address: `brand+abc@example.test` is `brand@example.test` with the part `abc`. `None` where there is no
/// plus, nothing behind it or before it, or no `@`.
pub fn plus_part(address: &str) -> Option<(String, String)> {
    let (local, domain) = address.trim().rsplit_once('@')?;
    let (before, part) = local.split_once('+')?;
    if before.is_empty() || part.is_empty() || domain.is_empty() {
        return None;
    }
    Some((format!("{before}@{domain}"), part.to_owned()))
}

/// A subject as compared: without "Re:", "Fwd:" and their like in other languages, however often and counted
/// (`RE[2]:`), without the tags of lists in brackets before it, spaces folded, lower case. Costs a pass.
pub fn normalised_subject(subject: &str) -> String {
    let folded = one_line(subject).to_lowercase();
    let mut rest = folded.as_str();
    loop {
        let before = rest;
        rest = without_tag(rest);
        rest = without_prefix(rest);
        if rest == before {
            return rest.to_owned();
        }
    }
}

/// `[a list] words` → `words`; a subject that is nothing but a bracket keeps it.
fn without_tag(subject: &str) -> &str {
    let Some(inside) = subject.strip_prefix('[') else { return subject };
    match inside.split_once(']') {
        Some((tag, rest)) if !tag.contains('[') && !rest.trim().is_empty() => rest.trim_start(),
        _ => subject,
    }
}

/// `re: words`, `re[2]: words`, `aw (3): words` → `words`.
fn without_prefix(subject: &str) -> &str {
    // A full-width colon is what Chinese and Japanese keyboards type.
    let Some(colon) = subject.find([':', '：']) else { return subject };
    let after = subject[colon..].chars().next().map_or(0, char::len_utf8);
    let name = subject[..colon].trim_end();
    let name = name.trim_end_matches([']', ')']).trim_end_matches(|sign: char| sign.is_ascii_digit());
    let name = name.trim_end_matches(['[', '(', '^', '*', ' ']);
    if SUBJECT_PREFIXES.contains(&name) { subject[colon + after..].trim_start() } else { subject }
}

/// What is new in a reply: the lines above the history that it quotes. Where the answers stand below or between the quoted
/// lines, those are what comes back, without the quoted ones; where everything is quoted, the whole. Costs a pass.
pub fn fresh_text(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    // Quoted lines with nothing below are history; quoted lines between answers are left out one by one.
    let is_answer = |line: &&str| !is_quoted(line) && !line.trim().is_empty();
    let quoted_from = lines.iter().rposition(is_answer).map_or(0, |last| last + 1);
    let cut = (0..quoted_from).find(|&at| begins_history(&lines, at)).unwrap_or(quoted_from);
    let above = unquoted(&lines[..cut]);
    if !above.is_empty() {
        return above;
    }
    // Nothing above: answers below or between the quoted lines, up to a history that is not marked line by line.
    let header = |at: &usize| is_original_mark(lines[*at]) || is_header_block(&lines, *at);
    let end = (0..lines.len()).find(header).unwrap_or(lines.len());
    let mut kept: Vec<&str> = vec![];
    let mut at = 0;
    while at < end {
        match wrote_lines(&lines, at) {
            Some(count) => at += count,
            None => {
                kept.push(lines[at]);
                at += 1;
            }
        }
    }
    let between = unquoted(&kept);
    if between.is_empty() { lines.join("\n").trim().to_owned() } else { between }
}

fn unquoted(lines: &[&str]) -> String {
    let kept: Vec<&str> = lines.iter().copied().filter(|line| !is_quoted(line)).map(str::trim_end).collect();
    kept.join("\n").trim().to_owned()
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// Whether the quoted history begins at this line.
fn begins_history(lines: &[&str], at: usize) -> bool {
    is_original_mark(lines[at]) || is_header_block(lines, at) || wrote_lines(lines, at).is_some()
}

/// `-----Original Message-----`, `---------- Forwarded message ---------`, `Begin forwarded message:`, in four languages.
fn is_original_mark(line: &str) -> bool {
    const MARKS: [&str; 16] = [
        "original message",
        "original-nachricht",
        "ursprüngliche nachricht",
        "originalnachricht",
        "message d'origine",
        "message d’origine",
        "message original",
        "mensaje original",
        "forwarded message",
        "weitergeleitete nachricht",
        "message transféré",
        "mensaje reenviado",
        "messaggio originale",
        "oorspronkelijk bericht",
        "begin forwarded message",
        "anfang der weitergeleiteten nachricht",
    ];
    let line = line.trim();
    let is_ruled = line.starts_with("--") || line.starts_with("__");
    let is_announced = line.ends_with(':') && line.chars().count() < 60;
    if !is_ruled && !is_announced {
        return false;
    }
    let words = line.trim_matches(['-', '_', ' ', ':']).to_lowercase();
    MARKS.iter().any(|mark| words == *mark)
}

/// A block of headers as Outlook writes it: "Von:" followed within four lines by "Betreff:" or "An:" and the like. One such
/// line alone is somebody's sentence.
fn is_header_block(lines: &[&str], at: usize) -> bool {
    const FROM: [&str; 6] = ["from", "von", "de", "expéditeur", "da", "van"];
    const BESIDE: [&str; 26] = [
        "sent",
        "to",
        "subject",
        "date",
        "gesendet",
        "an",
        "betreff",
        "datum",
        "envoyé",
        "à",
        "objet",
        "enviado",
        "enviado el",
        "para",
        "asunto",
        "fecha",
        "cc",
        "inviato",
        "a",
        "oggetto",
        "verzonden",
        "aan",
        "onderwerp",
        "reply-to",
        "antwort an",
        "sent on",
    ];
    let label = |line: &str| {
        let line = line.trim().trim_start_matches(['*', '>', ' ']);
        line.split_once(':').map(|(name, _)| name.trim().trim_end_matches('*').trim().to_lowercase())
    };
    if !label(lines[at]).is_some_and(|name| FROM.contains(&name.as_str())) {
        return false;
    }
    let beside = |line: &&str| label(line).is_some_and(|name| BESIDE.contains(&name.as_str()));
    lines[at + 1..].iter().filter(|line| !line.trim().is_empty()).take(4).filter(|line| beside(line)).count() >= 2
}

/// How many lines "On 3 March Ana wrote:" takes from here, `None` where it is no such line.
fn wrote_lines(lines: &[&str], at: usize) -> Option<usize> {
    const BEGINS: [&str; 12] =
        ["on ", "am ", "le ", "el ", "il ", "op ", "den ", "em ", "vom ", "em. ", "il giorno ", "o dia "];
    const WROTE: [&str; 12] = [
        "wrote",
        "schrieb",
        "a écrit",
        "escribió",
        "ha scritto",
        "schreef",
        "skrev",
        "escreveu",
        "geschrieben",
        "writes",
        "schreibt",
        "a ecrit",
    ];
    let first = lines[at].trim().to_lowercase();
    let begins = BEGINS.iter().any(|word| first.starts_with(word));
    // "Ana <ana@creator.test> wrote:", and "2026-03-14 10:00 GMT+01:00 Ana <ana@creator.test>:".
    let names_address = first.contains('@') && first.contains('<');
    if !begins && !names_address {
        return None;
    }
    let mut joined = String::new();
    for (count, line) in lines[at..].iter().take(WROTE_LINES_MAX).enumerate() {
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            return None;
        }
        if count > 0 {
            joined.push(' ');
        }
        joined.push_str(&line);
        let is_end = line.ends_with([':', '：']);
        let says_wrote = WROTE.iter().any(|word| joined.contains(word));
        let is_dated = joined.chars().filter(char::is_ascii_digit).count() >= 3 || joined.contains('@');
        // "On Monday Mia wrote:" has no date; what it quotes stands right below.
        let quotes_below =
            || lines[at + count + 1..].iter().find(|line| !line.trim().is_empty()).is_some_and(|line| is_quoted(line));
        if is_end && says_wrote && (is_dated || quotes_below()) {
            return Some(count + 1);
        }
        if is_end {
            return None;
        }
    }
    None
}
