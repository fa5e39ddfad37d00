//! The unpacker against hand-made archives. Every test unpacks beside a "victim" directory that must not change.

mod basics;
mod bounds;
mod damage;
mod extensions;
mod ground;
mod hostile;
mod memory;
mod overlay;
mod privileges;
mod whiteouts;
