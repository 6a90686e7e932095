//! Measurement: did it pay? Here whom an order is credited to, and what posts had at the same age.

pub mod attribution;
pub mod lift;
pub mod same_age;
