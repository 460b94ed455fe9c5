"""A stand-in for External Secrets: its kinds, and a controller that knows the stores of its provider ``fake``."""
