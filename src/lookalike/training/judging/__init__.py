"""How good a network is, beside which others, and whether it may take over."""
