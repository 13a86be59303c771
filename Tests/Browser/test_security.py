"""What pages may do: text stays text, nothing foreign runs or frames them, tokens stay where they belong."""

import http.server
import threading

import pytest
from bed.processes import eventually, free_port
from bed.watch import until
from playwright.sync_api import Page, expect

SECRET = "a secret of thirty-two bytes or more"
PATHS = ["/", "/admin", "/shop", "/displays", "/scan", "/codes"]
HOSTILE = ["<img src=x onerror=\"globalThis.owned=1\">", "\"><script>globalThis.owned=1</script>", "{{owned=1}}${owned=1}", "javascript:owned=1",
           "</title><svg onload=owned=1>", "‮dlrow olleh", "&lt;b&gt;", "a" * 150]


def hostile_rows() -> list[dict]:
    # A code with a quote in it stands in quotes.
    return [{"productId": n, "product": text, "variantId": 1000 + n, "sku": f"<b>x{n}",
             "barcodes": "" if " " in text else '"' + text[:60].replace('"', '""') + '"', "price": "1.00", "stock": 3}
            for n, text in enumerate(HOSTILE, 1)]


def test_hostile_names_show_as_text_everywhere(sites, page):
    site = sites(catalogue=False)
    site.server.import_rows(hostile_rows())
    for path in ("/shop", "/displays#/WH1", "/admin"):
        page.goto("about:blank")
        page.goto(f"{site.url}{path}")
        expect(page.locator("body")).to_contain_text(HOSTILE[0])
        expect(page.locator("body")).to_contain_text(HOSTILE[1])
        # Live, too.
        site.scan({"sku": "<b>x1", "operation": "subtract", "quantity": 1, "location": "WH1", "reason": HOSTILE[0]})
        site.server.call("PATCH", "/api/products/2", {"name": HOSTILE[1] + path})
        site.server.move("<b>x2", "add", 1)
        expect(page.locator("body")).to_contain_text(HOSTILE[0])
        assert page.evaluate("globalThis.owned === undefined && !document.querySelector('[onerror], b > x1, main svg[onload], main img')"), path
        site.server.move("<b>x1", "set", 3)
    page.goto(f"{site.url}/displays#/WH1/{'%3Cb%3Ex1'}")
    expect(page.locator(".shelf")).to_contain_text("<b>x1")
    page.goto(f"{site.url}/displays#/%3Cimg%20src=x%20onerror=owned=1%3E/%E0%A4%A")
    expect(page.locator(".shelf")).to_contain_text("Label not found")
    page.goto("about:blank")
    page.goto(f"{site.url}/scan")
    until(page, "document.getElementById('location').options.length > 1")
    page.get_by_label("Location").select_option("WH1")
    page.get_by_label("Code").fill(HOSTILE[0])
    page.keyboard.press("Enter")
    expect(page.locator("#refused")).to_contain_text(HOSTILE[0])
    expect(page.locator("#scans")).to_contain_text(HOSTILE[0])
    assert page.evaluate("globalThis.owned === undefined")


@pytest.mark.parametrize("path", PATHS)
def test_the_policy_holds(site, page, path):
    response = page.goto(f"{site.url}{path}")
    policy = response.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy and "unsafe" not in policy and "default-src 'none'" in policy
    expect(page.locator("main").first).to_be_attached()
    assert not page.watch.faults
    page.watch.rest()
    refused = page.evaluate("""async () => {
        const found = [];
        // Out of the test's own call, which may do more than the page.
        await new Promise((resolve) => setTimeout(resolve, 0));
        addEventListener('securitypolicyviolation', ({ effectiveDirective }) => found.push(effectiveDirective));
        try { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); found.push('markup was made'); } catch { found.push('markup'); }
        try { (0, eval)('1'); found.push('code was run'); } catch { found.push('code'); }
        try { trustedTypes.createPolicy('another', {}); found.push('a policy was made'); } catch { found.push('policy'); }
        const script = document.createElement('script');
        try { script.src = 'https://example.invalid/x.js'; found.push('a script was loaded'); } catch { found.push('script'); }
        const inline = document.createElement('div');
        try { inline.setAttribute('onclick', 'owned = 1'); found.push('a handler was made'); } catch { found.push('handler'); }
        const picture = new Image();
        picture.src = 'https://example.invalid/x.png';
        await fetch('https://example.invalid/').catch(() => found.push('elsewhere'));
        await new Promise((resolve) => setTimeout(resolve, 50));
        return found;
    }""")
    for what in ("markup", "code", "policy", "script", "handler", "elsewhere", "img-src", "connect-src"):
        assert what in refused, refused
    assert not any(" was " in what for what in refused), refused


@pytest.mark.parametrize("path", PATHS)
def test_nobody_frames_a_page(site, pages, path):
    class Frame(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<iframe src='{site.url}{path}'></iframe>".encode())

        def log_message(self, *_: object) -> None:
            pass

    port = free_port()
    foreign = http.server.ThreadingHTTPServer(("127.0.0.1", port), Frame)
    threading.Thread(target=foreign.serve_forever, daemon=True).start()
    try:
        page = pages()
        page.goto(f"http://127.0.0.1:{port}/")
        eventually("it was refused", lambda: any("frame-ancestors" in fault or "Framing" in fault for fault in page.watch.faults))
        page.watch.rest()
    finally:
        foreign.shutdown()


@pytest.mark.parametrize("path", ["/shop", "/displays#/WH1"])
def test_a_token_goes_with_its_tab_and_into_no_address(sites, page, path):
    site = sites({"auth": {"mode": "jwt", "secret": SECRET, "required": True}}, catalogue=False)
    site.server.token = site.server.make_token("admin")
    site.server.import_catalogue()
    token = site.server.make_token("shop")
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.on("websocket", lambda socket: addresses.append(socket.url))
    page.goto(f"{site.url}{path}")
    page.get_by_label("Token").fill("nonsense")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("This is not a valid token.")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("body")).to_contain_text("T-shirt")
    expect(page.locator(".connection")).to_have_text("Live")
    assert page.evaluate("JSON.stringify({...localStorage})") in ("{}",)
    assert page.evaluate("document.cookie") == ""
    assert not any(token[:25] in address for address in addresses)


def test_a_foreign_page_changes_nothing(site, pages):
    """No cookie and no ambient right: what a page may do is what its token may; on an open server, foreign origins are refused."""
    page = pages()
    page.goto("data:text/html,<h1>foreign</h1>")
    before = site.server.stock("TEE-RED-M")
    outcome = page.evaluate("""async (url) => {
        const answers = [];
        for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json']) {
            try {
                const answer = await fetch(url + '/api/movements', { method: 'POST', headers: { 'Content-Type': type }, credentials: 'include',
                    mode: type === 'application/json' ? 'cors' : 'no-cors',
                    body: '{"lines":[{"sku":"TEE-RED-M","operation":"subtract","quantity":1,"location":"WH1"}]}' });
                answers.push(answer.type === 'opaque' ? 'opaque' : answer.status);
            } catch { answers.push('refused'); }
        }
        return answers;
    }""", site.url)
    assert set(map(str, outcome)) <= {"opaque", "refused", "403"}, outcome
    assert site.server.stock("TEE-RED-M") == before
    page.watch.rest()
