"""The record of a stack: Pulumi's checkpoint and, while a run lasts, a journal of its steps.

The engine writes its whole state at each step into a file backend: 3 GB for 500 objects. A state service of ours speaks
the engine's journal protocol instead, appends each step to a journal and settles it into the very checkpoint that
``pulumi`` reads from the backend. A run that is killed leaves its journal; the next run settles it first.
"""
