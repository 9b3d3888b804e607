from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from weaklabel import errors
from weaklabel.types import Fault

FAULT = Fault("lf_url", 3, "k3", "ValueError: x", "Traceback …")

ALL: list[errors.WeakLabelError] = [
    errors.WeakLabelError("message"),
    errors.LFError("message", lf="lf_url", key="k3", fault=FAULT),
    errors.FaultRateError("message", lf="lf_url", faults=[FAULT]),
    errors.NotFittedError("message"),
    errors.FileFormatError("message", path=Path("f.npz")),
    errors.MissingExtraError("message", extra="torch"),
    errors.PackError("message"),
    errors.InputError("message", path=Path("in.csv")),
    errors.ConfigError("message", path=Path("weaklabel.toml")),
    errors.RunError("message"),
    errors.RunLockedError("message", owner={"pid": 7}),
    errors.GateError("message", failed=["min_coverage"]),
]


def test_the_tree_is_the_one_in_the_docstring() -> None:
    assert errors.__doc__ is not None
    for name in errors.__all__:
        assert name in errors.__doc__
        kind = getattr(errors, name)
        assert issubclass(kind, errors.WeakLabelError | Warning)
    assert {type(error).__name__ for error in ALL} | {"WeakLabelWarning"} == set(errors.__all__)
    assert issubclass(errors.FaultRateError, errors.LFError)
    assert issubclass(errors.RunLockedError, errors.RunError)
    assert issubclass(errors.GateError, errors.RunError)


@pytest.mark.parametrize(
    ("kind", "also"),
    [
        (errors.NotFittedError, (ValueError, AttributeError)),
        (errors.FileFormatError, (ValueError,)),
        (errors.MissingExtraError, (ImportError,)),
        (errors.PackError, (ValueError,)),
        (errors.InputError, (ValueError,)),
        (errors.ConfigError, (ValueError,)),
        (errors.WeakLabelWarning, (UserWarning,)),
    ],
)
def test_each_is_also_what_a_caller_expects_it_to_be(
    kind: type[BaseException], also: tuple[type[BaseException], ...]
) -> None:
    assert all(issubclass(kind, base) for base in also)


@pytest.mark.parametrize("error", ALL, ids=lambda e: type(e).__name__)
def test_an_error_travels_between_processes_with_its_data(error: errors.WeakLabelError) -> None:
    error.add_note("noted")
    sent = pickle.loads(pickle.dumps(error))  # noqa: S301
    for back in (sent, copy.copy(error), copy.deepcopy(error)):
        assert type(back) is type(error)
        assert str(back) == str(error) == "message"
        assert back.__dict__ == error.__dict__
        assert back.args == error.args


def test_a_fault_rate_error_points_at_its_first_fault() -> None:
    assert errors.FaultRateError("message", lf="f", faults=[FAULT]).fault is FAULT
    assert errors.FaultRateError("message", lf="f").fault is None
    assert errors.FaultRateError("message", lf="f").faults == ()
