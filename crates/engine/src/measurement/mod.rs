//! Measurement: did it pay? Here only the part that says whom an order is credited to.

pub mod attribution;
