import HTTPTypes
import Hummingbird
import TallywireCore
import TallywirePipeline

extension InventoryAPI {
    /// All that is served, in the order of the reference page. `openapi.json` documents each of them.
    var routes: [Route] {
        [
            Route(.get, "/api/products", for: .readers, listProducts),
            Route(.post, "/api/products", createProduct),
            Route(.get, "/api/products/{id}", for: .readers, getProduct),
            Route(.patch, "/api/products/{id}", updateProduct),
            Route(.delete, "/api/products/{id}", removeProduct),
            Route(.patch, "/api/products/{id}/status", updateStatus),
            Route(.post, "/api/products/{id}/variants", addVariant),
            Route(.get, "/api/variants", for: .readers, listVariants),
            Route(.get, "/api/variants/{id}", for: .readers, getVariant),
            Route(.patch, "/api/variants/{id}", updateVariant),
            Route(.delete, "/api/variants/{id}", removeVariant),
            Route(.patch, "/api/variants/{id}/inventory", for: .movers, updateInventory),
            Route(.post, "/api/movements", for: .movers, createMovements),
            Route(.get, "/api/movements/{id}", for: .movers, getMovement),
            Route(.get, "/api/events", listEvents),
            Route(.get, "/api/events/stream", streamEvents),
            Route(.get, "/api/alerts", listAlerts),
            Route(.post, "/api/alerts/{seq}/acknowledgement", acknowledgeAlert),
            Route(.get, "/api/stock", for: .readers, listStock),
            Route(.get, "/api/locations", for: .readers, listLocations),
            Route(.post, "/api/locations", createLocation),
            Route(.get, "/api/pipeline", getPipeline),
            Route(.get, "/api/devices", listDevices),
            Route(.get, "/api/displays", listDisplays),
            Route(.get, "/api/session", for: .anyone, getSession),
            Route(.post, "/api/session", for: .anyone, createSession),
            Route(.post, "/api/session/renewal", for: .roles(Role.allCases), renewSession),
            Route(.get, "/health/live", for: .anyone, getLiveness),
            Route(.get, "/health/ready", for: .anyone, getReadiness),
            Route(.get, "/metrics", for: .anyone, getMetrics),
            Route(.get, "/openapi.json", for: .anyone, getOpenAPI),
            Route(.get, "/asyncapi.json", for: .anyone, getAsyncAPI),
        ] + WebFile.all.map { $0.route(from: configuration.pages) }
    }
}
