//! Words and bytes in the few signs that every mail server passes on unchanged (RFC 2045, 2047, 2231).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Bytes of a line that is to be read by people.
pub(super) const LINE_MAX: usize = 76;
/// Bytes of one encoded word, with its marks (RFC 2047, section 2).
const WORD_MAX: usize = 75;

/// A text for a header that holds nothing but words, folded at spaces; in encoded words where it goes beyond ASCII.
pub(super) fn words(field: &str, text: &str) -> String {
    let longest = text.split(' ').map(str::len).max().unwrap_or_default();
    if text.is_ascii() && !text.contains("=?") && !text.contains("  ") && longest <= LINE_MAX {
        return folded(field, text);
    }
    encoded_words(field, text)
}

/// A person's name before an address.
pub(super) fn phrase(field: &str, name: &str) -> String {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b" !#$%&'*+-/=?^_`{|}~".contains(&byte);
    if !name.is_ascii() || name.contains("=?") || name.contains("  ") || name.len() > LINE_MAX - field.len() - 4 {
        return encoded_words(field, name);
    }
    if name.bytes().all(is_word) {
        return name.to_string();
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

fn folded(field: &str, text: &str) -> String {
    let mut value = String::with_capacity(text.len() + 8);
    let mut line = field.len() + 2;
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            if line + 1 + word.len() > LINE_MAX {
                value.push_str("\r\n");
                line = 0;
            }
            value.push(' ');
            line += 1;
        }
        value.push_str(word);
        line += word.len();
    }
    value
}

/// Encoded words of whole letters, one a line; what stands between two of them is not shown.
fn encoded_words(field: &str, text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut room = WORD_MAX.min(LINE_MAX - field.len() - 2) - "=?utf-8?B??=".len();
    for letter in text.chars() {
        if (word.len() + letter.len_utf8()).div_ceil(3) * 4 > room {
            lines.push(format!("=?utf-8?B?{}?=", BASE64.encode(&word)));
            word.clear();
            room = WORD_MAX - 1 - "=?utf-8?B??=".len();
        }
        word.push(letter);
    }
    if !word.is_empty() {
        lines.push(format!("=?utf-8?B?{}?=", BASE64.encode(&word)));
    }
    lines.join("\r\n ")
}

/// A parameter such as a file's name: plain for old programs, and in full (RFC 2231) where it goes beyond ASCII.
pub(super) fn parameter(name: &str, value: &str) -> String {
    let is_simple = |letter: char| letter.is_ascii_graphic() && !matches!(letter, '"' | '\\') || letter == ' ';
    let plain: String = value.chars().map(|letter| if is_simple(letter) { letter } else { '_' }).collect();
    if plain == value && plain.len() <= LINE_MAX {
        return format!("{name}=\"{plain}\"");
    }
    let mut full = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            full.push(char::from(byte));
        } else {
            full.push_str(&format!("%{byte:02X}"));
        }
    }
    // The full one first: some readers take whichever comes first.
    format!("{name}*=utf-8''{full};\r\n {name}=\"{plain}\"")
}

/// A text as it is given, and the name of how: as it is, with the signs beyond ASCII written out, or in base64 where there
/// are so many of those that it would be longer.
pub(super) fn text(text: &str) -> (&'static str, Vec<u8>) {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let is_plain = |line: &str| {
        line.len() <= LINE_MAX
            && line.bytes().all(|byte| byte == b'\t' || byte == b' ' || byte.is_ascii_graphic())
            && !line.ends_with([' ', '\t'])
            // A line of one dot ends a letter, `From ` begins one in old mailboxes, and `=_` is our mark between parts.
            && !line.starts_with(['.'])
            && !line.starts_with("From ")
            && !line.contains("=_")
    };
    if lines.split('\n').all(is_plain) {
        return ("7bit", with_line_ends(&lines));
    }
    let beyond = lines.bytes().filter(|byte| !byte.is_ascii()).count();
    if beyond * 3 > lines.len() {
        return ("base64", base64_lines(&with_line_ends(&lines)));
    }
    ("quoted-printable", quoted_printable(&lines))
}

fn with_line_ends(lines: &str) -> Vec<u8> {
    let mut bytes = lines.replace('\n', "\r\n").into_bytes();
    if !bytes.ends_with(b"\r\n") {
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// Quoted-printable of text whose lines end in LF; the result's end in CR LF.
fn quoted_printable(lines: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(lines.len() + lines.len() / 8 + 2);
    let lines = lines.strip_suffix('\n').unwrap_or(lines);
    for line in lines.split('\n') {
        let bytes = line.as_bytes();
        let mut column = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            let is_last = at + 1 == bytes.len();
            let is_kept = match byte {
                b' ' | b'\t' => !is_last,
                b'.' => column > 0,
                b'F' => column > 0 || !bytes[at..].starts_with(b"From "),
                b'=' => false,
                _ => byte.is_ascii_graphic(),
            };
            let width = if is_kept { 1 } else { 3 };
            // Room is left for the mark of a line that goes on.
            let room = if is_last { LINE_MAX } else { LINE_MAX - 1 };
            if column + width > room {
                out.extend_from_slice(b"=\r\n");
                column = 0;
                // What now begins a line may have to be written out: a dot, or `From `.
                if byte == b'.' || bytes[at..].starts_with(b"From ") {
                    out.extend_from_slice(format!("={byte:02X}").as_bytes());
                    column = 3;
                    continue;
                }
            }
            if is_kept {
                out.push(byte);
            } else {
                out.extend_from_slice(format!("={byte:02X}").as_bytes());
            }
            column += width;
        }
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// Base64 in lines that end in CR LF.
pub(super) fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 3 / 2 + 4);
    // 57 bytes are 76 signs.
    for line in bytes.chunks(57) {
        out.extend_from_slice(BASE64.encode(line).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out
}
