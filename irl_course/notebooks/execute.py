"""Running a notebook's cells in a kernel of its own, and making what they leave reproducible."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import os
import re
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output

IGNORED = "nbval-ignore-output"
WIDGET = "application/vnd.jupyter.widget-view+json"
GRACE = 5.0  # seconds that an interrupted cell has to stop before its kernel is ended

_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_BAR = re.compile(r"\d+%\|.*\|")  # a progress bar
_REPR = re.compile(r"\w+\(.*\)", re.DOTALL)  # a widget as text
_NOISE = [
    (re.compile(r"\S*ipykernel_\d+[/\\]\d+\.py"), "<cell>"),
    (re.compile(r"\bat 0x[0-9a-fA-F]+"), "at 0x…"),
    (re.compile(r"^.*(CPU times:|Wall time:| per loop \(mean).*\n?", re.MULTILINE), ""),
    (re.compile(r"^.*\d+%\|.*\|.*\n?", re.MULTILINE), ""),
    (re.compile(r"[^\n]*\r(?=[^\n])"), ""),
]


@dataclass(frozen=True)
class Failure:
    """A cell that did not come to its end."""

    index: int
    error: str  # the exception and its message, on one line
    traceback: str = ""
    ended: bool = False  # the kernel is gone, the cells below did not run


class _Quiet(NotebookClient):
    """Keeps errors only: a learner's loop that prints for a minute must not fill the memory."""

    def output(self, outs, msg, display_id, cell_index):
        if msg["msg_type"] == "error":
            return super().output(outs, msg, display_id, cell_index)
        return None


def execute(
    notebook: NotebookNode,
    folder: Path,
    *,
    home: Path | None = None,
    timeout: float | None = None,
    keep_going: bool = False,
    keep_outputs: bool = True,
    progress: Callable[[int], None] = lambda index: None,
) -> list[Failure]:
    """Run the code cells from top to bottom, in place, in a new kernel of this Python.

    Args:
        notebook: gets the outputs and the execution counts.
        folder: where the kernel works.
        home: the course's home for this run; a temporary one when None.
        timeout: seconds that one cell may take.
        keep_going: whether the cells below a failing one run, too.
        keep_outputs: whether anything but errors is kept.
        progress: called with each cell's index before it runs.

    Returns:
        The cells that failed; without `keep_going` one at most.
    """
    with tempfile.TemporaryDirectory(prefix="irl-course-", ignore_cleanup_errors=True) as place:
        manager = AsyncKernelManager(
            kernel_name="python3",
            # no folders: another kernel installed under this name must not take its place
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=str(Path(place) / "kernel.json"),
        )
        make = NotebookClient if keep_outputs else _Quiet
        # errors are allowed to nbclient so that the kernel never drops what follows; _run stops
        client = make(notebook, km=manager, timeout=None, allow_errors=True, record_timing=False)
        client.log = logging.getLogger("irl_course.notebooks")
        client.log.disabled = True  # what it would say is in the failures
        # what the kernel itself says at its start is no part of the notebook
        with (Path(place) / "kernel.log").open("w") as log:
            start = {"env": _environment(Path(place), home), "cwd": str(folder), "stderr": log}
            return asyncio.run(_run(client, start, timeout, keep_going, progress))


def _environment(place: Path, home: Path | None) -> dict[str, str]:
    """The kernel's: nothing of the user's own settings, no threads that fight for two cores."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {
        **os.environ,
        "IRL_COURSE_HOME": str(home or place / "home"),
        "IPYTHONDIR": str(place / "ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONHASHSEED": "0",
        **dict.fromkeys(threads, "1"),
    }


async def _run(client, start: dict, timeout, keep_going, progress) -> list[Failure]:
    failures: list[Failure] = []
    client.reset_execution_trackers()
    await client.async_start_new_kernel(**start)
    try:
        await client.async_start_new_kernel_client()
        for index, cell in enumerate(client.nb.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            progress(index)
            failure = await _run_cell(client, index, timeout)
            failures += [failure] if failure else []
            if failure and (failure.ended or not keep_going):
                break
    finally:
        if client.km.has_kernel:
            await client.km.shutdown_kernel(now=True)
        if client.kc:
            client.kc.stop_channels()
    return failures


async def _run_cell(client, index: int, timeout: float | None) -> Failure | None:
    cell, late, raised = client.nb.cells[index], [], {}
    client.on_cell_error = lambda execute_reply, **_: raised.update(execute_reply["content"])
    watch = asyncio.ensure_future(_watch(client.km, timeout, late)) if timeout else None
    try:
        await client.async_execute_cell(cell, index, execution_count=client.code_cells_executed + 1)
    except DeadKernelError:
        if asyncio.current_task().cancelling():  # Ctrl-C looks like this to nbclient
            raise asyncio.CancelledError from None
        said = f"stopped after {timeout:g} seconds, with its kernel" if late else "its kernel died"
        return Failure(index, said, ended=True)
    finally:
        if watch:
            watch.cancel()
    if late:
        return Failure(index, f"stopped after {timeout:g} seconds")
    if raised and "raises-exception" not in cell.metadata.get("tags", []):
        said = ": ".join(filter(None, [raised["ename"], raised["evalue"].split("\n")[0]]))
        said = re.sub(r"\(\d+\.py, line (\d+)\)", r"(line \1 of the cell)", said)
        return Failure(index, said, _ESCAPES.sub("", "\n".join(raised["traceback"])))
    return None


async def _watch(manager: AsyncKernelManager, timeout: float, late: list[float]) -> None:
    """Interrupt a cell that takes too long; end its kernel if it does not listen."""
    await asyncio.sleep(timeout)
    late.append(timeout)
    await manager.interrupt_kernel()
    await asyncio.sleep(GRACE)
    await manager.shutdown_kernel(now=True)


# --- what a cell leaves --------------------------------------------------------------------


def normalise(cell: NotebookNode, root: Path) -> None:
    """Make a cell's outputs the same in every run, and free of this machine's paths."""
    if any(WIDGET in output.get("data", {}) for output in cell.outputs):
        tags = cell.metadata.get("tags", [])
        cell.metadata["tags"] = tags if IGNORED in tags else [*tags, IGNORED]
    cell.outputs = [output for output in _merged(cell.outputs) if _clean(output, root)]


def _merged(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Streams that follow each other as one; which of the two came first is chance."""
    merged: list[NotebookNode] = []
    run: dict[str, str] = {}
    for output in [*outputs, None]:
        if output is not None and output.output_type == "stream":
            run[output.name] = run.get(output.name, "") + output.text
            continue
        for name in sorted(run, reverse=True):  # stdout before stderr
            merged.append(new_output("stream", name=name, text=run[name]))
        run = {}
        merged += [] if output is None else [output]
    return merged


def _clean(output: NotebookNode, root: Path) -> bool:
    """Normalise one output in place; whether anything is left of it."""
    if output.output_type == "stream":
        output.text = quieted(output.text, root)
        return bool(output.text.strip())
    if output.output_type == "error":
        output.traceback = [quieted(line, root) for line in output.traceback]
        return True
    data = output.data
    widget = data.pop(WIDGET, None)
    for kind in data:
        if kind.startswith("text/"):
            data[kind] = quieted(data[kind], root)
    if "image/png" in data:
        data["image/png"] = small_png(data["image/png"])
    said = data.get("text/plain", "").strip()
    bare = set(data) <= {"text/plain"} and (_REPR.fullmatch(said) or _BAR.search(said) or not said)
    return not (widget and bare)


def quieted(text: str, root: Path) -> str:
    """A text without addresses, timings, progress bars and this machine's paths."""
    for pattern, instead in _NOISE:
        text = pattern.sub(instead, text)
    packages = sysconfig.get_path("purelib")
    for path, instead in (
        (packages, "site-packages"),
        (sys.prefix, "python"),
        (str(root), "course"),
    ):
        text = text.replace(path, instead)
    return text


def small_png(encoded: str) -> str:
    """The picture without text chunks, in at most 256 colours where that makes it smaller."""
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(encoded)))
    if picture.mode == "RGBA" and picture.getextrema()[3] == (255, 255):
        picture = picture.convert("RGB")
    ways = [picture]
    if picture.mode in ("RGB", "RGBA"):
        method = Image.Quantize.MEDIANCUT if picture.mode == "RGB" else Image.Quantize.FASTOCTREE
        ways.append(picture.quantize(256, method=method, kmeans=1, dither=Image.Dither.NONE))
    return base64.b64encode(min(map(_as_png, ways), key=len)).decode("ascii")


def _as_png(picture) -> bytes:
    keep = ("transparency",)
    picture.info = {key: value for key, value in picture.info.items() if key in keep}
    data = io.BytesIO()
    picture.save(data, "PNG", optimize=True)
    return data.getvalue()
