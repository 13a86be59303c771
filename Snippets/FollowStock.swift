// Live stock in the terminal:
//
//   swift run FollowStock ws://127.0.0.1:8080/ws ecommerce_room
//
// Shows each item of the room, and again whenever it changes; and when what was shown may be out of date. Ctrl-C ends it.

import TallywireClient

let arguments = Array(CommandLine.arguments.dropFirst())
let url = arguments.first ?? "ws://127.0.0.1:8080/ws"
let room = arguments.count > 1 ? arguments[1] : "ecommerce_room"

let client = TallywireClient(.init(url: url, rooms: [room]))
// Asked for before `run` begins, so that nothing is missed.
let changes = client.changes
let states = client.states

func line(_ item: TallywireClient.Item) -> String {
    let stock = item.stock.map { "\($0)" } ?? item.band.map { "\($0)" } ?? "?"
    return "\(item.sku ?? "\(item.key)")  \(item.name ?? "")  \(stock)  \(item.level?.rawValue ?? "")"
}

try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
        for await state in states {
            switch state.phase {
            case .live: print("-- live")
            case .waiting(let until): print("-- not connected, trying again at \(until): \(state.lastFailure?.message ?? "")")
            default: break
            }
        }
    }
    group.addTask {
        for await change in changes {
            for item in change.changed.values.sorted(by: { "\($0.key)" < "\($1.key)" }) { print(line(item)) }
            for place in change.removed { print("\(place)  is gone") }
        }
    }
    // Connects, and comes back by itself. It throws when the address is none.
    try await client.run()
}
