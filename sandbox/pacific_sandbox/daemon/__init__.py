"""The background process of a sandbox, which keeps its programs running."""
