"""Lepton's core: ``import lepton_core as lc`` and use it as one would use Keras, and more.

Every public name is listed once in a table and loaded when it is first asked for, so that
importing this package costs next to nothing and needs nothing but Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lepton_core import _lazy

if TYPE_CHECKING:
    from keras import DTypePolicy as DTypePolicy
    from keras import Function as Function
    from keras import Initializer as Initializer
    from keras import Input as Input
    from keras import InputSpec as InputSpec
    from keras import KerasTensor as KerasTensor
    from keras import Layer as Layer
    from keras import Loss as Loss
    from keras import Metric as Metric
    from keras import Model as Model
    from keras import Operation as Operation
    from keras import Optimizer as Optimizer
    from keras import Quantizer as Quantizer
    from keras import Regularizer as Regularizer
    from keras import StatelessScope as StatelessScope
    from keras import SymbolicScope as SymbolicScope
    from keras import Variable as Variable
    from keras import activations as activations
    from keras import applications as applications
    from keras import backend as backend
    from keras import callbacks as callbacks
    from keras import config as config
    from keras import constraints as constraints
    from keras import datasets as datasets
    from keras import device as device
    from keras import distillation as distillation
    from keras import distribution as distribution
    from keras import dtype_policies as dtype_policies
    from keras import initializers as initializers
    from keras import losses as losses
    from keras import metrics as metrics
    from keras import mixed_precision as mixed_precision
    from keras import name_scope as name_scope
    from keras import ops as ops
    from keras import optimizers as optimizers
    from keras import quantizers as quantizers
    from keras import random as random
    from keras import regularizers as regularizers
    from keras import remat as remat
    from keras import saving as saving
    from keras import tree as tree
    from keras import utils as utils
    from keras import visualization as visualization
    from keras import wrappers as wrappers
    from keras.saving import register_keras_serializable as register_keras_serializable
    from keras.utils import clear_session as clear_session
    from keras.utils import set_random_seed as set_random_seed

    from lepton_core import layers as layers
    from lepton_core import models as models
    from lepton_core.bundle import load_bundle as load_bundle
    from lepton_core.bundle import save_bundle as save_bundle
    from lepton_core.decision import Classify as Classify
    from lepton_core.decision import Decision as Decision
    from lepton_core.errors import LeptonError as LeptonError
    from lepton_core.loading import load as load
    from lepton_core.models.sequential import Sequential as Sequential
    from lepton_core.pipeline import Pipeline as Pipeline
    from lepton_core.pipeline import Session as Session
    from lepton_core.predictions import Predictions as Predictions
    from lepton_core.preprocessing import Preprocessor as Preprocessor
    from lepton_core.solution import Solution as Solution
    from lepton_core.solution import Task as Task
    from lepton_core.spec import Column as Column
    from lepton_core.spec import Spec as Spec

_PUBLIC = {
    "Classify": "lepton_core.decision:Classify",
    "Column": "lepton_core.spec:Column",
    "DTypePolicy": "keras:DTypePolicy",
    "Decision": "lepton_core.decision:Decision",
    "Function": "keras:Function",
    "Initializer": "keras:Initializer",
    "Input": "keras:Input",
    "InputSpec": "keras:InputSpec",
    "KerasTensor": "keras:KerasTensor",
    "Layer": "keras:Layer",
    "LeptonError": "lepton_core.errors:LeptonError",
    "Loss": "keras:Loss",
    "Metric": "keras:Metric",
    "Model": "keras:Model",
    "Operation": "keras:Operation",
    "Optimizer": "keras:Optimizer",
    "Pipeline": "lepton_core.pipeline:Pipeline",
    "Predictions": "lepton_core.predictions:Predictions",
    "Preprocessor": "lepton_core.preprocessing:Preprocessor",
    "Quantizer": "keras:Quantizer",
    "Regularizer": "keras:Regularizer",
    "Sequential": "lepton_core.models.sequential:Sequential",
    "Session": "lepton_core.pipeline:Session",
    "Solution": "lepton_core.solution:Solution",
    "Spec": "lepton_core.spec:Spec",
    "StatelessScope": "keras:StatelessScope",
    "SymbolicScope": "keras:SymbolicScope",
    "Task": "lepton_core.solution:Task",
    "Variable": "keras:Variable",
    "activations": "lepton_core.activations",
    "applications": "lepton_core.applications",
    "backend": "lepton_core.backend",
    "callbacks": "lepton_core.callbacks",
    "clear_session": "keras.utils:clear_session",
    "config": "lepton_core.config",
    "constraints": "lepton_core.constraints",
    "datasets": "lepton_core.datasets",
    "device": "keras:device",
    "distillation": "lepton_core.distillation",
    "distribution": "lepton_core.distribution",
    "dtype_policies": "lepton_core.dtype_policies",
    "initializers": "lepton_core.initializers",
    "layers": "lepton_core.layers",
    "load": "lepton_core.loading:load",
    "load_bundle": "lepton_core.bundle:load_bundle",
    "losses": "lepton_core.losses",
    "metrics": "lepton_core.metrics",
    "mixed_precision": "lepton_core.mixed_precision",
    "models": "lepton_core.models",
    "name_scope": "keras:name_scope",
    "ops": "lepton_core.ops",
    "optimizers": "lepton_core.optimizers",
    "quantizers": "lepton_core.quantizers",
    "random": "lepton_core.random",
    "register_keras_serializable": "keras.saving:register_keras_serializable",
    "regularizers": "lepton_core.regularizers",
    "remat": "keras:remat",
    "save_bundle": "lepton_core.bundle:save_bundle",
    "saving": "lepton_core.saving",
    "set_random_seed": "keras.utils:set_random_seed",
    "tree": "lepton_core.tree",
    "utils": "lepton_core.utils",
    "visualization": "lepton_core.visualization",
    "wrappers": "lepton_core.wrappers",
}

_lazy.install()


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("lepton-core")
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = _lazy.resolve(_PUBLIC[name])
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*_PUBLIC, "__version__", "__doc__", "__name__", "__path__", "__file__"})


__all__ = sorted(_PUBLIC)
