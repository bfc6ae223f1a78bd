"""Figures from arrays and tables: each module draws one kind and returns a matplotlib Figure."""
