internal import Bytes
internal import CLinux
internal import Linux

extension Step {
    /// The mounts from the root down, so that one beneath another comes after it; as given among equals.
    var mountsInOrder: [StepMount] {
        mounts.enumerated().sorted {
            ($0.element.target.names.count, $0.offset) < ($1.element.target.names.count, $1.offset)
        }.map(\.element)
    }
}

/// A step as plain memory for the child, which may allocate nothing.
final class PreparedStep {
    private var raw = sbi_step()
    private var blocks: [UnsafeMutableRawPointer] = []

    init(_ step: Step, output: CInt, error: CInt, report: CInt) throws(SandboxError) {
        let process = step.process
        guard let program = process.arguments.first, !program.isEmpty else {
            throw .invalidStep("a step needs a program to execute")
        }
        raw.root = step.root.descriptor.number
        raw.output = output
        raw.error = error
        raw.report = report
        raw.own_network = step.network == .none ? 1 : 0
        raw.makes_working_directory = process.makesWorkingDirectory ? 1 : 0
        raw.uid = process.user.uid
        raw.gid = process.user.gid
        let isInsecure = step.security == .insecure
        raw.is_insecure = isInsecure ? 1 : 0
        raw.capabilities = (isInsecure ? .all : process.capabilities).rawValue
        if isInsecure { try addDevices() }
        raw.hostname = try string(process.hostname, "host name")
        let directory = process.workingDirectory
        guard directory.bytes.first == 0x2F else {
            throw .invalidStep("the working directory \"\(directory.escaped)\" is not absolute")
        }
        raw.working_directory = try string(directory, "working directory")
        raw.search_path = try string(process.value(of: "PATH") ?? ProcessSpec.defaultSearchPath, "PATH")
        raw.arguments = try strings(process.arguments) { "argument \($0)" }
        raw.environment = try strings(process.completeEnvironment) { index in
            let name = process.completeEnvironment[index].split(separator: 0x3D).first ?? ""
            return "environment variable \(name.escaped)"
        }
        let groups = process.user.groupList
        raw.groups = copy(groups)
        raw.group_count = groups.count
        try addMounts(step.mountsInOrder)
        let limits = process.limits.map { sbi_limit(resource: $0.resource, reserved: 0, soft: $0.soft, hard: $0.hard) }
        raw.limits = copy(limits)
        raw.limit_count = limits.count
        let tables = isInsecure ? KernelPathTables.nothing : KernelPathTables.shared
        raw.masked_proc = tables.maskedProc
        raw.read_only_proc = tables.readOnlyProc
        raw.masked_sys = tables.maskedSys
    }

    func withRaw<Value>(_ body: (UnsafePointer<sbi_step>) -> Value) -> Value {
        withExtendedLifetime(self) { withUnsafePointer(to: raw) { body($0) } }
    }

    deinit { for block in blocks { block.deallocate() } }

    private func addDevices() throws(SandboxError) {
        var result: [sbi_device] = []
        for device in HostDevice.all {
            result.append(
                sbi_device(
                    name: try string(device.name, "device"),
                    is_block: device.isBlock ? 1 : 0,
                    major: device.major,
                    minor: device.minor
                )
            )
        }
        raw.devices = copy(result)
        raw.device_count = result.count
    }

    private func addMounts(_ mounts: [StepMount]) throws(SandboxError) {
        var result: [sbi_mount] = []
        for mount in mounts {
            guard !mount.target.isRoot else {
                throw .mountTarget("/", reason: "the root itself cannot be mounted over")
            }
            let target = mount.target.path
            guard target.count < 4096 else { throw .mountTarget(target, reason: "the path is too long") }
            result.append(
                sbi_mount(
                    mount: mount.mount.descriptor.number,
                    is_directory: mount.isDirectory ? 1 : 0,
                    target: try string(target, "mount target")
                )
            )
        }
        raw.mounts = copy(result)
        raw.mount_count = result.count
    }

    /// The kernel's MAX_ARG_STRLEN: what one argument or variable may be long, the NUL included.
    private static let maximumLength = 131_072

    private func string(_ bytes: ByteString, _ what: @autoclosure () -> String) throws(SandboxError) -> UnsafePointer<
        CChar
    > {
        guard !bytes.bytes.contains(0) else { throw .invalidStep("\(what()) has a NUL byte") }
        guard bytes.count < PreparedStep.maximumLength else {
            throw .invalidStep(
                "\(what()) has \(bytes.count) bytes, more than the kernel takes (\(PreparedStep.maximumLength - 1))"
            )
        }
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 1)
        block.copyBytes(from: bytes.bytes)
        block[bytes.count] = 0
        // An allocation of at least one byte has an address.
        let start = block.baseAddress.unsafelyUnwrapped
        blocks.append(start)
        return UnsafePointer(start.assumingMemoryBound(to: CChar.self))
    }

    private func strings(
        _ all: [ByteString],
        _ what: (Int) -> String
    ) throws(SandboxError) -> UnsafePointer<UnsafeMutablePointer<CChar>?> {
        var pointers: [UnsafeMutablePointer<CChar>?] = []
        for (index, bytes) in all.enumerated() {
            pointers.append(UnsafeMutablePointer(mutating: try string(bytes, what(index))))
        }
        pointers.append(nil)
        return copy(pointers)
    }

    private func copy<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
        memory.initialize(from: elements, count: elements.count)
        blocks.append(UnsafeMutableRawPointer(memory))
        return UnsafePointer(memory)
    }
}

/// The lists of ``KernelPaths`` as C strings, made once and kept.
private struct KernelPathTables: @unchecked Sendable {
    // Unchecked: the memory is written once, before `shared` is seen by anyone, and never freed.
    typealias Table = UnsafePointer<UnsafePointer<CChar>?>

    static let shared = KernelPathTables(
        maskedProc: table(KernelPaths.maskedProc),
        readOnlyProc: table(KernelPaths.readOnlyProc),
        maskedSys: table(KernelPaths.maskedSys)
    )

    /// For a step from which nothing is hidden.
    static let nothing = KernelPathTables(maskedProc: table([]), readOnlyProc: table([]), maskedSys: table([]))

    let maskedProc: Table
    let readOnlyProc: Table
    let maskedSys: Table

    private static func table(_ paths: [String]) -> Table {
        let result = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: paths.count + 1)
        for (index, path) in paths.enumerated() {
            let bytes = Array(path.utf8CString)
            let memory = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            memory.initialize(from: bytes, count: bytes.count)
            (result + index).initialize(to: UnsafePointer(memory))
        }
        (result + paths.count).initialize(to: nil)
        return UnsafePointer(result)
    }
}
