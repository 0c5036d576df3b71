//! The binary as its users run it: arguments in, files, messages and exit codes out.

// A test's own functions fail by panicking too.
#![allow(clippy::unwrap_used)]

mod advise;
mod all_or_nothing;
mod bad_input;
mod built_in;
mod compare;
mod comparing_charts;
mod cpu_limits;
mod demo;
mod explain;
mod faults_of_the_disk;
mod folder;
mod habits;
mod import;
mod losses;
mod made_up;
mod map;
mod merge;
mod model;
mod model_ops;
mod outputs;
mod pages;
mod plot;
mod predict;
mod predicted;
mod readme;
mod report;
mod run;
mod shards;
mod signals;
mod simulated;
mod streams;
mod terminal;
mod text_files;
mod two_builds;
mod unfinished;
mod wrong_kind;
