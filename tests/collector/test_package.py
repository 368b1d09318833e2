"""The function's zip file: all that it needs, and nothing that Lambda lacks."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from collector.package import archive, sources, write

LAMBDA_HAS = {"boto3", "botocore", "collector"} | set(sys.stdlib_module_names)


@pytest.mark.slow
def test_the_function_imports_what_lambda_has() -> None:
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
            assert {name.partition(".")[0] for name in names} <= LAMBDA_HAS, path


def test_the_archive_runs_alone(tmp_path: Path) -> None:
    path = write(tmp_path)
    script = (
        f"import sys; sys.path.insert(0, {str(path)!r})\n"
        "from collector.function import handler\n"
        "print(handler.__file__, 'vpcflow_core' in sys.modules)\n"
    )
    # -I: neither this checkout nor its environment variables are seen.
    ran = subprocess.run(
        [sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert ran.stdout.split() == [f"{path}/collector/function/handler.py", "False"]


def test_equal_sources_give_equal_archives_and_names(tmp_path: Path) -> None:
    assert archive() == archive()
    (tmp_path / "a").mkdir()
    assert write(tmp_path).name == write(tmp_path / "a").name


def test_everybody_may_read_the_files_in_it() -> None:
    with zipfile.ZipFile(BytesIO(archive())) as packed:
        assert {entry.external_attr >> 16 & 0o777 for entry in packed.infolist()} == {0o644}
        assert "collector/function/handler.py" in packed.namelist()
        assert not any("yaml" in name or "package" in name for name in packed.namelist())
