"""The CRX runtime ``qemu``: each pod in a virtual machine of its own, with a Linux kernel of its own.

The machine's inside is the Go program in ``tools/crx-init``; both sides speak the messages of its ``channel.go``.
"""
