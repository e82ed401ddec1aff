"""Fixtures: one cluster a run, a fresh database a test, and a small site in it."""

import signal
import sys

import pytest

from cluster import Cluster
from lane import Campus


@pytest.fixture(scope="session")
def cluster():
    cluster = Cluster()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped then too
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def campus_template(cluster):
    """A database with a campus in it, made once and copied for each test."""
    with cluster.clone() as name:
        Campus(cluster, name, fill=True).close()
        yield name


@pytest.fixture
def database(cluster, campus_template):
    with cluster.clone(campus_template) as name:
        yield name


@pytest.fixture
def campus(cluster, database):
    """A site with desks, a divisible room, a tenant and two members; see lane.Campus."""
    campus = Campus(cluster, database)
    yield campus
    campus.close()
