"""Types of addresses: wrong ones are refused with the form to write, right ones stay as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, TypeAdapter, ValidationError

from shared.addresses import Address, Addresses, Host, HttpUrl, RedisUrl

CANARY = "canary-in-the-coal-mine"

WRONG_ADDRESSES = (
    "",
    " ",
    '"127.0.0.1:9092"',
    "'127.0.0.1:9092'",
    '"127.0.0.1:9092',
    "http://broker:9092",
    "PLAINTEXT://broker:9092",
    "broker",
    "broker:",
    ":9092",
    "broker:port",
    "broker:0",
    "broker:65536",
    "broker:-1",
    "broker:9092/",
    "broker:9092:9093",
    "user@broker:9092",
    "broker :9092",
    "broker:9092 ",
    "broker:9092\n",
    "bro ker:9092",
    "::1:9092",
    "[::1]",
    "[::g]:9092",
    "256.0.0.1:9092",
    "1.2.3:9092",
    "broker..local:9092",
    "-broker:9092",
    "a" * 64 + ":9092",
    "bröker:9092",
    "broker:\N{ARABIC-INDIC DIGIT NINE}",
    "$HOST:9092",
)
RIGHT_ADDRESSES = (
    "broker:9092",
    "127.0.0.1:1",
    "[::1]:65535",
    "my_broker-1.default.svc.cluster.local.:9092",
)
WRONG_REDIS_URLS = (
    "",
    " ",
    "redis:6379",
    "127.0.0.1:6379",
    "http://redis:6379",
    "REDIS://redis:6379",
    "redis://",
    "redis://redis:port",
    "redis://redis:70000",
    "redis://redis:",
    "redis://redis:6379/cache",
    '"redis://redis:6379"',
    "redis://redis:6379 ",
    f"redis://:{CANARY}#1@redis:6379",
    f"redis://:{CANARY}/1@redis:6379",
    f"redis://:{CANARY}?1@redis:6379",
    f"redis://[{CANARY}:6379",
)
RIGHT_REDIS_URLS = (
    "redis://redis",
    "redis://redis:6379",
    "redis://127.0.0.1:6379/0",
    f"rediss://user:{CANARY}@redis.example:6380/15",
    "redis://:it's%20@[::1]:6379",
    "unix:///run/redis.sock",
)


@pytest.mark.parametrize("text", WRONG_ADDRESSES)
@pytest.mark.parametrize("kind", [Address, Addresses])
def test_a_wrong_address_is_refused_in_one_line(kind: type[str], text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(text)

    assert "write host:port" in refused.value.errors()[0]["msg"]


@pytest.mark.parametrize("text", RIGHT_ADDRESSES)
@pytest.mark.parametrize("kind", [Address, Addresses])
def test_a_right_address_stays_as_it_is(kind: type[str], text: str) -> None:
    assert TypeAdapter(kind).validate_python(text) == text


@pytest.mark.parametrize("text", ["a:1,", ",a:1", "a:1,,b:2", ",", "a:1;b:2", "a:1 b:2", "a:1,b"])
def test_a_list_with_a_wrong_address_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="write host:port"):
        TypeAdapter(Addresses).validate_python(text)


def test_blanks_around_the_commas_of_a_list_are_dropped() -> None:
    assert TypeAdapter(Addresses).validate_python("a:1, b:2 ,c:3") == "a:1,b:2,c:3"


@given(st.text(max_size=40))
def test_no_text_breaks_the_check_of_an_address(text: str) -> None:
    for kind in (Address, Addresses, Host, HttpUrl, RedisUrl):
        try:
            TypeAdapter(kind).validate_python(text)
        except ValidationError as error:
            (complaint,) = error.errors()
            assert complaint["type"] == "value_error"  # a sentence of ours, no exception of a library


@pytest.mark.parametrize("text", WRONG_REDIS_URLS)
def test_a_wrong_address_of_redis_is_refused_and_never_shown(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(RedisUrl).validate_python(text)

    assert "redis://host:port" in refused.value.errors()[0]["msg"]
    assert CANARY not in refused.value.errors()[0]["msg"]


@pytest.mark.parametrize("text", RIGHT_REDIS_URLS)
def test_a_right_address_of_redis_stays_as_it_is(text: str) -> None:
    assert TypeAdapter(RedisUrl).validate_python(text) == SecretStr(text)


@pytest.mark.parametrize(
    "text", ["", "8080", "worker:8080", "ftp://worker", "http://", "http://a b", "http://a:x"]
)
def test_a_wrong_address_of_a_service_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="write http://host:port"):
        TypeAdapter(HttpUrl).validate_python(text)


@pytest.mark.parametrize("text", ["", "0.0.0.0:80", "http://0.0.0.0", "my host", '"0.0.0.0"', "1.2.3"])
def test_a_wrong_host_to_listen_on_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="write a host name or an IP address"):
        TypeAdapter(Host).validate_python(text)
