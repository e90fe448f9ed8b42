package import Bytes
internal import Graph
package import OCI
package import Sandbox

/// A step that could not be done, with what people need to see.
package enum ExecutionError: DescribedError {
    /// The process of a RUN ended badly. `outputTail` holds its last lines; `isOutOfMemory`: whether the kernel killed it,
    /// or what it ran, for want of memory.
    case processFailed(command: ByteString, status: ExitStatus, outputTail: [ByteString], isOutOfMemory: Bool)
    /// The program of a RUN could not be started: not there, not executable.
    case processNotStarted(command: ByteString, reason: String)
    /// A folder would have to be put in place of something else, or the other way round.
    case cannotReplace(path: ByteString, reason: String)
    case unknownOwner(text: ByteString, reason: String)
    /// The computed tree and the mounted one differ: a fault of the engine (`SWIFT_BUILD_IMAGE_CHECK=trees`).
    case treesDiffer(step: String, firstDifference: String)
    case unknownLocalSource(ByteString)
    case tooManyLayers(Int)
    /// A layer of a base is neither on this machine nor is a registry known that has it.
    case missingLayer(Digest, of: ByteString)
    /// A delta that has a packed form only was to be mounted: a fault of the engine.
    case notUnpacked
    case layersDoNotMatch(ByteString, layers: Int, diffIDs: Int)
    /// A RUN needs a secret that was not given.
    case missingSecret(ByteString)
    /// A RUN needs an SSH agent that was not given.
    case missingAgent(ByteString)
    /// What a device's specification names of the host is not there.
    case unusableDevice(ByteString, ByteString, reason: String)
    /// An agent for key files cannot be had; the reason is a sentence.
    case keyAgent(ByteString, reason: String)
    /// A key file that no agent takes, in the words of the program that tried.
    case unusableKey(ByteString, ByteString, reason: String)
    /// A cache mount should begin with what is no directory.
    case seedIsNoDirectory(ByteString)
    /// This kernel cannot mount a part of what is not mounted anywhere (before Linux 6.15).
    case partsNotMountable(ByteString)
    /// A file of the context was changed between its hashing and its copying.
    case changedWhileRead(ByteString)

    package var message: String {
        switch self {
        case .processFailed(let command, _, _, true):
            "process \(ExecutionError.shown(command)) did not complete successfully: killed: out of memory"
        case .processFailed(let command, let status, _, false):
            switch status {
            case .exited(let code):
                "process \(ExecutionError.shown(command)) did not complete successfully: exit code: \(code)"
            case .signalled(let number):
                "process \(ExecutionError.shown(command)) did not complete successfully: ended by signal \(number)"
            }
        case .processNotStarted(let command, let reason):
            "process \(ExecutionError.shown(command)) could not be started: \(reason)"
        case .cannotReplace(let path, let reason): "\(path.escaped): \(reason)"
        case .unknownOwner(let text, let reason): "the owner \"\(text.escaped)\": \(reason)"
        case .treesDiffer(let step, let difference):
            "the tree computed after \"\(step)\" is not the tree that is mounted: \(difference)"
        case .changedWhileRead(let path): "\(path.escaped): changed while it was being read"
        case .missingSecret(let id): "secret \(id.escaped): not found"
        case .missingAgent(let id): "SSH agent \(id.escaped): not found"
        case .unusableDevice(let name, let path, let reason): "device \(name.escaped): \(path.escaped): \(reason)"
        case .keyAgent(let id, let reason): "SSH agent \(id.escaped): \(reason)"
        case .unusableKey(let id, let name, let reason):
            "SSH agent \(id.escaped): the key \(name.escaped) cannot be used: \(reason)"
        case .seedIsNoDirectory(let path): "the cache mount begins with \(path.escaped), which is no directory"
        case .partsNotMountable(let what): "\(what.escaped) cannot be mounted as a file on this kernel"
        case .unknownLocalSource(let name): "there is no local folder named \(name.escaped) in this build"
        case .missingLayer(let digest, let name): "\(name.escaped): its layer \(digest) is not on this machine"
        case .notUnpacked: "a layer of the base was not unpacked"
        case .layersDoNotMatch(let name, let layers, let diffIDs):
            "\(name.escaped): the manifest has \(layers) layers, the config names \(diffIDs)"
        case .tooManyLayers(let count):
            "\(count) layers: more than \(DetachedMount.maximumLowers - 2), which is what one overlay of the kernel takes"
        }
    }

    /// A command as docker quotes it; of a long one the beginning, so that what became of it can be seen.
    private static func shown(_ command: ByteString) -> String {
        let limit = 1_000
        guard command.count > limit else { return GoText.quoted(command).escaped }
        return GoText.quoted(ByteString(Array(command.bytes.prefix(limit)))).escaped + "… (\(command.count) bytes)"
    }

    package var remedy: String? {
        switch self {
        case .processFailed(_, _, _, true): "give it more memory, or let it use less, such as fewer jobs at once"
        case .processFailed(_, .exited(127), _, _):
            "127 mostly means: no such command, or none that a script's first line names; install it in an earlier step, "
                + "or check its name, PATH and the ends of lines"
        case .processFailed(_, .exited(126), _, _):
            "126 mostly means: not executable; set its mode with chmod, or check the interpreter it names"
        case .processFailed: nil
        case .processNotStarted: "check that the program is in the image and on its PATH, and that it may be executed"
        case .cannotReplace: "remove what is there in an earlier RUN, or copy to another place"
        case .unknownOwner: "use a number, or add the user or group to /etc/passwd or /etc/group in an earlier step"
        case .treesDiffer: "this is a fault of the engine: please report it with the Dockerfile"
        case .missingSecret(let id): "give it with --secret id=\(id.escaped),src=FILE (or env=VARIABLE)"
        case .missingAgent(let id): "give it with --ssh \(id.escaped) for that of SSH_AUTH_SOCK (or =SOCKET)"
        case .unusableDevice: "its specification does not fit this machine: make it anew"
        case .keyAgent(let id, _): "install openssh-client, or give an agent's socket: --ssh \(id.escaped)=SOCKET"
        case .unusableKey(let id, let name, _):
            "put a key with a passphrase into your agent, ssh-add \(name.escaped), and give that: --ssh \(id.escaped)"
        case .seedIsNoDirectory: "name a directory with source="
        case .partsNotMountable: "use env= instead of a file, or Linux 6.15 or later"
        case .unknownLocalSource: nil
        case .missingLayer: "pull the image again, or load it from a file"
        case .changedWhileRead: "build again when nothing writes to the build context any more"
        case .notUnpacked: "this is a fault of the engine: please report it with the Dockerfile"
        case .layersDoNotMatch: "the image is damaged: get it again"
        case .tooManyLayers: "join some RUN instructions, or build a base image from the first part"
        }
    }

    /// The last lines that a failed process printed, the last one last.
    package var outputTail: [ByteString] {
        if case .processFailed(_, _, let tail, _) = self { tail } else { [] }
    }
}
