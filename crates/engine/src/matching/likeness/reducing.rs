//! A large sparse table of words by words, reduced to a few dozen numbers a word.
//!
//! Everything is added in a fixed order, whatever the number of threads: a row belongs to one thread, and sums over rows
//! are made of blocks of a fixed size, added one after the other.

use rayon::prelude::*;

use crate::random::Sequence;

/// Rows added by one thread at a time.
const BLOCK: usize = 1024;
/// The stream of chance that begins the reduction.
const STREAM: u64 = 0x7376;
/// Directions below this part of the largest are no directions but rounding.
const RANK_TOLERANCE: f64 = 1e-10;

/// A sparse square table, row after row.
#[derive(Clone, Debug, Default)]
pub(super) struct Sparse {
    pub(super) begins: Vec<usize>,
    pub(super) columns: Vec<u32>,
    pub(super) values: Vec<f32>,
}

/// Rows of `width` numbers.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    pub(super) width: usize,
    pub(super) values: Vec<f32>,
}

impl Sparse {
    /// The table times `right`. Cost `O(entries * width)`.
    fn times(&self, right: &Dense) -> Dense {
        let width = right.width;
        let mut values = vec![0.0f32; (self.begins.len() - 1) * width];
        values.par_chunks_mut(width).enumerate().for_each(|(row, sums)| {
            for entry in self.begins[row]..self.begins[row + 1] {
                let value = self.values[entry];
                let other = &right.values[self.columns[entry] as usize * width..][..width];
                sums.iter_mut().zip(other).for_each(|(sum, other)| *sum += value * other);
            }
        });
        Dense { width, values }
    }
}

impl Dense {
    /// The products of columns with each other, `width * width`.
    pub(super) fn gram(&self) -> Vec<f64> {
        let width = self.width;
        let of_block = |rows: &[f32]| {
            let mut sums = vec![0.0f64; width * width];
            for row in rows.chunks_exact(width) {
                for (left, sums) in row.iter().zip(sums.chunks_exact_mut(width)) {
                    let left = f64::from(*left);
                    sums.iter_mut().zip(row).for_each(|(sum, right)| *sum += left * f64::from(*right));
                }
            }
            sums
        };
        let blocks: Vec<Vec<f64>> = self.values.par_chunks(BLOCK * width).map(of_block).collect();
        let mut sums = vec![0.0; width * width];
        for block in blocks {
            sums.iter_mut().zip(block).for_each(|(sum, part)| *sum += part);
        }
        sums
    }

    /// Every row times a small square table.
    fn times_small(&self, small: &[f64], columns: usize) -> Dense {
        let width = self.width;
        let mut values = vec![0.0f32; self.values.len() / width * columns];
        values.par_chunks_mut(columns).zip(self.values.par_chunks(width)).for_each(|(made, row)| {
            for (column, made) in made.iter_mut().enumerate() {
                let products =
                    row.iter().enumerate().map(|(place, value)| f64::from(*value) * small[place * columns + column]);
                *made = products.sum::<f64>() as f32;
            }
        });
        Dense { width: columns, values }
    }

    /// The same directions at right angles and of length 1: Gram-Schmidt, all rows at once by the Cholesky factor of the
    /// columns' products. A direction that the ones before it already hold becomes 0.
    fn orthonormal(&self) -> Dense {
        let width = self.width;
        let gram = self.gram();
        let largest = (0..width).map(|place| gram[place * width + place]).fold(0.0, f64::max);
        let mut lower = vec![0.0; width * width];
        for i in 0..width {
            for j in 0..=i {
                let known: f64 = (0..j).map(|k| lower[i * width + k] * lower[j * width + k]).sum();
                let left = gram[i * width + j] - known;
                lower[i * width + j] = match (i == j, lower[j * width + j]) {
                    (true, _) if left <= RANK_TOLERANCE * largest => 0.0,
                    (true, _) => left.sqrt(),
                    (false, 0.0) => 0.0,
                    (false, pivot) => left / pivot,
                };
            }
        }
        // The inverse of the transposed factor, column by column; a direction without pivot stays 0.
        let mut inverse = vec![0.0; width * width];
        for column in 0..width {
            if lower[column * width + column] == 0.0 {
                continue;
            }
            inverse[column * width + column] = 1.0 / lower[column * width + column];
            for row in (0..column).rev() {
                if lower[row * width + row] == 0.0 {
                    continue;
                }
                let known: f64 = (row + 1..=column).map(|k| lower[k * width + row] * inverse[k * width + column]).sum();
                inverse[row * width + column] = -known / lower[row * width + row];
            }
        }
        self.times_small(&inverse, width)
    }
}

/// The left singular directions of a table times the singular values to a power, largest first.
///
/// Subspace iteration `Q <- orth(M (M^T Q))` from seeded normal numbers with 8 directions more than asked for, then one
/// Rayleigh-Ritz step: the eigenvectors of `(M^T Q)^T (M^T Q)` turn Q into singular directions. `transposed` is `table`
/// with rows and columns exchanged. Cost `O(rounds * entries * dims + rounds * rows * dims^2)`.
/// Source: Halko, Martinsson, Tropp 2011, SIAM Review 53, algorithm 4.4.
pub(super) fn singular_rows(
    table: &Sparse,
    transposed: &Sparse,
    dims: usize,
    rounds: usize,
    power: f64,
    seed: u64,
) -> Dense {
    let rows = table.begins.len() - 1;
    let width = (dims + 8).min(rows.max(1));
    let mut chance = Sequence::new(seed, STREAM);
    let start = Dense { width, values: (0..rows * width).map(|_| chance.normal() as f32).collect() };
    let mut directions = start.orthonormal();
    for _ in 0..rounds {
        // Twice: single precision leaves a first pass slightly askew.
        directions = table.times(&transposed.times(&directions)).orthonormal().orthonormal();
    }
    let (squares, turn) = symmetric_eigen(transposed.times(&directions).gram(), width);
    let kept = dims.min(width);
    let mut scaled = vec![0.0; width * kept];
    for (place, square) in squares.iter().take(kept).enumerate() {
        let scale = square.max(0.0).sqrt().powf(power);
        for row in 0..width {
            scaled[row * kept + place] = turn[row * width + place] * scale;
        }
    }
    directions.times_small(&scaled, kept)
}

/// Eigenvalues of a symmetric table, largest first, and its eigenvectors as columns. Cost `O(width^3)` a sweep.
/// Source: Jacobi's rotations, Golub & Van Loan 2013, section 8.5.
pub(super) fn symmetric_eigen(mut table: Vec<f64>, width: usize) -> (Vec<f64>, Vec<f64>) {
    const SWEEPS_MAX: usize = 30;
    let mut vectors = vec![0.0; width * width];
    (0..width).for_each(|place| vectors[place * width + place] = 1.0);
    for _ in 0..SWEEPS_MAX {
        let off: f64 =
            (0..width).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| table[i * width + j].powi(2)).sum();
        let on: f64 = (0..width).map(|i| table[i * width + i].powi(2)).sum();
        if off <= 1e-22 * on {
            break;
        }
        for p in 0..width {
            for q in p + 1..width {
                let between = table[p * width + q];
                if between == 0.0 {
                    continue;
                }
                let theta = (table[q * width + q] - table[p * width + p]) / (2.0 * between);
                let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                let sine = tangent * cosine;
                let turn = |a: f64, b: f64| (cosine * a - sine * b, sine * a + cosine * b);
                for k in 0..width {
                    (table[k * width + p], table[k * width + q]) = turn(table[k * width + p], table[k * width + q]);
                }
                for k in 0..width {
                    (table[p * width + k], table[q * width + k]) = turn(table[p * width + k], table[q * width + k]);
                    (vectors[k * width + p], vectors[k * width + q]) =
                        turn(vectors[k * width + p], vectors[k * width + q]);
                }
            }
        }
    }
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|a, b| table[b * width + b].total_cmp(&table[a * width + a]).then(a.cmp(b)));
    let mut sorted = vec![0.0; width * width];
    for (to, from) in order.iter().enumerate() {
        // A direction and its opposite are one: the largest number of each is made positive.
        let column = (0..width).map(|row| vectors[row * width + from]);
        let largest = column.fold(0.0, |most: f64, value| if value.abs() > most.abs() + 1e-12 { value } else { most });
        (0..width).for_each(|row| sorted[row * width + to] = vectors[row * width + from] * largest.signum());
    }
    (order.iter().map(|place| table[place * width + place]).collect(), sorted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_table_of_two_directions_is_found_again() {
        // M = 5 u v^T + 2 w z^T with unit directions at right angles.
        let rows = 40;
        let wave = |k: usize, speed: f64| {
            (2.0 * std::f64::consts::PI * speed * k as f64 / rows as f64).cos() * (2.0 / rows as f64).sqrt()
        };
        let value = |i: usize, j: usize| 5.0 * wave(i, 1.0) * wave(j, 2.0) + 2.0 * wave(i, 3.0) * wave(j, 4.0);
        let dense = |of: &dyn Fn(usize, usize) -> f64| Sparse {
            begins: (0..=rows).map(|row| row * rows).collect(),
            columns: (0..rows * rows).map(|entry| (entry % rows) as u32).collect(),
            values: (0..rows * rows).map(|entry| of(entry / rows, entry % rows) as f32).collect(),
        };
        let found = singular_rows(&dense(&value), &dense(&|i, j| value(j, i)), 3, 4, 1.0, 1);
        let gram = found.gram();
        let lengths: Vec<f64> = (0..3).map(|place| gram[place * 3 + place].sqrt()).collect();
        assert!((lengths[0] - 5.0).abs() < 1e-3 && (lengths[1] - 2.0).abs() < 1e-3 && lengths[2] < 1e-3, "{lengths:?}");
        let along: f64 = (0..rows).map(|row| f64::from(found.values[row * 3]) * wave(row, 1.0)).sum();
        assert!((along.abs() - 5.0).abs() < 1e-3, "{along}");
    }

    #[test]
    fn the_eigenvectors_of_a_symmetric_table_give_it_back() {
        let width = 5;
        let table: Vec<f64> = (0..25)
            .map(|entry| {
                let (i, j) = (entry / 5, entry % 5);
                ((i * j) as f64).sin() + ((i + j) as f64).cos()
            })
            .collect();
        let (values, vectors) = symmetric_eigen(table.clone(), width);
        assert!(values.windows(2).all(|pair| pair[0] >= pair[1]));
        for i in 0..width {
            for j in 0..width {
                let back: f64 = (0..width).map(|k| values[k] * vectors[i * width + k] * vectors[j * width + k]).sum();
                assert!((back - table[i * width + j]).abs() < 1e-9);
            }
        }
    }
}
