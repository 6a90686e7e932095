//! A cell of a heat map: a share from 0 to 1 as a number and a shade, and what it says in words.

/// Two people's overlap.
pub struct HeatCell {
    /// In per cent.
    pub value: String,
    pub spoken: String,
    /// How dark it is drawn, 0 to 100 in tens.
    pub shade: u8,
}

impl HeatCell {
    pub fn of(share: f64, spoken: String) -> HeatCell {
        let percent = (share * 100.0).clamp(0.0, 100.0);
        HeatCell { value: format!("{percent:.0}"), spoken, shade: percent as u8 / 10 * 10 }
    }
}
