//! Draws that are spread over a grid in proportion to its weights, and who of all is the best how often.

/// Points of a grid, each as often as its weight says, to within one draw: the middle of each of `draws` equal parts.
pub(super) fn spread_out<P: Copy>(points: &[(P, f64)], draws: u32) -> Vec<P> {
    let (mut place, mut reached) = (0, points[0].1);
    (0..draws)
        .map(|draw| {
            let share = (f64::from(draw) + 0.5) / f64::from(draws);
            while reached < share && place + 1 < points.len() {
                place += 1;
                reached += points[place].1;
            }
            points[place].0
        })
        .collect()
}

/// How often each place has the highest number of its row; places that are alike share their luck.
pub(super) fn best_of(draws: &[Vec<f64>], is_alike: impl Fn(usize, usize) -> bool) -> Vec<f64> {
    let places = draws[0].len();
    let mut best = vec![0.0; places];
    for row in draws {
        let highest = (1..places).fold(0, |best, place| if row[place] > row[best] { place } else { best });
        best[highest] += 1.0 / draws.len() as f64;
    }
    let mut from = 0;
    while from < places {
        let to = (from + 1..places).find(|place| !is_alike(from, *place)).unwrap_or(places);
        let each = best[from..to].iter().sum::<f64>() / (to - from) as f64;
        best[from..to].fill(each);
        from = to;
    }
    best
}
