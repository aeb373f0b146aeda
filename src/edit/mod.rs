//! From an agent's reply to the smallest edit that is safe.
