"""A simulator of Knative: Services that scale to zero and start at a request, and requests by schedule."""
