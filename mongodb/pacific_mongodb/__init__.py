"""The controller of ``mongodb.pacific.infra``: makes of each MongoDB its members, Services, credentials and backups.

It stands alone, since it runs in a pod of its own image (Dockerfile beside this file). ``desired`` is pure: from a
MongoDB to the objects that it takes; ``reconcile`` compares and writes; ``__main__`` watches.
"""
