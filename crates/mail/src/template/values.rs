//! The values of one recipient as a template sees them: each knows its dotted name, and what is missing or blank is noted
//! down when it would be written into the mail.
//!
//! A missing value is a value of its own rather than MiniJinja's "undefined", because that one does not know its name: it
//! is false in an `if`, has no length, gives way to `default(…)`, and passes through other filters unchanged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, Rest, Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, filters};

use super::allowed::{RANGE_MAX, range_count};

/// Notes down what is missing while a mail is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Tracker(Arc<Mutex<Notes>>);

#[derive(Debug, Default)]
struct Notes {
    missing: BTreeSet<String>,
    /// Looked up last and missing, as long as nothing in the template settled what happens then.
    last: Option<String>,
}

impl Tracker {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names of values that the mail could not do without, sorted.
    pub(super) fn missing(&self) -> Vec<String> {
        self.notes().missing.iter().cloned().collect()
    }

    /// Filling stopped: a missing value that was looked up right before is the reason.
    pub(super) fn blame_last(&self) {
        let mut notes = self.notes();
        if let Some(name) = notes.last.take() {
            notes.missing.insert(name);
        }
    }

    /// The template said itself what happens without the value.
    fn settle(&self) {
        self.notes().last = None;
    }

    fn look_up(&self, name: &str) {
        self.notes().last = Some(name.to_owned());
    }

    fn need(&self, name: &str) {
        self.notes().missing.insert(name.to_owned());
    }
}

/// The values of a recipient, given as an object; anything else has no values.
pub(super) fn root(values: &serde_json::Value, tracker: &Tracker) -> Value {
    let held = values.as_object().map(|fields| wrapped_fields(fields, "", tracker)).unwrap_or_default();
    Value::from_object(Group { name: String::new(), held, tracker: tracker.clone() })
}

fn wrapped_fields(
    fields: &serde_json::Map<String, serde_json::Value>,
    name: &str,
    tracker: &Tracker,
) -> BTreeMap<String, Value> {
    fields.iter().map(|(key, value)| (key.clone(), wrapped(value, &dotted(name, key), tracker))).collect()
}

/// A value under its dotted name. Blank ones are left out of it here already: they count as missing.
fn wrapped(value: &serde_json::Value, name: &str, tracker: &Tracker) -> Value {
    let missing = || Value::from_object(Missing { name: name.to_owned(), tracker: tracker.clone() });
    match value {
        serde_json::Value::Null => missing(),
        serde_json::Value::String(text) if text.trim().is_empty() => missing(),
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Bool(is) => Value::from(*is),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(number)) => Value::from(number),
            (None, None) => Value::from(number.to_string()),
        },
        serde_json::Value::Array(items) if items.is_empty() => missing(),
        serde_json::Value::Array(items) => {
            let items = items.iter().enumerate();
            let items = items.map(|(at, item)| wrapped(item, &dotted(name, &at.to_string()), tracker)).collect();
            Value::from_object(Listed { name: name.to_owned(), items, tracker: tracker.clone() })
        }
        serde_json::Value::Object(fields) => {
            let held = wrapped_fields(fields, name, tracker);
            Value::from_object(Group { name: name.to_owned(), held, tracker: tracker.clone() })
        }
    }
}

fn dotted(name: &str, key: &str) -> String {
    if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") }
}

/// A value that is missing or blank.
#[derive(Debug)]
struct Missing {
    name: String,
    tracker: Tracker,
}

impl Object for Missing {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = dotted(&self.name, &key.to_string());
        self.tracker.look_up(&name);
        Some(Value::from_object(Missing { name, tracker: self.tracker.clone() }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.tracker.need(&self.name);
        Enumerator::Empty
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(0)
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.tracker.settle();
        false
    }

    fn render(self: &Arc<Self>, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tracker.need(&self.name);
        Ok(())
    }
}

/// Values under names.
#[derive(Debug)]
struct Group {
    name: String,
    held: BTreeMap<String, Value>,
    tracker: Tracker,
}

impl Object for Group {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.to_string();
        let found = self.held.get(&key).cloned();
        if found.as_ref().is_some_and(|found| !is_missing(found)) {
            return found;
        }
        // The one function is found where no value has its name.
        if found.is_none() && self.name.is_empty() && key == "range" {
            return None;
        }
        let name = dotted(&self.name, &key);
        self.tracker.look_up(&name);
        Some(Value::from_object(Missing { name, tracker: self.tracker.clone() }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.held.keys().map(|key| Value::from(key.as_str())).collect())
    }
}

/// Values in a row.
#[derive(Debug)]
struct Listed {
    name: String,
    items: Vec<Value>,
    tracker: Tracker,
}

impl Object for Listed {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        if let Some(item) = key.as_usize().and_then(|at| self.items.get(at)) {
            return Some(item.clone());
        }
        let name = dotted(&self.name, &key.to_string());
        self.tracker.look_up(&name);
        Some(Value::from_object(Missing { name, tracker: self.tracker.clone() }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.items.len())
    }
}

fn is_missing(value: &Value) -> bool {
    value.is_undefined() || value.is_none() || value.downcast_object_ref::<Missing>().is_some()
}

fn is_blank(value: &Value) -> bool {
    is_missing(value) || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Adds the filters, tests and the function of `allowed`, and what writes a value into the mail.
pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_filter("default", or_else);
    environment.add_filter("d", or_else);
    environment.add_filter("upper", |value: &Value| with_text(value, |text| text.to_uppercase()));
    environment.add_filter("lower", |value: &Value| with_text(value, |text| text.to_lowercase()));
    environment.add_filter("trim", |value: &Value| with_text(value, |text| text.trim().to_owned()));
    environment.add_filter("capitalize", |value: &Value| with_text(value, capitalized));
    environment.add_filter("title", |value: &Value| with_text(value, |text| filters::title(text.into())));
    environment.add_filter("round", round);
    environment.add_filter("length", length);
    environment.add_filter("first", |value: &Value| at_end(value, true));
    environment.add_filter("last", |value: &Value| at_end(value, false));
    environment.add_filter("join", join);
    environment.add_test("defined", |value: &Value| !is_missing(value));
    environment.add_test("undefined", is_missing_test);
    environment.add_test("none", is_missing_test);
    environment.add_function("range", range);
    environment.set_formatter(|out, _, value| {
        if value.downcast_object_ref::<Missing>().is_some() {
            // Its `render` notes it down.
            let _ = value.to_string();
            return Ok(());
        }
        match value.kind() {
            ValueKind::String | ValueKind::Number | ValueKind::Bool => {
                out.write_str(&value.to_string()).map_err(Error::from)
            }
            _ => {
                Err(wrong("a list or a group of values stands where a word should; name one of them, or join the list"))
            }
        }
    });
}

fn wrong(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, what)
}

fn is_missing_test(value: &Value) -> bool {
    is_missing(value)
}

/// What stands there when the value is missing or blank; nothing where nothing is said.
fn or_else(value: &Value, instead: Rest<Value>) -> Value {
    if let Some(missing) = value.downcast_object_ref::<Missing>() {
        missing.tracker.settle();
    }
    match is_blank(value) {
        true => instead.first().cloned().unwrap_or_else(|| Value::from("")),
        false => value.clone(),
    }
}

fn with_text(value: &Value, change: impl Fn(&str) -> String) -> Result<Value, Error> {
    if is_missing(value) {
        return Ok(value.clone());
    }
    match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool => Ok(Value::from(change(&value.to_string()))),
        _ => Err(wrong("a list or a group of values stands where a word should")),
    }
}

fn capitalized(text: &str) -> String {
    let mut signs = text.chars();
    match signs.next() {
        Some(first) => first.to_uppercase().chain(signs.as_str().to_lowercase().chars()).collect(),
        None => String::new(),
    }
}

/// Rounded to `places` after the point, and with none as a whole number: `12` rather than `12.0`.
fn round(value: &Value, places: Option<i32>) -> Result<Value, Error> {
    if is_missing(value) {
        return Ok(value.clone());
    }
    let number = f64::try_from(value.clone()).map_err(|_| wrong("only a number can be rounded"))?;
    match places.unwrap_or(0).clamp(0, 9) {
        0 if number.abs() < 9e15 => Ok(Value::from(number.round() as i64)),
        places => Ok(Value::from((number * 10f64.powi(places)).round() / 10f64.powi(places))),
    }
}

fn length(value: &Value) -> Result<usize, Error> {
    if is_missing(value) {
        return Ok(0);
    }
    value.len().ok_or_else(|| wrong("only words and lists have a length"))
}

fn at_end(value: &Value, is_first: bool) -> Result<Value, Error> {
    if is_missing(value) {
        return Ok(value.clone());
    }
    let Some(count @ 1..) = value.len().filter(|_| value.kind() == ValueKind::Seq) else {
        return Err(wrong("only a list has a first and a last"));
    };
    value.get_item_by_index(if is_first { 0 } else { count - 1 })
}

fn join(value: &Value, between: Option<String>) -> Result<Value, Error> {
    if is_missing(value) {
        return Ok(value.clone());
    }
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Err(wrong("only a list can be joined"));
    }
    let words: Vec<String> = value.try_iter()?.map(|item| item.to_string()).collect();
    Ok(Value::from(words.join(&between.unwrap_or_default())))
}

/// Numbers from `lower` (0 where one bound is given) to before `upper`.
fn range(first: i64, second: Option<i64>, step: Option<i64>) -> Result<Value, Error> {
    let (lower, upper) = second.map_or((0, first), |upper| (first, upper));
    let step = step.unwrap_or(1);
    match range_count(lower, upper, step) {
        None => Err(wrong("a range cannot have steps of 0")),
        Some(count) if count > RANGE_MAX => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("a range of {count} numbers; {RANGE_MAX} are the most"),
        )),
        Some(count) => Ok((0..count as i64).map(|at| lower + at * step).collect()),
    }
}
