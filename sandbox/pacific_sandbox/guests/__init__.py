"""Virtual machines of VM Operator that run: a QEMU machine with the root file system of their image.

The machine is a pod's (``sandbox/pacific_sandbox/crx``) with one container that has all rights; its first process is
``tools/crx-init/guest.go``, which does what is supported of cloud-init.
"""
