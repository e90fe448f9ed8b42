package import Bytes

/// `RUN [FLAGS] COMMAND`, with its heredocs.
package struct RunInstruction: Sendable, Hashable {
    /// The command as written, `<<NAME` words included.
    package let form: CommandForm
    /// The heredocs of the line in order.
    package let heredocs: [Heredoc]
    /// Whether the command is nothing but one heredoc, whose body is then the script.
    package let isScript: Bool
    /// The `--mount` flags in order, options not expanded.
    package let mounts: [MountFlag]
    /// `--network`.
    package let network: NetworkMode
    /// `--security`.
    package let security: SecurityMode
    /// The `--device` flags in order.
    package let devices: [DeviceRequest]

    /// `RUN --network`.
    package enum NetworkMode: String, Sendable, Hashable, CaseIterable {
        case `default`, none, host
    }

    /// `RUN --security`.
    package enum SecurityMode: String, Sendable, Hashable, CaseIterable {
        case sandbox, insecure
    }

    /// What a shell gets to run: the script of a heredoc, the text, or the text with its heredocs written out again
    /// for the shell to read; nil for the exec form.
    ///
    /// A script that begins with `#!` is to be run by its interpreter instead, see `interpreterScript`.
    package var shellText: ByteString? {
        guard case .shell(let text) = form else { return nil }
        guard let first = heredocs.first else { return text }
        if isScript { return first.text }
        var result = text.bytes
        for heredoc in heredocs {
            result.append(Byte.lineFeed)
            result += heredoc.content.bytes
            result += heredoc.name.bytes
        }
        return ByteString(result)
    }

    /// The script of a lone heredoc that names its interpreter with `#!`; it is run as the file
    /// `/dev/pipes/NAME`, mode 0755, without a shell.
    package var interpreterScript: Heredoc? {
        guard isScript, let first = heredocs.first, first.text.hasPrefix("#!") else { return nil }
        return first
    }
}

/// `RUN --device=NAME[,required]`.
package struct DeviceRequest: Sendable, Hashable {
    /// The device's name, as CDI names it.
    package let name: ByteString
    /// Whether the step fails without it.
    package let isRequired: Bool
}
