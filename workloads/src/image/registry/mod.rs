//! Images from a registry: the pull half of the OCI distribution API.
//!
//! A **reference** names an image: `docker://HOST[:PORT]/NAME[:TAG|@DIGEST]`. To **resolve** it is to find its manifest (through
//! the index of a multi-platform image) and its config; to **download** it is to bring its blobs here, several at once. Every
//! document and blob is digested before anything is made of it. What may be chance is tried again, where it stopped:
//! a cut connection, a full registry (429, with its `Retry-After`), a server error, a stalled transfer, one damaged
//! answer. What cannot be right is refused at once: a body of another length than promised, a second damaged answer. After a
//! failure nothing is left.
//!
//! Secrets are sent over TLS only, but for registries on the loopback, or where cleartext was asked for.

mod challenge;
mod client;
mod credentials;
mod download;
mod fetch;
mod let_in;
mod options;
mod patience;
mod reference;
mod resolve;
mod transfer;
mod transport;

pub use credentials::Login;
pub use download::Downloaded;
pub use fetch::{Contact, Origin, fetch};
pub use options::RegistryOptions;
pub use reference::Reference;
