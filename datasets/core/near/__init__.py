"""Rows that are nearly copies of each other: found, confirmed, and kept in one part."""
