internal import Bytes
internal import OCI
package import Graph
internal import OCI

extension KeyRecord {
    /// The operation's fields by name, as people know them.
    package init(of operation: Operation) {
        self.init()
        switch operation {
        case .source: break
        case .file(let actions):
            for action in actions {
                switch action {
                case .copy(let copy):
                    switch copy.origin {
                    case .input(_, let path): add("source", path)
                    case .inline(let name, let content):
                        add("heredoc", name)
                        add("heredoc content", content)
                    }
                    add("destination", copy.destination)
                    if let owner = copy.owner { add("owner", owner) }
                    if let mode = copy.mode { add("mode", ByteString(mode.text)) }
                    if copy.unpacksArchives { add("unpacks archives", "yes") }
                case .makeDirectory(let make):
                    add("directory", make.path)
                    if let owner = make.owner { add("owner", owner) }
                }
            }
        case .run(let step):
            for argument in step.arguments { add("argument", argument) }
            for variable in step.environment { add("environment", variable) }
            add("working directory", step.workingDirectory)
            add("user", step.user)
            add("platform", step.platform.text)
            add("network", ByteString("\(step.network)"))
            add("hostname", step.hostname)
            for file in step.inlineFiles { add("script", file.content) }
        }
    }
}
