"""Reasons for which a record becomes a dead letter."""

from enum import StrEnum


class Reason(StrEnum):
    """Reason codes of dead letters: header `tidemill-reason`, metric label, and a table in the docs.

    They are part of the public contract: add some, rename none.
    """

    NULL_VALUE = "null_value"
    """The record has no value."""

    NOT_JSON = "not_json"
    """The value is no JSON text."""

    INVALID_UTF8 = "invalid_utf8"
    """The value is not UTF-8."""

    LONE_SURROGATE = "lone_surrogate"
    """The JSON has half a character in an escape, such as `\\ud83d` alone."""

    WRONG_SHAPE = "wrong_shape"
    """The JSON is not this topic's event: a field is missing, or its value is not allowed."""

    UNKNOWN_VERSION = "unknown_version"
    """The header `ce_type` names another event than the topic carries."""

    HEADER_NOT_UTF8 = "header_not_utf8"
    """A header name is not UTF-8. The message has its bytes in hexadecimal digits.

    The letter has the name with escapes, as in `x-caf\\xe9`, so that a replay works.
    """

    RECORD_UNPARSABLE = "record_unparsable"
    """A batch with a right checksum can't be parsed, or its compression is unknown.

    The value of the letter is the whole batch as the broker stores it, which a replay can't mend.
    """

    MISSING_KEY = "missing_key"
    """The record has no Kafka key, and order matters on its topic."""

    KEY_MISMATCH = "key_mismatch"
    """The Kafka key is not the value of the field that it must equal: the order would be lost."""

    TIME_OUT_OF_RANGE = "time_out_of_range"
    """A time lies before 1970, or in 2200 or later."""

    EMPTY_TEXT = "empty_text"
    """The text is empty or blank."""

    TEXT_TOO_LONG = "text_too_long"
    """The text has more than 20,000 characters."""

    IMAGE_NOT_BASE64 = "image_not_base64"
    """The content is not base64 of the standard alphabet, padded: line breaks are ignored, blanks are not."""

    IMAGE_UNDECODABLE = "image_undecodable"
    """The content is no image, or a broken one."""

    IMAGE_TOO_LARGE = "image_too_large"
    """The image has more than 512 KiB or 25 megapixels."""

    IMAGE_SHAPE = "image_shape"
    """The image is a mere line: one side is far longer than the other."""

    MODEL_REFUSED = "model_refused"
    """The model refuses this item alone, and answers others."""

    MODEL_FAILED = "model_failed"
    """The model breaks on this item alone, and answers others."""

    MODEL_OUTPUT_NOT_FINITE = "model_output_not_finite"
    """The model answered NaN or infinity for this item, twice, and not for a canary in between.

    Where the canary gets none either, the service gives up.
    """

    PUBLISHED_IN_FUTURE = "published_in_future"
    """The story is dated further ahead than the alert service allows (`TIDEMILL__ALERTS__AHEAD_MAX_H`)."""

    RESULT_TOO_LARGE = "result_too_large"
    """The result of this record is larger than the result topic allows (`max.message.bytes`)."""
