"""A simulator of VM Operator: virtual machines and their services, made in vCenter and reported.

It follows the source of VM Operator v1.10.0 (API v1alpha5): names of conditions, reasons, messages, fields that the
server fills in. It is not that controller: see docs/sandbox.md for what is left out.
"""
