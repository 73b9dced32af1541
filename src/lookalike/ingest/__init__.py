"""The pipeline that joins sources, decoding, encoding and the catalog.

Nothing is imported here: each worker process starts through this package and needs neither
the catalog nor the database library behind it.
"""
