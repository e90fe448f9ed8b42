internal import Commands
internal import Glibc

/// The program: everything is in the module `Commands`.
@main
enum Main {
    static func main() async {
        exit(await Program.run())
    }
}
