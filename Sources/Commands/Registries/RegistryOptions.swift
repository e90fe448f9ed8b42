internal import ArgumentParser
internal import BuildEngine
internal import Bytes

/// What every command takes that speaks to registries.
struct RegistryOptions: ParsableArguments {
    @Option(
        name: .customLong("insecure-registry"),
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Speak to a registry without a verified certificate, or without TLS.",
            valueName: "host[:port]"
        )
    )
    var insecureRegistries: [ArgumentValue] = []

    /// How the engine works with these and the environment.
    func engineOptions(in environment: [ByteString: ByteString]) -> Engine.Options {
        var options = Engine.Options(environment: environment)
        options.insecureRegistries = Set(insecureRegistries.map(\.bytes.text))
        return options
    }
}
