"""One simulated user: a hidden temperament, a mood that remembers, and what happens to them, one thing after another.

The whole state is in plain attributes and nothing is drawn before it happens, so that a copy taken after any happening
can live on differently.
"""

from bisect import bisect_right
from collections.abc import Callable
from random import Random
from typing import Final

from producers.simulator.chat_texts import text_of
from producers.simulator.chats import Chat, after_chat, after_wait, next_turn, open_chat, opening_wait_ms
from producers.simulator.draws import FINE, draw, exponential, milliseconds
from producers.simulator.pages import (
    ANNOYANCE,
    CANCEL,
    CHAT_CAUSE,
    CONFIRMATION,
    END,
    EVENTFUL,
    PLAN_AFTER,
    SONG,
    START,
)
from producers.simulator.services import Society

Happening = tuple[int, int, int, str, str, str]
"""Time in ms, the user's number, a running number of the user's from 1, event type, the user's name, data as JSON."""

Diary = list[Happening]

AWAY: Final = "away"
"""Between two sessions: `now_ms` is when the next one begins."""

ACTIVITY: Final = "churn.activity.v1"
ENDLESS: Final = 1 << 60
"""A limit that is never reached."""

_DAY_MS: Final = 86_400_000
_HOUR_MS: Final = 3_600_000
_SESSION_BREAK_MS: Final = 45 * 60_000
_BILLING_MS: Final = 30 * _DAY_MS
_CALMING_MS: Final = 14 * _DAY_MS
_SOOTHING: Final = 0.65
"""What a session leaves of the frustration from before: who listens much does not add up annoyances without end."""
_CLOSING_MS: Final = 1_000
_UNEASY_ABOVE: Final = 0.6
_UPSET_ABOVE: Final = 1.5
_GAP_FACTORS: Final = (1.0, 1.05, 1.15)
"""How much longer a calm, an uneasy and an upset user stays away."""
_CALM_RISK: Final = 0.1
_PRESENT_AT_START: Final = 0.75
_JOINED_BY: Final = 0.6

_WAIT: Final = exponential()
_CLICKS_MS: Final = milliseconds(_WAIT, 26_000, 1_000)
_AWAKE: Final = (0.75,) * 10 + (0.85, 0.9, 0.95) + (1.0,) * 6 + (0.95, 0.9, 0.9, 0.85, 0.8)
"""How likely a session begins in each hour of the day (UTC) when it falls due then; else it waits for an hour."""

_TELL_PLAN: Final = "tell plan"


class Customer:
    """A user's life with a service. The same seed and number live the same life on every machine."""

    __slots__ = (
        "agenda",
        "bill_ms",
        "calmed_ms",
        "character",
        "chat",
        "conversations",
        "diary",
        "frustration",
        "gap_ms",
        "gone",
        "happenings",
        "name",
        "now_ms",
        "number",
        "page",
        "plan",
        "sessions",
        "songs_ms",
        "uniform",
    )

    def __init__(self, number: int, society: Society, start_ms: int, end_ms: int) -> None:
        self.uniform: Callable[[], float] = Random((society.seed << 32) | number).random
        self.number = number
        self.name = f"u{number:06d}"
        self.character = society.character(number, self.uniform())
        self.gap_ms = self.character.gap_ms / draw(society.activity, self.uniform())
        self.songs_ms = society.songs_ms
        self.plan = int(self.uniform() < self.character.paid_share)
        self.now_ms = self.calmed_ms = self._first_session_ms(start_ms, end_ms)
        self.bill_ms = self.now_ms + int(self.uniform() * _BILLING_MS)
        self.frustration = 0.0
        self.happenings = self.sessions = self.conversations = 0
        self.gone = False
        self.page = AWAY
        self.chat: Chat | None = None
        self.agenda: tuple[str, ...] = (_TELL_PLAN,)
        self.diary: Diary | None = None

    def twin(self, uniform: Callable[[], float]) -> "Customer":
        """A copy whose life goes on with other chances; it keeps no diary."""
        other = Customer.__new__(Customer)
        for name in Customer.__slots__:
            setattr(other, name, getattr(self, name))
        other.uniform = uniform
        other.diary = None
        return other

    def live(self, until_ms: int, limit: int = ENDLESS) -> None:
        """Live on until a happening or the next session lies at or after `until_ms`, or `limit` things have happened.

        What happens goes into the diary, if there is one.
        """
        while self.now_ms < until_ms and self.happenings < limit and not self.gone:
            if self.agenda or self.chat is not None or self.page == AWAY:
                self._do_what_is_due()
            else:
                self._look_around(until_ms, limit)

    def stay_away_until(self, time_ms: int) -> None:
        """Let nothing happen before `time_ms`: who is not in the middle of something comes for a new session later."""
        if self.chat is not None or (self.agenda and self.page != AWAY):
            self.now_ms = max(self.now_ms, time_ms)
        elif self.page != AWAY:
            self._rest(max(time_ms, self.now_ms + _SESSION_BREAK_MS))
        elif self.now_ms <= time_ms:
            self._rest(time_ms)

    def _first_session_ms(self, start_ms: int, end_ms: int) -> int:
        present = self.uniform() < _PRESENT_AT_START
        share = 0.0 if present else self.uniform() * _JOINED_BY
        return start_ms + int(share * (end_ms - start_ms)) + int(self.uniform() * self.gap_ms)

    def _look_around(self, until_ms: int, limit: int) -> None:
        """Go from page to page while nothing else comes up: the generator's inner loop."""
        uniform, diary, songs_ms = self.uniform, self.diary, self.songs_ms
        page, now_ms, told = self.page, self.now_ms, self.happenings
        steps = self.character.chains[self.plan][self._mood()]
        number, name, tail = self.number, self.name, f'","session_ref":"{self.name}-{self.sessions}"}}'
        while now_ms < until_ms and told < limit:
            likeliest, shares, pages = steps[page]
            level = uniform()
            page = pages[0] if level < likeliest else pages[bisect_right(shares, level)]
            if page == END:
                break
            now_ms += (songs_ms if page == SONG else _CLICKS_MS)[int(uniform() * FINE)]
            told += 1
            if diary is not None:
                diary.append((now_ms, number, told, ACTIVITY, name, '{"action":"' + page + tail))
            if page in EVENTFUL:
                break
        self.page, self.now_ms, self.happenings = page, now_ms, told
        if page == END:
            self._rest(now_ms + _SESSION_BREAK_MS)
        elif page in EVENTFUL:
            self._live_through(page)

    def _do_what_is_due(self) -> None:
        if self.page == AWAY:
            self._begin_session()
        elif self.chat is not None:
            self._go_on_chatting(self.chat)
        else:
            due, self.agenda = self.agenda[0], self.agenda[1:]
            self._do(due)

    def _begin_session(self) -> None:
        self.page = START
        self.sessions += 1
        self._calm_down()
        self._read_bill()

    def _do(self, due: str) -> None:
        if due == _TELL_PLAN:
            self._note("churn.profile.v1", f'{{"attributes":{{"plan":"{("free", "paid")[self.plan]}"}}}}')
        elif due == CANCEL:
            self._leave_page(CANCEL, 20_000)
        elif due == CONFIRMATION:
            self._leave_page(CONFIRMATION, 199_000)
            self.gone = True
        else:
            self._open_chat(due)

    def _leave_page(self, page: str, wait_ms: int) -> None:
        self.now_ms += 1_000 + int(self.uniform() * wait_ms)
        self._note(ACTIVITY, f'{{"action":"{page}","session_ref":"{self.name}-{self.sessions}"}}')

    def _note(self, kind: str, data: str) -> None:
        self.happenings += 1
        if self.diary is not None:
            self.diary.append((self.now_ms, self.number, self.happenings, kind, self.name, data))

    def _mood(self) -> int:
        return (self.frustration > _UNEASY_ABOVE) + (self.frustration > _UPSET_ABOVE)

    def _live_through(self, page: str) -> None:
        character, uniform = self.character, self.uniform
        self.frustration += ANNOYANCE.get(page, 0.0) / character.temperament.patience
        if page in PLAN_AFTER:
            self.plan = int(PLAN_AFTER[page] == "paid")
            self.agenda = (_TELL_PLAN,)
        if uniform() < character.chat_chance.get(page, 0.0):
            self.agenda = (*self.agenda, CHAT_CAUSE[page])
        elif uniform() < character.cancel_chance.get(page, 0.0) * (_CALM_RISK + self.frustration):
            self.agenda = (CANCEL, CONFIRMATION)

    def _open_chat(self, cause: str) -> None:
        self.conversations += 1
        self.chat = open_chat(self.uniform, cause, self.character.temperament, self.frustration)
        self.now_ms += opening_wait_ms(self.uniform)
        self._note_conversation("opened")

    def _go_on_chatting(self, chat: Chat) -> None:
        if chat.said == chat.length:
            self._close_chat(chat)
            return
        turn = next_turn(self.uniform, chat, self.now_ms, self.character.service.reply_slowness, self.frustration)
        self.now_ms += turn.wait_ms
        self._note_message(chat, turn.sentiment_milli, "" if self.diary is None else text_of(self.uniform, chat, turn))
        if not chat.inbound:
            self.frustration = after_wait(self.frustration, turn.wait_ms, self.character.temperament.patience)
        self.chat = chat._replace(said=chat.said + 1)

    def _close_chat(self, chat: Chat) -> None:
        self.chat = None
        self.frustration = after_chat(self.frustration, chat.badly)
        self.now_ms += _CLOSING_MS
        self._note_conversation("closed")

    def _note_conversation(self, event: str) -> None:
        data = f'{{"event":"{event}","conversation_ref":"{self.name}-c{self.conversations}"}}'
        self._note("churn.conversation.v1", data)

    def _note_message(self, chat: Chat, sentiment_milli: int, text: str) -> None:
        ref, direction = f"{self.name}-c{self.conversations}", "inbound" if chat.inbound else "outbound"
        said = f'"direction":"{direction}","text":"{text}","sentiment":{sentiment_milli / 1000}'
        self._note("churn.message.v1", f'{{"conversation_ref":"{ref}",{said}}}')

    def _read_bill(self) -> None:
        if self.now_ms < self.bill_ms:
            return
        self.bill_ms += _BILLING_MS
        if self.plan and self.character.service.has_chat and self.uniform() < self.character.temperament.bill_dispute:
            self.agenda = (*self.agenda, "bill")

    def _calm_down(self) -> None:
        elapsed_ms = self.now_ms - self.calmed_ms
        self.frustration *= _SOOTHING * _CALMING_MS / (_CALMING_MS + elapsed_ms)
        self.calmed_ms = self.now_ms

    def _rest(self, from_ms: int) -> None:
        """Stay away for a while from `from_ms` on: the wait has no memory."""
        self.page = AWAY
        now_ms = from_ms + int(draw(_WAIT, self.uniform()) * self.gap_ms * _GAP_FACTORS[self._mood()])
        while self.uniform() > _AWAKE[now_ms // _HOUR_MS % 24]:
            now_ms += _HOUR_MS
        self.now_ms = now_ms
