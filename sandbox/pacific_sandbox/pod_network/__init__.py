"""The network of pods that run in machines: a router of this process, with Services, names and NetworkPolicies."""
