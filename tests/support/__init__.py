"""What tests share: clients, stand-ins, and whatever starts something for a test."""
