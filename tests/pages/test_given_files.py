"""Files of pressed buttons stay until browsers have had time to fetch them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from dashboards.ui import given_files, saving

MIME = "text/csv"


class Streamlit:
    """Streamlit's own keeping of files, without its server."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.storage = MemoryMediaFileStorage("/media")
        self.files = MediaFileManager(self.storage)
        monkeypatch.setattr(given_files.runtime, "exists", lambda: True)
        here = SimpleNamespace(media_file_mgr=self.files)
        monkeypatch.setattr(given_files.runtime, "get_instance", lambda: here)
        monkeypatch.setattr(saving, "here", lambda: SimpleNamespace(downloads=True))
        monkeypatch.setattr(saving.audit, "recorder", lambda: lambda *a, **k: None)
        monkeypatch.setattr(saving.st, "download_button", self.button)

    def button(self, label: str, made: object, file: str, mime: str, **rest: object) -> None:
        self.asked = self.files.add_deferred(made, mime, "place", file)  # type: ignore[arg-type]

    def pressed(self, content: bytes) -> str:
        """Name of the file that a pressed button gives."""
        saving.button("Download CSV", lambda: content, "rows.csv", MIME, key="csv")
        return self.files.execute_deferred(self.asked).removeprefix("/media/")

    def others_run(self) -> None:
        for _ in range(3):
            self.files.remove_orphaned_files()

    def has(self, name: str) -> bool:
        try:
            return bool(self.storage.get_file(name).content)
        except MediaFileStorageError:
            return False


@pytest.fixture
def streamlit(monkeypatch: pytest.MonkeyPatch) -> Streamlit:
    return Streamlit(monkeypatch)


def test_a_file_outlasts_the_runs_of_others_until_it_may_be_fetched(streamlit: Streamlit) -> None:
    first, second = streamlit.pressed(b"a,b\n"), streamlit.pressed(b"c,d\n")
    streamlit.others_run()
    assert streamlit.has(first)
    assert streamlit.has(second)


def test_files_go_when_the_time_is_over(streamlit: Streamlit) -> None:
    name = streamlit.pressed(b"a,b\n")
    (end,) = given_files._ENDS  # one for all files, however many were given
    assert end.interval == given_files.KEPT
    end.function(*end.args)
    streamlit.others_run()
    assert not streamlit.has(name)


def test_only_the_last_files_are_held(streamlit: Streamlit) -> None:
    names = [streamlit.pressed(b"%d" % i) for i in range(given_files.MOST + 3)]
    streamlit.others_run()
    assert [streamlit.has(name) for name in names] == [False] * 3 + [True] * given_files.MOST
