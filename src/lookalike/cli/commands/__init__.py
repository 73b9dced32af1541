"""The commands, one idea a file. Each prints what a method of ``Library`` returns."""
