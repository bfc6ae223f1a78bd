"""What the package says about itself: version, authors, licence, citation, types."""

import tomllib

import pytest
import yaml

import mespot
from tests.workflow.project import ROOT

# Keys of the Citation File Format 1.2.0 that are used here; its schema refuses any other key.
CITATION = {"cff-version", "message", "type", "title", "version", "license", "authors", "keywords"}
CITATION |= {"references"}
REFERENCE = {"type", "title", "authors", "conference", "publisher", "year", "start", "end"}


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def citation():
    return yaml.safe_load((ROOT / "CITATION.cff").read_text())


def test_version_authors_and_licence_are_the_same_everywhere(project, citation):
    about = project["project"]
    assert mespot.__version__ == about["version"] == citation["version"]
    assert about["authors"] == citation["authors"]
    assert about["license"] == citation["license"] == "MIT"
    (licence,) = about["license-files"]
    text = (ROOT / licence).read_text()
    assert text.startswith("MIT License")
    assert about["authors"][0]["name"] in text.splitlines()[2]


def test_public_names():
    assert {"spot", "track", "crops", "flow", "score"} <= set(mespot.__all__)
    assert all(hasattr(mespot, name) for name in mespot.__all__)
    assert set(mespot.__all__) <= set(dir(mespot))
    assert not hasattr(mespot, "nothing")


def test_citation_has_the_keys_of_its_format(citation):
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(citation) <= CITATION
    (paper,) = citation["references"]
    assert paper["type"] == "conference-paper"
    assert {"type", "title", "authors"} <= set(paper) <= REFERENCE
    assert set(paper["conference"]) <= {"name", "city", "country", "date-start", "date-end"}
    for person in paper["authors"]:
        assert set(person) == {"family-names", "given-names"}
    assert paper["title"] in " ".join(mespot.__doc__.split())


def test_types_travel_with_the_package(project):
    """PEP 561: without the marker nobody's type checker reads the annotations."""
    assert "py.typed" in project["tool"]["setuptools"]["package-data"]["mespot"]
    assert (ROOT / "mespot" / "py.typed").is_file()
