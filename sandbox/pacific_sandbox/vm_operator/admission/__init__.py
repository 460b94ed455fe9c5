"""VM Operator's admission: what may be written, and what the server fills in. Rules are pure, one group a file.

Which rules there are, and their messages, follow the webhooks of VM Operator v1.10.0.
"""
