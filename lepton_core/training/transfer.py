"""Transfer learning: a new network begins with what another one has learned."""

from __future__ import annotations

from lepton_core._keras import keras
from lepton_core.errors import UsageError


def begin_with(model: keras.Model, source: keras.Model) -> list[str]:
    """Give a model the weights of another one, layer by layer.

    Layers of equal name whose weights have equal shapes are taken over; all others (a head for
    other classes, say) keep their own start.

    Args:
        model: built; changed in place.
        source: what it begins with.

    Returns:
        the names of the layers that were taken over.

    Example:
        >>> def two(width, classes):
        ...     x = keras.Input((4,))
        ...     y = keras.layers.Dense(width, name="body")(x)
        ...     return keras.Model(x, keras.layers.Dense(classes, name="head")(y))
        >>> begin_with(two(3, 2), two(3, 5))
        ['body']
    """
    given = {layer.name: layer for layer in source.layers if layer.weights}
    taken = []
    for layer in model.layers:
        other = given.get(layer.name)
        if other is None or not layer.weights:
            continue
        if [w.shape for w in layer.weights] == [w.shape for w in other.weights]:
            layer.set_weights(other.get_weights())
            taken.append(layer.name)
    return taken


def begin_with_bundle(model: keras.Model, address: str) -> list[str]:
    """Give a model the weights of a bundle's network, see :func:`begin_with`.

    Args:
        model: built; changed in place.
        address: ``solution/task@bundle``, or a bundle's folder.

    Raises:
        UsageError: ``train.no_start`` where the bundle's network has no layer in common; and what
            :func:`lepton_core.solution.resolve` raises.
    """
    from lepton_core.bundle import verify_manifest
    from lepton_core.solution import resolve

    folder = resolve(address).bundle_or_default()
    verify_manifest(folder)
    path = folder / "models" / "main.keras"
    source = keras.saving.load_model(path, compile=False, safe_mode=True)
    taken = begin_with(model, source)
    if not taken:
        raise UsageError("train.no_start", bundle=address, model=model.name)
    return taken
