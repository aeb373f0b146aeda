//! Settings, the user file and the environment.
