"""What a fault makes of a response."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bema_tui.simulator.control.holds import disconnected
from bema_tui.simulator.control.request_log import LoggedRequest
from bema_tui.simulator.faults.injector import InjectedFault
from bema_tui.simulator.faults.kinds import CUT_CONNECTION, DAMAGED_JSON, Fault

_GATEWAY_PAGE = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body>\n</html>\n"
_WARNING = b"<br />\n<b>Warning</b>:  Undefined array key 0 in <b>/var/www/index.php</b> on line <b>17</b><br />\n"


async def finish_response(
    response: Response, fault: InjectedFault | None, request: Request, logged: LoggedRequest
) -> Response:
    """Returns the response as the fault leaves it, and logs its status: none where the connection is cut."""
    if fault is not None:
        response = await _apply(fault, response, request)
    if fault is None or fault.kind not in CUT_CONNECTION:
        logged.status = response.status_code
    return response


async def _apply(fault: InjectedFault, response: Response, request: Request) -> Response:
    if fault.kind in CUT_CONNECTION:
        request.state.transport.abort()
        await disconnected(request)
        return Response(status_code=499)
    if fault.kind == Fault.BAD_GATEWAY:
        return HTMLResponse(_GATEWAY_PAGE, status_code=502)
    if fault.kind == Fault.SLOW:
        await asyncio.sleep(fault.profile.slow_seconds)
    elif fault.kind in DAMAGED_JSON and len(response.body) > 1:
        return _damaged_json(fault, response)
    return response


def _damaged_json(fault: InjectedFault, response: Response) -> Response:
    whole = bytes(response.body)
    end = min(len(whole) - 1, max(1, int(len(whole) * fault.truncate_at)))
    content = whole[:end] if fault.kind == Fault.TRUNCATED else _WARNING + whole
    damaged = Response(content, status_code=response.status_code)
    damaged.headers.update({name: text for name, text in response.headers.items() if name != "content-length"})
    return damaged
