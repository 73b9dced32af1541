"""Contrastive training: from pictures to a better embedding."""
