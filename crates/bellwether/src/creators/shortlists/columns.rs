//! The columns people make for one list: adding, naming, moving, removing.

use store::ShortlistColumn;

use super::changes::{Done, remember_column};
use super::one_line;
use crate::creators::CreatorsError;
use crate::data_directory::DataDirectory;

/// Columns a list may have.
pub const COLUMNS_MAX: usize = 12;
const NAME_LETTERS_MAX: usize = 60;

/// The column that is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WhichColumn {
    /// By its number.
    Held(i64),
    /// By its name in any case; made where there is none.
    Named(String),
}

/// Which way a column goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    Left,
    Right,
}

/// The column of this name, in whatever case.
pub fn named<'a>(columns: &'a [ShortlistColumn], name: &str) -> Option<&'a ShortlistColumn> {
    let wanted = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    columns.iter().find(|column| column.name.to_lowercase() == wanted)
}

fn no_column(name: &str) -> CreatorsError {
    CreatorsError::ListChange(format!("this shortlist has no column {name:?}\nhint: add it first"))
}

fn usable_name(text: &str) -> Result<String, CreatorsError> {
    match one_line("the column’s name", text, NAME_LETTERS_MAX)? {
        name if name.is_empty() => {
            Err(CreatorsError::ListChange("a column needs a name\nhint: say what stands in it".to_owned()))
        }
        name => Ok(name),
    }
}

/// Adds a column at the end.
pub async fn add(data: &DataDirectory, list: i64, name: &str) -> Result<ShortlistColumn, CreatorsError> {
    let name = usable_name(name)?;
    let held = data.store.shortlist_columns(list).await?;
    if let Some(held) = named(&held, &name) {
        return Err(taken(&held.name));
    }
    if held.len() >= COLUMNS_MAX {
        return Err(CreatorsError::ListChange(format!(
            "a shortlist has {COLUMNS_MAX} columns at most\nhint: remove one first"
        )));
    }
    let id = data.store.add_shortlist_column(list, &name).await?;
    Ok(ShortlistColumn { id, name })
}

fn taken(name: &str) -> CreatorsError {
    CreatorsError::ListChange(format!("there is a column {name:?} already\nhint: choose another name"))
}

/// The column that is to be filled, made where it is named and not there.
pub async fn column_to_fill(
    data: &DataDirectory,
    list: i64,
    which: WhichColumn,
) -> Result<ShortlistColumn, CreatorsError> {
    let held = data.store.shortlist_columns(list).await?;
    match which {
        WhichColumn::Held(id) => {
            held.into_iter().find(|column| column.id == id).ok_or_else(|| no_column(&id.to_string()))
        }
        WhichColumn::Named(name) => match named(&held, &name) {
            Some(column) => Ok(column.clone()),
            None => add(data, list, &name).await,
        },
    }
}

/// Gives a column another name.
pub async fn rename(data: &DataDirectory, list: i64, column: i64, name: &str) -> Result<String, CreatorsError> {
    let name = usable_name(name)?;
    let held = data.store.shortlist_columns(list).await?;
    if !held.iter().any(|held| held.id == column) {
        return Err(no_column(&column.to_string()));
    }
    if let Some(other) = named(&held, &name).filter(|other| other.id != column) {
        return Err(taken(&other.name));
    }
    data.store.rename_shortlist_column(column, &name).await?;
    Ok(name)
}

/// Moves a column one place.
pub async fn shift(data: &DataDirectory, list: i64, column: i64, way: Way) -> Result<(), CreatorsError> {
    let held = data.store.shortlist_columns(list).await?;
    let mut order: Vec<i64> = held.iter().map(|column| column.id).collect();
    let place = order.iter().position(|id| *id == column).ok_or_else(|| no_column(&column.to_string()))?;
    let to = match way {
        Way::Left => place.checked_sub(1),
        Way::Right => Some(place + 1).filter(|to| *to < order.len()),
    };
    if let Some(to) = to {
        order.swap(place, to);
        data.store.order_shortlist_columns(&order).await?;
    }
    Ok(())
}

/// Removes a column with everything in it; it can be taken back.
pub async fn remove(data: &DataDirectory, list: i64, column: i64) -> Result<Done, CreatorsError> {
    let held = data.store.shortlist_columns(list).await?;
    let place = held.iter().position(|held| held.id == column).ok_or_else(|| no_column(&column.to_string()))?;
    // Places begin at 1 and have no gaps once they are given anew.
    let order: Vec<i64> = held.iter().map(|column| column.id).collect();
    data.store.order_shortlist_columns(&order).await?;
    let values = data.store.remove_shortlist_column(column).await?;
    Ok(remember_column(data, list, (held[place].clone(), place as i64 + 1), values).await)
}
