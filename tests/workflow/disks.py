"""Small disks of tests, which can be full or closed to writing."""

import os
import subprocess
from contextlib import contextmanager

import pytest


@contextmanager
def small_disk(folder, room):
    """An empty disk of some bytes in the place of a folder."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small disk")
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("cannot mount a small disk here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def close(folder):
    """Nothing can be written to the disk at a folder from now on."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)


def fill(path):
    """Write a file to the end of its disk."""
    with pytest.raises(OSError, match="No space"), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
