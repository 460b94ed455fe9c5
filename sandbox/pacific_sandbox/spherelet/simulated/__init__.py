"""What simulated containers do, as pure functions of time: commands, probes, restarts, logs."""
