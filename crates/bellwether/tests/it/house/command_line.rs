//! The command line as the code declares it, and the documentation held against it.

use std::collections::{BTreeMap, BTreeSet};

use super::rust_text::{item_length, read_rust, tokens_of};
use super::{Breach, SourceFile, at, of};

/// What the command line knows: each command by its words, with its own flags; the empty one holds the global flags.
#[derive(Default)]
pub(super) struct CommandLine {
    pub(super) commands: BTreeMap<String, BTreeSet<String>>,
}

/// One struct or enum of the command line: its pieces between the commas.
pub(super) struct Shape {
    pub(super) is_enum: bool,
    pub(super) pieces: Vec<Piece>,
}

pub(super) struct Piece {
    pub(super) attributes: String,
    /// A variant, or a field.
    pub(super) name: String,
    /// The type of a field or of a variant's one value, without its path.
    pub(super) holds: Option<String>,
    /// The fields of a variant that has some.
    pub(super) fields: Vec<Piece>,
}

pub(super) fn command_line(files: &[SourceFile]) -> CommandLine {
    let mut shapes = BTreeMap::new();
    for file in files {
        let code = read_rust(&file.text).code;
        for (keyword, is_enum) in [("pub enum ", true), ("pub struct ", false)] {
            for (from, _) in code.match_indices(keyword) {
                let item = &code[from + keyword.len()..];
                let Some((name, _)) = item.split_once([' ', '<', '(', ';']) else { continue };
                if item[name.len()..].starts_with(" {") {
                    let body = &item[name.len() + 2..item_length(item) - 1];
                    shapes.insert(name.to_owned(), Shape { is_enum, pieces: pieces_of(body) });
                }
            }
        }
    }
    let mut line = CommandLine::default();
    declare(&shapes, "Cli", "", &mut line);
    line
}

pub(super) fn declare(shapes: &BTreeMap<String, Shape>, shape: &str, above: &str, line: &mut CommandLine) {
    let Some(shape) = shapes.get(shape) else { return };
    line.commands.entry(above.to_owned()).or_default();
    for piece in &shape.pieces {
        if shape.is_enum && piece.attributes.contains("flatten") {
            // Its commands stand beside those above.
            if let Some(held) = &piece.holds {
                declare(shapes, held, above, line);
            }
        } else if shape.is_enum {
            let words = format!("{above} {}", kebab(&piece.name)).trim().to_owned();
            line.commands.entry(words.clone()).or_default();
            for field in &piece.fields {
                declare_field(shapes, field, &words, line);
            }
            if let Some(held) = &piece.holds {
                declare(shapes, held, &words, line);
            }
        } else {
            declare_field(shapes, piece, above, line);
        }
    }
}

pub(super) fn declare_field(shapes: &BTreeMap<String, Shape>, field: &Piece, above: &str, line: &mut CommandLine) {
    if field.attributes.contains("flatten") || field.attributes.contains("subcommand") {
        if let Some(held) = &field.holds {
            declare(shapes, held, above, line);
        }
    } else if tokens_of(&field.attributes).iter().any(|token| token.text == "long") {
        line.commands.entry(above.to_owned()).or_default().insert(format!("--{}", kebab(&field.name)));
    }
}

/// Splits a body at its commas and reads each piece.
pub(super) fn pieces_of(body: &str) -> Vec<Piece> {
    let (mut pieces, mut from, mut depth) = (Vec::new(), 0, 0i32);
    for (place, c) in body.char_indices() {
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => depth -= 1,
            ',' if depth == 0 => {
                pieces.extend(piece_of(&body[from..place]));
                from = place + 1;
            }
            _ => {}
        }
    }
    pieces.extend(piece_of(&body[from..]));
    pieces
}

pub(super) fn piece_of(text: &str) -> Option<Piece> {
    let (mut rest, mut attributes) = (text.trim(), String::new());
    while rest.starts_with("#[") {
        let mut depth = 0;
        let end = rest.find(|c: char| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            c == ']' && depth == 0
        })?;
        attributes.push_str(&rest[..=end]);
        rest = rest[end + 1..].trim_start();
    }
    let rest = rest.strip_prefix("pub ").unwrap_or(rest);
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let (name, after) = (rest[..end].to_owned(), rest[end..].trim());
    let inside = |open: char, close: char| after.strip_prefix(open).and_then(|held| held.strip_suffix(close));
    // What is boxed is held all the same.
    let plain = |text: &str| {
        let text = text.trim();
        text.strip_prefix("Box<").and_then(|held| held.strip_suffix('>')).unwrap_or(text).to_owned()
    };
    let type_of = |text: &str| plain(text).rsplit("::").next().unwrap_or_default().to_owned();
    let holds = inside('(', ')').or_else(|| after.strip_prefix(':')).map(type_of);
    let fields = inside('{', '}').map(pieces_of).unwrap_or_default();
    (!name.is_empty()).then_some(Piece { attributes, name, holds, fields })
}

/// `StackExchange` and `observed_on` as the command line writes them.
pub(super) fn kebab(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        match c {
            '_' => text.push('-'),
            c if c.is_uppercase() && !text.is_empty() => text.extend(['-', c.to_ascii_lowercase()]),
            c => text.push(c.to_ascii_lowercase()),
        }
    }
    text
}

impl CommandLine {
    /// The longest known command these words begin with, and its flags with those of every command.
    pub(super) fn command_of(&self, words: &[&str]) -> Option<(String, BTreeSet<String>)> {
        let known = (1..=words.len().min(3)).rev().map(|count| words[..count].join(" "));
        let command = known.into_iter().find(|command| self.commands.contains_key(command))?;
        let flags = self.commands[&command].union(&self.commands[""]).cloned().collect();
        Some((command, flags))
    }

    /// Whether a command has commands below it, so that it cannot stand alone.
    pub(super) fn is_group(&self, command: &str) -> bool {
        self.commands.keys().any(|other| other.starts_with(&format!("{command} ")))
    }
}

/// Flags as a text names them: `--data-dir`.
pub(super) fn flags_in(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| {
            word.len() > 2 && word.starts_with("--") && word[2..].starts_with(|c: char| c.is_ascii_alphabetic())
        })
        .map(str::to_owned)
        .collect()
}

pub(super) const COMMANDS_PAGE: &str = "docs/reference/commands.md";

/// The reference has a heading for each command, under it each of its flags, and no flag that does not exist.
pub(super) fn commands_are_documented(line: &CommandLine, page: &str) -> Vec<Breach> {
    let mut sections: BTreeMap<String, String> = BTreeMap::new();
    let mut here = String::new();
    for text in page.lines() {
        if let Some(heading) = text.strip_prefix('#') {
            here = heading
                .trim_start_matches('#')
                .trim()
                .trim_matches('`')
                .trim_start_matches("bellwether")
                .trim()
                .to_owned();
        }
        let section = sections.entry(here.clone()).or_default();
        section.push_str(text);
        section.push('\n');
    }
    let mut breaches = Vec::new();
    for (command, flags) in &line.commands {
        if line.is_group(command) && !command.is_empty() && flags.is_empty() {
            continue;
        }
        let heading = if command.is_empty() { "Every command" } else { command };
        let Some(section) = sections.get(heading) else {
            let instead =
                format!("add a heading `bellwether {command}` with what it does, its arguments and its flags");
            breaches.push(of(COMMANDS_PAGE, format!("`bellwether {command}` is not in the reference"), instead));
            continue;
        };
        let said = flags_in(section);
        for flag in flags.difference(&said) {
            let instead = format!("say under `{heading}` what it does and what it is without it");
            breaches.push(of(
                COMMANDS_PAGE,
                format!("`{flag}` of `bellwether {command}` is not in the reference"),
                instead,
            ));
        }
        for flag in said.iter().filter(|flag| !flags.contains(*flag) && !line.commands[""].contains(*flag)) {
            breaches.push(of(
                COMMANDS_PAGE,
                format!("`bellwether {command}` has no {flag}"),
                "take it out, or build it",
            ));
        }
    }
    breaches
}

/// Every command line in a code block of the documentation is one that runs.
pub(super) fn examples_are_real(line: &CommandLine, path: &str, text: &str) -> Vec<Breach> {
    let (mut breaches, mut in_block, mut joined) = (Vec::new(), false, String::new());
    for (index, written) in text.lines().enumerate() {
        if written.trim_start().starts_with("```") {
            in_block = !in_block;
            continue;
        }
        if !in_block {
            continue;
        }
        // A command begins at the margin; what is indented is a picture, or goes on from the line before.
        let written = if joined.is_empty() { written.trim_end().trim_start_matches("$ ") } else { written.trim() };
        joined.push_str(written);
        if joined.ends_with('\\') {
            joined.pop();
            continue;
        }
        let example = std::mem::take(&mut joined);
        let example = example.split(" #").next().unwrap_or_default();
        let typed = example
            .strip_prefix("bellwether ")
            .or_else(|| example.strip_prefix("cargo run ")?.split_once("-- ").map(|(_, typed)| typed));
        if let Some(problem) = typed.and_then(|typed| wrong_with(line, typed)) {
            breaches.push(at(
                path,
                index + 1,
                problem,
                "write a command line that runs; docs/reference/commands.md lists them",
            ));
        }
    }
    breaches
}

pub(super) fn wrong_with(line: &CommandLine, typed: &str) -> Option<String> {
    let mut words: Vec<&str> = typed.split_whitespace().collect();
    // Global flags may stand before the command.
    while words.first().is_some_and(|word| word.starts_with("--")) {
        let takes_a_value = words[0] == "--data-dir";
        words.drain(..(1 + usize::from(takes_a_value)).min(words.len()));
    }
    if words.is_empty() || words == ["help"] {
        return None;
    }
    let Some((command, flags)) = line.command_of(&words) else {
        return Some(format!("there is no command `{}`", words[0]));
    };
    let asks_for_help = words.contains(&"--help") || words.contains(&"--version");
    if line.is_group(&command) && !asks_for_help {
        let next = words.get(command.split(' ').count()).unwrap_or(&"");
        return Some(format!("`{command}` has no command `{next}`"));
    }
    let unknown =
        flags_in(typed).into_iter().find(|flag| !flags.contains(flag) && flag != "--help" && flag != "--version")?;
    Some(format!("`bellwether {command}` has no {unknown}"))
}

/// Every relative link of a page leads to a file.
pub(super) fn links_lead_somewhere(path: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for (from, _) in line.match_indices("](") {
            let target = line[from + 2..].split([')', '#', ' ']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
            for part in target.split('/') {
                match part {
                    "." | "" => {}
                    ".." => drop(parts.pop()),
                    part => parts.push(part),
                }
            }
            if !exists(&parts.join("/")) {
                breaches.push(at(
                    path,
                    index + 1,
                    format!("the link to {target} leads nowhere"),
                    "mend or remove the link",
                ));
            }
        }
    }
    breaches
}

/// Every environment variable the program reads is in the reference of settings.
pub(super) fn settings_are_documented(files: &[SourceFile], page: &str) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in files.iter().filter(|file| file.path.starts_with("crates/bellwether/src/")) {
        for literal in read_rust(&file.text).literals {
            let is_name =
                literal.text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
            if literal.text.starts_with("BELLWETHER_") && is_name && !page.contains(&literal.text) {
                let instead = "say in docs/reference/settings.md what it sets, its default and an example";
                breaches.push(at(
                    &file.path,
                    literal.line,
                    format!("{} is not in the reference", literal.text),
                    instead,
                ));
            }
        }
    }
    breaches
}
