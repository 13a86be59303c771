import TallywireCore

extension InventoryAPI {
    /// All that is served: what `openapi.json` describes, and the pages.
    var routes: [Route] { OpenAPI.operations.map { $0.route(of: self) } + WebFile.all.map { $0.route(from: configuration.pages) } }
}
