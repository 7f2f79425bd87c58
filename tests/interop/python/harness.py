"""Named cases, each with a time limit, one line each on stdout, as in the Node client."""

import hashlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

CASE_SECONDS = 30
TOP = pathlib.Path(__file__).resolve().parents[3]


def generate_stubs() -> tempfile.TemporaryDirectory:
    """Makes the stubs with Debian's protoc in a temporary directory and puts it on the path."""
    directory = tempfile.TemporaryDirectory(prefix="healthgrains-stubs-")
    public = TOP / "protos"
    own = TOP / "tests" / "interop" / "protos"
    files = [
        *sorted(str(p) for p in (public / "healthgrains" / "v1").glob("*.proto")),
        str(own / "google/rpc/status.proto"),
        str(own / "grpc/health/v1/health.proto"),
        str(own / "grpc/reflection/v1/reflection.proto"),
        str(own / "grpc/reflection/v1alpha/reflection.proto"),
    ]
    subprocess.run(
        ["protoc", f"-I{public}", f"-I{own}", f"--python_out={directory.name}", f"--grpc_out={directory.name}",
         "--plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin", *files],
        check=True, timeout=60)
    sys.path.insert(0, directory.name)
    # Packages named `grpc` and `google` exist on this machine too: let the generated halves join them.
    for package in ("grpc", "google"):
        __import__(package).__path__.append(os.path.join(directory.name, package))
    return directory


class Failed(Exception):
    """An expectation that did not hold."""


class Skip(Exception):
    """A case that this server can not serve yet."""


def expect(condition: bool, sentence: str) -> None:
    if not condition:
        raise Failed(sentence)


def expect_equal(actual, wanted, what: str) -> None:
    expect(actual == wanted, f"{what}: wanted {wanted!r}, got {actual!r}")


class Documents:
    """Documents derived from one generated CDA file: the same file with another unique id is another document."""

    def __init__(self, directory: str):
        first = sorted(pathlib.Path(directory).glob("*.xml"))[0]
        self.text = first.read_text("utf-8")
        ids = re.findall(r"<(?:\w+:)?id\b[^>]*/>", self.text)
        # In a CDA header the first `id` element is the document's own.
        self.id_element = ids[0]
        for element in ids:
            root = self._attribute(element, "root")
            if re.fullmatch(r"1\.2\.250\.1\.213\.1\.4\.(8|9|10|11)", root):
                self.ins, self.oid = self._attribute(element, "extension"), root
                break
        self.run = os.environ.get("HG_RUN") or f"{time.time_ns()}-{os.getpid()}"
        self.count = 0

    @staticmethod
    def _attribute(element: str, name: str) -> str:
        found = re.search(rf'\b{name}="([^"]*)"', element)
        return found.group(1) if found else ""

    def next(self):
        """The unique id and the bytes of a new document."""
        self.count += 1
        h = hashlib.sha256(f"{self.run}/{self.count}".encode()).hexdigest().upper()
        unique_id = f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:32]}"
        element = re.sub(r'root="[^"]*"', f'root="{unique_id}"', self.id_element)
        element = re.sub(r'\s*extension="[^"]*"', "", element)
        return unique_id, self.text.replace(self.id_element, element, 1).encode()


def _alarm(_signal, _frame):
    raise Failed(f"did not end within {CASE_SECONDS} s")


def run_cases(cases, only=None) -> int:
    """Runs every case and returns the exit code."""
    signal.signal(signal.SIGALRM, _alarm)
    passed = failed = skipped = 0
    for name, case in cases.items():
        if only and only != name:
            continue
        signal.alarm(CASE_SECONDS)
        try:
            case()
            passed += 1
            print(f"ok {name}", flush=True)
        except Skip as reason:
            skipped += 1
            print(f"skip {name} {reason}", flush=True)
        except Exception as error:  # The border of a case: whatever it was, the next case runs.
            failed += 1
            reason = " ".join(str(error).split())[:400] or type(error).__name__
            print(f"not ok {name} {reason}", flush=True)
        finally:
            signal.alarm(0)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 0 if failed == 0 and passed > 0 else 1
