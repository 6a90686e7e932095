//! What a command says: one JSON document or plain text on stdout, talk and progress on stderr; or all of it to whoever asked by the API.

use std::io::{IsTerminal, Write};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use model::{Estimate, Explanation, Unit};
use serde::Serialize;

use crate::ingest::sink::Progress;

/// How results are printed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Form {
    #[default]
    Text,
    Json,
}

/// Is told how far long work has come.
pub type Follower = Arc<dyn Fn(&str) + Send + Sync>;

/// What a command said that was not asked from a terminal.
#[derive(Default)]
pub struct Said {
    answer: Mutex<Answer>,
    follows: Option<Follower>,
    /// What an import of this command read so far.
    progress: Arc<Progress>,
}

/// A command's result.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answer {
    pub bytes: Vec<u8>,
    /// `None` for a JSON document.
    pub media_type: Option<&'static str>,
}

impl Said {
    /// `follows` is told how far long work has come.
    pub fn followed_by(progress: Arc<Progress>, follows: Follower) -> Said {
        Said { answer: Mutex::default(), follows: Some(follows), progress }
    }

    pub fn answer(self) -> Answer {
        self.answer.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, words: &str) {
        if let Some(follows) = &self.follows {
            follows(words);
        }
    }
}

/// Where a command's results and talk go.
#[derive(Clone, Copy)]
pub struct Output<'a> {
    pub form: Form,
    /// Somebody who asked by the API; else it is printed.
    said: Option<&'a Said>,
}

impl<'a> Output<'a> {
    /// To a terminal, a file or a pipe.
    pub fn printed(form: Form) -> Output<'static> {
        Output { form, said: None }
    }

    /// To whoever asked; results are JSON documents.
    pub fn to(said: &'a Said) -> Output<'a> {
        Output { form: Form::Json, said: Some(said) }
    }

    /// Prints the result: `document` as JSON, or what `text` writes.
    pub fn result(
        self,
        document: &impl Serialize,
        text: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        if let Some(said) = self.said {
            let mut answer = said.answer.lock().unwrap_or_else(PoisonError::into_inner);
            *answer = Answer { bytes: serde_json::to_vec(document)?, media_type: None };
            return Ok(());
        }
        let mut out = std::io::stdout().lock();
        let written = match self.form {
            Form::Json => serde_json::to_writer_pretty(&mut out, document)
                .map_err(std::io::Error::from)
                .and_then(|()| writeln!(out)),
            Form::Text => text(&mut out),
        };
        match written {
            // Whoever reads has read enough (`| head`).
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    /// Gives a result that is no document but bytes of a kind, such as a table or a picture.
    pub fn bytes(self, media_type: &'static str, bytes: &[u8]) -> anyhow::Result<()> {
        self.written(media_type, |out| out.write_all(bytes))
    }

    /// As [`Output::bytes`], of what `write` writes; printed as it comes.
    pub fn written(
        self,
        media_type: &'static str,
        write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        if let Some(said) = self.said {
            let mut bytes = vec![];
            write(&mut bytes)?;
            let mut answer = said.answer.lock().unwrap_or_else(PoisonError::into_inner);
            *answer = Answer { bytes, media_type: Some(media_type) };
            return Ok(());
        }
        match write(&mut std::io::stdout().lock()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    /// Says something that is not the result.
    pub fn say(self, words: &str) {
        match self.said {
            Some(said) => said.note(words),
            None => eprintln!("{words}"),
        }
    }

    /// Says how far long work has come; on a terminal only.
    pub fn note(self, words: &str) {
        if let Some(said) = self.said {
            said.note(words);
        } else if std::io::stderr().is_terminal() {
            eprintln!("{words}");
        }
    }

    /// A bar that follows an import, drawn on a terminal only.
    pub fn import_bar(self, size_bytes: u64) -> ImportBar {
        if let Some(said) = self.said {
            return ImportBar { progress: said.progress.clone(), bar: None };
        }
        let progress = Arc::new(Progress::default());
        if !std::io::stderr().is_terminal() {
            return ImportBar { progress, bar: None };
        }
        let bar = if size_bytes > 0 {
            let style = "{bar:30} {bytes}/{total_bytes}  {msg}  {eta} left";
            ProgressBar::new(size_bytes).with_style(ProgressStyle::with_template(style).expect("a valid template"))
        } else {
            ProgressBar::new_spinner()
        };
        bar.enable_steady_tick(Duration::from_millis(200));
        let (watched, drawn) = (progress.clone(), bar.clone());
        std::thread::spawn(move || {
            while !drawn.is_finished() {
                drawn.set_position(watched.bytes.load(Ordering::Relaxed));
                drawn.set_message(format!("{} rows", grouped(watched.rows.load(Ordering::Relaxed))));
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        ImportBar { progress, bar: Some(bar) }
    }
}

/// A progress bar and what it follows; ends when dropped.
pub struct ImportBar {
    pub progress: Arc<Progress>,
    bar: Option<ProgressBar>,
}

impl Drop for ImportBar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A value in its unit, rounded to what its interval can carry.
pub fn value_text(value: f64, half_width: f64, unit: Unit) -> String {
    let (value, half_width) = match unit {
        Unit::Share | Unit::Percent => (value * 100.0, half_width * 100.0),
        Unit::Money(currency) => {
            let whole = 10f64.powi(currency.decimals() as i32);
            (value / whole, half_width / whole)
        }
        _ => (value, half_width),
    };
    let decimals = if half_width > 0.0 { (1.0 - half_width.log10().floor()).clamp(0.0, 3.0) as usize } else { 0 };
    match unit {
        Unit::Share | Unit::Percent => format!("{value:.decimals$} %"),
        Unit::Probability => format!("{value:.2}"),
        Unit::Seconds => duration_text(value),
        Unit::Money(currency) => format!("{value:.decimals$} {currency}"),
        Unit::Items | Unit::People if half_width == 0.0 && value.fract() == 0.0 && value >= 0.0 => {
            grouped(value as u64)
        }
        _ => format!("{value:.decimals$}"),
    }
}

/// Seconds in the largest fitting unit.
pub fn duration_text(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 90.0 * 60.0 => format!("{:.0} min", s / 60.0),
        s if s < 36.0 * 3600.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} days", s / 86_400.0),
    }
}

/// How chances came true, as a table: what was said, what came, its interval.
pub fn write_reliability(
    out: &mut dyn std::io::Write,
    of: &str,
    found: &engine::conversations::listening::reliability::Reliability,
) -> std::io::Result<()> {
    let measured = |measured: Option<engine::conversations::listening::reliability::Measured>, decimals: usize| {
        measured.map_or_else(
            || "not known".to_owned(),
            |one| format!("{:.decimals$} ({:.decimals$}-{:.decimals$})", one.value, one.lo, one.hi),
        )
    };
    writeln!(
        out,
        "\nchances for {of}: {} pairs, {} buyers, {} creators\n  off by {} on average; talks expected {:.0}, came {:.0}, ratio {}",
        grouped(found.pairs),
        grouped(found.buyers),
        grouped(found.creators),
        measured(found.calibration_error, 4),
        found.expected,
        found.came,
        measured(found.expected_over_came, 2)
    )?;
    writeln!(out, "  {:>13} {:>10} {:>9} {:>9} {:>16}", "said", "pairs", "mean", "came", "90 % interval")?;
    for bin in &found.bins {
        let percent =
            |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", 100.0 * share));
        let range = match (bin.lo, bin.hi) {
            (Some(lo), Some(hi)) => format!("{:.1}-{:.1} %", 100.0 * lo, 100.0 * hi),
            _ => "-".to_owned(),
        };
        let said = format!("{}-{} %", 100.0 * bin.from, 100.0 * bin.to);
        writeln!(
            out,
            "  {said:>13} {:>10} {:>9} {:>9} {range:>16}",
            grouped(bin.pairs),
            percent(bin.said),
            percent(bin.came)
        )?;
    }
    Ok(())
}

/// An estimate in one line: `3.1 % (2.4-4.0), n = 28 posts`.
pub fn estimate_text(estimate: &Estimate) -> String {
    let Some(value) = estimate.value else {
        let reason = estimate.not_known.as_deref().unwrap_or("no data");
        return format!("not known ({reason})");
    };
    let n = format!("n = {} {}", grouped(estimate.n), estimate.n_of);
    match (estimate.lo, estimate.hi) {
        (Some(lo), Some(hi)) if hi > lo => {
            let half = (hi - lo) / 2.0;
            let text = |value| value_text(value, half, estimate.unit);
            let (lo, hi) = (text(lo), text(hi));
            format!("{} ({}-{}), {n}", text(value), lo.trim_end_matches(" %"), hi.trim_end_matches(" %"))
        }
        _ => format!("{}, {n}", value_text(value, 0.0, estimate.unit)),
    }
}

/// An explanation as an indented tree.
pub fn write_explanation(out: &mut dyn Write, node: &Explanation, depth: usize) -> std::io::Result<()> {
    let indent = "  ".repeat(depth);
    let value = node.value.map_or("not known".to_owned(), |value| value_text(value, value.abs() / 20.0, node.unit));
    writeln!(out, "{indent}{value}  {}", node.words)?;
    if let Some(formula) = &node.formula {
        writeln!(out, "{indent}   = {formula}")?;
    }
    if let Some(rows) = &node.rows {
        writeln!(out, "{indent}   from {} {}", grouped(rows.count), rows.what)?;
    }
    node.parts.iter().try_for_each(|part| write_explanation(out, part, depth + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_says_reaches_whoever_asked_by_the_api_and_nobody_else() {
        let steps = Arc::new(Mutex::new(vec![]));
        let noted = steps.clone();
        let said = Said::followed_by(
            Arc::default(),
            Arc::new(move |step| noted.lock().expect("not poisoned").push(step.to_owned())),
        );
        Output::to(&said).note("reading");
        Output::to(&said).result(&vec![1, 2], |_| panic!("a program is told no words")).expect("is kept");
        assert_eq!(said.answer(), Answer { bytes: b"[1,2]".to_vec(), media_type: None });
        assert_eq!(*steps.lock().expect("not poisoned"), ["reading"]);
        let said = Said::default();
        Output::to(&said).bytes("text/csv; charset=utf-8", b"name").expect("is kept");
        assert_eq!(said.answer(), Answer { bytes: b"name".to_vec(), media_type: Some("text/csv; charset=utf-8") });
    }

    #[test]
    fn rounding_follows_the_interval() {
        assert_eq!(value_text(0.031_42, 0.03, Unit::Percent), "3.1 %");
        assert_eq!(value_text(12.345, 3.0, Unit::People), "12.3");
        assert_eq!(value_text(1234.0, 0.0, Unit::Items), "1,234");
        assert_eq!(duration_text(7200.0), "2.0 h");
    }
}
