"""Several tabs of one browser share a connection: one holds it, the others follow, and one of them takes over."""

import urllib.request

from bed.processes import eventually
from bed.watch import Watch, until

_BEGIN = """
async () => {
  const { TallywireClient } = await import("/sdk/tallywire.js");
  globalThis.client = new TallywireClient({ rooms: ["ecommerce_room"], shared: true });
  globalThis.told = [];
  client.on("inventory_updated", (data, event) => told.push(event.seq));
  await client.connect();
}
"""


def _connections(site) -> int:
    metrics = urllib.request.urlopen(f"{site.url}/metrics").read().decode()
    lines = [line for line in metrics.splitlines() if line.startswith("tallywire_websocket_connections{")]
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines)


def _tab(page, site):
    tab = page.context.new_page()
    tab.watch = Watch(tab)
    tab.goto(site.url)
    tab.evaluate(_BEGIN)
    return tab


def _stock(tab) -> int:
    return tab.evaluate("client.item(1, 11).stock")


def test_tabs_share_one_connection_and_another_takes_over(site, page):
    tabs = [_tab(page, site) for _ in range(3)]
    assert [tab.evaluate("client.isLeader") for tab in tabs].count(True) == 1
    eventually("there is one connection", lambda: _connections(site) == 1)
    before = _stock(tabs[0])
    site.scan("4006381333931")
    for tab in tabs:
        until(tab, f"client.item(1, 11).stock === {before + 1}")

    leader = next(tab for tab in tabs if tab.evaluate("client.isLeader"))
    rest = [tab for tab in tabs if tab is not leader]
    leader.close()
    eventually("another holds the connection", lambda: [tab.evaluate("client.isLeader") for tab in rest].count(True) == 1)
    site.scan("4006381333931")
    for tab in rest:
        until(tab, f"client.status === 'live' && client.item(1, 11).stock === {before + 2}")
        told = tab.evaluate("told")
        assert told == sorted(set(told)) and len(told) == 2, told
        assert tab.watch.faults == []
    eventually("there is one connection again", lambda: _connections(site) == 1)
