"""What is said in support chats: templates with slots, chosen by cause, tone and how the chat goes.

Plain ASCII without quotation marks or backslashes, so that a text can stand in JSON as it is.
"""

from collections.abc import Sequence
from typing import Final

from producers.simulator.chats import Chat, Turn, Uniform

_KIND_ABOVE: Final = 150
_ANGRY_BELOW: Final = -250

_DEVICES: Final = ("phone", "tablet", "laptop", "car stereo", "smart speaker", "TV", "work computer", "old iPad")
_AMOUNTS: Final = ("4.99", "9.99", "12.99", "14.99", "19.98", "29.97")
_SPANS: Final = ("an hour", "two days", "a week", "twenty minutes", "three weeks", "the whole evening", "a month")
_AGENTS: Final = ("Ana", "Ben", "Chidi", "Dora", "Emil", "Farah", "Goran", "Hana")
_THINGS: Final = ("my playlist", "the app", "shuffle", "downloads", "the search", "my library", "the player", "radio")

_OPENINGS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("error", "kind"): (
        "Hi, {thing} shows an error on my {device}, could you take a look please?",
        "Hello! I got an error page just now. Everything else is great, can you help?",
        "Hi there, a small problem: {thing} stopped working on my {device}. Thanks for any help!",
    ),
    ("error", "plain"): (
        "I get an error when I open {thing}.",
        "{thing} does not load on my {device} since {span}.",
        "There was an error page and the song stopped. What should I do?",
    ),
    ("error", "angry"): (
        "Another error. {thing} is broken again, this is ridiculous.",
        "Nothing works on my {device} for {span}, this is terrible!",
        "Your app crashes all the time. I am sick of these errors.",
    ),
    ("advert", "kind"): (
        "Hello, is there a way to hear fewer adverts? I like the service otherwise.",
        "Hi, quick one: the adverts are a bit loud on my {device}. Can that be changed, please?",
    ),
    ("advert", "plain"): (
        "Why is there an advert after each song?",
        "How do I get rid of the adverts on my {device}?",
        "The same advert has been playing for {span}.",
    ),
    ("advert", "angry"): (
        "Adverts, adverts, adverts. I cannot listen to music any more!",
        "The same stupid advert for {span}, it is unbearable.",
        "More adverts than songs. Awful.",
    ),
    ("bill", "kind"): (
        "Hi, could you explain the charge of {amount} on my bill please? Thank you!",
        "Hello, I think I was billed twice, {amount} each. Could you check? Thanks!",
    ),
    ("bill", "plain"): (
        "I was charged {amount} and do not know what for.",
        "What does the paid plan cost after the first month?",
        "My bill says {amount}, the offer said less.",
    ),
    ("bill", "angry"): (
        "You charged me {amount} again! I want my money back.",
        "{amount} for this? That is a rip-off.",
        "Wrong bill for the second time, nobody cares. Unacceptable.",
    ),
    ("question", "kind"): (
        "Hi! How do I share {thing} with a friend? Love the new design.",
        "Hello, can I use the service on my {device} too? Thanks in advance!",
    ),
    ("question", "plain"): (
        "How do I change my e-mail address?",
        "Can I use {thing} offline?",
        "Where do I find {thing} on my {device}?",
    ),
    ("question", "angry"): (
        "I have been looking for the setting for {span}. Why do you hide everything?",
        "Why did you change {thing}? It was fine before, now it is useless.",
    ),
}
_FURTHER: Final[dict[str, tuple[str, ...]]] = {
    "kind": (
        "Great, that works now. Thank you {agent}!",
        "Ah, I see. Thanks, that is very helpful.",
        "Perfect, thanks a lot for the quick help.",
        "Yes please, that would be lovely.",
    ),
    "plain": (
        "Ok, I tried that on my {device}.",
        "It still says the same.",
        "Yes, since {span}.",
        "No, only on my {device}.",
        "And how long will that take?",
    ),
    "angry": (
        "That does not help at all.",
        "I told you that already. Are you even reading this?",
        "I have been waiting for {span}, this is a joke.",
        "Still broken. Terrible service.",
        "No! This is the worst support I have ever had.",
    ),
}
_CANCEL_INTENT: Final = (
    "If this is not solved today I will cancel my subscription.",
    "How do I cancel? I have had enough.",
    "I am going to leave, others do this better for {amount}.",
    "Please close my account.",
    "I want to cancel and I want a refund.",
)
_REPLIES: Final[dict[str, tuple[str, ...]]] = {
    "error": (
        "I am sorry for the trouble. Please sign out on your {device} and in again.",
        "Thank you for telling us, our engineers are looking into {thing}.",
        "Could you tell me which version is on your {device}?",
    ),
    "advert": (
        "The free plan is paid for by adverts; the paid plan has none.",
        "I understand. I have passed your remark about the adverts on.",
    ),
    "bill": (
        "I have checked your bill: the {amount} are for the current month.",
        "I am sorry, the {amount} will be credited within {span}.",
        "Could you send me the last four digits of the invoice number?",
    ),
    "question": (
        "You find that under Settings, in the second section.",
        "Yes, that works with {thing} on every device.",
        "Happy to help! Is there anything else?",
    ),
}
_BAD_REPLIES: Final = (
    "Sorry for the delay, we have many requests today.",
    "Unfortunately I cannot change that here.",
    "Please read our help pages about {thing}.",
    "I will have to pass you to a colleague, please hold on.",
)
_GREETINGS: Final = ("Hello, this is {agent}. ", "Hi, {agent} here. ", "Welcome to support, my name is {agent}. ")


def text_of(uniform: Uniform, chat: Chat, turn: Turn) -> str:
    """The words of the chat's next message."""
    words = _inbound(uniform, chat, turn) if chat.inbound else _outbound(uniform, chat)
    return words.format(
        device=_one_of(uniform, _DEVICES),
        amount=_one_of(uniform, _AMOUNTS),
        span=_one_of(uniform, _SPANS),
        agent=_one_of(uniform, _AGENTS),
        thing=_one_of(uniform, _THINGS),
    )


def _inbound(uniform: Uniform, chat: Chat, turn: Turn) -> str:
    if turn.cancel_intent:
        return _one_of(uniform, _CANCEL_INTENT)
    tone = _tone(turn.sentiment_milli)
    return _one_of(uniform, _FURTHER[tone] if chat.said else _OPENINGS[chat.cause, tone])


def _outbound(uniform: Uniform, chat: Chat) -> str:
    greeting = _one_of(uniform, _GREETINGS) if chat.said == 1 else ""
    return greeting + _one_of(uniform, _BAD_REPLIES if chat.badly else _REPLIES[chat.cause])


def _tone(sentiment_milli: int) -> str:
    if sentiment_milli < _ANGRY_BELOW:
        return "angry"
    return "kind" if sentiment_milli > _KIND_ABOVE else "plain"


def _one_of(uniform: Uniform, choices: Sequence[str]) -> str:
    return choices[int(uniform() * len(choices))]
