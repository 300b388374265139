"""The way out of a process: one thing that cannot end keeps no other from ending."""

from __future__ import annotations

from sessions_app.draining import Drain


class Open:
    is_microphone = False

    def __init__(self, error=None):
        self.error = error
        self.has_left = False

    async def go_away(self):
        if self.error:
            raise self.error
        self.has_left = True


async def test_what_cannot_leave_in_order_is_logged_and_the_others_leave(caplog):
    drain, stuck, other = Drain(), Open(RuntimeError("out of order")), Open()
    drain.enter(stuck)
    drain.enter(other)

    await drain.run()

    assert other.has_left
    assert "RuntimeError: out of order" in caplog.text
