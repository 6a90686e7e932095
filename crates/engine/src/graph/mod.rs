//! Who talks to whom as a graph: its compact form and the ranks that walk along it.

pub mod csr;
pub mod edge_list;
pub mod gauss_seidel;
pub mod k_core;
pub mod layout;
pub mod pagerank;
mod walk;

pub use csr::{Csr, EdgeWeighing, Graph, KindWeights};
pub use edge_list::{EdgeListError, EdgeListReader};
pub use gauss_seidel::{Start, gauss_seidel};
pub use k_core::core_numbers;
pub use layout::{LayoutSettings, Place, layout};
pub use pagerank::{PageRank, PageRankSettings, Seed, nearness_of_sets, pagerank, personalised_pagerank, push_from};
pub use walk::{Step, Walk};
