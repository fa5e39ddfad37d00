//! The oracle: an in-memory model of a tree that says what a container must see.
//!
//! An [`Op`](op::Op) is one operation. A [`Model`](model::Model) is a tree of inodes that operations change. The same operations become an
//! OCI layer archive ([`layer`]) or system calls in a mounted directory ([`live`]), and what is then really there
//! ([`seen`]) is compared with the model ([`compare`]). The reader is this crate's own: a fault in the reader that
//! drivers use for `changes` cannot hide from it.

pub mod archive;
pub mod compare;
pub mod layer;
pub mod live;
pub mod model;
pub mod op;
pub mod raw;
pub mod seen;
pub mod sparse;
