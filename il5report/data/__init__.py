"""Reading, checking and writing data sets; the synthetic demo study. Nothing is derived here."""
