"""Takes over what runs already: reads a Supervisor with all that is on it, and writes the documents of it."""
