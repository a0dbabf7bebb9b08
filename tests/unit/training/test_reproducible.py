import torch

from reid_app.training.reproducible import reproducible, seed_step


def drawn(*, seed: int = 1, step: int = 2, rank: int = 0) -> float:
    seed_step(seed, step=step, rank=rank)
    return float(torch.rand((), dtype=torch.float64))


def test_a_step_draws_the_same_numbers_whenever_it_is_taken() -> None:
    assert drawn() == drawn()


def test_seeds_steps_and_processes_draw_different_numbers() -> None:
    assert len({drawn(), drawn(seed=2), drawn(step=3), drawn(rank=1), drawn(seed=2, step=1)}) == 5


def test_settings_hold_inside_only_and_on_a_cpu_alone() -> None:
    for kind, is_strict in (("cpu", True), ("meta", False)):
        with reproducible(threads=2, device=torch.device(kind)):
            assert torch.get_num_threads() == 2
            assert torch.are_deterministic_algorithms_enabled() == is_strict
        assert torch.get_num_threads() == 1
        assert not torch.are_deterministic_algorithms_enabled()
