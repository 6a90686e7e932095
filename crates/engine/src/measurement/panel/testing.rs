//! What the tests read: the open panels, where they are there.

/// Series by name, in the order of the file.
pub(super) struct Series {
    pub(super) names: Vec<String>,
    pub(super) values: Vec<Vec<f64>>,
}

impl Series {
    pub(super) fn of(&self, name: &str) -> &[f64] {
        let place = self.names.iter().position(|known| known == name).expect("a series of the file");
        &self.values[place]
    }

    /// All but the named ones, cut after so many periods.
    pub(super) fn others<'a>(&'a self, without: &[&str], periods: usize) -> Vec<super::Donor<'a>> {
        let all = self.names.iter().zip(&self.values).filter(|(name, _)| !without.contains(&name.as_str()));
        all.map(|(name, values)| super::Donor::new(name, &values[..periods])).collect()
    }
}

/// A file of the folder `BELLWETHER_TEST_DATA` names; says by the test's name that it is skipped where it is not there.
#[expect(clippy::disallowed_methods, reason = "a test may read the open test data; the engine itself reads no file")]
pub(crate) fn open_data(test: &str, name: &str) -> Option<String> {
    let beside = || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("BELLWETHER_TEST_DATA").map_or_else(beside, std::path::PathBuf::from);
    let path = folder.join("measurement").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("skipped: {test} because {} is not there", path.display());
    }
    text
}

/// `location,Y,date` in rows, by date.
pub(super) fn long_panel(text: &str) -> Series {
    let mut rows: Vec<(&str, &str, f64)> = text
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').map(|cell| cell.trim_matches('"')).collect();
            (cells[0], cells[2], cells[1].parse().expect("a number"))
        })
        .collect();
    let mut names: Vec<String> = vec![];
    for (name, ..) in &rows {
        if !names.iter().any(|known| known == name) {
            names.push((*name).to_owned());
        }
    }
    rows.sort_by(|left, right| left.1.cmp(right.1));
    let of = |name: &String| rows.iter().filter(|row| row.0 == name).map(|row| row.2).collect();
    let values = names.iter().map(of).collect();
    Series { names, values }
}

/// A column a series, the first one the period.
pub(super) fn wide_panel(text: &str) -> Series {
    let mut lines = text.lines();
    let names: Vec<String> = lines.next().expect("a heading").split(',').skip(1).map(str::to_owned).collect();
    let mut values = vec![vec![]; names.len()];
    for line in lines {
        for (series, cell) in values.iter_mut().zip(line.split(',').skip(1)) {
            series.push(cell.parse().expect("a number"));
        }
    }
    Series { names, values }
}
