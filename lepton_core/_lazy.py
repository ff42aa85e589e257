"""Names and Keras namespaces that load on first use, so that ``import lepton_core`` stays light."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

# Keras modules that can be imported under our name: ``from lepton_core.callbacks import ...``.
# Not among them: ``export`` and ``preprocessing``, which are modules of our own, and ``legacy``.
KERAS_NAMESPACES = (
    "activations",
    "applications",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "distillation",
    "distribution",
    "dtype_policies",
    "initializers",
    "losses",
    "metrics",
    "mixed_precision",
    "ops",
    "optimizers",
    "quantizers",
    "random",
    "regularizers",
    "saving",
    "tree",
    "utils",
    "visualization",
    "wrappers",
)


def resolve(target: str) -> Any:
    """The object behind a table entry.

    Args:
        target: ``module:attribute``, or ``module`` for the module itself.

    Raises:
        MissingDependency: if the entry needs Keras and Keras is not installed.

    Example:
        >>> resolve("math:pi")
        3.141592653589793
    """
    name, _, attribute = target.partition(":")
    if name.partition(".")[0] == "keras":
        import_module("lepton_core._keras")
    module = import_module(name)
    return getattr(module, attribute) if attribute else module


def look_up(package: str, name: str, own: Mapping[str, str], namespace: str) -> Any:
    """An attribute of a package of ours that adds names to a Keras module.

    Args:
        package: our package, for example ``lepton_core.layers``.
        name: the attribute asked for; ``__all__`` lists the public names.
        own: our names and where they are, as :func:`resolve` takes it; they win over Keras's.
        namespace: the Keras module that has the rest, ``keras.layers``.

    Raises:
        AttributeError: if neither has it.
    """
    if name == "__all__":
        return names(own, namespace)
    if name in own:
        return resolve(own[name])
    if not name.startswith("_") and hasattr(module := resolve(namespace), name):
        return getattr(module, name)
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


def names(own: Mapping[str, str], namespace: str) -> list[str]:
    """The public names that :func:`look_up` finds, sorted."""
    return sorted({*own, *(name for name in dir(resolve(namespace)) if name[0] != "_")})


class KerasNamespaceFinder:
    """Answers ``import lepton_core.callbacks`` with the module ``keras.callbacks`` itself."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A spec for ``lepton_core.<namespace>`` and what is below it, None for anything else."""
        package, _, name = fullname.partition(".")
        if package != __package__ or name.partition(".")[0] not in KERAS_NAMESPACES:
            return None
        loader: Any = KerasNamespaceFinder()
        return ModuleSpec(fullname, loader, is_package=True)

    def create_module(self, spec: ModuleSpec) -> None:
        """None: Python makes the placeholder that :meth:`exec_module` replaces."""

    def exec_module(self, module: ModuleType) -> None:
        """Put the Keras module in the placeholder's stead, as the import system allows."""
        name = module.__name__
        sys.modules[name] = resolve("keras." + name.partition(".")[2])


def install() -> None:
    """Let Python's import statement find the Keras namespaces.

    The finder stands before Python's own, which would take ``lepton_core.applications.resnet``
    from Keras's folder and run it a second time.
    """
    if KerasNamespaceFinder not in sys.meta_path:
        sys.meta_path.insert(0, KerasNamespaceFinder)
