//! What can be asked: the catalogue of actions, the scope of a selection, the prompt.
