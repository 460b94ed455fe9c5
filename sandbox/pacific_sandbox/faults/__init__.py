"""Faults that the sandbox's user declares, so that what is built on it can be tested under them."""
