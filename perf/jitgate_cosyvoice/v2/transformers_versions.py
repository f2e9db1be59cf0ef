"""What of transformers the language model is written against: two ranges of versions, and what differs between them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jitgate.model.errors import Unavailable

if TYPE_CHECKING:
    from torch import Tensor

PINNED = (4, 51)
"""The release that CosyVoice pins; of the fourth major version no other was tried."""

OLDEST = (5, 23)
"""The oldest of the fifth that was tried."""

ASKED = "transformers >= 5.23, or 4.51 as CosyVoice pins it"


def imported() -> Any:
    """The package transformers; `Unavailable` where it is missing, can't be loaded, or is of a version not tried."""
    try:
        import transformers
        from transformers import Qwen2Config, Qwen2ForCausalLM  # noqa: F401 - imported when it is asked for
    except Exception as error:  # noqa: BLE001 - one that is missing raises ImportError, a damaged one anything
        found = error
    else:
        problem = unsuitable(transformers.__version__)
        if problem:
            raise Unavailable(problem)
        return transformers
    version = _version()
    # The version counts first: another release may fail to import in any way.
    raise Unavailable(
        (version and unsuitable(version))
        or f"CosyVoice2's language model needs {ASKED}, which {_fails(found, version)}; install it with "
        'python -m pip install "jitgate[llm]"'
    ) from found


def unsuitable(version: str) -> str:
    """Why this version of transformers won't do; empty where it does."""
    number = _number(version)
    if number >= OLDEST or number == PINNED:
        return ""
    return (
        f"CosyVoice2's language model needs {ASKED}, and {version} is installed; install one with "
        'python -m pip install "jitgate[llm]"'
    )


def rotary(theta: float, version: str) -> dict[str, Any]:
    """The arguments of a configuration that say which frequencies turn keys and queries."""
    if _number(version) == PINNED:
        return {"rope_theta": theta}
    return {"rope_parameters": {"rope_type": "default", "rope_theta": theta}}


def resumed(pairs: Iterable[tuple[Tensor, Tensor]]) -> Any:
    """transformers' cache over tensors that are there already: its own constructor would copy them first."""
    from transformers.cache_utils import DynamicCache

    cache = DynamicCache()
    if not hasattr(cache, "layers"):  # 4.51
        for keys, values in pairs:
            cache.key_cache.append(keys)
            cache.value_cache.append(values)
        return cache
    from transformers.cache_utils import DynamicLayer

    for keys, values in pairs:
        layer = DynamicLayer()
        layer.dtype, layer.device, layer.is_initialized = keys.dtype, keys.device, True
        layer.keys, layer.values = keys, values
        cache.layers.append(layer)
    return cache


def pairs_of(cache: Any) -> tuple[tuple[Tensor, Tensor], ...]:
    """Keys and values of each layer."""
    if not hasattr(cache, "layers"):
        return tuple(zip(cache.key_cache, cache.value_cache, strict=True))
    return tuple((layer.keys, layer.values) for layer in cache.layers)


def _number(version: str) -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("transformers")
    except metadata.PackageNotFoundError:
        return ""


def _fails(error: Exception, version: str) -> str:
    from jitgate.model.error_words import shortly

    said = shortly(error)
    return f"is installed ({version}) and can't be loaded ({said})" if version else f"is not installed ({said})"
