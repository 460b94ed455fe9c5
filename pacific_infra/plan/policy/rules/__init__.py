"""The built-in rules, one theme a file."""
