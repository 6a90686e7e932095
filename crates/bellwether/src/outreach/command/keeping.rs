//! Files on contacts and views of lists by command.

use std::path::Path;

use anyhow::Context;

use crate::data_directory::DataDirectory;
use crate::output::{Output, grouped};
use crate::outreach::{contacts, files, views};

pub async fn files(data: &DataDirectory, named: &str, output: Output<'_>) -> anyhow::Result<()> {
    let contact = contacts::find(data, named).await?;
    let held = files::of(data, contact.id).await?;
    output.result(&held, |out| {
        if held.is_empty() {
            return writeln!(out, "no file; `bellwether outreach keep-file CONTACT FILE` keeps one");
        }
        for of in &held {
            writeln!(out, "{:>6}  {}  {} bytes  {}  {}", of.file, of.at, grouped(of.bytes), of.by, of.name)?;
        }
        Ok(())
    })
}

pub async fn keep_file(data: &DataDirectory, named: &str, place: &Path, output: Output<'_>) -> anyhow::Result<()> {
    let contact = contacts::find(data, named).await?;
    let shown = place.display();
    let size = std::fs::metadata(place).with_context(|| format!("{shown} cannot be read"))?.len();
    if size > files::FILE_BYTES_MAX {
        return Err(files::too_large().into());
    }
    let bytes = std::fs::read(place).with_context(|| format!("{shown} cannot be read"))?;
    let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = files::add(data, contact.id, &name, &bytes).await?;
    output.result(&serde_json::json!({ "file": file, "contact": contact.id }), |out| {
        writeln!(out, "file {file} is kept on {}", contact.name)
    })
}

pub async fn get_file(data: &DataDirectory, file: i64, out: Option<&Path>, output: Output<'_>) -> anyhow::Result<()> {
    let held = files::find(data, file).await?;
    let bytes = files::read(data, &held)?;
    let Some(out) = out else {
        return output.bytes("application/octet-stream", &bytes);
    };
    std::fs::write(out, &bytes).with_context(|| format!("{} cannot be written", out.display()))?;
    output.result(&serde_json::json!({ "file": file, "name": held.name, "out": out }), |line| {
        writeln!(line, "{} is in {}", held.name, out.display())
    })
}

pub async fn remove_file(data: &DataDirectory, file: i64, output: Output<'_>) -> anyhow::Result<()> {
    let held = files::find(data, file).await?;
    files::remove(data, held.contact, file).await?;
    output
        .result(&serde_json::json!({ "file": file, "removed": true }), |out| writeln!(out, "{} is removed", held.name))
}

pub async fn views(data: &DataDirectory, output: Output<'_>) -> anyhow::Result<()> {
    let held = views::all(data, None).await?;
    output.result(&held, |out| {
        if held.is_empty() {
            return writeln!(out, "no view; the lists of contacts and deals keep their filters as one");
        }
        for of in &held {
            writeln!(out, "{:>4}  {:<9} {:<24}  {}", of.id, of.list, of.name, of.filters)?;
        }
        Ok(())
    })
}
