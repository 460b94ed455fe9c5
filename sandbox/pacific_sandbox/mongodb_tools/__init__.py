"""Stand-ins of MongoDB's dump and restore programs, for sandboxes alone, and the image that has them."""
