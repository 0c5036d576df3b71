//! A report as one HTML file that needs nothing outside itself and may load nothing.

mod data;
mod escape;
mod page;
mod policy;
mod tables;

pub(super) use page::page;
