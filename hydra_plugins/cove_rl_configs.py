"""Let Hydra find our configuration groups from any directory, in a wheel and in a checkout.

Hydra looks for plugins in the namespace package `hydra_plugins`; nothing heavy may be imported here, since every Hydra
application on the machine loads this file.
"""

from importlib.util import find_spec
from pathlib import Path

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin


class CoveConfigs(SearchPathPlugin):  # type: ignore[misc]  # hydra has no complete types
    """Adds `configs/` behind the application's own directory, so that nothing of ours hides a file of verl's."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append the folder, wherever the library is installed."""
        spec = find_spec("cove_rl")
        if spec is None or spec.origin is None:
            return
        package = Path(spec.origin).parent
        for folder in (package / "_configs", package.parent / "configs"):
            if (folder / "env").is_dir():
                search_path.append("cove_rl", folder.as_uri())
                return
