"""Door: who is let in, and until when."""

import re
from asyncio import Event

import pytest

from services.dashboard.site import own_path
from shared.errors import ConfigError
from shared.keys.scope import Scope
from tests.support.dashboard import EVERYTHING, KnownKeys, dashboard

ALL_BUT_TEXT = EVERYTHING - {Scope.TEXT_READ}


async def test_without_keys_pages_on_loopback_need_no_login() -> None:
    async with dashboard() as it:
        answer = await it.client.get("/now")

    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


async def test_with_keys_a_page_leads_to_the_login_and_back() -> None:
    async with dashboard(KnownKeys(secret=EVERYTHING)) as it:
        to_login = await it.client.get("/now?stream=news")
        logged_in = await it.client.post("/login", data={"key": "secret", "next": "/now?stream=news"})
        page = await it.client.get(logged_in.headers["location"])

    assert to_login.headers["location"] == "/login?next=/now%3Fstream%3Dnews"
    assert logged_in.headers["location"] == "/now?stream=news"
    assert page.status_code == 200


async def test_the_cookie_is_guarded_and_does_not_hold_the_key() -> None:
    async with dashboard(KnownKeys(secret=EVERYTHING)) as it:
        answer = await it.client.post("/login", data={"key": "secret"})

    cookie = answer.headers["set-cookie"]
    assert "secret" not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


async def test_an_unknown_key_is_refused_and_not_repeated() -> None:
    async with dashboard(KnownKeys(secret=EVERYTHING)) as it:
        answer = await it.client.post("/login", data={"key": "guessed-key"})

    assert answer.status_code == 401
    assert "guessed-key" not in answer.text
    assert "set-cookie" not in answer.headers


async def test_a_revoked_key_ends_its_sessions_at_the_next_look() -> None:
    keys = KnownKeys(secret=EVERYTHING, other=EVERYTHING)
    async with dashboard(keys) as it:
        await it.client.post("/login", data={"key": "secret"})
        session = next(iter(it.site.door.sessions))

        del keys.by_secret["secret"]
        await it.site.door.ask()
        answer = await it.client.get("/now")

    assert answer.status_code == 303
    assert not session.is_open  # so that its streams end


async def test_a_session_ends_by_itself_after_hours_without_use() -> None:
    async with dashboard(KnownKeys(secret=EVERYTHING)) as it:
        await it.client.post("/login", data={"key": "secret"})

        it.clock.pass_by(hours=2, seconds=1)

        assert (await it.client.get("/now")).status_code == 303


async def test_sessions_are_bounded() -> None:
    async with dashboard(KnownKeys(secret=EVERYTHING)) as it:
        for _ in range(1_001):
            await it.site.door.login("secret")

        assert len(it.site.door.sessions) == 1_000


async def test_a_gateway_that_is_away_keeps_those_in_who_are_in() -> None:
    keys = KnownKeys(secret=EVERYTHING)
    async with dashboard(keys) as it:
        await it.client.post("/login", data={"key": "secret"})

        keys.is_away = True
        await it.site.door.ask()

        assert (await it.client.get("/now")).status_code == 200
        assert (await it.client.post("/login", data={"key": "secret"})).status_code == 503


async def test_before_the_gateway_has_answered_nobody_is_let_in() -> None:
    keys = KnownKeys()
    keys.is_away = True
    async with dashboard(keys) as it:
        answer = await it.client.get("/now")

    assert answer.status_code == 503
    assert "the gateway does not answer" in answer.text


async def test_logout_takes_the_session_back() -> None:
    async with dashboard(KnownKeys(secret=EVERYTHING)) as it:
        await it.client.post("/login", data={"key": "secret"})
        page = await it.client.get("/now")
        token = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]

        await it.client.post("/logout", data={"csrf": token})

        assert len(it.site.door.sessions) == 0
        assert (await it.client.get("/now")).status_code == 303


@pytest.mark.parametrize("token", [None, "", "guessed", "\N{SNOWMAN}"])
async def test_a_form_without_the_token_of_its_page_is_refused(token: str | None) -> None:
    async with dashboard(KnownKeys(secret=EVERYTHING)) as it:
        await it.client.post("/login", data={"key": "secret"})

        answer = await it.client.post("/logout", data={"other": "1"} if token is None else {"csrf": token})

        assert answer.status_code == 403
        assert len(it.site.door.sessions) == 1


async def test_a_key_without_the_scope_of_a_page_is_told_which_it_lacks() -> None:
    async with dashboard(KnownKeys(shop=frozenset({Scope.MESSAGES_WRITE}))) as it:
        await it.client.post("/login", data={"key": "shop"})

        answer = await it.client.get("/now")

    assert answer.status_code == 403
    assert "results:all" in answer.text


async def test_a_gateway_without_keys_is_no_door_beyond_this_machine() -> None:

    async with dashboard(is_loopback=False) as it:
        answer = await it.client.get("/now")

        assert answer.status_code == 503
        with pytest.raises(ConfigError, match="TIDEMILL__KEYS_FILE"):
            await it.site.door.opened(Event())


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example", "", None])
def test_a_login_leads_to_pages_of_this_site_only(target: str | None) -> None:
    assert own_path(target) == "/"
