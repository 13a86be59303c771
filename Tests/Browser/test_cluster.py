"""The admin page on the nodes of a cluster: who leads, how far each is, and what is wrong."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bed.cluster import Cluster
from bed.processes import eventually
from bed.server import Server
from conftest import DESKTOP, PHONE
from playwright.sync_api import Locator, Page, expect

# A node is silent after ten seconds; the machine may be busy.
SILENT = 40_000


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path / "cluster")
    yield made
    made.stop()


def opened(page: Page, server: Server) -> Page:
    page.goto(f"{server.url}/admin#/cluster")
    expect(page.locator(".cluster-view table")).to_be_visible()
    return page


def badge(page: Page, name: str) -> Locator:
    """A node's state."""
    return page.locator(f'[data-node="{name}"] td .badge')


def notice(page: Page, name: str) -> Locator:
    return page.locator(f'[data-notice="{name}"]')


def cells(page: Page, name: str) -> dict[str, str]:
    """The row of a node, by the names of the columns."""
    heads = page.locator(".cluster-view thead th").all_inner_texts()
    return dict(zip(heads, page.locator(f'[data-node="{name}"] > *').all_inner_texts(), strict=True))


def answered_with(page: Page, **members: object) -> None:
    """Has the page read reports of two nodes with other members; nothing of a real cluster stays so for long enough to be looked at."""
    report = {"site": "main", "node": "b", "leader": "a", "term": 7, "head": 1_234, "logSilenceSeconds": 0.125, "nodes": [
        {"node": name, "address": f"http://{name}:8080", "role": "leader" if name == "a" else "follower", "version": "0.1.0",
         "applied": 1_234, "lagSeconds": 0, "seenAt": "2026-11-30T12:00:00.000Z"} for name in ("a", "b")]}
    report["nodes"][1] |= members.pop("own", {})
    page.route("**/api/cluster", lambda route: route.fulfill(json=report | members))


def test_a_server_by_itself_has_no_view_of_a_cluster(site, page):
    page.goto(f"{site.url}/admin#/stock")
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    expect(page.get_by_role("link", name="Devices", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Cluster", exact=True)).to_have_count(0)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/api/cluster") else None)
    page.goto(f"{site.url}/admin#/cluster")
    expect(page.get_by_role("alert")).to_have_text("This server is not a node of a cluster: its plugins.json has no “cluster”.")
    expect(page.locator(".cluster-view table")).to_be_hidden()
    # A server by itself stays so while it runs.
    page.wait_for_timeout(5_000)
    assert len(asked) == 1


def test_each_node_shows_all_of_them_and_who_leads(cluster, pages, faultless):
    cluster.nodes["b"].import_catalogue()
    for own, server in cluster.nodes.items():
        page = pages()
        page.goto(f"{server.url}/admin#/stock")
        page.get_by_role("link", name="Cluster", exact=True).click()
        expect(badge(page, "a")).to_have_text("Leader")
        for name in ("b", "c"):
            expect(badge(page, name)).to_have_text("Follower")
        report = eventually("all nodes have all", lambda server=server: (
            found := server.call("GET", "/api/cluster"), all(node["applied"] == found["head"] for node in found["nodes"]))[1] and found)
        head = f"{report['head']:,}"
        expect(page.get_by_text(f"Site main, entry {head}, term {report['term']:,}", exact=True)).to_be_visible()
        for node in report["nodes"]:
            expect(page.locator(f'[data-node="{node["node"]}"] td').nth(1)).to_have_text(head)
            shown = cells(page, node["node"])
            assert shown["Behind"] == "Up to date" and shown["Version"] == node["version"] and shown["Address"] == node["address"]
            assert ("Answers this page" in shown["Node"]) == (node["node"] == own)
            assert re.fullmatch(r"Now" if node["node"] == own else r"\d s ago", shown["Last heard of"]), shown
        expect(page.locator("[data-notice]:visible")).to_have_count(0)
        faultless(page)


def test_a_killed_leader_is_replaced_and_shown_as_silent(cluster, page, faultless):
    first, second = cluster.followers()
    leader = cluster.leader
    opened(page, cluster.nodes[first])
    expect(badge(page, leader)).to_have_text("Leader")
    cluster.nodes[leader].kill()
    next_one = eventually("another node leads", lambda: cluster.leader != leader and cluster.leader)
    assert next_one in (first, second)
    expect(badge(page, next_one)).to_have_text("Leader")
    expect(badge(page, leader)).to_have_text("Silent", timeout=SILENT)
    expect(notice(page, "silent")).to_have_text(
        f"Node {leader} has not been heard of for more than 10 s. If the node is gone for good, “tallywire cluster remove {leader}” takes it out.")
    expect(notice(page, "silentLeader")).to_be_hidden()
    assert cells(page, leader)["Behind"] == "–"
    faultless(page)
    # It comes back as a follower, and nothing is left of the notice.
    cluster.nodes[leader].start()
    expect(badge(page, leader)).to_have_text("Follower")
    expect(notice(page, "silent")).to_be_hidden()


def test_a_node_for_which_etcd_is_silent_says_for_how_long(cluster, page):
    opened(page, cluster.nodes["b"])
    # It has to have heard of the others first.
    expect(badge(page, "a")).to_have_text("Leader")
    expect(badge(page, "c")).to_have_text("Follower")
    cluster.etcd.kill()
    meaning = " The node shows what it had then, of the other nodes too. Commands there wait or are refused until etcd answers."
    shown = notice(page, "logSilent")
    expect(shown).to_have_text(re.compile(rf"^etcd has not answered node b for \d+ s\.{re.escape(meaning)}$"), timeout=SILENT)
    first = seconds(shown)
    assert 5 <= first <= 30
    eventually("the time grows", lambda: seconds(shown) > first)
    # What the node says of the others is old, and the notice says so.
    expect(badge(page, "c")).to_have_text("Silent", timeout=SILENT)
    expect(page.locator("[data-notice]:visible")).to_have_count(1)
    report = cluster.nodes["b"].call("GET", "/api/cluster")
    assert report["logSilenceSeconds"] >= first


def seconds(notice: Locator) -> int:
    return int(re.search(r"for (\d+) s", notice.inner_text()).group(1))


def test_a_node_that_hears_of_nobody_although_etcd_answers_says_so(cluster, page):
    opened(page, cluster.nodes["b"])
    expect(badge(page, "c")).to_have_text("Follower")
    for name in ("a", "c"):
        cluster.nodes[name].kill()
    expect(notice(page, "isolated")).to_have_text(
        "Node b has not heard of any other node for more than 10 s, although etcd answers it: the others are down, or do not reach etcd.",
        timeout=SILENT)
    expect(page.locator("[data-notice]:visible")).to_have_count(1)
    expect(badge(page, "b")).to_have_text("Leader")


def test_a_node_that_is_gone_or_frozen_is_told_and_the_page_goes_on_when_it_is_back(cluster, page):
    server = cluster.nodes["c"]
    opened(page, server)
    alert = page.locator(".cluster-view > [role=alert]").first
    server.child.freeze()
    try:
        expect(alert).to_contain_text("Loading failed: the node does not answer. The table shows the cluster as of", timeout=30_000)
    finally:
        server.child.thaw()
    expect(alert).to_be_hidden(timeout=30_000)
    server.kill()
    expect(alert).to_contain_text("Loading failed: the server cannot be reached. The table shows the cluster as of")
    server.start()
    expect(alert).to_be_hidden()
    expect(badge(page, "c")).to_have_text("Follower")


def test_that_nobody_leads_and_that_a_node_is_behind_is_told_in_words(cluster, page, faultless):
    answered_with(page, leader=None, own={"lagSeconds": 75.25, "applied": 1_000})
    opened(page, cluster.nodes["b"])
    expect(notice(page, "noLeader")).to_have_text(
        "No node leads. Nothing can be changed until a node takes over, which it does by itself as soon as it reaches etcd.")
    expect(notice(page, "behind")).to_have_text("Node b is behind: what it shows is out of date.")
    expect(badge(page, "b")).to_have_text("Behind")
    assert cells(page, "b")["Behind"] == "75.3 s" and cells(page, "b")["Applied entry"] == "1,000"
    faultless(page)


def test_what_nodes_call_themselves_shows_as_text(cluster, page):
    name = "<img src=x onerror=\"document.title='taken'\">"
    answered_with(page, own={"address": "javascript:alert(1)", "version": name})
    opened(page, cluster.nodes["b"])
    assert cells(page, "b")["Version"] == name and page.locator("main img").count() == 0
    assert page.locator(".cluster-view a").count() == 0 and page.evaluate("document.title") != "taken"


@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_pictures(cluster, pages, photograph, faultless, viewport, scheme):
    cluster.nodes["a"].import_catalogue()
    page = opened(pages(viewport=viewport, color_scheme=scheme), cluster.nodes["b"])
    expect(badge(page, "a")).to_have_text("Leader")
    photograph(page, "admin-cluster")
    cluster.nodes["a"].kill()
    expect(badge(page, "a")).to_have_text("Silent", timeout=SILENT)
    photograph(page, "admin-cluster-silent")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    faultless(page)
