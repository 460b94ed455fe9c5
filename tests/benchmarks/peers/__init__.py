"""Other programs that plan the same estates, and how each is measured."""
