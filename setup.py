"""Compile the pure packages with mypyc, as they stand.

Without a C compiler (or with TREMBLE_PURE=1) the same files are installed uncompiled; the program
then runs about four times slower and says so at every start.
"""

import json
import os
import shutil
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path

from setuptools import setup
from setuptools.command.build_ext import build_ext

PACKAGES = ("sim", "net", "match", "rating")
MODULES = ("names.py", "order.py")
# msgspec reads the annotations of its structs at run time; mypyc simplifies them, and drops options.
UNCOMPILED = ("net/query.py", "match/header.py", "rating/rating.py", "rating/forecast.py")
SOURCE = Path("src/tremble")
# No FMA contraction: the same inputs must give the same bits on every machine (docs/decisions/0001).
# Nothing outside calls the core by its symbols: hidden, calls within it are direct, 4 % of a tick.
FLAGS = ["-O2", "-g0", "-ffp-contract=off", "-fvisibility=hidden"]


def compiled_sources() -> list[str]:
    """The files that are compiled: MODULES, and every one of PACKAGES but those of UNCOMPILED."""
    found = [SOURCE / name for name in MODULES]
    found += [p for name in PACKAGES for p in sorted((SOURCE / name).glob("[!_]*.py"))]
    return [str(p) for p in found if p.relative_to(SOURCE).as_posix() not in UNCOMPILED]


def have_compiler() -> bool:
    command = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    headers = Path(sysconfig.get_paths()["include"], "Python.h").exists()
    return os.name == "nt" or (shutil.which(command) is not None and headers)


def compile_side_by_side(self, sources, output_dir=None, macros=None, include_dirs=None, debug=0,
                         extra_preargs=None, extra_postargs=None, depends=None):  # fmt: skip
    """CCompiler.compile on all cores: mypyc makes one extension of many files."""
    macros, objects, extra_postargs, options, build = self._setup_compile(
        output_dir, macros, include_dirs, sources, depends, extra_postargs
    )
    arguments = self._get_cc_args(options, debug, extra_preargs)

    def compile_one(name: str) -> None:
        if name in build:
            source, ending = build[name]
            self._compile(name, source, ending, arguments, extra_postargs, options)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compile_one, objects))
    return objects


class Build(build_ext):
    """Compile, then note which sources were compiled, so that a stale binary is never used."""

    def build_extensions(self) -> None:
        if os.name != "nt":
            self.compiler.compile = compile_side_by_side.__get__(self.compiler)
        super().build_extensions()

    def run(self) -> None:
        super().run()
        if not self.extensions:
            return
        root = Path("src" if self.inplace or self.editable_mode else self.build_lib) / "tremble"
        digests = {}
        for name in compiled_sources():
            digest = blake2b(Path(name).read_bytes(), digest_size=16).hexdigest()
            digests[Path(name).relative_to(SOURCE).as_posix()] = digest
        (root / "compiled.json").write_text(json.dumps(digests, indent=1, sort_keys=True))


extensions = []
if os.environ.get("TREMBLE_PURE") == "1":
    print("tremble: TREMBLE_PURE=1, installing uncompiled", file=sys.stderr)
elif not have_compiler():
    print(
        "tremble: no C compiler or no Python.h, installing uncompiled (about 4x slower). "
        "On Debian: apt install gcc python3-dev, then install again",
        file=sys.stderr,
    )
elif compiled_sources():
    from mypyc.build import mypycify

    # Only the core is compiled: what it imports need be neither clean nor installed while building.
    os.environ["MYPYPATH"] = "src"
    found_silently = ["--follow-imports=silent", "--ignore-missing-imports"]
    extensions = mypycify(
        ["--config-file=", *found_silently, "--explicit-package-bases", *compiled_sources()],
        opt_level="2",
        debug_level="0",
        multi_file=True,
    )
    for extension in extensions:
        extension.optional = True
        if os.name != "nt":
            given = [flag for flag in extension.extra_compile_args if flag != "-Werror"]
            extension.extra_compile_args = [*given, *FLAGS]

setup(ext_modules=extensions, cmdclass={"build_ext": Build})
