"""What all suites share: private folders with short names, for sockets whose paths end at 107 bytes."""

import pathlib
import shutil
import tempfile

import pytest


@pytest.fixture
def short_dir():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cw-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
