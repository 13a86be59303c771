import HTTPPort
import TallywireCore

extension OpenAPI {
    static let reservationOperations: [Operation] = [
        Operation(
            method: "get", path: "/api/reservations", id: "listReservations", { $0.listReservations }, tag: "reservations",
            summary: "Reservations in the order in which they were made.",
            description: "Those that have ended are kept as long as the answers to changes.",
            parameters: ["reservationStatus", "reference", "expiringBefore", "limit", "cursor"],
            answers: [.json(200, "A page.", "ReservationPage", headers: reading)]),
        Operation(
            method: "post", path: "/api/reservations", id: "createReservations", { $0.createReservations }, tag: "reservations",
            summary: "Holds units for somebody: one reservation, an array, or one a line.",
            description: """
                All lines are held, or none; with `partial`, what there is. `insufficient_stock` says in `available` what there was. The \
                units can be promised to nobody else until they are captured or released, or until the time is over.
                """,
            parameters: ["idempotencyKey"],
            body: Operation.Body(
                content: [
                    (
                        "application/json",
                        [
                            "oneOf": [
                                JSONSchema.reference("NewReservation"),
                                JSONSchema.list(of: JSONSchema.reference("NewReservation"), 0, HTTPLimits().batch),
                            ]
                        ]
                    ),
                    ("application/x-ndjson", ["type": "string", "description": "A `NewReservation` a line."]),
                ],
                examples: [
                    (
                        "basket",
                        [
                            "id": "basket-7", "reference": "order 1042", "ttl": "15m",
                            "lines": [["sku": "TEE-RED-M", "quantity": 2]],
                        ]
                    )
                ]),
            answers: [
                Operation.Answer(
                    status: 200, description: "A repeat: the first answer; for a batch, a result for each reservation.",
                    content: [
                        ("application/json", JSONSchema.reference("ReservationAnswers")),
                        (
                            "application/x-ndjson",
                            ["type": "string", "description": "A `ReservationAnswer` or a `Problem` a line."]
                        ),
                    ]),
                .json(201, "The reservation.", "ReservationAnswer", headers: changing + ["Location"]),
            ],
            problems: ["unknown_variant", "unknown_location", "insufficient_stock", "id_taken", "out_of_range"]),
        Operation(
            method: "get", path: "/api/reservations/{id}", id: "getReservation", { $0.getReservation }, tag: "reservations",
            summary: "One reservation, open or ended.", parameters: ["reservationId"],
            answers: [.json(200, "The reservation.", "Reservation", headers: reading)], problems: ["unknown_reservation"]),
        Operation(
            method: "patch", path: "/api/reservations/{id}", id: "updateReservation", { $0.updateReservation },
            tag: "reservations", summary: "Holds the units longer, or shorter, counted from now.",
            parameters: ["reservationId", "idempotencyKey"],
            body: .json("ReservationUpdate", [("longer", ["ttl": "30m"])]),
            answers: [.json(200, "The reservation after the change.", "ReservationAnswer", headers: changing)], problems: ofUses),
        Operation(
            method: "post", path: "/api/reservations/{id}/capture", id: "captureReservation", { $0.captureReservation },
            tag: "reservations", summary: "The units leave for whom they were held.",
            description: "Without `lines` all of them. What is not captured is released, unless `keep` is set.",
            parameters: ["reservationId", "idempotencyKey"], body: .json("Capture", [("all", [:]), ("one", oneTee)]),
            answers: [.json(200, "The reservation after the capture.", "ReservationAnswer", headers: changing)],
            problems: ofUses + ["insufficient_stock", "unknown_variant", "unknown_location", "out_of_range"]),
        Operation(
            method: "post", path: "/api/reservations/{id}/release", id: "releaseReservation", { $0.releaseReservation },
            tag: "reservations", summary: "The units can be promised to others again.",
            description: "Without `lines` all that are held.",
            parameters: ["reservationId", "idempotencyKey"],
            body: .json("Release", [("all", [:]), ("one", ["lines": [["sku": "TEE-RED-M", "quantity": 1]]])]),
            answers: [.json(200, "The reservation after the release.", "ReservationAnswer", headers: changing)],
            problems: ofUses + ["insufficient_stock", "unknown_variant", "unknown_location", "out_of_range"]),
    ]

    private static let ofUses = ["unknown_reservation", "reservation_expired", "reservation_closed"]

    private static let oneTee: JSONValue = ["keep": true, "lines": [["sku": "TEE-RED-M", "quantity": 1]]]
}
