"""Which sensors drive an estimate: each made usual in turn, and the value taken again."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.explain.base import Explainer, Explanation, Reason
from lepton_core.pipeline import Pipeline, Session

from .preprocessing import LifePreprocessor
from .sensors import sensor_values

# Less than a cycle is not worth a sentence.
_LEAST, _MOST = 1.0, 4


class SensorOcclusion(Explainer):
    """Up to four sensors that shorten a record's remaining life.

    A sensor's contribution is how many cycles more the networks would tell if the sensor's level
    and trends were those of an average cycle in training. Sensors that mean something only together
    share what they have in common.
    """

    def explain(
        self, pipeline: Pipeline, records: pa.Table, record_ids: list[str] | None = None
    ) -> list[Explanation]:
        session = Session(pipeline, trace=True)
        scored = session.step(records)
        if record_ids is None:
            wanted = scored.columns["alarm"]
        else:
            wanted = pc.is_in(scored.columns["record_id"], pa.array(record_ids, pa.string()))
        chosen = np.flatnonzero(wanted.to_numpy(zero_copy_only=False))
        preprocessor = _of(pipeline)
        values = sensor_values(records.take(pa.array(scored.rows[chosen])), preprocessor.names)
        shares = contributions(pipeline, session.traced["x"][chosen])
        told = []
        for place, row in enumerate(chosen.tolist()):
            order = np.argsort(-shares[place])[:_MOST]
            reasons = tuple(
                _reason(preprocessor, int(at), float(values[place, at]), float(shares[place, at]))
                for at in order
                if shares[place, at] >= _LEAST
            )
            record_id = scored.columns["record_id"][row].as_py()
            told.append(Explanation(record_id, float(scored["value"][row]), reasons))
        return told


def contributions(pipeline: Pipeline, x: np.ndarray) -> np.ndarray:
    """Cycles that each sensor takes off the value, float64 [n, S]; below 0 it adds some.

    Args:
        pipeline: of this task.
        x: float32 [n, TIMES, F], what the networks were given of the records.
    """
    sensors = len(_of(pipeline).names)
    variants = np.repeat(x[None], sensors + 1, axis=0)
    for at in range(sensors):
        # Level and both trends; scaled features are 0 where they are as usual.
        variants[at + 1][:, :, at : 3 * sensors : sensors] = 0.0
    outputs = pipeline.runtime.run("main", {"x": variants.reshape(-1, *x.shape[1:])})
    score = outputs["score"].reshape(sensors + 1, len(x), -1).astype(np.float64)
    value = np.sort(score, axis=2)[:, :, score.shape[2] // 2]
    return (value[1:] - value[0]).T


def _reason(preprocessor: LifePreprocessor, at: int, value: float, cycles: float) -> Reason:
    sensor = preprocessor.sensors[at]
    told = {"sensor": sensor.name, "cycles": cycles, "value": value, "usual": sensor.mean}
    missing = np.isnan(value)
    key = f"defect_detection.maintenance.reason.{'absent' if missing else 'sensor'}"
    if missing:
        del told["value"]
    return Reason(key, told, cycles)


def _of(pipeline: Pipeline) -> LifePreprocessor:
    preprocessor = pipeline.preprocessor
    if not isinstance(preprocessor, LifePreprocessor):
        raise TypeError(f"units are explained. Received: {type(preprocessor).__name__}")
    return preprocessor
