//! The StackSpot AI Agents API served on loopback by a scripted agent.
