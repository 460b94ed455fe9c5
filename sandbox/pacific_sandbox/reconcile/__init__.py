"""What the sandbox's controllers share: watched objects, work queues, events, addresses, conditions."""
