"""The whole path measured against floors: `make bench`, and docs/developers/performance.md."""
