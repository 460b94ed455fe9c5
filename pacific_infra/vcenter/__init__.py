"""Thin REST client of vCenter's Supervisor and vSphere Namespace APIs."""
