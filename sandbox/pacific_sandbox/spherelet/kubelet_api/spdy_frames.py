"""SPDY/3.1 frames, as far as a port-forward uses them (The Chromium Projects, "SPDY Protocol - Draft 3.1"). Pure.

kube-apiserver and kubelets speak it between them for ``portforward.k8s.io``. Flow control is left out, as their own
library leaves it out.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

_WORDS: Final = (
    "options,head,post,put,delete,trace,accept,accept-charset,accept-encoding,accept-language,accept-ranges,age,allow,"
    "authorization,cache-control,connection,content-base,content-encoding,content-language,content-length,"
    "content-location,content-md5,content-range,content-type,date,etag,expect,expires,from,host,if-match,"
    "if-modified-since,if-none-match,if-range,if-unmodified-since,last-modified,location,max-forwards,pragma,"
    "proxy-authenticate,proxy-authorization,range,referer,retry-after,server,te,trailer,transfer-encoding,upgrade,"
    "user-agent,vary,via,warning,www-authenticate,method,get,status,200 OK,version,HTTP/1.1,url,public,set-cookie,"
    "keep-alive,origin"
)
_REST = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative "
    "Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 "
    "Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec "
    "00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,"
    "application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8"
    "charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY: Final = (
    b"".join(struct.pack(">I", len(word)) + word.encode() for word in _WORDS.split(",")) + _REST.encode()
)
"""Both sides' compressors start with it."""

_SYN_STREAM, _SYN_REPLY, _RST_STREAM, _PING, _GOAWAY = 1, 2, 3, 6, 7
_FIN = 1
_STREAM = 0x7FFFFFFF
_CANCEL = 5
_HEAD = 8


@dataclass(frozen=True)
class StreamOpened:
    """The other side has opened a stream."""

    stream: int
    headers: Mapping[str, str]
    last: bool


@dataclass(frozen=True)
class Data:
    """Bytes of a stream; ``last``: no more will come."""

    stream: int
    content: bytes
    last: bool


@dataclass(frozen=True)
class StreamReset:
    """The other side wants no more of a stream."""

    stream: int


@dataclass(frozen=True)
class Ping:
    """To be sent back as it is."""

    frame: bytes


@dataclass(frozen=True)
class GoAway:
    """The other side is about to leave."""


Event = StreamOpened | Data | StreamReset | Ping | GoAway


@dataclass
class FrameReader:
    """Events from the bytes that the side which opens the streams sends, however they are split."""

    _left: bytes = b""
    _headers: "zlib._Decompress" = field(default_factory=lambda: zlib.decompressobj(zdict=DICTIONARY))

    def feed(self, data: bytes) -> Iterator[Event]:
        """Raises ValueError for what is no SPDY."""
        self._left += data
        while len(self._left) >= _HEAD:
            first, second = struct.unpack(">II", self._left[:_HEAD])
            flags, length = second >> 24, second & 0xFFFFFF
            if len(self._left) < _HEAD + length:
                return
            frame, self._left = self._left[: _HEAD + length], self._left[_HEAD + length :]
            event = self._event(first, flags, frame)
            if event is not None:
                yield event

    def _event(self, first: int, flags: int, frame: bytes) -> Event | None:
        last, body = bool(flags & _FIN), frame[_HEAD:]
        if not first >> 31:
            return Data(first & _STREAM, body, last)
        version, kind = (first >> 16) & 0x7FFF, first & 0xFFFF
        if version != 3:
            raise ValueError(f"SPDY version {version}: version 3 is spoken here")
        if kind == _SYN_STREAM:
            return StreamOpened(_number(body), self._read_headers(body[10:]), last)
        if kind == _RST_STREAM:
            return StreamReset(_number(body))
        if kind == _PING:
            return Ping(frame)
        return GoAway() if kind == _GOAWAY else None

    def _read_headers(self, block: bytes) -> dict[str, str]:
        try:
            plain = self._headers.decompress(block)
        except zlib.error as error:
            raise ValueError(f"SPDY headers: {error}") from None
        texts, at = [], 4
        for _ in range(2 * _number(plain)):
            length = _number(plain[at : at + 4])
            texts.append(plain[at + 4 : at + 4 + length].decode("latin-1"))
            at += 4 + length
        return dict(zip(texts[::2], texts[1::2], strict=True))


class FrameWriter:
    """Frames for one connection."""

    def __init__(self) -> None:
        self._headers = zlib.compressobj(zdict=DICTIONARY)

    def reply(self, stream: int) -> bytes:
        """The stream that the other side opened is taken."""
        block = self._headers.compress(struct.pack(">I", 0)) + self._headers.flush(zlib.Z_SYNC_FLUSH)
        return _control(_SYN_REPLY, struct.pack(">I", stream) + block)

    def data(self, stream: int, content: bytes, *, last: bool = False) -> bytes:
        """Bytes for a stream, at most 16 MiB less one."""
        return struct.pack(">II", stream & _STREAM, (_FIN if last else 0) << 24 | len(content)) + content

    def reset(self, stream: int) -> bytes:
        """No more of the stream is wanted or sent."""
        return _control(_RST_STREAM, struct.pack(">II", stream, _CANCEL))


def _control(kind: int, body: bytes) -> bytes:
    return struct.pack(">II", 1 << 31 | 3 << 16 | kind, len(body)) + body


def _number(data: bytes) -> int:
    if len(data) < 4:
        raise ValueError("a SPDY frame ends in the middle of a number")
    number: int = struct.unpack(">I", data[:4])[0]
    return number & _STREAM
