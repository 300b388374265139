"""The sockets, by address: the microphone's, the viewer's, and none. They delegate what is not about sockets."""

from sessions_app.consumers.audio import AudioConsumer
from sessions_app.consumers.live import LiveConsumer
from sessions_app.consumers.nowhere import Nowhere

__all__ = ["AudioConsumer", "LiveConsumer", "Nowhere"]
