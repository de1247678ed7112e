"""Outputs of the efficacy part of the report."""
