"""One training run, step by step: the loop, its samplers, its processes."""
