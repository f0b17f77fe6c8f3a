import ArgumentParser
import Server

@main
struct Buckle {
    static func main() async { await BuckleCommand.main() }
}
