from pathlib import Path

import pytest
from app_host import install_packages


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that all releases of the fixture application share."""
    return install_packages(tmp_path_factory.mktemp("packages"))
