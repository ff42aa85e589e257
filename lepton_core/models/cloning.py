"""Lets ``keras.models.clone_model`` give back our ``Sequential`` for our ``Sequential``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from keras.src.models import cloning as keras_cloning

from lepton_core._keras import keras


def keep_class(kind: type[keras.Sequential]) -> None:
    """Make clones of ``kind`` be of ``kind`` too, with the same ``auto_flatten``.

    Keras clones every subclass of ``Sequential`` into a plain one, which cannot build a stack
    that has yet to be flattened. It leaves no hook, so its inner function is wrapped; models of
    any other class take Keras's own way.

    Args:
        kind: our ``Sequential``.
    """
    keras_clone = keras_cloning._clone_sequential_model

    @wraps(keras_clone)
    def clone(
        model: keras.Sequential,
        clone_function: Callable[[keras.Layer], keras.Layer],
        input_tensors: Any = None,
    ) -> keras.Sequential:
        if not isinstance(model, kind):
            return keras_clone(model, clone_function=clone_function, input_tensors=input_tensors)
        stack = [clone_function(layer) for layer in model.layers]
        head = [layer for layer in model._layers[:1] if isinstance(layer, keras.layers.InputLayer)]
        if input_tensors is not None and not head:
            head = [keras.layers.InputLayer(shape=())]  # its shape gives way to the tensors'
        if head:
            bare = keras_clone(keras.Sequential(head), clone_function, input_tensors)
            stack = [bare._layers[0], *stack]
        copy = kind(
            stack, name=model.name, trainable=model.trainable, auto_flatten=model.auto_flatten
        )
        if model.compiled:
            copy.compile_from_config(model.get_compile_config())
        return copy

    keras_cloning._clone_sequential_model = clone
