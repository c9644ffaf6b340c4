"""PyTorch as courses teach it: a Dataset gives one item at a time, a DataLoader makes minibatches of them.

An item is made as torchvision's FashionMNIST with ToTensor does: the row of pixels becomes a Pillow image,
and the image a float tensor of shape (1, height, width) in [0, 1]. Courses show the loader both alone and
with worker processes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from benchmarks.rival import Rival


def to_tensor(image: Image.Image) -> torch.Tensor:
    """Return the (1, height, width) float32 tensor of a grey image, its pixels divided by 255."""
    pixels = torch.from_numpy(np.array(image, copy=True))
    pixels = pixels.view(image.size[1], image.size[0], 1)
    return pixels.permute(2, 0, 1).contiguous().to(torch.get_default_dtype()).div(255)


class Images(Dataset):
    def __init__(self, X: np.ndarray, y: np.ndarray) -> None:
        self.images = torch.from_numpy(X).view(len(X), 28, 28)
        self.labels = torch.from_numpy(y)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        image = Image.fromarray(self.images[index].numpy())
        return to_tensor(image), int(self.labels[index])


class TorchDataLoader(Rival):
    label = "PyTorch Dataset + DataLoader, an item at a time"
    distributions = ("torch", "pillow")
    workers = 0

    def prepare(self, X: np.ndarray, y: np.ndarray) -> None:
        torch.set_num_threads(self.recipe.threads)
        self.loader = DataLoader(
            Images(X, y),
            batch_size=self.recipe.batch_size,
            shuffle=True,
            generator=torch.Generator().manual_seed(self.recipe.seed),
            num_workers=self.workers,
        )

    def train(self, epochs: int, pause: Callable[[], None]) -> None:
        torch.manual_seed(self.recipe.seed)
        self.model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, self.recipe.n_classes))
        loss_function = torch.nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(self.model.parameters(), lr=self.recipe.learning_rate)
        for _ in range(epochs):
            for images, labels in self.loader:
                loss = loss_function(self.model(images), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            pause()

    @torch.inference_mode()
    def probabilities(self, X: np.ndarray) -> np.ndarray:
        return torch.softmax(self.model(torch.from_numpy(X).to(torch.float32).div_(255)), dim=1).numpy()


class TorchDataLoaderWorkers(TorchDataLoader):
    label = "the same, num_workers=2"
    workers = 2
