"""One line per figure. Nothing here fails: a busy machine is no mistake of the code's."""

from __future__ import annotations

WIDTHS = (46, 12, 12, 8, 10)


def line(name: str, measured: str, floor: str, ratio: str, target: str, verdict: str) -> None:
    cells = [f"{cell:>{width}}" for cell, width in zip((measured, floor, ratio, target), WIDTHS[1:], strict=True)]
    print(f"{name:<{WIDTHS[0]}}", *cells, verdict, sep="  ", flush=True)


def head() -> None:
    line("what", "measured", "floor", "ratio", "target", "")


def at_most(name: str, measured: float, target: float, *, floor: float | None = None, unit: str = "") -> None:
    """Print a figure of which less is better; with a floor, its ratio to that is what counts."""
    row(name, measured, floor, unit, f"≤ {target:g}", lambda figure: figure <= target)


def at_least(name: str, measured: float, target: float, *, floor: float | None = None, unit: str = "") -> None:
    row(name, measured, floor, unit, f"≥ {target:g}", lambda figure: figure >= target)


def row(name: str, measured: float, floor: float | None, unit: str, target: str, holds) -> None:
    figure = measured if floor is None else measured / floor
    line(
        name,
        amount(measured, unit),
        "" if floor is None else amount(floor, unit),
        "" if floor is None else f"{figure:.2f}",
        target,
        "ok" if holds(figure) else "over",
    )


def amount(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
    return f"{number} {unit}".strip()
