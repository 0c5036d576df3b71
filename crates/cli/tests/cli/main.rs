//! The binary as its users run it: arguments in, files, messages and exit codes out.

mod bad_input;
mod folder;
mod plot;
mod run;
