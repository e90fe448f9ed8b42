internal import Bytes
internal import Dockerfile

extension StageBuilder {
    /// The devices that a RUN gets; one that it can do without, and that is not there, is warned about.
    func lowerDevices(_ requests: [DeviceRequest], _ instruction: Instruction) throws -> [Device] {
        guard !requests.isEmpty else { return [] }
        let access = lowering.request.devices
        let registry = access.registry()
        let granted = Set(access.allowed.flatMap { registry.devices(named: $0) }.map(\.name))
        var result: [Device] = []
        var forbidden: [ByteString] = []
        for request in requests {
            let alias = access.aliases[request.name]
            let found = registry.devices(named: alias ?? request.name)
            if found.isEmpty { try passOver(request, registry, instruction) }
            for device in found where !result.contains(where: { $0.name == device.name }) {
                let isAllowed =
                    access.allowsAll || alias != nil || device.isAlwaysAllowed || granted.contains(device.name)
                guard isAllowed else {
                    forbidden.append(device.name)
                    continue
                }
                if let lacking = device.lacking.first {
                    throw lowering.error(.deviceLacks(device.name, lacking), at: instruction.range)
                }
                result.append(device)
            }
        }
        guard forbidden.isEmpty else { throw lowering.error(.devicesNotAllowed(forbidden), at: instruction.range) }
        return result
    }

    private func passOver(_ request: DeviceRequest, _ registry: DeviceRegistry, _ instruction: Instruction) throws {
        // It may be in what could not be read: then nobody knows.
        if let unread = registry.unread.first {
            throw lowering.error(.unreadDevices(request.name, unread), at: instruction.range)
        }
        if request.isRequired { throw lowering.error(.unknownDevice(request.name), at: instruction.range) }
        lowering.warnings.append(
            .init(
                text: "device \(request.name.escaped) is not registered on this machine: the step runs without it",
                range: instruction.range
            )
        )
    }
}
