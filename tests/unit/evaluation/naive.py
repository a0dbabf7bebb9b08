"""Every metric once more, from the definitions, one pair at a time and with nothing in common with the product."""

import math
from typing import Any

from reid_app.evaluation.labels import Labels
from reid_app.evaluation.protocols import EvaluationProtocol

Distances = list[list[float]]
FAR = tuple(10.0 ** (tenth / 10.0) for tenth in range(-40, -9))


def ranked_list(
    row: int, distances: Distances, *, query: Labels, gallery: Labels, own: list[int], protocol: EvaluationProtocol
) -> list[tuple[float, bool, int]]:
    """Distance, whether right, and column, nearest first; equal ones wrong first."""
    pid, camid = int(query.pids[row]), int(query.camids[row])
    found = []
    for column, distance in enumerate(distances[row]):
        other_pid, other_camid = int(gallery.pids[column]), int(gallery.camids[column])
        same_person = pid > 0 and other_pid == pid
        if other_pid == -1 or column == own[row]:
            continue
        if protocol.left_out == "own-camera" and same_person and other_camid == camid:
            continue
        found.append((distance, same_person, column))
    return sorted(found)


def compute_ap(hits: list[bool], *, trapezoid: bool) -> float:
    """The standard mean of precisions, or the loop of MARS's compute_AP.m."""
    total, num_hits, precision_before = 0.0, 0, 1.0
    for rank, hit in enumerate(hits, start=1):
        num_hits += hit
        precision = num_hits / rank
        if hit:
            total += (precision_before + precision) / 2.0 if trapezoid else precision
        precision_before = precision
    return total / sum(hits)


def reason(row: int, *, query: Labels, gallery: Labels, own: list[int]) -> str:
    if query.pids[row] in (0, -1):
        return "the query is a distractor or junk"
    others = [
        column for column in range(len(gallery)) if gallery.pids[column] == query.pids[row] and column != own[row]
    ]
    return "its identity is seen by its own camera only" if others else "its identity is not in the gallery"


def tpr_at(far: float, genuine: list[float], impostors: list[float]) -> tuple[float, float]:
    """The rate and its threshold: the nearest impostor that must be refused."""
    if not impostors:
        return math.nan, math.nan
    threshold = sorted(impostors)[math.floor(far * len(impostors))]
    return sum(distance < threshold for distance in genuine) / len(genuine), threshold


def evaluate_naively(
    distances: Distances, *, query: Labels, gallery: Labels, own: list[int], protocol: EvaluationProtocol
) -> dict[str, Any]:
    trapezoid = protocol.average_precision == "trapezoid"
    rows, first, ap, inp = [], [], [], []
    skipped: dict[str, int] = {}
    genuine: list[float] = []
    impostors: list[float] = []
    cells: dict[tuple[int, int], list[tuple[bool, float]]] = {}
    for row in range(len(query)):
        ranked = ranked_list(row, distances, query=query, gallery=gallery, own=own, protocol=protocol)
        hits = [right for _, right, _ in ranked]
        if not any(hits):
            why = reason(row, query=query, gallery=gallery, own=own)
            skipped[why] = skipped.get(why, 0) + 1
            continue
        rows.append(row)
        first.append(hits.index(True) + 1)
        ap.append(compute_ap(hits, trapezoid=trapezoid))
        inp.append(sum(hits) / (len(hits) - hits[::-1].index(True)))
        genuine += [distance for distance, right, _ in ranked if right]
        impostors += [distance for distance, right, _ in ranked if not right]
        for camid in set(gallery.camids.tolist()):
            there = [right for _, right, column in ranked if gallery.camids[column] == camid]
            if any(there):
                cell = cells.setdefault((int(query.camids[row]), camid), [])
                cell.append((there[0], compute_ap(there, trapezoid=trapezoid)))
    return {
        "rows": rows,
        "first": first,
        "ap": ap,
        "inp": inp,
        "skipped": skipped,
        "roc": [tpr_at(far, genuine, impostors) for far in FAR] if rows else [],
        "num_pairs": (len(genuine), len(impostors)),
        "cells": {
            cell: (len(found), sum(r for r, _ in found) / len(found), sum(a for _, a in found) / len(found))
            for cell, found in cells.items()
        },
    }
