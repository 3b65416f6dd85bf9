"""The pages of the service's own people."""
