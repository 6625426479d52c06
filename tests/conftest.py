"""What every test may use."""

from __future__ import annotations

import datetime as dt
import gc
import logging
import os
import signal
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, settings
from kept_engines import keep_engines
from kept_processes import keep_processes
from waiting import PATIENCE_SECONDS

from monitor import child_process
from monitor.child_process import _Child

ROOT = Path(__file__).parent.parent
# A busy machine is no defect.
EXAMPLES = 200 if os.environ.get("MARSAD_NIGHTLY") else 30
MAX_ID = 80  # characters
settings.register_profile("marsad", deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("marsad")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a shell's background job, and so in all commands it starts
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a parameter after its argument where its value is bytes or long: each test process must make the same id.

    A gzip file, for one, has the second in it in which it was made.
    """
    return argname if isinstance(val, bytes) or (isinstance(val, str) and len(val) > MAX_ID) else None


@pytest.fixture(scope="session", autouse=True)
def _children_may_start_slowly() -> Iterator[None]:
    """In a minute a machine that is busy enough does not import everything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("monitor.child_process.START_SECONDS", PATIENCE_SECONDS)
        yield


@pytest.fixture(scope="session", autouse=True)
def _processes_live_on() -> Iterator[None]:
    """A command in a test process takes over the parser and the renderer of the one before."""
    with keep_processes():
        yield


@pytest.fixture(scope="session", autouse=True)
def _engines_live_on() -> Iterator[None]:
    """A command in a test process takes over the names of one before that had the same."""
    with keep_engines():
        yield


@pytest.fixture
def own_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of the process itself: each starts its own, and it ends."""
    monkeypatch.setattr(child_process, "_Child", _Child)


@pytest.hookimpl(tryfirst=True)  # before xdist, which writes the group into the name of the test
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a file of these folders in one process: what it makes of names and packs, it makes once.

    Coverage takes as much time as a test itself. It is left out where it finds little that other tests do not run, which
    is also what the mark no_cover on a file says.
    """
    for item in items:
        if any(item.get_closest_marker(name) for name in ("untraced", "proof", "docs")):
            item.add_marker(pytest.mark.no_cover)
        if item.path.parent.name in {"names", "watchlists", "stories"} and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


def pytest_collection_finish() -> None:
    """Let the collector leave alone what was imported and collected: it stays to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _commands_of_one_process_do_not_freeze_each_others_matchers() -> Iterator[None]:
    """A daemon makes a matcher once; a process of tests makes hundreds, and each time would look through everything."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("monitor.matchers", "monitor.daemon"):
            patch.setattr(f"{module}.build_to_last", lambda **_: nullcontext())
        yield


@pytest.fixture(autouse=True)
def _logging_as_at_the_start() -> None:
    """A command configures the logging of its process; the next test of the process must not inherit it."""
    structlog.reset_defaults()
    root_logger = logging.getLogger()
    ours = structlog.stdlib.ProcessorFormatter
    root_logger.handlers = [each for each in root_logger.handlers if not isinstance(each.formatter, ours)]
    root_logger.setLevel(logging.WARNING)
    logging.getLogger("monitor").setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The team's labelled news and original seed, which may not be redistributed."""
    folder = ROOT.parent / "shared"
    if not any((folder / "seeds").glob("*.txt")) or not any((folder / "accuracy").glob("*.jsonl.gz")):
        pytest.skip("needs ../shared (labelled news and the original seed), which is not part of the repository")
    return folder


def require(condition: object, what: str) -> None:
    """Skip where something from outside pip is missing, but fail on CI, where it must not be."""
    if condition:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have {what}; .ci/system-packages installs it")
    pytest.skip(f"needs {what}; as root, .ci/system-packages installs it")


@pytest.fixture(name="require", scope="session")
def hand_out_require() -> Callable[[object, str], None]:
    """`require` for folders of tests, which cannot import it from here."""
    return require


@dataclass(frozen=True, slots=True)
class Certificates:
    """A private authority, a server's certificate from it for 127.0.0.1 and localhost, and one nobody trusts."""

    ca: Path
    good: ssl.SSLContext
    strange: ssl.SSLContext
    misnamed: ssl.SSLContext


def sign(names: Sequence[str], issuer: tuple[x509.Certificate, Any] | None) -> tuple[x509.Certificate, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = dt.datetime.now(dt.UTC)
    addresses = [x509.IPAddress(ip_address("127.0.0.1"))] if "localhost" in names else []
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([*map(x509.DNSName, names), *addresses]), critical=False)
    )
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def make_context(folder: Path, certificate: x509.Certificate, key: Any) -> ssl.SSLContext:
    path = folder / f"{certificate.serial_number}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    authority, stranger = sign(["Marsad test authority"], None), sign(["Somebody else"], None)
    ca = folder / "ca.pem"
    ca.write_bytes(authority[0].public_bytes(serialization.Encoding.PEM))
    return Certificates(
        ca=ca,
        good=make_context(folder, *sign(["localhost"], authority)),
        strange=make_context(folder, *sign(["localhost"], stranger)),
        misnamed=make_context(folder, *sign(["elsewhere.example.org"], authority)),
    )
