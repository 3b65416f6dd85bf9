"""Rows of reports in other vocabularies: IntelMQ events, IDEA messages, XARF reports."""
