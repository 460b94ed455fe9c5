"""The embedded sandbox: a simulated vCenter in front of a real Kubernetes control plane, on this computer."""
