"""A layer where functions use it: published, attached, pruned. Every call can be made again after any failure."""
