"""A simulator of Spherelet, the kubelet of ESXi hosts: nodes, and pods as virtual machines of their own (CRX).

What it follows: reference dumps of Supervisors in VMware's published conformance results, and the kubelet's status
conventions (Kubernetes 1.33, ``pkg/kubelet/status``). It runs no containers: see docs/sandbox.md.
"""
