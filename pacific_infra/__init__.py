"""Declare, plan and converge a VMware vSphere Supervisor as one dependency graph, on Pulumi."""

__version__ = "0.1.0"
