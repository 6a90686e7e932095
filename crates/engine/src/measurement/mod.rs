//! Measurement: did it pay? What a campaign added, and what others without one did; whom an order is credited to; what creators' few
//! orders say together; what may be looked at every day; how much is needed; what it cost; what posts had at the same age.

pub mod always_valid;
pub mod attribution;
pub mod costs;
pub mod holm;
pub mod lift;
pub mod panel;
pub mod pooling;
pub mod same_age;
pub mod sample_size;
pub mod second_opinion;
