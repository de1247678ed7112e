"""What samples show over time: times to an event between samples, and antibodies."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from il5report.plan.base import Model, Text, Where


class SampleTime(Model):
    """A time to an event that samples show; PARAMCD of ADTTEK is its key.

    `event`, `censor` and `start` are parameters (PARAMCD, days from infusion) of the records of
    `dataset` that meet `where`. A subject without `event` is censored at `censor`; one without
    `censor`, or without `start` where that is given, is not part of it. Time counts from `start`,
    else from infusion.
    """

    label: Text
    dataset: Text
    where: Where
    event: Text
    event_label: Text
    censor: Text
    censor_label: Text
    start: str = ""


class AntibodyRules(Model):
    """Antibodies against the product, from the results of `dataset` under one `basetype`.

    `status`: PARAMCD of the test with `positive` and `negative` results (AVALC); `titre`: PARAMCD
    of the titre of a positive sample. A subject positive at baseline is boosted by a later titre
    of `boost` times the baseline's or more.
    """

    dataset: Text
    basetype: Text
    status: Text
    positive: Text
    negative: Text
    titre: Text
    boost: Annotated[float, Field(gt=1)]
