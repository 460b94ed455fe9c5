"""The live view of an administrator: one read-only model of what is declared, recorded and there, and its pages."""
