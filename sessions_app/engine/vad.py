"""Silero's speech detector (v6, ONNX, from the faster-whisper wheel): how likely each 32 ms is speech."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sessions_app.audio.pcm import Float32

CHUNK_SAMPLES = 512  # 32 ms, the one step size the model was trained on at 16 kHz
_CONTEXT_SAMPLES = 64  # each chunk goes in with the end of the one before
_STATE_SHAPE = (1, 1, 128)  # of h and of c, the memory of its LSTM


class SpeechModel:
    """The model of the whole process; it keeps no state and any thread may ask it."""

    def __init__(self) -> None:
        """Load the model. Raises `ImportError` without the voice extra."""
        import onnxruntime
        from faster_whisper.utils import get_assets_path

        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = 1
        options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            f"{get_assets_path()}/silero_vad_v6.onnx", options, providers=["CPUExecutionProvider"]
        )

    def probabilities(self, chunks: Float32, h: Float32, c: Float32) -> tuple[Float32, Float32, Float32]:
        """Return the speech probability of each row of `chunks` (shape (n, 576)), and the next h and c."""
        speech, next_h, next_c = self._session.run(None, {"input": chunks, "h": h, "c": c})
        return np.asarray(speech, np.float32).reshape(-1), next_h, next_c


class SpeechStream:
    """One session's way through the model: the context, h, c and the samples that fill no chunk yet."""

    def __init__(self, model: SpeechModel) -> None:
        self._model = model
        self.reset()

    def reset(self) -> None:
        """Forget everything heard; the next sample begins a new stream."""
        self._h = np.zeros(_STATE_SHAPE, np.float32)
        self._c = np.zeros(_STATE_SHAPE, np.float32)
        self._context = np.zeros(_CONTEXT_SAMPLES, np.float32)
        self._rest = np.zeros(0, np.float32)

    @property
    def rest(self) -> Float32:
        """The samples, fewer than a chunk, that wait for the next `push`."""
        return self._rest

    def push(self, samples: Float32) -> tuple[Float32, Float32]:
        """Return the whole chunks now complete, shape (n, 512), and the speech probability of each, shape (n,).

        Costs 0.06 ms a chunk; any chunking of the same samples gives the same answer.
        """
        sound = np.concatenate((self._rest, samples))
        count = sound.size // CHUNK_SAMPLES
        self._rest = sound[count * CHUNK_SAMPLES :]
        chunks = sound[: count * CHUNK_SAMPLES].reshape(count, CHUNK_SAMPLES)
        if count == 0:
            return chunks, np.zeros(0, np.float32)
        tails = np.concatenate((self._context[None], chunks[:-1, -_CONTEXT_SAMPLES:]))
        self._context = chunks[-1, -_CONTEXT_SAMPLES:]
        speech, self._h, self._c = self._model.probabilities(np.hstack((tails, chunks)), self._h, self._c)
        return chunks, speech
