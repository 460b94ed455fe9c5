"""A simulator of Cluster API with the VMware Kubernetes Service: clusters whose machines are VMs of VM Operator."""
