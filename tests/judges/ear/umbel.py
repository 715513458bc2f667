"""Calls of the program under judgement, each with a time limit."""

import json
import subprocess

import numpy as np
from wav import read_float


class UmbelFailed(Exception):
    """It ended with another code than 0, or answered something else than asked."""


class Umbel:
    """The program at `path`."""

    def __init__(self, path):
        self.path = str(path)
        self._layouts = {}

    def _run(self, arguments, text=None, timeout=120):
        command = [self.path, *map(str, arguments)]
        try:
            done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired:
            raise UmbelFailed(f"{' '.join(command)}: no end after {timeout} s") from None
        if done.returncode != 0:
            raise UmbelFailed(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr.strip()}")
        return done.stdout

    def _lines(self, arguments, cases):
        text = "".join(json.dumps(case) + "\n" for case in cases)
        answers = [json.loads(line) for line in self._run(arguments, text).splitlines() if line.strip()]
        if len(answers) != len(cases):
            raise UmbelFailed(f"{' '.join(arguments)}: {len(answers)} lines for {len(cases)}")
        return answers

    def gains(self, layout, cases):
        """Direct and diffuse gains, each cases x channels."""
        answers = self._lines(["gains", "--layout", layout, "--panner", "bs2127"], cases)
        try:
            return np.array([a["direct"] for a in answers]), np.array([a["diffuse"] for a in answers])
        except KeyError as key:
            raise UmbelFailed(f"gains --layout {layout}: no {key} in an answer") from None

    def hoa_decoder(self, layout, order, normalization):
        """The decoder's matrix, channels x components in ACN order."""
        answer = json.loads(
            self._run(
                ["hoa-decoder", "--layout", layout, "--order", order, "--normalization", normalization, "--json"]
            )
        )
        return np.array(answer["matrix"])

    def convert(self, kind, cases):
        """Positions as "polar" or "cartesian", with their extents."""
        return self._lines(["convert-position", "--to", kind], cases)

    def layout(self, name):
        """What the program says about a layout."""
        if name not in self._layouts:
            self._layouts[name] = json.loads(self._run(["layout", "show", name, "--json"]))
        return self._layouts[name]

    def labels(self, name):
        """The labels of a layout's channels in its own order, in which gains are given."""
        return [channel["label"] for channel in self.layout(name)["channels"]]

    def render(self, master, layout, output, options=(), timeout=120):
        """Renders an ADM file to 32-bit float.

        Returns the sample rate and the frames with a column per channel in the layout's own order: files with a
        channel mask have another.
        """
        self._run(
            ["render", master, "-l", layout, "-o", output, "--bit-depth", "f32", "-f", "--no-progress", *options],
            timeout=timeout,
        )
        rate, mask, samples = read_float(output)
        if mask:
            order = self.layout(layout)["mask_order"]
            straight = np.empty_like(samples)
            straight[:, order] = samples
            samples = straight
        return rate, samples
