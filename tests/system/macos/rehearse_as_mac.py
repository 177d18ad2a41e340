"""Rehearse a whole case on what the program takes for a Mac: `python rehearse_as_mac.py FOLDER`.

Prints last, as JSON, how often each documented call was made.
"""

from __future__ import annotations

import json
import os
import pkgutil
import shutil
import sys
import sysconfig
import types
from collections import Counter
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from mac_world import POSIX_ONLY, World

from app.system.macos import api


def main(folder):
    import app

    for info in pkgutil.walk_packages(app.__path__, "app."):
        if not info.name.startswith(("app.ui", "app.__main__")):
            import_module(info.name)
    import psutil  # noqa: F401 it asks for the system's name when it is loaded

    sysconfig.get_config_vars()  # likewise
    world = World()
    native = types.ModuleType("native")
    native.Native = lambda: world
    sys.modules["app.system.macos.native"] = native
    from app.system import protected

    protected.is_protected.__defaults__ = ((), "darwin")
    for name in POSIX_ONLY:
        if hasattr(os, name):
            delattr(os, name)
    shutil._copyxattr = lambda *_, **__: None  # the standard library's own, as it is on the Mac
    sys.platform = "darwin"
    from app.__main__ import main as lethe

    code = lethe(["rehearse", folder, "--records", "40"])
    names = {number: name for name, number in vars(api).items() if name.startswith("F_")}
    names["rename"] = "renameatx_np"
    calls = Counter(names.get(entry[0], str(entry[0])) for entry in world.log)
    print(json.dumps({"code": code, "calls": calls}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
