"""The stack on one machine: an embedded PostgreSQL and Valkey, every process of the platform, and what `./run` does.

Plain Python without Django, so that it can start before the settings can be read. Never part of a production image.
"""
