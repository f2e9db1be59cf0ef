"""A loaded AOTInductor package as a runner that proves itself: compiled code for the device that was asked for."""

from __future__ import annotations

from typing import Any

from jitgate.engines.self_checking import RecompileEvents


class Packaged:
    """Runs what `torch._inductor.aoti_load_package` gave. A package is compiled for good: it never recompiles."""

    def __init__(self, package: Any, device: str) -> None:
        self.package = package
        self._kind = device.split(":", maxsplit=1)[0]

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        return self.package(*inputs, **named)

    def proof(self) -> str | None:
        loader: Any = getattr(self.package, "loader", None)
        if type(loader).__name__ != "AOTIModelPackageLoader":
            return f"a {type(self.package).__name__} was loaded, which holds no compiled package"
        built_for = loader.get_metadata().get("AOTI_DEVICE_KEY")
        if built_for is not None and built_for != self._kind:
            return f"the package was compiled for {built_for}, and this is {self._kind}"
        return None

    def recompiles(self) -> RecompileEvents:
        return {}
