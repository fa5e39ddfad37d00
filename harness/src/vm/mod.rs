//! A virtual machine with another kernel: fetched as packages, built once, booted for one command of this program.
//!
//! Words: a **guest** is a kernel with its ZFS ([`guests`]); its **cache** holds what was fetched and built, each **stage**
//! of it with a stamp that says from what it was made ([`stamp`]). A **base** is the guest's filesystem image, the same for
//! every run; what is run is appended to it. The guest gets one scratch disk and hands everything back by serial **ports**,
//! which are files here: what it had said is there, however it ended. Nothing is installed, and nothing needs root.

mod accel;
mod apt;
mod boot;
mod build;
mod cpio;
mod guests;
mod image;
mod job;
mod launch;
mod libraries;
mod modules;
mod packages;
mod place;
mod prepare;
mod stamp;
mod suite;

pub(crate) use boot::{Accel, Ended};
pub(crate) use guests::{ALL, Guest, find};
pub(crate) use launch::{Launch, keep, launch};
pub(crate) use place::Cache;
pub(crate) use prepare::{Fetching, Readiness, prepare, readiness};
