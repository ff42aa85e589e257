"""Every part that arrives has an id of its own, also where a name comes again."""

from __future__ import annotations

import pytest

from lepton_core.scoring.part_ids import PartIds


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        (["a.png", "b.png"], ["a.png", "b.png"]),
        (["a.png", "a.png", "a.png"], ["a.png", "a~2.png", "a~3.png"]),
        (["a~2.png", "a.png", "a.png"], ["a~2.png", "a.png", "a~3.png"]),
        (["a.png", "a.png", "a~2.png"], ["a.png", "a~2.png", "a~2~2.png"]),
        (["x/a.tar.gz", "x/a.tar.gz", "a.tar.gz"], ["x/a.tar.gz", "x/a.tar~2.gz", "a.tar.gz"]),
    ],
)
def test_no_two_parts_have_one_id(given: list[str], ids: list[str]) -> None:
    part_ids, again = PartIds(), PartIds()
    for name, expected in zip(given, ids, strict=True):
        assert part_ids.give(name) == expected
        # A process that comes later goes on from the log.
        assert again.give(name) == expected
        restarted = PartIds()
        for kept, part_id in zip(given, ids, strict=True):
            restarted.keep(kept, part_id)
        again = restarted if expected == ids[-1] else again


def test_the_memory_of_names_is_bounded_by_the_last_that_came() -> None:
    ids = PartIds(remembered=3)
    for name in ("a.png", "b.png", "c.png", "a.png"):
        ids.give(name)
    assert ids.give("b.png") == "b.png"  # forgotten: "a" came again after it
    assert ids.give("a.png") == "a~3.png"
