"""Where networks run: CUDA when there is one, else one CPU thread; the same result each time."""

import os
from contextlib import AbstractContextManager, nullcontext

import torch


def device() -> torch.device:
    """CUDA when there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast(where: torch.device) -> AbstractContextManager:
    """bfloat16 for the forward pass where the GPU computes it natively; nothing elsewhere.

    On a CPU bfloat16 is slower than float32 unless the processor has matrix units for it, and
    which processors a cluster hands out would then decide the result.
    """
    if where.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return nullcontext()


def deterministic() -> None:
    """Make torch repeat its results exactly: one thread, deterministic kernels.

    The rounding of a sum follows the number of threads, so it is never the machine's. Random
    numbers are no concern of this function: they come from generators that are passed in.
    """
    torch.set_num_threads(1)
    # Read by cuBLAS when CUDA starts; without it deterministic matrix products are refused.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.benchmark = False
    # As use_deterministic_algorithms(True), but without importing torch's compiler: seconds a job.
    torch.set_deterministic_debug_mode("error")
    # Otherwise every new tensor is filled with NaN first, a fifth of the time of a training step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def generator(seed: int) -> torch.Generator:
    """A generator on the CPU, so that the numbers drawn do not depend on the device."""
    return torch.Generator().manual_seed(seed)
