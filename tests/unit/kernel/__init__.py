"""The kernel: values without input and output."""
