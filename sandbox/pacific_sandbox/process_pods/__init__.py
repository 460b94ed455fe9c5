"""Pods that run as processes of this computer: marked ones only, of images that the user has named for it."""
