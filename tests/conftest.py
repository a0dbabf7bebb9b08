import os
import random
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest

# Before torch is imported: threads that wait busily for cores that others use make everything many times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# Machines are shared: how long an example takes says nothing about the code.
hypothesis.settings.register_profile("shared machine", deadline=None)
hypothesis.settings.load_profile("shared machine")


def _shared_folder(variable: str) -> Path:
    value = os.environ.get(variable)
    if value and Path(value).is_dir():
        return Path(value)
    message = f"{variable} does not name a folder (it is {value!r})"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{message}; CI never skips", pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def test_data_dir() -> Path:
    """Real videos and crops."""
    return _shared_folder("TEST_DATA_DIR")


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Public ONNX models."""
    return _shared_folder("REID_MODELS_DIR")


@pytest.fixture(autouse=True)
def restored_generators() -> Iterator[None]:
    state, numpy_state = random.getstate(), np.random.get_state()
    yield
    random.setstate(state)
    np.random.set_state(numpy_state)
