"""How sure an F1 is, and a difference of two of them.

Expressions of one subject are alike, so the subjects are the sample: they are drawn and exchanged,
never single intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtrit

from mespot.metrics import precision_recall_f1
from mespot.store.tables import DIFFERENCE

_EXACT = 14  # up to so many subjects all 2 ** n exchanges are looked at
_TIE = 1e-12  # sums in another order differ by less


@dataclass(frozen=True)
class Difference:
    """How much the F1 of two methods differs; NaN is undefined.

    first, second: F1 of each, its mean where they have several runs. value: first - second. low,
    high: ends of its interval. p_value: of there being no difference.
    """

    first: float
    second: float
    value: float
    low: float
    high: float
    p_value: float

    def columns(self) -> dict[str, float]:
        """The columns DIFFERENCE of a table."""
        values = (self.value, self.low, self.high, self.p_value)
        return dict(zip(DIFFERENCE, values, strict=True))


def draws(subjects: int, rng: np.random.Generator, n_bootstrap: int) -> np.ndarray:
    """How often each of the subjects is in each bootstrap sample of them, `(B, S)` float64."""
    share = np.full(subjects, 1 / subjects)
    # Float, so that pooling is one fast matrix product; counts stay exact in it.
    return rng.multinomial(subjects, share, size=n_bootstrap).astype(np.float64)


def bootstrap_f1(counts: np.ndarray, drawn: np.ndarray, confidence: float) -> tuple[float, float]:
    """Bootstrap interval of the pooled F1 over subjects, or of its mean over runs.

    counts: `(S, 3)`, tp, fp, fn of each subject, or `(R, S, 3)` of each of R runs of a method; all
    runs are judged on the same samples. drawn: `(B, S)`, see `draws`. The counts of each sample of
    subjects are added up and F1 is taken; `interval` gives the ends. `(NaN, NaN)` with fewer than
    two subjects, where nothing can vary.
    """
    runs = _runs(counts)
    return interval(mean_f1(drawn @ runs), runs.shape[1], confidence)


def mean_f1(counts: np.ndarray) -> np.ndarray:
    """Mean over R runs of the F1 of counts `(R, ..., 3)` (tp, fp, fn): `(...)`.

    NaN where the F1 of any run is undefined.
    """
    return _f1(counts).mean(axis=0)


def interval(values: np.ndarray, n: int, confidence: float) -> tuple[float, float]:
    """Expanded percentile interval of bootstrap values of a statistic of n subjects.

    Plain percentiles are too narrow for few subjects. In the simulation of
    tests/unit/test_uncertainty.py they cover the truth in 87 % instead of 95 % of samples of 8. The
    expanded ones replace a normal quantile by that of Student's t with n - 1 degrees of freedom,
    times sqrt(n / (n - 1)), and take the percentile of the normal distribution there (Hesterberg
    2015, doi:10.1080/00031305.2015.1089789). Undefined values (NaN) are left out.
    """
    values = values[np.isfinite(values)]
    if n < 2 or not values.size:
        return np.nan, np.nan
    reach = stdtrit(n - 1, (1 + confidence) / 2) * np.sqrt(n / (n - 1))
    tail = ndtr(-reach)
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def compare(
    first: np.ndarray,
    second: np.ndarray,
    rng: np.random.Generator,
    n_bootstrap: int,
    confidence: float,
) -> Difference:
    """Paired comparison of the pooled F1 of two methods over the same subjects.

    first, second: `(S, 3)`, tp, fp, fn of each subject, or `(R, S, 3)` of each of R runs. Of runs
    the mean F1 is compared, run k of one method with run k of the other; a single run is compared
    with each. The interval comes from the same samples of subjects for both.

    The p-value is two-sided. Its test exchanges the two methods' counts subject by subject, in all
    runs at once (approximate randomisation, Noreen 1989; for F1, Yeh 2000, COLING,
    doi:10.3115/992730.992783). It is the share of exchanges with a difference at least as large:
    of all 2 ** S for few subjects, else of `n_bootstrap` random ones and the one observed.

    Raises ValueError for numbers of runs or subjects that do not go together.
    """
    a, b = np.broadcast_arrays(_runs(first), _runs(second))  # (R, S, 3)
    n = a.shape[1]
    sum_a, sum_b = a.sum(axis=1), b.sum(axis=1)  # (R, 3)
    f1 = float(mean_f1(sum_a)), float(mean_f1(sum_b))
    value = f1[0] - f1[1]
    if n < 2 or not np.isfinite(value):
        return Difference(*f1, value, np.nan, np.nan, np.nan)
    drawn = draws(n, rng, n_bootstrap)
    low, high = interval(mean_f1(drawn @ a) - mean_f1(drawn @ b), n, confidence)
    if n <= _EXACT:
        swapped = (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(np.float64)
    else:
        swapped = rng.integers(0, 2, (n_bootstrap, n)).astype(np.float64)
        swapped[0] = 0  # nothing exchanged: what was observed
    moved = swapped @ (b - a)  # (R, exchanges, 3)
    difference = mean_f1(sum_a[:, None] + moved) - mean_f1(sum_b[:, None] - moved)
    as_large = np.abs(difference) >= abs(value) - _TIE
    return Difference(*f1, value, low, high, float(as_large.mean()))


def _runs(counts: np.ndarray) -> np.ndarray:
    """Counts of one run or of several, as those of several: `(R, S, 3)` float64."""
    counts = np.asarray(counts, np.float64)
    return counts if counts.ndim == 3 else counts[None]


def _f1(counts: np.ndarray) -> np.ndarray:
    return precision_recall_f1(*np.moveaxis(counts, -1, 0))[2]
