"""From a derived frame to an ADaM data set: core variables, order, numbers, labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from il5report.data.dataset import Dataset
from il5report.data.variables import dataset_label, label_of
from il5report.plan.models import Plan

_CORE = (
    "STUDYID", "USUBJID", "SUBJID", "SITEID", "AGE", "SEX", "RACE", "TRT01P", "TRT01A",
    "TRT01AN", "TRTSDT", "TRTEDT", "DTHDT", "CUTDT",
)  # fmt: skip


@dataclass(frozen=True)
class Core:
    """The subject-level variables that every data set carries, and the labels of the plan."""

    subjects: pl.DataFrame
    labels: Mapping[str, str]

    def join(self, records: pl.DataFrame, *extra: str) -> pl.DataFrame:
        """Records of the subjects in ADSL beside their core variables (and `extra` of ADSL)."""
        core = self.subjects.select(*self.names, *(e for e in extra if e not in self.names))
        clash = [c for c in core.columns if c in records.columns and c != "USUBJID"]
        own = records.drop(clash) if clash else records
        return own.join(core, on="USUBJID", how="inner", maintain_order="left")

    @property
    def names(self) -> list[str]:
        return list(self.core)

    core: tuple[str, ...] = ()


def make_core(adsl: pl.DataFrame, plan: Plan) -> Core:
    """Core variables: identity, treatment, dates, the flags of the analysis sets, the plan's."""
    derivation = plan.derivation
    assert derivation is not None
    flags = [s.flag for s in plan.analysis_sets.values() if s.flag]
    wanted = dict.fromkeys((*_CORE, *flags, *derivation.core))
    labels: dict[str, str] = {}
    labels |= {name: rule.label for name, rule in derivation.dates.items()}
    labels |= {name: rule.label for name, rule in derivation.values.items()}
    labels |= {name: rule.label for name, rule in derivation.flags.items()}
    labels |= {name: rule.label for name, rule in derivation.counts.items()}
    labels |= {name: rule.label for name, rule in derivation.durations.items()}
    labels |= {name: rule.label for name, rule in derivation.intervals.items()}
    labels |= {name: rule.label for name, rule in derivation.categories.items()}
    labels |= {name: rule.label for name, rule in derivation.groups.items()}
    labels |= {
        rule.number: f"{rule.label or name} (N)"
        for name, rule in derivation.categories.items()
        if rule.number
    }
    labels |= {s.flag: f"{s.label} Flag" for s in plan.analysis_sets.values() if s.flag}
    return Core(
        adsl, {k: v for k, v in labels.items() if v}, tuple(c for c in wanted if c in adsl.columns)
    )


def assemble(
    name: str,
    records: pl.DataFrame,
    core: Core,
    keys: Sequence[str],
    labels: Mapping[str, str] = {},
) -> Dataset:
    """Sort by the keys, join and put first the core variables, number and label.

    Integers become Float64, as in every data set that is read. Labels come from the dictionary
    of variables, else from the plan or `labels`, and are at most 40 characters.
    """
    frame = records.sort(*keys, maintain_order=True, nulls_last=True)
    if name != "ADSL":
        frame = core.join(frame)
    numbers = [pl.col(c) for c, kind in frame.schema.items() if kind.is_integer()]
    if name not in ("ADSL", "ADAE"):
        numbers.append(pl.int_range(1, pl.len() + 1).over("USUBJID").alias("ASEQ"))
    if numbers:
        frame = frame.with_columns(number.cast(pl.Float64) for number in numbers)
    texts = {**core.labels, **labels}
    order = _order(frame.columns, core.core)
    named = {v: (texts.get(v) or label_of(v) or v)[:40] for v in order}
    return Dataset(name, frame[order], dataset_label(name) or name, named)


def _order(columns: Iterable[str], core: Sequence[str]) -> list[str]:
    present = list(columns)
    first = [c for c in core if c in present]
    return first + [c for c in present if c not in first]
