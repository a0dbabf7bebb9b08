"""Who is in the real video, and when: six people come in one after the other."""

FPS = 10.0
VISITS = ((64, 188), (232, 440), (508, 696), (748, 864), (932, 1192), (1240, 1356))
"""First and last frame in which a person detector sees each of them."""


def people_seen(start_s: float, end_s: float) -> set[int]:
    """Which of the six are there at some time of a tracklet."""
    return {n for n, (first, last) in enumerate(VISITS) if start_s <= last / FPS and end_s >= first / FPS}
