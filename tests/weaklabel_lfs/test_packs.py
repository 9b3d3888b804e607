from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import cloudpickle
import numpy as np
import pytest

import weaklabel as wl
from weaklabel_lfs import scipy_docs, spam

PACKS = {"scipy_docs": scipy_docs.pack, "spam": spam.pack}
LFS = [pytest.param(lf, id=f"{name}-{lf.name}") for name, pack in PACKS.items() for lf in pack.lfs]


@pytest.mark.parametrize("lf", LFS)
def test_the_examples_of_an_lf_hold(lf: wl.LabelingFunction) -> None:
    assert any(vote is not None for _, vote in lf.examples)
    assert any(vote is None for _, vote in lf.examples)
    lf.check()


@pytest.mark.parametrize("lf", LFS)
def test_an_lf_says_what_it_reads_and_is_well_named(lf: wl.LabelingFunction) -> None:
    assert lf.columns == ("text",)
    assert lf.name.isidentifier()
    assert lf.name.islower()


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_is_found_by_its_entry_point(name: str) -> None:
    assert wl.load_pack(name) is PACKS[name]
    assert name in {point.name for point in entry_points(group="weaklabel.packs")}


@pytest.mark.parametrize("name", PACKS)
def test_every_class_of_a_pack_has_voters(name: str) -> None:
    pack = PACKS[name]
    assert isinstance(pack.classes, type)
    assert {lf.votes for lf in pack.lfs} >= set(pack.classes)


def test_the_pack_of_the_quickstart_votes_on_the_classes_of_its_corpus() -> None:
    assert scipy_docs.pack.classes is wl.datasets.load_scipy_docs().classes


def test_the_pack_of_the_quickstart_is_good_on_the_development_split() -> None:
    valid = wl.datasets.load_scipy_docs().valid
    L = wl.apply_lfs(scipy_docs.pack.lfs, valid.data, key="key", progress=False)
    predicted = wl.MajorityVote().fit(L).predict(L)
    covered = (np.asarray(L) != wl.ABSTAIN).any(axis=1)
    assert covered.mean() > 0.9
    # A tie counts as wrong.
    assert (predicted == valid.gold).mean() > 0.78


def test_a_pack_survives_the_way_to_another_process() -> None:
    for pack in PACKS.values():
        sent = cloudpickle.loads(cloudpickle.dumps(pack))
        for lf in sent.lfs:
            lf.check()


def test_spam_and_ham_are_told_apart() -> None:
    texts = [
        "URGENT! You have won a £1000 prize. Call 09061 701461 now to claim",
        "check out my channel and subscribe http://x.y",
        "I love this song",
        "see you at home tonight",
    ]
    L = wl.apply_lfs(spam.pack.lfs, texts, progress=False)
    assert wl.MajorityVote().fit(L).predict(L).tolist() == [1, 1, 0, 0]


def test_importing_the_builders_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from weaklabel_lfs import models, nlp, numeric, scipy_docs, spam, text\n"
        "heavy = {'spacy', 'torch', 'sklearn', 'scipy', 'pandas', 'numba'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own code
