"""The embedded Triton only answers: what changes it or maps memory is closed in both protocols."""

from collections.abc import Callable

import aiohttp
import pytest
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from deploy.local.stack import Addresses

CLOSED = [
    ("POST", "/v2/repository/index"),
    ("POST", "/v2/repository/models/identity/unload"),
    ("POST", "/v2/repository/models/identity/load"),
    ("POST", "/v2/systemsharedmemory/region/mine/register"),
    ("GET", "/v2/systemsharedmemory/status"),
    ("GET", "/v2/cudasharedmemory/status"),
    ("POST", "/v2/trace/setting"),
    ("POST", "/v2/logging"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
@pytest.mark.parametrize("key", [None, "", "guessed"])
async def test_http_refuses_it(triton: Addresses, method: str, path: str, key: str | None) -> None:
    headers = {} if key is None else {"tidemill-admin": key}

    async with (
        aiohttp.ClientSession(triton.triton_http, headers=headers) as session,
        session.request(method, path, json={}) as answer,
    ):
        status, said = answer.status, await answer.text()

    assert status == 403
    assert "restrict" in said


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda client: client.get_model_repository_index(), id="index"),
        pytest.param(lambda client: client.unload_model("identity"), id="unload"),
        pytest.param(lambda client: client.register_system_shared_memory("mine", "/mine", 1), id="register"),
        pytest.param(lambda client: client.get_trace_settings(), id="trace"),
        pytest.param(lambda client: client.update_log_settings({"log_verbose_level": 9}), id="log"),
    ],
)
def test_grpc_refuses_it(triton: Addresses, ask: Callable[[InferenceServerClient], object]) -> None:
    with InferenceServerClient(triton.triton_grpc) as client:
        with pytest.raises(InferenceServerException, match="restrict"):
            ask(client)
        assert client.is_model_ready("identity")
