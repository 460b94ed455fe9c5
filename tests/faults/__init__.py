"""Long proofs under faults, run by hand: ``./run python -m tests.faults.NAME``. Results lie beside them as JSON."""
