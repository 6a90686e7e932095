//! Mail templates: a subject and a body with places for what differs from creator to creator, such as
//! `Hi {{ creator.first_name }},`.
//!
//! A mail that says "Hi ," is worse than none. So a place whose value is missing or blank refuses that recipient with the
//! value's name, unless the template says what to do then: `{{ creator.first_name|default("there") }}`, or an
//! `{% if creator.first_name %}` around it. Everything comes out as plain text, the subject in one line.
//!
//! Templates are written in MiniJinja with a short list of what is allowed (`allowed`): what remains cannot run long or
//! grow large, so that no step counting is needed. A list in a template goes over at most 100 numbers or the values given,
//! two deep.

use std::collections::BTreeSet;
use std::io::{self, Write};

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};

mod allowed;
mod values;

use values::Tracker;

/// Letters of a subject's and of a body's source, in bytes.
const SUBJECT_BYTES_MAX: usize = 2_000;
const BODY_BYTES_MAX: usize = 100_000;
/// What one mail may grow to, in bytes.
const FILLED_BYTES_MAX: usize = 200_000;

/// The two parts of a template.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Part {
    Subject,
    Body,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Part::Subject => "subject",
            Part::Body => "body",
        }
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a template is not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line} of the {part}: {what}")]
pub struct TemplateProblem {
    pub part: Part,
    /// From 1.
    pub line: usize,
    pub what: String,
}

/// Why a template gives no mail for a recipient.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FillProblem {
    /// Dotted names, each once, sorted.
    #[error("no value for {}; fill it in, or say in the template what stands there instead: {{{{ {}|default(\"…\") }}}}",
        .0.join(", "), .0.first().map_or("name", String::as_str))]
    Missing(Vec<String>),
    #[error("the subject is blank; write what the mail is about")]
    BlankSubject,
    #[error("the body is blank; write what the mail says")]
    BlankBody,
    #[error("the {0} grows beyond {FILLED_BYTES_MAX} bytes; shorten the template or the values")]
    TooLong(Part),
    #[error("line {line} of the {part}: {what}")]
    CannotFill { part: Part, line: usize, what: String },
}

/// A mail as it will be sent.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Filled {
    /// One line, not blank.
    pub subject: String,
    pub body: String,
}

/// A template that was read and found fit to be filled.
#[derive(Clone, Debug)]
pub struct Template {
    environment: Environment<'static>,
    variables: BTreeSet<String>,
}

impl Template {
    /// Reads a template. Refused are mistakes in writing, filters and tests that are not on the list, and whatever could
    /// reach other templates, run long or grow large. Costs a pass over the source.
    pub fn parse(subject: &str, body: &str) -> Result<Template, TemplateProblem> {
        let mut environment = environment();
        let mut variables = BTreeSet::new();
        for (part, source, max) in [(Part::Subject, subject, SUBJECT_BYTES_MAX), (Part::Body, body, BODY_BYTES_MAX)] {
            if source.len() > max {
                let what = format!("it has {} bytes; {max} are the most", source.len());
                return Err(TemplateProblem { part, line: 1, what });
            }
            allowed::check(source).map_err(|refused| TemplateProblem {
                part,
                line: refused.line,
                what: refused.what,
            })?;
            environment.add_template_owned(part.name(), source.to_owned()).map_err(|error| misspelt(part, &error))?;
            let template = environment.get_template(part.name()).map_err(|error| misspelt(part, &error))?;
            variables.extend(template.undeclared_variables(true).into_iter().filter(|name| name != "range"));
        }
        Ok(Template { environment, variables })
    }

    /// The values that the template may ask for, dotted as `creator.first_name`, also those that it can do without.
    pub fn variables(&self) -> &BTreeSet<String> {
        &self.variables
    }

    /// Fills the places with `values`, an object of objects. What is `null`, blank or an empty list counts as missing; all
    /// missing names of subject and body are told at once. Costs a pass over template and values.
    pub fn fill(&self, values: &serde_json::Value) -> Result<Filled, FillProblem> {
        let tracker = Tracker::default();
        let subject = self.render(Part::Subject, values, &tracker);
        let body = self.render(Part::Body, values, &tracker);
        let missing = tracker.missing();
        if !missing.is_empty() {
            return Err(FillProblem::Missing(missing));
        }
        let subject = one_line(&subject?);
        let body = body?;
        if subject.is_empty() {
            return Err(FillProblem::BlankSubject);
        }
        if body.trim().is_empty() {
            return Err(FillProblem::BlankBody);
        }
        Ok(Filled { subject, body })
    }

    fn render(&self, part: Part, values: &serde_json::Value, tracker: &Tracker) -> Result<String, FillProblem> {
        let cannot = |error: &Error| cannot_fill(part, error);
        let template = self.environment.get_template(part.name()).map_err(|error| cannot(&error))?;
        let mut written = Bounded { bytes: vec![], is_over: false };
        let outcome = template.render_captured_to(values::root(values, tracker), &mut written).map(|_| ());
        match outcome {
            Ok(()) => Ok(String::from_utf8_lossy(&written.bytes).into_owned()),
            Err(_) if written.is_over => Err(FillProblem::TooLong(part)),
            Err(error) => {
                // What was looked up last is what could not be worked with, such as the missing number of a sum.
                tracker.blame_last();
                Err(cannot(&error))
            }
        }
    }
}

/// Where the mail is written to, up to a length.
struct Bounded {
    bytes: Vec<u8>,
    is_over: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > FILLED_BYTES_MAX {
            self.is_over = true;
            return Err(io::Error::other("too long"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Strict, plain text, with the filters, tests and the one function on the list alone. Lines that hold nothing but an
/// instruction leave no empty line.
fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    if let Ok(syntax) =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()
    {
        environment.set_syntax(syntax);
    }
    environment.set_recursion_limit(50);
    values::add_to(&mut environment);
    environment
}

fn misspelt(part: Part, error: &Error) -> TemplateProblem {
    TemplateProblem { part, line: error.line().unwrap_or(1), what: said(error) }
}

fn cannot_fill(part: Part, error: &Error) -> FillProblem {
    FillProblem::CannotFill { part, line: error.line().unwrap_or(1), what: said(error) }
}

fn said(error: &Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::SyntaxError, Some(detail)) => format!("cannot be read: {detail}"),
        (_, Some(detail)) => detail.to_owned(),
        (kind, None) => kind.to_string(),
    }
}

/// A subject is a header: a line end in a value would begin another one.
fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
