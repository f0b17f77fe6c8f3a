import ArgumentParser
import Glibc
import Server

@main
struct Buckle {
    static func main() async {
        // What the program writes is for its user's eyes only.
        umask(0o077)
        await BuckleCommand.main()
    }
}
