"""The registered data sets: for each its files with their SHA-256, mirrors, class names and licence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from onelayer.data.dataset import ClassNames

BUNDLED_FOLDER = Path(__file__).parent / "bundled"


@dataclass(frozen=True)
class RegisteredFile:
    """One file of a registered data set, known by what it unpacks to.

    Attributes
    ----------
    name : str
        Its standard name, unpacked: ``train-images-idx3-ubyte``.
    shape : tuple of int
        Shape of the uint8 array in it.
    sha256 : str
        Hexadecimal SHA-256 of the unpacked file.
    """

    name: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def size(self) -> int:
        """Size of the unpacked file in bytes: magic number, dimensions, elements."""
        return 4 + 4 * len(self.shape) + math.prod(self.shape)


@dataclass(frozen=True)
class Edition:
    """The four files that make up a data set, or a subset of it."""

    train_images: RegisteredFile
    train_labels: RegisteredFile
    test_images: RegisteredFile
    test_labels: RegisteredFile

    @property
    def files(self) -> tuple[RegisteredFile, RegisteredFile, RegisteredFile, RegisteredFile]:
        """The files: training images, training labels, test images, test labels."""
        return self.train_images, self.train_labels, self.test_images, self.test_labels

    @property
    def n_train(self) -> int:
        """Rows of the training part."""
        return self.train_labels.shape[0]

    @property
    def n_test(self) -> int:
        """Rows of the test part."""
        return self.test_labels.shape[0]


@dataclass(frozen=True)
class RegisteredSet:
    """A data set that is loaded by its name.

    Attributes
    ----------
    name, title : str
        Its name on the command line, ``fashion-mnist``, and in sentences, ``Fashion-MNIST``.
    description, licence : str
        What it is, and under which licence it may be used, a line each.
    classes : ClassNames
        Names of its classes.
    full : Edition
        Its four files.
    mirrors : tuple of str
        Addresses under which each file is found as ``NAME.gz``, tried in this order; each ends in a slash.
    system_folders : tuple of Path
        Folders in which packages of operating systems install it.
    packages : tuple of str
        Commands that install a package which carries it, for messages.
    subset : Edition or None
        The files of the bundled subset, if there is one.
    subset_folder : Path
        Where the bundled subset lies.
    """

    name: str
    title: str
    description: str
    licence: str
    classes: ClassNames
    full: Edition
    mirrors: tuple[str, ...]
    system_folders: tuple[Path, ...] = ()
    packages: tuple[str, ...] = ()
    subset: Edition | None = None
    subset_folder: Path = BUNDLED_FOLDER


def _edition(
    n_train: int, n_test: int, *, train_images: str, train_labels: str, test_images: str, test_labels: str
) -> Edition:
    """Return the four standard files of 28 × 28 images and their labels, given the SHA-256 of each."""
    return Edition(
        RegisteredFile("train-images-idx3-ubyte", (n_train, 28, 28), train_images),
        RegisteredFile("train-labels-idx1-ubyte", (n_train,), train_labels),
        RegisteredFile("t10k-images-idx3-ubyte", (n_test, 28, 28), test_images),
        RegisteredFile("t10k-labels-idx1-ubyte", (n_test,), test_labels),
    )


FASHION_MNIST_SUBSET = _edition(
    6_000,
    1_000,
    train_images="cf313073c7eb485392848071d5c433571d7166043e971e3345b095cc30518084",
    train_labels="097b93fbcf9bd5bc648b1a457ddc55c9e4ab49afb33f9ecae8ce068399a75e3a",
    test_images="7cee33c3c6414b1b86c25e665a6c4f41584269de3b7cc9768b1d351922845eef",
    test_labels="3128d790775889812b73c4f13923559c8b9e281d112c6ea7862acf60a206a909",
)

FASHION_MNIST = RegisteredSet(
    name="fashion-mnist",
    title="Fashion-MNIST",
    description="28 × 28 grey images of clothing in 10 classes (Xiao, Rasul and Vollgraf 2017)",
    licence="MIT, © 2017 Zalando SE",
    classes=ClassNames(
        en=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        zh=("T恤", "裤子", "套衫", "连衣裙", "外套", "凉鞋", "衬衫", "运动鞋", "包", "短靴"),
    ),
    full=_edition(
        60_000,
        10_000,
        train_images="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        train_labels="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        test_images="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        test_labels="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    system_folders=(Path("/usr/share/datasets/fashion-mnist"),),
    packages=("apt install dataset-fashion-mnist",),
    subset=FASHION_MNIST_SUBSET,
)

MNIST = RegisteredSet(
    name="mnist",
    title="MNIST",
    description="28 × 28 grey images of handwritten digits in 10 classes (LeCun, Cortes and Burges 1998)",
    licence="CC BY-SA 3.0, © Yann LeCun and Corinna Cortes",
    classes=ClassNames(en=tuple("0123456789"), zh=tuple("0123456789")),
    full=_edition(
        60_000,
        10_000,
        train_images="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        train_labels="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        test_images="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        test_labels="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    mirrors=(
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ),
)

REGISTRY = {registered.name: registered for registered in (FASHION_MNIST, MNIST)}
