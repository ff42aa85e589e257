"""What was found on one picture, as a row for CSV and an object for JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lepton_core.decision import Classify
from lepton_core.messages import has_message, t
from lepton_core.scoring.sinks import open_sink
from lepton_core.spreadsheet import shown_cell

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline


@dataclass(frozen=True)
class Finding:
    """What the model says of one picture, and by which rule; the patient by pseudonym alone.

    Args:
        record_id: the picture.
        patient: pseudonym; empty where none is known.
        label: what it was taken for.
        finding: the class that the probability is of.
        probability: 0..1, calibrated.
        low: lower end of the probability's 95% interval, which says how well the calibration is
            known and not how sure the model is of this picture; None where none is given.
        high: upper end.
        review: whether it is left to a person: too unsure to take a side.
        threshold: probability from which the label is ``finding``; None for more than two classes.
        policy: how the threshold was chosen, a name of
            :data:`lepton_core.decision.policies.POLICIES`, or ``likeliest`` of several classes.
        policy_value: what that policy asked for, a share for ``recall``; None where it asks for
            nothing.
        bundle: address of the model that scored.
        bundle_version: its date and the beginning of its checksum.
        scored_at: when, in UTC.
        source: the file that was read, as its reader names it.
        source_sha256: checksum of what was read.
        intended_use: the sentence that belongs to every output.
    """

    record_id: str
    patient: str
    label: str
    finding: str
    probability: float
    low: float | None
    high: float | None
    review: bool
    threshold: float | None
    policy: str
    policy_value: float | None
    bundle: str
    bundle_version: str
    scored_at: datetime
    source: str
    source_sha256: str
    intended_use: str

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability lies in 0..1. Received: {self.probability!r}")

    @property
    def present(self) -> bool:
        """Whether the label is the class that the probability is of."""
        return self.label == self.finding

    def to_json(self) -> dict[str, Any]:
        """Plain values, times as ISO 8601."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return values | {"scored_at": self.scored_at.isoformat(timespec="seconds")}


_TYPES = {"float": pa.float64(), "float | None": pa.float64(), "bool": pa.bool_()}
_SCHEMA = pa.schema([(f.name, _TYPES.get(str(f.type), pa.string())) for f in fields(Finding)])


def finding_of(
    pipeline: Pipeline,
    scored: Mapping[str, Any],
    *,
    patient: str | None,
    source: str,
    sha256: str,
) -> Finding:
    """The finding of one picture that was scored just now.

    Args:
        pipeline: what scored it; its decision gives the operating point.
        scored: the picture's row of predictions.
        patient: pseudonym.
        source: the file that was read.
        sha256: checksum of what was read.
    """
    decision = pipeline.decision
    finding, threshold = scored["label"], None
    policy, value, interval = "likeliest", None, None
    if isinstance(decision, Classify):
        finding, threshold = decision.classes[1], float(decision.threshold)
        policy = decision.policy.name
        value = None if policy == "f1" else float(decision.policy.value)
        interval = _of_calibration(decision, float(scored["score"]))
    return Finding(
        record_id=scored["record_id"],
        patient=patient or "",
        label=scored["label"],
        finding=finding,
        probability=float(scored["probability"]),
        low=None if interval is None else float(interval[0]),
        high=None if interval is None else float(interval[1]),
        review=bool(scored["review"]),
        threshold=threshold,
        policy=policy,
        policy_value=value,
        bundle=pipeline.address,
        bundle_version=bundle_version(pipeline),
        scored_at=datetime.now(UTC),
        source=source,
        source_sha256=sha256,
        intended_use=t("medical_imaging.output.intended_use", language="en"),
    )


def _of_calibration(decision: Classify, score: float) -> tuple[float, float] | None:
    ends = decision.interval(np.array([score]))
    return None if ends is None else (float(ends[0][0]), float(ends[1][0]))


def policy_text(finding: Finding, language: str = "en") -> str:
    """How the threshold was chosen, as people say it; the policy's own name where it is new."""
    key = f"medical_imaging.output.policy.{finding.policy}"
    if not has_message(key):
        return finding.policy
    return t(key, language=language, value=finding.policy_value or 0.0)


def bundle_version(pipeline: Pipeline) -> str:
    """Date of a bundle and the beginning of its manifest's checksum, which covers every file."""
    created = str(pipeline.card.get("created", ""))
    if pipeline.folder is None:
        return created or "unsaved"
    manifest = (pipeline.folder / "manifest.json").read_bytes()
    return f"{created}.{hashlib.sha256(manifest).hexdigest()[:12]}".lstrip(".")


def write_csv(findings: Sequence[Finding], path: Path) -> None:
    """Write findings as a table with a header, whole or not at all.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    rows = [{n: shown_cell(v) for n, v in finding.to_json().items()} for finding in findings]
    with open_sink(path, _SCHEMA, overwrite=True) as sink:
        sink.write(pa.Table.from_pylist(rows, _SCHEMA))


def write_json(findings: Sequence[Finding], path: Path) -> None:
    """Write findings as one JSON object with intended use and limits, whole or not at all."""
    about = {
        name: t(f"medical_imaging.output.{name}", language="en")
        for name in ("intended_use", "not_for", "limits")
    }
    text = json.dumps(
        about | {"findings": [finding.to_json() for finding in findings]},
        ensure_ascii=False,
        indent=1,
    )
    work = path.with_name(f".{path.name}.tmp")
    try:
        work.write_text(text + "\n", encoding="utf-8")
        work.replace(path)
    finally:
        work.unlink(missing_ok=True)
