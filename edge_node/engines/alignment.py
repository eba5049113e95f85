"""Turns, scales and cuts faces so that their landmarks come to lie where the embedder expects them."""

import cv2
import numpy as np
import numpy.typing as npt

from edge_node.faces import Image

Points = npt.NDArray[np.floating]
Transform = npt.NDArray[np.float64]

MAX_OVERSAMPLING = 8


def similarity_transform(points: Points, onto: Points) -> Transform:
    """The 2 x 3 matrix of turn, scale and shift that brings N x 2 points nearest to others (least squares).

    Umeyama's solution (1991), which in the plane, with points as complex numbers, is a plain regression.
    Raises ValueError for points that all coincide or are not finite.
    """
    if not np.isfinite(points).all():
        raise ValueError("expected landmarks of finite numbers")
    start, goal = points.astype(np.float64) @ (1, 1j), onto.astype(np.float64) @ (1, 1j)
    start_spread, goal_spread = start - start.mean(), goal - goal.mean()
    variance = np.vdot(start_spread, start_spread).real
    if variance == 0:
        raise ValueError("expected landmarks apart from each other")
    turn = np.vdot(start_spread, goal_spread) / variance
    shift = goal.mean() - turn * start.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def chip(image: Image, landmarks: Points, reference: Points, side: int) -> Image:
    """The face on a picture of side x side pixels, its landmarks nearest to the reference.

    A face much larger than the chip is cut larger first and then averaged down, lest fine texture alias.
    """
    transform = similarity_transform(landmarks, reference)
    scale = float(np.hypot(transform[0, 0], transform[1, 0]))
    oversampling = int(np.clip(round(1 / scale), 1, MAX_OVERSAMPLING))
    transform = transform * oversampling
    transform[:, 2] += (oversampling - 1) / 2
    large = cv2.warpAffine(
        image, transform, (side * oversampling, side * oversampling), flags=cv2.INTER_LINEAR
    )
    if oversampling == 1:
        return np.asarray(large, np.uint8)
    return np.asarray(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
