"""Tests that start whole sandboxes. A package, so that the sandbox that they share ends with the last of them."""
