"""Flat code in JavaScript as a runner like the others, by one Node process that is asked line by line."""

import atexit
import json
import math
import subprocess
from functools import cache, cached_property

from autodiff.flat.backends import javascript
from autodiff.flat.backends.python import Source

SERVER = """
const spelled = (key, x) => {
  if (ArrayBuffer.isView(x)) return Array.from(x);
  return typeof x === "number" && !Number.isFinite(x) ? String(x) : x;
};
const read = (x) => (Array.isArray(x) ? x.map(read) : typeof x === "string" ? Number(x) : x);
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const [text, given] = JSON.parse(line);
  console.log(JSON.stringify(eval(`(${text})`)(...read(given)), spelled));
});
"""


@cache
def server():
    """The process, started at first use."""
    code = javascript.runtime() + SERVER
    pipe = subprocess.PIPE
    process = subprocess.Popen(["node", "-e", code], stdin=pipe, stdout=pipe, text=True, bufsize=1)
    atexit.register(ended, process)
    return process


def ended(process):
    process.stdin.close()
    process.wait()
    process.stdout.close()


def called(program, text, given):
    """What a program's function returns, by its text; inf and nan go there and back as texts."""
    process = server()
    whole = "\n".join(["(() => {", *javascript.definitions([program]), f"return {text} }})()"])
    process.stdin.write(json.dumps([whole, spelled(given)]) + "\n")
    return numbers(json.loads(process.stdout.readline()))


def spelled(x):
    if isinstance(x, (list, tuple)):
        return [*map(spelled, x)]
    return x if math.isfinite(x) else {"inf": "Infinity", "-inf": "-Infinity"}.get(str(x), "NaN")


def numbers(x):
    return [*map(numbers, x)] if isinstance(x, list) else float(x)


class Node(Source):
    """The runner."""

    @cached_property
    def one(self):
        text = javascript.text(self.program)
        return lambda *given: called(self.program, text, given)

    @cached_property
    def many(self):
        text = javascript.rows_text(self.program)
        return lambda rows, parameters: called(self.program, text, (rows, parameters))
