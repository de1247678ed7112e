"""Outputs of the study part of the report."""
