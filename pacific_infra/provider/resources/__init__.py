"""The implementation of each custom resource, one kind per file."""
