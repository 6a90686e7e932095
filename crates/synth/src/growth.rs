//! How followers come and go, day by day: steady growth, a viral week, a bought block and its slow loss.

use crate::posters::{Jump, Poster};
use crate::random::{Dice, exp};

/// The followers somebody has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Following {
    /// Real people.
    pub(crate) real: f64,
    /// Bought accounts still there.
    pub(crate) bought: f64,
    /// Slow swings of interest, on the logarithmic scale.
    pub(crate) interest: f64,
}

impl Following {
    pub(crate) fn shown(&self) -> i64 {
        (self.real + self.bought).round() as i64
    }

    /// Moves on by `step_days` that end on `day`. A jump is only followed day by day, so its owner must be watched.
    pub(crate) fn advance(&mut self, poster: &Poster, jump: Option<&Jump>, day: u16, step_days: u32, dice: &mut Dice) {
        let weekly = [1.0, 0.9, 0.8, 0.95, 1.05, 1.25, 1.05][usize::from(day % 7)];
        self.interest = 0.99 * self.interest + 0.03 * dice.normal();
        let usual = self.real * f64::from(poster.growth) * f64::from(step_days);
        let today = usual * weekly * exp(self.interest) * dice.log_normal(0.85, 0.55);
        let noise = (today.abs() + 1.0).sqrt() * 0.7 * dice.normal();
        self.real = (self.real + (today + noise).round()).max(1.0);
        if let Some(jump) = jump {
            self.jump(jump, day, dice);
        }
    }

    fn jump(&mut self, jump: &Jump, day: u16, dice: &mut Dice) {
        let Some(since) = day.checked_sub(jump.first_day).map(f64::from) else { return };
        let days = f64::from(jump.days);
        match jump.bought {
            true if since < days => self.bought += (jump.gained / days).round(),
            true => {
                // What is lost goes with a decay of forty days.
                let leaving =
                    jump.gained * jump.lost * (exp(-(since - days) / 40.0) - exp(-(since - days + 1.0) / 40.0));
                self.bought = (self.bought - leaving * dice.between(0.6, 1.4)).max(0.0);
            }
            false if since < days + 3.0 => {
                // Half of what is still to come arrives each day.
                let share = exp(-0.7 * since) * 0.503_4 / (1.0 - exp(-0.7 * (days + 3.0)));
                self.real += (jump.gained * share * dice.between(0.85, 1.15)).round();
            }
            false => {}
        }
    }
}
