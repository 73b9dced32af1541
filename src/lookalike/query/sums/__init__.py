"""Queries that are added and subtracted."""
