"""A backup is one file, with the contents of uploads in it."""

import hashlib
import random
import secrets
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager

import pytest

from harness import DATABASE, Buckle, binary, buckle, eventually

pytestmark = pytest.mark.skipif(bool(DATABASE), reason="the copy is of the data directory's own database")

MEGABYTE = 1 << 20


def upload(api, content: bytes, name="a.bin.gz") -> str:
    return api.call("POST", "/v1/files/upload", files={"file": (name, content)}).ok().data["id"]


def download(api, file_id) -> bytes:
    response = api.raw("GET", f"/buckle/v1/files/{file_id}/content")
    assert response.status_code == 200, response.text[:300]
    return response.content


def listed(api) -> set:
    """The ids of all files."""
    found, after = set(), None
    while True:
        page = api.get("/buckle/v1/files", limit=100, **({"after_id": after} if after else {})).ok().data
        found |= {item["id"] for item in page["items"]}
        if not page["has_more"]:
            return found
        after = page["last_id"]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def blobs(data) -> set:
    """The hashes of the contents that lie in a data directory."""
    return {path.parent.name + path.name for path in (data / "blobs").glob("[0-9a-f][0-9a-f]/*")}


def snapshot(directory) -> dict:
    """All that is in a directory."""
    return {path: path.read_bytes() if path.is_file() else None for path in directory.rglob("*")}


def back_up(server, file):
    made = buckle("backup", "--data-dir", server.data, file)
    assert made.returncode == 0, made.stderr
    assert not file.with_name(file.name + ".part").exists()
    return file


def restore(data, file, *options):
    restored = buckle("restore", "--data-dir", data, *options, file)
    assert restored.returncode == 0, restored.stderr
    assert {path.name for path in data.iterdir()} <= {"buckle.db", "buckle.lock", "blobs"}


@contextmanager
def serving(data, token):
    """A server on a directory that was restored."""
    server = Buckle(data.parent)
    server.token = token
    try:
        yield server.start()
        assert server.stop() == 0
    finally:
        server.remove()


def tables(file) -> set:
    with closing(sqlite3.connect(file)) as database:
        return {name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def change(file, statement, *values):
    """Changes a backup behind the program's back; as many rows as the statement says must be there."""
    with closing(sqlite3.connect(file)) as database:
        assert database.execute(statement, values).rowcount != 0
        database.commit()


def make_old(file):
    """What a backup was before uploads were in it."""
    change(file, "DROP TABLE backup_content")
    with closing(sqlite3.connect(file)) as database:
        database.execute("VACUUM")


class Churn:
    """Uploads and deletes files until it is stopped."""

    def __init__(self, server):
        self.hashes = {}
        """What every file it ever uploaded held."""
        self.deleted = 0
        self.failure = None
        self._server = server
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(seed,)) for seed in range(2)]

    def _run(self, seed):
        try:
            api, dice, own = self._server.api(), random.Random(seed), []
            while not self._over.is_set():
                content = secrets.token_bytes(dice.choice([1, 500, 30_000, MEGABYTE + 1]))
                own.append(upload(api, content))
                self.hashes[own[-1]] = digest(content)
                # The newest often: the copy of the database knows it, and its content is gone when its turn comes.
                while len(own) > 3 or own and dice.random() < 0.6:
                    api.delete(f"/buckle/v1/files/{own.pop(dice.choice([0, -1]))}").ok()
                    self.deleted += 1
        except BaseException as failure:  # noqa: BLE001, told by the test
            self.failure = failure

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join(30)


@pytest.fixture
def files(own_server) -> dict:
    """Uploads of many sizes on a server, two of the same content: what each id holds."""
    api = own_server.api()
    twice = secrets.token_bytes(70_000)
    contents = [
        b"x", secrets.token_bytes(4096), secrets.token_bytes(MEGABYTE - 1), secrets.token_bytes(MEGABYTE),
        secrets.token_bytes(MEGABYTE + 1), secrets.token_bytes(20 * MEGABYTE), bytes(3 * MEGABYTE), twice, twice,
    ]
    return {upload(api, content): content for content in contents}


def test_what_is_backed_up_under_load_is_whole_in_an_empty_directory(own_server, files, tmp_path):
    copies = []
    with Churn(own_server) as churn:
        for number in range(3):
            assert eventually(lambda: churn.failure or churn.deleted > 10 * (number + 1), within=20)
            copies.append(back_up(own_server, tmp_path / f"{number}.backup"))
    assert churn.failure is None, churn.failure
    assert own_server.stop() == 0
    expected = churn.hashes | {file: digest(content) for file, content in files.items()}
    for number, copy in enumerate(copies):
        assert copy.stat().st_mode & 0o777 == 0o600
        data = tmp_path / f"restored {number}" / "data"
        data.parent.mkdir()
        restore(data, copy)
        assert (data / "buckle.db").stat().st_size < 2 * MEGABYTE
        assert "backup_content" not in tables(data / "buckle.db")
        assert all(path.stat().st_mode & 0o077 == 0 for path in data.rglob("*"))
        laid = blobs(data)
        with serving(data, own_server.token) as server:
            api = server.api()
            found = listed(api)
            assert set(files) <= found <= set(expected)
            for file in found:
                assert digest(download(api, file)) == expected[file]
            # Nothing was laid there that a start would have to sweep.
            assert laid == {expected[file] for file in found}


def test_what_replaces_other_data_brings_its_files_and_the_others_go(own_server, files, tmp_path):
    copy = back_up(own_server, tmp_path / "copy.backup")
    other = Buckle(tmp_path / "other")
    other.directory.mkdir()
    try:
        api = other.start().api()
        theirs = upload(api, b"somebody else's")
        upload(api, files[min(files)])
        # Its server has swept, so it owns its directory of contents.
        assert eventually(lambda: (other.data / "blobs" / "database").exists(), within=5)
        assert buckle("restore", "--data-dir", other.data, "--force", copy).returncode != 0
        assert download(api, theirs) == b"somebody else's"
        assert other.stop() == 0
        before = snapshot(other.data)
        refused = buckle("restore", "--data-dir", other.data, copy)
        assert refused.returncode != 0 and "--force" in refused.stderr
        assert snapshot(other.data) == before
        restore(other.data, copy, "--force")
        with serving(other.data, own_server.token) as server:
            api = server.api()
            assert listed(api) == set(files)
            assert {file: download(api, file) for file in files} == files
            assert eventually(lambda: blobs(server.data) == {digest(content) for content in files.values()}, within=5)
            assert "another database" not in server.log_tail()
    finally:
        other.remove()


def test_a_server_returns_to_its_own_backup(own_server, files, tmp_path):
    copy = back_up(own_server, tmp_path / "copy.backup")
    api = own_server.api()
    for file in files:
        api.delete(f"/buckle/v1/files/{file}").ok()
    upload(api, b"newer than the copy")
    assert own_server.stop() == 0
    restore(own_server.data, copy, "--force")
    own_server.start()
    assert {file: download(api := own_server.api(), file) for file in files} == files
    assert listed(api) == set(files)
    # And can be copied again.
    with closing(sqlite3.connect(back_up(own_server, tmp_path / "again.backup"))) as database:
        found = database.execute("SELECT COUNT(DISTINCT hash), SUM(LENGTH(piece)) FROM backup_content").fetchone()
    assert found == (len(set(files.values())), sum(map(len, set(files.values()))))


BIGGEST = "hash = (SELECT hash FROM file ORDER BY bytes DESC LIMIT 1)"


@pytest.mark.parametrize("damage", [
    f"UPDATE backup_content SET piece = zeroblob(LENGTH(piece)) WHERE number = 7 AND {BIGGEST}",
    f"UPDATE backup_content SET piece = SUBSTR(piece, 2) WHERE number = 7 AND {BIGGEST}",
    f"UPDATE backup_content SET number = 1000 WHERE number = 7 AND {BIGGEST}",
    f"DELETE FROM backup_content WHERE number = 19 AND {BIGGEST}",
    f"DELETE FROM backup_content WHERE {BIGGEST}",
], ids=["altered", "cut", "out of order", "short", "gone"])
def test_a_backup_with_a_damaged_content_is_refused_and_changes_nothing(own_server, files, tmp_path, damage):
    copy = back_up(own_server, tmp_path / "copy.backup")
    change(copy, damage)
    own_server.stop()
    before = snapshot(own_server.data)
    for data, options in ((own_server.data, ["--force"]), (tmp_path / "none", [])):
        refused = buckle("restore", "--data-dir", data, *options, copy)
        assert refused.returncode != 0
        assert max(files, key=lambda file: len(files[file])) in refused.stderr
        assert not refused.stdout
    assert snapshot(own_server.data) == before
    assert not (tmp_path / "none").exists()


def test_a_byte_that_fell_over_on_the_medium_is_found(own_server, files, tmp_path):
    copy = back_up(own_server, tmp_path / "copy.backup")
    content = max(files.values(), key=len)
    with open(copy, "r+b") as medium:
        place = medium.read().find(content[5_000_000:5_000_100])
        assert place > 0
        medium.seek(place)
        medium.write(bytes([content[5_000_000] ^ 1]))
    refused = buckle("restore", "--data-dir", tmp_path / "none", copy)
    assert refused.returncode != 0 and refused.stderr.strip()
    assert not (tmp_path / "none").exists()


def test_a_backup_from_before_uploads_were_in_it_still_restores(own_server, files, tmp_path):
    copy = back_up(own_server, tmp_path / "copy.backup")
    make_old(copy)
    assert copy.stat().st_size < MEGABYTE
    own_server.stop()
    restore(own_server.data, copy, "--force")
    own_server.start()
    assert {file: download(own_server.api(), file) for file in files} == files
    data = tmp_path / "elsewhere" / "data"
    data.parent.mkdir()
    restore(data, copy)
    with serving(data, own_server.token) as server:
        assert listed(server.api()) == set(files)


def test_a_copy_without_uploads_has_no_table_for_them(own_server, tmp_path):
    copy = back_up(own_server, tmp_path / "copy.backup")
    assert "file" in tables(copy) and "backup_content" not in tables(copy)


@pytest.mark.parametrize("wrong", ["altered", "missing"])
def test_what_cannot_be_backed_up_whole_is_not_backed_up(own_server, files, tmp_path, wrong):
    file = max(files, key=lambda file: len(files[file]))
    hash = digest(files[file])
    place = own_server.data / "blobs" / hash[:2] / hash[2:]
    if wrong == "missing":
        place.unlink()
    else:
        with open(place, "r+b") as content:
            content.seek(len(files[file]) - 1)
            content.write(bytes([files[file][-1] ^ 1]))
    refused = buckle("backup", "--data-dir", own_server.data, tmp_path / "copy.backup")
    assert refused.returncode != 0
    assert file in refused.stderr and str(place) in refused.stderr and not refused.stdout
    assert not list(tmp_path.glob("copy*"))
    own_server.api().delete(f"/buckle/v1/files/{file}").ok()
    back_up(own_server, tmp_path / "copy.backup")


def test_memory_is_needed_for_a_piece_and_not_for_a_file(own_server, tmp_path):
    def needed(*arguments) -> int:
        """Runs a command and tells the most memory it had, in bytes."""
        # From a small process: the memory of whoever starts a process counts as its own at first.
        script = """if True:
            import resource, subprocess, sys
            subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            """
        ran = subprocess.run(
            [sys.executable, "-c", script, binary(), *map(str, arguments)], capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stderr
        return int(ran.stdout) * 1024

    def both(name) -> tuple:
        copy, data = tmp_path / f"{name}.backup", tmp_path / name
        return needed("backup", "--data-dir", own_server.data, copy), needed("restore", "--data-dir", data, copy)

    api = own_server.api()
    upload(api, b"little")
    little = both("little")
    upload(api, secrets.token_bytes(96 * MEGABYTE))
    much = both("much")
    assert (tmp_path / "much.backup").stat().st_size > 96 * MEGABYTE
    assert all(most - least < 32 * MEGABYTE for least, most in zip(little, much)), (little, much)


def test_a_command_that_is_killed_leaves_what_was_there_and_can_be_repeated(own_server, files, tmp_path):
    copy = back_up(own_server, tmp_path / "copy.backup")
    api = own_server.api()
    for file in files:
        api.delete(f"/buckle/v1/files/{file}").ok()
    newer = upload(api, b"newer than the copy")
    own_server.stop()

    def killed(after, *arguments) -> bool:
        """Runs a command and kills it after so many seconds, unless it has ended by itself."""
        process = subprocess.Popen(
            [binary(), *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert process.wait(after) == 0
            return False
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return True

    began = time.monotonic()
    assert buckle("restore", "--data-dir", tmp_path / "timed", copy).returncode == 0
    span = time.monotonic() - began
    was_killed = 0
    for tenth in range(1, 10):
        if not killed(span * tenth / 10, "restore", "--data-dir", own_server.data, "--force", copy):
            break
        was_killed += 1
        own_server.start()
        api = own_server.api()
        found = listed(api)
        # The one or the other, and whole.
        assert found in ({newer}, set(files))
        for file in found:
            assert download(api, file) == (b"newer than the copy" if file == newer else files[file])
        assert own_server.stop() == 0
        if newer not in found:
            break
    assert was_killed > 2
    restore(own_server.data, copy, "--force")
    own_server.start()
    assert {file: download(own_server.api(), file) for file in files} == files

    second = tmp_path / "second.backup"
    assert killed(span / 5, "backup", "--data-dir", own_server.data, second)
    assert not second.exists()
    back_up(own_server, second)
    restore(tmp_path / "of the second", second)


def test_two_that_make_the_same_backup_do_not_spoil_it(own_server, files, tmp_path):
    copy = tmp_path / "copy.backup"
    commands = [
        subprocess.Popen(
            [binary(), "backup", "--data-dir", str(own_server.data), str(copy)], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    ends = [(command.communicate(timeout=60)[1], command.returncode) for command in commands]
    assert [status for _, status in ends].count(0) == 1, ends
    assert all(status == 0 or str(copy) in said for said, status in ends), ends
    restore(tmp_path / "restored", copy)
    assert blobs(tmp_path / "restored") == {digest(content) for content in files.values()}
