"""ARD to tables, figures and listings: digits, order, words. Nothing is computed here."""
