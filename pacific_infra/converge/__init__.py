"""Runs Pulumi: preview, up, destroy, outputs; turns its events into changes and progress, and recovers from crashes."""
