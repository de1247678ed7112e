"""SDTM to ADaM: one module per data set or rule family. Nothing is summarised here."""
