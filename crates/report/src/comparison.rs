//! Results compared point by point.
