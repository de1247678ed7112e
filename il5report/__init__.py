"""il5report: clinical study reports for CAR-T trials, every number traceable to its records."""

__version__ = "0.1.0"
