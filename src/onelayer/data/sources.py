"""What a user may name as a source of data: a data set that is known by name, or a folder of IDX files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from onelayer.data.catalogue import known_sets
from onelayer.data.dataset import Dataset
from onelayer.data.download import Progress
from onelayer.data.idx_folder import UNDERSTOOD, load_folder
from onelayer.errors import DataFileError, DataNotFoundError


@dataclass(frozen=True)
class Source:
    """The data that a source holds.

    Attributes
    ----------
    name : str
        Name of the data set, or of the folder.
    train : Dataset
        The training part, or all of it when there is only one part.
    test : Dataset or None
        The test part.
    """

    name: str
    train: Dataset
    test: Dataset | None


def load(source: str | Path, *, labels_required: bool = True, progress: Progress | None = None) -> Source:
    """Load data from a source that a user names.

    Parameters
    ----------
    source : str or Path
        Name of a data set, as :func:`onelayer.data.datasets.known` lists them; or a folder with
        ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte`` and perhaps the same for ``t10k``, or with
        one images and one labels file, each plain or gzip. A folder that has the name of a data set is
        written ``./mnist``.
    labels_required : bool
        Whether to refuse images without labels.
    progress : callable or None
        Called as a file is downloaded: ``progress(name, bytes_received, bytes_in_all_or_None)``.

    Returns
    -------
    Source
        Name, training part, and test part or None.

    Raises
    ------
    DataNotFoundError
        There is nothing of this name, or a file is missing from the folder.
    DataFileError
        A file is damaged, or the source is of a kind that is not understood.
    InvalidDataError
        Images and labels do not go together, there are none, or a label is NaN.

    Examples
    --------
    >>> load("table.csv")
    Traceback (most recent call last):
    ...
    onelayer.errors.DataNotFoundError: table.csv: there is no such folder or data set; a source is the name of
    a data set (fashion-mnist, house-prices, mnist, synthetic-regression) or a folder with
    train-images-idx3-ubyte, ... each plain or .gz
    """
    sets = known_sets()
    if str(source) in sets:
        train, test = sets[str(source)].load(progress)
        return Source(str(source), train, test)
    folder = Path(source)
    kinds = f"a source is the name of a data set ({', '.join(sorted(sets))}) or a folder with {UNDERSTOOD}"
    if not folder.exists():
        raise DataNotFoundError(f"{source}: there is no such folder or data set; {kinds}")
    if not folder.is_dir():
        raise DataFileError(f"{source}: this is a file; {kinds}")
    only_train, test_part = load_folder(folder, labels_required)
    return Source(only_train.name, only_train, test_part)
