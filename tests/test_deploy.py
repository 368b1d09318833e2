"""What deploy/ has is well-formed and as locked as docs/deploy.md says; no container runs here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from vpcflow_core.cli.main import app
from vpcflow_core.settings import Settings, load_settings

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


def test_what_the_pod_names_is_there() -> None:
    text = (DEPLOY / "kubernetes/vpcflow.yaml").read_text(encoding="utf-8")
    by_kind = {one["kind"]: one for one in yaml.safe_load_all(text)}
    template = by_kind["Deployment"]["spec"]["template"]
    pod, labels = template["spec"], template["metadata"]["labels"]
    assert by_kind["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    service = by_kind["Service"]["spec"]
    assert service["selector"] == labels
    ports = [port["containerPort"] for port in pod["containers"][0]["ports"]]
    assert [port["targetPort"] for port in service["ports"]] == ports
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for container in pod["containers"]:
        assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    claim = by_kind["PersistentVolumeClaim"]["metadata"]["name"]
    assert volumes["store"]["persistentVolumeClaim"]["claimName"] == claim
    assert volumes["settings"]["configMap"]["name"] == by_kind["ConfigMap"]["metadata"]["name"]
    assert pod["serviceAccountName"] == by_kind["ServiceAccount"]["metadata"]["name"]
    for probe in ("readinessProbe", "livenessProbe"):
        compile(pod["containers"][0][probe]["exec"]["command"][2], probe, "exec")


class Template(yaml.SafeLoader):
    """CloudFormation's short forms as what they would stand for."""


Template.add_multi_constructor(
    "!", lambda _, __, node: f"https://{getattr(node, 'value', '')}".replace("$", "")
)


def environments() -> dict[str, dict[str, str]]:
    """Variables of each container that the files describe, by file and name."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    found = {f"compose {name}": one["environment"] for name, one in compose["services"].items()}
    text = (DEPLOY / "kubernetes/vpcflow.yaml").read_text(encoding="utf-8")
    (pod,) = (one for one in yaml.safe_load_all(text) if one["kind"] == "Deployment")
    for one in pod["spec"]["template"]["spec"]["containers"]:
        found[f"pod {one['name']}"] = {each["name"]: each["value"] for each in one["env"]}
    ecs = yaml.load((DEPLOY / "ecs.yaml").read_text(encoding="utf-8"), Template)
    for one in ecs["Resources"]["Task"]["Properties"]["ContainerDefinitions"]:
        found[f"task {one['Name']}"] = {
            **{each["Name"]: each["Value"] for each in one["Environment"]},
            **{each["Name"]: "x" * 32 for each in one.get("Secrets", ())},
        }
    grants = ecs["Parameters"]["Grants"]["Default"]
    found["task app"]["VPCFLOW_SIGN_IN__GRANTS"] = grants
    return found


@pytest.mark.parametrize("container", environments())
def test_each_container_has_settings_that_can_be_read(
    container: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (DEPLOY / "kubernetes/vpcflow.yaml").read_text(encoding="utf-8")
    (map_,) = (one for one in yaml.safe_load_all(text) if one["kind"] == "ConfigMap")
    (tmp_path / "vpcflow.toml").write_text(map_["data"]["vpcflow.toml"])
    for name, value in environments()[container].items():
        monkeypatch.setenv(name, value)
        setting = name.removeprefix("VPCFLOW_").partition("__")[0].lower()
        assert setting in {*Settings.model_fields, "config"} or name.startswith("STREAMLIT_"), name
    if "VPCFLOW_CONFIG" in environments()[container]:
        assert environments()[container]["VPCFLOW_CONFIG"] == "/etc/vpcflow/vpcflow.toml"
        monkeypatch.setenv("VPCFLOW_CONFIG", str(tmp_path / "vpcflow.toml"))
    settings = load_settings()  # refuses a line or value that is none
    assert settings.sources
    if container.endswith("app"):
        assert settings.sync_every is None
    if container == "task app":
        assert settings.sign_in is not None
        assert [grant.role for grant in settings.sign_in.grants] == ["admin"]


@pytest.mark.slow
def test_the_commands_of_containers_are_commands() -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted(DEPLOY.rglob("*.yaml"))]
    found = {line for text in texts for line in re.findall(r"vpcflow (\w+(?: --?\S+ \S+)*);", text)}
    assert {line.partition(" ")[0] for line in found} == {"sync", "watch"}
    command: Any = get_command(app)
    for line in found:
        name, *arguments = line.split()
        command.commands[name].make_context(name, arguments)  # refuses an unknown option


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
