"""Progress bars: in a terminal and in a notebook, never in a log file."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any


def _watched() -> bool:
    """Tell whether somebody looks: a terminal, or a running notebook kernel."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def progress_bar(*, total: int | None, desc: str, unit: str, enabled: bool = True) -> Any:
    """Return a tqdm bar; it stays silent where nobody looks and for work under half a second.

    Parameters
    ----------
    total : int or None
        Number of steps, None when unknown.
    desc : str
        What is being done.
    unit : str
        What one step is, e.g. ``"rows"``.
    enabled : bool
        False for no bar at all.
    """
    # In a notebook without its widgets tqdm.auto would warn, and then draw the plain bar as well.
    if importlib.util.find_spec("ipywidgets") is None:
        from tqdm import tqdm
    else:
        from tqdm.auto import tqdm

    return tqdm(
        total=total,
        desc=desc,
        unit=f" {unit}",
        disable=not (enabled and _watched()),
        delay=0.5,
        leave=False,
        dynamic_ncols=True,
    )
