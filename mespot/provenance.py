"""What a result was made with: a digest of the code and the versions of the libraries under it.

Snakemake notices neither an edited module behind a script nor an upgraded library. A rule that
carries `code_digest` of its step among its params is run again when one of them changes, and
only then: comments, docstrings and layout do not count.
"""

import ast
import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parent

# Import name -> distribution, for the libraries whose version can change a number or a picture.
# Readers and writers of files (h5py, pandas) are left out: their upgrades change no result.
_DECISIVE = {
    "av": "av",
    "cv2": "opencv-contrib-python",
    "matplotlib": "matplotlib",
    "mediapipe": "mediapipe",
    "numpy": "numpy",
    "scipy": "scipy",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "torch": "torch",
}

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


def code_digest(module: str) -> str:
    """Digest of `module` (a dotted name inside mespot) and all mespot modules that it imports.

    Returns e.g. "5f0c92d1 numpy-2.4.6 torch-2.13.0". The modules are parsed, not imported.
    """
    digest = hashlib.sha256()
    libraries: set[str] = set()
    for name in sorted(_closure(module)):
        digest.update(f"{name}\n{_read(name)[1]}\n".encode())
        libraries |= _read(name)[0] & _DECISIVE.keys()
    versions = [f"{_DECISIVE[name]}-{_version(_DECISIVE[name])}" for name in sorted(libraries)]
    return " ".join([digest.hexdigest()[:12], *versions])


def plain(value: Any) -> Any:
    """The value as builtins with sorted keys, so that its repr is the same for the same content."""
    if isinstance(value, dict):
        return {str(key): plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


@cache
def _closure(module: str) -> frozenset[str]:
    modules: set[str] = set()
    queue = [module]
    while queue:
        name = queue.pop()
        if name not in modules and _file(name) is not None:
            modules.add(name)
            queue += [imported for imported in _read(name)[0] if imported.startswith("mespot")]
    if not modules:
        raise ValueError(f"no module {module}")
    return frozenset(modules)


def _file(name: str) -> Path | None:
    base = _ROOT.joinpath(*name.split(".")[1:])
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def _read(name: str) -> tuple[frozenset[str], str]:
    """What a module imports (mespot modules by dotted name, other libraries by their top-level
    name), and its code without comments and docstrings."""
    path = _file(name)
    assert path is not None
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(_named(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from mespot.store import io` names a module, `from mespot.store.io import read` not;
            # a name that is no module is dropped when its file is looked for.
            names.add(_named(node.module))
            names.update(_named(f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, _DOCUMENTED) and node.body and _is_docstring(node.body[0]):
            node.body = node.body[1:] or [ast.Pass()]
    return frozenset(names), ast.dump(tree)


def _named(target: str) -> str:
    return target if target.startswith("mespot") else target.split(".")[0]


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


@cache
def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "missing"
