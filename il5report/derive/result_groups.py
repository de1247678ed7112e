"""Groups of subjects by a result that is derived after ADSL, such as peak expansion or response."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from il5report.conditions import expression
from il5report.derive.domains import Domains
from il5report.errors import Finding, some_subjects
from il5report.plan.subject import ResultGroup


def with_groups(
    domains: Domains, adsl: pl.DataFrame, groups: Mapping[str, ResultGroup]
) -> pl.DataFrame:
    """ADSL with one variable per group of the plan; missing where the subject has no result."""
    for name, rule in groups.items():
        found = _results(domains, adsl, name, rule)
        if found is None:
            continue
        group = found.select("USUBJID", _group(found, rule).alias(name))
        adsl = adsl.join(group, on="USUBJID", how="left", maintain_order="left")
    return adsl


def _group(found: pl.DataFrame, rule: ResultGroup) -> pl.Expr:
    """The level whose condition a result meets (the first), or its side of the median."""
    if not rule.levels:
        value = pl.col(rule.value).cast(pl.Float64)
        middle = pl.lit(found[rule.value].median(), pl.Float64)  # null without any result
        below = pl.when(value <= middle).then(pl.lit(rule.below))
        return below.when(value > middle).then(pl.lit(rule.above))
    return pl.coalesce(
        pl.when(expression(where, found.schema)).then(pl.lit(label))
        for label, where in rule.levels.items()
    )


def _results(
    domains: Domains, adsl: pl.DataFrame, name: str, rule: ResultGroup
) -> pl.DataFrame | None:
    """The one result of each subject of the group."""
    records = domains.select(rule.domain, rule.where, needs=(rule.value,))
    if records is None or not domains.is_applicable(
        f"group {name}", "ADSL", adsl.schema, [rule.among]
    ):
        return None
    if not domains.is_applicable(
        f"group {name}", rule.domain, records.schema, rule.levels.values()
    ):
        return None
    among = adsl.filter(expression(rule.among, adsl.schema)).select("USUBJID")
    found = records.join(among, on="USUBJID", how="semi")
    found = found if rule.levels else found.drop_nulls(rule.value)
    twice = found.filter(found["USUBJID"].is_duplicated())["USUBJID"].unique().to_list()
    if twice:
        message = f"group {name} needs one result per subject; {len(twice)} subjects have more"
        domains.findings.append(
            Finding("derive.group", message, dataset=rule.domain, variable=rule.value,
                    count=len(twice), subjects=some_subjects(twice))
        )  # fmt: skip
        return None
    return found
