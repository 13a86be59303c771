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
        CREATE INDEX IF NOT EXISTS tallywire_stock_by_variant ON \(stock) (variant_id);

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

    /// Goes on under another epoch: the sink's name and the epoch.
    var newEpoch: String { "UPDATE \(position) SET epoch = $2 WHERE sink = $1" }

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
        \(newest("seq > $1::bigint AND seq <= $2::bigint"))
        ON CONFLICT (sku, location) DO UPDATE SET product_id = excluded.product_id, variant_id = excluded.variant_id,
            on_hand = excluded.on_hand, reserved = excluded.reserved, unavailable = excluded.unavailable,
            incoming = excluded.incoming, stock = excluded.stock, seq = excluded.seq, updated_at = excluded.updated_at
        """
    }

    /// Of each item at each location the newest event that fulfils `condition`, as a row of stock.
    private func newest(_ condition: String, of item: String = "sku, location") -> String {
        """
        SELECT DISTINCT ON (\(item)) sku, location, product_id, variant_id,
            coalesce((data->>'locationOnHand')::bigint, (data->>'locationStock')::bigint) AS on_hand,
            coalesce((data->>'locationReserved')::bigint, 0) AS reserved,
            coalesce((data->>'locationUnavailable')::bigint, 0) AS unavailable,
            coalesce((data->>'locationIncoming')::bigint, 0) AS incoming, (data->>'locationStock')::bigint AS stock, seq, timestamp
        FROM \(events)
        WHERE \(condition) AND type = 'inventory_updated' AND sku IS NOT NULL AND variant_id IS NOT NULL
            AND location IS NOT NULL AND data ? 'locationStock'
        ORDER BY \(item), seq DESC
        """
    }

    // MARK: Changes of the catalogue

    /// Gives the rows of the item that the list `$1` has the SKU `$2`. Rows that still have this SKU are of an item whose own change was
    /// refused.
    var named: [String] {
        [
            "DELETE FROM \(stock) WHERE sku = $2 AND variant_id <> ALL($1::bigint[])",
            "UPDATE \(stock) SET sku = $2 WHERE variant_id = ANY($1::bigint[])",
        ]
    }

    /// Removes what the items of the list `$1` have under an earlier SKU beside a newer row: after a change of the SKU was refused.
    var singled: String {
        """
        DELETE FROM \(stock) AS old WHERE old.variant_id = ANY($1::bigint[]) AND EXISTS (SELECT 1 FROM \(stock) AS new
            WHERE new.variant_id = old.variant_id AND new.location = old.location AND new.seq > old.seq)
        """
    }

    /// Removes the rows whose `column` is `$1`.
    func removed(_ column: String) -> String { "DELETE FROM \(stock) WHERE \(column) = $1" }

    // MARK: Out of turn

    /// Which events of a list are there.
    var presentEvents: String { "SELECT seq FROM \(events) WHERE seq = ANY($1::bigint[])" }

    /// Removes the rows whose `column` is `$1`, as far as they are from before the event `$2`.
    func removedBefore(_ column: String) -> String { removed(column) + " AND seq < $2::bigint" }

    /// Brings the rows of the items `$1` to what all events say, in this order. Rows whose events are gone from the table stay.
    var settled: [String] {
        [
            singled,
            "WITH \(owners) DELETE FROM \(stock) AS row USING owner WHERE row.sku = owner.sku AND row.variant_id <> owner.variant_id",
            "WITH \(owners) UPDATE \(stock) AS row SET sku = owner.sku FROM owner WHERE row.variant_id = owner.variant_id",
            """
            WITH \(owners), \(newestRows)
            UPDATE \(stock) AS row SET on_hand = newest.on_hand, reserved = newest.reserved, unavailable = newest.unavailable,
                incoming = newest.incoming, stock = newest.stock, seq = newest.seq, updated_at = newest.timestamp
            FROM newest WHERE row.variant_id = newest.variant_id AND row.location = newest.location AND row.seq < newest.seq
            """,
            """
            WITH \(owners), \(newestRows)
            INSERT INTO \(stock) (sku, location, product_id, variant_id, on_hand, reserved, unavailable, incoming, stock, seq, updated_at)
            SELECT owner.sku, newest.location, newest.product_id, newest.variant_id, newest.on_hand, newest.reserved,
                newest.unavailable, newest.incoming, newest.stock, newest.seq, newest.timestamp
            FROM newest JOIN owner ON owner.variant_id = newest.variant_id
            WHERE NOT EXISTS (SELECT 1 FROM \(events) AS gone WHERE gone.seq > newest.seq AND gone.type = 'catalogue_changed'
                AND gone.data->>'change' = 'removed' AND (gone.variant_id = newest.variant_id
                    OR (gone.variant_id IS NULL AND gone.product_id = newest.product_id)
                    OR (gone.product_id IS NULL AND gone.location = newest.location)))
            ON CONFLICT (sku, location) DO NOTHING
            """,
        ]
    }

    /// Which of the items `$1` have their SKU by now, and not another item that took it later.
    private var owners: String {
        """
        named AS (SELECT DISTINCT ON (variant_id) variant_id, sku FROM \(events)
            WHERE variant_id = ANY($1::bigint[]) AND sku IS NOT NULL ORDER BY variant_id, seq DESC),
        owner AS (SELECT variant_id, sku FROM named WHERE variant_id = (SELECT last.variant_id FROM \(events) AS last
            WHERE last.sku = named.sku AND last.variant_id IS NOT NULL ORDER BY last.seq DESC LIMIT 1))
        """
    }

    private var newestRows: String {
        "newest AS (\(newest("variant_id IN (SELECT variant_id FROM owner)", of: "variant_id, location")))"
    }
}
