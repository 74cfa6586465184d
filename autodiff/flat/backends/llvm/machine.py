"""This computer as LLVM sees it: LLVM text in, functions to call out."""

from __future__ import annotations

import ctypes
import os
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from math import prod
from typing import Any

import llvmlite.binding as llvm
import numpy

from .builder import LIBRARY

LEVEL = 2  # of the code generation
lock = llvm.ffi.lib._lock._lock
ATTRIBUTES = '"prefer-vector-width"="512" nounwind'


if hasattr(os, "register_at_fork"):  # free the lock if another thread held it, which the forked process lacks
    os.register_at_fork(after_in_child=lock._at_fork_reinit)


class Machine:
    """The processor, with ``width`` doubles in a vector."""

    def __init__(self) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        features = llvm.get_host_cpu_features()
        self.features = features.flatten()
        self.cpu = llvm.get_host_cpu_name()
        self.target = llvm.Target.from_default_triple()
        self.width = 8 if features.get("avx512f") else 4
        library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
        for name, operands in LIBRARY.items():  # so that LLVM finds the functions of the C library
            function = getattr(library, name)
            function.argtypes, function.restype = [ctypes.c_double] * operands, ctypes.c_double
            llvm.add_symbol(name, ctypes.cast(function, ctypes.c_void_p).value)


@cache
def machine() -> Machine:
    """This computer, examined at first use."""
    return Machine()


class CompiledModule:
    """A compiled module, which keeps its functions alive; optimized only if it has functions to ``inline``."""

    def __init__(self, text: str, inline: bool = False) -> None:
        pool = ThreadPoolExecutor(1)  # so that ctrl-C works meanwhile
        engine = pool.submit(self.compile, text, inline)
        pool.shutdown(wait=False)
        while not engine.done():
            wait([engine], 0.1)
        self.engine = engine.result()

    def compile(self, text: str, inline: bool) -> Any:
        """The engine of the text."""
        module = llvm.parse_assembly(text)
        here = machine()
        target_machine = here.target.create_target_machine(cpu=here.cpu, features=here.features, opt=LEVEL, jit=True)
        module.triple, module.data_layout = here.target.triple, str(target_machine.target_data)
        if inline:
            in_registers(module, target_machine)
        engine = llvm.create_mcjit_compiler(module, target_machine)
        engine.finalize_object()
        return engine

    def function(self, name: str, pointers: int, wholes: int) -> Any:
        """The function of that name, which takes ``pointers`` pointers, then ``wholes`` whole numbers."""
        kinds = [ctypes.c_void_p] * pointers + [ctypes.c_int64] * wholes
        return ctypes.CFUNCTYPE(None, *kinds)(self.engine.get_function_address(name))


def in_registers(module: Any, target_machine: Any) -> None:
    """Inline functions, unroll loops, and move numbers from memory to registers."""
    builder = llvm.create_pass_builder(target_machine, llvm.create_pipeline_tuning_options(speed_level=LEVEL))
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    for _ in range(2):
        passes.add_sroa_pass()
        passes.add_instruction_combine_pass()
        passes.add_simplify_cfg_pass()
        passes.add_loop_simplify_pass()
        passes.add_loop_rotate_pass()
        passes.add_loop_unroll_pass()
    passes.add_new_gvn_pass()
    passes.add_dead_store_elimination_pass()
    passes.add_aggressive_dce_pass()
    passes.run(module, builder)
    dispose(passes)


def dispose(passes: Any) -> None:
    """Free the memory of a pass manager: up to llvmlite 0.50 ``close`` calls an empty ``_dispose`` instead."""
    release = getattr(llvm.newpassmanagers.NewPassManager, "_dispose", None)
    if release:
        release(passes)
        passes.detach()  # so that a ``close`` that works does not free it again


def aligned_zeros(*shape: int) -> Any:
    """Zeros aligned to a cache line."""
    room = numpy.zeros(prod(shape) + 8)
    start = (-room.ctypes.data // 8) % 8
    return room[start : start + prod(shape)].reshape(shape)
