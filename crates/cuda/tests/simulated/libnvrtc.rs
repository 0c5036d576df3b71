//! An NVRTC that is there, and nothing more.
