"""The record in SQL: the only package that speaks it."""
