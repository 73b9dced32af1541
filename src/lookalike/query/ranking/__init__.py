"""From scores to pages of hits: orders, folded copies, variety and parts."""
