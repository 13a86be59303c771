import PostgreSQL

/// The tables of one sink, and the statements that fill them.
struct PostgresTables: Sendable {
    let schema: String
    let events: String
    let stock: String
    let position: String

    init(schema: String) {
        self.schema = schema
        let prefix = PostgresConnection.quoted(schema) + "."
        events = prefix + "tallywire_events"
        stock = prefix + "tallywire_stock"
        position = prefix + "tallywire_position"
    }

    /// The columns that each table has to have, in the order in which they are written. A table may have more.
    static let columns: [(table: String, columns: [String])] = [
        ("tallywire_events", ["seq", "timestamp", "type", "product_id", "variant_id", "sku", "location", "data"]),
        (
            "tallywire_stock",
            [
                "sku", "location", "product_id", "variant_id", "on_hand", "reserved", "unavailable", "incoming", "stock", "seq",
                "updated_at",
            ]
        ),
        ("tallywire_position", ["sink", "epoch", "seq", "updated_at"]),
    ]

    /// The statements that make the tables. They change nothing that is there.
    var definition: String {
        """
        CREATE SCHEMA IF NOT EXISTS \(PostgresConnection.quoted(schema));

        -- Every event, as it is in the journal; `data` is the event's own `data`.
        CREATE TABLE IF NOT EXISTS \(events) (
            seq        bigint PRIMARY KEY,
            timestamp  timestamptz NOT NULL,
            type       text NOT NULL,
            product_id bigint,
            variant_id bigint,
            sku        text,
            location   text,
            data       jsonb NOT NULL
        );
        CREATE INDEX IF NOT EXISTS tallywire_events_by_sku ON \(events) (sku, seq) WHERE sku IS NOT NULL;

        -- What is where, as the last of these events left it.
        CREATE TABLE IF NOT EXISTS \(stock) (
            sku         text NOT NULL,
            location    text NOT NULL,
            product_id  bigint NOT NULL,
            variant_id  bigint NOT NULL,
            on_hand     bigint NOT NULL,
            reserved    bigint NOT NULL,
            unavailable bigint NOT NULL,
            incoming    bigint NOT NULL,
            stock       bigint NOT NULL,
            seq         bigint NOT NULL,
            updated_at  timestamptz NOT NULL,
            PRIMARY KEY (sku, location)
        );

        -- How far the tables have come. It changes in the transaction of the events.
        CREATE TABLE IF NOT EXISTS \(position) (
            sink       text PRIMARY KEY,
            epoch      text NOT NULL,
            seq        bigint NOT NULL,
            updated_at timestamptz NOT NULL DEFAULT now()
        );

        -- The server needs these rights, for example for the user "tallywire":
        --   GRANT USAGE ON SCHEMA \(PostgresConnection.quoted(schema)) TO tallywire;
        --   GRANT SELECT, INSERT ON \(events) TO tallywire;
        --   GRANT SELECT, INSERT, UPDATE, DELETE ON \(stock) TO tallywire;
        --   GRANT SELECT, INSERT, UPDATE ON \(position) TO tallywire;

        """
    }

    /// Finds which of the needed columns are there, as rows of table and column.
    static let presentColumns = """
        SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = $1 AND table_name LIKE 'tallywire\\_%'
        """

    /// The sinks that write into these tables.
    var sinks: String { "SELECT sink FROM \(position)" }

    /// The position of a sink. Others wait for the end of the transaction.
    var lockedPosition: String { "SELECT epoch, seq FROM \(position) WHERE sink = $1 FOR UPDATE" }

    /// Begins a sink: its name, epoch and seq.
    var newPosition: String { "INSERT INTO \(position) (sink, epoch, seq) VALUES ($1, $2, $3)" }

    /// Moves the position of a sink to a seq, and tells whoever listens.
    var nextPosition: String {
        """
        WITH moved AS (UPDATE \(position) SET seq = $2::bigint, updated_at = now() WHERE sink = $1 RETURNING seq)
        SELECT pg_notify('tallywire', seq::text) FROM moved
        """
    }

    var copyOfEvents: String { "COPY \(events) (seq, timestamp, type, product_id, variant_id, sku, location, data) FROM STDIN" }

    /// Takes the stock from the events after `$1` up to `$2`: of each item at each location the newest.
    ///
    /// Events of earlier versions have `locationStock` alone.
    var stockOfEvents: String {
        """
        INSERT INTO \(stock) (sku, location, product_id, variant_id, on_hand, reserved, unavailable, incoming, stock, seq, updated_at)
        SELECT DISTINCT ON (sku, location) sku, location, product_id, variant_id,
            coalesce((data->>'locationOnHand')::bigint, (data->>'locationStock')::bigint),
            coalesce((data->>'locationReserved')::bigint, 0), coalesce((data->>'locationUnavailable')::bigint, 0),
            coalesce((data->>'locationIncoming')::bigint, 0), (data->>'locationStock')::bigint, seq, timestamp
        FROM \(events)
        WHERE seq > $1::bigint AND seq <= $2::bigint AND type = 'inventory_updated' AND sku IS NOT NULL AND variant_id IS NOT NULL
            AND location IS NOT NULL AND data ? 'locationStock'
        ORDER BY sku, location, seq DESC
        ON CONFLICT (sku, location) DO UPDATE SET product_id = excluded.product_id, variant_id = excluded.variant_id,
            on_hand = excluded.on_hand, reserved = excluded.reserved, unavailable = excluded.unavailable,
            incoming = excluded.incoming, stock = excluded.stock, seq = excluded.seq, updated_at = excluded.updated_at
        """
    }

    /// Gives the rows of a SKU another one.
    var renamedSKU: String { "UPDATE \(stock) SET sku = $2 WHERE sku = $1" }
    var removedSKU: String { "DELETE FROM \(stock) WHERE sku = $1" }
    var removedProduct: String { "DELETE FROM \(stock) WHERE product_id = $1::bigint" }
    var removedLocation: String { "DELETE FROM \(stock) WHERE location = $1" }
}
