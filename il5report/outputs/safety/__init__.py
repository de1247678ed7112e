"""Outputs of the safety part of the report."""
