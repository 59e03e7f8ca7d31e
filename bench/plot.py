"""A bar chart as SVG: groups of bars on a logarithmic axis, each with its figure. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Final

_BAR: Final = 18
_GAP: Final = 34
_LABEL: Final = 270
_WIDTH: Final = 460
_OURS: Final = "#b3123f"
_OTHERS: Final = "#8793a8"


def bar_chart(title: str, groups: Mapping[str, Mapping[str, float]], ours: str) -> str:
    """Groups of named positive values, shorter is better; `ours` is the name that is coloured."""
    values = [value for group in groups.values() for value in group.values()]
    low, high = math.log10(min(values)) - 0.3, math.log10(max(values))
    lines: list[str] = []
    top = 40
    for group, bars in groups.items():
        lines.append(_text(8, top, group, weight="bold"))
        top += 10
        for name, value in bars.items():
            length = _WIDTH * (math.log10(value) - low) / (high - low)
            colour = _OURS if name == ours else _OTHERS
            lines.append(_text(_LABEL - 8, top + 13, name, anchor="end"))
            bar = f'<rect x="{_LABEL}" y="{top}" width="{length:.1f}" height="{_BAR - 4}" fill="{colour}"/>'
            lines.append(bar)
            lines.append(
                _text(_LABEL + length + 6, top + 12, f"{value:.2f}" if value < 10 else f"{value:.1f}")
            )
            top += _BAR
        top += _GAP
    width = _LABEL + _WIDTH + 60
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" width="{width}" height="{top}"'
        ' font-family="system-ui, sans-serif" font-size="12">\n'
        f'<rect width="{width}" height="{top}" fill="#ffffff"/>\n'
        + _text(8, 20, title, weight="bold", size=14)
        + "\n"
        + "\n".join(lines)
        + "\n</svg>\n"
    )


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal", size: int = 12
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}"'
        f' font-size="{size}">{escape(text)}</text>'
    )
