"""Imports existing objects: scans a running Supervisor and writes documents of it."""
