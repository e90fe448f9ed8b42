internal import Commands

/// The program: everything is in the module `Commands`.
@main
enum Main {
    static func main() { Program.main() }
}
