"""What is told to webhooks when a command has ended, and how it gets there."""
