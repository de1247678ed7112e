"""Outputs of the kinetics part of the report."""
