"""Paths that the tests share."""

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def models():
    return TESTS / "models"


@pytest.fixture
def golden():
    return TESTS / "golden"
