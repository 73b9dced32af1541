"""Recognise, search and recommend images by how they look."""
