"""docs/tutorial.ipynb runs from beginning to end, and is kept small."""

import nbformat
import pytest
from nbclient import NotebookClient

from tests.workflow.project import ROOT

PAGE = ROOT / "docs" / "tutorial.ipynb"


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kinds(cell):
    return {kind for output in cell.outputs for kind in output.get("data", {})}


def test_the_stored_tutorial_is_small_and_whole():
    assert PAGE.stat().st_size < 1e6
    notebook = nbformat.read(PAGE, 4)
    nbformat.validate(notebook)
    outputs = [output.output_type for cell in code(notebook) for output in cell.outputs]
    assert "error" not in outputs
    assert sum("image/png" in kinds(cell) for cell in code(notebook)) == 4
    # Whatever libraries say while they load is no part of the page.
    streams = [o for cell in code(notebook) for o in cell.outputs if o.output_type == "stream"]
    assert {output.name for output in streams} == {"stdout"}


@pytest.mark.slow
def test_the_tutorial_runs(tmp_path):
    notebook = nbformat.read(PAGE, 4)
    stored = [kinds(cell) for cell in code(notebook)]
    for cell in code(notebook):
        cell.outputs = []
    cells = NotebookClient(
        notebook,
        timeout=300,
        startup_timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": tmp_path}},
    ).execute()
    assert [kinds(cell) for cell in code(cells)] == stored
    text = "\n".join(output.get("text", "") for cell in code(cells) for output in cell.outputs)
    assert "3 of 3 recordings measured" in text and "mine.pt: " in text
    assert list(tmp_path.iterdir()) == []
