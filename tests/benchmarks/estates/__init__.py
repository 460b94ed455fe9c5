"""Estates of any size, the same for the same seed."""
