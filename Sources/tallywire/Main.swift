import TallywireServer

@main
struct Main {
    static func main() async {
        await TallywireServer.run()
    }
}
