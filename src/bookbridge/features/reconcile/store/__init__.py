"""SQL of comparisons: runs, orders, the mirror, maintained sums."""
