"""Benchmarks: each measures the product beside a named peer in one run; none is a test."""
