"""How sure a share is."""

from __future__ import annotations

from math import sqrt

Z_95 = 1.959964  # normal quantile for 95 %, two-sided


def wilson(hits: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """Return the ends of the Wilson score interval of the share `hits / n`; (0, 1) when n is 0.

    Source: E. B. Wilson, JASA 22 (1927), 209-212; R. G. Newcombe, Statistics in Medicine 17 (1998), method 3.
    """
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    centre = share + z * z / (2 * n)
    reach = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - reach) / scale), min(1.0, (centre + reach) / scale)
