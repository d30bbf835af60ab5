"""Cures: what to do about dead letters of each reason, in one sentence."""

from shared.reasons import Reason

_SENDER = "Mend the sender, which must send it again; a replay alone is refused again."
_REPLAY = "Replay it once {} is mended."

CURES: dict[Reason, str] = {
    Reason.NULL_VALUE: "The sender must give the record a value; there is nothing to replay.",
    Reason.NOT_JSON: _SENDER,
    Reason.INVALID_UTF8: "The sender must write UTF-8; a replay alone is refused again.",
    Reason.LONE_SURROGATE: "The sender must not cut a text within a character; it must send it again.",
    Reason.WRONG_SHAPE: "The message names the field: mend the sender, which must send it again.",
    Reason.UNKNOWN_VERSION: "The sender must use this topic's event, or the topic of its own.",
    Reason.HEADER_NOT_UTF8: "The sender must name headers in UTF-8; a replay works, with the name escaped.",
    Reason.RECORD_UNPARSABLE: "Look at the producer's library; a replay can't mend the batch.",
    Reason.MISSING_KEY: "The sender must set the Kafka key; a replay alone is refused again.",
    Reason.KEY_MISMATCH: "The sender must set the Kafka key to the field that the message names.",
    Reason.TIME_OUT_OF_RANGE: "Look at the sender's clock, or its time unit; it must send the record again.",
    Reason.EMPTY_TEXT: "The sender must leave out empty texts; nothing is lost.",
    Reason.TEXT_TOO_LONG: "The sender must shorten or split the text to 20,000 characters.",
    Reason.IMAGE_NOT_BASE64: "The sender must use the standard alphabet with padding, not that of URLs.",
    Reason.IMAGE_UNDECODABLE: "The sender must send a whole JPEG, PNG, GIF or WebP file.",
    Reason.IMAGE_TOO_LARGE: "The sender must shrink it to 512 KiB and 25 megapixels.",
    Reason.IMAGE_SHAPE: "The sender must crop it: one side is far longer than the other.",
    Reason.MODEL_REFUSED: _REPLAY.format("the model"),
    Reason.MODEL_FAILED: _REPLAY.format("the model"),
    Reason.MODEL_OUTPUT_NOT_FINITE: _REPLAY.format("the model"),
    Reason.PUBLISHED_IN_FUTURE: "Look at the sender's clock; replay it once its time has come.",
    Reason.RESULT_TOO_LARGE: "Raise `max.message.bytes` of the result topic, then replay it.",
}

_UNKNOWN = "This release doesn't know the reason: read the message, and look for a newer release."


def cure_of(reason: str) -> str:
    """Return what to do about letters of a reason code, in one sentence."""
    return CURES.get(Reason(reason), _UNKNOWN) if reason in set(Reason) else _UNKNOWN
