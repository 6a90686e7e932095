//! What the model sees of a price: the columns of its line on the log scale, and the small matrices it is solved with.

use model::Platform;

use super::prior::{BASE_FOLLOWERS, PricePrior, format_factor, platform_factor};
use super::{PostFormat, PriceKind};

pub(super) const BASE: usize = 0;
pub(super) const POWER: usize = 1;
pub(super) const POWER_SMALL: usize = 2;
pub(super) const POWER_LARGE: usize = 3;
const RATE_CARD: usize = 4;
const QUOTE: usize = 5;
const PLATFORM: usize = 6;
const FORMAT: usize = PLATFORM + Platform::ALL.len();
/// How many columns the line has.
pub(super) const COLUMNS: usize = FORMAT + PostFormat::ALL.len();

pub(super) type Columns = [f64; COLUMNS];
pub(super) type Matrix = [Columns; COLUMNS];

/// Follower counts are taken as at least this many; below it size says nothing of price.
const FOLLOWERS_MIN: u64 = 100;
const SMALL_TO: f64 = 10_000.0;
const LARGE_FROM: f64 = 100_000.0;

/// The columns of one price; without followers the size columns are 0, as at [`BASE_FOLLOWERS`].
pub(super) fn columns(platform: Platform, followers: Option<u64>, format: PostFormat, kind: PriceKind) -> Columns {
    let mut columns = [0.0; COLUMNS];
    columns[BASE] = 1.0;
    if let Some(followers) = followers {
        let size = (followers.max(FOLLOWERS_MIN) as f64).ln();
        columns[POWER] = size - BASE_FOLLOWERS.ln();
        columns[POWER_SMALL] = (size - SMALL_TO.ln()).min(0.0);
        columns[POWER_LARGE] = (size - LARGE_FROM.ln()).max(0.0);
    }
    if let Some(column) = kind_column(kind) {
        columns[column] = 1.0;
    }
    columns[platform_column(platform)] = 1.0;
    columns[format_column(format)] = 1.0;
    columns
}

pub(super) fn platform_column(platform: Platform) -> usize {
    PLATFORM
        + Platform::ALL.into_iter().position(|known| known == platform).expect("every platform is in Platform::ALL")
}

pub(super) fn format_column(format: PostFormat) -> usize {
    FORMAT + format.place()
}

/// `None` for deals, which the others are measured against.
pub(super) fn kind_column(kind: PriceKind) -> Option<usize> {
    match kind {
        PriceKind::RateCard => Some(RATE_CARD),
        PriceKind::Quote => Some(QUOTE),
        PriceKind::Deal => None,
    }
}

/// What each column is taken to add before any price is known, the base left at 0.
pub(super) fn prior_means(prior: &PricePrior) -> Columns {
    let mut means = [0.0; COLUMNS];
    means[POWER] = prior.followers_power;
    means[RATE_CARD] = prior.asked_over_agreed.ln();
    means[QUOTE] = prior.asked_over_agreed.ln();
    for platform in Platform::ALL {
        means[platform_column(platform)] = platform_factor(platform).factor.ln();
    }
    for format in PostFormat::ALL {
        means[format_column(format)] = format_factor(format).factor.ln();
    }
    means
}

/// Prior standard deviations in units of the noise: `width` for what the prior's table gives, `group` for each platform
/// and format against its published factor.
pub(super) fn prior_sds(prior: &PricePrior, base_log_sd: f64, width: f64, group: f64) -> Columns {
    let mut sds = [0.0; COLUMNS];
    sds[BASE] = width * base_log_sd;
    sds[POWER] = width * prior.followers_power_sd;
    sds[POWER_SMALL] = width * prior.tier_power_sd;
    sds[POWER_LARGE] = width * prior.tier_power_sd;
    sds[RATE_CARD] = width * prior.asked_log_sd;
    sds[QUOTE] = width * prior.asked_log_sd;
    for platform in Platform::ALL {
        sds[platform_column(platform)] = group * platform_factor(platform).doubt;
    }
    for format in PostFormat::ALL {
        sds[format_column(format)] = group * format_factor(format).doubt;
    }
    sds
}

pub(super) fn dot(a: &Columns, b: &Columns) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Which columns are not 0: few of them are.
pub(super) fn places(columns: &Columns) -> Vec<usize> {
    (0..COLUMNS).filter(|&column| columns[column] != 0.0).collect()
}

/// `matrix += weight * columns columns'`.
pub(super) fn add_square(matrix: &mut Matrix, columns: &Columns, weight: f64) {
    let places = places(columns);
    for &row in &places {
        for &column in &places {
            matrix[row][column] += weight * columns[row] * columns[column];
        }
    }
}

/// `columns' matrix columns`, over these places alone.
pub(super) fn square_form(matrix: &Matrix, columns: &Columns, places: &[usize]) -> f64 {
    let row = |row: usize| places.iter().map(|&column| matrix[row][column] * columns[column]).sum::<f64>();
    places.iter().map(|&at| columns[at] * row(at)).sum()
}

/// A symmetric positive matrix turned round, and the logarithm of its determinant.
pub(super) struct Inverse {
    pub(super) matrix: Box<Matrix>,
    pub(super) log_determinant: f64,
}

/// Turns a symmetric positive matrix round by its Cholesky root (Golub & Van Loan 2013, 4.2). Cost: O(columns^3).
pub(super) fn inverse(matrix: &Matrix) -> Inverse {
    let mut root = *matrix;
    let mut log_determinant = 0.0;
    for row in 0..COLUMNS {
        for column in 0..=row {
            let so_far: f64 = (0..column).map(|k| root[row][k] * root[column][k]).sum();
            let left = root[row][column] - so_far;
            root[row][column] =
                if row == column { left.max(f64::MIN_POSITIVE).sqrt() } else { left / root[column][column] };
        }
        log_determinant += 2.0 * root[row][row].ln();
    }
    // The root turned round, row by row, then its square.
    let mut turned = [[0.0; COLUMNS]; COLUMNS];
    for row in 0..COLUMNS {
        let mut of_row = [0.0; COLUMNS];
        of_row[row] = 1.0 / root[row][row];
        for (column, value) in of_row.iter_mut().enumerate().take(row) {
            let sum: f64 = (column..row).map(|k| root[row][k] * turned[k][column]).sum();
            *value = -sum / root[row][row];
        }
        turned[row] = of_row;
    }
    let mut inverse = Box::new([[0.0; COLUMNS]; COLUMNS]);
    for row in 0..COLUMNS {
        for column in 0..=row {
            let value: f64 = (row..COLUMNS).map(|k| turned[k][row] * turned[k][column]).sum();
            inverse[row][column] = value;
            inverse[column][row] = value;
        }
    }
    Inverse { matrix: inverse, log_determinant }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Sequence;

    #[test]
    fn a_matrix_times_its_inverse_is_one() {
        let mut draw = Sequence::new(4, 4);
        let mut matrix = [[0.0; COLUMNS]; COLUMNS];
        for (place, row) in matrix.iter_mut().enumerate() {
            row[place] = 0.5;
        }
        for _ in 0..40 {
            let mut row = [0.0; COLUMNS];
            row.iter_mut().for_each(|value| *value = draw.normal());
            add_square(&mut matrix, &row, 1.0);
        }
        let found = inverse(&matrix);
        for (row, values) in matrix.iter().enumerate() {
            for column in 0..COLUMNS {
                let product: f64 = (0..COLUMNS).map(|k| values[k] * found.matrix[k][column]).sum();
                assert!((product - f64::from(u8::from(row == column))).abs() < 1e-9, "{row} {column}: {product}");
            }
        }
        let twice = matrix.map(|row| row.map(|value| 2.0 * value));
        let more = inverse(&twice).log_determinant - found.log_determinant;
        assert!((more - COLUMNS as f64 * 2.0_f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn every_platform_format_and_kind_has_a_column_of_its_own() {
        for platform in Platform::ALL {
            for format in PostFormat::ALL {
                for kind in PriceKind::ALL {
                    let row = columns(platform, None, format, kind);
                    let ones = 3 + usize::from(kind != PriceKind::Deal);
                    assert_eq!(places(&row).len(), ones, "{platform:?} {format:?} {kind:?}");
                }
            }
        }
    }
}
