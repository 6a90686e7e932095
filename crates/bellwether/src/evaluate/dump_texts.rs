//! The words of a Stack Exchange dump by the ids that labels use: q12 a question, a12 an answer, c12 a comment.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use engine::conversations::buying_talk::{TextPlace, TextsOfPlace};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::ingest::stack_exchange::plain_text;

/// One text with what stands above it.
pub struct DumpText {
    pub body: String,
    pub title: Option<String>,
    pub place: TextPlace,
}

/// All texts of a dump.
pub struct DumpTexts {
    pub by_id: HashMap<String, DumpText>,
    /// How many of each place there are.
    pub site: Vec<TextsOfPlace>,
}

/// Reads `Posts.xml` and `Comments.xml` of a dump folder.
pub fn read(folder: &Path) -> anyhow::Result<DumpTexts> {
    let mut by_id = HashMap::new();
    let mut titles: HashMap<String, String> = HashMap::new();
    let mut parents: HashMap<String, String> = HashMap::new();
    each_row(&folder.join("Posts.xml"), |row| {
        let (Some(id), Some(kind)) = (value(row, "Id")?, value(row, "PostTypeId")?) else { return Ok(()) };
        let (place, letter) = match kind.as_str() {
            "1" => (TextPlace::Question, 'q'),
            "2" => (TextPlace::Answer, 'a'),
            _ => return Ok(()),
        };
        if let Some(title) = value(row, "Title")? {
            titles.insert(id.clone(), title);
        }
        if let Some(parent) = value(row, "ParentId")? {
            parents.insert(id.clone(), parent);
        }
        let body = plain_text(&value(row, "Body")?.unwrap_or_default());
        let title = titles.get(parents.get(&id).unwrap_or(&id)).cloned();
        by_id.insert(format!("{letter}{id}"), DumpText { body, title, place });
        Ok(())
    })?;
    each_row(&folder.join("Comments.xml"), |row| {
        let (Some(id), Some(post)) = (value(row, "Id")?, value(row, "PostId")?) else { return Ok(()) };
        let title = titles.get(parents.get(&post).unwrap_or(&post)).cloned();
        let body = value(row, "Text")?.unwrap_or_default().trim().to_owned();
        by_id.insert(format!("c{id}"), DumpText { body, title, place: TextPlace::Comment });
        Ok(())
    })?;
    let site = [TextPlace::Question, TextPlace::Answer, TextPlace::Comment]
        .map(|place| TextsOfPlace { place, texts: by_id.values().filter(|text| text.place == place).count() as u64 });
    Ok(DumpTexts { by_id, site: site.to_vec() })
}

fn each_row(file: &Path, mut each: impl FnMut(&BytesStart<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let place = file.display();
    let mut reader = Reader::from_file(file).with_context(|| format!("reading {place}"))?;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).with_context(|| format!("reading {place}"))? {
            Event::Empty(row) | Event::Start(row) if row.name().as_ref() == "row" => {
                each(&row).with_context(|| format!("reading {place}"))?;
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn value(row: &BytesStart<'_>, name: &str) -> anyhow::Result<Option<String>> {
    let Some(attribute) = row.try_get_attribute(name)? else { return Ok(None) };
    Ok(Some(quick_xml::escape::unescape(&attribute.value)?.into_owned()))
}
