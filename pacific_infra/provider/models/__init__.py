"""The model of each custom resource: schema.json, the Python SDK and every request body come from here."""
