//! Images, read and made, against tools we did not write.

mod common;
mod corpus;
mod damaged;
mod generate;
mod pull;
mod read;
mod registry;
mod shapes;
mod workload;
