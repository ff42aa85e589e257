"""The sample bundle: what it promises of lists, of streams, and of lists made anew."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.cli.main import _run
from lepton_core.data.reading import load_records
from lepton_core.decision import Rank
from lepton_core.pipeline import Pipeline
from lepton_core.scoring.stream import score_stream
from lepton_core.solution import find_task
from lepton_core.testing import check_task
from lepton_core.testing.lists import check_lists
from solutions.retail_recommender.next_item.shop import Shop

TASK = find_task("retail_recommender/next_item")
FIRST = ["TE001", "CU003", "BI002"]


def lepton(*words: object) -> int:
    return _run([str(word) for word in words], debug=False)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_bundle(TASK.bundle("sample"))


@pytest.fixture(scope="module")
def records(pipeline: Pipeline) -> pa.Table:
    return load_records(TASK.sample_data, TASK.inputs).table.slice(0, 120)


@pytest.mark.slow
def test_the_task_conforms() -> None:
    check_task(TASK)


def test_no_random_request_to_the_sample_shop_is_violated(pipeline: Pipeline) -> None:
    assert isinstance(pipeline.decision, Rank)
    assert pipeline.decision.items.catalogue.knows("stock")
    check_lists(pipeline.decision.items, 100)


def test_nobody_is_shown_what_they_had(pipeline: Pipeline, records: pa.Table) -> None:
    scored = pipeline.score(records)
    for had, shown in zip(
        records.column("items").to_pylist(), scored.columns["items"].to_pylist(), strict=True
    ):
        assert len(shown) == 10
        assert not set(had) & set(shown)


def test_any_cut_gives_the_same_lists(pipeline: Pipeline, records: pa.Table) -> None:
    whole = pipeline.score(records).columns["items"].to_pylist()
    parts = [pipeline.score(records.slice(at, 7)) for at in range(0, records.num_rows, 7)]
    assert [row for part in parts for row in part.columns["items"].to_pylist()] == whole


def test_a_customer_who_comes_again_in_a_stream_gets_a_new_list(pipeline: Pipeline) -> None:
    lines = [{"record_id": "c", "items": FIRST[:n]} for n in (1, 2, 3)]
    answers = io.StringIO()
    score_stream(pipeline, io.BytesIO("\n".join(map(json.dumps, lines)).encode()), answers)
    told = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert [len(one["history"]) for one in told] == [1, 2, 3]
    assert len({tuple(one["items"]) for one in told}) == 3


def test_lists_made_anew_from_files_are_those_of_a_bundle_that_decides_so(
    pipeline: Pipeline, records: pa.Table, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ranking = tmp_path / "today.yaml"
    ranking.write_text("k: 6\nin_stock: true\nper_category: 2\nmargin: 0.3\n")
    source = tmp_path / "records.parquet"
    pq.write_table(records, source)
    bundle = pipeline.folder
    kept = tmp_path / "kept.csv"
    assert lepton("score", bundle, source, "--out", kept) == 0
    anew, saved = tmp_path / "anew.jsonl", tmp_path / "today"
    capsys.readouterr()
    asked = ["decide", bundle, kept, "--ranking", ranking]
    assert lepton(*asked, "--out", anew, "--save", saved, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["after"]["margin"] > told["before"]["margin"]
    assert told["after"]["fit"] < told["before"]["fit"]
    expected = load_bundle(saved).score(records).columns["items"].to_pylist()
    rows = [json.loads(line) for line in anew.read_text().splitlines()]
    assert [row["items"] for row in rows] == expected


def test_the_options_of_another_decision_are_refused(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lepton("decide", pipeline.folder, "--threshold", "0.5") == 2
    assert "--ranking" in capsys.readouterr().err


def test_refused_lines_are_in_the_file_of_refused_records(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    source = tmp_path / "orders.csv"
    source.write_text(
        "customer,sku,price,when\n"
        "u,TE001,$7.75,2026-01-01T10:00:00+08:00\nu,CU003,cheap,2026-01-02\n,TE002,1,2026-01-02\n"
        "v,nothing we know,1,2026-01-02\n"
    )
    maps = ["customer=user", "sku=item", "when=time"]
    out = tmp_path / "lists.jsonl"
    options = [word for pair in maps for word in ("--map", pair)]
    assert lepton("score", pipeline.folder, source, "--out", out, *options) == 3
    rows = {row["record_id"]: row for row in map(json.loads, out.read_text().splitlines())}
    assert rows["u"]["history"] == ["TE001"]
    assert rows["v"]["note"] == "unknown_items; trending"
    refused = [
        json.loads(n) for n in (tmp_path / "lists.jsonl.rejected.jsonl").read_text().splitlines()
    ]
    assert [(one["row"], one["reasons"][0]["key"]) for one in refused] == [(1, "type"), (2, "null")]


def test_a_shop_in_python_answers_as_the_command_does(pipeline: Pipeline) -> None:
    shop = Shop.open("retail_recommender@sample")
    table = pa.table({"record_id": ["c"], "items": [FIRST]})
    assert shop.suggest(FIRST).items == pipeline.score(table).columns["items"][0].as_py()
    assert "TE001" not in shop.similar("TE001").items
    alike = [one.score for one in shop.similar("TE001").shown]
    assert alike == sorted(alike, reverse=True)
    assert shop.suggest([]).items == shop.trending().items


def test_a_new_item_stands_beside_those_that_are_called_like_it(tmp_path: Path) -> None:
    source = tmp_path / "items.csv"
    source.write_text(
        "item,title,category,price\nNEW1,Alder floral green tea,Tea,8\nNEW2,qqq xxzz vvv,Zzz,8\n"
    )
    shop = Shop.open("retail_recommender@sample").with_new_items(source)
    assert "NEW2" not in shop.decision.items.catalogue.ids
    alike = shop.similar("NEW1", k=4).shown
    assert alike[0].category == "Tea"
    assert all("floral" in one.title for one in alike)
    everything = len(shop.decision.items)
    assert "NEW1" in shop.suggest(FIRST, k=everything).items
    assert "NEW1" not in shop.suggest([*FIRST, "NEW1"], k=everything).items
    assert "NEW1" not in shop.suggest(FIRST, k=everything, high_price=7.0).items


@pytest.mark.slow
def test_any_table_of_orders_makes_a_bundle(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = ["kunde;artikel;datum"]
    for customer in range(60):
        at = int(rng.integers(0, 12))
        for day in range(1, 9):
            lines.append(f"k{customer};a{at};2026-03-{day:02d}")
            at = (at + 1) % 12
    source = tmp_path / "bestellungen.csv"
    source.write_text("\n".join(lines) + "\n")
    out = tmp_path / "mine"
    asked = ["train", "retail_recommender", "--data", source, "--out", out]
    maps = ["kunde=user", "artikel=item", "datum=time"]
    settings = ["epochs=30", "width=16", "learning_rate=0.01", "batch_items=64", "patience=30"]
    options = [word for pair in maps for word in ("--map", pair)]
    options += [word for pair in settings for word in ("--set", pair)]
    assert lepton(*asked, *options, "--run", tmp_path / "run") == 0
    shop = Shop.open(out)
    # What comes next is always the next number, and that is what it learned.
    assert shop.suggest(["a3", "a4"], k=1).items == ["a5"]
    card = json.loads((out / "card.json").read_text())
    assert set(card["baselines"]) >= {"popularity", "item_knn", "ease"}
    assert card["metrics"]["ndcg5"]["value"] > card["baselines"]["popularity"]["ndcg5"]["value"]
