import os

import pytest

from reid_app.errors import SettingsError
from tests.unit.data.synthetic.bodies import write_bodies


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bodies")
    write_bodies(folder)
    return folder


@pytest.fixture(scope="session")
def renderer():
    """The name of the renderer, where there is one."""
    from reid_app.data.synthetic.rasteriser import renderer_name

    try:
        return renderer_name()
    except SettingsError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{error}; CI never skips", pytrace=False)
        pytest.skip(str(error))
