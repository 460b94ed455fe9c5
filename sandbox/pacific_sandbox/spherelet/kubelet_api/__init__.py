"""The kubelet API of each node, as far as a kube-apiserver uses it: logs, exec, pods, statistics."""
