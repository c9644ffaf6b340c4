"""The colours of every figure, in Python and in the report.

They are of the palette of Okabe and Ito, "Color universal design" (2008), which people with any of the common
colour vision deficiencies can tell apart.
"""

from __future__ import annotations

BLUE = "#0072B2"
SKY_BLUE = "#56B4E9"
VERMILION = "#D55E00"
ORANGE = "#E69F00"
