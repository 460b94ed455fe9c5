"""Objects for controllers that converge from git: the Pulumi Kubernetes Operator, Flux and Argo CD."""
