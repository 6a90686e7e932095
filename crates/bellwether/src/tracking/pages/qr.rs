//! `/tracking/links/{id}/qr.svg` and `qr.png`: the link's code for stories, packages and posters.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use qrcode::render::svg;
use qrcode::{Color, QrCode};

use crate::tracking::links;
use crate::web::app::App;
use crate::web::error::{Recovery, WebError};

/// Light modules around the code, as the standard asks.
const QUIET: usize = 4;
/// At least so many points wide; whoever prints large takes the other.
const PNG_POINTS: usize = 512;

/// `GET /tracking/links/{id}/qr.svg`
pub async fn svg(State(app): State<App>, Path(id): Path<u32>) -> Result<Response, WebError> {
    let (slug, code) = code_of(&app, id).await?;
    let drawn = code.render::<svg::Color<'_>>().min_dimensions(240, 240).quiet_zone(true).build();
    Ok(sent("image/svg+xml", &format!("{slug}.svg"), drawn.into_bytes()))
}

/// `GET /tracking/links/{id}/qr.png`
pub async fn png(State(app): State<App>, Path(id): Path<u32>) -> Result<Response, WebError> {
    let (slug, code) = code_of(&app, id).await?;
    Ok(sent("image/png", &format!("{slug}.png"), drawn(&code)))
}

/// The link's name and its code; opening it is told from other clicks.
async fn code_of(app: &App, id: u32) -> Result<(String, QrCode), WebError> {
    let row = links::numbered(&app.data, id).await?;
    let address = format!("{}?qr", links::address_of(&app.data, &row.slug).await?);
    if !address.starts_with("http") {
        return Err(WebError::not_found("No code yet", "Without a public address a code would lead nowhere.")
            .with(Recovery::new("Set a public address", "/outreach/settings")));
    }
    let code = QrCode::new(address.as_bytes()).map_err(|error| WebError::fault("drawing the code", &error))?;
    Ok((row.slug, code))
}

fn sent(kind: &str, name: &str, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}

/// Black and white, one bit a point, each module a square of as many points.
///
/// A picture of this kind is a few squares in a row, so it is written here, uncompressed (some 40 KB), rather than by a library
/// that would bring a second compressor with it: Portable Network Graphics 1.2, with the plain blocks of RFC 1951.
fn drawn(code: &QrCode) -> Vec<u8> {
    let modules = code.width() + 2 * QUIET;
    let scale = PNG_POINTS.div_ceil(modules);
    let side = modules * scale;
    let is_dark = |row: usize, column: usize| {
        let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < code.width());
        inside(row).zip(inside(column)).is_some_and(|(row, column)| code[(column, row)] == Color::Dark)
    };
    let mut rows = Vec::with_capacity(side * (1 + side.div_ceil(8)));
    for row in 0..modules {
        // Each row begins with how it was filtered: not at all.
        let mut line = vec![0u8; 1 + side.div_ceil(8)];
        for point in (0..side).filter(|point| !is_dark(row, point / scale)) {
            line[1 + point / 8] |= 0x80 >> (point % 8);
        }
        rows.extend(line.repeat(scale));
    }
    let side = u32::try_from(side).expect("a code has at most 185 modules").to_be_bytes();
    // One bit a point, grey, and the one way each of compressing, filtering and ordering.
    let head = [&side[..], &side[..], &[1, 0, 0, 0, 0]].concat();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, content) in [(b"IHDR", head), (b"IDAT", in_plain_blocks(&rows)), (b"IEND", vec![])] {
        let named = [kind.as_slice(), &content].concat();
        file.extend(u32::try_from(content.len()).expect("some 40 KB").to_be_bytes());
        file.extend(&named);
        file.extend(crc_32(&named).to_be_bytes());
    }
    file
}

/// A zlib stream of blocks that are not compressed.
fn in_plain_blocks(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let blocks = bytes.chunks(usize::from(u16::MAX));
    let last = blocks.len().saturating_sub(1);
    for (number, block) in blocks.enumerate() {
        let length = block.len() as u16;
        stream.push(u8::from(number == last));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    stream.extend(adler_32(bytes).to_be_bytes());
    stream
}

fn adler_32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1u32, 0u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

fn crc_32(bytes: &[u8]) -> u32 {
    let of_byte = |sum: u32| (0..8).fold(sum, |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 });
    !bytes.iter().fold(u32::MAX, |sum, byte| sum >> 8 ^ of_byte((sum ^ u32::from(*byte)) & 0xff))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standards() {
        assert_eq!(crc_32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler_32(b"Wikipedia"), 0x11e6_0398);
    }

    /// The parts of a picture by their names, each with a sum that holds.
    fn parts(file: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut rest = file.strip_prefix(b"\x89PNG\r\n\x1a\n").expect("says what it is");
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let length = u32::from_be_bytes(rest[..4].try_into().expect("four")) as usize;
            let (named, after) = rest[4..].split_at(4 + length);
            assert_eq!(after[..4], crc_32(named).to_be_bytes());
            parts.push((String::from_utf8_lossy(&named[..4]).into_owned(), named[4..].to_vec()));
            rest = &after[4..];
        }
        parts
    }

    #[test]
    fn every_module_of_a_code_stands_in_its_picture_with_a_light_frame_around() {
        let code = QrCode::new(b"https://mail.brand.test/t/ana-s-story-7k3f?qr").expect("fits");
        let file = drawn(&code);
        let parts = parts(&file);
        assert_eq!(parts.iter().map(|part| part.0.as_str()).collect::<Vec<_>>(), ["IHDR", "IDAT", "IEND"]);
        let side = u32::from_be_bytes(parts[0].1[..4].try_into().expect("four")) as usize;
        let modules = code.width() + 2 * QUIET;
        assert!(side >= PNG_POINTS && side.is_multiple_of(modules), "{side} points for {modules} modules");
        let mut rows = Vec::new();
        let (mut rest, mut is_last) = (&parts[1].1[2..], false);
        while !is_last {
            is_last = rest[0] == 1;
            let length = usize::from(u16::from_le_bytes([rest[1], rest[2]]));
            rows.extend(&rest[5..5 + length]);
            rest = &rest[5 + length..];
        }
        assert_eq!(rest, adler_32(&rows).to_be_bytes());
        let (line, scale) = (1 + side.div_ceil(8), side / modules);
        assert_eq!(rows.len(), side * line);
        for row in 0..side {
            for column in 0..side {
                let inside = |at: usize| (at / scale).checked_sub(QUIET).filter(|at| *at < code.width());
                let is_dark = match (inside(row), inside(column)) {
                    (Some(row), Some(column)) => code[(column, row)] == Color::Dark,
                    _ => false,
                };
                let is_light = rows[row * line + 1 + column / 8] & (0x80 >> (column % 8)) != 0;
                assert_eq!(is_light, !is_dark, "{row}, {column}");
            }
        }
    }
}
