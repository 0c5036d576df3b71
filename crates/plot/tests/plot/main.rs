//! What the drawn files hold, seen from outside.

mod files;
mod golden;
mod made_up;
mod positions;
mod results;
mod words;
