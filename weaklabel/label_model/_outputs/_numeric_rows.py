"""EM on numeric votes: biases exactly, variances step by step."""

from __future__ import annotations

import numpy as np

from weaklabel.types import FloatArray

# A bias is held to 0 as if one more vote had said so.
_BIAS_VOTES = 1.0
# Where nothing tells noise from signal, this share of the variance of the votes is noise.
_NOISE_SHARE = 0.25


class NumericRows:
    """The covered rows with numeric votes, and the steps of EM on them.

    ``theta`` holds the logarithms of the m variances and of the variance of the truth.
    """

    def __init__(self, table: FloatArray, truth: FloatArray, strength: float) -> None:
        covered = ~np.isnan(table).all(axis=1)
        table, truth = table[covered], truth[covered]
        self.voted = (~np.isnan(table)).astype(float)
        self.votes = np.nan_to_num(table)
        self.known = ~np.isnan(truth)
        self.truth = np.nan_to_num(truth)
        self.strength = strength
        per_row = self.voted.sum(axis=1, keepdims=True)
        within = (self.votes - self.votes.sum(axis=1, keepdims=True) / per_row) * self.voted
        # Votes of one row differ by noise alone; one row more says a quarter of all is noise.
        free = float((per_row - 1).sum())
        self.noise = (float((within**2).sum()) + _NOISE_SHARE) / (free + 1)
        self.signal = max(1.0 - self.noise, _NOISE_SHARE)
        self.start = np.log(np.append(np.full(table.shape[1], self.noise), self.signal))

    def biases(self, variances: FloatArray) -> tuple[FloatArray, float]:
        """Return the most probable biases and mean of the truth, given the variances."""
        noise, signal = variances[:-1], variances[-1]
        weights = self.voted / noise
        per_row, total = weights.sum(axis=1), (weights * self.votes).sum(axis=1)
        # What the unknown truth of a row adds to all its votes; a known one adds nothing.
        shared = np.where(self.known, 0.0, signal / (1 + signal * per_row))
        free = np.where(self.known, 0.0, 1 / (1 + signal * per_row))
        m = len(noise)
        system, right = np.empty((m + 1, m + 1)), np.empty(m + 1)
        system[:m, :m] = -(weights.T * shared) @ weights
        system[np.arange(m), np.arange(m)] += weights.sum(axis=0) + _BIAS_VOTES / noise
        system[:m, m] = system[m, :m] = weights.T @ free
        system[m, m] = free @ per_row + self.known.sum() / signal
        right[:m] = (weights * self.votes).sum(axis=0) - weights.T @ (shared * total + self.truth)
        right[m] = free @ total + self.truth.sum() / signal
        solution = np.linalg.solve(system, right)
        return np.asarray(solution[:m]), float(solution[m])

    def step(self, theta: FloatArray) -> tuple[FloatArray, float]:
        """Return the next theta of EM, and the log density at this one up to a constant."""
        variances = np.exp(theta)
        noise, signal = variances[:-1], variances[-1]
        bias, mean = self.biases(variances)
        weights = self.voted / noise
        off = (self.votes - bias - mean) * self.voted
        variance = np.where(self.known, 0.0, 1.0 / (1.0 / signal + weights.sum(axis=1)))
        guess = np.where(self.known, self.truth - mean, variance * (weights * off).sum(axis=1))
        errors = (off - guess[:, None]) ** 2 + variance[:, None]
        noise_sum = (self.voted * errors).sum(axis=0) + _BIAS_VOTES * bias**2
        noise_sum += self.strength * self.noise
        signal_sum = float((guess**2 + variance).sum()) + self.strength * self.signal
        noise_count = self.voted.sum(axis=0) + self.strength
        signal_count = len(guess) + self.strength
        after = np.log(np.append(noise_sum / noise_count, signal_sum / signal_count))
        # Expected squares less the entropy of the truth: the marginal log density.
        log_density = -0.5 * float(
            (noise_count * theta[:-1]).sum()
            + signal_count * theta[-1]
            + (noise_sum / noise).sum()
            + signal_sum / signal
            - (np.log(variance[~self.known]) + 1).sum()
        )
        return np.asarray(after), log_density
