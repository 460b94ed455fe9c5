"""The rules for a VirtualMachine."""
