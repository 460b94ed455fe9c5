"""What each custom resource does in vCenter, one kind a file."""
