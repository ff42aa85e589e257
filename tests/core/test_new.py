"""lepton new: what it refuses, what it writes, and that nothing is left of a failure."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from lepton_core import scaffold
from lepton_core.data.cards import read_card
from lepton_core.errors import LeptonError, UsageError
from lepton_core.messages import catalogue
from lepton_core.scaffold import Project, install_command, kinds, make_project, train_command

ROOT = Path(__file__).resolve().parents[2]
TASKS = {"image": "pictures", "table": "records", "sequence": "events", "series": "forecast"}
ROLES = ("task", "config", "preprocessing", "model", "training", "evaluation", "sample")
# Settings that every template understands, so that a training takes seconds.
BRIEF = ["--set", "epochs=2"]


@pytest.fixture(scope="module", params=kinds())
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A new project of each kind."""
    return make_project("shop_floor", request.param, tmp_path_factory.mktemp("new"))


def texts(project: Project) -> dict[Path, str]:
    suffixes = (".py", ".yaml", ".md", ".toml")
    files = [path for path in project.root.rglob("*") if path.suffix in suffixes]
    return {path.relative_to(project.root): path.read_text(encoding="utf-8") for path in files}


def test_there_is_a_template_for_every_kind() -> None:
    assert set(kinds()) == set(TASKS)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Shop", "scaffold.bad_name"),
        ("9lives", "scaffold.bad_name"),
        ("shop-floor", "scaffold.bad_name"),
        ("../shop", "scaffold.bad_name"),
        ("", "scaffold.bad_name"),
        ("class", "scaffold.bad_name"),
        ("caf\u00e9", "scaffold.bad_name"),
        ("a" * 41, "scaffold.bad_name"),
        ("fraud_rnn", "scaffold.taken"),
        ("numpy", "scaffold.taken"),
        ("calendar", "scaffold.taken"),
        ("lepton_core", "scaffold.taken"),
        ("tests", "scaffold.taken"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_a_reason(
    name: str, key: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        make_project(name, "table", tmp_path)
    assert caught.value.key == key
    assert caught.value.text("en") != caught.value.text("zh")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "near"),
    [("Shop Floor", "shop_floor"), ("9lives", "lives"), ("class", "my_class"), ("", "my_solution")],
)
def test_a_refused_name_comes_with_one_that_can_be(name: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        scaffold.check_name(name)
    assert caught.value.values["near"] == near
    scaffold.check_name(near)


def test_unknown_kinds_and_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        make_project("shop_floor", "tabel", tmp_path)
    assert caught.value.key == "scaffold.kind"
    assert "table" in str(caught.value)
    with pytest.raises(UsageError) as caught:
        make_project("shop_floor", "table", tmp_path / "nowhere")
    assert caught.value.key == "scaffold.no_folder"


def test_what_stands_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "shop_floor").mkdir()
    (tmp_path / "shop_floor/mine.txt").write_text("keep")
    with pytest.raises(UsageError) as caught:
        make_project("shop_floor", "table", tmp_path)
    assert caught.value.key == "scaffold.exists"
    assert [path.name for path in tmp_path.rglob("*")] == ["shop_floor", "mine.txt"]


def test_nothing_is_left_when_the_sample_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(scaffold.TEMPLATES, templates)
    (templates / "table/records/sample.py").write_text("raise OSError('no space left')\n")
    monkeypatch.setattr(scaffold, "TEMPLATES", templates)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(LeptonError) as caught:
        make_project("shop_floor", "table", out)
    assert caught.value.key == "scaffold.sample"
    assert "no space left" in str(caught.value)
    assert not list(out.iterdir())


def test_a_project_has_every_part(project: Project) -> None:
    task = project.task.partition("/")[2]
    assert project.task == f"shop_floor/{task}"
    assert task in TASKS.values()
    for part in ("pyproject.toml", "README.md", ".gitignore", "tests/test_shop_floor.py"):
        assert (project.root / part).is_file(), part
    for part in ("__init__.py", "solution.py", "dashboard.py", "messages/en.yaml"):
        assert (project.package / part).is_file(), part
    assert {f"{role}.py" for role in ROLES} <= {p.name for p in project.task_folder.iterdir()}
    assert not project.sample_bundle.exists()


def test_the_neutral_name_is_replaced_everywhere(project: Project) -> None:
    for path, text in texts(project).items():
        for word in ("my_solution", "My solution", "我的"):
            assert word not in text, f"{word} in {path}"
        assert "my_solution" not in str(path)


def test_a_name_that_holds_the_neutral_one_is_not_filled_in_twice(tmp_path: Path) -> None:
    project = make_project("my_solution_two", "table", tmp_path)
    assert 'package="my_solution_two"' in texts(project)[Path("src/my_solution_two/solution.py")]
    assert not any("two_two" in text for text in texts(project).values())


def test_the_code_compiles_and_imports_itself_relatively(project: Project) -> None:
    for path, text in texts(project).items():
        if path.suffix != ".py":
            continue
        tree = ast.parse(text)
        inside = project.package.relative_to(project.root) in path.parents
        for node in ast.walk(tree):
            if inside and isinstance(node, ast.ImportFrom) and not node.level:
                assert not (node.module or "").startswith("shop_floor"), path


def test_the_entry_point_and_the_package_name_the_same_thing(project: Project) -> None:
    declared = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))
    points = declared["project"]["entry-points"]["lepton.solutions"]
    assert points == {"shop_floor": "shop_floor.solution:SOLUTION"}
    assert 'package="shop_floor"' in (project.package / "solution.py").read_text(encoding="utf-8")


def test_both_languages_say_the_same(project: Project) -> None:
    english, chinese = (catalogue(project.package / "messages", x) for x in ("en", "zh"))
    assert set(english) == set(chinese)
    assert english["shop_floor.title"] == "Shop floor"
    assert chinese["shop_floor.title"] == "Shop floor 方案"


def test_the_sample_stands_where_its_card_says(project: Project) -> None:
    card = read_card(project.package / "datasets/shop_floor_sample.yaml")
    assert card.tasks == (project.task,)
    assert (project.package / "datasets/shop_floor_sample" / card.reader.path).exists()


def test_the_readme_has_six_steps_and_no_other_name(project: Project) -> None:
    text = (project.root / "README.md").read_text(encoding="utf-8")
    for number in range(1, 7):
        assert f"\n{number}. **" in text, f"step {number}"
    assert "lepton data check" in text
    assert "lepton evaluate shop_floor --data shop_floor_sample" in text


def checkout(folder: Path) -> Path:
    """A folder that looks like a working copy of Lepton."""
    for part in ("lepton_core", "solutions", "datasets"):
        (folder / part).mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_in_a_checkout_it_goes_where_the_others_are(tmp_path: Path) -> None:
    root = checkout(tmp_path / "lepton")
    project = make_project("shop_floor", "table", root)
    assert (project.root, project.package) == (root, root / "solutions/shop_floor")
    for part in (
        "solutions/shop_floor/README.md",
        "datasets/shop_floor_sample.yaml",
        "datasets/shop_floor_sample/records.parquet",
        "tests/solutions/shop_floor/test_shop_floor.py",
    ):
        assert (root / part).is_file(), part
    assert not (root / "solutions/shop_floor/datasets").exists()
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    before = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    points = declared["project"]["entry-points"].pop("lepton.solutions")
    others = before["project"]["entry-points"].pop("lepton.solutions")
    assert points == {**others, "shop_floor": "solutions.shop_floor.solution:SOLUTION"}
    assert declared == before
    code = (root / "solutions/shop_floor/records/task.py").read_text(encoding="utf-8")
    assert 'package="solutions.shop_floor.records"' in code


def test_a_checkout_without_its_entry_points_is_left_alone(tmp_path: Path) -> None:
    root = checkout(tmp_path / "lepton")
    (root / "pyproject.toml").write_text('[project]\nname = "lepton-core"\n')
    with pytest.raises(UsageError) as caught:
        make_project("shop_floor", "table", root)
    assert caught.value.key == "scaffold.no_entry_points"
    assert not list((root / "solutions").iterdir())
    assert not (root / "tests").exists()


def test_installing_needs_no_network(project: Project) -> None:
    command = install_command(project)
    assert command[:3] == [sys.executable, "-m", "pip"]
    assert {"--no-deps", "--no-build-isolation"} <= set(command)
    assert command[-1] == str(project.root)


def environment(project: Project, site: Path) -> dict[str, str]:
    """Variables under which a project is installed, without a trace in this environment."""
    info = site / "shop_floor-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop_floor\nVersion: 0.1\n")
    point = "[lepton.solutions]\nshop_floor = shop_floor.solution:SOLUTION\n"
    (info / "entry_points.txt").write_text(point)
    path = os.pathsep.join([str(site), str(project.package.parent), str(ROOT)])
    return {**os.environ, "PYTHONPATH": path}


@pytest.mark.slow
@pytest.mark.parametrize("kind", kinds())
def test_a_project_works_from_the_first_minute(kind: str, tmp_path: Path) -> None:
    """Trained briefly, it is listed, scores its sample, and its settings can be changed."""
    project = make_project("shop_floor", kind, tmp_path)
    variables = environment(project, tmp_path / "site")

    def run(*command: str) -> str:
        ran = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=variables, check=False
        )
        assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
        return ran.stdout

    lepton = (sys.executable, "-m", "lepton_core.cli")
    brief = [*train_command(project), *BRIEF, "--run", str(tmp_path / "run")]
    run(*brief)
    assert (project.sample_bundle / "manifest.json").is_file()
    assert project.task in run(*lepton, "list")
    told = run(*lepton, "evaluate", "shop_floor", "--data", "shop_floor_sample", "--json")
    assert '"baselines"' in told
    run(*lepton, "demo", "shop_floor")
    run(*lepton, "verify", str(project.sample_bundle))


@pytest.mark.slow
@pytest.mark.parametrize("kind", kinds())
def test_a_projects_own_tests_pass(kind: str, tmp_path: Path) -> None:
    """As the README says: trained by its own settings, everything it promises holds."""
    project = make_project("shop_floor", kind, tmp_path)
    variables = environment(project, tmp_path / "site")
    commands = (
        [*train_command(project), "--run", str(tmp_path / "run")],
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
    )
    for command in commands:
        ran = subprocess.run(
            command, capture_output=True, text=True, cwd=project.root, env=variables, check=False
        )
        assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
