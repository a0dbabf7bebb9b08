"""``python -m tests.benchmarks.losses --speed | --ablation``: what the losses cost, and what they are worth."""

import argparse


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, add_help=False)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--speed", action="store_true", help="time and memory beside pytorch-metric-learning")
    which.add_argument("--ablation", action="store_true", help="every loss on clean and spoilt labels")
    chosen, rest = parser.parse_known_args()
    if chosen.speed:
        from tests.benchmarks.losses_speed import main as speed

        speed(rest)
    else:
        from tests.benchmarks.losses_ablation.main import main as ablation

        ablation(rest)


if __name__ == "__main__":
    main()
