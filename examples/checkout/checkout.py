#!/usr/bin/env python3
"""A shop's checkout against Tallywire: baskets hold units, payments take them, cancellations and time give them back.

    examples/checkout/checkout.py http://127.0.0.1:8080

It makes an item of its own, sells it, and ends with 1 and the reason if anything is not as it should be. With a token in TALLYWIRE_TOKEN it
also works where the server asks for one. Python's own library is all it needs.
"""
import json, os, sys, time, urllib.error, urllib.request, uuid


class Refused(Exception):
    """What the server answers when it does not do what was asked: a problem with a stable `code`."""

    def __init__(self, problem):
        super().__init__(problem["detail"])
        self.code, self.available = problem["code"], problem.get("available")


class Shop:
    def __init__(self, url):
        self.url = url

    def call(self, method, path, body=None):
        headers = {"Content-Type": "application/json"}
        if token := os.environ.get("TALLYWIRE_TOKEN"):
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.url + path, method=method, headers=headers,
                                         data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(json.load(error)) from None

    # The whole checkout. Each call has an id, so that it can be sent again until an answer comes, and counts once.

    def hold(self, order, lines, ttl="15m"):
        """When the customer goes to the till: nobody else can be sold these units from now on."""
        body = {"id": f"basket-{order}", "reference": order, "ttl": ttl, "lines": [{"sku": sku, "quantity": n} for sku, n in lines]}
        return self.call("POST", "/api/reservations", body)

    def paid(self, order):
        """When the payment is through: the units leave."""
        return self.call("POST", f"/api/reservations/basket-{order}/capture", {"id": f"paid-{order}", "reason": "sale"})

    def cancelled(self, order):
        """When the customer turns back: the units can be sold to others at once."""
        return self.call("POST", f"/api/reservations/basket-{order}/release", {"id": f"cancelled-{order}"})


def expect(what, is_so):
    if not is_so:
        sys.exit(f"checkout: not so: {what}")
    print(f"  {what}")


def refused(code, call):
    try:
        call()
    except Refused as problem:
        return problem if problem.code == code else None
    return None


def main(url):
    shop, run = Shop(url), uuid.uuid4().hex[:8]
    sku = f"LAST-{run}"
    variant = shop.call("POST", "/api/products", {"name": "The last ones", "sku": sku})["variants"][0]["id"]
    shop.call("POST", "/api/movements", {"lines": [{"sku": sku, "operation": "add", "quantity": 3}]})
    stock = lambda: shop.call("GET", f"/api/variants/{variant}")["stock"]

    shop.hold(f"a-{run}", [(sku, 2)])
    expect("two of three are held, one is left to sell", stock() == 1)
    problem = refused("insufficient_stock", lambda: shop.hold(f"b-{run}", [(sku, 2)]))
    # The refusal is the answer to that id: another basket gets another one.
    expect("a second customer who wants two is told that there is one", problem and problem.available == 1)
    shop.hold(f"b2-{run}", [(sku, 1)])
    expect("and takes it: nothing is left to sell", stock() == 0)

    paid = shop.paid(f"a-{run}")
    expect("the first one pays, and the units leave", paid["status"] == "captured" and paid["lines"][0]["captured"] == 2)
    expect("a payment that is reported twice counts once", shop.paid(f"a-{run}").get("duplicate") is True)
    shop.cancelled(f"b2-{run}")
    expect("the second one turns back, and one is there to sell again", stock() == 1)

    shop.hold(f"c-{run}", [(sku, 1)], ttl="1s")
    while stock() == 0:
        time.sleep(0.1)
    expect("a basket that nobody pays for gives back its unit", shop.call("GET", f"/api/reservations/basket-c-{run}")["status"] == "expired")
    expect("and a payment that comes after that is refused", refused("reservation_expired", lambda: shop.paid(f"c-{run}")))

    # Whoever picks the order scans: each scan is one unit, and what is not scanned yet stays held.
    shop.hold(f"d-{run}", [(sku, 1)])
    line = {"operation": "capture", "reservation": f"basket-d-{run}", "sku": sku, "quantity": 1}
    shop.call("POST", "/api/movements", {"lines": [line]})
    expect("the last unit that is held and scanned ends its reservation",
           shop.call("GET", f"/api/reservations/basket-d-{run}")["status"] == "captured" and stock() == 0)
    print("the checkout is right in every case")


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(sys.argv[1].rstrip("/"))
