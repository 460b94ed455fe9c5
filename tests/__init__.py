"""The tests, and what they are run with. Everything is imported from the root of the repository."""
