"""Tokens, vocabulary and batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from weaklabel.end_model._batches import TokenTensor, length_buckets
from weaklabel.end_model._vocabulary import PAD, UNKNOWN, Tokens, Vocabulary, tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        (" \n\t", []),
        ("Hello, World!", ["hello", ",", "world", "!"]),
        ("don't DON\u2019T 'quoted'", ["don't", "don\u2019t", "'", "quoted", "'"]),
        ("1,000.50 and 3.5, 2nd x_0", ["1,000.50", "and", "3.5", ",", "2nd", "x_0"]),
        ("na\u00efve \u00dcber", ["na\u00efve", "\u00fcber"]),
        (
            "\u0939\u093f\u0928\u094d\u0926\u0940 word",
            ["\u0939\u093f\u0928\u094d\u0926\u0940", "word"],
        ),
        ("\u4e16\u754c", ["\u4e16", "\u754c"]),
        ("win $$$ \U0001f600", ["win", "$", "$", "$", "\U0001f600"]),
    ],
)
def test_words_numbers_and_punctuation_are_tokens(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


def test_no_character_but_space_is_lost() -> None:
    text = "".join(map(chr, range(32, 0x3000)))
    lost = set("".join(text.lower().split())) - set("".join(tokenize(text)))
    assert lost <= set(map(chr, range(0x300)))  # control characters count as space
    assert not any(character.isprintable() for character in lost)


def test_the_vocabulary_does_not_depend_on_the_order_of_texts() -> None:
    texts = ["b a c", "c b", "c d"]
    first = Vocabulary.learn(texts, max_size=3, min_count=1, max_tokens=9)
    assert first.words == ("c", "b", "a")
    assert Vocabulary.learn(texts[::-1], max_size=3, min_count=1, max_tokens=9) == first
    assert Vocabulary.learn(texts, max_size=9, min_count=2, max_tokens=9).words == ("c", "b")


def test_texts_become_ids_and_an_empty_one_an_unknown_token() -> None:
    tokens = Vocabulary(("a", "b"), max_tokens=3).encode(["b x a a a", "", "a"])
    np.testing.assert_array_equal(tokens.ids, [3, UNKNOWN, 2, UNKNOWN, 2])
    np.testing.assert_array_equal(tokens.starts, [0, 3, 4])
    np.testing.assert_array_equal(tokens.lengths, [3, 1, 1])


@pytest.mark.parametrize("seed", [None, 0, 1])
@pytest.mark.parametrize("n", [0, 1, 7, 100])
def test_batches_hold_each_row_once_longest_first(n: int, seed: int | None) -> None:
    lengths = np.random.default_rng(5).integers(1, 50, n)
    rng = None if seed is None else np.random.default_rng(seed)
    batches = length_buckets(lengths, 8, rng=rng)
    assert sorted(i for rows in batches for i in rows) == list(range(n))
    assert all(len(rows) <= 8 for rows in batches)
    assert all((np.diff(lengths[rows]) <= 0).all() for rows in batches)


def test_buckets_pad_little_and_change_each_epoch() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.geometric(0.05, 2000)
    first, second = (length_buckets(lengths, 32, rng=rng) for _ in range(2))
    padded = sum(len(rows) * lengths[rows].max() for rows in first)
    assert padded < 1.3 * lengths.sum()
    assert {frozenset(rows) for rows in first} != {frozenset(rows) for rows in second}


def test_a_batch_is_padded_behind_the_end_of_each_text() -> None:
    tokens = Tokens(np.array([5, 6, 7, 8, 9, 4]), np.array([0, 2, 5]), np.array([2, 3, 1]))
    cut = TokenTensor.of(tokens, torch.device("cpu"))
    ids, lengths = cut.batch(torch.tensor([1, 0, 2]))
    assert ids.tolist() == [[7, 8, 9], [5, 6, PAD], [4, PAD, PAD]]
    assert lengths.tolist() == [3, 2, 1]
