"""The game's UDP socket, in batches: one recvmmsg and one sendmmsg a tick where the system has them.

Addresses are the system's own socket address bytes, opaque to everybody else; address_text() shows
them. Elsewhere than on Linux each datagram is one ordinary call and the address bytes are text.
"""

import ctypes
import errno
import os
import socket
import sys
from ctypes import c_char, c_int, c_size_t, c_uint, c_void_p
from typing import Any

from tremble.errors import ConfigError, PortBusy

#: Datagrams a call; the socket's buffer holds about 500 small ones.
BATCH = 128
#: Longest datagram received whole; nothing of ours is longer than ENet's 1,392.
ROOM = 2048
#: Receive buffer asked for: a tick of 256 clients and then some.
BUFFER = 1 << 21
#: Begins an IPv4 address written as an IPv6 one.
MAPPED = bytes(10) + b"\xff\xff"


class _Iovec(ctypes.Structure):
    _fields_ = [("base", c_void_p), ("len", c_size_t)]


class _Header(ctypes.Structure):
    _fields_ = [
        ("name", c_void_p),
        ("namelen", c_uint),
        ("iov", c_void_p),
        ("iovlen", c_size_t),
        ("control", c_void_p),
        ("controllen", c_size_t),
        ("flags", c_int),
    ]


class _Message(ctypes.Structure):
    _fields_ = [("header", _Header), ("received", c_uint)]


class _Batch:
    """Room for BATCH datagrams and addresses of *name_length* bytes, laid out for one system call."""

    def __init__(self, name_length: int) -> None:
        # A slice of either is bytes, though its type says otherwise.
        self.data: Any = (c_char * (ROOM * BATCH))()
        self.names: Any = (c_char * (name_length * BATCH))()
        self.iovecs = (_Iovec * BATCH)()
        self.messages = (_Message * BATCH)()
        self.start = ctypes.addressof(self.data)
        names, iovecs = ctypes.addressof(self.names), ctypes.addressof(self.iovecs)
        for i in range(BATCH):
            self.iovecs[i].base = self.start + i * ROOM
            self.iovecs[i].len = ROOM
            header = self.messages[i].header
            header.name = names + i * name_length
            header.namelen = name_length
            header.iov = iovecs + i * ctypes.sizeof(_Iovec)
            header.iovlen = 1
        self.pointer = ctypes.byref(self.messages)
        # The same memory as plain numbers: a field of a structure costs ten times as much.
        self.data_view = memoryview(self.data).cast("B")
        self.name_view = memoryview(self.names).cast("B")
        self.iovec_words = memoryview(self.iovecs).cast("B").cast("P")  # base, len
        words = memoryview(self.messages).cast("B").cast("I")
        step = ctypes.sizeof(_Message) // words.itemsize
        self.received = words[_Message.received.offset // words.itemsize :: step]


class BatchedSocket:
    """A bound UDP socket on Linux."""

    @staticmethod
    def prepare() -> None:
        """Load what a socket needs, before there is any hurry."""
        _Batch(28)
        ctypes.CDLL(None, use_errno=True)

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.name_length = 16 if sock.family == socket.AF_INET else 28
        libc = ctypes.CDLL(None, use_errno=True)
        self._recvmmsg = libc.recvmmsg
        self._sendmmsg = libc.sendmmsg
        self._in = _Batch(self.name_length)
        self._out = _Batch(self.name_length)

    def receive(self) -> list[tuple[bytes, bytes]]:
        """Return up to BATCH waiting datagrams with their senders; an empty list if there are none."""
        batch = self._in
        count = self._recvmmsg(self.fd, batch.pointer, BATCH, socket.MSG_DONTWAIT, None)
        if count <= 0:
            return []
        data, step = batch.data, self.name_length
        names = batch.names[: count * step]
        return [
            (data[i * ROOM : i * ROOM + size], names[i * step : i * step + step])
            for i, size in enumerate(batch.received[:count].tolist())
        ]

    def send(self, datagrams: list[tuple[bytes, bytes]]) -> int:
        """Send *datagrams* (data, address); return how many the system took, the rest are lost."""
        sent = 0
        for start in range(0, len(datagrams), BATCH):
            sent += self._send_batch(datagrams[start : start + BATCH])
        return sent

    def _send_batch(self, datagrams: list[tuple[bytes, bytes]]) -> int:
        batch = self._out
        data = b"".join([data for data, _ in datagrams])
        names = b"".join([address for _, address in datagrams])
        batch.data_view[: len(data)] = data
        batch.name_view[: len(names)] = names
        words, base = batch.iovec_words, batch.start
        for i, (packet, _) in enumerate(datagrams):
            words[2 * i] = base
            words[2 * i + 1] = size = len(packet)
            base += size
        sent = 0
        first = ctypes.addressof(batch.messages)
        size = ctypes.sizeof(_Message)
        while sent < len(datagrams):
            count = self._sendmmsg(
                self.fd,
                c_void_p(first + sent * size),
                len(datagrams) - sent,
                socket.MSG_DONTWAIT,
            )
            if count > 0:
                sent += count
            elif ctypes.get_errno() != errno.EINTR:
                break
        return sent

    def address_text(self, address: bytes) -> str:
        """Return *address* as HOST:PORT."""
        port = int.from_bytes(address[2:4], "big")
        if len(address) == 16:
            return f"{socket.inet_ntop(socket.AF_INET, address[4:8])}:{port}"
        return f"[{socket.inet_ntop(socket.AF_INET6, address[8:24])}]:{port}"

    def host_of(self, address: bytes) -> bytes:
        """Return *address* without its port: 4 bytes, or 16 of IPv6.

        An IPv4 address on an IPv6 socket is 4 bytes too.
        """
        if len(address) == 16:
            return address[4:8]
        return address[20:24] if address[8:20] == MAPPED else address[8:24]

    def address(self, host: str, port: int) -> bytes:
        """Return the address bytes of *host* (a number, not a name) and *port*."""
        if self.name_length == 16:
            family = socket.AF_INET.to_bytes(2, sys.byteorder)
            return family + port.to_bytes(2, "big") + socket.inet_aton(host) + bytes(8)
        family = socket.AF_INET6.to_bytes(2, sys.byteorder)
        number = socket.inet_pton(socket.AF_INET6, host if ":" in host else f"::ffff:{host}")
        return family + port.to_bytes(2, "big") + bytes(4) + number + bytes(4)


class PlainSocket:
    """The same with one ordinary call a datagram, for systems without recvmmsg."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.fd = sock.fileno()

    def receive(self) -> list[tuple[bytes, bytes]]:
        """Return up to BATCH waiting datagrams with their senders."""
        found = []
        for _ in range(BATCH):
            try:
                data, sender = self.sock.recvfrom(ROOM)
            except BlockingIOError:
                break
            except OSError:
                continue
            found.append((data, f"{sender[0]} {sender[1]}".encode()))
        return found

    def send(self, datagrams: list[tuple[bytes, bytes]]) -> int:
        """Send *datagrams*; return how many the system took."""
        sent = 0
        for data, address in datagrams:
            host, port = address.decode().split(" ")
            try:
                self.sock.sendto(data, (host, int(port)))
            except OSError:
                continue
            sent += 1
        return sent

    def address_text(self, address: bytes) -> str:
        """Return *address* as HOST:PORT."""
        host, port = address.decode().split(" ")
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def host_of(self, address: bytes) -> bytes:
        """Return *address* without its port: 4 bytes, or 16 of IPv6."""
        number = address.decode().split(" ")[0].partition("%")[0]
        if ":" not in number:
            return socket.inet_aton(number)
        packed = socket.inet_pton(socket.AF_INET6, number)
        return packed[12:] if packed[:12] == MAPPED else packed

    def address(self, host: str, port: int) -> bytes:
        """Return the address bytes of *host* and *port*."""
        return f"{host} {port}".encode()


UdpSocket = BatchedSocket | PlainSocket


def wrap(sock: socket.socket) -> UdpSocket:
    """Return the best way to use the bound *sock* on this system."""
    sock.setblocking(False)
    return BatchedSocket(sock) if sys.platform == "linux" else PlainSocket(sock)


def bind(host: str, port: int) -> socket.socket:
    """Return a UDP socket bound to *host* (an address; `::` takes IPv4 as well) and *port*.

    Raises PortBusy if another program has the port, ConfigError for an address that is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise PortBusy(
                f"UDP port {port} is in use by another program; "
                f"stop it or choose another port: --port {port + 1}"
            ) from None
        raise ConfigError(
            f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}; "
            "server.bind must be an address of this machine, 0.0.0.0 for all"
        ) from None
    return sock
