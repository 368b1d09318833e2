"""What deploy/ has is well-formed and as locked as docs/deploy.md says; no container runs here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_image_is_not_root_checks_its_health_and_installs_by_hash(dockerfile: str) -> None:
    last = dockerfile.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert "VOLUME /store" in last
    assert "--require-hashes" in dockerfile
    assert "VPCFLOW_STORE=/store" in last


def test_all_that_the_image_copies_is_there_and_let_through(dockerfile: str) -> None:
    allowed = set((ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines())
    for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
            inside = f"!{name}/config.toml" if name == ".streamlit" else f"!{name}"
            assert inside in allowed, name


def test_the_health_check_is_python_that_compiles(dockerfile: str) -> None:
    code = re.findall(r'HEALTHCHECK .*"-c", "(.*)"\]', dockerfile)
    assert len(code) == 1
    compile(code[0], "healthcheck", "exec")
    failing = code[0].replace("8501", "9")  # nothing listens there
    assert subprocess.run([sys.executable, "-c", failing], capture_output=True).returncode != 0


def test_compose_has_one_writer_and_a_read_only_root() -> None:
    made = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    app, sync = made["services"]["app"], made["services"]["sync"]
    for service in (app, sync):
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "store:/store" in service["volumes"]
    assert app["environment"]["VPCFLOW_SYNC_EVERY"] == "off"
    assert app["environment"]["VPCFLOW_CONFIG"] == "/etc/vpcflow/vpcflow.toml"
    assert all(port.startswith("127.0.0.1:") for port in app["ports"])
    assert "vpcflow sync" in sync["command"][0]


def test_the_pod_runs_as_no_root_with_limits_and_probes() -> None:
    found: list[dict[str, Any]] = list(
        yaml.safe_load_all((DEPLOY / "kubernetes/vpcflow.yaml").read_text(encoding="utf-8"))
    )
    by_kind = {one["kind"]: one for one in found}
    assert set(by_kind) == {
        "ServiceAccount",
        "ConfigMap",
        "PersistentVolumeClaim",
        "Deployment",
        "Service",
    }
    pod = by_kind["Deployment"]["spec"]["template"]["spec"]
    assert by_kind["Deployment"]["spec"]["strategy"] == {"type": "Recreate"}
    assert pod["securityContext"]["runAsNonRoot"] is True
    for container in pod["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert "memory" in container["resources"]["limits"]
    assert {"readinessProbe", "livenessProbe"} <= set(pod["containers"][0])


@pytest.mark.slow
def test_the_task_definition_passes_cfn_lint() -> None:
    found = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), DEPLOY / "ecs.yaml"],
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout


def test_pruning_takes_tests_and_other_services_and_leaves_the_rest(tmp_path: Path) -> None:
    keep = [
        "numpy/_core/tests/_natype.py",
        "botocore/data/ec2/x",
        "botocore/data/endpoints.json",
        "pyarrow/libarrow_substrait.so.1",
        "pyarrow/libarrow_python.so.1",
        "pyarrow/lib.cpython.so",
        "statsmodels/tsa/ar_model.py",
        "statsmodels/tsa/base/x.py",
        "plotly/graph_objs/_scatter.py",
        "streamlit/static/static/js/PlotlyChart.a.js",
        "pygments/lexers/sql.py",
        "pygments/lexers/_mapping.py",
        "a/b.py",
    ]
    go = [
        "a/tests/c.py",
        "a/__pycache__/d.pyc",
        "botocore/data/zocalo/x",
        "pyarrow/include/e.h",
        "pyarrow/libarrow_python.so",
        "pyarrow/libarrow_python.so.1.1.0",
        "statsmodels/tsa/statespace/x.py",
        "statsmodels/robust/x.py",
        "plotly/graph_objs/_cone.py",
        "plotly/graph_objs/cone/x.py",
        "streamlit/static/static/js/infoDiagram-a.js",
        "pygments/lexers/lisp.py",
        "a/b.pyi",
    ]
    for name in keep + go:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    subprocess.run(["sh", str(DEPLOY / "prune.sh"), str(tmp_path)], check=True)
    assert [name for name in keep + go if (tmp_path / name).exists()] == keep
