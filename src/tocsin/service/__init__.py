"""The service: people, proofs, lists and pages around the engine, as a Django project."""
