"""Good parts that a model was not taught with, and how strange they look to it.

Where teaching takes seconds (`contrast`), all good parts teach, and each is judged once by a model
that was taught with the others: ten good parts then count as ten. Where it takes minutes, the
validation part is held out for it.

Source:
    Vovk, Cross-conformal predictors, 2015.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .changes import Units, moments_of
from .model import Tell, maps
from .preprocessing import Preprocessor
from .profile import Profile, figures_of

_FOLDS = 10


class Parts(NamedTuple):
    """Pictures of good parts, uint8 [h, w, C] each as scaled, and the part of each, [n]."""

    pictures: list[np.ndarray]
    groups: np.ndarray

    def and_also(self, others: Parts) -> Parts:
        """Both together."""
        groups = np.concatenate([self.groups, others.groups])
        return Parts([*self.pictures, *others.pictures], groups)


class Held(NamedTuple):
    """How strange held-out good parts look.

    Args:
        scores: float32 [n].
        places: the strangest place of each, float32 [n].
        groups: the part of each, [n].
        how: which they are, for the card.
    """

    scores: np.ndarray
    places: np.ndarray
    groups: np.ndarray
    how: str


def held_out(model: Any, preprocessor: Preprocessor, parts: Parts, tell: Tell) -> Held:
    """Parts that the model has not seen.

    Args:
        model: tiles to maps.
        preprocessor: that joins them.
        parts: at least one.
        tell: told how many are scored.
    """
    found = []
    for number, picture in enumerate(parts.pictures, start=1):
        tiles = maps(model, preprocessor.grid.cut(preprocessor.seen(picture)))
        score, cells = preprocessor.judged(tiles, picture.shape[:2])
        found.append((score, float(cells.max())))
        tell("held_out", number, len(parts.pictures))
    scores, places = np.array(found, np.float32).T
    return Held(scores, places, parts.groups, "good validation parts")


def in_turns(
    model: Any, preprocessor: Preprocessor, parts: Parts, tell: Tell
) -> tuple[Profile, Held | None]:
    """A profile of all parts, and how each looks to one of the others.

    Args:
        model: tiles to contrasts.
        preprocessor: that joins them.
        parts: good parts of training and validation.
        tell: told how many are measured, and how many scored.

    Returns:
        the profile, and the parts held out in turn; None where all pictures show one part.
    """
    gaps, areas, moments = [], [], []
    for number, picture in enumerate(parts.pictures, start=1):
        tiles = maps(model, preprocessor.grid.cut(preprocessor.seen(picture)))
        cells, wide = preprocessor.contrasts(tiles, picture.shape[:2])
        gaps.append(figures_of(cells))
        moments.append(moments_of(wide))
        # As large as the picture itself is enough.
        areas.append([area.astype(np.float16) for area in wide])
        tell("features", number, len(parts.pictures))

    def learned(rows: np.ndarray) -> tuple[Profile, np.ndarray]:
        """From some parts: their profile, and in its units the figures of all."""
        units = Units.fit(np.array(moments)[rows], parts.groups[rows])
        changes = [figures_of(units.distances(one)) for one in areas]
        figures = np.concatenate([gaps, changes], axis=-1)
        return Profile.fit(units, figures[rows], parts.groups[rows]), figures

    everyone = np.ones(len(areas), bool)
    names, group = np.unique(parts.groups, return_inverse=True)
    folds = min(_FOLDS, len(names))
    if folds < 2:
        return learned(everyone)[0], None
    found = np.zeros((len(areas), 2), np.float32)
    done = 0
    for fold in range(folds):
        out = group % folds == fold
        profile, figures = learned(~out)
        for row in np.flatnonzero(out):
            found[row] = profile.score(figures[row]), profile.place(figures[row])
        done += int(out.sum())
        tell("held_out", done, len(areas))
    how = f"good training and validation parts, in turns of {folds}"
    return learned(everyone)[0], Held(found[:, 0], found[:, 1], parts.groups, how)
