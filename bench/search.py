"""Matching in large galleries: the plain float32 product and the compact search, on the same probes.

The vectors are made up. 128-d ones lie in a narrow cone, as those of dlib's network: strangers at a cosine of
0.84 in the median, photos of one person at 0.955. 512-d ones fill the sphere, as those of the ArcFace kind.
Every person has one template. Every fourth probe is nobody's: the nearest strangers must be told apart too.
"""

import argparse
import ctypes
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import re  # noqa: E402  numpy counts its threads when it is loaded
import statistics  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from functools import partial  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402

from edge_node.compact import Compact  # noqa: E402
from edge_node.faces import Vectors  # noqa: E402
from edge_node.search import Product, Search  # noqa: E402
from edge_node.stores.vectors import VectorFile  # noqa: E402

PROBES = 1_000
BATCH = 20
ROUNDS = 9
BLOCK = 50_000


@dataclass(frozen=True)
class Space:
    """How an embedder's vectors lie.

    strangers: their cosine; axes: after so many principal axes the variance has fallen to a third; same: how
    much of its offset from the mean a person's photo shares with another photo of the same person.
    """

    dimension: int
    strangers: float
    axes: float
    same: float

    def offsets(self, count: int, chance: np.random.Generator) -> Vectors:
        deviations = np.exp(-np.arange(self.dimension) / self.axes / 2)
        deviations *= np.sqrt((1 - self.strangers) / np.sum(deviations**2))
        offsets = chance.standard_normal((count, self.dimension), dtype=np.float32)
        offsets *= deviations
        return offsets

    def unit(self, offsets: Vectors) -> Vectors:
        """Turned, so that the mean and the axes are not the coordinates."""
        square = np.random.default_rng(1).standard_normal((self.dimension, self.dimension))
        rotation = np.linalg.qr(square)[0].astype(np.float32)
        vectors: Vectors = (offsets @ rotation + np.sqrt(np.float32(self.strangers)) * rotation[-1]).astype(
            np.float32
        )
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


SPACES = {space.dimension: space for space in (Space(128, 0.84, 18, 0.72), Space(512, 0.0, 200, 0.65))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--dimensions", type=int, nargs="+", choices=(128, 512), default=[128, 512])
    options = parser.parse_args()
    speed = bandwidth()
    print(
        f"one core reads {speed / 1e9:.1f} GB/s from memory; the floor is the bytes of a search at that speed"
    )
    print(
        f"{'':26}{'1 probe':>10}{'4 probes':>11}{'floor':>10}{'resident':>11}{'searching':>11}"
        f"{'building':>11}{'built in':>10}{'same top-1':>12}"
    )
    for dimension in options.dimensions:
        for size in options.sizes:
            compare(SPACES[dimension], size, speed)


def compare(space: Space, size: int, speed: float) -> None:
    chance = np.random.default_rng(0)
    people = np.empty((size, space.dimension), np.float32)
    for start in range(0, size, BLOCK):
        people[start : start + BLOCK] = space.unit(space.offsets(min(BLOCK, size - start), chance))
    probes = probes_of(space, size, chance)
    owners, nobody_restricted = np.arange(size), np.zeros(size, np.bool_)
    plain = Product(people, owners)
    expected = answers(plain, probes)
    row(f"{size:>9} x {space.dimension}, float32", plain, probes, people.nbytes, speed, [people.nbytes / 1e6])
    with tempfile.TemporaryDirectory() as folder:
        file = VectorFile.of(Path(folder), list(people))
        del plain, people
        ctypes.CDLL(None).malloc_trim(0)
        before, began = resident("VmRSS"), time.perf_counter()
        forget_peak()
        compact = Compact.of(file, owners, nobody_restricted)
        seconds, building, after = time.perf_counter() - began, resident("VmHWM"), resident("VmRSS")
        compact.nearest(probes[:4])
        forget_peak()
        compact.nearest(probes[:4])
        memory = [after - before, resident("VmHWM") - before, building - before]
        read = compact.nbytes
        same = float(np.mean(answers(compact, probes) == expected))
        row(
            f"{'':>9}   {'':3}  compact",
            compact,
            probes,
            read,
            speed,
            memory,
            f"{seconds:8.1f} s{same:11.1%}",
        )


def probes_of(space: Space, size: int, chance: np.random.Generator) -> Vectors:
    """Further photos of the first people, and between them people who are not in the gallery."""
    first = space.offsets(min(BLOCK, size), np.random.default_rng(0))[:PROBES]
    other = space.offsets(PROBES, chance)
    shared = np.where(np.arange(PROBES) % 4 == 3, 0.0, space.same)[:, None].astype(np.float32)
    return space.unit((shared * first + np.sqrt(1 - shared**2) * other).astype(np.float32))


def answers(search: Search, probes: Vectors) -> npt.NDArray[np.intp]:
    return np.array(
        [
            nearest.people[np.argmax(nearest.similarities)]
            for start in range(0, len(probes), BATCH)
            for nearest in search.nearest(probes[start : start + BATCH])
        ]
    )


def row(
    label: str, search: Search, probes: Vectors, read: int, speed: float, memory: list[float], rest: str = ""
) -> None:
    one, four = (median_ms(partial(search.nearest, probes[:count])) for count in (1, 4))
    columns = "".join(f"{megabytes:8.0f} MB" for megabytes in memory)
    print(f"{label:26}{one:7.1f} ms{four:8.1f} ms{read / speed * 1e3:7.1f} ms{columns}{rest}", flush=True)


def median_ms(work: Callable[[], object]) -> float:
    """Processor time: one thread, and nothing to wait for, so that a busy machine does not count."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        times.append((time.process_time() - began) * 1000)
    return statistics.median(times)


def bandwidth() -> float:
    """Bytes a second that one core reads, the best of several passes over more than any cache holds."""
    array = np.ones(1 << 26, np.int64)
    passes = []
    for _ in range(5):
        began = time.process_time()
        array.max()
        passes.append(array.nbytes / (time.process_time() - began))
    return max(passes)


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def resident(what: str) -> float:
    """VmRSS now or VmHWM since `forget_peak`, in MB."""
    (kilobytes,) = re.findall(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return int(kilobytes) * 1024 / 1e6


if __name__ == "__main__":
    main()
