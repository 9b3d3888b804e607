from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

import weaklabel as wl
from weaklabel._estimator import ParamsMixin
from weaklabel.errors import NotFittedError


class Model(ParamsMixin):
    def __init__(self, balance: Any = None, *, strength: float = 1.0, seed: int = 0) -> None:
        self.balance = balance
        self.strength = strength
        self.seed = seed

    def fit(self) -> Model:
        self.learned_ = 1
        return self

    def predict(self) -> int:
        self._check_fitted("learned_")
        return self.learned_


def test_parameters_are_read_and_changed_by_name() -> None:
    model = Model(strength=2.0)
    assert model.get_params() == {"balance": None, "strength": 2.0, "seed": 0}
    assert model.get_params(deep=False) == model.get_params()
    assert model.set_params(seed=3, strength=4.0) is model
    assert (model.seed, model.strength) == (3, 4.0)
    assert model.set_params() is model


def test_an_unknown_parameter_is_refused_with_the_known_ones_and_a_guess() -> None:
    expected = (
        r"Model has no parameter 'strenght'; it has \('balance', 'strength', 'seed'\); "
        r"did you mean 'strength'\?"
    )
    with pytest.raises(ValueError, match=expected):
        Model().set_params(strenght=2.0)


@pytest.mark.parametrize(
    "model",
    [
        Model(np.array([0.3, 0.7]), strength=2.5),
        wl.MajorityVote(),
        wl.LabelModel(class_balance=[0.3, 0.7]),
    ],
    ids=lambda m: type(m).__name__,
)
def test_scikit_learn_clones_an_unfitted_copy(model: Any) -> None:
    copy = clone(model)
    assert type(copy) is type(model)
    assert copy is not model
    assert repr(copy) == repr(model)
    for name, value in model.get_params().items():
        assert np.array_equal(copy.get_params()[name], value)
    assert not [name for name in vars(copy) if name.endswith("_")]


def test_a_clone_of_a_fitted_model_is_not_fitted() -> None:
    model = Model().fit()
    assert model.predict() == 1
    with pytest.raises(NotFittedError, match=r"this Model is not fitted; call fit first"):
        clone(model).predict()


def test_only_what_is_not_default_is_shown() -> None:
    assert repr(Model()) == "Model()"
    assert repr(Model(strength=2.0)) == "Model(strength=2.0)"
    assert repr(Model(np.array([0.5, 0.5]))) == "Model(balance=array([0.5, 0.5]))"
