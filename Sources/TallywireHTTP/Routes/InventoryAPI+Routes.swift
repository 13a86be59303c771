import HTTPTypes
import Hummingbird

extension InventoryAPI {
    /// All that is served, in the order of the reference page. `openapi.json` documents each of them.
    var routes: [Route] {
        [
            Route(.get, "/api/products", listProducts),
            Route(.post, "/api/products", createProduct),
            Route(.get, "/api/products/{id}", getProduct),
            Route(.patch, "/api/products/{id}", updateProduct),
            Route(.delete, "/api/products/{id}", removeProduct),
            Route(.patch, "/api/products/{id}/status", updateStatus),
            Route(.post, "/api/products/{id}/variants", addVariant),
            Route(.get, "/api/variants/{id}", getVariant),
            Route(.patch, "/api/variants/{id}", updateVariant),
            Route(.delete, "/api/variants/{id}", removeVariant),
            Route(.patch, "/api/variants/{id}/inventory", updateInventory),
            Route(.post, "/api/movements", createMovements),
            Route(.get, "/api/movements/{id}", getMovement),
            Route(.get, "/api/events", listEvents),
            Route(.get, "/api/events/stream", streamEvents),
            Route(.get, "/api/alerts", listAlerts),
            Route(.get, "/api/stock", listStock),
            Route(.get, "/api/locations", listLocations),
            Route(.post, "/api/locations", createLocation),
            Route(.get, "/api/pipeline", getPipeline),
            Route(.get, "/health/live", getLiveness),
            Route(.get, "/health/ready", getReadiness),
            Route(.get, "/metrics", getMetrics),
            Route(.get, "/openapi.json", getOpenAPI),
        ] + Page.all.map(\.route)
    }
}
