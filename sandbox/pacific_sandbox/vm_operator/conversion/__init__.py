"""Older versions of VM Operator's API, converted to and from the one that is stored."""
