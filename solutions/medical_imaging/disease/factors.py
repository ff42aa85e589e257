"""What is known about a patient, as one table: ranges, units, direction, what a person can change.

Every other part reads this table: the input Spec, what is refused as impossible, the network's
directions, the sentences, the sliders of the what-if, the noise of a trend.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Factor:
    """One fact about a patient.

    Args:
        name: of its column and its words in the messages.
        kind: ``number``; ``level`` (1, 2, 3: each more than the one before); ``flag`` (0 or 1);
            ``choice`` (codes without an order).
        low: smallest value that can be true of an adult.
        high: largest one.
        unit: of the values, empty for none.
        direction: how the estimated risk may go with it while all else stays: 1 never falls, -1
            never rises, 0 as the data says.
        changes: whether a person's way of life or a treatment can change it.
        step: of its slider, where it changes.
        noise: standard deviation of one patient's values between visits when nothing has changed.
        words: code -> word, for a choice.
        others: other units that people write it in -> factor to ``unit``.
        description: one line for people.
    """

    name: str
    kind: str
    low: float
    high: float
    unit: str = ""
    direction: int = 0
    changes: bool = False
    step: float = 1.0
    noise: float = 0.0
    words: tuple[tuple[int, str], ...] = ()
    others: tuple[tuple[str, float], ...] = ()
    description: str = ""

    @property
    def codes(self) -> tuple[int, ...]:
        """The codes of a choice."""
        return tuple(code for code, _ in self.words)


# Ranges: what has been measured in living adults, with room; not what is healthy. Directions are
# what medicine agrees on; sex, height and codes without an order are left to the data. Noise is an
# assumption of ours, of the order that repeated readings of one person show: whoever measures their
# own writes it into the rules of the follow-up.
FACTORS = (
    Factor("age", "number", 18, 110, "years", 1, description="age in years"),
    Factor("male", "flag", 0, 1, description="1 man, 0 woman; or give `sex`, or `gender`"),
    Factor("height", "number", 120, 230, "cm", others=(("m", 100.0), ("in", 2.54))),
    Factor(
        "weight", "number", 30, 250, "kg", 1, True, 0.5, 1.5, others=(("g", 0.001), ("lb", 0.4536))
    ),
    Factor(
        "ap_hi",
        *("number", 60, 260, "mmHg", 1, True, 1.0, 10.0),
        others=(("kPa", 7.50062),),
        description="upper (systolic) blood pressure, at rest",
    ),
    Factor(
        "ap_lo",
        *("number", 30, 160, "mmHg", 1, True, 1.0, 7.0),
        others=(("kPa", 7.50062),),
        description="lower (diastolic) blood pressure, at rest",
    ),
    Factor(
        "cholesterol",
        *("level", 1, 3, "", 1, True),
        description="1 normal, 2 above normal, 3 well above normal; no mg/dl (that is `chol`)",
    ),
    Factor(
        "gluc",
        *("level", 1, 3, "", 1, True),
        description="glucose: 1 normal, 2 above normal, 3 well above normal",
    ),
    Factor("smoke", "flag", 0, 1, "", 1, True, description="smokes: 1 yes, 0 no"),
    Factor("alco", "flag", 0, 1, "", 1, True, description="drinks alcohol: 1 yes, 0 no"),
    Factor("active", "flag", 0, 1, "", -1, True, description="physically active: 1 yes, 0 no"),
    Factor(
        "cp",
        *("choice", 0, 3),
        words=((0, "asymptomatic"), (1, "atypical"), (2, "non_anginal"), (3, "typical")),
        description="chest pain: 0 asymptomatic, 1 atypical angina, 2 non-anginal, 3 typical",
    ),
    Factor(
        "chol",
        *("number", 50, 700, "mg/dl", 1, True, 1.0, 15.0),
        others=(("mmol/l", 38.67),),
        description="serum cholesterol",
    ),
    Factor(
        "fbs", "flag", 0, 1, "", 1, True, description="fasting glucose above 120 mg/dl: 1 yes, 0 no"
    ),
    Factor(
        "restecg",
        *("choice", 0, 2),
        words=((0, "hypertrophy"), (1, "normal"), (2, "st_t")),
        description="ECG at rest: 0 hypertrophy, 1 normal, 2 abnormal ST-T",
    ),
    Factor(
        "thalach",
        *("number", 50, 230, "1/min", -1),
        noise=8.0,
        description="highest heart rate reached in the exercise test",
    ),
    Factor("exang", "flag", 0, 1, "", 1, description="angina brought on by exercise: 1 yes, 0 no"),
    Factor(
        "oldpeak",
        *("number", 0, 10, "mm", 1),
        noise=0.3,
        description="ST depression brought on by exercise",
    ),
    Factor(
        "slope",
        *("choice", 0, 2),
        words=((0, "down"), (1, "flat"), (2, "up")),
        description="slope of the ST segment at peak exercise: 0 down, 1 flat, 2 up",
    ),
    Factor(
        "ca",
        *("number", 0, 3, "", 1),
        description="major vessels narrowed in fluoroscopy, 0 to 3; 4 stands for not known",
    ),
    Factor(
        "thal",
        *("choice", 1, 3),
        words=((1, "fixed"), (2, "normal"), (3, "reversible")),
        description="thallium test: 1 fixed defect, 2 normal, 3 reversible; 0 is not known",
    ),
)
BY_NAME = {factor.name: factor for factor in FACTORS}
CHANGING = tuple(factor.name for factor in FACTORS if factor.changes)
# Codes by which the Cleveland file says that something is not known.
UNKNOWN_CODES = {"ca": 4.0, "thal": 0.0}
