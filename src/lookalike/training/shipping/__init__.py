"""From a trained network to the small file that users load."""
