"""Results on stdout, as text or as JSON."""

import json
import math
from typing import Any

from physgan.errors import one_line

__all__ = ["json_value", "print_result"]


def print_result(result: dict[str, Any], as_json: bool) -> None:
    """Print a result: `name: value` lines, or one line of JSON."""
    if as_json:
        print(json.dumps(json_value(result), allow_nan=False))
        return
    for name, value in result.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for key, item in value.items():
                print(f"  {one_line(str(key))}: {_text(item)}")
        else:
            print(f"{name}: {_text(value)}")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{one_line(str(key))} {_text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return f"{len(value)} items" if len(value) > 8 else ", ".join(map(_text, value))
    return f"{value:.6g}" if isinstance(value, float) else one_line(str(value))


def json_value(value: Any) -> Any:
    """JSON values only: no NumPy, no NaN."""
    if isinstance(value, dict):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if hasattr(value, "tolist"):
        return json_value(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, bool | int | str | None) else str(value)
