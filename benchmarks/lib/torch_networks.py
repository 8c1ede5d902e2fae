"""The networks of a training step in PyTorch, for a Python that need not have JAX.

`ResidualDiscriminator`, `DenseDiscriminator` and `SpinHierarchy` with their weights from a file;
the relativistic losses, R1 and R2, the likelihood of lattices, and their gradients. For every line
on stdin, "discriminator", "generator" or "likelihood" and a precision, it writes one: the loss, CPU
seconds and wall seconds. It keeps freed memory, as physgan's training does. Precisions are those of
physgan; they matter on GPUs.

    PYTHONPATH=. python torch_networks.py INPUTS.npz THREADS cpu|cuda
"""

import itertools
import sys
import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from physgan.allocator import keep_freed_memory

LEAK = 0.2


class Weights:
    """Weights by their paths, as (outputs, inputs, height, width) or (outputs, inputs)."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.all = {
            path: torch.tensor(
                np.ascontiguousarray(w.transpose(3, 2, 0, 1) if w.ndim == 4 else w.T)
            ).requires_grad_()
            for path, w in arrays.items()
        }

    def gradients(self, loss: Tensor) -> None:
        """Gradients with respect to all of them."""
        torch.autograd.grad(loss, list(self.all.values()), allow_unused=True)

    def dense(self, path: str, x: Tensor) -> Tensor:
        """A dense layer."""
        return functional.linear(x, self.all[f"{path}/kernel"], self.all[f"{path}/bias"])

    def convolution(self, path: str, x: Tensor) -> Tensor:
        """A periodic convolution."""
        kernel = self.all[f"{path}/convolution/kernel"]
        margin = kernel.shape[-1] // 2
        if margin:
            x = functional.pad(x, (margin,) * 4, mode="circular")
        return functional.conv2d(x, kernel)

    def numbered(self, path: str) -> Iterator[str]:
        """Paths of the layers in a list."""
        level = path.count("/") + 1
        numbers = {p.split("/")[level] for p in self.all if p.startswith(f"{path}/")}
        return (f"{path}/{number}" for number in range(len(numbers)))

    def embed(self, conditions: Tensor) -> Tensor:
        """Embedding of conditions that were mapped to [-1, 1]."""
        order = torch.arange(1.0, 7.0)
        phase = conditions[..., None] * order * (torch.pi / 2)
        sines, cosines = torch.sin(phase) / order, torch.cos(phase) / order
        waves = torch.cat([conditions[..., None], sines, cosines], -1)
        hidden = functional.silu(self.dense("embed/first", waves.flatten(1)))
        return self.dense("embed/second", hidden)


class Discriminator(Weights):
    """`ResidualDiscriminator` for images (n, c, h, w), `DenseDiscriminator` for vectors."""

    def score(self, sample: Tensor, features: Tensor, conditions: Tensor) -> Tensor:
        """Scores, shape (n,)."""
        embedded = self.embed(conditions)
        physics = torch.cat([features, embedded], 1)
        if sample.ndim == 4:
            hidden = activate(self.dense("image", self.pictures(sample)))
            for layer in self.numbered("features"):
                physics = activate(self.dense(layer, physics))
            hidden = activate(self.dense("join", torch.cat([hidden, physics], 1)))
        else:
            hidden = activate(self.dense("cells", torch.cat([sample, embedded], 1)))
            physics = activate(self.dense("features", physics))
            hidden = activate(self.dense("join", torch.cat([hidden, physics], 1)))
            for block in self.numbered("blocks"):
                hidden = hidden + activate(self.dense(block, hidden))
        projection = (self.dense("project", hidden) * embedded).sum(1) / embedded.shape[1] ** 0.5
        return self.dense("score", hidden)[:, 0] + projection

    def pictures(self, images: Tensor) -> Tensor:
        """The residual convolutions, averaged over the sites."""
        hidden = self.convolution("stem", functional.pixel_unshuffle(images, 2))
        for block in self.numbered("blocks"):
            inner = activate(self.convolution(f"{block}/expand", hidden))
            inner = activate(self.convolution(f"{block}/middle", inner))
            hidden = hidden + self.convolution(f"{block}/contract", inner)
            if hidden.shape[-1] > 4:
                hidden = functional.avg_pool2d(hidden, 2)
        return hidden.mean((2, 3))


class Hierarchy(Weights):
    """`SpinHierarchy` with the heat bath of the Ising model."""

    def draw(self, noise: Tensor, conditions: Tensor, temperature: Tensor) -> Tensor:
        """Spins, shape (n, L, L)."""
        embedded = self.embed(conditions)
        sign = spins(torch.zeros(len(noise)), noise[:, 0])
        coefficients, drawn, first = self.dense("seed/coefficients", embedded), [sign], 0
        for place in range(1, 5):
            triples = itertools.combinations(range(len(drawn)), 3)
            terms = drawn + [drawn[i] * drawn[j] * drawn[k] for i, j, k in triples]
            logits = (coefficients[:, first : first + len(terms)] * torch.stack(terms, 1)).sum(1)
            first += len(terms)
            drawn.append(spins(logits, noise[:, place]))
        lattice = torch.stack(drawn[1:], 1).reshape(-1, 2, 2)
        for level in reversed(list(self.numbered("scales"))):
            lattice = self.doubled(level, lattice, noise, sign, embedded, temperature)
        return lattice

    def negative_log_likelihood(self, lattice: Tensor, sign: Tensor, conditions: Tensor) -> Tensor:
        """-ln p(lattice, sign), shape (n,), of lattices (n, L, L)."""
        embedded, size = self.embed(conditions), lattice.shape[1]
        cell = lattice[:, :: size // 2, :: size // 2].flatten(1)
        coefficients, known, first = self.dense("seed/coefficients", embedded), [sign], 0
        total = torch.log(torch.tensor(2.0)).repeat(len(lattice))
        for place in range(4):
            triples = itertools.combinations(range(len(known)), 3)
            terms = known + [known[i] * known[j] * known[k] for i, j, k in triples]
            logits = (coefficients[:, first : first + len(terms)] * torch.stack(terms, 1)).sum(1)
            first += len(terms)
            known.append(cell[:, place])
            total = total + functional.softplus(-cell[:, place] * logits)
        for number, level in enumerate(reversed(list(self.numbered("scales")))):
            spacing = size >> (number + 2)
            total = total + self.cost(level, lattice[:, ::spacing, ::spacing], sign, embedded)
        return total

    def cost(self, level: str, lattice: Tensor, sign: Tensor, embedded: Tensor) -> Tensor:
        """-ln p of all sites of cells given their corners, shape (n,)."""
        corner, right = lattice[:, ::2, ::2], lattice[:, ::2, 1::2]
        below, centre = lattice[:, 1::2, ::2], lattice[:, 1::2, 1::2]
        index = torch.arange(corner.shape[1])
        even = (index[:, None] + index) % 2 == 0
        logits = torch.where(
            even,
            self.logits(f"{level}/centre/0", embedded, sign, corner),
            self.logits(f"{level}/centre/1", embedded, sign, corner, even * centre),
        )
        total = bernoulli(centre, logits)
        if list(self.numbered(f"{level}/edges")):
            first = self.logits(f"{level}/edges/0", embedded, sign, corner, centre)
            second = self.logits(f"{level}/edges/1", embedded, sign, corner, centre, right)
            total = total + bernoulli(right, first) + bernoulli(below, second)
        return total

    def doubled(
        self,
        level: str,
        corner: Tensor,
        noise: Tensor,
        sign: Tensor,
        embedded: Tensor,
        temperature: Tensor,
    ) -> Tensor:
        """From the corners of cells to all of their sites."""
        size = corner.shape[1]
        draws = noise[:, 1 + size**2 : 1 + 4 * size**2].reshape(-1, 3, size, size)
        index = torch.arange(size)
        even = ((index[:, None] + index) % 2 == 0).float()
        centre = even * spins(self.logits(f"{level}/centre/0", embedded, sign, corner), draws[:, 0])
        rest = self.logits(f"{level}/centre/1", embedded, sign, corner, centre)
        centre = centre + (1 - even) * spins(rest, draws[:, 0])
        if list(self.numbered(f"{level}/edges")):
            right = spins(
                self.logits(f"{level}/edges/0", embedded, sign, corner, centre), draws[:, 1]
            )
            below = self.logits(f"{level}/edges/1", embedded, sign, corner, centre, right)
        else:
            scale = 2 / temperature[:, None, None]
            beside = corner + corner.roll(-1, 2) + centre + centre.roll(1, 1)
            above = corner + corner.roll(-1, 1) + centre + centre.roll(1, 2)
            right, below = spins(scale * beside, draws[:, 1]), scale * above
        below = spins(below, draws[:, 2])
        rows = torch.stack([torch.stack([corner, right], -1), torch.stack([below, centre], -1)], 2)
        return rows.reshape(-1, 2 * size, 2 * size)

    def logits(self, path: str, embedded: Tensor, sign: Tensor, *drawn: Tensor) -> Tensor:
        """Logits of a sublattice."""
        scales = [
            1 + self.dense(scale, embedded)[..., None, None]
            for scale in self.numbered(f"{path}/scales")
        ]
        uniform = self.convolution(f"{path}/sign", sign[:, None, None, None])
        first = self.convolution(f"{path}/first", torch.stack(drawn, 1))
        hidden = torch.tanh(scales[0] * (first + uniform))
        layers = self.numbered(f"{path}/residual")
        for layer, scale in zip(layers, scales[1:-1], strict=True):
            hidden = hidden + torch.tanh(scale * self.convolution(layer, hidden))
        return self.convolution(f"{path}/last", scales[-1] * hidden)[:, 0]


def activate(x: Tensor) -> Tensor:
    """LeakyReLU."""
    return functional.leaky_relu(x, LEAK)


def spins(logits: Tensor, noise: Tensor) -> Tensor:
    """Straight-through draws."""
    mean = torch.tanh(logits / 2)
    hard = torch.where(2 * noise - 1 < mean, 1.0, -1.0)
    return hard + (mean - mean.detach())


def bernoulli(lattice: Tensor, logits: Tensor) -> Tensor:
    """-ln p of spins, shape (n,)."""
    return functional.softplus(-lattice * logits).sum((1, 2))


def observables(x: Tensor) -> Tensor:
    """`physgan.domains.spins.features.physical_features`."""
    right, below = x.roll(-1, 2), x.roll(-1, 1)
    diagonal, magnetisation = right.roll(-1, 1), x.mean((1, 2))
    columns = [
        -(x * (right + below)).mean((1, 2)),
        magnetisation.abs(),
        magnetisation**2,
        (x * diagonal + right * below).mean((1, 2)) / 2,
        (x * right * below * diagonal).mean((1, 2)),
    ]
    for distance in (2**k for k in range(1, x.shape[1].bit_length() - 1)):
        columns.append((x * (x.roll(distance, 1) + x.roll(distance, 2))).mean((1, 2)) / 2)
    return torch.stack(columns, 1)


class Halves:
    """The two halves of an adversarial step, and the likelihood: each a loss and its gradients.

    Args:
        arrays: sample, features and conditions of real samples, then of generated ones; gamma;
            "discriminator/..." and, for lattices, "generator/...", noise, sign, temperature, and
            mean and deviation of the features.
    """

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        def below(name: str) -> dict[str, np.ndarray]:
            start = f"{name}/"
            return {k[len(start) :]: a for k, a in arrays.items() if k.startswith(start)}

        self.scorer, self.hierarchy = (
            Discriminator(below("discriminator")),
            Hierarchy(below("generator")),
        )
        self.inputs = {k: torch.tensor(a) for k, a in arrays.items() if "/" not in k}
        if self.inputs["sample"].ndim == 4:
            self.inputs["sample"] = self.inputs["sample"].permute(0, 3, 1, 2).contiguous()

    def discriminator(self) -> Tensor:
        """Relativistic loss with both penalties."""
        given = self.inputs
        inputs = given["sample"].requires_grad_(), given["features"].requires_grad_()
        scores = self.scorer.score(*inputs, given["conditions"])
        slopes = torch.autograd.grad(scores.sum(), inputs, create_graph=True)
        penalty = sum(slope.square().sum() for slope in slopes) / len(scores)
        real, fake = scores.chunk(2)
        loss = functional.softplus(fake - real).mean() + given["gamma"] * penalty
        self.scorer.gradients(loss)
        return loss

    def generator(self) -> Tensor:
        """Relativistic loss of lattices drawn from the noise."""
        given = self.inputs
        count = len(given["noise"])
        conditions = given["conditions"][:count]
        lattices = self.hierarchy.draw(given["noise"], conditions, given["temperature"])
        features = (observables(lattices) - given["mean"]) / given["deviation"]
        fake = self.scorer.score(lattices[:, None], features, conditions)
        with torch.no_grad():
            sample, known = given["sample"][:count], given["features"][:count]
            real = self.scorer.score(sample, known, conditions)
        loss = functional.softplus(real - fake).mean()
        self.hierarchy.gradients(loss)
        return loss

    def likelihood(self) -> Tensor:
        """Mean -ln p of the real lattices and their signs."""
        given, count = self.inputs, len(self.inputs["noise"])
        lattices, conditions = given["lattice"], given["conditions"][:count]
        costs = self.hierarchy.negative_log_likelihood(lattices, given["sign"], conditions)
        loss = costs.mean()
        self.hierarchy.gradients(loss)
        return loss


def main() -> None:
    """Answer each line."""
    keep_freed_memory()
    torch.set_num_threads(int(sys.argv[2]))
    torch.set_default_device(sys.argv[3])
    halves = Halves(dict(np.load(sys.argv[1])))
    for line in sys.stdin:
        part, precision = line.split()
        rounded = precision == "tensorfloat32"
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = rounded
        cast = precision == "bfloat16"
        start = time.process_time(), time.perf_counter()
        with torch.autocast(sys.argv[3], torch.bfloat16, enabled=cast):
            loss = getattr(halves, part)()
        value = float(loss.detach())
        if sys.argv[3] != "cpu":
            torch.cuda.synchronize()
        seconds = time.process_time() - start[0], time.perf_counter() - start[1]
        print(value, *seconds, flush=True)


if __name__ == "__main__":
    main()
