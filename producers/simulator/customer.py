"""One simulated user: a hidden temperament, a mood that remembers, and the diary of what they do."""

from collections.abc import Iterator
from random import Random
from typing import Final

from producers.simulator.chats import Turn, hold_chat
from producers.simulator.draws import choose, draw, exponential, lognormal
from producers.simulator.pages import (
    ANNOYANCE,
    CANCEL,
    CANCEL_CHANCE,
    CHAT_CHANCE,
    CONFIRMATION,
    END,
    PLAN_AFTER,
    START,
)
from producers.simulator.temperaments import CHAINS, SHARES, TEMPERAMENTS

Happening = tuple[int, int, int, str, str]
"""Time in ms, the user's number, a running number of the user's, event type, data as JSON."""

_DAY_MS: Final = 86_400_000
_HOUR_MS: Final = 3_600_000
_SESSION_BREAK_MS: Final = 45 * 60_000
_BILLING_MS: Final = 30 * _DAY_MS
_CALMING_MS: Final = 10 * _DAY_MS
_SONG_MS: Final = 228_000
_CLICK_MS: Final = 26_000
_CLOSING_MS: Final = 1_000
_UNEASY_ABOVE: Final = 0.6
_UPSET_ABOVE: Final = 1.8
_GAP_FACTORS: Final = (1.0, 1.3, 1.7)
"""How much longer a calm, an uneasy and an upset user stays away."""
_BAD_CHAT: Final = 1.2
_GOOD_CHAT_FACTOR: Final = 0.6
_CALM_RISK: Final = 0.05
_PRESENT_AT_START: Final = 0.75
_JOINED_BY: Final = 0.6

_WAIT: Final = exponential()
_SONG: Final = lognormal(0.3)
_ACTIVITY: Final = lognormal(0.5)
_AWAKE: Final = (0.75,) * 10 + (0.85, 0.9, 0.95) + (1.0,) * 6 + (0.95, 0.9, 0.9, 0.85, 0.8)
"""How likely a session begins in each hour of the day (UTC) when it falls due then; else it waits for an hour."""

_EVENTFUL: Final = frozenset((*ANNOYANCE, *CANCEL_CHANCE, *CHAT_CHANCE, *PLAN_AFTER))


class Customer:
    """A user's whole life with the service. The same seed and number live the same life on every machine."""

    def __init__(self, number: int, seed: int, start_ms: int, end_ms: int) -> None:
        self.uniform = Random((seed << 32) | number).random
        self.number = number
        self.name = f"u{number:06d}"
        kind = choose(SHARES, self.uniform())
        self.temperament = TEMPERAMENTS[kind]
        self.chains = CHAINS[kind]
        self.gap_ms = self.temperament.gap_days * _DAY_MS / draw(_ACTIVITY, self.uniform())
        self.plan = "paid" if self.uniform() < self.temperament.paid_share else "free"
        self.end_ms = end_ms
        self.now_ms = self.calmed_ms = self._first_session_ms(start_ms)
        self.bill_ms = self.now_ms + int(self.uniform() * _BILLING_MS)
        self.frustration = 0.0
        self.happenings = self.sessions = self.conversations = 0
        self.gone = False
        self.diary: list[Happening] = []

    def life(self) -> Iterator[Happening]:
        """What happens to the user in order of time, up to the end of the period or the cancellation."""
        while self.now_ms < self.end_ms and not self.gone:
            self._session()
            for happening in self.diary:
                if happening[0] < self.end_ms:
                    yield happening
            self._rest()

    def _first_session_ms(self, start_ms: int) -> int:
        present = self.uniform() < _PRESENT_AT_START
        share = 0.0 if present else self.uniform() * _JOINED_BY
        return start_ms + int(share * (self.end_ms - start_ms)) + int(self.uniform() * self.gap_ms)

    def _session(self) -> None:
        self.diary = []
        if not self.sessions:
            self._tell_plan()
        self.sessions += 1
        self._calm_down()
        self._read_bill()
        page = self._next_page(START)
        while page != END and not self.gone:
            self._tell_action(page)
            if page in _EVENTFUL:
                self._live_through(page)
            page = self._next_page(page)
            self._linger(page)

    def _note(self, kind: str, data: str) -> None:
        self.happenings += 1
        self.diary.append((self.now_ms, self.number, self.happenings, kind, data))

    def _tell_action(self, page: str) -> None:
        self._note("churn.activity.v1", f'{{"action":"{page}","session_ref":"{self.name}-{self.sessions}"}}')

    def _tell_plan(self) -> None:
        self._note("churn.profile.v1", f'{{"attributes":{{"plan":"{self.plan}"}}}}')

    def _next_page(self, page: str) -> str:
        return self.chains[self.plan, self._mood()][page].next_page(self.uniform())

    def _mood(self) -> int:
        return (self.frustration > _UNEASY_ABOVE) + (self.frustration > _UPSET_ABOVE)

    def _linger(self, upcoming: str) -> None:
        if upcoming == "next_song":
            self.now_ms += int(draw(_SONG, self.uniform()) * _SONG_MS)
        else:
            self.now_ms += 1_000 + int(draw(_WAIT, self.uniform()) * _CLICK_MS)

    def _live_through(self, page: str) -> None:
        self.frustration += ANNOYANCE.get(page, 0.0) / self.temperament.patience
        if page in PLAN_AFTER:
            self.plan = PLAN_AFTER[page]
            self._tell_plan()
        if self.uniform() < CHAT_CHANCE.get(page, 0.0) * self.temperament.chat_factor:
            self._chat()
        elif self.uniform() < self._cancel_chance(page):
            self._cancel()

    def _cancel_chance(self, page: str) -> float:
        mood = _CALM_RISK + self.frustration * self.frustration
        return CANCEL_CHANCE.get(page, 0.0) * self.temperament.cancel_factor * mood

    def _chat(self) -> None:
        self.conversations += 1
        ref = f"{self.name}-c{self.conversations}"
        chat = hold_chat(self.uniform, self.temperament.tone, self.frustration)
        self._tell_conversation("opened", ref, chat.opened_after_ms)
        for turn in chat.turns:
            self._tell_message(ref, turn)
        self._tell_conversation("closed", ref, _CLOSING_MS)
        self.frustration = self.frustration + _BAD_CHAT if chat.ended_badly else self.frustration * _GOOD_CHAT_FACTOR

    def _tell_conversation(self, event: str, ref: str, after_ms: int) -> None:
        self.now_ms += after_ms
        self._note("churn.conversation.v1", f'{{"event":"{event}","conversation_ref":"{ref}"}}')

    def _tell_message(self, ref: str, turn: Turn) -> None:
        self.now_ms += turn.wait_ms
        said = f'"direction":"{turn.direction}","sentiment":{turn.sentiment_milli / 1000}'
        self._note("churn.message.v1", f'{{"conversation_ref":"{ref}",{said}}}')

    def _cancel(self) -> None:
        for page, wait_ms in ((CANCEL, 20_000), (CONFIRMATION, 199_000)):
            self.now_ms += 1_000 + int(self.uniform() * wait_ms)
            self._tell_action(page)
        self.gone = True

    def _read_bill(self) -> None:
        if self.now_ms < self.bill_ms:
            return
        self.bill_ms += _BILLING_MS
        if self.plan == "paid" and self.uniform() < self.temperament.bill_dispute:
            self._chat()

    def _calm_down(self) -> None:
        elapsed_ms = self.now_ms - self.calmed_ms
        self.frustration *= _CALMING_MS / (_CALMING_MS + elapsed_ms)
        self.calmed_ms = self.now_ms

    def _rest(self) -> None:
        gap_ms = self.gap_ms * _GAP_FACTORS[self._mood()]
        self.now_ms += _SESSION_BREAK_MS + int(draw(_WAIT, self.uniform()) * gap_ms)
        while self.uniform() > _AWAKE[self.now_ms // _HOUR_MS % 24]:
            self.now_ms += _HOUR_MS
