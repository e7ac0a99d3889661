"""ServerDiscovery over real sockets on loopback: every source, every signal."""

import socket
import threading
from time import monotonic

import pytest
from client.fake_servers import Servers
from client.test_sources import master, page

import tremble
from tremble.client.addresses import AddressBook
from tremble.client.listing import Filter
from tremble.errors import TrembleError
from tremble.net.query import answer
from tremble.server.announce import Announcement, Announcer

PATIENCE = 60.0


@pytest.fixture
def discover():
    """Makes a ServerDiscovery with nothing but the sources named; all are closed after the test."""
    made = []

    def make(known=(), **options):
        options = {"lan": False, "mdns": False, **options}
        made.append(Heard(tremble.ServerDiscovery(known, **options)))
        return made[-1]

    yield make
    for heard in made:
        heard.discovery.close()


class Heard:
    """The signals of *discovery*, as they came."""

    def __init__(self, discovery):
        self.discovery = discovery
        self.found, self.updated, self.lost, self.complete = [], [], [], 0
        self.changed = threading.Condition()
        self.receivers = [self.on_found, self.on_updated, self.on_lost, self.on_complete]
        discovery.server_found.connect(self.receivers[0])
        discovery.server_updated.connect(self.receivers[1])
        discovery.server_lost.connect(self.receivers[2])
        discovery.discovery_complete.connect(self.receivers[3])

    def on_found(self, sender, server_info):
        self.note(lambda: self.found.append(server_info))

    def on_updated(self, sender, server_info):
        self.note(lambda: self.updated.append(server_info))

    def on_lost(self, sender, server_address):
        self.note(lambda: self.lost.append(server_address))

    def on_complete(self, sender):
        def count():
            self.complete += 1

        self.note(count)

    def note(self, change):
        with self.changed:
            change()
            self.changed.notify_all()

    def wait(self, true, what):
        with self.changed:
            assert self.changed.wait_for(true, PATIENCE), what


def swept(discovery, true):
    """Sweep until *true* of what is there: on a busy machine an answer may come too late for one."""
    until = monotonic() + PATIENCE
    while True:
        found = {server["server_address"]: server for server in discovery.sweep()}
        if true(found) or monotonic() > until:
            return found
        discovery._sources_at = float("-inf")


def test_many_servers_are_asked_at_once(discover):
    """Each is found once, with its ping, and the list is in order; who is silent is not there."""
    with Servers(60) as servers:
        servers.silent = {3, 4}
        heard = discover(servers.addresses)
        found = heard.discovery.sweep()

    assert len(heard.found) == len(found) == 58
    assert {server["server_address"] for server in found} == {
        address for i, address in enumerate(servers.addresses) if i not in (3, 4)
    }
    assert [server["ping"] for server in found] == sorted(server["ping"] for server in found)
    assert all(server["sources"] == ["known"] for server in found)
    assert heard.complete == 1


def test_it_goes_on_until_it_is_stopped_and_every_signal_fires(discover):
    """Found, complete, lost when it falls silent, found again, and then no more."""
    with Servers(2) as servers:
        heard = discover(servers.addresses)
        heard.discovery.discovery_interval = 0.05
        heard.discovery.start_discovery()
        heard.discovery.start_discovery()
        heard.wait(lambda: heard.complete >= 1, "a first sweep")
        assert heard.discovery.discovery_active
        servers.silent = {1}
        heard.wait(lambda: heard.lost, "a server that falls silent")
        gone = [s["server_address"] for s in heard.discovery.get_discovered_servers()]
        servers.silent = set()
        heard.wait(lambda: len(heard.found) == 3, "its return")
        heard.discovery.stop_discovery()

    assert heard.lost == [servers.addresses[1]]
    assert gone == [servers.addresses[0]]
    assert heard.updated
    assert not heard.discovery.discovery_active


def test_it_is_begun_again_by_who_hears_of_its_end(discover):
    """Stopped and started by a signal, on its own thread: one thread goes on, not two."""
    heard = discover()
    heard.discovery.discovery_interval = 0.01
    first = []

    def again(sender):
        first.append(threading.current_thread())
        heard.discovery.discovery_complete.disconnect(again)
        heard.discovery.stop_discovery()
        heard.discovery.start_discovery()

    heard.discovery.discovery_complete.connect(again)
    heard.discovery.start_discovery()
    heard.wait(lambda: heard.complete >= 3, "sweeps of the second one")
    first[0].join(PATIENCE)

    assert not first[0].is_alive()
    assert heard.discovery._thread.is_alive()


def test_favourites_history_and_names_are_sources(discover, tmp_path):
    """Each server says where its address came from; a name stays what the player wrote."""
    with Servers(3) as servers:
        book = AddressBook(tmp_path / "servers.json")
        book.note_played(servers.addresses[1], "played", 1.0)
        heard = discover([f"localhost:{servers.ports[2]}"], book=book)
        heard.discovery.add_favourite(servers.addresses[0])
        found = heard.discovery.get_discovered_servers
        heard.discovery.sweep()

        by_source = {server["sources"][0]: server for server in found()}
        [favourite] = found(Filter(favourite=True))

    assert by_source["favourite"] == favourite
    assert by_source["history"]["server_address"] == servers.addresses[1]
    assert by_source["known"]["server_address"] == f"localhost:{servers.ports[2]}"
    assert AddressBook(book.path).lists.favourites == [servers.addresses[0]]


def test_the_master_list_is_a_source(discover):
    """A web process that is away is a problem to show, not an error."""
    with Servers(2) as servers, master({"/v1/servers": page(servers.addresses)}) as url:
        found = discover(master_url=url).discovery.sweep()
        away = discover(master_url="http://127.0.0.1:1")
        away.discovery.sweep()

    assert [server["sources"] for server in found] == [["master"]] * 2
    assert "refused" in away.discovery.problems["master"]
    assert away.complete == 1


def test_broadcasts_find_the_servers_of_the_network(discover):
    """On every interface; loopback's stands for it here."""
    with Servers(1, host="0.0.0.0") as servers:
        heard = discover(lan=True, lan_ports=servers.ports)
        found = swept(heard.discovery, lambda found: servers.addresses[0] in found)

    assert servers.addresses[0] in found
    assert all("lan" in server["sources"] for server in found.values())


def test_multicast_dns_finds_the_servers_of_the_network(discover):
    """An announced server is asked like any other; there may be more on this machine."""
    with Servers(1) as servers:
        wanted = Announcement("announced", servers.ports[0], {}, ["127.0.0.1"])
        announcer = Announcer(wanted)
        announcer.start()
        heard = discover(mdns=True, mdns_interfaces=["127.0.0.1"])
        try:
            found = swept(heard.discovery, lambda found: servers.addresses[0] in found)
        finally:
            announcer.stop()

    assert found[servers.addresses[0]]["sources"] == ["mdns"]


def test_one_server_at_two_addresses_is_listed_once(discover):
    """By the nearer address, with the sources of both, sweep after sweep."""
    with Servers(1, host="0.0.0.0", server_id="5e" * 8) as servers:
        port = servers.ports[0]
        known = f"127.0.0.1:{port}"
        heard = discover([known], lan=True, lan_ports=[port])
        swept(heard.discovery, lambda found: known in found and "lan" in found[known]["sources"])
        found = swept(
            heard.discovery, lambda found: known in found and "lan" in found[known]["sources"]
        )

    assert list(found) == [known]
    assert found[known]["sources"] == ["known", "lan"]


def test_a_server_can_be_asked_for_by_hand(discover):
    """It stays known; what is no address is an error."""
    with Servers(1) as servers:
        heard = discover()
        heard.discovery.query_server(servers.addresses[0])
        assert len(heard.discovery.sweep()) == 1
        assert heard.discovery.ping_server(servers.addresses[0]) > 0.0
    with pytest.raises(TrembleError, match="HOST:PORT"):
        heard.discovery.query_server("nonsense")

    assert heard.discovery.ping_server("nonsense") == -1.0


def test_no_sweep_outlasts_its_time(discover):
    """A server that only ever answers with nonsense does not hold it up."""
    with Servers(1, reply=lambda data, told: b"{" * 50) as servers:
        heard = discover(servers.addresses)
        heard.discovery.discovery_timeout = 0.3
        assert heard.discovery.sweep() == []

    assert heard.complete == 1


def test_answers_of_others_are_not_taken(discover):
    """A server that answers from another port has not answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:

        def from_elsewhere(data, told):
            port = next(iter(heard.discovery._sockets.values())).getsockname()[1]
            other.sendto(answer(data, told), ("127.0.0.1", port))

        with Servers(1, reply=from_elsewhere) as servers:
            heard = discover(servers.addresses)
            heard.discovery.discovery_timeout = 0.5
            assert heard.discovery.sweep() == []
