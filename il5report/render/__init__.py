"""Displays to HTML, LaTeX and PDF through the templates. No digit or order is decided here."""
