"""The analysis plan: what is analysed, in which set, by which convention, under which number."""

from il5report.plan.models import Plan

__all__ = ["Plan"]
