"""Watches; never decides: logs, metrics, health."""
